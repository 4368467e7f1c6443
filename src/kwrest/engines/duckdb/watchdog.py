"""One thread that ends what runs past its deadline or for a client that has left."""

from __future__ import annotations

import threading
import time

from kwrest.engines.duckdb.storage import Connection
from kwrest.errors import KwrestError, QueryCanceled, QueryTimeout
from kwrest.model import Request

_TICK = 0.05  # seconds: how late a deadline may be noticed


class Watch:
    """A statement under watch. Nothing is interrupted after `end`."""

    def __init__(self, dog: Watchdog, connection: Connection, request: Request) -> None:
        self._dog = dog
        self.connection = connection
        self.request = request
        self._reason: type[KwrestError] | None = None

    def due(self, now: float) -> bool:
        if self._reason is None:
            if self.request.cancel.is_set():
                self._reason = QueryCanceled
            elif now >= self.request.deadline:
                self._reason = QueryTimeout
        return self._reason is not None

    def check(self) -> None:
        """Between two steps of the statement. Raises QueryTimeout, QueryCanceled when it must end."""
        if self.due(time.monotonic()):
            raise self.failure() or QueryCanceled()

    def end(self) -> None:
        """Safe to call twice."""
        self._dog.forget(self)

    def failure(self) -> KwrestError | None:
        """Why the statement was interrupted, if it was."""
        return None if self._reason is None else self._reason()


class Watchdog:
    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._watches: set[Watch] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="kwrest-watchdog", daemon=True)
        self._thread.start()

    def watch(self, connection: Connection, request: Request) -> Watch:
        """Raises QueryTimeout, QueryCanceled when it is too late already."""
        watch = Watch(self, connection, request)
        watch.check()
        with self._wake:
            idle = not self._watches
            self._watches.add(watch)
            if idle:
                self._wake.notify()
        return watch

    def forget(self, watch: Watch) -> None:
        with self._wake:
            self._watches.discard(watch)

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        with self._wake:
            while not self._closed:
                if not self._watches:
                    self._wake.wait()
                    continue
                now = time.monotonic()
                for watch in self._watches:
                    if watch.due(now):
                        # Again at every tick: an interrupt between two steps of a statement is lost.
                        watch.connection.interrupt()
                self._wake.wait(_TICK)
