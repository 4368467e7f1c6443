"""ALTER TABLE: ADD and DROP of data columns; the other actions come later and are refused by name (facts 2.5)."""

from __future__ import annotations

from kwrest.errors import (
    AddNotNull,
    AlterSeveral,
    DropFirstColumn,
    DropOnlyColumn,
    DuplicateColumn,
    TagNotColumn,
    TooManyColumns,
    UndefinedColumn,
    UndefinedTable,
    Unsupported,
)
from kwrest.model import Privilege, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.columns import relational_column, series_column
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.ddl_tables import MAX_COLUMNS
from kwrest.sql.bind.targets import target_table
from kwrest.sql.bound import Right, TableRight
from kwrest.sql.definitions import AddColumn, DropColumn, Nothing

# Actions that a later part brings, and how they are named in the refusal.
_LATER: tuple[tuple[type[tree.AlterAction], str], ...] = (
    (tree.RenameColumn, "ALTER TABLE RENAME COLUMN"),
    (tree.AlterColumnType, "ALTER TABLE ALTER COLUMN TYPE"),
    (tree.AlterColumnDefault, "ALTER TABLE ALTER COLUMN DEFAULT"),
    (tree.AlterColumnNull, "ALTER TABLE ALTER COLUMN NOT NULL"),
    (tree.RenameTable, "ALTER TABLE RENAME TO"),
    (tree.SetTableOption, "ALTER TABLE SET"),
)


def bind_alter_table(statement: tree.AlterTable, context: Context) -> AddColumn | DropColumn | Nothing:
    """Bind ALTER TABLE with its one action. Raises Unsupported for the actions of a later part."""
    try:
        table = target_table(statement.name, context, "CREATE")
    except UndefinedTable:
        if statement.if_exists:
            return Nothing()
        raise
    if len(statement.actions) > 1:
        if table.kind is TableKind.TIME_SERIES:
            raise AlterSeveral()
        raise Unsupported(what="ALTER TABLE with several actions")
    rights = (TableRight(Privilege.CREATE, table),)
    match statement.actions[0]:
        case tree.AddColumn(tag=False) as action:
            return _add(action, table, rights, context)
        case tree.DropColumn(tag=False) as action:
            return _drop(action, table, rights)
        case tree.AddColumn():
            raise Unsupported(what="ALTER TABLE ADD TAG")
        case tree.DropColumn():
            raise Unsupported(what="ALTER TABLE DROP TAG")
        case tree.OtherAction() as other:
            raise Unsupported(what=f"ALTER TABLE {other.text}")
    raise Unsupported(what=next(words for kind, words in _LATER if isinstance(statement.actions[0], kind)))


def _add(action: tree.AddColumn, table: Table, rights: tuple[Right, ...], context: Context) -> AddColumn | Nothing:
    series = table.kind is TableKind.TIME_SERIES
    name = action.column.name.name
    if table.column(name) is not None:
        if action.if_not_exists:
            return Nothing(rights)
        raise DuplicateColumn(name=name)
    column = series_column(action.column, 0) if series else relational_column(action.column, 0, context)
    if not column.nullable:
        # Old rows have no value for it.
        raise AddNotNull(name=name) if series else Unsupported(what="ADD COLUMN NOT NULL")
    if column.default is not None:
        raise Unsupported(what="ADD COLUMN DEFAULT")
    if series and len(table.data_columns) >= MAX_COLUMNS:
        raise TooManyColumns(name=table.name)
    return AddColumn(table, column, rights)


def _drop(action: tree.DropColumn, table: Table, rights: tuple[Right, ...]) -> DropColumn | Nothing:
    name = action.name.name
    column = table.column(name)
    if column is None:
        if action.if_exists:
            return Nothing(rights)
        raise UndefinedColumn(name=name)
    if column.tag:
        raise TagNotColumn(name=name)
    if table.kind is TableKind.TIME_SERIES:
        if column.id == table.time_column.id:
            raise DropFirstColumn(name=name)
        if len(table.data_columns) == 2:
            raise DropOnlyColumn(table=table.name)
    elif len(table.data_columns) == 1:
        raise Unsupported(what="a table without columns")
    return DropColumn(table, column, rights)
