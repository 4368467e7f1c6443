"""GROUP BY count_window, event_window, session_window, state_window, time_window as numbers of windows (facts 3.3).

Each row gets the number or the beginning of its window from window functions over the rows in the order of their times,
for each value of the other keys; then the query groups by that. Rows of overlapping windows are repeated first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kwrest.sql.bound import (
    And,
    Call,
    Case,
    ColumnRef,
    Const,
    Expr,
    Join,
    JoinKind,
    Order,
    Relation,
    Select,
    Stream,
    WindowCall,
)
from kwrest.sql.rules.rows import beside, free_numbers, replaced
from kwrest.sql.rules.walk import Node, transform, walk
from kwrest.types.kinds import BOOL, INT8, INTERVAL

WINDOW = "window."
_BEFORE = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
_SO_FAR = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


def number_windows(relation: Relation) -> Relation:
    """Rewrite every query that groups by a window, subqueries too."""
    if not any(is_window(node) for node in walk(relation)):
        return relation
    numbers = free_numbers(relation)

    def numbered(node: Node) -> Node:
        if not isinstance(node, Select) or node.group_by is None:
            return node
        window = next((key for key in node.group_by if isinstance(key, Call) and is_window(key)), None)
        return node if window is None else _numbered(node, window, numbers)

    return transform(relation, numbered)


def is_window(node: Node) -> bool:
    """Whether a node is a group window."""
    return isinstance(node, Call) and node.op.startswith(WINDOW)


def _numbered(select: Select, window: Call, numbers: Iterator[int]) -> Select:
    """The query grouped by a column; without an order of its own its windows come in the order of time."""
    if not select.order_by and not select.distinct and not select.distinct_on:
        select = replace(select, order_by=tuple(map(Order, select.group_by or ())))
    return _KINDS[window.op](select, window, numbers)


def _chain(select: Select, window: Call) -> tuple[Expr, ...]:
    """The other keys: windows are cut among rows that have the same."""
    return tuple(key for key in select.group_by or () if key != window)


def _count(condition: Expr, chain: tuple[Expr, ...], time: Expr, frame: str) -> WindowCall:
    """How many rows of a frame meet a condition."""
    met = Case(((condition, Const(True, BOOL)),), None, BOOL)
    return WindowCall("count", (met,), INT8, chain, (Order(time),), frame)


def _time(select: Select, window: Call, numbers: Iterator[int]) -> Select:
    """`window.time(clock, width[, slide])`: the clock at which a window begins."""
    clock, width, *slide = window.arguments
    if not slide:
        return replaced(select, window, Call("time_bucket", (clock, width), window.type))
    earliest = WindowCall("min", (clock,), clock.type, _chain(select, window))
    select, (here, first) = beside(select, (clock, earliest), numbers)
    return _repeated(select, "window.starts", (here, first, width, *slide), numbers)


def _counted(select: Select, window: Call, numbers: Iterator[int]) -> Select:
    """`window.count(time, size[, slide])`: the number of the row a window begins with."""
    time, size, *slide = window.arguments
    row = WindowCall("row_number", (), INT8, _chain(select, window), (Order(time),))
    select, (place,) = beside(select, (row,), numbers)
    index = Call("sub.int", (place, Const(1, INT8)), INT8)
    if slide:
        return _repeated(select, "window.counts", (index, size, *slide), numbers)
    return _keyed(select, Call("floordiv.int", (index, size), INT8))


def _sessions(select: Select, window: Call, numbers: Iterator[int]) -> Select:
    """`window.session(time, gap)`: how often the time since the row before was longer than the gap."""
    time, gap = window.arguments
    last = WindowCall("lag", (time,), time.type, _chain(select, window), (Order(time),))
    select, (here, before) = beside(select, (time, last), numbers)
    passed = Call("gt", (Call("sub.time", (here, before), INTERVAL), gap), BOOL)
    return _changes(select, passed, here, numbers)


def _states(select: Select, window: Call, numbers: Iterator[int]) -> Select:
    """`window.state(time, state)`: how often the state was another than in the row before."""
    time, state = window.arguments
    order = (Order(time),)
    chain = _chain(select, window)
    last = WindowCall("lag", (state,), state.type, chain, order)
    place = WindowCall("row_number", (), INT8, chain, order)
    select, (here, now, before, number) = beside(select, (time, state, last, place), numbers)
    follows = Call("gt", (number, Const(1, INT8)), BOOL)
    return _changes(select, And((follows, Call("distinct", (now, before), BOOL))), here, numbers)


def _changes(select: Select, changed: Expr, time: Expr, numbers: Iterator[int]) -> Select:
    chain = _chain(select, _window_of(select))
    select, (number,) = beside(select, (_count(changed, chain, time, _SO_FAR),), numbers)
    return _keyed(select, number)


def _events(select: Select, window: Call, numbers: Iterator[int]) -> Select:
    """`window.event(time, start, end)`: rows between two ends are a stretch; its window is what follows the first start."""
    time, start, end = window.arguments
    stretch = _count(end, _chain(select, window), time, _BEFORE)
    select, (here, opens, number) = beside(select, (time, start, stretch), numbers)
    chain = (*_chain(select, _window_of(select)), number)
    opened = _count(opens, chain, here, _SO_FAR)
    select, (starts, stretch_) = beside(select, (opened, number), numbers)
    inside = Call("gt", (starts, Const(0, INT8)), BOOL)
    return _keyed(replace(select, where=inside), stretch_)


def _window_of(select: Select) -> Call:
    return next(key for key in select.group_by or () if isinstance(key, Call) and is_window(key))


def _keyed(select: Select, key: Expr) -> Select:
    return replaced(select, _window_of(select), key)


def _repeated(select: Select, op: str, arguments: tuple[Expr, ...], numbers: Iterator[int]) -> Select:
    """Each row once for every window it is in."""
    window = _window_of(select)
    number = next(numbers)
    assert select.source is not None
    windows = Stream(number, op, arguments, (window.type,))
    select = replace(select, source=Join(JoinKind.CROSS, select.source, windows))
    return _keyed(select, ColumnRef(number, 1, window.type))


_KINDS: dict[str, Callable[[Select, Call, Iterator[int]], Select]] = {
    "window.time": _time,
    "window.count": _counted,
    "window.session": _sessions,
    "window.state": _states,
    "window.event": _events,
}
