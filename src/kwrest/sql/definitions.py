"""What a definition asks of the catalog, the settings and the access rules: bound DDL.

The binder makes these after checking names, types and limits; `catalog` and `access` carry them out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kwrest.model import Column, Database, DatabaseKind, Index, Privilege, Table
from kwrest.sql.bound import Expr, Relation, Right
from kwrest.sql.bound_writes import Guard


@dataclass(frozen=True, slots=True)
class CreateDatabase:
    """retention, partition_interval: seconds, 0 = not set."""

    name: str
    kind: DatabaseKind
    retention: int
    partition_interval: int
    rights: tuple[Right, ...]
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class DropDatabase:
    """tables: those of the database, and the views of others that read them; referring: tables of other databases that lose
    their foreign keys to them."""

    database: Database
    tables: tuple[Table, ...]
    rights: tuple[Right, ...]
    referring: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateTable:
    """table.id is 0: the catalog gives it one, also where its own foreign keys say 0; column ids are final, 1 …; read: the
    tables that a view or a foreign key depends on; rows: the first ones of CREATE TABLE AS, one column for each visible one."""

    table: Table
    rights: tuple[Right, ...]
    read: tuple[Table, ...] = ()
    rows: Relation | None = None


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """index: of the table as it is, with its final name."""

    table: Table
    index: Index
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class DropIndexes:
    """indexes: (table, name of the index)."""

    indexes: tuple[tuple[Table, str], ...]
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class TruncateTables:
    tables: tuple[Table, ...]
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class DropTables:
    """Tables and views; with CASCADE the views that depend on them too. referring: tables that stay and lose their foreign
    keys to them, None without CASCADE."""

    tables: tuple[Table, ...]
    rights: tuple[Right, ...]
    referring: tuple[Table, ...] | None = None


# ---------------------------------------------------------------- ALTER TABLE


@dataclass(frozen=True, slots=True)
class AddedColumn:
    """values: what rows that are there get, an expression over `bound.OWN_ROW`; NULL when None."""

    column: Column
    values: Expr | None = None


@dataclass(frozen=True, slots=True)
class DroppedColumn:
    column: Column


@dataclass(frozen=True, slots=True)
class Verified:
    """What the rows that are there must fit: keys, columns that take no NULL, and the checks and parents of a guard."""

    keys: tuple[Index, ...] = ()
    filled: tuple[Column, ...] = ()
    guard: Guard | None = None


@dataclass(frozen=True, slots=True)
class AlterTable:
    """One ALTER TABLE, all of it or nothing.

    after: the table as it is then, with its old version; stored: columns that come and go, in this order; next_column: the
    next id of a column afterwards; touched: (what is done, column) of columns that a view may depend on; parents: tables
    that new foreign keys refer to.
    """

    table: Table
    after: Table
    rights: tuple[Right, ...]
    stored: tuple[AddedColumn | DroppedColumn, ...] = ()
    next_column: int = 0
    verified: Verified = Verified()
    touched: tuple[tuple[str, Column], ...] = ()
    parents: tuple[Table, ...] = ()


# ---------------------------------------------------------------- ALTER DATABASE


@dataclass(frozen=True, slots=True)
class AlterDatabase:
    """after: the database as it is then, with the same id."""

    database: Database
    after: Database
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class SetComment:
    """on: what is commented, or the table of `column`. comment None: it goes."""

    on: Database | Table
    column: Column | None
    comment: str | None
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class UseDatabase:
    """Holds for the rest of the request (contract S4)."""

    database: Database
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class UserOptions:
    """What is said about a user or role. None: not said; the two that may be NULL say so themselves.

    valid_until: nanoseconds since 1970 UTC, None for no end."""

    createrole: bool | None = None
    login: bool | None = None
    sets_password: bool = False
    password: str | None = field(default=None, repr=False)
    sets_end: bool = False
    valid_until: int | None = None


@dataclass(frozen=True, slots=True)
class CreateUser:
    """A user, or a role, which is a user that cannot log in."""

    name: str
    options: UserOptions
    rights: tuple[Right, ...]
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterUser:
    name: str
    options: UserOptions
    rights: tuple[Right, ...]
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropUsers:
    names: tuple[str, ...]
    if_exists: bool
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """GRANT or REVOKE of privileges on objects."""

    privileges: tuple[Privilege, ...]
    objects: tuple[Database | Table, ...]
    grantees: tuple[str, ...]
    revoke: bool
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class GrantRoles:
    """GRANT roles TO grantees, or REVOKE. admin_option: WITH ADMIN OPTION, or only that is revoked."""

    roles: tuple[str, ...]
    grantees: tuple[str, ...]
    revoke: bool
    admin_option: bool
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class SetSetting:
    """value: None resets to the default."""

    name: str
    value: str | int | float | bool | None
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """A statement that is right and changes nothing: IF NOT EXISTS, IF EXISTS."""

    rights: tuple[Right, ...] = ()


Definition = (
    CreateDatabase | AlterDatabase | DropDatabase | CreateTable | AlterTable | DropTables | CreateIndex | DropIndexes
    | TruncateTables | SetComment | UseDatabase | CreateUser
    | AlterUser | DropUsers | Grant | GrantRoles | SetSetting | Nothing
)  # fmt: skip
