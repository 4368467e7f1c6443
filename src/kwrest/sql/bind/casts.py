"""Casts: which families turn into which, with the session zone made explicit where time is involved (facts 2.11, 3.4).

TIMESTAMPTZ is an instant, the other times are what a clock shows. Whatever crosses that line goes through
`zone.local` or `zone.instant`, so the engine never needs a session zone.
"""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from kwrest.errors import InvalidCast, OutOfRange
from kwrest.sql.bind.constants import Numeral, Octets, accepts, is_null, read, settle, untyped
from kwrest.sql.bind.names import described
from kwrest.sql.bound import Call, Cast, Const, Expr
from kwrest.types import kinds
from kwrest.types.kinds import Family, Type
from kwrest.types.text import to_text

_NUMBERS = (Family.INT, Family.FLOAT, Family.DECIMAL)
_MOMENTS = (Family.TIMESTAMP, Family.TIMESTAMPTZ)

# family → families an explicit cast may turn it into (besides itself and STRING); everything may come from STRING
CASTS: dict[Family, tuple[Family, ...]] = {
    Family.BOOL: _NUMBERS,
    Family.INT: (Family.BOOL, *_NUMBERS, *_MOMENTS, Family.DATE, Family.INTERVAL, Family.BIT),
    Family.FLOAT: (Family.BOOL, *_NUMBERS, Family.INTERVAL),
    Family.DECIMAL: (Family.BOOL, *_NUMBERS, Family.INTERVAL),
    Family.STRING: tuple(family for family in Family if family not in (Family.TUPLE, Family.UNKNOWN)),
    Family.BYTES: (Family.UUID,),
    Family.TIMESTAMP: (*_MOMENTS, *_NUMBERS, Family.DATE, Family.TIME, Family.TIMETZ),
    Family.TIMESTAMPTZ: (*_MOMENTS, *_NUMBERS, Family.DATE, Family.TIME, Family.TIMETZ),
    Family.DATE: (*_MOMENTS, *_NUMBERS),
    Family.TIME: (Family.INTERVAL, Family.TIMETZ),
    Family.TIMETZ: (Family.TIME,),
    Family.INTERVAL: (*_NUMBERS, Family.TIME),
    Family.UUID: (Family.BYTES,),
    Family.INET: (),
    Family.JSON: (),
    Family.BIT: (Family.INT,),
    Family.GEOMETRY: (),
    Family.ARRAY: (Family.ARRAY,),
    Family.TUPLE: (),
}

_UTC_NAMES = frozenset(("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu"))
_CLOCK = Type(Family.TIMESTAMP, "TIMESTAMP")
_INT_RANGES = {width: range(-(1 << (8 * width - 1)), 1 << (8 * width - 1)) for width in (2, 4, 8)}


def is_utc(zone: ZoneInfo) -> bool:
    """Whether clocks of the zone always show UTC."""
    return zone.key in _UTC_NAMES


def cast(expr: Expr, target: Type, zone: ZoneInfo, explicit: bool = True) -> Expr:
    """`expr` as `target`. explicit: written by the user, text is cut to the width; otherwise it is refused when too long.

    Raises InvalidCast (42846), and the errors of reading a constant text (22P02, 22007, 22003).
    """
    if is_null(expr):
        return Const(None, target)
    if isinstance(expr, Const) and untyped(expr):
        constant = _cast_untyped(expr, target, zone)
        if constant is not None:
            return _fitted(constant, target, explicit)
        expr = settle(expr)
    source = expr.type
    if source == target:
        return expr
    if source.family is Family.UNKNOWN:
        return Cast(expr, target, explicit)
    if not castable(source, target):
        raise InvalidCast(source=described(source), target=described(target))
    return _through_zone(expr, target, zone, explicit)


def castable(source: Type, target: Type) -> bool:
    """Whether an explicit cast exists."""
    if source.element is not None and target.element is not None:
        return castable(source.element, target.element)
    family = target.family
    return family is source.family or family is Family.STRING or family in CASTS.get(source.family, ())


def _cast_untyped(expr: Const, target: Type, zone: ZoneInfo) -> Expr | None:
    """A constant's value as the target's, when no run-time rule is needed for it."""
    if isinstance(expr, Numeral):
        if target.family is Family.STRING:
            return Const(to_text(expr.value, expr.type, zone), kinds.STRING)
        if target.family is Family.INT and expr.exact.denominator == 1:
            return _integer(int(expr.exact), target)
        if target.family is Family.FLOAT:
            value = settle(expr, kinds.FLOAT8)
            return value if target.width == 8 else None
        if target.family is Family.DECIMAL and not target.width:
            return settle(expr, kinds.DECIMAL)
        return None
    if isinstance(expr, Octets):
        return settle(expr, replace(target, width=0)) if accepts(expr, target.family) else None
    assert isinstance(expr.value, str)
    if target.family is Family.STRING:
        return Const(expr.value, replace(target, width=0))
    if target.element is not None:
        return Const(read(expr.value, target, zone), target)
    value = Const(read(expr.value, _base(target), zone), _base(target))
    if target.family in _MOMENTS and not target.precision and isinstance(value.value, int) and value.value % 1000:
        # A literal has all nine digits unless the type says otherwise.
        return Const(value.value, replace(target, precision=9))
    return _integer(value.value, target) if target.family is Family.INT and isinstance(value.value, int) else value


def _integer(value: int, target: Type) -> Const:
    if value not in _INT_RANGES[target.width]:
        wide = target.width == 8
        raise OutOfRange(
            reason="integer out of range" if wide else f"value is out of range for type {described(target)}"
        )
    return Const(value, target)


def _base(target: Type) -> Type:
    """The family's plain type: widths and precisions are applied to the value afterwards."""
    if target.family in (Family.DECIMAL, Family.BIT, Family.BYTES):
        return replace(target, width=0, scale=0)
    if target.family in _MOMENTS:
        return replace(target, precision=9 if target.precision == 9 else 0)
    if target.family is Family.FLOAT:
        return kinds.FLOAT8
    return target


def _fitted(constant: Expr, target: Type, explicit: bool) -> Expr:
    if constant.type == target or constant.type.family is Family.INT or (not target.width and not target.precision):
        return constant
    return Cast(constant, target, explicit)


def _through_zone(expr: Expr, target: Type, zone: ZoneInfo, explicit: bool) -> Expr:
    source = expr.type
    if source.family is Family.TIMESTAMPTZ:
        if target.family is Family.STRING:
            text = Call("timestamptz.text", (expr, zone_name(zone)), kinds.STRING)
            return text if not target.width else Cast(text, target, explicit)
        if target.family in (Family.TIMESTAMP, Family.DATE, Family.TIME, Family.TIMETZ):
            clock = local(expr, zone)
            return clock if clock.type == target else Cast(clock, target, explicit)
    if target.family is Family.TIMESTAMPTZ:
        if source.family is Family.STRING:
            return Call("text.instant", (expr, zone_name(zone)), target)
        if source.family in (Family.TIMESTAMP, Family.DATE):
            clock = expr if source.family is Family.TIMESTAMP else Cast(expr, _CLOCK)
            moment = instant(clock, zone)
            return moment if moment.type == target else Cast(moment, target, explicit)
    return Cast(expr, target, explicit)


def zone_name(zone: ZoneInfo) -> Const:
    """A zone as an argument of `zone.local` and its like."""
    return Const(zone.key, kinds.STRING)


def local(expr: Expr, zone: ZoneInfo) -> Expr:
    """A TIMESTAMPTZ as the TIMESTAMP that clocks of the zone show."""
    clock = replace(_CLOCK, precision=expr.type.precision)
    return Cast(expr, clock) if is_utc(zone) else Call("zone.local", (expr, zone_name(zone)), clock)


def instant(expr: Expr, zone: ZoneInfo) -> Expr:
    """A TIMESTAMP read from a clock of the zone as the TIMESTAMPTZ it means."""
    moment = replace(kinds.TIMESTAMPTZ, precision=expr.type.precision)
    return Cast(expr, moment) if is_utc(zone) else Call("zone.instant", (expr, zone_name(zone)), moment)
