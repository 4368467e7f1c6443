"""Gap filling as plain grouping: buckets between those that have rows are made from the row before them (facts 3.2).

    SELECT time_bucket_gapfill(t, w) AS b, k, avg(v), interpolate(max(v), LINEAR) FROM … GROUP BY b, k HAVING … ORDER BY …

becomes three queries around one another:

1. the grouping itself, with HAVING: a row for each bucket that has rows (and passes);
2. beside each of these rows the bucket that follows it for the same other keys, and what it has in it;
3. every row repeated for the buckets up to the next one. The first of them is the row itself, in the others an aggregate
   is NULL and an interpolation is computed from the row and the one that follows. Sorting and LIMIT happen here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from kwrest.sql.bound import (
    Aggregate,
    Call,
    Case,
    Cast,
    ColumnRef,
    Const,
    Derived,
    Expr,
    Join,
    JoinKind,
    Order,
    Relation,
    Select,
    Stream,
    WindowCall,
)
from kwrest.sql.rules.rows import distinct, free_numbers, here, unnamed
from kwrest.sql.rules.walk import Node, map_children, transform, walk
from kwrest.types.kinds import BOOL, INT8, Family

GAPFILL = "time_bucket_gapfill"
INTERPOLATE = "interpolate."


def gapfills(expr: Expr) -> Iterator[Call]:
    """The gap filling calls in an expression."""
    return (node for node in walk(expr, here) if isinstance(node, Call) and node.op == GAPFILL)


def interpolations(expr: Expr) -> Iterator[Call]:
    """The interpolations in an expression."""
    return (node for node in walk(expr, here) if isinstance(node, Call) and node.op.startswith(INTERPOLATE))


def fill_gaps(relation: Relation) -> Relation:
    """Rewrite every query that groups by time_bucket_gapfill, subqueries too."""
    numbers = free_numbers(relation)

    def filled(node: Node) -> Node:
        if not isinstance(node, Select) or node.group_by is None:
            return node
        bucket = next((call for key in node.group_by for call in gapfills(key)), None)
        return node if bucket is None else _filled(node, bucket, numbers)

    return transform(relation, filled)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where values stand in a source: expressions may hold subqueries, so they are compared, not hashed."""

    values: Sequence[Expr]
    source: int
    first: int = 1

    def get(self, value: Node) -> ColumnRef | None:
        """The column of a value, if it has one."""
        for place, one in enumerate(self.values, self.first):
            if one == value:
                return ColumnRef(self.source, place, one.type)
        return None

    def of(self, value: Node) -> ColumnRef:
        """The column of a value that has one."""
        found = self.get(value)
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the rows of the grouping stand in the query around it. moment: the bucket of a filled row; real: whether it
    has rows of its own."""

    bucket: Call
    columns: _Columns
    following: _Columns
    moment: ColumnRef

    @property
    def real(self) -> Expr:
        return Call("not_distinct", (self.moment, self.columns.of(self.bucket)), BOOL)


def _filled(select: Select, bucket: Call, numbers: Iterator[int]) -> Select:
    keys = [key for key in select.group_by or () if not any(True for _ in gapfills(key))]
    last = (*select.outputs, *select.distinct_on, *(order.expr for order in select.order_by))
    aggregates = distinct(n for expr in last for n in walk(expr, here) if isinstance(n, Aggregate))
    values: list[Expr] = [bucket, *keys, *aggregates]
    # The engine groups by values, so what is shown as an instant is grouped by its clock.
    grouping = transform(
        Select(unnamed(values), tuple(values), select.source, select.where, (bucket, *keys), select.having), _plain
    )
    inner, outer, steps = next(numbers), next(numbers), next(numbers)
    own = _Columns(values, inner)
    ahead = [bucket, *distinct(c.arguments[0] for e in last for c in interpolations(e) if c.op in _LOOK_AHEAD)]
    series = tuple(own.of(key) for key in keys)
    following = [WindowCall("lead", (own.of(value),), value.type, series, (Order(own.of(bucket)),)) for value in ahead]
    beside = (*(own.of(value) for value in values), *following)
    chained = Select(unnamed(beside), beside, Derived(inner, grouping))
    columns, ends = _Columns(values, outer), _Columns(ahead, outer, len(values) + 1)
    places = _Places(bucket, columns, ends, ColumnRef(steps, 1, bucket.type))
    ends_of_gap = (columns.of(bucket), ends.of(bucket), bucket.arguments[1])
    filling = Stream(steps, "gapfill.steps", (*ends_of_gap, *_enough(select, bucket)), (bucket.type,))

    def shown(expr: Expr) -> Expr:
        return cast(Expr, _replaced(expr, places))

    return replace(
        select,
        outputs=tuple(map(shown, select.outputs)),
        source=Join(JoinKind.LEFT, Derived(outer, chained), filling, Const(True, BOOL)),
        where=None,
        group_by=None,
        having=None,
        distinct_on=tuple(map(shown, select.distinct_on)),
        order_by=tuple(replace(order, expr=shown(order.expr)) for order in select.order_by),
    )


def _enough(select: Select, bucket: Call) -> tuple[Const, ...]:
    """How many buckets of one gap the query can show at most: with LIMIT, in the order of the buckets or in none, the first
    ones are enough, and a gap may have millions."""
    counts = [count.value if isinstance(count, Const) else None for count in (select.limit, select.offset) if count]
    if select.limit is None or select.distinct or select.distinct_on or not all(isinstance(c, int) for c in counts):
        return ()
    if select.order_by and (select.order_by[0].descending or _clock_of(select.order_by[0].expr) != bucket):
        return ()
    return (Const(sum(c for c in counts if isinstance(c, int)), INT8),)


def _clock_of(expr: Expr) -> Expr:
    """What an instant was made of: it has the order of its clock."""
    while isinstance(expr, Cast) or (isinstance(expr, Call) and expr.op == "zone.instant"):
        expr = expr.operand if isinstance(expr, Cast) else expr.arguments[0]
    return expr


def _replaced(node: Node, places: _Places) -> Node:
    """An expression over the grouping as one over the filled rows."""
    if isinstance(node, Call) and node.op == GAPFILL:
        return places.moment
    if isinstance(node, Call) and node.op.startswith(INTERPOLATE):
        return _interpolated(node, places)
    if isinstance(node, Aggregate):
        return Case(((places.real, places.columns.of(node)),), None, node.type)
    if isinstance(node, Relation):
        # A subquery has aggregates of its own; of this query it can see the keys only.
        return transform(node, lambda inside: places.columns.get(inside) or inside)
    return places.columns.get(node) or map_children(node, lambda child: _replaced(child, places))


def _plain(node: Node) -> Node:
    """The bucket of one row is that of time_bucket."""
    return replace(node, op="time_bucket") if isinstance(node, Call) and node.op == GAPFILL else node


_LOOK_AHEAD = ("interpolate.next", "interpolate.linear")


def _interpolated(call: Call, places: _Places) -> Expr:
    value = call.arguments[0]
    before: Expr = places.columns.of(value)
    otherwise: Expr | None
    match call.op:
        case "interpolate.prev":
            return before
        case "interpolate.next":
            otherwise = places.following.of(value)
        case "interpolate.linear":
            start, end = places.columns.of(places.bucket), places.following.of(places.bucket)
            between = (before, places.following.of(value), start, places.moment, end)
            otherwise = Call("between_points", between, call.type)
        case "interpolate.with":
            otherwise = call.arguments[1]
        case _:
            otherwise = None
    if call.type.family is Family.DECIMAL and otherwise is not None:
        # An engine's sums and means have scales of their own; both branches in one, or digits behind the point are lost.
        before, otherwise = (Call("one_scale", (x,), call.type) for x in (before, otherwise))
    return Case(((places.real, before),), otherwise, call.type)
