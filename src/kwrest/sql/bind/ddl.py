"""Definitions: one table says which is bound where; each topic has a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwrest.errors import Unsupported
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.ddl_alter import bind_alter_table
from kwrest.sql.bind.ddl_comments import bind_comment
from kwrest.sql.bind.ddl_databases import bind_alter_database, bind_create_database, bind_drop_database, bind_use
from kwrest.sql.bind.ddl_indexes import bind_create_index, bind_drop_index
from kwrest.sql.bind.ddl_settings import bind_set_setting
from kwrest.sql.bind.ddl_tables import bind_create_table, bind_drop_table, bind_truncate
from kwrest.sql.bind.ddl_users import (
    bind_alter_user,
    bind_create_user,
    bind_drop_user,
    bind_grant,
    bind_grant_role,
)
from kwrest.sql.bind.ddl_views import bind_create_view, bind_drop_view
from kwrest.sql.definitions import Definition


def _other(statement: tree.OtherStatement, context: Context) -> Definition:
    raise Unsupported(what=statement.words)


_BINDERS: dict[type[tree.Statement], Callable[[Any, Context], Definition]] = {
    tree.CreateDatabase: bind_create_database,
    tree.DropDatabase: bind_drop_database,
    tree.AlterDatabase: bind_alter_database,
    tree.Use: bind_use,
    tree.CreateTable: bind_create_table,
    tree.DropTable: bind_drop_table,
    tree.AlterTable: bind_alter_table,
    tree.CreateView: bind_create_view,
    tree.DropView: bind_drop_view,
    tree.CreateUser: bind_create_user,
    tree.AlterUser: bind_alter_user,
    tree.DropUser: bind_drop_user,
    tree.Grant: bind_grant,
    tree.GrantRole: bind_grant_role,
    tree.SetSetting: bind_set_setting,
    tree.CommentOn: bind_comment,
    tree.Truncate: bind_truncate,
    tree.CreateIndex: bind_create_index,
    tree.DropIndex: bind_drop_index,
    tree.OtherStatement: _other,
}

# The statements that `bind_definition` takes.
DEFINITIONS = tuple(_BINDERS)


def bind_definition(statement: tree.Statement, context: Context) -> Definition:
    """Bind a statement that defines something. Raises SqlError classes in KWDB's words; Unsupported for what comes later."""
    binder = _BINDERS.get(type(statement))
    if binder is None:
        raise Unsupported(what=type(statement).__name__)
    return binder(statement, context)
