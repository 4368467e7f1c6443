"""ALTER TABLE of the table itself: its name, how long its points live (facts 2.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kwrest.errors import InvalidTableName, NotTimeSeries, RelationalToSeries, RelationExists, SeriesToRelational
from kwrest.model import Database, DatabaseKind, Privilege, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.altering import Altering
from kwrest.sql.bind.columns import check_series_name
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.spans import Length, partition_interval, retention
from kwrest.sql.bind.targets import new_name
from kwrest.sql.bound import DatabaseRight, TableRight

# What SET may set: the option's word → the field of `Table`.
_FIELDS = {"retentions": "retention", "activetime": "active_time", "partition interval": "partition_interval"}


def set_lifetime(action: tree.SetTableOption, work: Altering) -> None:
    """SET RETENTIONS, ACTIVETIME, PARTITION INTERVAL. Raises NotTimeSeries, RetentionOutOfRange, PartitionOutOfRange,
    UnsupportedSpanUnit."""
    if not work.series:
        raise NotTimeSeries(name=work.table.name)
    length = _length(action)
    lifetime: dict[str, Any] = {_FIELDS[action.option]: length.seconds}
    options = {**work.table.options, action.option: length.text}
    work.table = replace(work.table, **lifetime, options=options)


def _length(action: tree.SetTableOption) -> Length:
    if action.option == "partition interval":
        return partition_interval(action.value)
    return retention(action.value, "retention" if action.option == "retentions" else action.option)


def rename_table(action: tree.RenameTable, work: Altering) -> None:
    """RENAME TO a name, or to a name in another database of the same kind.

    Raises InvalidTableName, NoTargetDatabase, RelationExists, SeriesToRelational, RelationalToSeries.
    """
    own, table = work.database, work.table
    database, name = _target(action.to, own, work.context)
    if not name:
        raise InvalidTableName(name=name)
    work.need(TableRight(Privilege.DROP, table), DatabaseRight(Privilege.CREATE, database))
    work.context.ask(DatabaseRight(Privilege.CREATE, database))
    if (database.id, name) == (own.id, table.name):
        return
    _check_kind(table, database)
    if work.series:
        check_series_name("table", name)
    if work.context.world.table(database, name) is not None:
        raise RelationExists(name=name)
    work.table = replace(table, database=database.id, name=name)


def _target(name: Sequence[tree.Ident], own: Database, context: Context) -> tuple[Database, str]:
    """A bare name stays in the table's database, wherever the request runs."""
    return (own, name[0].name) if len(name) == 1 else new_name(name, context)


def _check_kind(table: Table, database: Database) -> None:
    if database.mixed or table.kind is TableKind.VIEW:
        return
    series = table.kind is TableKind.TIME_SERIES
    if series and database.kind is DatabaseKind.RELATIONAL:
        raise SeriesToRelational(name=table.name, database=database.name)
    if not series and database.kind is DatabaseKind.TIME_SERIES:
        raise RelationalToSeries(name=table.name, database=database.name)
