"""Databases, tables and columns as rows of the server's own tables, there and back without loss."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kwrest.catalog import constraints
from kwrest.engines.base import Put
from kwrest.model import Column, Database, DatabaseKind, Table, TableKind, View, ViewUse
from kwrest.sql.bound import Value
from kwrest.system import COLUMNS, COUNTERS, DATABASES, TABLES
from kwrest.types.names import type_from_text

Rows = Mapping[str, Sequence[Value]]  # column name → values [n], as Engine.read_system gives them


def put(table: Table, rows: Sequence[tuple[Value, ...]]) -> Put:
    """Rows of a system table, values in the order of its columns, as the step that stores them."""
    return Put(table, {c.name: [row[i] for row in rows] for i, c in enumerate(table.columns)})


def records(table: Table, rows: Rows) -> Iterator[tuple[Value, ...]]:
    """The rows of `Engine.read_system`, values in the order of the table's columns."""
    return zip(*(rows[c.name] for c in table.columns), strict=True)


# ---------------------------------------------------------------- databases


def put_database(database: Database) -> Put:
    return put(
        DATABASES,
        [(
            database.id, database.name, database.kind.value, database.mixed, database.retention,
            database.partition_interval, database.comment,
        )],
    )  # fmt: skip


def databases(rows: Rows) -> Iterator[Database]:
    for number, name, kind, mixed, retention, interval, comment in records(DATABASES, rows):
        yield Database(
            _int(number), str(name), DatabaseKind(kind), bool(mixed), _int(retention), _int(interval), _text(comment)
        )


# ---------------------------------------------------------------- tables and columns


def put_table(table: Table) -> tuple[Put, Put]:
    """The table's own row and all its columns'."""
    row = (
        table.id, table.database, table.name, table.kind.value, table.version, table.retention, table.active_time,
        table.partition_interval, json.dumps(dict(table.options)), table.comment, _view_text(table.view),
        constraints.to_text(table),
    )  # fmt: skip
    return put(TABLES, [row]), put(COLUMNS, [_column_row(table, i, c) for i, c in enumerate(table.columns)])


def tables(rows: Rows, column_rows: Rows) -> Iterator[Table]:
    columns: dict[int, list[tuple[int, Column]]] = defaultdict(list)
    for row in records(COLUMNS, column_rows):
        table, number, position, name, type_, nullable, tag, primary, default, hidden, comment = row
        column = Column(
            _int(number), str(name), type_from_text(str(type_)), bool(nullable), bool(tag), bool(primary),
            _text(default), bool(hidden), comment=_text(comment),
        )  # fmt: skip
        columns[_int(table)].append((_int(position), column))
    for row in records(TABLES, rows):
        number, database, name, kind, version, retention, active, interval, options, comment, view, constrained = row
        in_order = tuple(c for _, c in sorted(columns[_int(number)], key=lambda pair: pair[0]))
        yield Table(
            _int(number), _int(database), str(name), TableKind(kind), in_order, _int(version), _int(retention),
            _int(active), _int(interval), json.loads(str(options)), (), *constraints.from_text(constrained),
            comment=_text(comment), view=_view(view),
        )  # fmt: skip


def _column_row(table: Table, position: int, column: Column) -> tuple[Value, ...]:
    return (
        table.id, column.id, position, column.name, str(column.type), column.nullable, column.tag, column.primary,
        column.default, column.hidden, column.comment,
    )  # fmt: skip


# ---------------------------------------------------------------- views


def _view_text(view: View | None) -> str | None:
    """A view's query as JSON: `{"text": …, "database": id, "uses": {table id: [known ids, named ids]}}`."""
    if view is None:
        return None
    uses = {str(table): [sorted(use.known), sorted(use.named)] for table, use in view.uses.items()}
    return json.dumps({"text": view.text, "database": view.database, "uses": uses}, ensure_ascii=False)


def _view(stored: Value) -> View | None:
    if stored is None:
        return None
    read = json.loads(str(stored))
    uses = {int(table): ViewUse(frozenset(known), frozenset(named)) for table, (known, named) in read["uses"].items()}
    return View(read["text"], read["database"], uses)


# ---------------------------------------------------------------- counters


def put_counters(values: Iterable[tuple[str, int]]) -> Put:
    return put(COUNTERS, list(values))


def counters(rows: Rows) -> dict[str, int]:
    return {str(name): _int(value) for name, value in records(COUNTERS, rows)}


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _int(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a system table holds {value!r} where a number belongs")
    return value
