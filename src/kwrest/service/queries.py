"""What is running: who asked for it and until when; how it ends early; and what could not be ended.

A statement ends early when its client leaves, at its deadline, or by `DELETE /restapi/query/<request id>`. The engine
interrupts what it runs and every other step asks `Request.check` in between. A query that goes on all the same is answered
without it: its thread is **abandoned**, counted, and bounded. A write is never abandoned: only its end tells what became
of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from kwrest.errors import Busy, KwrestError, NoSuchQuery
from kwrest.model import Request, User
from kwrest.service.room import Room
from kwrest.service.threads import Threads

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_ABANDONED = 16  # threads that may be caught in the engine before no more queries are taken
GRACE = 1.0  # seconds that the engine gets to end a query before it is answered without
TICK = 0.1  # seconds: how late the grace may be noticed to be over
REMEMBERED = 1000  # sessions of which the last statement is kept, for SHOW SESSIONS
REMEMBERED_TEXT = 1000  # characters of it
CLOSING = 15.0  # seconds at the end of the server for what still runs


class Use(Enum):
    """What a statement does, as far as ending it is concerned."""

    READ = "read"  # may be answered without its end
    WRITE = "write"  # what became of it is known at its end only


@dataclass(frozen=True, slots=True)
class Ended:
    """A statement or body of statements that was answered, for metrics and the slow log.

    seconds: from the thread's begin; rows: written or answered; outcome: `ok` or the SQLSTATE of the first failure;
    statement: as sent, the last one of its body; passwords in it are not masked yet, see `masked`.
    """

    request_id: str
    user: str
    endpoint: str
    database: str
    seconds: float
    rows: int
    outcome: str
    statement: str


@dataclass(slots=True, eq=False)
class Running:
    """One request at work. started: nanoseconds since 1970; began, ends: monotonic seconds; ends: when its grace is over."""

    request: Request
    endpoint: str
    use: Use
    fail: Callable[[KwrestError], None]
    started: int = field(default_factory=time.time_ns)
    began: float = 0.0  # 0 while it waits for a thread
    ends: float | None = None
    abandoned: bool = False

    def early(self) -> KwrestError | None:
        """Why it must not go on."""
        try:
            self.request.check()
        except KwrestError as reason:
            return reason
        return None


class Queries:
    """All statements at work, and the threads they run on.

    limit: `server.query.timeout` in seconds, now; threads: of statements that may run at once; observe: told of each one
    that ended, on its thread; what it raises is logged; memory: bytes the server may have, from which the room for reading
    and planning large statements is cut.
    """

    def __init__(
        self,
        limit: Callable[[], float],
        threads: int,
        observe: Callable[[Ended], None] = lambda ended: None,
        memory: int = 2 << 30,
    ) -> None:
        self._limit, self._observe = limit, observe
        self.reading = Room(memory // 8, "too many large statements are being read")
        self.planning = Room(memory // 8, "too many large statements are being planned")
        self._threads = Threads(threads + MOST_ABANDONED, "statement")
        self._lock = threading.Lock()
        self._running: dict[Running, None] = {}  # in the order they came
        self._last: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._closing = threading.Event()
        self._watch = threading.Thread(target=self._watch_over, name="kwrest-queries", daemon=True)
        self._watch.start()

    def seconds(self, asked: float | None) -> float:
        """How long a statement may run. asked: by the client, who may ask for less than `server.query.timeout`."""
        limit = self._limit()
        return limit if asked is None else min(asked, limit)

    # ------------------------------------------------------------ running

    def submit(self, request: Request, endpoint: str, use: Use, work: Callable[[], T]) -> Future[T]:
        """Run `work` on a thread; the future gives its result or failure, QueryTimeout or QueryCanceled when a query could
        not be ended in time. Raises Busy when too many could not be ended, ShuttingDown.
        """
        answer: Future[T] = Future()
        answer.set_running_or_notify_cancel()  # from here on nobody but us decides how it ends
        running = Running(request, endpoint, use, answer.set_exception)
        with self._lock:
            if use is Use.READ and self._abandoned() >= MOST_ABANDONED:
                raise Busy(what=f"{MOST_ABANDONED} queries that could not be ended are still running")
            self._running[running] = None
        try:
            self._threads.submit(lambda: self._run(running, work, answer))
        except BaseException:
            with self._lock:
                del self._running[running]
            raise
        return answer

    def _run(self, running: Running, work: Callable[[], T], answer: Future[T]) -> None:
        with self._lock:
            if running not in self._running:
                return  # it waited for this thread until its deadline
            running.began = time.monotonic()
        try:
            result = work()
        except BaseException as failure:  # whoever waits is told, whatever it is
            if not running.request.progress.failed:
                running.request.progress.failed = failure.sqlstate if isinstance(failure, KwrestError) else "XX000"
            if self._end(running):
                answer.set_exception(failure)
        else:
            if self._end(running):
                answer.set_result(result)
        self._tell(running)

    def _end(self, running: Running) -> bool:
        """It has ended; whether somebody still waits for it."""
        with self._lock:
            del self._running[running]
            request = running.request
            if request.session:
                self._last[request.session] = (request.progress.statement[:REMEMBERED_TEXT], request.address)
                self._last.move_to_end(request.session)
                if len(self._last) > REMEMBERED:
                    self._last.popitem(last=False)
            if running.abandoned:
                log.warning("request %s: the query that could not be ended has ended", request.id)
            return not running.abandoned

    def _tell(self, running: Running) -> None:
        request, progress = running.request, running.request.progress
        seconds = time.monotonic() - running.began
        try:
            self._observe(
                Ended(
                    request.id,
                    request.user.name,
                    running.endpoint,
                    request.database,
                    seconds,
                    progress.rows,
                    progress.failed or "ok",
                    progress.statement,
                )
            )
        except Exception:
            log.exception("request %s: telling of its end failed", request.id)

    # ------------------------------------------------------------ ending

    def cancel(self, request_id: str, user: User) -> None:
        """End what runs under this request id, of the user's own or, for an admin, of anyone's.

        The text of what is ended is answered to whom asked for it. Raises NoSuchQuery, also for another user's.
        """
        with self._lock:
            found = [r for r in self._running if r.request.id == request_id and _may(user, r)]
        if not found:
            raise NoSuchQuery(id=request_id)
        for running in found:
            running.request.cancel.set()

    def _watch_over(self) -> None:
        while not self._closing.wait(TICK):
            self._look()

    def _look(self) -> None:
        """Answer what must not be waited for any longer: what has no thread yet, and queries whose grace is over."""
        now = time.monotonic()
        answers: list[tuple[Running, KwrestError]] = []
        with self._lock:
            for running in list(self._running):
                reason = None if running.abandoned else running.early()
                if reason is None:
                    continue
                if not running.began:
                    del self._running[running]
                    answers.append((running, reason))
                elif running.use is Use.READ:
                    running.ends = running.ends or now + GRACE
                    if now >= running.ends:
                        running.abandoned = True
                        answers.append((running, reason))
        for running, reason in answers:
            if running.abandoned:
                log.error(
                    "request %s: the query could not be ended and is answered without its end", running.request.id
                )
            running.fail(reason)

    # ------------------------------------------------------------ looking

    def running(self, user: User | None = None) -> Sequence[Running]:
        """What is at work, the oldest first, abandoned ones too; with `user` what this one may see: an admin all, others
        their own."""
        with self._lock:
            return [running for running in self._running if user is None or _may(user, running)]

    def last(self, session: str) -> tuple[str, str]:
        """(text, client address) of the last statement of a session that ended; both empty when there was none."""
        return self._last.get(session, ("", ""))

    @property
    def abandoned(self) -> int:
        """Queries that were answered without their end and still run."""
        with self._lock:
            return self._abandoned()

    def _abandoned(self) -> int:
        return sum(running.abandoned for running in self._running)

    def close(self) -> None:
        """End everything that runs; returns when it has, or after a while without what cannot be ended."""
        with self._lock:
            for running in self._running:
                running.request.cancel.set()
        if not self._threads.close(CLOSING):
            log.error("%d statements could not be ended", len(self.running()))
        self._closing.set()
        self._watch.join()


def _may(user: User, running: Running) -> bool:
    """Whether `user` may see and end it."""
    whose = running.request.user
    return user.admin or (whose.name, whose.id) == (user.name, user.id)
