"""ALTER TABLE: its actions one after the other; columns, types and the table itself in files of their own (facts 2.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwrest.errors import (
    AlterSeveral,
    InsufficientPrivilege,
    UndefinedTable,
    Unsupported,
    WrongKind,
)
from kwrest.model import Privilege, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.alter_columns import (
    add_column,
    change_default,
    change_nullable,
    change_type,
    drop_column,
    rename_column,
)
from kwrest.sql.bind.alter_constraints import (
    alter_add_constraint,
    alter_primary_key,
    drop_constraint,
    rename_constraint,
    validate_constraint,
)
from kwrest.sql.bind.alter_tables import rename_table, set_lifetime
from kwrest.sql.bind.altering import Altering
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import find_table
from kwrest.sql.bound import TableRight
from kwrest.sql.definitions import AlterTable, Nothing


def bind_alter_table(statement: tree.AlterTable, context: Context) -> AlterTable | Nothing:
    """Bind ALTER TABLE, ALTER VIEW. A time-series table takes one action, a relational one several, each bound to the table as it
    is now; a view takes a new name, either statement will do."""
    try:
        renamed = any(isinstance(said, tree.RenameTable) for said in statement.actions)
        database, table = find_table(statement.name, context, Privilege.DROP if renamed else Privilege.CREATE)
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
    if len(statement.actions) > 1 and renamed:
        raise Unsupported(what="ALTER TABLE RENAME TO with other actions")
    work = Altering(table, database, context)
    for said in statement.actions:
        if not isinstance(said, tree.RenameTable):
            work.need(TableRight(Privilege.CREATE, table))
        _act(said, work)
    return work.bound()


def _act(said: tree.AlterAction, work: Altering) -> None:
    for kind, act in _ACTIONS:
        if isinstance(said, kind):
            act(said, work)
            return
    assert isinstance(said, tree.OtherAction)
    raise Unsupported(what=f"ALTER TABLE {said.text}")


# Class of the tree → what carries it out on the table that is on its way.
_ACTIONS: tuple[tuple[type[tree.AlterAction], Callable[[Any, Altering], None]], ...] = (
    (tree.AddColumn, add_column),
    (tree.DropColumn, drop_column),
    (tree.RenameColumn, rename_column),
    (tree.AlterColumnType, change_type),
    (tree.AlterColumnDefault, change_default),
    (tree.AlterColumnNull, change_nullable),
    (tree.SetTableOption, set_lifetime),
    (tree.RenameTable, rename_table),
    (tree.AddConstraint, alter_add_constraint),
    (tree.DropConstraint, drop_constraint),
    (tree.RenameConstraint, rename_constraint),
    (tree.ValidateConstraint, validate_constraint),
    (tree.AlterPrimaryKey, alter_primary_key),
)
