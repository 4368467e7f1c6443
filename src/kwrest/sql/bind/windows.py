"""Calls with OVER, and the windows that WINDOW names (facts 2.9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from kwrest.errors import GroupingError, NotAWindow, NotSupportedHere, UndefinedWindow, WrongSyntax, WrongWindow
from kwrest.sql import tree
from kwrest.sql.bind.aggregates import aggregate, filter_of, order_key
from kwrest.sql.bind.calls import choose, result_type
from kwrest.sql.bind.constants import settle
from kwrest.sql.bind.protocol import Scope
from kwrest.sql.bound import Aggregate, Expr, WindowCall
from kwrest.sql.functions import AGGREGATES, WINDOWS

Bind = Callable[[tree.Expr, Scope], Expr]

_EDGE = r"(unbounded (preceding|following)|current row|\d{1,18} (preceding|following))"
_FRAME = re.compile(rf"(rows|range|groups) ({_EDGE}|between {_EDGE} and {_EDGE})", re.IGNORECASE)


def is_window(call: tree.Call) -> bool:
    """Whether the call has, or needs, an OVER clause."""
    return call.over is not None or call.name in WINDOWS


def window(call: tree.Call, scope: Scope, bind: Bind) -> Expr:
    """Bind a call with OVER. Raises NotSupportedHere in queries of one time-series table, as KWDB does."""
    if scope.table is not None:
        raise NotSupportedHere(reason="window functions are not supported in tstable and stable")
    if call.over is None:
        raise WrongSyntax(reason=f"window function {call.name}() requires an OVER clause")
    if call.name not in WINDOWS and call.name not in AGGREGATES:
        raise NotAWindow(name=call.name)
    over = resolved(call.over, scope.windows)
    if scope.clause not in ("SELECT", "ORDER BY"):
        raise GroupingError(reason=f"window functions are not allowed in {scope.clause}")
    if call.distinct:
        raise NotSupportedHere(reason="DISTINCT is not implemented for window functions")
    arguments = tuple(bind(argument, scope) for argument in call.arguments)
    if call.name in WINDOWS:
        if call.filter is not None:
            raise NotSupportedHere(reason="FILTER specified but is not an aggregate function")
        chosen = choose(call.name, WINDOWS[call.name], arguments, scope.context.zone)
        key, given, result = chosen.row.key, chosen.arguments, result_type(chosen.row.result, chosen.arguments)
    else:
        inner = aggregate(tree.Call(call.name, call.arguments, call.star, at=call.at), scope, bind, windowed=True)
        assert isinstance(inner, Aggregate)
        key, given, result = inner.op, inner.arguments, inner.type
    return WindowCall(
        key,
        given,
        result,
        tuple(settle(bind(part, scope)) for part in over.partition_by),
        tuple(order_key(item, scope, bind) for item in over.order_by),
        _frame(over.frame),
        filter_of(call, scope, bind),
    )


def _frame(text: str) -> str:
    """The frame clause, which goes to the engine as it was written: only these words can be in it."""
    if text and not _FRAME.fullmatch(text):
        raise NotSupportedHere(reason="this window frame is not supported")
    return text.upper()


def named_windows(written: Sequence[tuple[tree.Ident, tree.Window]]) -> dict[str, tree.Window]:
    """What WINDOW names; one may refer to those before it. Raises WrongWindow (42P20), UndefinedWindow (42704)."""
    found: dict[str, tree.Window] = {}
    for name, window_ in written:
        if name.name in found:
            raise WrongWindow(reason=f'window "{name.name}" is already defined')
        found[name.name] = resolved(window_, found)
    return found


def resolved(window_: tree.Window, named: Mapping[str, tree.Window]) -> tree.Window:
    """`OVER w` and `OVER (w ORDER BY …)` as a window that refers to no other."""
    if window_.base is None:
        return window_
    name = window_.base.name
    base = named.get(name)
    if base is None:
        raise UndefinedWindow(name=name)
    if not (window_.partition_by or window_.order_by or window_.frame):
        return base
    if window_.partition_by:
        raise WrongWindow(reason=f'cannot override PARTITION BY clause of window "{name}"')
    if window_.order_by and base.order_by:
        raise WrongWindow(reason=f'cannot override ORDER BY clause of window "{name}"')
    if base.frame:
        raise WrongWindow(reason=f'cannot copy window "{name}" because it has a frame clause')
    return tree.Window(base.partition_by, window_.order_by or base.order_by, window_.frame)
