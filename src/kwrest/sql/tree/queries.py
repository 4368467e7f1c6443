"""Queries, what stands in FROM, and the base of all statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kwrest.sql.tree.expressions import Call, Expr, Window
    from kwrest.sql.tree.names import Ident


@dataclass(frozen=True, slots=True)
class OrderItem:
    """nulls_first: None when not written."""

    expr: Expr
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True)
class SelectItem:
    """text: the item as written, blanks folded; the binder names unnamed columns KWDB's way."""

    expr: Expr
    alias: Ident | None = None


class FromItem:
    """Base of what stands in FROM."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TableRef(FromItem):
    """name: `t`, `db.t` or `db.public.t`."""

    name: tuple[Ident, ...]
    alias: Ident | None = None
    columns: tuple[Ident, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class FromQuery(FromItem):
    query: Query
    alias: Ident | None = None
    columns: tuple[Ident, ...] = ()
    lateral: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class FromFunction(FromItem):
    """`generate_series(1, 3) AS g(x)`."""

    call: Call
    alias: Ident | None = None
    columns: tuple[Ident, ...] = ()
    ordinality: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class FromShow(FromItem):
    """`[SHOW …]`."""

    show: Statement
    alias: Ident | None = None
    columns: tuple[Ident, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class WithOrdinality(FromItem):
    """`t WITH ORDINALITY AS x (a, n)`, of anything but a function: the rows of `source` (which has no alias) and their numbers."""

    source: FromItem
    alias: Ident | None = None
    columns: tuple[Ident, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class Join(FromItem):
    """kind: `INNER`, `LEFT`, `RIGHT`, `FULL`, `CROSS`."""

    kind: str
    left: FromItem
    right: FromItem
    on: Expr | None = None
    using: tuple[Ident, ...] = ()
    natural: bool = False
    at: int = 0


class Body:
    """Base of what a query is made of."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Select(Body):
    """items of the list; sources: the comma-separated FROM items; distinct_on: of DISTINCT ON (…)."""

    items: tuple[SelectItem, ...]
    sources: tuple[FromItem, ...] = ()
    where: Expr | None = None
    group_by: tuple[Expr, ...] = ()
    having: Expr | None = None
    distinct: bool = False
    distinct_on: tuple[Expr, ...] = ()
    windows: tuple[tuple[Ident, Window], ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class Values(Body):
    rows: tuple[tuple[Expr, ...], ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class SetOperation(Body):
    """op: `UNION`, `INTERSECT`, `EXCEPT`."""

    op: str
    left: Query
    right: Query
    all: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class CommonTable:
    name: Ident
    columns: tuple[Ident, ...]
    query: Query


class Statement:
    """Base of everything that can be said between two semicolons."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Query(Statement):
    """A query with what surrounds it. `TABLE t` arrives as SELECT * FROM t. limit: None, or an expression; LIMIT ALL is None."""

    body: Body
    order_by: tuple[OrderItem, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None
    with_: tuple[CommonTable, ...] = ()
    recursive: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Explain(Statement):
    """analyze: EXPLAIN ANALYZE, which would run the statement."""

    statement: Statement
    analyze: bool = False
