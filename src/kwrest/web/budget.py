"""The memory of all requests in flight (contract T6): bodies being received or inflated, and answers until they are read."""

from __future__ import annotations

import threading

from kwrest.errors import Busy

FREE = (
    64 * 1024
)  # bytes of each body that are not counted: the number of connections bounds them, and small requests always fit


class BodyBudget:
    """At most `limit` bytes at once. Shares may be used from any thread."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._lock = threading.Lock()

    def share(self) -> Share:
        """The share of one request, empty; it must be released."""
        return Share(self)

    def move(self, change: int) -> bool:
        """Take `change` more bytes, or give some back; False when they are not there, and nothing is taken."""
        with self._lock:
            if change > 0 and self.used + change > self.limit:
                return False
            self.used += change
            return True


class Share:
    """What one request holds. Bytes count as they come: one that was only announced keeps nobody out."""

    __slots__ = ("_budget", "_free", "_held")

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self._free = FREE
        self._held = 0

    def expect(self, size: int) -> None:
        """A body of `size` bytes is going to come. Raises Busy when it would not fit now, before any of it is read."""
        if size > self._free and self._budget.used + size - self._free > self._budget.limit:
            raise _full()

    def take(self, size: int) -> None:
        """Hold `size` more bytes until the release. Raises Busy when there is no room for them."""
        if not self.hold(size):
            raise _full()

    def hold(self, size: int) -> bool:
        """As `take`, but False when there is no room."""
        counted = max(0, size - self._free)
        if counted and not self._budget.move(counted):
            return False
        self._free = max(0, self._free - size)
        self._held += counted
        return True

    def release(self) -> None:
        """The request is answered, or given up. Safe to call twice."""
        self._budget.move(-self._held)
        self._held = 0


def _full() -> Busy:
    return Busy(what="the request bodies under way take all the memory there is for them")
