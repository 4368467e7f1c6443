"""Which table or database a statement that changes something names."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.errors import InsufficientPrivilege, UndefinedDatabase, UndefinedTable
from kwrest.model import Database, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.context import Context

SCHEMA = "public"


def split_name(parts: Sequence[str], context: Context) -> tuple[Database | None, str]:
    """(database, table name) of `t`, `db.t`, `public.t` or `db.public.t`; None where there is no such database."""
    match tuple(parts):
        case (name,) | ("public", name):
            return context.database, name
        case (database, name) | (database, "public", name):
            return context.world.database(database), name
        case _:
            return None, parts[-1]


def find_table(parts: Sequence[str], context: Context) -> Table | None:
    """The table of that name, or None."""
    database, name = split_name(parts, context)
    return context.world.table(database, name) if database is not None else None


def words(name: Sequence[tree.Ident]) -> tuple[str, ...]:
    """The name's parts as text."""
    return tuple(part.name for part in name)


def written(name: Sequence[tree.Ident]) -> str:
    """The name as KWDB repeats it: `db.t`."""
    return ".".join(part.name for part in name)


def target_table(name: Sequence[tree.Ident], context: Context, privilege: str) -> Table:
    """The table that a statement changes. privilege: what it takes, for the refusal of a system table.

    Raises UndefinedTable; InsufficientPrivilege for the server's own tables, which no SQL changes.
    """
    table = find_table(words(name), context)
    if table is None:
        raise UndefinedTable(name=written(name))
    if table.kind is TableKind.SYSTEM:
        raise InsufficientPrivilege(user=context.user.name, privilege=privilege, object=f"relation {table.name}")
    return table


def target_database(name: str, context: Context) -> Database:
    """The database of that name. Raises UndefinedDatabase."""
    database = context.world.database(name)
    if database is None:
        raise UndefinedDatabase(name=name)
    return database
