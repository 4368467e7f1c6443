"""Statements that write, as the binder understood them, and what must hold for the rows they leave behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kwrest.model import Batch, Check, Column, Dedup, ForeignKey, Index, Table
from kwrest.sql.bound import Expr, Relation, Right, Value

# ---------------------------------------------------------------- what must hold


@dataclass(frozen=True, slots=True)
class Guard:
    """What must hold for the rows of one relational table beside its unique keys, which its Table says.

    A statement has the guard of its own table first, then those of every table that its foreign keys may change with it.
    checks: each with its condition, over source OWN; parents: the keys of this table with the tables they refer to;
    children: the keys that refer to this table, with their tables; defaults: column id → value of its DEFAULT, of the
    columns that SET DEFAULT may fill.
    """

    table: Table
    checks: tuple[tuple[Check, Expr], ...] = ()
    parents: tuple[tuple[ForeignKey, Table], ...] = ()
    children: tuple[tuple[ForeignKey, Table], ...] = ()
    defaults: Mapping[int, Expr] = field(default_factory=dict)


# Numbers of sources that stand for rows on their way, see Guard and Conflict; beyond those of any query.
OWN = 1_000_001
EXCLUDED = 1_000_002


@dataclass(frozen=True, slots=True)
class Conflict:
    """ON CONFLICT, or UPSERT: what becomes of a row whose key is there already.

    key: the index that decides; None: any unique one, for DO NOTHING alone. values: column id → new value, over source OWN,
    the row that is there, and EXCLUDED, the one that was to be inserted; None: nothing happens. where: over the same.
    """

    key: Index | None
    values: Mapping[int, Expr] | None
    where: Expr | None = None


# ---------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class InsertBatch:
    """INSERT … VALUES of constants. guards, conflict: of a relational target, see there."""

    batch: Batch
    rights: tuple[Right, ...]
    guards: tuple[Guard, ...] = ()
    conflict: Conflict | None = None

    @property
    def table(self) -> Table:
        return self.batch.table

    @property
    def plain(self) -> bool:
        """Whether the batch alone says all there is to check: it may be written together with others."""
        return not self.guards and self.conflict is None


@dataclass(frozen=True, slots=True)
class InsertRows:
    """INSERT … SELECT. columns: of the target, in the order of the query's columns, which have the target's types;
    dedup: of a time-series target; guards, conflict: of a relational one."""

    table: Table
    columns: tuple[Column, ...]
    relation: Relation
    rights: tuple[Right, ...]
    dedup: Dedup = Dedup.OVERRIDE
    guards: tuple[Guard, ...] = ()
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class DeletePoints:
    """DELETE FROM a time-series table. device: primary tag id → value, of all primary tags or of some, then every device
    that has these values is meant; None = all devices; when: condition on ColumnRef(1, time column), `Const(False)` when
    nothing can match; None = all times. With a device and no `when` the devices themselves go too (facts 2.10)."""

    table: Table
    device: dict[int, Value] | None
    when: Expr | None
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class UpdateTags:
    """UPDATE of ordinary tags of the one device with these primary tags (a None among them: no device has it); counts
    devices."""

    table: Table
    device: dict[int, Value]
    tags: dict[int, Value]
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class DeleteRows:
    """DELETE FROM a relational table. relation: one column, ROW of each row that goes; None = all rows."""

    table: Table
    relation: Relation | None
    rights: tuple[Right, ...]
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateRows:
    """UPDATE of a relational table. relation: ROW of each row that changes, then the new values of `columns`, of their
    types; a row may come several times, then any one of them counts."""

    table: Table
    columns: tuple[Column, ...]
    relation: Relation
    rights: tuple[Right, ...]
    guards: tuple[Guard, ...] = ()
