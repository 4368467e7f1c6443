"""twa(time, x) as sums: the area between each point and the one before it, over the time from first to last (facts 3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from kwrest.sql.bound import Aggregate, Call, Expr, Order, Relation, Select, WindowCall
from kwrest.sql.rules.rows import beside, distinct, free_numbers, here, replaced
from kwrest.sql.rules.walk import Node, transform, walk
from kwrest.types.kinds import BOOL, FLOAT8

TWA = "twa"


def weigh_by_time(relation: Relation) -> Relation:
    """Rewrite every query with twa, subqueries too."""
    if not any(isinstance(node, Aggregate) and node.op == TWA for node in walk(relation)):
        return relation
    numbers = free_numbers(relation)

    def weighed(node: Node) -> Node:
        return _weighed(node, numbers) if isinstance(node, Select) and node.group_by is not None else node

    return transform(relation, weighed)


def _weighed(select: Select, numbers: Iterator[int]) -> Select:
    while True:
        calls = distinct(n for n in _inside(select) if isinstance(n, Aggregate) and n.op == TWA)
        if not calls:
            return select
        call = calls[0]
        assert isinstance(call, Aggregate) and select.group_by is not None
        time, value = call.arguments
        # Points without a value are no points: they are chained among themselves, and what comes of it is NULL.
        chain = (*select.group_by, Call("is_null", (value,), BOOL))
        order = (Order(time),)
        before = (
            time,
            value,
            WindowCall("lag", (time,), time.type, chain, order),
            WindowCall("lag", (value,), value.type, chain, order),
        )
        marker = Aggregate("twa.chained", call.arguments, FLOAT8)
        select, (here_time, here_value, last_time, last_value) = beside(replaced(select, call, marker), before, numbers)
        there = Call("is_not_null", (here_value,), BOOL)
        area = Call("twa.area", (last_time, last_value, here_time, here_value), FLOAT8)
        mean = Call(
            "twa.mean",
            (
                Aggregate("sum.float", (area,), FLOAT8),
                Aggregate("min", (here_time,), here_time.type, filter=there),
                Aggregate("max", (here_time,), here_time.type, filter=there),
                Aggregate("min", (here_value,), here_value.type),
            ),
            FLOAT8,
        )
        (moved,) = distinct(n for n in _inside(select) if isinstance(n, Aggregate) and n.op == "twa.chained")
        select = replaced(select, moved, mean)


def _inside(select: Select) -> Iterator[Node]:
    """Nodes of a query's own expressions."""
    keys = (order.expr for order in select.order_by)
    roots: tuple[Expr, ...] = (*select.outputs, *select.distinct_on, *keys)
    for root in roots if select.having is None else (*roots, select.having):
        yield from walk(root, here)
