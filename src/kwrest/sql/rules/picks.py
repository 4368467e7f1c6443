"""first, last and their kin as aggregates that any engine has (facts 3.1).

Each picks the value of its first argument in the row with the smallest or largest second argument, the order column:

    first(x, t), last(x, t)                  among rows where x is not NULL
    first_row(x, t), last_row(x, t)          in that very row, NULL or not
    firstts(x, t), lastts(x, t)              the order column of the row that first or last picks
    first_row_ts(x, t), last_row_ts(x, t)    the smallest and largest order column

A third argument is a deadline: rows whose order column is later do not count.
"""

from __future__ import annotations

from dataclasses import replace

from kwrest.sql.bound import Aggregate, And, Call, Expr, Relation
from kwrest.sql.rules.walk import Node, transform
from kwrest.types.kinds import BOOL

# What picks a value: op → the neutral aggregate over (value, order column).
VALUE_PICKS = {
    "first": "arg_min",
    "last": "arg_max",
    "first_row": "arg_min_null",
    "last_row": "arg_max_null",
}

# What picks a time: op → (the neutral aggregate of the order column, whether the value must not be NULL).
TIME_PICKS = {
    "firstts": ("min", True),
    "lastts": ("max", True),
    "first_row_ts": ("min", False),
    "last_row_ts": ("max", False),
}

PICKS = (*VALUE_PICKS, *TIME_PICKS)


def pick_rows(relation: Relation) -> Relation:
    """Rewrite every call of the first / last family, in subqueries too."""
    return transform(relation, _neutral)


def _neutral(node: Node) -> Node:
    if not isinstance(node, Aggregate) or node.op not in PICKS:
        return node
    value, time, *deadline = node.arguments
    conditions: tuple[Expr, ...] = () if node.filter is None else (node.filter,)
    conditions += tuple(Call("le", (time, limit), BOOL) for limit in deadline)
    if node.op in VALUE_PICKS:
        return replace(node, op=VALUE_PICKS[node.op], arguments=(value, time), filter=_all(conditions))
    op, skip_null = TIME_PICKS[node.op]
    if skip_null:
        conditions += (Call("is_not_null", (value,), BOOL),)
    return replace(node, op=op, arguments=(time,), filter=_all(conditions))


def _all(conditions: tuple[Expr, ...]) -> Expr | None:
    """One condition of several; None of none."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return And(conditions)
