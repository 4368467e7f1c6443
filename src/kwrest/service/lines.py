"""Line protocol bodies: scanned and bound on one thread, written by the engine, answered when they are durable.

What becomes of refused lines is the contract's table "Line endpoints": they are shelved when others of their body were
stored, or when they can never be stored; lines an operator can make storable stay with a client that has to send again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Protocol

from kwrest.engines.base import Engine
from kwrest.errors import (
    Busy,
    EmptyBody,
    InternalError,
    Kind,
    KwrestError,
    OutOfMemory,
    QueryCanceled,
    QueryTimeout,
    RequestError,
    SchemaChanged,
    ShuttingDown,
)
from kwrest.ingest.lines import Bound, to_batches
from kwrest.ingest.scanned import PRECISIONS, Scanned
from kwrest.ingest.scanner import scan
from kwrest.model import Database, Dedup, Outcome, Privilege, Request, Table, User
from kwrest.service.answers import LinesAnswer
from kwrest.service.rejected import Shelf, Shelving
from kwrest.service.threads import Threads
from kwrest.sql.bound import Right, TableRight

log = logging.getLogger(__name__)

CLOSING = 10.0  # seconds at the end for the shelf
LARGE = 1 << 20  # bytes; a body that has more is read on a thread of its own, so that small ones do not wait for it
MAX_WAITING = 1024  # bodies
MAX_WAITING_BYTES = 256 << 20
REBINDING = 5.0  # seconds for which a body is bound again whose tables were altered between bind and write


class Tables(Protocol):
    """What is asked of the catalog: names as written, matched exactly, then folded (contract S4)."""

    def find_database(self, written: str) -> Database:
        """Raises UndefinedDatabase."""
        ...

    def find_table(self, database: Database, written: str) -> Table | None: ...
    def still(self) -> AbstractContextManager[None]:
        """Nothing of the catalog changes meanwhile."""
        ...


class Rights(Protocol):
    """What is asked of access."""

    def authorise(self, user: User, rights: Sequence[Right]) -> None:
        """Raises what is missing, a curable KwrestError."""
        ...


@dataclass(eq=False, slots=True)
class _Body:
    """A body on its way. now: nanoseconds when it came, the time of lines without one; shelve: whether refused lines may be
    kept; scanned: once it is."""

    request: Request
    content: bytes
    precision: str
    endpoint: str
    now: int
    shelve: bool
    began: float
    future: Future[LinesAnswer] = field(default_factory=Future)
    scanned: Scanned | None = None


class Lines:
    """The line endpoints. Use as a context manager: at its end every accepted body is answered.

    rule: `ts.dedup.rule` now; clock: nanoseconds since 1970.
    """

    def __init__(
        self,
        tables: Tables,
        rights: Rights,
        engine: Engine,
        shelf: Shelf,
        rule: Callable[[], Dedup],
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._tables, self._rights, self._engine, self._shelf = tables, rights, engine, shelf
        self._rule, self._clock = rule, clock
        self._wake = threading.Condition()
        self._waiting: deque[_Body] = deque()
        self._unanswered = 0
        self._unanswered_bytes = 0
        self._closing = False
        self._aside = Threads(2, "kwrest-lines-aside")  # for what waits, so that the other bodies do not
        self._large = Threads(1, "kwrest-lines-large")
        self._thread = threading.Thread(target=self._run, name="kwrest-lines", daemon=True)
        self._thread.start()

    def submit(
        self, request: Request, body: bytes, precision: str, endpoint: str = "telegraf", replay_of: int | None = None
    ) -> Future[LinesAnswer]:
        """Store the good lines of `body`. precision: `ns`, `us`, `ms`, `s` or `auto`; endpoint: for the shelf; replay_of:
        when the lines came first, in nanoseconds, for lines that are on the shelf already and are not put there again.

        Raises RequestError for another precision, Busy, ShuttingDown. The future fails with UndefinedDatabase,
        EmptyBody (no line at all), Busy (past the deadline), OutOfMemory, InternalError: nothing is stored or kept then.
        """
        if precision not in PRECISIONS:
            raise RequestError(reason=f"parameter precision must be one of {', '.join(PRECISIONS)}")
        now = self._clock() if replay_of is None else replay_of
        waiting = _Body(request, body, precision, endpoint, now, replay_of is None, time.monotonic())
        with self._wake:
            if self._closing:
                raise ShuttingDown()
            if self._unanswered >= MAX_WAITING or (
                self._unanswered and self._unanswered_bytes + len(body) > MAX_WAITING_BYTES
            ):
                raise Busy(what="too many bodies of lines are waiting")
            self._unanswered += 1
            self._unanswered_bytes += len(body)
            if len(body) > LARGE:
                self._large.submit(partial(self._try, waiting, self._go_on))
            else:
                self._waiting.append(waiting)
                self._wake.notify_all()
        return waiting.future

    def waiting(self) -> tuple[int, int]:
        """Bodies that are not answered yet, and their bytes."""
        with self._wake:
            return self._unanswered, self._unanswered_bytes

    def close(self) -> None:
        """Answer everything that was accepted, then stop. Safe to call twice."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        self._thread.join()
        self._large.close(CLOSING)  # everything is answered, so nothing runs there
        if not self._aside.close(CLOSING):
            log.warning("the shelf of rejected lines is trimmed at the next start")

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        while (body := self._take()) is not None:
            self._try(body, self._go_on)

    def _try(self, body: _Body, step: Callable[[_Body], None]) -> None:
        """Whatever happens, the thread outlives it, and the one who waits is told."""
        try:
            step(body)
        except KwrestError as error:
            self._fail(body, error)
        except MemoryError:
            self._fail(body, OutOfMemory())
        except Exception as bug:
            log.exception("request %s: a body of lines failed", body.request.id)
            self._fail(body, InternalError(request_id=body.request.id), cause=bug)

    def _again(self, body: _Body) -> None:
        """Bind and write a body whose tables were altered meanwhile; they are not, until its write is in the queue."""
        with self._tables.still():
            self._try(body, self._go_on)

    def _take(self) -> _Body | None:
        """The body that waits longest; None when all are answered and no more can come."""
        with self._wake:
            while not self._waiting:
                if self._closing and not self._unanswered:
                    return None
                self._wake.wait()
            return self._waiting.popleft()

    def _go_on(self, body: _Body) -> None:
        """Scan, bind, write; the engine's thread goes on in `_written`."""
        if not body.future.running() and not body.future.set_running_or_notify_cancel():
            self._answered(body)
            return
        if time.monotonic() > body.request.deadline:
            raise Busy(what="the lines waited longer than the request may take")
        if body.scanned is None:
            body.scanned = scan(body.content, PRECISIONS[body.precision], body.now)
        database = self._tables.find_database(body.request.database)
        bound = to_batches(
            body.scanned, partial(self._find, body.request.user, database), self._rule(), body.request.zone
        )
        if not bound.rows and not bound.refused:
            raise EmptyBody()
        kept = bound.rejects if bound.rows else tuple(r for r in bound.rejects if not r.curable)
        if not body.shelve:
            kept = ()
        if not bound.rows and not kept:
            self._answer(body, bound, 0)
            return
        shelving = None
        if kept:
            now = self._clock()
            shelving = self._shelf.keep(kept, body.request, database.name, body.endpoint, body.precision, now)
        batches = [*bound.batches, shelving.batch] if shelving else bound.batches
        self._engine.write(batches, body.request).add_done_callback(partial(self._written, body, bound, shelving))
        if shelving:
            self._aside.submit(self._trim)

    def _trim(self) -> None:
        """Waits for the engine, so on a thread of its own; what goes wrong there is no body's business."""
        try:
            self._shelf.trim()
        except Exception:
            log.exception("the shelf of rejected lines could not be trimmed")

    def _find(self, user: User, database: Database, measurement: str) -> Table | None:
        """The table of a measurement, if the user may write to it."""
        table = self._tables.find_table(database, measurement)
        if table is not None:
            self._rights.authorise(user, (TableRight(Privilege.INSERT, table),))
        return table

    # ------------------------------------------------------------ answers, from the engine's thread too

    def _written(self, body: _Body, bound: Bound, shelving: Shelving | None, done: Future[Outcome]) -> None:
        error = done.exception()
        if error is None:
            self._answer(body, bound, sum(w.rows for w in done.result().batches[: len(bound.batches)]))
            return
        if shelving:
            self._shelf.forget(shelving)
        if isinstance(error, SchemaChanged) and time.monotonic() - body.began < REBINDING:
            self._aside.submit(partial(self._again, body))
        elif isinstance(error, SchemaChanged):
            self._answer(body, bound, 0, Busy(what=error.message))
        elif isinstance(error, QueryTimeout | QueryCanceled):
            self._answer(body, bound, 0, Busy(what="the lines waited longer than the request may take"))
        elif isinstance(error, KwrestError) and error.kind is Kind.TRANSIENT:
            self._answer(body, bound, 0, error)
        else:
            self._fail(body, error)

    def _answer(self, body: _Body, bound: Bound, stored: int, transient: KwrestError | None = None) -> None:
        failure = None
        if transient is not None:
            failure = Kind.TRANSIENT
        elif not bound.rows:
            failure = Kind.STATEMENT if bound.curable else Kind.REQUEST
        seconds = time.monotonic() - body.began
        body.future.set_result(LinesAnswer(stored, bound.rejects, bound.refused, seconds, transient, failure))
        self._answered(body)

    def _fail(self, body: _Body, error: BaseException, cause: BaseException | None = None) -> None:
        if cause is not None:
            error.__cause__ = cause
        body.future.set_exception(error)
        self._answered(body)

    def _answered(self, body: _Body) -> None:
        with self._wake:
            self._unanswered -= 1
            self._unanswered_bytes -= len(body.content)
            self._wake.notify_all()
