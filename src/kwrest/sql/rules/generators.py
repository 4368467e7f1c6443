"""Set-returning functions of the select list as rows beside the query (see bind/generators.py).

The query itself is computed inside, with the lists as columns; around it each row is repeated for the elements of its
lists, what the elements are part of is computed, and DISTINCT, sorting and LIMIT happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from kwrest.sql.bound import Call, ColumnRef, Const, Derived, Expr, Join, JoinKind, Relation, Select, Series
from kwrest.sql.rules.rows import distinct, free_numbers, here, unnamed
from kwrest.sql.rules.walk import Node, map_children, transform, walk

EACH = "each"


def expand_generators(relation: Relation) -> Relation:
    """Rewrite every query with set-returning functions in its select list, subqueries too."""
    if not any(isinstance(node, Call) and node.op == EACH for node in walk(relation)):
        return relation
    numbers = free_numbers(relation)

    def expanded(node: Node) -> Node:
        return _expanded(node, numbers) if isinstance(node, Select) else node

    return transform(relation, expanded)


def _generators(expr: Expr) -> list[Expr]:
    return distinct(node for node in walk(expr, here) if isinstance(node, Call) and node.op == EACH)


def _expanded(select: Select, numbers: Iterator[int]) -> Select:
    shown = (*select.outputs, *select.distinct_on, *(order.expr for order in select.order_by))
    calls = distinct(call for expr in shown for call in _generators(expr))
    if not calls:
        return select
    inner, outer = next(numbers), next(numbers)
    lists: list[Expr] = [cast(Call, call).arguments[0] for call in calls]
    values: list[Expr] = []

    def around(node: Node) -> Node:
        """An expression over what the inner query gives: a list's element, or a value it computed."""
        if node in calls:
            call = cast(Call, node)
            return ColumnRef(outer, calls.index(call) + 1, call.type)
        if not isinstance(node, Expr) or isinstance(node, Const):
            return node
        if _generators(node):
            return map_children(node, around)
        if node not in values:
            values.append(node)
        return ColumnRef(inner, len(lists) + values.index(node) + 1, node.type)

    outputs = tuple(cast(Expr, around(expr)) for expr in select.outputs)
    distinct_on = tuple(cast(Expr, around(expr)) for expr in select.distinct_on)
    order_by = tuple(replace(order, expr=cast(Expr, around(order.expr))) for order in select.order_by)
    computed = (*lists, *values)
    rows = replace(
        select, columns=unnamed(computed), outputs=computed, distinct=False, distinct_on=(), order_by=(), limit=None, offset=None
    )  # fmt: skip
    series = Series(outer, tuple(ColumnRef(inner, place, one.type) for place, one in enumerate(lists, 1)))
    return Select(
        select.columns,
        outputs,
        Join(JoinKind.CROSS, Derived(inner, rows), series),
        distinct=select.distinct,
        distinct_on=distinct_on,
        order_by=order_by,
        limit=select.limit,
        offset=select.offset,
    )
