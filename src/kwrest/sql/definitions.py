"""What a definition asks of the catalog, the settings and the access rules: bound DDL.

The binder makes these after checking names, types and limits; `catalog` and `access` carry them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kwrest.model import Column, Database, DatabaseKind, Index, Privilege, Table
from kwrest.sql.bound import Expr, Relation, Right


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
    """tables: those of the database, and the views of others that read them."""

    database: Database
    tables: tuple[Table, ...]
    rights: tuple[Right, ...]


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
    """Tables and views; with CASCADE the views that depend on them too. cascade: foreign keys that refer to them go as well."""

    tables: tuple[Table, ...]
    rights: tuple[Right, ...]
    cascade: bool = False


# ---------------------------------------------------------------- ALTER TABLE


@dataclass(frozen=True, slots=True)
class AddColumn:
    """column.id is 0: the catalog gives it the next one of the table. values: what rows that are there get, NULL when None."""

    column: Column
    values: Expr | None = None


@dataclass(frozen=True, slots=True)
class DropColumn:
    column: Column


@dataclass(frozen=True, slots=True)
class ChangeColumn:
    """column: as it was bound; fields: of `Column`, with their new values. values: what the stored ones become, an expression
    over `bound.OWN_ROW`, and then the column gets a new id; None when they stay as they are stored."""

    column: Column
    fields: Mapping[str, Any]
    values: Expr | None = None


@dataclass(frozen=True, slots=True)
class RenameTable:
    """database: the one it moves to, or its own."""

    database: Database
    name: str


@dataclass(frozen=True, slots=True)
class SetLifetime:
    """SET RETENTIONS, ACTIVETIME or PARTITION INTERVAL. field: of `Table`; option: the key of `Table.options`;
    seconds, text: the same length of time."""

    field: str
    option: str
    seconds: int
    text: str


Alteration = AddColumn | DropColumn | ChangeColumn | RenameTable | SetLifetime


@dataclass(frozen=True, slots=True)
class AlterTable:
    """One ALTER TABLE: all its actions, in order, or none."""

    table: Table
    actions: tuple[Alteration, ...]
    rights: tuple[Right, ...]


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
class CreateUser:
    name: str
    password: str | None = field(repr=False)
    createrole: bool
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class AlterUser:
    """password: None when not changed."""

    name: str
    password: str | None = field(repr=False)
    createrole: bool | None
    rights: tuple[Right, ...]


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
class GrantAdmin:
    """GRANT admin TO users, REVOKE admin FROM users."""

    grantees: tuple[str, ...]
    revoke: bool
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
    | AlterUser | DropUsers | Grant | GrantAdmin | SetSetting | Nothing
)  # fmt: skip
