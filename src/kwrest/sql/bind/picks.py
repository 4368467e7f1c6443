"""first, last and their kin: KWDB's narrow forms of call, and `last(*)` opened to one call a column (facts 3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kwrest.errors import (
    AggregateNotAllowed,
    InvalidPickOrder,
    KwrestError,
    NotTimeSeriesQuery,
    PickOrderType,
    StarNotHere,
    SyntaxError_,
)
from kwrest.sql import tree
from kwrest.sql.bind.expressions import Scope as ExpressionScope
from kwrest.sql.bind.expressions import bind_condition, bind_settled
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bound import Aggregate, ColumnRef, Expr
from kwrest.sql.rules.picks import PICKS, TIME_PICKS
from kwrest.types.kinds import TIMESTAMPTZ, Family

# Aggregates may stand only here; elsewhere KWDB refuses them by the clause's name.
_CLAUSES = ("SELECT", "HAVING", "ORDER BY", "DISTINCT ON")


def opened(item: tree.SelectItem, scope: Scope) -> Iterator[tuple[str, tree.Call]]:
    """The calls `last(*)` or `last(t.*)` stands for, with their names `last(ts)`, `last(a)`, …; none for any other item."""
    call = item.expr
    if not isinstance(call, tree.Call) or call.name not in PICKS:
        return
    star = tree.Star() if call.star else call.arguments[0] if len(call.arguments) == 1 else None
    if not isinstance(star, tree.Star):
        return
    for field in scope.star(star.table):
        one = replace(call, star=False, arguments=(tree.Name((tree.Ident(field.name, quoted=True),)),))
        yield f"{call.name}({field.name})", one


def bind_pick(call: tree.Call, scope: ExpressionScope) -> Aggregate:
    """A call of the family as an aggregate over (column, order column).

    Raises NotTimeSeriesQuery (0A000), StarNotHere (42601), InvalidPickOrder (22023), PickOrderType (42804), and
    SyntaxError_ for forms that KWDB's grammar does not have: expressions, constants, DISTINCT, FILTER.
    """
    _check_form(call)
    if scope.clause not in _CLAUSES:
        raise AggregateNotAllowed(clause=scope.clause)
    if scope.table is None or scope.time is None:
        raise NotTimeSeriesQuery(function=call.name)
    (name, *order) = call.arguments
    assert isinstance(name, tree.Name)
    column = scope.column(name)
    time, filter_ = _order(call, order[0], scope) if order else (scope.time, None)
    return Aggregate(call.name, (column, time), time.type if call.name in TIME_PICKS else column.type, filter=filter_)


def _check_form(call: tree.Call) -> None:
    """Only columns may stand in the call; the token named is the first that KWDB's grammar would not take."""
    if call.star or (call.arguments and isinstance(call.arguments[0], tree.Star)):
        raise StarNotHere(function=call.name)
    if call.distinct:
        raise SyntaxError_(token="distinct")
    if not call.arguments:
        raise SyntaxError_(token=")")
    if not isinstance(call.arguments[0], tree.Name):
        raise SyntaxError_(token=_first_wrong(call.arguments[0]))
    if len(call.arguments) > 2:
        raise SyntaxError_(token=",")
    if call.filter is not None:
        raise SyntaxError_(token="filter")
    if call.over is not None:
        raise SyntaxError_(token="over")


def _first_wrong(node: tree.Expr) -> str:
    match node:
        case tree.Number(text):
            return text
        case tree.String(value):
            return value
        case tree.Binary(op, tree.Name()):
            return op.lower()
        case tree.Binary(_, left):
            return _first_wrong(left)
        case tree.Unary(op):
            return op.lower()
        case tree.Cast(tree.Name()):
            return "::"
        case tree.Null():
            return "null"
        case tree.Boolean(value):
            return str(value).lower()
        case _:
            return "("


def _order(call: tree.Call, order: tree.Expr, scope: ExpressionScope) -> tuple[ColumnRef, Expr | None]:
    """The order column and the filter of a second argument: a time column, or for `last` a constant deadline."""
    time = scope.time
    assert time is not None and scope.table is not None
    if isinstance(order, tree.Name):
        column = scope.column(order)
        if column.type.family is not Family.TIMESTAMPTZ:
            raise InvalidPickOrder()
        return column, None
    if call.name != "last" or not isinstance(order, tree.String | tree.TypedLiteral):
        raise InvalidPickOrder()
    try:
        bind_settled(order, scope, TIMESTAMPTZ)
    except KwrestError:
        raise PickOrderType(function=call.name) from None
    time_name = tree.Name((tree.Ident(scope.table.time_column.name, quoted=True),))
    return time, bind_condition(tree.Binary("<=", time_name, order), scope)
