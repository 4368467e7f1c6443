"""The clock: work that is due, done once a second on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

log = logging.getLogger(__name__)

SECONDS = 1.0


class Clock:
    """Calls `sessions` and `engine` upkeep until closed. A failure is logged; the next tick tries again."""

    def __init__(self, sessions: Callable[[], None], engine: Callable[[datetime], None]) -> None:
        self._sessions = sessions
        self._engine = engine
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(SECONDS):
            for work in (self._sessions, lambda: self._engine(datetime.now(UTC))):
                try:
                    work()
                except Exception:
                    log.exception("upkeep failed and is tried again")

    def close(self) -> None:
        """Stop ticking; returns when the running tick has ended."""
        self._stopping.set()
        self._thread.join()
