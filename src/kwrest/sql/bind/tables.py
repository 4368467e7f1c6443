"""From the name of a table or database, as written, to what the catalog knows; and what a statement reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kwrest.errors import TooComplex, UndefinedTable
from kwrest.model import Database, Privilege, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bound import AdminRight, Right, TableRight
from kwrest.system import SCHEMA, SYSTEM, SYSTEM_NAME, SYSTEM_TABLES

# More queries in one statement than anyone writes: CTEs that name each other double with each step.
MAX_QUERIES = 1_000


@dataclass(slots=True)
class Reads:
    """What one statement reads, gathered while it is bound: each right and each table once, in order of first use."""

    rights: list[Right] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    queries: int = 0

    def read(self, table: Table) -> None:
        """Note that rows of the table are read: SELECT on it, or the admin role for the server's own tables."""
        self.need(right_on(table, Privilege.SELECT))
        if all(t.id != table.id for t in self.tables):
            self.tables.append(table)

    def need(self, right: Right) -> None:
        """Note a right that the statement needs."""
        if right not in self.rights:
            self.rights.append(right)

    def count_query(self) -> None:
        """Note one more query of the statement. Raises TooComplex (54001) when there are too many."""
        self.queries += 1
        if self.queries > MAX_QUERIES:
            raise TooComplex(limit=MAX_QUERIES)


def written(name: Sequence[tree.Ident]) -> str:
    """A qualified name as error texts show it: `db.public.t`."""
    return ".".join(part.name for part in name)


def find_database(name: tree.Ident, context: Context) -> Database | None:
    """The database of that name; the server's own is `kwrest_system`."""
    return SYSTEM if name.name == SYSTEM_NAME else context.world.database(name.name)


def database_of(name: Sequence[tree.Ident], context: Context) -> Database | None:
    """The database in which the last part of a name is looked up, `*` included: the current one for `t` and `public.t`.

    None when there is no such database or schema.
    """
    if len(name) == 1 or (len(name) == 2 and name[0].name == SCHEMA):
        return context.database
    known = len(name) == 2 or (len(name) == 3 and name[1].name == SCHEMA)
    return find_database(name[0], context) if known else None


def find_table(
    name: Sequence[tree.Ident], context: Context, privilege: Privilege | None = Privilege.SELECT
) -> tuple[Database, Table]:
    """The table called `t`, `public.t`, `db.t` or `db.public.t`, with its database.

    privilege: what it is named for, asked before anything of the table is told; None: any will do.

    Raises UndefinedTable (42P01) with the name as written, also when the database or the schema does not exist.
    """
    database = database_of(name, context)
    table = _table_in(database, name[-1].name, context) if database is not None else None
    if database is None or table is None:
        raise UndefinedTable(name=written(name))
    context.ask(right_on(table, privilege))
    seen = context.known.get(table.id)
    if seen is not None:
        table = replace(table, columns=tuple(c for c in table.columns if c.id in seen))
    return database, table


def visible_tables(name: Sequence[tree.Ident], context: Context) -> list[Table]:
    """All tables of `*`, `db.*` or `db.public.*` that the user may see, by name; none when there is no such database."""
    database = database_of(name, context)
    if database is None or database.name == SYSTEM_NAME:
        return []
    tables = [t for t in context.world.tables(database) if context.world.may_see(context.user, t)]
    return sorted(tables, key=lambda t: t.name)


def right_on(table: Table, privilege: Privilege | None) -> Right:
    """The right a privilege on a table is; the server's own tables are for admins, whatever it is."""
    return AdminRight(f"read {SYSTEM_NAME}") if table.kind is TableKind.SYSTEM else TableRight(privilege, table)


def _table_in(database: Database, name: str, context: Context) -> Table | None:
    if database.name == SYSTEM_NAME:
        return next((t for t in SYSTEM_TABLES if t.name == name), None)
    return context.world.table(database, name)
