"""The clock: work that is due, done at its own pace on a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done every `seconds`; for the first time after `first`, or when the first such time is over."""

    seconds: float
    work: Callable[[], object]
    first: float | None = None


class Clock:
    """Runs the jobs until closed. A failure is logged; the job's next turn tries again."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._due = {job: time.monotonic() + (job.seconds if job.first is None else job.first) for job in jobs}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(max(0.0, min(self._due.values()) - time.monotonic())):
            for job, due in self._due.items():
                if due <= time.monotonic():
                    self._due[job] = time.monotonic() + job.seconds
                    try:
                        job.work()
                    except Exception:
                        log.exception("upkeep failed and is tried again")

    def close(self) -> None:
        """Stop; returns when the running job has ended."""
        self._stopping.set()
        self._thread.join()
