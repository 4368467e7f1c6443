"""The writer: one thread, one queue, one transaction for all who wait. Nothing else ever changes the file."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from typing import TypeVar

import duckdb

from kwrest.engines.base import Change, Changed
from kwrest.engines.duckdb import system_rows
from kwrest.engines.duckdb.changes import Changer
from kwrest.engines.duckdb.failures import is_disk_full, is_fatal, named
from kwrest.engines.duckdb.jobs import ChangeJob, Job, WorkJob, WriteJob, brings_rows, too_late
from kwrest.engines.duckdb.points import apply_points
from kwrest.engines.duckdb.relational import insert_batches
from kwrest.engines.duckdb.row_numbers import RowNumbers
from kwrest.engines.duckdb.storage import Connection, Storage
from kwrest.engines.duckdb.tables import Tables
from kwrest.engines.duckdb.watchdog import Watchdog
from kwrest.engines.duckdb.watermark import Mark
from kwrest.errors import (
    Busy,
    DiskFull,
    EngineRestarting,
    InDoubt,
    InternalError,
    KwrestError,
    QueryCanceled,
    QueryTimeout,
    ShuttingDown,
    UniqueViolation,
)
from kwrest.model import Batch, Outcome, Request, Table, TableKind, Written
from kwrest.sql.spell.relations import RelationSpeller

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_WAITING = 4096  # requests
MAX_WAITING_BYTES = 128 << 20
MAX_GROUP = 512  # requests in one transaction
MAX_GROUP_ROWS = 200_000
REOPEN_PAUSE = 0.5  # seconds between attempts after a fatal error
CHECKPOINT_PAUSE = 10.0  # seconds after one that failed
BACKUP_PAUSE = 0.5  # seconds after one that a backup did not allow


class Writer:
    """Everything that changes the file, in the order it was asked for."""

    def __init__(self, storage: Storage, watchdog: Watchdog, speller: RelationSpeller) -> None:
        self._storage = storage
        self._watchdog = watchdog
        self._speller = speller
        self._numbers = RowNumbers()
        self._wake = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._next_checkpoint = 0.0
        self._con: Connection | None = None
        self.disk_full = False  # whether the last transaction found no room
        self._connect()
        self._thread = threading.Thread(target=self._run, name="kwrest-writer", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ asked by any thread

    def write(self, batches: Sequence[Batch], request: Request) -> Future[Outcome]:
        job = WriteJob(tuple(batches), request)
        try:
            self._put(job)
        except KwrestError as refusal:
            job.future.set_exception(refusal)
        return job.future

    def waiting(self) -> tuple[int, int]:
        """Requests in the queue, and their rows."""
        with self._wake:
            return len(self._jobs), sum(job.rows for job in self._jobs)

    def change(self, change: Change, request: Request) -> Changed:
        """Waits. Raises QueryTimeout when the deadline comes before the work has begun or while it runs."""
        job = ChangeJob(change, request)
        self._put(job)
        try:
            return job.future.result(max(0.0, request.deadline - time.monotonic()))
        except TimeoutError:
            if job.future.cancel():
                raise QueryTimeout() from None
            return job.future.result()  # it runs, so the watchdog ends it or it is about to be committed
        except CancelledError:
            raise QueryCanceled() from None

    def work(self, work: Callable[[Connection], None]) -> Future[None]:
        """Have something done between transactions, with the writer's connection."""
        job = WorkJob(work)
        self._put(job)
        return job.future

    def reopen(self) -> None:
        """A query met a fatal error: the database must be closed and opened again, once, between transactions."""
        dead = self._con

        def reopen(con: Connection) -> None:
            if con is dead:  # otherwise it was done meanwhile
                raise duckdb.FatalException("reported by a query")

        with contextlib.suppress(KwrestError):
            self.work(reopen)

    def _put(self, job: Job) -> None:
        with self._wake:
            if self._closing:
                raise ShuttingDown()
            if brings_rows(job) and self._storage.below_reserve():
                raise DiskFull()
            if len(self._jobs) >= MAX_WAITING or (self._jobs and self._waiting_bytes + job.size > MAX_WAITING_BYTES):
                raise Busy(what="too many writes are waiting")
            self._jobs.append(job)
            self._waiting_bytes += job.size
            self._wake.notify()

    def close(self) -> None:
        """Carry out everything that was accepted, then stop. Safe to call twice."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        while (group := self._take()) is not None:
            try:
                self._carry_out(group)
            except BaseException as bug:
                log.error("the writer failed outside of a transaction: %s", bug, exc_info=bug)
                for job in group:
                    if not job.future.done():
                        job.future.set_exception(InternalError(request_id="of the writer"))
            try:
                self._checkpoint()
            except BaseException as bug:  # the rows are stored and answered; who writes next must find the thread alive
                self._next_checkpoint = time.monotonic() + CHECKPOINT_PAUSE
                log.error("the writer failed in a checkpoint: %s", bug, exc_info=bug)
            self._storage.commits.sync()
        if self._con is not None:
            self._storage.release(self._con)

    def _checkpoint(self) -> None:
        """Move the log into the file when it is long enough; after the answers, so nobody waits and none is wrong."""
        if self._con is None or time.monotonic() < self._next_checkpoint or not self._storage.checkpoint_due():
            return
        try:
            if not self._storage.checkpoint(self._con):
                self._next_checkpoint = time.monotonic() + BACKUP_PAUSE
        except duckdb.Error as error:
            # Without space it would fail at every write, and each failure closes the database.
            self._next_checkpoint = time.monotonic() + CHECKPOINT_PAUSE
            log.warning("a checkpoint failed, the next one is tried in %d s: %s", CHECKPOINT_PAUSE, error)
            self._after(error)

    def _take(self) -> list[Job] | None:
        """The next job, and when it is a write all writes that wait right behind it. None at the end.

        An empty group when the database is still to be reopened: then that is tried, job or no job.
        """
        with self._wake:
            while not self._jobs:
                if self._closing:
                    return None
                self._wake.wait(REOPEN_PAUSE if self._con is None else None)
                if self._con is None and not self._jobs:
                    return []
            group = [self._jobs.popleft()]
            rows = group[0].rows
            while isinstance(group[0], WriteJob) and self._jobs and len(group) < MAX_GROUP:
                following = self._jobs[0]
                if not isinstance(following, WriteJob) or rows + following.rows > MAX_GROUP_ROWS:
                    break
                rows += following.rows
                group.append(self._jobs.popleft())
            self._waiting_bytes -= sum(job.size for job in group)
            return group

    def _carry_out(self, group: list[Job]) -> None:
        """Resolve every future of a group, whatever happens."""
        live = [job for job in group if job.future.set_running_or_notify_cancel() and not too_late(job)]
        try:
            self._connect()
        except (duckdb.Error, KwrestError, OSError) as error:
            log.error("the database cannot be reopened yet: %s", error)
            for job in live:
                job.future.set_exception(EngineRestarting())
            return
        first = live[0] if live else None
        if isinstance(first, ChangeJob):
            self._answer(first.future, lambda: self._change(first), first.request.id)
        elif isinstance(first, WorkJob):
            self._answer(first.future, lambda: first.work(self._connection), "upkeep")
        else:
            self._write([job for job in live if isinstance(job, WriteJob)])

    def _answer(self, future: Future[T], work: Callable[[], T], request_id: str) -> None:
        try:
            result = work()
        except BaseException as error:  # whoever waits must be told, even of a bug
            self._after(error)
            future.set_exception(named(error, request_id))
        else:
            future.set_result(result)

    def _write(self, jobs: list[WriteJob]) -> None:
        """Store the batches of all jobs in one transaction, or of each half when that fails: a bad one fails alone."""
        current: list[WriteJob] = []
        for job in jobs:
            try:
                for batch in job.batches:
                    self._tables.check(batch.table)
            except KwrestError as stale:
                job.future.set_exception(stale)
            else:
                current.append(job)
        if len(current) == 1:
            (job,) = current
            self._answer(job.future, lambda: self._store(current)[0], job.request.id)
        elif current:
            try:
                outcomes = self._store(current)
            except BaseException as error:  # every job is told by the call for its half
                log.info("a group of %d writes failed and is tried in halves: %s", len(current), error)
                self._after(error)
                if isinstance(error, InDoubt):  # a second time it might be there twice
                    for job in current:
                        job.future.set_exception(error)
                    return
                half = len(current) // 2
                for part in (current[:half], current[half:]):
                    if self._con is None:
                        for job in part:
                            job.future.set_exception(EngineRestarting())
                    else:
                        self._write(part)
            else:
                for job, outcome in zip(current, outcomes, strict=True):
                    job.future.set_result(outcome)

    def _store(self, jobs: Sequence[WriteJob]) -> list[Outcome]:
        batches = [batch for job in jobs for batch in job.batches]
        written = iter(self._transaction(lambda con: self._apply(con, batches)))
        return [Outcome(tuple(next(written) for _ in job.batches)) for job in jobs]

    def _apply(self, con: Connection, batches: Sequence[Batch]) -> list[Written]:
        """Table by table, since a transaction costs by the table; within a table in the order of the batches."""
        by_table: dict[int, list[int]] = {}
        for position, batch in enumerate(batches):
            by_table.setdefault(batch.table.id, []).append(position)
        written: dict[int, Written] = {}
        for positions in by_table.values():
            of_table = [batches[position] for position in positions]
            table = of_table[0].table
            match table.kind:
                case TableKind.TIME_SERIES:
                    series = self._tables.series(con, table)
                    results = apply_points(con, series, self._tables.columns(table), of_table)
                case TableKind.RELATIONAL:
                    results = self._insert(con, table, of_table)
                case TableKind.SYSTEM:
                    results = [Written(system_rows.put_batch(con, batch)) for batch in of_table]
            written.update(zip(positions, results, strict=True))
        return [written[position] for position in range(len(batches))]

    def _insert(self, con: Connection, table: Table, batches: Sequence[Batch]) -> list[Written]:
        """Batches of a relational table: all at once, and when a key stands twice one after the other; who breaks it is refused."""
        try:
            insert_batches(con, self._speller, self._numbers, table, batches)
        except UniqueViolation as broken:
            if len(batches) == 1:
                return [Written(0, refused=broken)]
            return [written for batch in batches for written in self._insert(con, table, [batch])]
        return [Written(batch.rows) for batch in batches]

    def _change(self, job: ChangeJob) -> Changed:
        watch = self._watchdog.watch(self._connection, job.request)
        changer = Changer(self._tables, self._speller, self._numbers)

        def carry_out(con: Connection) -> Changed:
            try:
                rows = tuple(changer.carry_out(con, step) for step in job.change.steps)
                return Changed(rows, changer.discarded)
            finally:
                watch.end()  # before COMMIT or ROLLBACK, which nothing may interrupt

        try:
            return self._transaction(carry_out)
        except (duckdb.Error, OSError) as error:
            if is_fatal(error):
                raise  # whatever the deadline says: the file must be reopened, and may hold the change
            raise watch.failure() or error from error
        finally:
            watch.end()

    # ------------------------------------------------------------ transactions

    def _transaction(self, work: Callable[[Connection], T]) -> T:
        """Run work and commit; on any exception the file and our memory of it are as before."""
        con = self._connection
        commits = self._storage.commits
        mark = None
        self._tables.begin()
        con.execute("BEGIN TRANSACTION")
        try:
            result = work(con)
            mark = commits.add(con)
            con.execute("COMMIT")
        except BaseException as error:
            self.disk_full = is_disk_full(error)
            if not is_fatal(error):
                # Never COMMIT: of an aborted transaction it returns normally and stores nothing.
                self._roll_back(con)
            elif mark is not None and self._happened(mark, error):
                return result
            raise
        commits.done(mark)
        self.disk_full = False
        return result

    def _happened(self, mark: Mark, error: BaseException) -> bool:
        """Whether a transaction is stored whose COMMIT was fatal. Raises EngineRestarting when it is not, InDoubt when nobody knows.

        The reopened file says so by the number: a group must not be stored twice, nor a client be told the other thing.
        """
        self._after(error)
        if self._con is None:
            raise InDoubt() from error
        try:
            if not self._storage.commits.holds(self._con, mark):
                raise EngineRestarting() from error
            # It may be in the system's memory only, and a second sync of the log would not say so: the file gets it.
            if self._storage.checkpoint(self._con):
                return True
        except duckdb.Error as again:
            self._after(again)
        raise InDoubt() from error

    def _roll_back(self, con: Connection) -> None:
        try:
            with contextlib.suppress(duckdb.TransactionException):  # a failed COMMIT has rolled back already
                con.execute("ROLLBACK")
        except duckdb.Error as error:
            if is_fatal(error):
                raise
            # Its transaction would be in the way of every later one; it ends with the connection.
            log.warning("a transaction could not be rolled back, its connection is closed: %s", error)
            self._storage.release(con)
            self._con = None
            self._connect()
        else:
            self._tables.rollback(con)

    @property
    def _connection(self) -> Connection:
        if self._con is None:
            raise EngineRestarting()
        return self._con

    def _connect(self) -> None:
        """Have a connection and the tables' state that belongs to it; after a fatal error by reopening the file."""
        if self._con is None:
            if not self._storage.is_open:
                self._storage.reopen()
            con = self._storage.cursor(give_up=_nothing)
            self._tables = Tables(con)
            self._con = con

    def _after(self, error: BaseException) -> None:
        """After a fatal error everything in memory is read again from the reopened file."""
        if is_fatal(error):
            if self._con is not None:
                self._storage.release(self._con)
                self._con = None
            try:
                self._storage.reopen()
                self._connect()
            except (duckdb.Error, KwrestError, OSError) as again:
                log.error("the database cannot be reopened yet: %s", again)


def _nothing() -> None:
    """The writer reopens the database itself, so nobody has to tell it."""
