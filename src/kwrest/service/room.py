"""Room for what takes memory outside of the engine's own limit: whoever wants some waits until there is enough."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from kwrest.errors import Busy
from kwrest.model import Request

PATIENCE = 5.0  # seconds one waits for room before the client is asked to come again
_LOOK = 0.1  # seconds between two looks whether the client has left


class Room:
    """So many bytes may be taken at a time. One that wants more than there are gets all, alone."""

    def __init__(self, size: int, what: str) -> None:
        self._size, self._what = size, what
        self._taken = 0
        self._given_back = threading.Condition()

    @contextmanager
    def taken(self, amount: int, request: Request) -> Iterator[None]:
        """Have `amount` bytes meanwhile. Raises Busy when there is no room for some seconds, QueryCanceled, QueryTimeout."""
        wanted = min(amount, self._size)
        with self._given_back:
            patience = time.monotonic() + PATIENCE
            while self._taken + wanted > self._size:
                request.check()
                if time.monotonic() >= patience:
                    raise Busy(what=self._what)
                self._given_back.wait(_LOOK)
            self._taken += wanted
        try:
            yield
        finally:
            with self._given_back:
                self._taken -= wanted
                self._given_back.notify_all()
