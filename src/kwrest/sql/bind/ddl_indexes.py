"""CREATE INDEX and DROP INDEX. An index makes nothing faster here; a unique one is kept to, and all are shown."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.errors import (
    AmbiguousIndex,
    IndexInUse,
    PrimaryIndex,
    SeriesIndexColumn,
    SeriesIndexType,
    UndefinedColumn,
    UndefinedIndex,
    UnsupportedInSeries,
)
from kwrest.model import Index, Privilege, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.constraints import with_index
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import written
from kwrest.sql.bind.targets import target_table
from kwrest.sql.bound import TableRight
from kwrest.sql.definitions import CreateIndex, DropIndexes, Nothing

# Tags of these types have no index in KWDB.
_NO_TAG_INDEX = frozenset({"VARCHAR", "NVARCHAR", "VARBYTES"})


def bind_create_index(statement: tree.CreateIndex, context: Context) -> CreateIndex | Nothing:
    """Bind CREATE INDEX, which takes CREATE on the table. Raises what `bind/constraints.py` does."""
    table = target_table(statement.table, context, "CREATE")
    rights = (TableRight(Privilege.CREATE, table),)
    name = statement.index.name
    if statement.if_not_exists and name is not None and any(i.name == name.name for i in table.indexes):
        return Nothing(rights)
    if table.kind is TableKind.TIME_SERIES:
        _check_series(statement.index, table)
    return CreateIndex(table, with_index(table, statement.index).indexes[-1], rights)


def _check_series(said: tree.TableConstraint, table: Table) -> None:
    """A time-series table has indexes on ordinary tags only (facts 2.5)."""
    if said.kind != "index":
        raise UnsupportedInSeries(what=f"{said.kind.removesuffix(' index')} index")
    for ident in said.columns:
        column = table.column(ident.name)
        if column is None:
            raise UndefinedColumn(name=ident.name)
        if not column.tag or column.primary:
            raise SeriesIndexColumn(name=column.name)
        if column.type.name in _NO_TAG_INDEX:
            raise SeriesIndexType(name=column.name)


def bind_drop_index(statement: tree.DropIndex, context: Context) -> DropIndexes | Nothing:
    """Bind DROP INDEX, which takes CREATE on the table.

    Raises UndefinedIndex, AmbiguousIndex, PrimaryIndex, and IndexInUse for the index of a UNIQUE without CASCADE.
    """
    found: dict[tuple[int, str], tuple[Table, Index]] = {}
    for table_name, ident in statement.indexes:
        try:
            table, index = _find(table_name, ident, context)
        except UndefinedIndex:
            if statement.if_exists:
                continue
            raise
        if index.primary:
            raise PrimaryIndex(name=index.name)
        if index.constraint and statement.behaviour != "CASCADE":
            raise IndexInUse(name=index.name, what="unique constraint")
        _check_references(table, index, context)
        found[table.id, index.name] = (table, index)
    if not found:
        return Nothing()
    tables = {table.id: table for table, _ in found.values()}
    rights = tuple(TableRight(Privilege.CREATE, table) for table in tables.values())
    return DropIndexes(tuple((table, index.name) for table, index in found.values()), rights)


def _find(table_name: Sequence[tree.Ident], ident: tree.Ident, context: Context) -> tuple[Table, Index]:
    """The index of that name: of the table that was named, or of the one table in the database that has it."""
    if table_name:
        tables = [target_table(table_name, context, "CREATE")]
    else:
        tables = [t for t in context.world.tables(context.database) if context.world.may_see(context.user, t)]
    found = [(table, index) for table in tables for index in table.indexes if index.name == ident.name]
    if len(found) > 1:
        raise AmbiguousIndex(name=ident.name)
    if not found:
        raise UndefinedIndex(name=f"{written(table_name)}@{ident.name}" if table_name else ident.name)
    return found[0]


def _check_references(table: Table, index: Index, context: Context) -> None:
    """A key that a foreign key refers to stays while no other one is the same."""
    others = [set(i.columns) for i in table.indexes if i.unique and i.name != index.name]
    for child in context.world.referring(table):
        for key in child.foreign_keys:
            if key.table == table.id and set(key.referenced) == set(index.columns) and set(index.columns) not in others:
                raise IndexInUse(name=index.name, what="foreign key constraint")
