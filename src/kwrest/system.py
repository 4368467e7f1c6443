"""What every server has from its first start: its own tables, the built-in databases, the names that are no user's to take.

The tables are schema `kwrest` in the engine, `kwrest_system` in SQL (admins only, read only). Ids below 100 are theirs. They change by delete + insert within the transaction of what caused the change.
`secret` columns can be named by no SQL.
"""

from __future__ import annotations

import threading
import time
from zoneinfo import ZoneInfo

from kwrest.model import Column, Database, DatabaseKind, Request, Table, TableKind, User
from kwrest.types.kinds import BOOL, INT4, INT8, STRING, TIMESTAMPTZ, Type

FIRST_FREE_ID = 100

# ---------------------------------------------------------------- names

ROOT = "root"  # the user that is always there, always in the role `admin`
ADMIN = "admin"  # the role that is always there; whoever is in it may do everything
SCHEMA = "public"  # the one schema a database has
PUBLIC = "public"  # as a grantee: what is granted to it holds for everyone

# ---------------------------------------------------------------- databases

# Under this name admins read the server's own tables (contract S1); it is in no list and no `db=` may name it.
SYSTEM_NAME = "kwrest_system"
SYSTEM = Database(1, SYSTEM_NAME, DatabaseKind.RELATIONAL)

DEFAULT_DATABASE = "defaultdb"  # of requests without `db`
KWDB_SYSTEM = "system"  # KWDB's own: here it stays empty, admins may read it, nobody may do anything else
# Made by the first start, never dropped: SHOW DATABASES always has them (facts 2.2). `defaultdb` holds both kinds (S1).
BUILT_IN = (
    Database(FIRST_FREE_ID, DEFAULT_DATABASE, DatabaseKind.RELATIONAL, mixed=True),
    Database(FIRST_FREE_ID + 1, "postgres", DatabaseKind.RELATIONAL),
    Database(FIRST_FREE_ID + 2, KWDB_SYSTEM, DatabaseKind.RELATIONAL),
)

# ---------------------------------------------------------------- tables


def _table(number: int, name: str, key: tuple[str, ...], *columns: tuple[str, Type] | tuple[str, Type, str]) -> Table:
    made = tuple(
        Column(i, c[0], c[1], nullable=c[0] not in key, secret=len(c) == 3 and c[2] == "secret")
        for i, c in enumerate(columns, 1)
    )
    by_name = {c.name: c.id for c in made}
    return Table(number, SYSTEM.id, name, TableKind.SYSTEM, made, key=tuple(by_name[k] for k in key))


# The next free number of databases and tables, of the columns of each table, of credentials: one row a counter.
COUNTERS = _table(10, "counters", ("name",), ("name", STRING), ("value", INT8))
DATABASES = _table(
    11, "databases", ("id",),
    ("id", INT8), ("name", STRING), ("kind", STRING), ("mixed", BOOL), ("retention", INT8), ("partition_interval", INT8),
    ("comment", STRING),
)  # fmt: skip
TABLES = _table(
    12, "tables", ("id",),
    ("id", INT8), ("database_id", INT8), ("name", STRING), ("kind", STRING), ("version", INT8), ("retention", INT8),
    ("active_time", INT8), ("partition_interval", INT8), ("options", STRING), ("comment", STRING), ("view", STRING),
    ("constraints", STRING),
)  # fmt: skip
COLUMNS = _table(
    13, "columns", ("table_id", "id"),
    ("table_id", INT8), ("id", INT4), ("position", INT4), ("name", STRING), ("type", STRING), ("nullable", BOOL),
    ("tag", BOOL), ("primary", BOOL), ("default", STRING), ("hidden", BOOL), ("comment", STRING),
)  # fmt: skip
SETTINGS = _table(14, "settings", ("name",), ("name", STRING), ("value", STRING))
USERS = _table(
    15, "users", ("name",),
    ("name", STRING), ("id", INT8), ("password", STRING, "secret"), ("version", INT8), ("login", BOOL),
    ("createrole", BOOL), ("valid_until", TIMESTAMPTZ),
)  # fmt: skip
GRANTS = _table(
    16, "grants", ("object_kind", "object_id", "grantee", "privilege"),
    ("object_kind", STRING), ("object_id", INT8), ("grantee", STRING), ("privilege", STRING),
)  # fmt: skip
SESSIONS = _table(
    17, "sessions", ("id",),
    ("id", STRING), ("secret", STRING, "secret"), ("shown", STRING), ("user_name", STRING), ("user_version", INT8),
    ("created", TIMESTAMPTZ), ("last_used", TIMESTAMPTZ),
)  # fmt: skip
# The shelf: lines that were refused although others of their body were stored, or that can never be stored.
REJECTED = _table(
    18, "rejected", ("fingerprint",),
    ("fingerprint", STRING), ("id", INT8), ("first_seen", TIMESTAMPTZ), ("last_seen", TIMESTAMPTZ), ("times", INT8),
    ("user_name", STRING), ("database_name", STRING), ("endpoint", STRING), ("reason", STRING), ("sqlstate", STRING),
    ("line", STRING), ("request_id", STRING), ("precision", STRING), ("zone", STRING),
)  # fmt: skip
# Who is in which role; that `root` is in `admin` is stored nowhere.
ROLE_MEMBERS = _table(
    21, "role_members", ("role", "member"), ("role", STRING), ("member", STRING), ("is_admin", BOOL),
)  # fmt: skip

SYSTEM_TABLES = (COUNTERS, DATABASES, TABLES, COLUMNS, SETTINGS, USERS, GRANTS, SESSIONS, REJECTED, ROLE_MEMBERS)


def own_request(purpose: str, seconds: float = 60.0) -> Request:
    """A request of the server's own, in the name of `root`: first start, sessions, upkeep. purpose: its id in the log."""
    return Request(purpose, User(ROOT, admin=True), "", ZoneInfo("UTC"), time.monotonic() + seconds, threading.Event())
