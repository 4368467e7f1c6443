"""Aggregates, window functions and the first / last family (facts 3.1, 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kwrest.errors import (
    DatatypeMismatch,
    GroupingError,
    InvalidParameter,
    KwrestError,
    NotSupportedHere,
    UnknownSignature,
    WrongSyntax,
)
from kwrest.sql import tree
from kwrest.sql.bind.calls import choose, result_type
from kwrest.sql.bind.constants import read, settle, settles
from kwrest.sql.bind.names import described
from kwrest.sql.bind.protocol import Scope
from kwrest.sql.bound import Aggregate, Call, Const, Expr, Order, Relation, TupleOf
from kwrest.sql.functions import AGGREGATES, PICKS
from kwrest.sql.functions.signature import Pick
from kwrest.sql.rules.gapfill import GAPFILL
from kwrest.sql.rules.generators import EACH
from kwrest.sql.rules.walk import Node, walk
from kwrest.types import kinds
from kwrest.types.kinds import BOOL, Family

Bind = Callable[[tree.Expr, Scope], Expr]

# Clauses in which a group does not exist yet.
_UNGROUPED = ("WHERE", "ON", "VALUES", "LIMIT", "OFFSET")


def is_aggregate(name: str) -> bool:
    """Whether a call of that name is an aggregate or a member of the first / last family."""
    return name in AGGREGATES or name in PICKS


def aggregate(call: tree.Call, scope: Scope, bind: Bind, windowed: bool = False) -> Expr:
    """Bind an aggregate call. windowed: with OVER, so that its arguments may be aggregates of groups. Raises UnknownSignature, AggregateNotAllowed, GroupingError (nested)."""
    check_clause(scope)
    if call.name in PICKS:
        return _pick(PICKS[call.name], call, scope)
    rows = AGGREGATES[call.name]
    if call.star:
        if not any(row.star for row in rows):
            raise WrongSyntax(reason=f'{call.name}(): cannot use "*" in this context')
        arguments: tuple[Expr, ...] = ()
    else:
        if not call.arguments:
            raise UnknownSignature(name=call.name, types="")
        arguments = tuple(bind(argument, scope) for argument in call.arguments)
    if not windowed:
        check_nesting(call.name, arguments)
    if call.name == "count" and len(arguments) == 1 and isinstance(arguments[0], TupleOf):
        row = next(row for row in rows if len(row.arguments) == 1)
        given: tuple[Expr, ...] = arguments
    else:
        chosen = choose(call.name, rows, arguments, scope.context.zone)
        row = chosen.row
        given = chosen.arguments
    if row.key == "quantile":
        _check_quantile(given[1])
    return Aggregate(
        row.key,
        given,
        result_type(row.result, given),
        call.distinct,
        filter_of(call, scope, bind),
        tuple(order_key(item, scope, bind) for item in call.order_by),
    )


def check_clause(scope: Scope) -> None:
    """Raises GroupingError (42803) where no group exists yet."""
    if scope.clause in _UNGROUPED:
        raise GroupingError(reason=f"aggregate functions are not allowed in {scope.clause}")


def check_nesting(name: str, arguments: Sequence[Expr]) -> None:
    """Raises GroupingError (42803) for an aggregate in another's arguments."""
    for argument in arguments:
        for node in walk(argument, lambda node: not isinstance(node, Relation)):
            if isinstance(node, Call) and node.op == EACH:
                raise NotSupportedHere(reason="set-returning functions are not allowed inside an aggregate")
            inner = _nested(node)
            if inner:
                raise GroupingError(reason=f"{name}(): {inner}(): aggregate function calls cannot be nested")


def _nested(node: Node) -> str:
    """What KWDB calls a call that no aggregate may have in it; empty for any other node."""
    if isinstance(node, Aggregate):
        return "count_rows" if node.op == "count.rows" else node.op.partition(".")[0]
    return "time_bucket_gapfill_internal" if isinstance(node, Call) and node.op == GAPFILL else ""


def _check_quantile(share: Expr) -> None:
    if not isinstance(share, Const) or not isinstance(share.value, float):
        raise InvalidParameter(reason="quantile value must be a constant")
    if not 0 <= share.value <= 1:
        raise InvalidParameter(reason=f"quantile value {share.value:.6f} is out of range [0, 1]")


def filter_of(call: tree.Call, scope: Scope, bind: Bind) -> Expr | None:
    """The condition of FILTER. Raises GroupingError (42803), DatatypeMismatch (42804)."""
    if call.filter is None:
        return None
    condition = bind(call.filter, scope)
    if any(isinstance(node, Aggregate) for node in walk(condition, lambda node: not isinstance(node, Relation))):
        raise GroupingError(reason="aggregate functions are not allowed in FILTER")
    settled = settles(condition, BOOL)
    if settled is None:
        raise DatatypeMismatch(reason=f"incompatible FILTER expression type: {described(condition.type)}")
    return settled


def order_key(item: tree.OrderItem, scope: Scope, bind: Bind) -> Order:
    """A key of ORDER BY within a call."""
    nulls_first = not item.descending if item.nulls_first is None else item.nulls_first
    return Order(settle(bind(item.expr, scope)), item.descending, nulls_first)


# ---------------------------------------------------------------- first and last


def _pick(row: Pick, call: tree.Call, scope: Scope) -> Expr:
    """`last(a)`, `last(a, t)`, `last(a, '2024-01-01')`: arguments of the bound call are the column, the time column that
    orders, and the deadline if there is one."""
    if scope.table is None or scope.time is None:
        raise NotSupportedHere(reason=f"{row.name}() can only be used in timeseries table query or subquery")
    if call.star:
        raise WrongSyntax(reason=f'{row.name}(): cannot use "*" in this context')
    for wrong, token in ((call.distinct, "distinct"), (call.filter is not None, "filter"), (not call.arguments, ")")):
        if wrong:
            raise WrongSyntax(reason=f'at or near "{token}": syntax error')
    if len(call.arguments) > 2:
        raise WrongSyntax(reason='at or near ",": syntax error')
    argument = call.arguments[0]
    if not isinstance(argument, tree.Name):
        raise WrongSyntax(reason=f'at or near "{_token(argument)}": syntax error')
    column = scope.column(argument)
    order: Expr = scope.time
    extra: tuple[Expr, ...] = ()
    if len(call.arguments) == 2:
        second = call.arguments[1]
        if isinstance(second, tree.Name):
            order = scope.column(second)
            if order.type.family is not Family.TIMESTAMPTZ:
                raise InvalidParameter(reason="the second parameter is invalid")
        elif isinstance(second, tree.String) and row.deadline:
            extra = (_deadline(row, second, scope),)
        else:
            raise InvalidParameter(reason="the second parameter is invalid")
    return Aggregate(row.name, (column, order, *extra), order.type if row.gives_time else column.type)


def _deadline(row: Pick, text: tree.String, scope: Scope) -> Expr:
    try:
        value = read(text.value, kinds.TIMESTAMPTZ, scope.context.zone)
    except KwrestError:
        raise DatatypeMismatch(reason=f"the second parameter of {row.name} must be of timestamptz type") from None
    return Const(value, kinds.TIMESTAMPTZ)


def _token(node: tree.Expr) -> str:
    """The first token after a column name that the grammar of the first / last family does not take."""
    match node:
        case tree.Binary():
            return node.op.lower()
        case tree.Call() | tree.Tuple():
            return "("
        case tree.Number():
            return node.text
        case tree.String():
            return node.value
        case tree.Cast():
            return "::"
        case tree.Unary():
            return node.op.lower()
        case tree.Null():
            return "null"
        case _:
            return "("
