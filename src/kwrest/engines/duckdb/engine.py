"""The DuckDB engine: one file, one writer, a cursor for each query."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path

import duckdb

from kwrest.engines.base import Change, Changed, EngineOptions, Measures
from kwrest.engines.duckdb import system_rows
from kwrest.engines.duckdb.failures import is_fatal, named
from kwrest.engines.duckdb.results import DuckDBResult
from kwrest.engines.duckdb.speller import DuckDBSpeller
from kwrest.engines.duckdb.storage import Connection, Storage
from kwrest.engines.duckdb.watchdog import Watchdog
from kwrest.engines.duckdb.writer import Writer
from kwrest.errors import KwrestError, SchemaChanged
from kwrest.model import Batch, Outcome, Request, Table
from kwrest.sql.bound import Query, Value

_CHUNK = 16_384  # rows of a result that are handed over at a time


class DuckDBEngine:
    """See `kwrest.engines.base.Engine` for what the methods promise."""

    def __init__(self, data: Path, options: EngineOptions) -> None:
        self._speller = DuckDBSpeller()
        self._storage = Storage(data, options)
        try:
            self._watchdog = Watchdog()
            self._writer = Writer(self._storage, self._watchdog, self._speller)
        except BaseException:
            self._storage.close()
            raise

    def query(self, query: Query, request: Request) -> DuckDBResult:
        text = self._speller.query(query)
        request.check()
        opened: list[DuckDBResult] = []
        con = self._storage.cursor(give_up=lambda: opened[0].give_up() if opened else None)
        try:
            watch = self._watchdog.watch(con, request)
            try:
                con.execute("BEGIN TRANSACTION READ ONLY")
                reader = con.sql(text).to_arrow_reader(_CHUNK)
            except BaseException as error:
                watch.end()
                raise watch.failure() or self._named(error, query, request) from error
        except BaseException:
            self._storage.release(con)
            raise
        result = DuckDBResult(query.columns, reader, watch, lambda: self._storage.release(con))
        opened.append(result)
        return result

    def _named(self, error: BaseException, query: Query, request: Request) -> BaseException:
        if not isinstance(error, Exception):
            return error
        if is_fatal(error):
            self._writer.reopen()
        failure = named(error, request.id)
        if isinstance(failure, SchemaChanged):
            return SchemaChanged(name=", ".join(table.name for table in query.tables))
        return failure

    def change(self, change: Change, request: Request) -> Changed:
        return self._writer.change(change, request)

    def write(self, batches: Sequence[Batch], request: Request) -> Future[Outcome]:
        return self._writer.write(batches, request)

    def read_system(self, table: Table) -> dict[str, list[Value]]:
        con = self._storage.cursor(give_up=_nothing)
        try:
            return system_rows.read(con, table)
        finally:
            self._storage.release(con)

    def problem(self) -> str | None:
        if not self._storage.is_open:
            return "the database file is being opened again after a failure"
        low = self._writer.disk_full or self._storage.below_reserve()
        return "the disk is full, writes are refused" if low else None

    def losses(self) -> tuple[str, ...]:
        return self._storage.losses

    def measures(self) -> Measures:
        return self._storage.measures(*self._writer.waiting())

    def upkeep(self, now: datetime) -> None:
        """Whatever is long enough for a checkpoint gets one after each write; this one is for quiet times."""
        with contextlib.suppress(KwrestError):  # a server that is closing or reopening has no upkeep
            if self._storage.log_size():
                self._writer.work(self._checkpoint).result()

    def _checkpoint(self, con: Connection) -> None:
        # One that would have to wait for a reader is left to the next call.
        with contextlib.suppress(duckdb.TransactionException):
            self._storage.checkpoint(con)

    def close(self) -> None:
        self._writer.close()
        self._storage.close()  # ends what is still being read, so there is nothing left to watch
        self._watchdog.close()


def _nothing() -> None:
    """A read of a system table is too short to be told."""
