"""count_window, event_window, session_window, state_window, time_window: what they may be given (facts 3.3).

They stand in GROUP BY only, of a query over one time-series table. `rules/group_windows.py` takes them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast as typed

from kwrest.errors import DatatypeMismatch, InvalidParameter, NotSupportedHere, UnknownSignature
from kwrest.sql import tree
from kwrest.sql.bind.casts import instant
from kwrest.sql.bind.constants import is_null, literal, settle, settles
from kwrest.sql.bind.names import described
from kwrest.sql.bind.protocol import Scope
from kwrest.sql.bind.times import bucket_clock
from kwrest.sql.bound import Aggregate, Call, ColumnRef, Const, Expr, Interval, Relation
from kwrest.sql.rules.group_windows import is_window
from kwrest.sql.rules.walk import Node, map_children
from kwrest.types import kinds
from kwrest.types.intervals import interval_from_text
from kwrest.types.kinds import BOOL, Family
from kwrest.types.reasons import TextError

Bind = Callable[[tree.Expr, Scope], Expr]

_ONE_TABLE = "group window function is only supported for use in single time series table query."
_STATES = ("CHAR", "VARCHAR")
_SHORTEST = 10_000_000  # nanoseconds of a time window
_DAY = 86_400_000_000_000


def group_window(call: tree.Call, scope: Scope, bind: Bind) -> Expr:
    """A group window. Raises NotSupportedHere (0A000), InvalidParameter (22023), DatatypeMismatch, UnknownSignature."""
    if scope.clause != "GROUP BY":
        raise NotSupportedHere(reason=f"{call.name}() can be only used in groupby")
    if scope.table is None or scope.time is None:
        raise NotSupportedHere(reason=_ONE_TABLE)
    fewest, most, binder = _KINDS[call.name]
    arguments = [bind(argument, scope) for argument in call.arguments]
    if not fewest <= len(arguments) <= most:
        shown = ", ".join("UNKNOWN" if is_null(a) else str(settle(a).type) for a in arguments)
        raise UnknownSignature(name=call.name, types=shown)
    return binder(call, arguments, scope)


def _count(call: tree.Call, arguments: Sequence[Expr], scope: Scope) -> Expr:
    values = [literal(settles(argument, kinds.INT8) or argument) for argument in arguments]
    for value, what in zip(values, ("count", "sliding"), strict=False):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InvalidParameter(reason=f"count_window(): invalid {what} value")
    numbers = [Const(value, kinds.INT8) for value in values]
    if len(values) == 2 and int(typed(int, values[1])) > int(typed(int, values[0])):
        raise InvalidParameter(reason="count_window(): invalid sliding value")
    return Call("window.count", (_time(scope), *numbers), kinds.INT8)


def _event(call: tree.Call, arguments: Sequence[Expr], scope: Scope) -> Expr:
    conditions = [settles(argument, BOOL) for argument in arguments]
    for argument, condition in zip(arguments, conditions, strict=True):
        if condition is None:
            raise DatatypeMismatch(
                reason=f"event_window(): conditions must be type bool, not type {described(argument.type)}"
            )
    start, end = (typed(Expr, condition) for condition in conditions)
    return Call("window.event", (_time(scope), start, end), kinds.INT8)


def _session(call: tree.Call, arguments: Sequence[Expr], scope: Scope) -> Expr:
    _first_is_time(call.name, arguments[0], scope)
    gap = _length(arguments[1])
    if gap is None or gap.months or gap.days * _DAY + gap.nanoseconds <= 0:
        shown = str(literal(arguments[1]))
        raise InvalidParameter(reason=f"session_window(): invalid input interval time ({shown}) for session_window.")
    fixed = Interval(nanoseconds=gap.days * _DAY + gap.nanoseconds)
    return Call("window.session", (_time(scope), Const(fixed, kinds.INTERVAL)), kinds.INT8)


def _state(call: tree.Call, arguments: Sequence[Expr], scope: Scope) -> Expr:
    state = settle(arguments[0])
    node = call.arguments[0]
    if not isinstance(node, tree.Name | tree.Case):
        raise NotSupportedHere(reason="state_window(): arg should be a column or a case when expression.")
    known = state.type.family in (Family.INT, Family.BOOL) or state.type.family is Family.STRING
    if isinstance(node, tree.Name) and (
        not known or (state.type.family is Family.STRING and state.type.name not in _STATES)
    ):
        raise NotSupportedHere(reason="state_window(): if arg is column, type should be int/bool/char/varchar.")
    if not known:
        raise NotSupportedHere(reason="state_window(): if arg is case when, type should be int/bool/char/varchar.")
    return Call("window.state", (_time(scope), state), kinds.INT8)


def _windows_of_time(call: tree.Call, arguments: Sequence[Expr], scope: Scope) -> Expr:
    _first_is_time(call.name, arguments[0], scope)
    lengths = [_length(argument) for argument in arguments[1:]]
    for length, argument in zip(lengths, arguments[1:], strict=True):
        if length is None or min(length.months, length.days, length.nanoseconds) < 0 or length == Interval():
            shown = str(literal(argument))
            raise InvalidParameter(reason=f"time_window(): invalid input interval time ({shown}) for time_window.")
        if length.months and (length.days or length.nanoseconds):
            raise InvalidParameter(reason="invalid input interval time.")
    width, *slide = (typed(Interval, length) for length in lengths)
    if not width.months and width.days * _DAY + width.nanoseconds < _SHORTEST:
        raise InvalidParameter(reason="duration time must exceed 10ms.")
    if slide:
        if slide[0].months:
            raise InvalidParameter(reason="sliding time does not support month or year.")
        if not width.months and _nanoseconds(slide[0]) > _nanoseconds(width):
            raise InvalidParameter(reason="sliding time value no larger than the duration value.")
    clock = bucket_clock(typed(Expr, scope.time), width, scope.context.zone)
    constants = [Const(length, kinds.INTERVAL) for length in (width, *slide)]
    return Call("window.time", (clock, *constants), clock.type)


def _nanoseconds(length: Interval) -> int:
    return length.days * _DAY + length.nanoseconds


def _time(scope: Scope) -> Expr:
    assert scope.time is not None
    return scope.time


def _first_is_time(name: str, argument: Expr, scope: Scope) -> None:
    if argument != scope.time:
        raise DatatypeMismatch(reason=f"first parameter should be primary timestamp in {name} function")


def _length(argument: Expr) -> Interval | None:
    value = literal(argument)
    if isinstance(value, str):
        try:
            return interval_from_text(value, "")
        except TextError:
            return None
    return value if isinstance(value, Interval) else None


_KINDS: dict[str, tuple[int, int, Callable[[tree.Call, Sequence[Expr], Scope], Expr]]] = {
    "count_window": (1, 2, _count),
    "event_window": (2, 2, _event),
    "session_window": (2, 2, _session),
    "state_window": (1, 1, _state),
    "time_window": (2, 3, _windows_of_time),
}

NAMES = tuple(_KINDS)


def check_windows(keys: Sequence[Expr]) -> None:
    """At most one window, beside columns only. Raises NotSupportedHere (0A000)."""
    windows = [key for key in keys if is_window(key)]
    if windows and (len(windows) > 1 or not all(isinstance(key, ColumnRef) for key in keys if key not in windows)):
        raise NotSupportedHere(reason="groupby cols support only single col and group window function")


def window_edges(expr: Expr, keys: Sequence[Expr], scope: Scope) -> Expr:
    """In a query by time_window, first and last of the time are the beginning and the end of the window."""
    window = next((key for key in keys if isinstance(key, Call) and key.op == "window.time"), None)
    if window is None or scope.time is None:
        return expr
    time = scope.time
    end = Call("add.time.interval", (window, window.arguments[1]), window.type)

    def edge(node: Node) -> Node:
        if isinstance(node, Relation):
            return node
        if isinstance(node, Aggregate) and node.arguments == (time, time) and node.op in ("first", "last"):
            clock = window if node.op == "first" else end
            return instant(clock, scope.context.zone) if node.type.family is Family.TIMESTAMPTZ else clock
        return map_children(node, edge)

    return typed(Expr, edge(expr))
