"""The DuckDB engine: one file, one writer, a cursor for each query."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path

import duckdb

from kwrest.engines.base import Change, Changed, EngineOptions
from kwrest.engines.duckdb import system_rows
from kwrest.engines.duckdb.results import DuckDBResult
from kwrest.engines.duckdb.storage import Connection, Storage
from kwrest.engines.duckdb.watchdog import Watchdog
from kwrest.engines.duckdb.writer import Writer
from kwrest.errors import KwrestError
from kwrest.model import Batch, Outcome, Request, Table
from kwrest.sql.bound import Query, Value


class DuckDBEngine:
    """See `kwrest.engines.base.Engine` for what the methods promise."""

    def __init__(self, data: Path, options: EngineOptions) -> None:
        self._storage = Storage(data, options)
        self._watchdog = Watchdog()
        self._writer = Writer(self._storage, self._watchdog)

    def query(self, query: Query, request: Request) -> DuckDBResult:
        raise NotImplementedError

    def change(self, change: Change, request: Request) -> Changed:
        return self._writer.change(change, request)

    def write(self, batches: Sequence[Batch], request: Request) -> Future[Outcome]:
        return self._writer.write(batches, request)

    def read_system(self, table: Table) -> dict[str, list[Value]]:
        con = self._storage.cursor(give_up=lambda: None)
        try:
            return system_rows.read(con, table)
        finally:
            self._storage.release(con)

    def upkeep(self, now: datetime) -> None:
        def checkpoint(con: Connection) -> None:
            # A checkpoint that has to wait for a reader is left to the next call.
            with contextlib.suppress(duckdb.TransactionException):
                con.execute("CHECKPOINT")

        with contextlib.suppress(KwrestError):
            self._writer.work(checkpoint).result()

    def close(self) -> None:
        self._writer.close()
        self._watchdog.close()
        self._storage.close()
