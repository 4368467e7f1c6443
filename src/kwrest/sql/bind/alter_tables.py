"""ALTER TABLE of the table itself: its name, how long its points live (facts 2.5)."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.errors import InvalidTableName, NotTimeSeries, RelationalToSeries, RelationExists, SeriesToRelational
from kwrest.model import Database, DatabaseKind, Privilege, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.columns import check_series_name
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.spans import Length, partition_interval, retention
from kwrest.sql.bind.targets import new_name
from kwrest.sql.bound import DatabaseRight, Right, TableRight
from kwrest.sql.definitions import RenameTable, SetLifetime

# What SET may set: the option's word → the field of `Table`, and what reads its length.
_FIELDS = {"retentions": "retention", "activetime": "active_time", "partition interval": "partition_interval"}


def set_lifetime(action: tree.SetTableOption, table: Table) -> SetLifetime:
    """SET RETENTIONS, ACTIVETIME, PARTITION INTERVAL. Raises NotTimeSeries, RetentionOutOfRange, PartitionOutOfRange,
    UnsupportedSpanUnit."""
    if table.kind is not TableKind.TIME_SERIES:
        raise NotTimeSeries(name=table.name)
    length = _length(action)
    return SetLifetime(_FIELDS[action.option], action.option, length.seconds, length.text)


def _length(action: tree.SetTableOption) -> Length:
    if action.option == "partition interval":
        return partition_interval(action.value)
    return retention(action.value, "retention" if action.option == "retentions" else action.option)


def rename_table(
    action: tree.RenameTable, table: Table, own: Database, context: Context
) -> tuple[RenameTable | None, tuple[Right, ...]]:
    """RENAME TO a name, or to a name in another database of the same kind; with the rights that takes. None when nothing
    changes. own: the table's database.

    Raises InvalidTableName, NoTargetDatabase, RelationExists, SeriesToRelational, RelationalToSeries.
    """
    database, name = _target(action.to, own, context)
    if not name:
        raise InvalidTableName(name=name)
    rights = (TableRight(Privilege.DROP, table), DatabaseRight(Privilege.CREATE, database))
    if (database.id, name) == (own.id, table.name):
        return None, rights
    _check_kind(table, database)
    if table.kind is TableKind.TIME_SERIES:
        check_series_name("table", name)
    if context.world.table(database, name) is not None:
        raise RelationExists(name=name)
    return RenameTable(database, name), rights


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
