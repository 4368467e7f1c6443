"""What must hold between the rows of the catalog, whatever happened to the file: for `kwrest check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kwrest.catalog import rows
from kwrest.errors import KwrestError
from kwrest.model import Database, Table, TableKind
from kwrest.sql.bound import Value
from kwrest.system import BUILT_IN, COLUMNS, COUNTERS, DATABASES, GRANTS, TABLES, USERS

Reader = Callable[[Table], dict[str, list[Value]]]  # `Engine.read_system`


@dataclass(frozen=True, slots=True)
class Stored:
    """The catalog as it is stored, and what is wrong with it, a sentence each. Without one no user's table is known."""

    databases: Sequence[Database]
    tables: Sequence[Table]
    found: Sequence[str]


def stored_catalog(read: Reader) -> Stored:
    """Read databases and tables and check them against each other, counters, users and grants."""
    try:
        databases = list(rows.databases(read(DATABASES)))
        tables = list(rows.tables(read(TABLES), read(COLUMNS)))
        counters = rows.counters(read(COUNTERS))
    except (KwrestError, TypeError, ValueError, KeyError) as error:
        return Stored((), (), (f"the rows of the catalog cannot be understood: {error}",))
    found: list[str] = []
    _ids(databases, tables, counters, found)
    for table in tables:
        _table(table, {t.id: t for t in tables}, {d.id for d in databases}, counters, found)
    orphans = {_number(n) for n in read(COLUMNS)["table_id"]} - {t.id for t in tables}
    found += [f"columns are stored of table {number}, which does not exist" for number in sorted(orphans)]
    _grants(read, databases, tables, found)
    if "root" not in read(USERS)["name"]:
        found.append("the user root is missing")
    return Stored(databases, tables, tuple(found))


def _ids(databases: Sequence[Database], tables: Sequence[Table], counters: dict[str, int], found: list[str]) -> None:
    ids = [d.id for d in databases] + [t.id for t in tables]
    found += [f"the number {number} stands for {n} objects" for number, n in Counter(ids).items() if n > 1]
    if max(ids, default=0) >= counters.get("objects", 0):
        found.append("the counter of objects is behind their numbers")
    names = Counter(d.name for d in databases)
    found += [f"{n} databases are called {name}" for name, n in names.items() if n > 1]
    of_tables = Counter((t.database, t.name) for t in tables)
    found += [f"{n} tables of database {of} are called {name}" for (of, name), n in of_tables.items() if n > 1]
    found += [f"the database {d.name} is missing" for d in BUILT_IN if d.name not in names]


def _table(
    table: Table, tables: dict[int, Table], databases: set[int], counters: dict[str, int], found: list[str]
) -> None:
    what = f"table {table.name} ({table.id})"
    if table.database not in databases:
        found.append(f"{what}: its database {table.database} does not exist")
    if not table.columns:
        found.append(f"{what}: it has no columns")
    numbers = [c.id for c in table.columns]
    if len(set(numbers)) < len(numbers) or len({c.name for c in table.columns}) < len(numbers):
        found.append(f"{what}: columns stand twice")
    if max(numbers, default=0) >= counters.get(f"columns/{table.id}", 0):
        found.append(f"{what}: the counter of its columns is behind their numbers")
    if table.kind is TableKind.TIME_SERIES and not (table.primary_tags and table.data_columns):
        found.append(f"{what}: it has no primary tag or no time column")
    if not set(table.key) <= set(numbers):
        found.append(f"{what}: its key has columns that do not exist")
    if table.view is not None:
        gone = sorted(set(table.view.uses) - set(tables))
        found += [f"{what}: the view reads table {number}, which does not exist" for number in gone]


def _grants(read: Reader, databases: Sequence[Database], tables: Sequence[Table], found: list[str]) -> None:
    known = {"database": {d.id for d in databases}, "table": {t.id for t in tables}}
    grants = read(GRANTS)
    pairs = {(str(kind), _number(of)) for kind, of in zip(grants["object_kind"], grants["object_id"], strict=True)}
    for kind, number in sorted(pairs):
        if kind in known and number not in known[kind]:
            found.append(f"rights are granted on {kind} {number}, which does not exist")


def _number(value: Value) -> int:
    return value if isinstance(value, int) else -1
