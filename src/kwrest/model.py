"""The words every room shares: requests, users, tables, batches, results. Values with no behaviour beyond naming."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from kwrest.errors import KwrestError, QueryCanceled, QueryTimeout
from kwrest.types.kinds import Type

# ---------------------------------------------------------------- who and what asks


@dataclass(frozen=True, slots=True)
class User:
    """An authenticated user. admin: member of the role `admin`; createrole: may create users.

    id: told apart from an earlier user of that name by it; 0: whoever has the name, of the server's own requests."""

    name: str
    admin: bool = False
    createrole: bool = False
    id: int = 0


@dataclass(slots=True, eq=False)
class Progress:
    """What a request is at, kept true by whoever works on it and shown to those who watch (SHOW QUERIES, the slow log).

    statement: its text as sent; phase: `preparing` or `executing`; rows: written or answered; failed: the SQLSTATE of
    its first failure.
    """

    statement: str = ""
    phase: str = "preparing"
    rows: int = 0
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One client's wish, checked: everything below `web` sees this and never a header.

    database: as written in `db=` (matched exactly, then folded, by the catalog); deadline: seconds on the monotonic
    clock; cancel: set when the client has left or the statement is to end; address: the client's; session: the id of
    the session the request came by, empty when it came by a password.
    """

    id: str
    user: User
    database: str
    zone: ZoneInfo
    deadline: float
    cancel: threading.Event
    address: str = ""
    session: str = ""
    progress: Progress = field(default_factory=Progress)

    def check(self) -> None:
        """Between two steps of long work: raises QueryCanceled or QueryTimeout when nobody waits for the next one."""
        if self.cancel.is_set():
            raise QueryCanceled()
        if time.monotonic() >= self.deadline:
            raise QueryTimeout()


class Privilege(Enum):
    """KWDB's rights on databases and tables (facts 4)."""

    ALL = "ALL"
    CREATE = "CREATE"
    DROP = "DROP"
    GRANT = "GRANT"
    SELECT = "SELECT"
    INSERT = "INSERT"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


# ---------------------------------------------------------------- databases and tables


class DatabaseKind(Enum):
    RELATIONAL = "RELATIONAL"
    TIME_SERIES = "TIME SERIES"


class TableKind(Enum):
    TIME_SERIES = "TIME SERIES TABLE"
    RELATIONAL = "BASE TABLE"
    VIEW = "VIEW"  # a query under a name; nothing of it is stored but its text
    SYSTEM = "SYSTEM TABLE"  # the server's own, schema `kwrest`, in SQL `kwrest_system`, admins only


@dataclass(frozen=True, slots=True)
class Database:
    """A KWDB database. mixed: holds both kinds of table (`defaultdb`, contract S1). retention, partition_interval: seconds, 0 = not set."""

    id: int
    name: str
    kind: DatabaseKind
    mixed: bool = False
    retention: int = 0
    partition_interval: int = 0
    comment: str | None = None


# The DEFAULT of SERIAL and of the hidden key: a number that no other row has, growing with time.
UNIQUE_ROWID = "unique_rowid()"


@dataclass(frozen=True, slots=True)
class Column:
    """A column or tag. id: never reused within its table, physical name `c<id>`.

    default: KWDB text of a DEFAULT expression; hidden: not in `SELECT *` (rowid); secret: no SQL may name it.
    """

    id: int
    name: str
    type: Type
    nullable: bool = True
    tag: bool = False
    primary: bool = False  # a primary tag; of a relational table `Table.primary_key` says it
    default: str | None = None
    hidden: bool = False
    secret: bool = False
    comment: str | None = None

    @property
    def numbered(self) -> bool:
        """Whether the engine gives a number where no value is given: SERIAL, the hidden `rowid`. NULL stands for that in a
        Batch, since the column takes none."""
        return self.default == UNIQUE_ROWID and not self.nullable


# In `Table.options`: the time column was declared TIMESTAMP. It is a TIMESTAMPTZ all the same, and column_meta names
# types as they were declared (contract B5).
DECLARED_TIMESTAMP = "declared timestamp"


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a relational table. Nothing is stored for it: it is shown, and a unique one is enforced.

    columns: column ids in key order; descending: those of them that were declared DESC; storing: ids of STORING (…);
    constraint: made by a UNIQUE of the table, so DROP INDEX refuses it.
    """

    name: str
    columns: tuple[int, ...]
    unique: bool = False
    primary: bool = False
    descending: tuple[int, ...] = ()
    storing: tuple[int, ...] = ()
    constraint: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint. condition: KWDB text, as `sql.bind.expression_text` prints it; columns: ids it reads."""

    name: str
    condition: str
    columns: tuple[int, ...]


class Action(Enum):
    """What a change of a referenced row does to the rows that refer to it."""

    NO_ACTION = "NO ACTION"
    RESTRICT = "RESTRICT"
    CASCADE = "CASCADE"
    SET_NULL = "SET NULL"
    SET_DEFAULT = "SET DEFAULT"


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """columns: ids in this table; table: id of the referenced one, referenced: its column ids, one for one."""

    name: str
    columns: tuple[int, ...]
    table: int
    referenced: tuple[int, ...]
    on_delete: Action = Action.NO_ACTION
    on_update: Action = Action.NO_ACTION


@dataclass(frozen=True, slots=True)
class ViewUse:
    """What a view takes of one table. known: ids of the columns there were when it was made, which `*` goes on to mean;
    named: ids of those it reads, which cannot be dropped, renamed or given another type under it."""

    known: frozenset[int]
    named: frozenset[int]


@dataclass(frozen=True, slots=True)
class View:
    """The query of a view. text: KWDB text, bound anew at each use; database: id of the one its names are looked up in;
    uses: id of each table and view it reads itself → what it takes of it."""

    text: str
    database: int
    uses: Mapping[int, ViewUse]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the catalog knows it. columns: data columns in definition order, then tags in definition order.

    A time-series table is stored as `e<id>(eid, tags…)` and `p<id>(ts, eid, columns…)`, a relational one as `r<id>`,
    a system one under its own name, a view not at all. version: raised by every change of the table, and of a foreign key
    that refers to it.
    retention, active_time, partition_interval: seconds, 0 = not set; retention_text etc. are KWDB's words for SHOW.
    """

    id: int
    database: int
    name: str
    kind: TableKind
    columns: tuple[Column, ...]
    version: int = 1
    retention: int = 0
    active_time: int = 0
    partition_interval: int = 0
    options: Mapping[str, str] = field(
        default_factory=dict
    )  # as written: retentions, activetime, partition interval, dict
    key: tuple[int, ...] = ()  # of a system table: ids of the columns a Put replaces by
    indexes: tuple[Index, ...] = ()  # of a relational table: the primary one first, then as they were made
    checks: tuple[Check, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str | None = None
    view: View | None = None  # of a view, whose columns are those of its query

    @property
    def data_columns(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if not c.tag)

    @property
    def tags(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.tag)

    @property
    def primary_tags(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.tag and c.primary)

    @property
    def time_column(self) -> Column:
        """The first column of a time-series table, its row key together with the primary tags."""
        return self.columns[0]

    @property
    def primary_key(self) -> Index | None:
        """Of a relational table: the declared one, or that of the hidden row number; None in a table of an older version."""
        return next((i for i in self.indexes if i.primary), None)

    def column(self, name: str) -> Column | None:
        """The column or tag of exactly that name."""
        return next((c for c in self.columns if c.name == name), None)

    def column_by_id(self, number: int) -> Column:
        """The column or tag with that id; KeyError when there is none."""
        for column in self.columns:
            if column.id == number:
                return column
        raise KeyError(number)

    def columns_of(self, numbers: Sequence[int]) -> tuple[Column, ...]:
        """The columns with these ids, in their order: of an index, of a key."""
        return tuple(self.column_by_id(number) for number in numbers)


# ---------------------------------------------------------------- writes


class Dedup(Enum):
    """`ts.dedup.rule`: what a second row with the same primary tags and timestamp does (facts 2.7)."""

    OVERRIDE = "override"
    MERGE = "merge"
    DISCARD = "discard"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows for one table, as columns. Checked already: every value fits its column, NOT NULL holds.

    rows: n; columns: data column id → Arrow array [n] of `types.arrow.arrow_type(column.type)`; a missing column is NULL.
    Time-series only: `device` int32 [n] numbers the row's device within the batch, `tags` holds tag id → Arrow array
    [devices], all tags of the table; a device may be named without rows (a tags-only INSERT, `rows` = 0).
    System tables only: a row replaces the stored row with the same `table.key`.
    """

    table: Table
    rows: int
    columns: Mapping[int, pa.Array]
    tags: Mapping[int, pa.Array] = field(default_factory=dict)
    device: np.ndarray | None = None
    dedup: Dedup = Dedup.OVERRIDE

    @property
    def size(self) -> int:
        """Bytes its columns take."""
        return sum(array.nbytes for columns in (self.columns, self.tags) for array in columns.values())


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one batch. rows: stored (rows that overwrite count); discarded: not stored, and why is the rule;
    refused: why, when this batch broke a constraint, then nothing of it is stored and the others' rows are."""

    rows: int
    discarded: int = 0
    refused: KwrestError | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the batches of one `write`, in their order; durable when the future resolves."""

    batches: tuple[Written, ...]

    @property
    def rows(self) -> int:
        return sum(w.rows for w in self.batches)


@dataclass(frozen=True, slots=True)
class Reject:
    """A refused line of a line endpoint. number: from 1; curable: an operator can make the same line storable."""

    number: int
    reason: str
    text: str
    sqlstate: str
    curable: bool


# ---------------------------------------------------------------- answers


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """Name and KWDB type of a result column, decided by the binder."""

    name: str
    type: Type


class Result(Protocol):
    """KWDB-typed columns plus a closable stream of Arrow batches; close() is safe to call twice."""

    @property
    def columns(self) -> Sequence[ResultColumn]: ...
    def batches(self) -> Iterator[pa.RecordBatch]: ...
    def close(self) -> None: ...
