"""Databases and tables: CREATE, ALTER, DROP, USE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwrest.sql.tree.queries import Statement

if TYPE_CHECKING:
    from kwrest.sql.tree.expressions import Expr
    from kwrest.sql.tree.names import Ident, TypeName
    from kwrest.sql.tree.queries import Query


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in DDL: `20d`, `10 day`. unit as written, lower case; empty when only a number was written."""

    number: int
    unit: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class CreateDatabase(Statement):
    name: Ident
    time_series: bool
    if_not_exists: bool = False
    retention: Span | None = None
    partition_interval: Span | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class DropDatabase(Statement):
    """behaviour: `CASCADE`, `RESTRICT` or empty."""

    name: Ident
    if_exists: bool = False
    behaviour: str = ""


@dataclass(frozen=True, slots=True)
class AlterDatabase(Statement):
    """Exactly one of the three is set."""

    name: Ident
    rename_to: Ident | None = None
    retention: Span | None = None
    partition_interval: Span | None = None
    time_series: bool = False


@dataclass(frozen=True, slots=True)
class Use(Statement):
    name: Ident


@dataclass(frozen=True, slots=True)
class Reference:
    """`REFERENCES t (c) ON DELETE CASCADE`; the actions in capitals, empty when not written."""

    table: tuple[Ident, ...]
    columns: tuple[Ident, ...] = ()
    on_delete: str = ""
    on_update: str = ""


@dataclass(frozen=True, slots=True)
class TableConstraint:
    """kind: `primary key`, `unique`, `check`, `foreign key`, `index`, `family`, `inverted index`, `like` (columns: the
    other table's name). text: as written. index: UNIQUE INDEX, not UNIQUE; descending: those of the columns with DESC."""

    kind: str
    columns: tuple[Ident, ...] = ()
    name: Ident | None = None
    check: Expr | None = None
    text: str = ""
    references: Reference | None = None
    index: bool = False
    descending: tuple[Ident, ...] = ()
    storing: tuple[Ident, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """nullable: None when neither NULL nor NOT NULL was written. constraints: PRIMARY KEY, UNIQUE, CHECK and REFERENCES, as
    constraints of the table on this one column. other: things said of the column that a time-series table refuses by
    name: `computed column`, `referenced constraint`, `family`, `check constraint`, `unique constraint`, `primary key`.
    In `CREATE TABLE t (a, b) AS …` a column has no type: its name is empty."""

    name: Ident
    type: TypeName
    nullable: bool | None = None
    default: Expr | None = None
    default_text: str = ""
    constraints: tuple[TableConstraint, ...] = ()
    other: tuple[str, ...] = ()
    computed: Expr | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class CreateTable(Statement):
    """tags: None for a relational table; primary_tags: None when the clause is missing (contract S2)."""

    name: tuple[Ident, ...]
    columns: tuple[ColumnDefinition, ...]
    tags: tuple[ColumnDefinition, ...] | None = None
    primary_tags: tuple[Ident, ...] | None = None
    constraints: tuple[TableConstraint, ...] = ()
    if_not_exists: bool = False
    temporary: bool = False
    retention: Span | None = None
    active_time: Span | None = None
    partition_interval: Span | None = None
    dict_encoding: bool = False
    query: Query | None = None  # CREATE TABLE … AS
    at: int = 0
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class DropTable(Statement):
    names: tuple[tuple[Ident, ...], ...]
    if_exists: bool = False
    behaviour: str = ""


@dataclass(frozen=True, slots=True)
class CreateIndex(Statement):
    """`CREATE [UNIQUE] INDEX i ON t (a, b DESC) STORING (c)`; index.kind: `index`, `unique`, `inverted index`."""

    table: tuple[Ident, ...]
    index: TableConstraint
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropIndex(Statement):
    """indexes: (the table as written, empty when only the index was named; the index)."""

    indexes: tuple[tuple[tuple[Ident, ...], Ident], ...]
    if_exists: bool = False
    behaviour: str = ""


class AlterAction:
    """Base of what one ALTER TABLE may do."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class AddColumn(AlterAction):
    column: ColumnDefinition
    tag: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn(AlterAction):
    name: Ident
    tag: bool = False
    if_exists: bool = False
    behaviour: str = ""


@dataclass(frozen=True, slots=True)
class RenameColumn(AlterAction):
    name: Ident
    to: Ident
    tag: bool = False


@dataclass(frozen=True, slots=True)
class AlterColumnType(AlterAction):
    name: Ident
    type: TypeName
    tag: bool = False


@dataclass(frozen=True, slots=True)
class AlterColumnDefault(AlterAction):
    """default None: DROP DEFAULT."""

    name: Ident
    default: Expr | None
    default_text: str = ""


@dataclass(frozen=True, slots=True)
class AlterColumnNull(AlterAction):
    name: Ident
    nullable: bool


@dataclass(frozen=True, slots=True)
class RenameTable(AlterAction):
    to: tuple[Ident, ...]


@dataclass(frozen=True, slots=True)
class SetTableOption(AlterAction):
    """option: `retentions`, `activetime`, `partition interval`."""

    option: str
    value: Span


@dataclass(frozen=True, slots=True)
class AddConstraint(AlterAction):
    constraint: TableConstraint


@dataclass(frozen=True, slots=True)
class DropConstraint(AlterAction):
    name: Ident
    if_exists: bool = False
    behaviour: str = ""


@dataclass(frozen=True, slots=True)
class RenameConstraint(AlterAction):
    name: Ident
    to: Ident


@dataclass(frozen=True, slots=True)
class ValidateConstraint(AlterAction):
    name: Ident


@dataclass(frozen=True, slots=True)
class AlterPrimaryKey(AlterAction):
    """constraint: the new key."""

    constraint: TableConstraint


@dataclass(frozen=True, slots=True)
class OtherAction(AlterAction):
    """An action of KWDB's grammar that a later part brings. text: its first words, for the refusal."""

    text: str


@dataclass(frozen=True, slots=True)
class AlterTable(Statement):
    """view: ALTER VIEW was written."""

    name: tuple[Ident, ...]
    actions: tuple[AlterAction, ...]
    if_exists: bool = False
    view: bool = False
