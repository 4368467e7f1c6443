"""twa, elapsed and diff: functions of values and the time between them (facts 3.1)."""

from __future__ import annotations

from collections.abc import Callable

from kwrest.errors import (
    AmbiguousCall,
    DatatypeMismatch,
    GroupingError,
    InvalidParameter,
    NotSupportedHere,
    UnknownSignature,
    WrongParameterCount,
    WrongSyntax,
)
from kwrest.sql import tree
from kwrest.sql.bind.aggregates import check_clause, check_nesting, order_key
from kwrest.sql.bind.arithmetic import operation
from kwrest.sql.bind.casts import cast
from kwrest.sql.bind.constants import is_null, literal, settle
from kwrest.sql.bind.protocol import Scope
from kwrest.sql.bound import Aggregate, Call, Const, Expr, Interval, Order, WindowCall
from kwrest.types import kinds
from kwrest.types.intervals import interval_from_text
from kwrest.types.kinds import FLOAT8, INT8, Family
from kwrest.types.reasons import TextError

Bind = Callable[[tree.Expr, Scope], Expr]

_NUMBERS = (Family.INT, Family.FLOAT, Family.DECIMAL)
_DAY = 86_400_000_000_000
# Nanoseconds of the units that elapsed counts in: ns, us, ms, s, m, h, d, w.
_UNITS = (1, 1000, 1_000_000, 1_000_000_000, 60_000_000_000, 3_600_000_000_000, _DAY, 7 * _DAY)
_MILLISECOND = 1_000_000


def twa(call: tree.Call, scope: Scope, bind: Bind) -> Expr:
    """`twa(time, x)`, the mean of x weighted by time. Raises NotSupportedHere, DatatypeMismatch, WrongParameterCount,
    AmbiguousCall, UnknownSignature."""
    time, arguments = _over_time(call, scope, bind)
    if len(arguments) != 2:
        raise WrongParameterCount(name=call.name)
    value = arguments[1]
    if is_null(value):
        candidates = "\n".join(f"twa(timestamptz, {kind}) -> float" for kind in ("int", "float"))
        raise AmbiguousCall(name="twa", types=f"{time.type}, UNKNOWN", candidates=f"{candidates}\n")
    value = settle(value)
    if value.type.family not in _NUMBERS:
        raise UnknownSignature(name="twa", types=f"{time.type}, {value.type}")
    return Aggregate("twa", (time, cast(value, FLOAT8, scope.context.zone)), FLOAT8)


def elapsed(call: tree.Call, scope: Scope, bind: Bind) -> Expr:
    """`elapsed(time [, unit])`: from the first time to the last, in units of 1ms or as said."""
    time, arguments = _over_time(call, scope, bind)
    if len(arguments) > 2:
        raise WrongParameterCount(name=call.name)
    unit = _unit(arguments[1], time) if len(arguments) == 2 else _MILLISECOND
    ends = tuple(Aggregate(name, (time,), time.type) for name in ("min", "max"))
    return Call("elapsed", (*ends, Const(unit, INT8)), FLOAT8)


def _over_time(call: tree.Call, scope: Scope, bind: Bind) -> tuple[Expr, list[Expr]]:
    """The time column, which is the first argument, and all arguments."""
    check_clause(scope)
    if call.star or call.distinct or call.filter is not None or call.over is not None:
        raise WrongSyntax(reason=f"{call.name}(): only plain calls are supported")
    if scope.table is None or scope.time is None:
        raise NotSupportedHere(reason=f"{call.name} function can only be used in time series table")
    arguments = [bind(argument, scope) for argument in call.arguments]
    check_nesting(call.name, arguments)
    if not arguments:
        raise WrongParameterCount(name=call.name)
    if arguments[0] != scope.time:
        raise DatatypeMismatch(reason=f"first parameter should be primary timestamp in {call.name} function")
    return arguments[0], arguments


def _unit(argument: Expr, time: Expr) -> int:
    value = literal(argument)
    length = value if isinstance(value, Interval) else None
    if isinstance(value, str):
        try:
            length = interval_from_text(value, "")
        except TextError:
            length = None
    if length is None:
        shown = "UNKNOWN" if is_null(argument) else str(settle(argument).type)
        raise UnknownSignature(name="elapsed", types=f"{time.type}, {shown}")
    nanoseconds = length.days * _DAY + length.nanoseconds
    if length.months or nanoseconds not in _UNITS:
        raise InvalidParameter(reason="invalid time unit in elapsed function")
    return nanoseconds


def diff(call: tree.Call, scope: Scope, bind: Bind) -> Expr:
    """`diff(x) OVER (PARTITION BY … ORDER BY …)`. The rows of a time-series table are always taken in the order of their
    times, whatever is written (recorded). Raises GroupingError, UnknownSignature, WrongSyntax."""
    if call.over is None:
        raise WrongSyntax(reason="window function diff() requires an OVER clause")
    if scope.clause not in ("SELECT", "ORDER BY"):
        raise GroupingError(reason=f"window functions are not allowed in {scope.clause}")
    if call.star or len(call.arguments) != 1:
        raise UnknownSignature(name="diff", types="")
    value = settle(bind(call.arguments[0], scope))
    if value.type.family not in _NUMBERS:
        raise UnknownSignature(name="diff", types=str(value.type))
    wide = {Family.INT: INT8, Family.FLOAT: FLOAT8}.get(value.type.family, kinds.DECIMAL)
    made = operation("-", value, value, scope.context.zone)
    assert isinstance(made, Call)
    partition = tuple(settle(bind(part, scope)) for part in call.over.partition_by)
    written = tuple(order_key(item, scope, bind) for item in call.over.order_by)
    by_time = scope.time is not None and (not written or written[0].expr == scope.time)
    order = (Order(scope.time),) if scope.time is not None and by_time else written
    return WindowCall("diff", (made.arguments[0],), wide, partition, order)
