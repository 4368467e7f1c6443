"""SHOW GRANTS in every form (facts 2.6): on tables, databases, schemas, roles, and on all there is in a database.

Of an object that is not for the user at all nothing is listed; who else may do something is shown to those it is for
otherwise than through `public`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kwrest.model import Database, Privilege, Table, TableKind
from kwrest.sql import bound, tree
from kwrest.sql.bind.context import Context, Granted
from kwrest.sql.bind.show_rows import SCHEMAS, Columns, Row, constant_rows, shown_table
from kwrest.sql.bind.tables import Reads, database_of, visible_tables
from kwrest.sql.bind.targets import named_schema, target_database
from kwrest.sql.bound import TableRight
from kwrest.sql.lexer import fold
from kwrest.system import ADMIN, ROLE_MEMBERS, ROOT, SCHEMA
from kwrest.types.kinds import BOOL, STRING

# Who may do everything everywhere, as every KWDB object shows it.
ALWAYS = (Granted(ADMIN, Privilege.ALL), Granted(ROOT, Privilege.ALL))

_ON_DATABASE: Columns = tuple((name, STRING) for name in ("database_name", "schema_name", "grantee", "privilege_type"))
_ON_TABLE: Columns = tuple(
    (name, STRING) for name in ("database_name", "schema_name", "table_name", "grantee", "privilege_type")
)
_ON_ROLE: Columns = (("role_name", STRING), ("member", STRING), ("is_admin", BOOL))


def show_grants(show: tree.Show, context: Context, reads: Reads) -> bound.Values:
    """Who may do what; with FOR, of these users only.

    Raises UndefinedTable, UndefinedDatabase, UnknownSchema for what is not there; `db.*` may match nothing.
    """
    users = {fold(user.name) for user in show.users}
    match show.rest:
        case ("ROLE",):
            return _of_roles(show, context, reads, users)
        case ("DATABASE",):
            databases = [target_database(name[0], context) for name in show.targets]
            rows = [row for database in databases for row in _on_database(database, SCHEMAS, context)]
        case ("SCHEMA",):
            schemas = [named_schema(name, context) for name in show.targets]
            rows = [row for database, schema in schemas for row in _on_database(database, (schema,), context)]
        case ("TABLE",):
            tables = [found for name in show.targets for found in _tables(name, context, reads)]
            rows = [row for database, table in tables for row in _on_table(database, table, context)]
        case _:
            return _of_everything(context, users)
    columns = _ON_TABLE if show.rest == ("TABLE",) else _ON_DATABASE
    return constant_rows(columns, sorted(_of_users(rows, users), key=_in_order))


def _of_everything(context: Context, users: set[str]) -> bound.Values:
    """The current database with its schemas and the tables in it that the user may see."""
    database = context.database
    rows: list[Row] = [(d, schema, None, *rest) for d, schema, *rest in _on_database(database, SCHEMAS, context)]
    for table in visible_tables((tree.Ident("*"),), context):
        rows += _on_table(database, table, context)
    return constant_rows(_ON_TABLE, sorted(_of_users(rows, users), key=_in_order))


def _of_roles(show: tree.Show, context: Context, reads: Reads, users: set[str]) -> bound.Values:
    """Who was put into which role; who reads it needs SELECT on the table it stands in, which admins have."""
    reads.need(TableRight(Privilege.SELECT, ROLE_MEMBERS))
    roles = {fold(name[0].name) for name in show.targets}
    rows = [
        (m.role, m.member, m.admin)
        for m in context.world.memberships()
        if (not roles or m.role in roles) and (not users or m.member in users)
    ]
    return constant_rows(_ON_ROLE, rows)


# ---------------------------------------------------------------- what is named


def _tables(name: Sequence[tree.Ident], context: Context, reads: Reads) -> Iterator[tuple[Database, Table]]:
    """`t`, or all tables of `db.*` that the user may see."""
    if name[-1].name != "*" or name[-1].quoted:
        yield shown_table(name, context, reads)
        return
    database = database_of(name, context)
    if database is not None:
        yield from ((database, table) for table in visible_tables(name, context))


# ---------------------------------------------------------------- rows


def _on_table(database: Database, table: Table, context: Context) -> Iterator[Row]:
    granted = () if table.kind is TableKind.SYSTEM else context.world.grants(context.user, table)
    for grant in (*ALWAYS, *granted):
        yield (database.name, SCHEMA, table.name, grant.grantee, grant.privilege.value)


def _on_database(database: Database, schemas: Sequence[str], context: Context) -> Iterator[Row]:
    for grant in (*ALWAYS, *context.world.grants(context.user, database)):
        yield from ((database.name, schema, grant.grantee, grant.privilege.value) for schema in schemas)


def _of_users(rows: Sequence[Row], users: set[str]) -> list[Row]:
    """Without the rows of others when some were named; the grantee is the last but one."""
    return [row for row in dict.fromkeys(rows) if not users or row[-2] in users]


def _in_order(row: Row) -> tuple[str, ...]:
    """By all columns; NULL comes first."""
    return tuple("" if value is None else str(value) for value in row)
