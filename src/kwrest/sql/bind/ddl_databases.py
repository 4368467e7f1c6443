"""CREATE, ALTER and DROP of databases, and USE (facts 2.2)."""

from __future__ import annotations

from dataclasses import replace

from kwrest.errors import (
    DatabaseExists,
    DatabaseNotEmpty,
    InsufficientPrivilege,
    LifetimeOutOfRange,
    NewDatabaseExists,
    RenameSpecialDatabase,
    RetentionOutOfRange,
    SpecialDatabase,
    UndefinedDatabase,
)
from kwrest.model import Database, DatabaseKind, Privilege
from kwrest.sql import tree
from kwrest.sql.bind.columns import check_name, check_series_name
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.references import referring
from kwrest.sql.bind.spans import partition_interval, retention
from kwrest.sql.bind.targets import target_database
from kwrest.sql.bind.views import dependants
from kwrest.sql.bound import AdminRight, DatabaseRight, Right, TableRight
from kwrest.sql.definitions import AlterDatabase, CreateDatabase, DropDatabase, Nothing, UseDatabase
from kwrest.system import BUILT_IN, KWDB_SYSTEM, SYSTEM_NAME

_BUILT_IN = frozenset(built_in.name for built_in in BUILT_IN)


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
    if database.name in _BUILT_IN:
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


def bind_alter_database(statement: tree.AlterDatabase, context: Context) -> AlterDatabase | Nothing:
    """Bind ALTER [TS] DATABASE: RENAME TO, SET RETENTIONS, SET PARTITION INTERVAL."""
    database = target_database(statement.name, context)
    rights: tuple[Right, ...] = (AdminRight("ALTER DATABASE"),)
    context.ask(rights[0])
    after = database
    if statement.rename_to is not None:
        after = replace(database, name=_new_name(database, statement.rename_to.name, context))
    if statement.retention is not None:
        try:
            after = replace(after, retention=retention(statement.retention).seconds)
        except RetentionOutOfRange as error:
            raise LifetimeOutOfRange(**error.facts) from None
    if statement.partition_interval is not None:
        after = replace(after, partition_interval=partition_interval(statement.partition_interval).seconds)
    return Nothing(rights) if after == database else AlterDatabase(database, after, rights)


def _new_name(database: Database, name: str, context: Context) -> str:
    check_name("database", name)
    if database.kind is DatabaseKind.TIME_SERIES:
        check_series_name("database", name)
    if name == database.name:
        return name
    if database.name in _BUILT_IN:
        raise RenameSpecialDatabase(name=database.name)
    if name == SYSTEM_NAME or context.world.database(name) is not None:
        raise NewDatabaseExists(name=name)
    return name


def bind_use(statement: tree.Use, context: Context) -> UseDatabase:
    """Bind USE, which asks for existence only."""
    return UseDatabase(target_database(statement.name, context), ())
