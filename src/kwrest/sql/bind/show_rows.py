"""What every SHOW is made of: rows of constants, and the table it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kwrest.model import Database, ResultColumn, Table
from kwrest.sql import bound, tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import Reads, find_table, right_on
from kwrest.sql.bound import Const, Expr, Value
from kwrest.system import SCHEMA
from kwrest.types.kinds import STRING, Type, array_of

TEXTS = array_of(STRING)

# Schemas that every KWDB database shows; only `public` holds tables here.
SCHEMAS = ("information_schema", "kwdb_internal", "pg_catalog", SCHEMA)

Columns = tuple[tuple[str, Type], ...]
Row = Sequence[Value]


def constant_rows(columns: Columns, rows: Iterable[Row]) -> bound.Values:
    """Rows of constants under names and types."""
    types = [type_ for _, type_ in columns]
    cells = tuple(tuple(_cell(v, t) for v, t in zip(row, types, strict=True)) for row in rows)
    return bound.Values(tuple(ResultColumn(name, type_) for name, type_ in columns), cells)


def _cell(value: Value, type_: Type) -> Expr:
    if isinstance(value, tuple) and type_.element is not None:
        return bound.ArrayOf(tuple(Const(part, type_.element) for part in value), type_)
    return Const(value, type_)


def commented_rows(show: tree.Show, columns: Columns, rows: Iterable[tuple[Row, str | None]]) -> bound.Values:
    """Constant rows, each with its comment; that is a last column when WITH COMMENT was written."""
    if show.comment:
        return constant_rows((*columns, ("comment", STRING)), [(*row, comment) for row, comment in rows])
    return constant_rows(columns, [row for row, _ in rows])


def shown_table(name: Sequence[tree.Ident], context: Context, reads: Reads) -> tuple[Database, Table]:
    """The table a SHOW is about; any privilege on it will do. Raises UndefinedTable (42P01)."""
    database, table = find_table(name, context, None)
    reads.need(right_on(table, None))
    return database, table
