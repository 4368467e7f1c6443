"""diff(x) OVER (…) as plain windows: the value minus the last one before it that is not NULL (facts 3.1).

The first row of each partition is not returned, so the query becomes one of numbered rows in another that leaves the
first ones out; DISTINCT, sorting and LIMIT happen there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kwrest.sql.bound import Call, Const, Expr, Relation, Select, WindowCall
from kwrest.sql.rules.rows import afterwards, free_numbers, here
from kwrest.sql.rules.walk import Node, map_children, transform, walk
from kwrest.types.kinds import BOOL, INT8

DIFF = "diff"
_BEFORE = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"


def take_differences(relation: Relation) -> Relation:
    """Rewrite every query with diff, subqueries too."""
    if not any(isinstance(node, WindowCall) and node.op == DIFF for node in walk(relation)):
        return relation
    numbers = free_numbers(relation)

    def rewritten(node: Node) -> Node:
        return _without_first(node, numbers) if isinstance(node, Select) else node

    return transform(relation, rewritten)


def _without_first(select: Select, numbers: Iterator[int]) -> Select:
    calls = [n for expr in _shown(select) for n in walk(expr, here) if isinstance(n, WindowCall) and n.op == DIFF]
    if not calls:
        return select
    place = WindowCall("row_number", (), INT8, calls[0].partition_by, calls[0].order_by)
    plain = map_children(replace(select, source=None), _difference)
    around, (number,) = afterwards(replace(plain, source=select.source), (place,), numbers)
    return replace(around, where=Call("gt", (number, Const(1, INT8)), BOOL))


def _shown(select: Select) -> tuple[Expr, ...]:
    return (*select.outputs, *select.distinct_on, *(order.expr for order in select.order_by))


def _difference(node: Node) -> Node:
    """`x - last x before it`, the type's own subtraction."""
    if isinstance(node, Relation):
        return node
    if not isinstance(node, WindowCall) or node.op != DIFF:
        return map_children(node, _difference)
    (value,) = node.arguments
    last = WindowCall("last_known", (value,), value.type, node.partition_by, node.order_by, _BEFORE)
    return Call(f"sub.{value.type.family.value}", (value, last), node.type)
