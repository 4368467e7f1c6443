"""Partitions of time-series tables: how long points live, which partition a point is in, what a look at them asks (facts 2.2).

A partition is an interval of time, counted from 1970. It goes as a whole once its end is older than the retention; until
then its expired points stay visible, as in KWDB. Nothing of it shows in how points are stored.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kwrest.model import Database, ResultColumn, Table
from kwrest.sql.bound import Aggregate, Call, ColumnRef, Const, Expr, Query, Scan, Select
from kwrest.sql.bound_writes import DeletePoints
from kwrest.types.kinds import BOOL

DAY = 86_400
DEFAULT_INTERVAL = 10 * DAY  # when neither the table nor its database says one
_SECOND = 1_000_000_000  # in the unit of bound times, nanoseconds


def lifetime(database: Database, table: Table) -> int:
    """Seconds a point lives at least, 0 = for ever. A table's own retention counts, `0s` too, else its database's."""
    return table.retention if "retentions" in table.options else table.retention or database.retention


def interval(database: Database, table: Table) -> int:
    """Length of a partition in seconds."""
    return table.partition_interval or database.partition_interval or DEFAULT_INTERVAL


def live_since(now: int, lifetime: int, interval: int) -> int:
    """Where the oldest partition begins that is not expired as a whole. now: seconds since 1970; lifetime: above 0."""
    return (now - lifetime) // interval * interval


def end_of(time: int, interval: int) -> int:
    """Where the partition of a point ends. time: seconds since 1970."""
    return (time // interval + 1) * interval


def shown(seconds: int) -> str:
    """A partition's border as SHOW and the log print it: `2024-01-01 00:00:00+00:00`."""
    return str(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))


# ---------------------------------------------------------------- what is asked of the engine


def oldest_before(table: Table, border: int) -> Query:
    """The time of the oldest point before a border (seconds since 1970): one row, NULL when there is none."""
    time = table.time_column
    column = ResultColumn(time.name, time.type)
    output = Aggregate("min", (ColumnRef(1, time.id, time.type),), time.type)
    return Query(Select((column,), (output,), Scan(1, table), _before(table, border), ()), (), (table,))


def removal_before(table: Table, border: int) -> DeletePoints:
    """Away with all points before a border. The devices stay."""
    return DeletePoints(table, None, _before(table, border), ())


def _before(table: Table, border: int) -> Expr:
    time = table.time_column
    return Call("lt", (ColumnRef(1, time.id, time.type), Const(border * _SECOND, time.type)), BOOL)
