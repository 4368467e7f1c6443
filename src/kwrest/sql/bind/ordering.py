"""ORDER BY, LIMIT, OFFSET and the order that DISTINCT allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kwrest.errors import NegativeCount, NoOrder, WrongCountType, WrongOrderOfDistinct, WrongOrderOfDistinctOn
from kwrest.sql import tree
from kwrest.sql.bind.constants import settle, settles, untyped
from kwrest.sql.bind.expressions import bind_expression, bind_settled
from kwrest.sql.bind.grouping import Output, by_alias, by_position
from kwrest.sql.bind.names import described
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bound import Const, Expr, Order
from kwrest.types.kinds import INT8, Family


def bind_order_by(nodes: Sequence[tree.OrderItem], outputs: Sequence[Output], scope: Scope) -> tuple[Order, ...]:
    """ORDER BY keys: a column of the result by position or name, else any expression over FROM.

    KWDB sorts NULL as the smallest value: first ascending, last descending; here that is said for every key.
    """
    return tuple(order_key(item, bind_key(item.expr, outputs, scope, "ORDER BY")) for item in nodes)


def order_key(item: tree.OrderItem, expr: Expr) -> Order:
    """The key with its NULL order made explicit. Raises NoOrder (0A000) for types KWDB does not sort by."""
    if expr.type.family in (Family.JSON, Family.ARRAY):
        raise NoOrder(type=str(expr.type).lower())
    nulls_first = not item.descending if item.nulls_first is None else item.nulls_first
    return Order(expr, item.descending, nulls_first)


def bind_key(node: tree.Expr, outputs: Sequence[Output], scope: Scope, clause: str) -> Expr:
    """A key of ORDER BY or DISTINCT ON: position, name of a result column, or expression, in that order."""
    found = by_position(node, outputs, clause)
    if found is None:
        found = by_alias(node, outputs, clause)
    if found is None:
        scope.clause = clause
        found = bind_settled(node, scope)
    return found


def check_distinct(order_by: Sequence[Order], outputs: Sequence[Output]) -> None:
    """SELECT DISTINCT sorts by its own columns only. Raises WrongOrderOfDistinct (42P10)."""
    if any(all(key.expr != o.expr for o in outputs) for key in order_by if not isinstance(key.expr, Const)):
        raise WrongOrderOfDistinct()


def check_distinct_on(order_by: Sequence[Order], distinct_on: Sequence[Expr]) -> None:
    """The first ORDER BY keys of DISTINCT ON are its expressions, in any order. Raises WrongOrderOfDistinctOn (42P10)."""
    met: list[Expr] = []
    for key in order_by:
        if all(expr in met for expr in distinct_on):
            return
        if key.expr not in distinct_on:
            raise WrongOrderOfDistinctOn()
        met.append(key.expr)


def bind_count(node: tree.Expr | None, clause: str, scope: Scope) -> Expr | None:
    """The row count of LIMIT or OFFSET; None when there is none (NULL means no limit).

    It sees no column of the query. Raises WrongCountType (42804), NegativeCount (2201W).
    """
    if node is None:
        return None
    if isinstance(node, tree.Unary) and node.op == "-" and isinstance(node.operand, tree.Number):
        raise NegativeCount(clause=clause)
    alone = replace(scope.inner(), outer=None, clause=clause)
    written = bind_expression(node, alone)
    count = settles(written, INT8) if untyped(written) else written
    if count is None:
        raise WrongCountType(clause=clause, type=described(settle(written).type))
    if isinstance(count, Const) and count.value is None:
        return None
    if count.type.family is not Family.INT:
        raise WrongCountType(clause=clause, type=described(count.type))
    if isinstance(count, Const) and isinstance(count.value, int) and count.value < 0:
        raise NegativeCount(clause=clause)
    return count
