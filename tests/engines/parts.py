"""What the conformance suite says its sentences with: an engine under test, tables, batches and queries made by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from kwrest.engines import open_engine
from kwrest.engines.base import Change, CreateSchema, CreateStorage, Engine, EngineOptions, Step
from kwrest.model import Batch, Column, Dedup, Outcome, Request, ResultColumn, Table, TableKind, User
from kwrest.sql.bound import ColumnRef, Const, Expr, Order, Query, Relation, Scan, Select
from kwrest.types.arrow import to_arrow
from kwrest.types.kinds import FLOAT8, INT8, TIMESTAMPTZ, Type, varchar
from kwrest.types.values import Value

ENGINES = ("duckdb:",)  # each engine this server knows runs the whole suite
DATABASE = 101

Row = tuple[Value, ...]


def series_table(time: Type = TIMESTAMPTZ, number: int = 200) -> Table:
    """`t(ts, x FLOAT8, s VARCHAR(20)) TAGS (host VARCHAR(20) NOT NULL, place VARCHAR(20)) PRIMARY TAGS (host)`."""
    columns = (
        Column(1, "ts", time, nullable=False),
        Column(2, "x", FLOAT8),
        Column(3, "s", varchar(20)),
        Column(4, "host", varchar(20), nullable=False, tag=True, primary=True),
        Column(5, "place", varchar(20), tag=True),
    )
    return Table(number, DATABASE, "t", TableKind.TIME_SERIES, columns)


def relational_table(number: int = 300) -> Table:
    """`r(k INT8 NOT NULL, v VARCHAR(20))`."""
    return Table(
        number,
        DATABASE,
        "r",
        TableKind.RELATIONAL,
        (Column(1, "k", INT8, nullable=False), Column(2, "v", varchar(20))),
    )


def batch(table: Table, rows: Sequence[Row], rule: Dedup = Dedup.OVERRIDE, devices: Sequence[Row] = ()) -> Batch:
    """Rows of a table: data columns, then tags, in definition order; each row's device is its primary tags'.

    devices: tags of devices without rows.
    """
    data, tags = table.data_columns, table.tags
    columns = {c.id: to_arrow([row[n] for row in rows], c.type) for n, c in enumerate(data)}
    if table.kind is not TableKind.TIME_SERIES:
        return Batch(table, len(rows), columns)
    primary = [n for n, tag in enumerate(tags) if tag.primary]
    numbers: dict[Row, int] = {}
    kept: list[Row] = []
    device = []
    for given in [*(row[len(data) :] for row in rows), *devices]:
        key = tuple(given[n] for n in primary)
        if key not in numbers:
            numbers[key] = len(kept)
            kept.append(given)
        device.append(numbers[key])
    arrays = {tag.id: to_arrow([one[n] for one in kept], tag.type) for n, tag in enumerate(tags)}
    return Batch(table, len(rows), columns, arrays, np.array(device[: len(rows)], np.int32), rule)


def select(table: Table, *columns: int, where: Expr | None = None, order_by: Sequence[int] = ()) -> Query:
    """`SELECT columns FROM table WHERE … ORDER BY …`, by column ids; no columns: all, in order, sorted."""
    of = {column.id: column for column in table.columns}
    wanted = columns or tuple(of)
    relation = Select(
        tuple(ResultColumn(of[c].name, of[c].type) for c in wanted),
        tuple(ColumnRef(1, c, of[c].type) for c in wanted),
        Scan(1, table),
        where,
        order_by=tuple(Order(ColumnRef(1, c, of[c].type)) for c in order_by or (() if columns else wanted)),
    )
    return ask(relation, table)


def ask(relation: Relation, *tables: Table, as_json: bool = False) -> Query:
    """A relation as a query without rights."""
    return Query(relation, (), tables, as_json)


def number(value: int) -> Const:
    return Const(value, INT8)


@dataclass
class Bench:
    """An engine on a data directory, and the verbs of the tests."""

    url: str
    data: Path
    options: EngineOptions = field(default_factory=EngineOptions)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.engine = open_engine(self.url, self.data, self.options)

    def reopen(self) -> None:
        self.engine.close()
        self.open()

    def request(self, seconds: float = 20.0, cancel: threading.Event | None = None) -> Request:
        deadline = time.monotonic() + seconds
        return Request("test", User("root", admin=True), "d", ZoneInfo("UTC"), deadline, cancel or threading.Event())

    def make(self, *tables: Table) -> None:
        """A database with these tables."""
        self.change(CreateSchema(DATABASE), *(CreateStorage(table) for table in tables))

    def change(self, *steps: Step) -> tuple[int, ...]:
        return self.engine.change(Change(steps), self.request()).rows

    def write(self, *batches: Batch) -> Outcome:
        return self.engine.write(batches, self.request()).result(20)

    def rows(self, query: Query) -> list[Row]:
        result = self.engine.query(query, self.request())
        found: list[Row] = []
        for chunk in result.batches():
            found += zip(*(plain(column) for column in chunk.columns), strict=True)
        return found

    def all(self, table: Table) -> list[Row]:
        """Every row, sorted."""
        return self.rows(select(table))


def plain(column: pa.Array) -> list[Value]:
    """Values as constants have them: an instant is nanoseconds."""
    if not pa.types.is_timestamp(column.type):
        return column.to_pylist()  # type: ignore[no-any-return]  # pyarrow has no types
    step = 1 if column.type.unit == "ns" else 1000
    return [None if v is None else v * step for v in column.cast(pa.int64()).to_pylist()]
