"""A small world for binder tests: databases and tables in dictionaries, written as short text.

make_world(series("s", "ts TIMESTAMPTZ(3) NOT NULL, a INT4", "id INT4 PRIMARY, area VARCHAR(8)"), relation("r", "a INT4"))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from zoneinfo import ZoneInfo

from kwrest.model import Column, Database, DatabaseKind, Dedup, Index, Table, TableKind, User
from kwrest.sql.bind.context import Context, Granted, Membership, QueryFacts, SessionFacts, SettingFacts, UserFacts
from kwrest.types.names import type_from_text

DEFAULTDB = Database(100, "defaultdb", DatabaseKind.RELATIONAL, mixed=True)
IOT = Database(101, "iot", DatabaseKind.TIME_SERIES)
SHOP = Database(102, "shop", DatabaseKind.RELATIONAL)
POSTGRES = Database(103, "postgres", DatabaseKind.RELATIONAL)
SYSTEM = Database(1, "system", DatabaseKind.RELATIONAL)
ROOT = User("root", admin=True, createrole=True)
ALICE = User("alice")
PEOPLE = (
    UserFacts("admin", createrole=True),
    UserFacts("alice"),
    UserFacts("root", createrole=True, member_of=("admin",)),
)
UTC = ZoneInfo("UTC")

_ids = count(200)


def _columns(text: str, first: int, tag: bool) -> tuple[Column, ...]:
    """`a INT4, b VARCHAR(8) NOT NULL, id INT4 PRIMARY, d INT4 DEFAULT 5`; commas in types are not needed."""
    made = []
    for number, part in enumerate(filter(None, map(str.strip, text.split(", "))), first):
        name, rest = part.split(" ", 1)
        rest, _, default = rest.partition(" DEFAULT ")
        primary = rest.endswith(" PRIMARY")
        rest = rest.removesuffix(" PRIMARY")
        nullable = not rest.endswith(" NOT NULL") and not primary
        type = type_from_text(rest.removesuffix(" NOT NULL"))
        made.append(Column(number, name.strip('"'), type, nullable, tag, primary, default or None))
    return tuple(made)


def series(name: str, columns: str, tags: str, database: Database = IOT) -> Table:
    """A time-series table; ids of columns and tags are 1 …"""
    data = _columns(columns, 1, False)
    all_columns = data + _columns(tags, len(data) + 1, True)
    return Table(next(_ids), database.id, name, TableKind.TIME_SERIES, all_columns)


def relation(name: str, columns: str, database: Database = SHOP) -> Table:
    """A relational table; its primary key are the columns with PRIMARY, without one it has none, not even `rowid`."""
    made = _columns(columns, 1, False)
    key = tuple(c.id for c in made if c.primary)
    indexes = (Index("primary", key, unique=True, primary=True),) if key else ()
    plain = tuple(replace(c, primary=False) for c in made)
    return Table(next(_ids), database.id, name, TableKind.RELATIONAL, plain, indexes=indexes)


@dataclass
class SmallWorld:
    """A `World` that holds what it was given."""

    tables_: Sequence[Table] = ()
    databases_: Sequence[Database] = (DEFAULTDB, IOT, POSTGRES, SHOP, SYSTEM)
    settings_: Sequence[SettingFacts] = ()
    users_: Sequence[UserFacts] = PEOPLE
    memberships_: Sequence[Membership] = (Membership("admin", "root", True),)
    grants_: Sequence[tuple[Database | Table, Granted]] = ()
    version: int = 1
    queries_: Sequence[QueryFacts] = ()
    sessions_: Sequence[SessionFacts] = ()
    unseen: frozenset[tuple[str, int]] = field(default_factory=frozenset)  # (user, table id)

    def database(self, name: str) -> Database | None:
        return next((d for d in self.databases_ if d.name == name), None)

    def databases(self) -> Sequence[Database]:
        return self.databases_

    def table(self, database: Database, name: str) -> Table | None:
        return next((t for t in self.tables(database) if t.name == name), None)

    def tables(self, database: Database) -> Sequence[Table]:
        return [t for t in self.tables_ if t.database == database.id]

    def dependants(self, table: Table) -> Sequence[Table]:
        return [t for t in self.tables_ if t.view is not None and table.id in t.view.uses]

    def table_by_id(self, number: int) -> Table | None:
        return next((t for t in self.tables_ if t.id == number), None)

    def next_column(self, table: Table) -> int:
        return max(c.id for c in table.columns) + 1

    def referring(self, table: Table) -> Sequence[Table]:
        return [t for t in self.tables_ if any(k.table == table.id for k in t.foreign_keys)]

    def setting(self, name: str) -> SettingFacts | None:
        return next((s for s in self.settings_ if s.name == name), None)

    def settings(self) -> Sequence[SettingFacts]:
        return self.settings_

    def users(self) -> Sequence[UserFacts]:
        return self.users_

    def memberships(self) -> Sequence[Membership]:
        return self.memberships_

    def grants(self, user: User, object_: Database | Table) -> Sequence[Granted]:
        return [granted for on, granted in self.grants_ if on == object_]

    def queries(self, user: User) -> Sequence[QueryFacts]:
        return self.queries_

    def sessions(self, user: User) -> Sequence[SessionFacts]:
        return self.sessions_

    def may_see(self, user: User, table: Table) -> bool:
        return (user.name, table.id) not in self.unseen


def make_world(
    *tables: Table, settings: Sequence[SettingFacts] = (), grants: Sequence[tuple[Database | Table, Granted]] = ()
) -> SmallWorld:
    """The databases defaultdb (mixed), iot (time series), postgres, shop and system (relational), users root and alice, and `tables`."""
    return SmallWorld(tables_=tables, settings_=settings, grants_=grants)


def context(
    world: SmallWorld,
    database: Database = IOT,
    user: User = ROOT,
    zone: str = "UTC",
    dedup: Dedup = Dedup.OVERRIDE,
) -> Context:
    """A statement's surroundings in `world`."""
    return Context(world, user, database, ZoneInfo(zone), dedup)
