"""Which table or database a statement that changes something names."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.errors import InsufficientPrivilege, UndefinedDatabase
from kwrest.model import Database, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import find_table
from kwrest.system import SYSTEM_NAME


def target_table(name: Sequence[tree.Ident], context: Context, privilege: str) -> Table:
    """The table that a statement changes. privilege: what that takes, for the refusal of a system table.

    Raises UndefinedTable; InsufficientPrivilege for the server's own tables, which no SQL changes.
    """
    table = find_table(name, context)[1]
    if table.kind is TableKind.SYSTEM:
        raise InsufficientPrivilege(user=context.user.name, privilege=privilege, object=f"relation {table.name}")
    return table


def target_database(name: tree.Ident, context: Context) -> Database:
    """The database of that name; the server's own is none that can be changed or used. Raises UndefinedDatabase."""
    database = context.world.database(name.name)
    if database is None or database.name == SYSTEM_NAME:
        raise UndefinedDatabase(name=name.name)
    return database
