"""SHOW TS PARTITIONS: the partitions that hold points, of one table, of a database or of the current one (facts 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from kwrest.errors import NotTimeSeries, Unsupported
from kwrest.model import Database, ResultColumn, Table, TableKind
from kwrest.sql import bound, tree
from kwrest.sql.bind.casts import cast
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.show_rows import Columns, constant_rows
from kwrest.sql.bind.tables import Reads, find_table
from kwrest.sql.bind.targets import target_database
from kwrest.sql.bound import (
    AdminRight,
    Aggregate,
    Call,
    Cast,
    ColumnRef,
    Const,
    Derived,
    Expr,
    Join,
    JoinKind,
    Order,
    Relation,
    Scan,
    Select,
)
from kwrest.sql.partitions import interval
from kwrest.types.kinds import BOOL, FLOAT8, INT8, STRING, TIMESTAMPTZ

_COLUMNS: Columns = (
    ("partition_id", INT8), ("start_pretty", STRING), ("end_pretty", STRING), ("database_name", STRING),
    ("table_name", STRING), ("lease_holder", INT8), ("replicas", STRING), ("size", INT8), ("status", STRING),
)  # fmt: skip
_NAMED = tuple(ResultColumn(name, type_) for name, type_ in _COLUMNS)
_NAMES: Columns = (("table", INT8), ("database_name", STRING), ("table_name", STRING))
_TIMES = tuple(ResultColumn(name, INT8) for name in ("table", "length", "milliseconds"))
_UTC = ZoneInfo("UTC")
_NODE = 1  # the one node there is


def show_partitions(show: tree.Show, context: Context, reads: Reads) -> Relation:
    """partition_id counts intervals since 1970; size is the number of points. Raises NotTimeSeries, UndefinedDatabase."""
    if "TS" not in show.rest:
        raise Unsupported(what="SHOW PARTITIONS")
    reads.need(AdminRight("SHOW TS PARTITIONS"))
    wanted = _wanted(show, context)
    if not wanted:
        return constant_rows(_COLUMNS, [])
    number, named = context.source_number(), context.source_number()
    names = constant_rows(_NAMES, [(n, d.name, t.name) for n, (d, t) in enumerate(wanted)])
    table, length, partition, points = (ColumnRef(number, place, INT8) for place in range(1, 5))
    outputs: tuple[Expr, ...] = (
        partition, _border(partition, length), _border(Call("add.int", (partition, Const(1, INT8)), INT8), length),
        ColumnRef(named, 2, STRING), ColumnRef(named, 3, STRING), Const(_NODE, INT8), Const(f"{{{_NODE}}}", STRING), points,
        Const("running", STRING),
    )  # fmt: skip
    same = Call("eq", (table, ColumnRef(named, 1, INT8)), BOOL)
    source = Join(JoinKind.INNER, Derived(number, _counted(wanted, context)), Derived(named, names), same)
    return Select(_NAMED, outputs, source, order_by=(Order(table), Order(partition)))


def _wanted(show: tree.Show, context: Context) -> list[tuple[Database, Table]]:
    if "TABLE" in show.rest:
        database, table = find_table(show.name, context, None)
        if table.kind is not TableKind.TIME_SERIES:
            raise NotTimeSeries(name=table.name)
        return [(database, table)]
    database = target_database(show.name[0], context) if show.name else context.database
    return [(database, t) for t in context.world.tables(database) if t.kind is TableKind.TIME_SERIES]


def _counted(wanted: Sequence[tuple[Database, Table]], context: Context) -> Relation:
    """Table (a position in `wanted`), length of its partitions in seconds, partition, points: a row for each that has some.

    All tables' times are put together first and counted at once: a group for each table costs the planner a second each hundred.
    """
    number = context.source_number()
    parts = [_times(n, table, interval(database, table), context) for n, (database, table) in enumerate(wanted)]
    table, length, milliseconds = (ColumnRef(number, place, INT8) for place in range(1, 4))
    # In floats all of it is exact: the numbers are whole and below 2^53.
    of_one = Call("mul.float", (Cast(length, FLOAT8), Const(1000.0, FLOAT8)), FLOAT8)
    place = Call("floor.float", (Call("div.float", (Cast(milliseconds, FLOAT8), of_one), FLOAT8),), FLOAT8)
    key = (table, length, Cast(place, INT8))
    names = tuple(ResultColumn(name, INT8) for name in ("table", "length", "partition", "points"))
    return Select(names, (*key, Aggregate("count.rows", (), INT8)), Derived(number, _together(parts)), group_by=key)


def _times(place: int, table: Table, length: int, context: Context) -> Relation:
    """The times of a table's points, in milliseconds since 1970, behind its place and the length of its partitions."""
    number, time = context.source_number(), table.time_column
    outputs = (Const(place, INT8), Const(length, INT8), Cast(ColumnRef(number, time.id, time.type), INT8))
    return Select(_TIMES, outputs, Scan(number, table))


def _border(partition: Expr, length: Expr) -> Expr:
    """Where a partition begins, as the text of a time in UTC."""
    seconds = Call("mul.int", (partition, length), INT8)
    return cast(Cast(Call("mul.int", (seconds, Const(1000, INT8)), INT8), TIMESTAMPTZ), STRING, _UTC)


def _together(parts: Sequence[Relation]) -> Relation:
    """All rows of all parts. Halved, not chained: a chain of a thousand tables would be too deep for anyone."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return bound.SetOperation(_TIMES, "UNION", True, _together(parts[:middle]), _together(parts[middle:]))
