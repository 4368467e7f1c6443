"""Expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kwrest.sql.tree.names import Ident, TypeName
    from kwrest.sql.tree.queries import OrderItem, Query


class Expr:
    """Base of all expressions."""

    __slots__ = ()
    at: int


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """`text` as written: `12`, `1.5`, `1e3`, `0xCAFE`; never signed."""

    text: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class String(Expr):
    """A single-quoted constant, escapes resolved (`''`, and backslashes of `e'…'`)."""

    value: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class BytesLiteral(Expr):
    """`b'…'` or `x'…'`."""

    value: bytes
    at: int = 0


@dataclass(frozen=True, slots=True)
class BitLiteral(Expr):
    """`B'0101'`: the digits."""

    digits: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Boolean(Expr):
    value: bool
    at: int = 0


@dataclass(frozen=True, slots=True)
class Null(Expr):
    at: int = 0


@dataclass(frozen=True, slots=True)
class Duration(Expr):
    """`1h`, `10s`, `3mon`: number and unit without quotes. The unit as written, lower case."""

    number: str
    unit: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class TypedLiteral(Expr):
    """`timestamp '…'`, `interval '1 hour'`, `date '…'`. unit: of `interval '5' day`."""

    type: TypeName
    text: str
    unit: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A column reference, qualified or not: `c`, `t.c`, `db.t.c`, `db.public.t.c`."""

    parts: tuple[Ident, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Star(Expr):
    """`*` or `t.*`."""

    table: tuple[Ident, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """op: `-`, `+`, `~`, `NOT`."""

    op: str
    operand: Expr
    at: int = 0


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """op in capitals: `AND OR + - * / // % ^ # & | << >> || = != < <= > >= ~ !~ ~* !~* -> ->> #> #>> @> <@ ? ?| ?& &&`,
    and `IS DISTINCT FROM`, `IS NOT DISTINCT FROM`. `<>` arrives as `!=`."""

    op: str
    left: Expr
    right: Expr
    at: int = 0


@dataclass(frozen=True, slots=True)
class Like(Expr):
    """op: `LIKE`, `ILIKE`, `SIMILAR TO`."""

    op: str
    operand: Expr
    pattern: Expr
    escape: Expr | None = None
    negated: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Between(Expr):
    operand: Expr
    low: Expr
    high: Expr
    negated: bool = False
    symmetric: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class InList(Expr):
    operand: Expr
    items: tuple[Expr, ...]
    negated: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class InQuery(Expr):
    operand: Expr
    query: Query
    negated: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Is(Expr):
    """what: `NULL`, `TRUE`, `FALSE`, `UNKNOWN`, `NAN`. ISNULL and NOTNULL arrive as `NULL`."""

    operand: Expr
    what: str
    negated: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Quantified(Expr):
    """`x = ANY (…)`, `x > ALL (…)`; right is a query or an array expression. SOME arrives as ANY."""

    op: str
    quantifier: str
    left: Expr
    right: Expr | Query
    at: int = 0


@dataclass(frozen=True, slots=True)
class When:
    condition: Expr
    result: Expr


@dataclass(frozen=True, slots=True)
class Case(Expr):
    operand: Expr | None
    whens: tuple[When, ...]
    otherwise: Expr | None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """`OVER (PARTITION BY … ORDER BY …)`; frame: as written, folded, or empty.

    base: the window of the WINDOW clause that is meant (`OVER w`) or refined (`OVER (w ORDER BY …)`)."""

    partition_by: tuple[Expr, ...] = ()
    order_by: tuple[OrderItem, ...] = ()
    frame: str = ""
    base: Ident | None = None


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A function call, aggregates included. name: folded; star: `count(*)`.

    Special forms arrive as calls: `extract(unit FROM x)` → extract('unit', x); `position(a IN b)` → strpos(b, a);
    `substring(x FROM a FOR b)` → substring(x, a, b); `trim(BOTH a FROM b)` → btrim/ltrim/rtrim; `overlay(…)`;
    `current_timestamp`, `current_date`, `current_user`, … without parentheses (`bare`); COALESCE, NULLIF, IF, IFNULL,
    GREATEST, LEAST likewise. Bare words as arguments of interpolate (PREV, NEXT, LINEAR, NULL) arrive as Name / Null.
    """

    name: str
    arguments: tuple[Expr, ...] = ()
    star: bool = False
    distinct: bool = False
    order_by: tuple[OrderItem, ...] = ()
    filter: Expr | None = None
    over: Window | None = None
    bare: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Cast(Expr):
    """`CAST(x AS t)` or `x::t`; annotated: `x:::t`."""

    operand: Expr
    type: TypeName
    annotated: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class AtTimeZone(Expr):
    operand: Expr
    zone: Expr
    at: int = 0


@dataclass(frozen=True, slots=True)
class Collate(Expr):
    operand: Expr
    locale: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Subquery(Expr):
    """A scalar subquery `(SELECT …)`."""

    query: Query
    at: int = 0


@dataclass(frozen=True, slots=True)
class Exists(Expr):
    query: Query
    at: int = 0


@dataclass(frozen=True, slots=True)
class Array(Expr):
    """`ARRAY[…]`."""

    items: tuple[Expr, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class ArrayQuery(Expr):
    """`ARRAY(SELECT …)`."""

    query: Query
    at: int = 0


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """`a[i]`."""

    operand: Expr
    index: Expr
    at: int = 0


@dataclass(frozen=True, slots=True)
class Tuple(Expr):
    """`(a, b)` or `ROW(a, b)`."""

    items: tuple[Expr, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Field(Expr):
    """`(x).name`; name `*`: all fields of a tuple, as in `(x).*`."""

    operand: Expr
    name: Ident
    at: int = 0


@dataclass(frozen=True, slots=True)
class Default(Expr):
    """`DEFAULT` as a value of INSERT or UPDATE."""

    at: int = 0


@dataclass(frozen=True, slots=True)
class QuotedValue(Expr):
    """A double-quoted token in VALUES: an untyped literal (contract S3)."""

    value: str
    at: int = 0
