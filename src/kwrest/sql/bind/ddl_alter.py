"""ALTER TABLE: its actions one after the other; columns, types and the table itself in files of their own (facts 2.5)."""

from __future__ import annotations

from kwrest.errors import (
    AlterSeveral,
    InsufficientPrivilege,
    UndefinedTable,
    Unsupported,
    UnsupportedInSeries,
    WrongKind,
)
from kwrest.model import Database, Privilege, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.alter_columns import add_column, change_default, change_type, drop_column, rename_column
from kwrest.sql.bind.alter_tables import rename_table, set_lifetime
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import find_table
from kwrest.sql.bound import Right, TableRight
from kwrest.sql.definitions import Alteration, AlterTable, ChangeColumn, Nothing


def bind_alter_table(statement: tree.AlterTable, context: Context) -> AlterTable | Nothing:
    """Bind ALTER TABLE, ALTER VIEW. A time-series table takes one action, a relational one several, each bound to the table as it
    is now; a view takes a new name, either statement will do."""
    try:
        database, table = find_table(statement.name, context)
    except UndefinedTable:
        if statement.if_exists:
            return Nothing()
        raise
    if table.kind is TableKind.SYSTEM:
        raise InsufficientPrivilege(user=context.user.name, privilege="CREATE", object=f"relation {table.name}")
    view = table.kind is TableKind.VIEW
    if statement.view and not view:
        raise WrongKind(name=table.name, kind="a view")
    if view and not all(isinstance(said, tree.RenameTable) for said in statement.actions):
        raise WrongKind(name=table.name, kind="a table")
    if len(statement.actions) > 1 and table.kind is TableKind.TIME_SERIES:
        raise AlterSeveral()
    actions: list[Alteration] = []
    rights: list[Right] = []
    for said in statement.actions:
        action, needed = _action(said, database, table, context)
        rights += [right for right in needed if right not in rights]
        if action is not None:
            _check_once(action, actions)
            actions.append(action)
    return AlterTable(table, tuple(actions), tuple(rights)) if actions else Nothing(tuple(rights))


def _check_once(action: Alteration, before: list[Alteration]) -> None:
    """The second of two changes of one column's type would be bound to values that the first one has changed."""
    if isinstance(action, ChangeColumn) and "type" in action.fields:
        for other in before:
            if isinstance(other, ChangeColumn) and "type" in other.fields and other.column.id == action.column.id:
                raise Unsupported(what="ALTER TABLE with two types for one column")


def _action(
    said: tree.AlterAction, database: Database, table: Table, context: Context
) -> tuple[Alteration | None, tuple[Right, ...]]:
    """One action, None when there is nothing to do, and the rights it takes."""
    if isinstance(said, tree.RenameTable):
        return rename_table(said, table, database, context)
    return _of_columns(said, table, context), (TableRight(Privilege.CREATE, table),)


def _of_columns(said: tree.AlterAction, table: Table, context: Context) -> Alteration | None:
    match said:
        case tree.AddColumn():
            return add_column(said, table, context)
        case tree.DropColumn():
            return drop_column(said, table)
        case tree.RenameColumn():
            return rename_column(said, table)
        case tree.AlterColumnType():
            return change_type(said, table, context)
        case tree.AlterColumnDefault():
            return change_default(said, table)
        case tree.SetTableOption():
            return set_lifetime(said, table)
        case tree.AlterColumnNull() if table.kind is TableKind.TIME_SERIES:
            raise UnsupportedInSeries(what="alter column not null")
        case tree.OtherAction() as other:
            raise Unsupported(what=f"ALTER TABLE {other.text}")
    raise Unsupported(what="ALTER TABLE ALTER COLUMN NOT NULL")
