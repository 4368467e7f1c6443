"""The engine contract, small on purpose. An engine stores and reads; what KWDB means was decided above it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from kwrest.model import Batch, Column, Index, Outcome, Request, Result, Table
from kwrest.sql.bound import Expr, Query, Value
from kwrest.sql.bound_writes import (
    DeletePoints,
    DeleteRows,
    Guard,
    InsertBatch,
    InsertRows,
    UpdateRows,
    UpdateTags,
)

# ---------------------------------------------------------------- how an engine is opened


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an operator may set. Bytes; None = from the machine's size. threads: of one query, None = the cores."""

    memory_limit: int | None = None
    spill_limit: int | None = None
    threads: int | None = None
    checkpoint_threshold: int = 64 << 20
    reserve: int = 100 << 20  # of the disk, that rows may not fill


# ---------------------------------------------------------------- what is done with the files of a data directory


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """One backup. size: bytes; commit: number of the last transaction that is certainly in it; made: UTC."""

    files: int
    size: int
    commit: int
    made: datetime


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in one table. devices: of a time-series table, else None."""

    rows: int
    devices: int | None = None


class Inspected(Protocol):
    """Stored data that is only looked at. found: what is wrong with it as a whole, a sentence each."""

    found: Sequence[str]

    def read_system(self, table: Table) -> dict[str, list[Value]]:
        """As `Engine.read_system`."""
        ...

    def contents(self, table: Table, found: list[str]) -> Contents:
        """Read every value of a table; what is wrong with it is added to `found`, a sentence each. Never raises for damage."""
        ...

    def strangers(self, tables: Sequence[Table]) -> list[str]:
        """What is stored that belongs to none of these tables."""
        ...


@dataclass(frozen=True, slots=True)
class Measures:
    """What an engine says of itself for /metrics. Bytes; log: what a restart would replay; spill: of queries that run;
    free: of the data folder's file system; waiting: writes and changes that are queued, and their rows."""

    database: int
    log: int
    spill: int
    free: int
    memory: int
    memory_limit: int
    waiting: int
    waiting_rows: int


@runtime_checkable
class Measured(Protocol):
    """An engine that can say what it uses; an optional power."""

    def measures(self) -> Measures:
        """Quick. Raises Transient when the engine can't be asked now."""
        ...


# ---------------------------------------------------------------- the steps of a change


@dataclass(frozen=True, slots=True)
class CreateSchema:
    """Storage for a database: schema `d<database>`."""

    database: int


@dataclass(frozen=True, slots=True)
class DropSchema:
    database: int


@dataclass(frozen=True, slots=True)
class CreateStorage:
    """Storage for a table with its final id."""

    table: Table


@dataclass(frozen=True, slots=True)
class DropStorage:
    table: Table


# A step that changes a table's columns takes the table as it was before; afterwards its version is the next one.


@dataclass(frozen=True, slots=True)
class AddStorageColumn:
    """column: a data column or tag with its final id. values: what rows that are there get, an expression over
    `bound.OWN_ROW`; NULL when None."""

    table: Table
    column: Column
    values: Expr | None = None


@dataclass(frozen=True, slots=True)
class DropStorageColumn:
    table: Table
    column: Column


@dataclass(frozen=True, slots=True)
class MoveStorage:
    """The table's storage goes over to another database; its id stays."""

    table: Table
    database: int


@dataclass(frozen=True, slots=True)
class Put:
    """Rows of a system table; each replaces the stored row with the same key. rows: column name → values [n]."""

    table: Table
    rows: dict[str, Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Remove:
    """Removes the rows of a system table where `column` is one of `values`."""

    table: Table
    column: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class VerifyRows:
    """Looks whether the rows of a relational table fit what is to be kept from now on: unique indexes, checks and
    references to parents; filled: columns that are to have no NULL. Changes nothing; raises UniqueViolation,
    CheckViolation, ForeignKeyViolation, NullViolation."""

    table: Table
    keys: tuple[Index, ...] = ()
    guard: Guard | None = None
    filled: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class ClearRows:
    """Takes all rows of a relational table, whatever refers to them: TRUNCATE."""

    table: Table


Step = (
    CreateSchema | DropSchema | CreateStorage | DropStorage | AddStorageColumn | DropStorageColumn | MoveStorage | Put | Remove
    | VerifyRows | ClearRows | InsertBatch | InsertRows | DeletePoints | UpdateTags | DeleteRows | UpdateRows
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """Steps that happen together or not at all, durable when `Engine.change` returns."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """rows: that each step touched, in order (0 where it means nothing); discarded: by all steps, because of the rule."""

    rows: tuple[int, ...]
    discarded: int = 0


# ---------------------------------------------------------------- the contract


class Engine(Protocol):
    """What every engine does. Failures are `kwrest.errors` classes; no text of the engine's own ever leaves it."""

    def query(self, query: Query, request: Request) -> Result:
        """Run a query, read only. Cancellable through `request.cancel`, ends at `request.deadline`.

        Raises QueryTimeout, QueryCanceled, OutOfMemory, SqlError subclasses for run-time errors KWDB raises.
        """
        ...

    def change(self, change: Change, request: Request) -> Changed:
        """Carry out all steps in one durable transaction, in order with all writes. Raises Transient and SqlError classes."""
        ...

    def write(self, batches: Sequence[Batch], request: Request) -> Future[Outcome]:
        """One request, one durable record; concurrent callers are coalesced. The future resolves once the rows survive
        a power cut, or fails with SchemaChanged (nothing written: bind again), Transient or InternalError (nothing written).
        A batch for a relational table that breaks a key is refused alone (`Written.refused`): each is a statement of its own.
        """
        ...

    def read_system(self, table: Table) -> dict[str, list[Value]]:
        """All rows of one of the server's own tables, as columns; for the caches that are filled at start."""
        ...

    def problem(self) -> str | None:
        """One sentence when reads or writes can't be served now, else None. Never blocks, never raises."""
        ...

    def losses(self) -> tuple[str, ...]:
        """What was found to be lost when the storage was opened, a sentence each, until the operator has settled it."""
        ...

    def upkeep(self, now: datetime) -> None:
        """Work that is due: checkpoints, spill clean-up. Called by the service's clock."""
        ...

    def close(self) -> None:
        """Finish accepted writes, then let go of everything. Safe to call twice."""
        ...
