"""Queries run from SQL text to rows, through binder, rules and the DuckDB engine: what the tests of queries share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from kwrest.engines.base import CreateSchema, CreateStorage
from kwrest.model import Table
from kwrest.sql import bound
from kwrest.sql.bind import bind
from kwrest.sql.grammar import parse
from kwrest.sql.rules import apply
from tests.engines.parts import Bench, Row, batch
from tests.sql.world import IOT, SHOP, SmallWorld, context


def at(text: str) -> int:
    """Nanoseconds since 1970 of a UTC time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000) * 1_000_000


def filled_bench(path: Path, tables: Sequence[tuple[Table, Sequence[Row]]]) -> Bench:
    """A DuckDB engine with the databases `iot` and `shop` and these tables in it."""
    bench = Bench("duckdb:", path / "data")
    bench.change(CreateSchema(IOT.id), CreateSchema(SHOP.id), *(CreateStorage(table) for table, _ in tables))
    for table, rows in tables:
        if rows:
            bench.write(batch(table, rows))
    return bench


def run(bench: Bench, world: SmallWorld, sql: str, zone: str = "UTC") -> list[tuple[str, ...]]:
    """The rows of a query as text, its times in UTC. zone: of the request."""
    query = bind(parse(sql), context(world, zone=zone))
    assert isinstance(query, bound.Query)
    rows = bench.rows(replace(query, relation=apply(query.relation)))
    times = [c.type.name.startswith("TIMESTAMP") for c in query.columns]
    return [tuple(_shown(v, t) for v, t in zip(row, times, strict=True)) for row in rows]


def _shown(value: object, time: bool) -> str:
    if value is None:
        return "NULL"
    if time and isinstance(value, int):
        return datetime.fromtimestamp(value / 1_000_000_000, UTC).isoformat(" ", "milliseconds").removesuffix("+00:00")
    if isinstance(value, Decimal) or (isinstance(value, float) and value.is_integer()):
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def both(rows: Sequence[tuple[str, ...]], expected: str, ordered: bool) -> tuple[list[str], list[str]]:
    """Rows and the expected ones in one form, to be compared: a blank between cells, `_` for one in a cell, `;` between rows."""
    found = [" ".join(cell.replace(" ", "_") for cell in row) for row in rows]
    wanted = [part.strip() for part in expected.split(";")] if expected else []
    return (found, wanted) if ordered else (sorted(found), sorted(wanted))
