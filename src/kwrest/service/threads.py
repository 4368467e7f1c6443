"""Threads for statements: made when they are needed, kept for the next one, and never waited for at the end of the process."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from kwrest.errors import ShuttingDown


class Threads:
    """At most `most` threads, each running one piece of work at a time. Work that finds none free waits its turn.

    They are daemons: one that is caught in the engine for good must not keep the process from ending.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._free = threading.Semaphore(0)
        self._made: list[threading.Thread] = []
        self._closed = False

    def submit(self, work: Callable[[], None]) -> None:
        """Have `work` run; it must not raise. Raises ShuttingDown after `close`."""
        with self._lock:
            if self._closed:
                raise ShuttingDown()
            self._work.put(work)
            if not self._free.acquire(blocking=False) and len(self._made) < self._most:
                thread = threading.Thread(target=self._run, name=f"{self._name}-{len(self._made)}", daemon=True)
                self._made.append(thread)
                thread.start()

    def close(self, seconds: float) -> bool:
        """Finish what was submitted; whether that took no longer than `seconds`. Safe to call twice."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for _ in self._made:
                    self._work.put(None)
        until = time.monotonic() + seconds
        for thread in self._made:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._made)

    def _run(self) -> None:
        while True:
            try:
                work = self._work.get_nowait()
            except queue.Empty:
                self._free.release()
                work = self._work.get()
            if work is None:
                return
            work()
            del work  # nothing of a statement may outlive it while the thread waits
