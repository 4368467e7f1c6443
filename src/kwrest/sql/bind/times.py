"""Calls about time whose value depends on the session zone, and those with a constant unit or width (facts 3.2, 3.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kwrest.errors import InvalidDatetime, InvalidParameter, Unsupported
from kwrest.sql.bind.casts import cast, instant, local, zone_name
from kwrest.sql.bind.constants import literal
from kwrest.sql.bound import Call, Const, Expr, Interval
from kwrest.types import kinds
from kwrest.types.intervals import UNITS, interval_from_text
from kwrest.types.kinds import Family, Type
from kwrest.types.reasons import TextError

_OFFSET = re.compile(r"([-+]?\d{1,2})(?::?00)?")
_UTC = ZoneInfo("UTC")
_CLOCK = Type(Family.TIMESTAMP, "TIMESTAMP")

# every spelling of a unit → the one the engines know
TRUNC_UNITS: dict[str, str] = {
    **{
        name: name
        for name in [
            "millennium",
            "century",
            "decade",
            "year",
            "quarter",
            "month",
            "week",
            "day",
            "hour",
            "minute",
            "second",
        ]
    },
    **{f"{name}s": name for name in ["decade", "year", "quarter", "month", "week", "day", "hour", "minute", "second"]},
    "milliseconds": "millisecond",
    "millisecond": "millisecond",
    "microseconds": "microsecond",
    "microsecond": "microsecond",
}
EXTRACT_UNITS: dict[str, str] = {
    **TRUNC_UNITS,
    "isoyear": "isoyear",
    "dow": "dow",
    "dayofweek": "dow",
    "isodow": "isodow",
    "doy": "doy",
    "dayofyear": "doy",
    "julian": "julian",
    "epoch": "epoch",
    "timezone": "timezone",
    "timezone_hour": "timezone_hour",
    "timezone_minute": "timezone_minute",
}


def timed(key: str, arguments: Sequence[Expr], result: Type, zone: ZoneInfo) -> Expr:
    """A call of a row of `functions/times.py`, its zone made explicit."""
    if key.startswith("extract."):
        return _extract(key, arguments, result, zone)
    if key.startswith("date_trunc"):
        return _date_trunc(key, arguments, result, zone)
    if key == "time_bucket":
        return time_bucket(arguments[0], arguments[1], zone)
    if key == "strftime":
        return Call(key, (_clock(arguments[0], zone), arguments[1]), result)
    if key == "strptime":
        return instant(Call(key, tuple(arguments), _CLOCK), zone)
    if key in ("now.date", "now.time", "now.local"):
        now = local(Call("now", (), kinds.TIMESTAMPTZ), zone)
        return now if key == "now.local" else cast(now, result, zone)
    if key == "age.now":
        return Call("sub.time", (Call("now", (), kinds.TIMESTAMPTZ), arguments[0]), result)
    if key in ("zone.local", "zone.instant"):
        shown = replace(result, precision=arguments[1].type.precision)
        return Call(key, (arguments[1], _zone(arguments[0])), shown)
    return Call(key, tuple(arguments), result)


def _clock(expr: Expr, zone: ZoneInfo) -> Expr:
    """What a clock of the session's zone shows at the time."""
    if expr.type.family is Family.TIMESTAMPTZ:
        return local(expr, zone)
    return cast(expr, _CLOCK, zone) if expr.type.family is Family.DATE else expr


def _zone(argument: Expr) -> Expr:
    """A constant zone that exists: a name, or hours east of UTC. Raises InvalidParameter (22023)."""
    name = literal(argument)
    if not isinstance(name, str):
        raise Unsupported(what="a time zone that is no constant")
    offset = _OFFSET.fullmatch(name.strip())
    try:
        key = name.strip()
        if offset:
            hours = int(offset[1])
            key = "UTC" if not hours else f"Etc/GMT{-hours:+}"
        return zone_name(ZoneInfo(key))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidParameter(reason=f"unknown time zone {name}") from None


def _unit(argument: Expr, known: dict[str, str]) -> str:
    written = literal(argument)
    if not isinstance(written, str):
        raise InvalidParameter(reason="the unit must be a constant string")
    unit = known.get(written.lower())
    if unit is None:
        raise InvalidParameter(reason=f"unsupported timespan: {written}")
    return unit


# What a type has no part of, by its family; all but instants have no zone.
_OF_ZONES = frozenset({"timezone", "timezone_hour", "timezone_minute"})
_MISSING: dict[Family, frozenset[str]] = {
    Family.TIMESTAMPTZ: frozenset(),
    Family.TIME: frozenset(EXTRACT_UNITS.values())
    - {"hour", "minute", "second", "millisecond", "microsecond", "epoch"},
    Family.INTERVAL: _OF_ZONES | {"week", "isoyear", "dow", "isodow", "doy", "julian"},
}


def _extract(key: str, arguments: Sequence[Expr], result: Type, zone: ZoneInfo) -> Expr:
    unit = _unit(arguments[0], EXTRACT_UNITS)
    moment = arguments[1]
    if unit in _MISSING.get(moment.type.family, _OF_ZONES):
        raise InvalidParameter(reason=f"unsupported timespan: {unit}")
    if unit == "epoch" or unit.startswith("timezone"):
        # The epoch of an instant is the same everywhere; the zone's own offset is asked of the instant.
        name = Const(zone.key, kinds.STRING)
        extra = (name,) if unit.startswith("timezone") else ()
        return Call(f"{key}.{unit}", (moment, *extra), result)
    return Call(f"{key}.{unit}", (_clock(moment, zone) if key == "extract.time" else moment,), result)


def _date_trunc(key: str, arguments: Sequence[Expr], result: Type, zone: ZoneInfo) -> Expr:
    unit = Const(_unit(arguments[0], TRUNC_UNITS), kinds.STRING)
    moment = arguments[1]
    if key == "date_trunc.interval":
        return Call(key, (unit, moment), result)
    clock = _clock(moment, zone)
    cut = Call("date_trunc", (unit, clock), replace(_CLOCK, precision=moment.type.precision))
    return cut if result.family is Family.TIMESTAMP else instant(cut, zone)


_WIDTH = re.compile(r"([-+]?)(\d+)([A-Za-zµ]+)")


def width_from_text(text: str, before: str = "", after: str = ".") -> Interval:
    """The width of a bucket as a text says it: one whole number and its unit, `10s`, `1mon`.

    before, after: around the sentence of an error, which differ between functions. Raises InvalidDatetime (22007) for what
    is no length of time, InvalidParameter (22023) for one that is no width.
    """
    found = _WIDTH.fullmatch(text.strip())
    unknown = found is not None and found[3].lower() not in UNITS
    try:
        length = interval_from_text(text, "")
    except TextError:
        if text.strip().isdigit():
            raise InvalidParameter(reason=f"{before}wrong interval time unit{after}") from None
        raise InvalidDatetime(
            reason=f'{before}could not parse "{text}" as type interval{_why(text, unknown)}'
        ) from None
    if found is None:
        raise InvalidParameter(reason=f"{before}invalid input interval time{after}")
    return checked_width(length, before, after)


def _why(text: str, unknown: bool) -> str:
    """What KWDB says behind a text that is no interval."""
    if not text.strip():
        return ": invalid input syntax for type interval" if text else ""
    if unknown:
        word = text.strip().lstrip("+-0123456789")
        return f': interval: unknown unit "{word}" in duration "{text}"'
    return f': interval: missing unit at position 0: "{text}"'


def checked_width(length: Interval, before: str = "", after: str = ".") -> Interval:
    """A width of months or of a fixed length, above zero. Raises InvalidParameter (22023)."""
    fixed = length.days or length.nanoseconds
    if length.months and fixed:
        raise InvalidParameter(reason=f"{before}invalid input interval time{after}")
    if min(length.months, length.days, length.nanoseconds) < 0 or not (length.months or fixed):
        raise InvalidParameter(reason=f"{before}second arg should be a positive interval{after}")
    return length


def seconds_width(number: int) -> Interval:
    """A number as a width counts seconds (facts 3.2)."""
    return Interval(nanoseconds=number * 1_000_000_000)


def bucket_width(argument: Expr) -> Interval:
    """The constant width of time_bucket. Raises InvalidParameter (22023)."""
    value = literal(argument)
    if isinstance(value, int) and not isinstance(value, bool):
        value = seconds_width(value)
    if not isinstance(value, Interval):
        raise InvalidParameter(reason="second arg should be a positive interval.")
    return checked_width(value)


def bucket_clock(moment: Expr, width: Interval, zone: ZoneInfo) -> Expr:
    """The clock that buckets of the width are cut on. Months are those of UTC, shown as midnights of the session's zone
    (recorded); fixed lengths are cut on the session's clock."""
    return _clock(moment, _UTC if width.months else zone)


def time_bucket(moment: Expr, width: Expr, zone: ZoneInfo, key: str = "time_bucket") -> Expr:
    """`moment` cut to multiples of the width counted from 0001-01-01 00:00 of the session's clock (facts 3.2)."""
    if literal(moment) is None and isinstance(moment, Const):
        raise InvalidParameter(reason="first arg can not be null")
    length = bucket_width(width)
    clock = bucket_clock(moment, length, zone)
    cut = Call(key, (clock, Const(length, kinds.INTERVAL)), clock.type)
    return instant(cut, zone) if moment.type.family is Family.TIMESTAMPTZ else cut
