"""Definitions: databases here, tables, users and settings in files of their own; one table says which is bound where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwrest.errors import (
    DatabaseExists,
    DatabaseNotEmpty,
    InsufficientPrivilege,
    SpecialDatabase,
    UndefinedDatabase,
    Unsupported,
)
from kwrest.model import DatabaseKind, Privilege
from kwrest.sql import tree
from kwrest.sql.bind.columns import check_name, check_series_name
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.ddl_alter import bind_alter_table
from kwrest.sql.bind.ddl_comments import bind_comment
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
from kwrest.sql.bind.references import referring
from kwrest.sql.bind.spans import partition_interval, retention
from kwrest.sql.bind.targets import target_database
from kwrest.sql.bind.views import dependants
from kwrest.sql.bound import AdminRight, DatabaseRight, Right, TableRight
from kwrest.sql.definitions import CreateDatabase, Definition, DropDatabase, Nothing, UseDatabase
from kwrest.system import BUILT_IN, KWDB_SYSTEM, SYSTEM_NAME


def bind_create_database(statement: tree.CreateDatabase, context: Context) -> CreateDatabase | Nothing:
    """Bind CREATE [TS] DATABASE."""
    name = statement.name.name
    rights: tuple[Right, ...] = (AdminRight("CREATE DATABASE"),)
    context.ask(rights[0])
    check_name("database", name)
    if statement.time_series:
        check_series_name("database", name)
    kept = retention(statement.retention).seconds
    interval = partition_interval(statement.partition_interval).seconds
    if name == SYSTEM_NAME or context.world.database(name) is not None:
        if statement.if_not_exists:
            return Nothing(rights)
        raise DatabaseExists(name=name)
    kind = DatabaseKind.TIME_SERIES if statement.time_series else DatabaseKind.RELATIONAL
    return CreateDatabase(name, kind, kept, interval, rights, statement.comment)


def bind_drop_database(statement: tree.DropDatabase, context: Context) -> DropDatabase | Nothing:
    """Bind DROP DATABASE. Without RESTRICT its tables go too (sql_safe_updates is off)."""
    try:
        database = target_database(statement.name, context)
    except UndefinedDatabase:
        if statement.if_exists:
            return Nothing()
        raise
    context.ask(DatabaseRight(Privilege.DROP, database))
    if database.name == KWDB_SYSTEM:
        raise InsufficientPrivilege(user=context.user.name, privilege="DROP", object=f"database {database.name}")
    if database.name in {built_in.name for built_in in BUILT_IN}:
        raise SpecialDatabase(name=database.name)
    tables = tuple(context.world.tables(database))
    if tables and statement.behaviour == "RESTRICT":
        raise DatabaseNotEmpty(name=database.name)
    tables = (*tables, *dependants(tables, context))
    rights: tuple[Right, ...] = (
        DatabaseRight(Privilege.DROP, database),
        *(TableRight(Privilege.DROP, t) for t in tables),
    )
    others = referring(tables, context)
    return DropDatabase(database, tables, (*rights, *(TableRight(Privilege.CREATE, t) for t in others)), others)


def bind_use(statement: tree.Use, context: Context) -> UseDatabase:
    """Bind USE, which asks for existence only."""
    return UseDatabase(target_database(statement.name, context), ())


def _alter_database(statement: tree.AlterDatabase, context: Context) -> Definition:
    target_database(statement.name, context)
    raise Unsupported(what="ALTER DATABASE")


def _other(statement: tree.OtherStatement, context: Context) -> Definition:
    raise Unsupported(what=statement.words)


_BINDERS: dict[type[tree.Statement], Callable[[Any, Context], Definition]] = {
    tree.CreateDatabase: bind_create_database,
    tree.DropDatabase: bind_drop_database,
    tree.AlterDatabase: _alter_database,
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
