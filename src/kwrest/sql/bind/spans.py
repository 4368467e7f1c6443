"""Lengths of time in DDL: RETENTIONS, ACTIVETIME, PARTITION INTERVAL, as seconds (facts 2.2, 2.3)."""

from __future__ import annotations

from dataclasses import dataclass

from kwrest.errors import PartitionOutOfRange, RetentionOutOfRange, UnsupportedSpanUnit
from kwrest.sql import tree
from kwrest.sql.partitions import DAY

_UNIT_WORDS = (
    (("s", "second", "seconds"), "s", 1),
    (("m", "min", "minute", "minutes"), "m", 60),
    (("h", "hour", "hours"), "h", 3600),
    (("d", "day", "days"), "d", DAY),
    (("w", "week", "weeks"), "w", 7 * DAY),
    (("mon", "month", "months"), "mon", 30 * DAY),
    (("y", "year", "years"), "y", 365 * DAY),
)
_UNITS = {word: (short, seconds) for words, short, seconds in _UNIT_WORDS for word in words}
_LONGEST = 1000 * 365 * DAY


@dataclass(frozen=True, slots=True)
class Length:
    """seconds, and KWDB's text for SHOW: `20d`."""

    seconds: int
    text: str


NONE = Length(0, "")


def retention(span: tree.Span | None, what: str = "retention") -> Length:
    """RETENTIONS or ACTIVETIME; a bare number counts days. Raises RetentionOutOfRange beyond 1000 years, UnsupportedSpanUnit."""
    if span is None:
        return NONE
    length = _length(span, what)
    if length.seconds > _LONGEST:
        raise RetentionOutOfRange(value=length.text)
    return length


def partition_interval(span: tree.Span | None) -> Length:
    """PARTITION INTERVAL, 1 day … 1000 years in days or more. Raises PartitionOutOfRange, UnsupportedSpanUnit."""
    if span is None:
        return NONE
    length = _length(span, "partition interval")
    if length.text.endswith(("s", "m", "h")):
        raise UnsupportedSpanUnit(what="partition interval", unit=span.unit)
    if not DAY <= length.seconds <= _LONGEST:
        raise PartitionOutOfRange(value=length.text)
    return length


def _length(span: tree.Span, what: str) -> Length:
    unit = _UNITS.get(span.unit or "d")
    if unit is None:
        raise UnsupportedSpanUnit(what=what, unit=span.unit)
    short, seconds = unit
    return Length(span.number * seconds, f"{span.number}{short}")
