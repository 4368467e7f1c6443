"""What is meant: the bound tree. Every node has a type, every coercion is a node, the rights needed are listed.

Rules turn bound into bound (`sql/rules`); `sql/spell` turns bound into an engine's text. No name of the user's is
left in here except for result columns: sources are numbers, columns are ids. Statements that write: `bound_writes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from zoneinfo import ZoneInfo

from kwrest.model import Database, Privilege, ResultColumn, Table
from kwrest.types.intervals import Interval as Interval
from kwrest.types.kinds import BOOL, Type
from kwrest.types.values import Value as Value

# ---------------------------------------------------------------- expressions


class Expr:
    """Base of bound expressions; `type` is KWDB's type of the value."""

    __slots__ = ()
    type: Type


@dataclass(frozen=True, slots=True)
class Const(Expr):
    """untyped: still a constant of the text that takes the type of what it meets (`s = 12`)."""

    value: Value
    type: Type
    untyped: bool = False


# `ColumnRef.column`: what tells the rows of a relational table apart, within one statement.
ROW = 0


@dataclass(frozen=True, slots=True)
class ColumnRef(Expr):
    """A column of a source. source: the number of a FROM item, unique within the statement (outer queries included);
    column: a table's column id, or the 1-based position in a derived source, or ROW: which row of a relational table."""

    source: int
    column: int
    type: Type


# The source of an expression over one row of the table that a definition changes: its columns stand bare in the text.
OWN_ROW = -1


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A scalar function or operator. op: the key of its row in `functions.py` or `operators.py`, e.g. `add.int`, `lower`."""

    op: str
    arguments: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Aggregate(Expr):
    """op: key of the aggregate's row; the first / last family has ops of its own until rules/picks.py rewrites it."""

    op: str
    arguments: tuple[Expr, ...]
    type: Type
    distinct: bool = False
    filter: Expr | None = None
    order_by: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class WindowCall(Expr):
    op: str
    arguments: tuple[Expr, ...]
    type: Type
    partition_by: tuple[Expr, ...] = ()
    order_by: tuple[Order, ...] = ()
    frame: str = ""
    filter: Expr | None = None


@dataclass(frozen=True, slots=True)
class Cast(Expr):
    """A conversion that the binder decided on. explicit: written by the user, so text is cut, not refused."""

    operand: Expr
    type: Type
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Case(Expr):
    """Searched CASE; whens: (condition, result)."""

    whens: tuple[tuple[Expr, Expr], ...]
    otherwise: Expr | None
    type: Type


@dataclass(frozen=True, slots=True)
class And(Expr):
    operands: tuple[Expr, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Or(Expr):
    operands: tuple[Expr, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class In(Expr):
    operand: Expr
    items: tuple[Expr, ...]
    negated: bool = False
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class InSelect(Expr):
    operand: Expr
    query: Relation
    negated: bool = False
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Quantified(Expr):
    """operand op ANY/ALL (query)."""

    op: str
    every: bool
    operand: Expr
    query: Relation
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Exists(Expr):
    query: Relation
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class ScalarSelect(Expr):
    query: Relation
    type: Type


@dataclass(frozen=True, slots=True)
class ArrayOf(Expr):
    items: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class TupleOf(Expr):
    items: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Order:
    """KWDB's NULL order is explicit here."""

    expr: Expr
    descending: bool = False
    nulls_first: bool = True


# ---------------------------------------------------------------- relations


class Source:
    """Base of what stands in FROM. number: see ColumnRef.source."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Scan(Source):
    """A table. used: ids of the columns anyone refers to, None = not known, all of them; rules/tables.py finds them, and
    with them whether points alone or points and devices are read."""

    number: int
    table: Table
    used: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Devices(Source):
    """The devices of a time-series table: its tags, one row each, with or without points (SHOW TAG VALUES)."""

    number: int
    table: Table


@dataclass(frozen=True, slots=True)
class Derived(Source):
    """A subquery, a CTE reference or a SHOW in FROM. view: the view whose query it is, which a reader may use but not read."""

    number: int
    query: Relation
    lateral: bool = False
    view: Table | None = None


@dataclass(frozen=True, slots=True)
class Series(Source):
    """Rows of set-returning functions: the elements of `lists`, side by side, as many rows as the longest has; they may
    refer to what stands left of it. ordinality: a last column with their numbers."""

    number: int
    lists: tuple[Expr, ...]
    ordinality: bool = False


@dataclass(frozen=True, slots=True)
class Stream(Source):
    """Rows that a rule makes of each row left of it, one column; op: its row of the engine's spelling. They may be many
    more than fit a list."""

    number: int
    op: str
    arguments: tuple[Expr, ...]
    types: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Working(Source):
    """Within a Recursive: the rows that its last step gave. recursion: its number."""

    number: int
    recursion: int


class JoinKind(Enum):
    INNER = "INNER"
    LEFT = "LEFT"
    RIGHT = "RIGHT"
    FULL = "FULL"
    CROSS = "CROSS"


@dataclass(frozen=True, slots=True)
class Join(Source):
    kind: JoinKind
    left: Source
    right: Source
    on: Expr | None = None


class Relation:
    """Base of what gives rows. columns: names and types of what comes out."""

    __slots__ = ()
    columns: tuple[ResultColumn, ...]


@dataclass(frozen=True, slots=True)
class Select(Relation):
    """outputs: one expression a column, `hidden` further ones for ORDER BY only; group_by: None = no grouping,
    () = one group of all; distinct_on: of DISTINCT ON; order_by refers to expressions over the sources."""

    columns: tuple[ResultColumn, ...]
    outputs: tuple[Expr, ...]
    source: Source | None = None
    where: Expr | None = None
    group_by: tuple[Expr, ...] | None = None
    having: Expr | None = None
    distinct: bool = False
    distinct_on: tuple[Expr, ...] = ()
    order_by: tuple[Order, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None


@dataclass(frozen=True, slots=True)
class Values(Relation):
    """Constant rows; every SHOW that reads the catalog becomes one. order_by refers to positions (ColumnRef source 0)."""

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Expr, ...], ...]
    order_by: tuple[Order, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None


@dataclass(frozen=True, slots=True)
class SetOperation(Relation):
    """op: UNION, INTERSECT, EXCEPT. order_by refers to positions (ColumnRef source 0)."""

    columns: tuple[ResultColumn, ...]
    op: str
    all: bool
    left: Relation
    right: Relation
    order_by: tuple[Order, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None


@dataclass(frozen=True, slots=True)
class Recursive(Relation):
    """WITH RECURSIVE: the rows of `base`, then those that `step` makes of the rows of the last step, until it makes none.

    all: UNION ALL; otherwise rows that were there already do not count. recursion: what Working refers to."""

    columns: tuple[ResultColumn, ...]
    recursion: int
    base: Relation
    step: Relation
    all: bool


# ---------------------------------------------------------------- rights


@dataclass(frozen=True, slots=True)
class DatabaseRight:
    privilege: Privilege
    database: Database


@dataclass(frozen=True, slots=True)
class TableRight:
    """privilege None: any privilege on the table will do (SHOW)."""

    privilege: Privilege | None
    table: Table


@dataclass(frozen=True, slots=True)
class AdminRight:
    """action: KWDB's words for the refusal, `CREATE DATABASE`."""

    action: str


@dataclass(frozen=True, slots=True)
class CreateRoleRight:
    """CREATEROLE or admin."""


@dataclass(frozen=True, slots=True)
class GrantRight:
    """GRANT on the object and each privilege handed on."""

    privileges: tuple[Privilege, ...]
    object: Database | Table


@dataclass(frozen=True, slots=True)
class RoleRight:
    """To give and take a role: the ADMIN OPTION on it."""

    role: str


Right = DatabaseRight | TableRight | AdminRight | CreateRoleRight | GrantRight | RoleRight


# ---------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Query:
    """A query to be run by the engine. as_json: the engine gives each row as one text, a JSON array (contract B6), in
    a single Arrow string column; zone: of the timestamps in that text. columns are KWDB's in both cases."""

    relation: Relation
    rights: tuple[Right, ...]
    tables: tuple[Table, ...] = ()
    as_json: bool = False
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        return self.relation.columns
