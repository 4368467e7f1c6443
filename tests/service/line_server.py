"""The line endpoint on a real engine, a real catalog and real rights, as the service puts them together."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from kwrest.access.access import Access
from kwrest.access.first_start import first_start
from kwrest.catalog.schema import Catalog
from kwrest.catalog.settings import Settings
from kwrest.engines import open_engine
from kwrest.engines.base import Step
from kwrest.model import Database, DatabaseKind, Privilege, Request, ResultColumn, Table, User
from kwrest.service.answers import LinesAnswer
from kwrest.service.lines import Lines
from kwrest.service.queries import Queries
from kwrest.service.rejected import MAX_BYTES, Shelf
from kwrest.sql.bound import ColumnRef, Query, Scan, Select
from kwrest.sql.definitions import CreateDatabase, CreateTable, CreateUser, Grant, UserOptions
from kwrest.system import REJECTED, own_request
from tests.altering import altering
from tests.ingest.tables import METERS, NANO, PLAIN

ROOT = User("root", admin=True)
WRITER = User("writer")  # may INSERT into meters only
SECOND = 10**9


class Alone:
    """A companion of the catalog that has nothing to add."""

    def created(self, table: Table) -> Sequence[Step]:
        return []

    def dropped(self, databases: Sequence[Database], tables: Sequence[Table]) -> Sequence[Step]:
        return []


@dataclass
class LineServer:
    """Database `iot` with meters and nano, `plain` in defaultdb, and the users root and writer.

    clock: nanoseconds since 1970, one second more each time somebody looks.
    """

    data: Path
    max_rows: int = 10_000
    max_bytes: int = MAX_BYTES
    now: int = 1_700_000_000 * SECOND
    request_number: int = 0
    made: bool = field(default=False)

    def start(self) -> None:
        self.engine = open_engine("duckdb:", self.data)
        self.catalog = Catalog(self.engine)
        self.settings = Settings(self.engine)
        first_start(self.engine, self.data, "secret")
        self.access = Access(self.engine, self.catalog, lambda: 60)
        if not self.made:
            self._make()
        self.queries = Queries(lambda: self.settings.seconds("server.query.timeout"), 150)
        self.shelf = Shelf(self.engine, self.max_rows, self.max_bytes)
        self.lines = Lines(self.catalog, self.access, self.engine, self.shelf, lambda: self.settings.dedup, self.clock)

    def stop(self) -> None:
        self.queries.close()
        self.lines.close()
        self.access.close()
        self.engine.close()

    def clock(self) -> int:
        self.now += SECOND
        return self.now

    def _make(self) -> None:
        me = own_request("test")
        self.catalog.apply(CreateDatabase("iot", DatabaseKind.TIME_SERIES, 0, 0, ()), me, Alone())
        for name, table in (("iot", METERS), ("iot", NANO), ("defaultdb", PLAIN)):
            wanted = Table(0, self.database(name).id, table.name, table.kind, table.columns)
            self.catalog.apply(CreateTable(wanted, ()), me, Alone())
        self.access.apply(CreateUser("writer", UserOptions(), ()), me)
        self.access.apply(Grant((Privilege.INSERT,), (self.table("meters"),), ("writer",), False, ()), me)
        self.made = True

    # -------------------------------------------------------------- what people do

    def database(self, name: str) -> Database:
        return self.catalog.find_database(name)

    def table(self, name: str, database: str = "iot") -> Table:
        found = self.catalog.find_table(self.database(database), name)
        assert found is not None
        return found

    def add_column(self, table: str, name: str) -> None:
        self.catalog.apply(
            altering(self.catalog, f"ALTER TABLE {table} ADD {name} FLOAT8"), own_request("test"), Alone()
        )

    def drop_column(self, table: str, name: str) -> None:
        self.catalog.apply(altering(self.catalog, f"ALTER TABLE {table} DROP {name}"), own_request("test"), Alone())

    def request(self, user: User = ROOT, database: str = "iot", seconds: float = 30.0) -> Request:
        self.request_number += 1
        return Request(
            f"r{self.request_number}", user, database, ZoneInfo("UTC"), time.monotonic() + seconds, threading.Event()
        )

    def send(self, body: str | bytes, user: User = ROOT, database: str = "iot", precision: str = "ns") -> LinesAnswer:
        content = body.encode() if isinstance(body, str) else body
        return self.lines.submit(self.request(user, database), content, precision).result(30)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """What a query finds in a table of `iot`, by time and tags; times as integers of the carried unit."""
        table = self.table(name)
        names = tuple(ResultColumn(c.name, c.type) for c in table.columns)
        outputs = tuple(ColumnRef(1, c.id, c.type) for c in table.columns)
        query = Query(Select(names, outputs, Scan(1, table)), (), (table,))
        with closing(self.engine.query(query, self.request())) as result:
            found = [
                dict(zip((c.name for c in names), row, strict=True)) for b in result.batches() for row in _values(b)
            ]
        keys = [table.time_column.name, *(tag.name for tag in table.tags)]
        return sorted(found, key=lambda row: [row[key] for key in keys])

    def shelved(self) -> list[dict[str, Any]]:
        """The stored shelf, the line seen longest ago first."""
        columns = self.engine.read_system(REJECTED)
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        return sorted(rows, key=lambda row: (row["last_seen"], row["id"]))


def _values(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """The rows of a batch, times as integers."""
    plain = [column.view("int64") if pa.types.is_timestamp(column.type) else column for column in batch.columns]
    yield from zip(*(column.to_pylist() for column in plain), strict=True)
