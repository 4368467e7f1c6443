"""Who keeps whom waiting on a connection: the client the server, or the server the client (contract T4)."""

from __future__ import annotations

from collections.abc import Callable


class Progress:
    """Since when the client has not let the server get on. clock: seconds, only forward.

    enough: bytes that count as getting on. A byte now and then does not, or nobody would ever be slow.
    """

    def __init__(self, clock: Callable[[], float], enough: int) -> None:
        self._clock, self._enough = clock, enough
        self._since: float | None = None
        self._missing = 0

    def wait(self) -> None:
        """From now on it is the client's turn: to send, or to read."""
        self._since, self._missing = self._clock(), self._enough

    def moved(self, size: int) -> None:
        """The client sent or read `size` bytes more."""
        self._missing -= size
        if self._missing <= 0 and self._since is not None:
            self.wait()

    def done(self) -> None:
        """It is the server's turn."""
        self._since = None

    def seconds(self) -> float:
        """How long the server has waited without getting on; 0 when it does not wait."""
        return 0.0 if self._since is None else self._clock() - self._since
