"""Intervals: months, days and nanoseconds kept apart; reading and writing their text.

Read: units (`1 year 2 mons 3 days 04:05:06`, `1h30m`, `-3 secs`), the SQL standard (`1-2 3 04:05:06`) and
ISO 8601 (`P1Y2M3DT4H5M6S`). Written: PostgreSQL's way, the fraction without trailing zeros.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from kwrest.types.reasons import RangeError, TextError

NANOS_PER_SECOND = 1_000_000_000
_NANOS_PER_DAY = 86_400 * NANOS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Interval:
    """A KWDB interval: months, days and nanoseconds are kept apart."""

    months: int = 0
    days: int = 0
    nanoseconds: int = 0


# unit words → (months, days, nanoseconds) of one
_UNIT_ROWS: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("millennium millennia mil mils", (12_000, 0, 0)),
    ("century centuries cent c", (1200, 0, 0)),
    ("decade decades dec decs", (120, 0, 0)),
    ("y yr yrs year years", (12, 0, 0)),
    ("mon mons month months", (1, 0, 0)),
    ("w week weeks", (0, 7, 0)),
    ("d day days", (0, 1, 0)),
    ("h hr hrs hour hours", (0, 0, 3600 * NANOS_PER_SECOND)),
    ("m min mins minute minutes", (0, 0, 60 * NANOS_PER_SECOND)),
    ("s sec secs second seconds", (0, 0, NANOS_PER_SECOND)),
    ("ms msec msecs msecond mseconds millisecond milliseconds", (0, 0, 1_000_000)),
    ("us usec usecs usecond useconds microsecond microseconds µs", (0, 0, 1000)),
    ("ns nsec nsecs nsecond nseconds nanosecond nanoseconds", (0, 0, 1)),
)
UNITS: dict[str, tuple[int, int, int]] = {word: size for words, size in _UNIT_ROWS for word in words.split()}

_PART = re.compile(
    r"\s*(?:(?P<sign>[-+]?)\s*(?P<h>\d+):(?P<m>\d{1,2})(?::(?P<s>\d{1,2}(?:\.\d*)?))?(?=\s|$)"
    r"|(?P<year>[-+]?\d+)-(?P<month>\d{1,2})(?=\s|$)"
    r"|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+))\s*(?P<unit>[A-Za-zµ]+)?)"
)
_ISO = re.compile(
    r"P(?:(\d+(?:\.\d*)?)Y)?(?:(\d+(?:\.\d*)?)M)?(?:(\d+(?:\.\d*)?)W)?(?:(\d+(?:\.\d*)?)D)?"
    r"(?:T(?:(\d+(?:\.\d*)?)H)?(?:(\d+(?:\.\d*)?)M)?(?:(\d+(?:\.\d*)?)S)?)?",
    re.IGNORECASE,
)
_LONGEST = 1000  # characters; each part looks ahead to the end of the text
_ISO_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")


def span(number: str | Fraction, unit: str) -> Interval:
    """`number` units. A fraction of a unit flows into the smaller ones: 1.5 mon = 1 mon 15 days. Raises TextError."""
    size = UNITS.get(unit.lower())
    if size is None:
        raise TextError(f'unknown unit "{unit}"')
    try:
        amount = Fraction(number)
    except ValueError:
        raise TextError(f'invalid number "{number}"') from None
    months_exact = amount * size[0]
    months = int(months_exact)
    days_exact = amount * size[1] + (months_exact - months) * 30
    days = int(days_exact)
    nanoseconds = amount * size[2] + (days_exact - days) * _NANOS_PER_DAY
    return _checked(months, days, round(nanoseconds))


def _checked(months: int, days: int, nanoseconds: int) -> Interval:
    """What an engine can hold: 32 bits of months and of days, 64 of nanoseconds. Raises RangeError."""
    if max(abs(months), abs(days)) >= 1 << 31 or abs(nanoseconds) >= 1 << 63:
        raise RangeError("interval out of range")
    return Interval(months, days, nanoseconds)


def interval_from_text(text: str, default_unit: str = "second") -> Interval:
    """The interval that `text` says; a bare number counts `default_unit`s. Raises TextError with the reason."""
    stripped = text.strip()
    refusal = TextError(f'could not parse "{text}" as type interval')
    if not stripped or len(stripped) > _LONGEST:
        raise refusal
    if stripped[0] in "Pp":
        found = _ISO.fullmatch(stripped)
        if found is None or not any(found.groups()):
            raise refusal
        return _total(span(n, unit) for n, unit in zip(found.groups(), _ISO_UNITS, strict=True) if n)
    parts: list[Interval] = []
    at = 0
    while at < len(stripped):
        part = _PART.match(stripped, at)
        if part is None or part.end() == at:
            raise refusal
        rest = stripped[part.end() :]
        parts.append(_part(part, default_unit, followed_by_time=bool(rest) and ":" in rest))
        at = part.end()
        if stripped[at:].strip().lower() == "ago":
            total = _total(parts)
            return Interval(-total.months, -total.days, -total.nanoseconds)
    return _total(parts)


def _part(part: re.Match[str], default_unit: str, followed_by_time: bool) -> Interval:
    if part["h"] is not None:
        seconds = int(part["h"]) * 3600 + int(part["m"]) * 60 + Fraction(part["s"] or 0)
        nanoseconds = round(seconds * NANOS_PER_SECOND)
        return Interval(nanoseconds=-nanoseconds if part["sign"] == "-" else nanoseconds)
    if part["year"] is not None:
        years = int(part["year"])
        months = int(part["month"])
        return Interval(years * 12 - months if part["year"][0] == "-" else years * 12 + months)
    # SQL standard `3 04:05:06`: a number without a unit in front of a time counts days.
    return span(part["number"], part["unit"] or ("day" if followed_by_time else default_unit))


def _total(parts: Iterable[Interval]) -> Interval:
    months = days = nanoseconds = 0
    for part in parts:
        months += part.months
        days += part.days
        nanoseconds += part.nanoseconds
    return _checked(months, days, nanoseconds)


def interval_to_text(value: Interval) -> str:
    """`1 year 2 mons 3 days 04:05:06.789`; `00:00:00` when zero."""
    years, months = divmod(abs(value.months), 12)
    sign = -1 if value.months < 0 else 1
    words = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((years * sign, "year"), (months * sign, "mon"), (value.days, "day"))
        if count
    ]
    if value.nanoseconds or not words:
        words.append(clock(value.nanoseconds))
    return " ".join(words)


def clock(nanoseconds: int) -> str:
    """`[-]HH:MM:SS[.fraction]`, hours unbounded."""
    seconds, fraction = divmod(abs(nanoseconds), NANOS_PER_SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours:02}:{minutes:02}:{seconds:02}"
    if fraction:
        text += f".{fraction:09}".rstrip("0")
    return f"-{text}" if nanoseconds < 0 else text
