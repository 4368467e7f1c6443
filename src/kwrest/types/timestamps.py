"""Dates and times as text (facts 2.8): reading the forms KWDB takes, and writing them.

Instants are int nanoseconds since 1970-01-01 UTC, of any size; years run from -9999 to 294276. A zone-less text is
local to the session's zone for TIMESTAMPTZ and taken as it stands for TIMESTAMP, which ignores offsets altogether.
"""

from __future__ import annotations

import re
import time
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kwrest.types.intervals import NANOS_PER_SECOND
from kwrest.types.reasons import RangeError, TimestampTextError

NANOS_PER_DAY = 86_400 * NANOS_PER_SECOND
_EPOCH = datetime(1970, 1, 1)
_UTC_ZONES = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT"})

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip

# The plain form by far most rows have, without an offset.
_PLAIN = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?", re.ASCII)

_DATE = (
    r"(?:(?P<y1>-?\d{1,6})(?P<sep>[-/])(?P<m1>\d{1,2}|[A-Za-z]{3,9})(?P=sep)(?P<d1>\d{1,2})"
    r"|(?P<y2>\d{3,6})\s+(?P<m2>\d{1,2})\s+(?P<d2>\d{1,2})"
    r"|(?P<y3>\d{4})(?P<m3>\d\d)(?P<d3>\d\d)"
    r"|(?P<m4>[A-Za-z]{3,9})\.?\s*(?P<d4>\d{1,2}),?\s+(?P<y4>\d{3,6})"
    r"|(?P<d5>\d{1,2})[-\s](?P<m5>[A-Za-z]{3,9})[-\s](?P<y5>\d{3,6}))"
)
_TIME = (
    r"(?:(?P<h1>\d{1,2}):(?P<i1>\d{1,2})(?::(?P<s1>\d{1,2})(?P<f1>\.\d*)?)?"
    r"|(?P<h2>\d\d)(?P<i2>\d\d)(?P<s2>\d\d)(?P<f2>\.\d*)?)"
    r"(?:\s*(?P<half>[AaPp][Mm]))?"
)
_OFFSET = (
    r"(?:\s*(?P<offset>[zZ]|[-+]\d{1,2}(?::?\d\d(?::?\d\d)?)?)|\s*(?P<zone>[A-Za-z][A-Za-z_]*(?:/[A-Za-z0-9_+-]+)*))?"
)
_FULL = re.compile(rf"{_DATE}(?:(?:\s+|(?P<t>[Tt]))(?P<time>{_TIME}))?{_OFFSET}", re.ASCII)
_ONLY_TIME = re.compile(rf"(?:[\d/-]+[\sTt]+)?{_TIME}{_OFFSET}", re.ASCII)


def now_nanoseconds(precision: int = 3) -> int:
    """The server's clock, cut to `precision` decimals of a second."""
    unit: int = 10 ** (9 - precision)
    return time.time_ns() // unit * unit


def round_to(nanoseconds: int, precision: int) -> int:
    """Rounded half up to `precision` decimals of a second."""
    unit: int = 10 ** (9 - precision)
    return (nanoseconds + unit // 2) // unit * unit


def timestamp_from_text(text: str, with_zone: bool, zone: ZoneInfo) -> int:
    """Nanoseconds since 1970 UTC. Raises TimestampTextError, or RangeError for infinities."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None and (not with_zone or zone.key in _UTC_ZONES):
        y, m, d, h, i, s, f = plain.groups()
        try:
            moment = datetime(int(y), int(m), int(d), int(h or 0), int(i or 0), int(s or 0)) - _EPOCH
        except ValueError:
            pass  # 24:00:00, :60, year 0 and wrong dates: the long way decides
        else:
            seconds = moment.days * 86_400 + moment.seconds
            return seconds * NANOS_PER_SECOND + (int(f.ljust(9, "0")) if f else 0)
    return _timestamp_from_any(text, with_zone, zone)


def _timestamp_from_any(text: str, with_zone: bool, zone: ZoneInfo) -> int:
    stripped = text.strip()
    if not stripped:
        raise TimestampTextError("empty or blank input")
    word = _word(stripped.lower(), zone if with_zone else None)
    if word is not None:
        return word
    found = _FULL.fullmatch(stripped)
    if found is None:
        if (stripped.isdigit() and len(stripped) < 8) or _ONLY_TIME.fullmatch(stripped):
            raise TimestampTextError("missing required date fields")
        raise TimestampTextError(f'could not parse "{text}"')
    # The compact time `060708` is taken after a blank only, and no name stands for the month of a compact date.
    if found["t"] and found["h2"]:
        raise TimestampTextError(f'could not parse "{text}"')
    days = _days(found, text)
    local = days * NANOS_PER_DAY + (_time_of_day(found, text) if found["time"] else 0)
    if not with_zone:
        _check_zone(found, text)
        return local
    if found["offset"]:
        return local - _offset_seconds(found["offset"], text) * NANOS_PER_SECOND
    return to_instant(local, _check_zone(found, text) or zone)


def _word(word: str, zone: ZoneInfo | None) -> int | None:
    if word == "epoch":
        return 0
    if word in ("infinity", "-infinity", "inf", "-inf", "+infinity"):
        raise RangeError(f'"{word}" is not a finite time')
    days = {"now": None, "today": 0, "tomorrow": 1, "yesterday": -1}.get(word, "none")
    if days == "none":
        return None
    if days is None:
        return now_nanoseconds(6)
    here = zone or ZoneInfo("UTC")
    today = from_instant(now_nanoseconds(6), here) // NANOS_PER_DAY * NANOS_PER_DAY
    midnight = today + int(days) * NANOS_PER_DAY
    return to_instant(midnight, here) if zone is not None else midnight


def _days(found: re.Match[str], text: str) -> int:
    year = found["y1"] or found["y2"] or found["y3"] or found["y4"] or found["y5"]
    month = found["m1"] or found["m2"] or found["m3"] or found["m4"] or found["m5"]
    day = int(found["d1"] or found["d2"] or found["d3"] or found["d4"] or found["d5"])
    y = int(year)
    if len(year) <= 2 and y >= 0:
        y += 2000 if y < 70 else 1900
    m = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
    if not 1 <= m <= 12 or not 1 <= day <= _month_length(y, m):
        raise TimestampTextError(f'could not parse "{text}"')
    if not -9999 <= y <= 294_276:
        raise RangeError(f'"{text}" is out of range')
    return days_from_civil(y, m, day)


def _time_of_day(found: re.Match[str], text: str) -> int:
    h, i = int(found["h1"] or found["h2"]), int(found["i1"] or found["i2"])
    s = int(found["s1"] or found["s2"] or 0)
    fraction = (found["f1"] or found["f2"] or ".")[1:]
    nanoseconds = int(fraction[:9].ljust(9, "0")) + (1 if len(fraction) > 9 and fraction[9] >= "5" else 0)
    if found["half"]:
        if not 1 <= h <= 12:
            raise TimestampTextError(f'could not parse "{text}"')
        h = h % 12 + (12 if found["half"].lower() == "pm" else 0)
    # 24:00:00 is the next midnight, second 60 the next minute.
    if h > 24 or i > 59 or s > 60 or (h == 24 and (i or s or nanoseconds)) or (s == 60 and nanoseconds):
        raise TimestampTextError(f'could not parse "{text}"')
    return ((h * 60 + i) * 60 + s) * NANOS_PER_SECOND + nanoseconds


def _offset_seconds(offset: str, text: str) -> int:
    if offset in "zZ":
        return 0
    digits = offset[1:].replace(":", "")
    if len(digits) % 2:
        digits = "0" + digits
    h, m, s = int(digits[:2]), int(digits[2:4] or 0), int(digits[4:6] or 0)
    if h > 15 or m > 59 or s > 59:
        raise TimestampTextError(f'could not parse "{text}"')
    seconds = h * 3600 + m * 60 + s
    return -seconds if offset[0] == "-" else seconds


def _check_zone(found: re.Match[str], text: str) -> ZoneInfo | None:
    """The zone named in the text. Abbreviations like EST are refused: they mean different things in different places."""
    name = found["zone"]
    if not name:
        return None
    if "/" not in name and name.upper() not in ("UTC", "GMT", "ZULU"):
        raise TimestampTextError(f'could not parse "{text}"')
    try:
        return ZoneInfo(name if "/" in name else "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimestampTextError(f'could not parse "{text}"') from None


def to_instant(local: int, zone: ZoneInfo) -> int:
    """Local nanoseconds (as if UTC) of `zone` → UTC nanoseconds."""
    if zone.key in _UTC_ZONES:
        return local
    moment = _moment(local)
    offset = moment.replace(tzinfo=zone).utcoffset() or timedelta()
    return local - (offset.days * 86_400 + offset.seconds) * NANOS_PER_SECOND


def from_instant(instant: int, zone: ZoneInfo) -> int:
    """UTC nanoseconds → local nanoseconds (as if UTC) of `zone`."""
    return instant + offset_at(instant, zone) * NANOS_PER_SECOND


def offset_at(instant: int, zone: ZoneInfo) -> int:
    """Seconds `zone` is ahead of UTC at the instant."""
    if zone.key in _UTC_ZONES:
        return 0
    offset = _moment(instant).replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()
    return offset.days * 86_400 + offset.seconds


def _moment(nanoseconds: int) -> datetime:
    """The datetime, kept within what datetime can shift by a day: zone rules do not differ beyond."""
    low, high = datetime(1, 1, 3), datetime(9999, 12, 29)
    try:
        return min(max(_EPOCH + timedelta(microseconds=nanoseconds // 1000), low), high)
    except OverflowError:
        return high if nanoseconds > 0 else low


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar, year 0 and beyond 9999 included."""
    # March-based years put the leap day last; 400 years are 146,097 days.
    y = year - (month <= 2)
    era, year_of_era = divmod(y, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """(year, month, day) of days since 1970-01-01; the inverse of `days_from_civil`."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


def _month_length(year: int, month: int) -> int:
    # The calendar repeats every 400 years, and `calendar` knows 1 … 9999 only.
    return monthrange(2000 + year % 400, month)[1]


def date_from_text(text: str, zone: ZoneInfo) -> int:
    """Days since 1970-01-01. Raises as timestamp_from_text."""
    return timestamp_from_text(text, False, zone) // NANOS_PER_DAY


def time_from_text(text: str) -> int:
    """Microseconds since midnight, rounded; `24:00:00` is allowed. A date before and an offset after are ignored."""
    stripped = text.strip()
    found = _ONLY_TIME.fullmatch(stripped)
    if found is None:
        raise TimestampTextError(f'could not parse "{text}"')
    return round_to(_time_of_day(found, text), 6) // 1000


def date_to_text(days: int) -> str:
    """`2024-03-05`."""
    year, month, day = civil_from_days(days)
    return f"{year:04}-{month:02}-{day:02}"


def timestamp_to_text(nanoseconds: int, zone: ZoneInfo | None, separator: str = " ") -> str:
    """`2024-03-05 06:07:08.5`, with `+08:00` of the zone behind it when a zone is given; trailing zeros cut."""
    offset = offset_at(nanoseconds, zone) if zone is not None else 0
    days, rest = divmod(nanoseconds + offset * NANOS_PER_SECOND, NANOS_PER_DAY)
    seconds, fraction = divmod(rest, NANOS_PER_SECOND)
    text = f"{date_to_text(days)}{separator}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if fraction:
        text += f".{fraction:09}".rstrip("0")
    if zone is None:
        return text
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{text}{sign}{hours:02}:{minutes:02}"
