"""Which table or database a statement that changes something names."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.errors import (
    InsufficientPrivilege,
    NoTargetDatabase,
    UndefinedDatabase,
    UnknownSchema,
    ViewNotUpdatable,
    WrongKind,
)
from kwrest.model import Database, Privilege, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.show_rows import SCHEMAS
from kwrest.sql.bind.tables import database_of, find_table, written
from kwrest.sql.bound import DatabaseRight
from kwrest.system import KWDB_SYSTEM, SYSTEM_NAME


def target_table(name: Sequence[tree.Ident], context: Context, privilege: str) -> Table:
    """The table that a statement changes. privilege: what that takes first.

    Raises UndefinedTable; InsufficientPrivilege for the server's own tables, which no SQL changes; ViewNotUpdatable or
    WrongKind for a view, on which rights can be granted and nothing else.
    """
    table = find_table(name, context, Privilege[privilege])[1]
    if table.kind is TableKind.VIEW and privilege != "GRANT":
        if privilege in ("INSERT", "UPDATE", "DELETE"):
            raise ViewNotUpdatable(verb=privilege, name=table.name)
        raise WrongKind(name=table.name, kind="a table")
    if table.kind is TableKind.SYSTEM:
        raise InsufficientPrivilege(user=context.user.name, privilege=privilege, object=f"relation {table.name}")
    return table


def target_database(name: tree.Ident, context: Context) -> Database:
    """The database of that name; the server's own is none that can be changed or used. Raises UndefinedDatabase."""
    database = context.world.database(name.name)
    if database is None or database.name == SYSTEM_NAME:
        raise UndefinedDatabase(name=name.name)
    return database


def named_schema(name: Sequence[tree.Ident], context: Context) -> tuple[Database, str]:
    """The schema called `s` or `db.s`, with its database. Raises UndefinedDatabase, UnknownSchema."""
    database = target_database(name[0], context) if len(name) > 1 else context.database
    if name[-1].name not in SCHEMAS:
        raise UnknownSchema(name=written(name))
    return database, name[-1].name


def new_name(name: Sequence[tree.Ident], context: Context) -> tuple[Database, str]:
    """The database and the name of a table or view that is to be made. Raises NoTargetDatabase, InsufficientPrivilege."""
    database = database_of(name, context)
    if database is None or database.name == SYSTEM_NAME:
        raise NoTargetDatabase(name=written(name))
    if database.name == KWDB_SYSTEM:
        raise InsufficientPrivilege(user=context.user.name, privilege="CREATE", object=f"database {database.name}")
    context.ask(DatabaseRight(Privilege.CREATE, database))
    return database, name[-1].name
