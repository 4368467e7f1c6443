"""Users, rights, settings, comments, SHOW, and the statements that kwrest only knows by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kwrest.sql.tree.queries import Statement

if TYPE_CHECKING:
    from kwrest.sql.tree.expressions import Expr
    from kwrest.sql.tree.names import Ident


@dataclass(frozen=True, slots=True)
class CreateUser(Statement):
    """role: CREATE ROLE was written. options: (`PASSWORD`, value or None), (`CREATEROLE`, None), …, in order, capitals."""

    name: Ident
    role: bool = False
    if_not_exists: bool = False
    options: tuple[tuple[str, str | None], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class AlterUser(Statement):
    name: Ident
    role: bool = False
    if_exists: bool = False
    options: tuple[tuple[str, str | None], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class DropUser(Statement):
    names: tuple[Ident, ...]
    role: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class Grant(Statement):
    """kind: `DATABASE`, `TABLE` or `SCHEMA`. objects: names as written, patterns with `*` included. revoke: REVOKE."""

    privileges: tuple[str, ...]
    kind: str
    objects: tuple[tuple[Ident, ...], ...]
    grantees: tuple[Ident, ...]
    revoke: bool = False


@dataclass(frozen=True, slots=True)
class GrantRole(Statement):
    """admin_option: WITH ADMIN OPTION, or ADMIN OPTION FOR of a REVOKE."""

    roles: tuple[Ident, ...]
    grantees: tuple[Ident, ...]
    admin_option: bool = False
    revoke: bool = False


@dataclass(frozen=True, slots=True)
class SetSetting(Statement):
    """SET / RESET CLUSTER SETTING. value None: reset or DEFAULT. name: lower case."""

    name: str
    value: Expr | None


@dataclass(frozen=True, slots=True)
class CommentOn(Statement):
    """kind: `DATABASE`, `TABLE`, `COLUMN`."""

    kind: str
    name: tuple[Ident, ...]
    comment: str | None


@dataclass(frozen=True, slots=True)
class Show(Statement):
    """what, in capitals: `DATABASES`, `TABLES`, `COLUMNS`, `CREATE TABLE`, `CREATE DATABASE`, `TAGS`, `TAG VALUES`,
    `RETENTIONS`, `USERS`, `ROLES`, `GRANTS`, `CLUSTER SETTING`, `CLUSTER SETTINGS`, `SCHEMAS`, `INDEXES`, `CONSTRAINTS`,
    `QUERIES`, `SESSIONS`, `STATISTICS`, `PARTITIONS`, `VARIABLE`, `ALL`.
    name: of the table, database or setting, where there is one; comment: WITH COMMENT; rest: other words in capitals
    (GRANTS: `DATABASE`, `TABLE`, `SCHEMA`, `ROLE`; INDEXES: `DATABASE`; CLUSTER SETTINGS: `ALL`, `PUBLIC`).
    targets, users: all objects and users of SHOW GRANTS ON … FOR …; name is the first target."""

    what: str
    name: tuple[Ident, ...] = ()
    comment: bool = False
    rest: tuple[str, ...] = ()
    at: int = 0
    targets: tuple[tuple[Ident, ...], ...] = ()
    users: tuple[Ident, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherStatement(Statement):
    """A statement of KWDB's that kwrest knows and does not run. words: its first words, `CREATE VIEW`, `BEGIN`, …"""

    words: str
