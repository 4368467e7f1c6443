"""GROUP BY: what it may name, and what may stand beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from kwrest.errors import AggregateInGroupBy, AmbiguousOrder, NonIntegerConstant, NotGrouped, PositionNotInList
from kwrest.sql import tree
from kwrest.sql.bind.expressions import bind_settled
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bound import Aggregate, ColumnRef, Expr, Relation
from kwrest.sql.rules.walk import Node, children, map_children, walk


@dataclass(frozen=True, slots=True)
class Output:
    """One column of the result. name: KWDB's, from the alias or the expression."""

    name: str
    expr: Expr


def in_this_query(node: Node) -> bool:
    """For `walk`: not into subqueries, whose aggregates are their own."""
    return not isinstance(node, Relation)


def aggregates(expr: Expr) -> Iterator[Aggregate]:
    """The aggregate calls of this query in an expression, those of subqueries left out."""
    return (node for node in walk(expr, in_this_query) if isinstance(node, Aggregate))


# ---------------------------------------------------------------- positions and aliases


def by_position(node: tree.Expr, outputs: Sequence[Output], clause: str) -> Expr | None:
    """The output that a constant names: `GROUP BY 2`, `ORDER BY 1`. None when `node` is no constant.

    Raises PositionNotInList (42P10), NonIntegerConstant (42601).
    """
    match node:
        case tree.Number(text) if text.isdigit():
            position = int(text)
        case tree.Unary("-", tree.Number(text)) if text.isdigit():
            position = -int(text)
        case tree.Number(text):
            raise NonIntegerConstant(clause=clause, constant=text)
        case tree.String(value):
            raise NonIntegerConstant(clause=clause, constant=f"'{value}'")
        case _:
            return None
    if not 1 <= position <= len(outputs):
        raise PositionNotInList(clause=clause, position=position)
    return outputs[position - 1].expr


def by_alias(node: tree.Expr, outputs: Sequence[Output], clause: str) -> Expr | None:
    """The output that an unqualified name means; None when there is none of that name.

    Raises AmbiguousOrder (42702) when two outputs with different values have it.
    """
    if not isinstance(node, tree.Name) or len(node.parts) != 1:
        return None
    name = node.parts[0].name
    hits = [o.expr for o in outputs if o.name == name]
    if any(hit != hits[0] for hit in hits):
        raise AmbiguousOrder(clause=clause, name=name)
    return hits[0] if hits else None


def bind_group_by(nodes: Sequence[tree.Expr], outputs: Sequence[Output], scope: Scope) -> tuple[Expr, ...]:
    """The grouping expressions. A name means a column of FROM first, then a column of the result (recorded: an alias
    `ts` beside a column `ts` groups by the column). Raises AggregateInGroupBy (42803) and what binding raises."""
    keys: list[Expr] = []
    for node in nodes:
        key = _bind_key(node, outputs, scope)
        for call in aggregates(key):
            raise AggregateInGroupBy(function=call.op.replace("count.rows", "count_rows").partition(".")[0])
        if key not in keys:
            keys.append(key)
    return tuple(keys)


def _bind_key(node: tree.Expr, outputs: Sequence[Output], scope: Scope) -> Expr:
    found = by_position(node, outputs, "GROUP BY")
    if found is not None:
        return found
    if isinstance(node, tree.Name) and len(node.parts) == 1 and scope.field((), node.parts[0].name) is None:
        alias = by_alias(node, outputs, "GROUP BY")
        if alias is not None:
            return alias
    scope.clause = "GROUP BY"
    return bind_settled(node, scope)


# ---------------------------------------------------------------- what may stand beside


def check_grouped(expr: Expr, keys: Sequence[Expr], scope: Scope) -> None:
    """Every column outside an aggregate must be a grouping key or inside one. Raises NotGrouped (42803)."""
    column = ungrouped(expr, keys, scope)
    if column is not None:
        raise NotGrouped(name=scope.column_name(column))


def ungrouped(node: Node, keys: Sequence[Expr], scope: Scope) -> ColumnRef | None:
    """The first column of this level that is neither grouped by nor inside an aggregate."""
    if node in keys or isinstance(node, Aggregate):
        return None
    if isinstance(node, ColumnRef):
        return node if scope.column_name(node) is not None else None
    return next((c for child in children(node) if (c := ungrouped(child, keys, scope)) is not None), None)


# ---------------------------------------------------------------- columns beside a single max or min

# The aggregate that gives a column of the row in which max or min was found.
_BESIDE = {"max": "arg_max_null", "min": "arg_min_null"}


def sole_extreme(exprs: Sequence[Expr], scope: Scope) -> Aggregate | None:
    """The max or min of a query over one time-series table that has no other aggregate; else None.

    KWDB lets other columns stand beside it: they come from the row that has the value (recorded: `SELECT max(a), c`).
    """
    calls = [call for expr in exprs for call in aggregates(expr)]
    if scope.table is None or not calls or any(call != calls[0] for call in calls):
        return None
    call = calls[0]
    return call if call.op in _BESIDE and not call.distinct and call.filter is None else None


def moved(expr: Expr, before: Sequence[Output], after: Sequence[Output]) -> Expr:
    """A key that is an output as that output now is: an ungrouped column may be sorted by only when it is shown."""
    return next((new.expr for old, new in zip(before, after, strict=True) if old.expr == expr), expr)


def beside(expr: Expr, extreme: Aggregate, keys: Sequence[Expr], scope: Scope) -> Expr:
    """The expression with every ungrouped column taken from the row of the extreme."""

    def picked(node: Node) -> Node:
        if node in keys or isinstance(node, Aggregate | Relation):
            return node
        if isinstance(node, ColumnRef):
            if scope.column_name(node) is None:
                return node
            return Aggregate(_BESIDE[extreme.op], (node, extreme.arguments[0]), node.type)
        return map_children(node, picked)

    return cast(Expr, picked(expr))
