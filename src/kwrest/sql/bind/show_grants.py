"""SHOW GRANTS ON TABLE and ON DATABASE (facts 2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kwrest.errors import UndefinedDatabase, Unsupported
from kwrest.model import Database, Privilege, Table
from kwrest.sql import bound, tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.show_rows import SCHEMAS, Columns, constant_rows, shown_table
from kwrest.sql.bind.tables import PUBLIC, Reads
from kwrest.sql.bound import AdminRight
from kwrest.sql.lexer import fold
from kwrest.system import ADMIN, ROOT
from kwrest.types.kinds import STRING

# Who may do everything everywhere, as every KWDB object shows it.
ALWAYS = ((ADMIN, Privilege.ALL), (ROOT, Privilege.ALL))


def show_grants(show: tree.Show, context: Context, reads: Reads) -> bound.Values:
    """Who may do what on tables or databases; with FOR, of these users only.

    Raises UndefinedTable, UndefinedDatabase; Unsupported for roles, schemas, patterns and SHOW GRANTS of everything.
    """
    users = {fold(user.name) for user in show.users}
    if show.rest == ("TABLE",):
        return _of_tables(show, context, reads, users)
    if show.rest == ("DATABASE",):
        return _of_databases(show, context, reads, users)
    raise Unsupported(what=" ".join(["SHOW GRANTS", *(f"ON {word}" for word in show.rest)]))


def _of_tables(show: tree.Show, context: Context, reads: Reads, users: set[str]) -> bound.Values:
    columns: Columns = tuple(
        (name, STRING) for name in ("database_name", "schema_name", "table_name", "grantee", "privilege_type")
    )
    rows = []
    for name in show.targets:
        database, table = shown_table(name, context, reads)
        rows += [(database.name, PUBLIC, table.name, *granted) for granted in _granted(table, context, users)]
    return constant_rows(columns, sorted(rows))


def _of_databases(show: tree.Show, context: Context, reads: Reads, users: set[str]) -> bound.Values:
    reads.need(AdminRight("SHOW GRANTS ON DATABASE"))
    columns: Columns = tuple((name, STRING) for name in ("database_name", "schema_name", "grantee", "privilege_type"))
    rows = []
    for name in show.targets:
        database = context.world.database(name[0].name)
        if database is None:
            raise UndefinedDatabase(name=name[0].name)
        granted = list(_granted(database, context, users))
        rows += [(database.name, schema, *one) for schema in SCHEMAS for one in granted]
    return constant_rows(columns, sorted(rows))


def _granted(what: Database | Table, context: Context, users: set[str]) -> Iterator[tuple[str, str]]:
    """(grantee, privilege) of an object."""
    stored: Iterable[tuple[str, Privilege]] = (
        (g.grantee, g.privilege)
        for g in context.world.grants()
        if type(g.object) is type(what) and g.object.id == what.id
    )
    for grantee, privilege in dict.fromkeys((*ALWAYS, *stored)):
        if not users or grantee in users:
            yield grantee, privilege.value
