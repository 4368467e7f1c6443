"""The query string: `db`, `tz`, `precision`, `timeout`, each checked once and turned into a value (contract, status table; facts 1.10)."""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo, available_timezones

from kwrest.errors import BadParameter, InvalidTimeZone
from kwrest.ingest.scanned import PRECISIONS
from kwrest.system import DEFAULT_DATABASE

UTC = ZoneInfo("UTC")

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Parameters:
    """database: as written; zone: of `tz`, None when it is not given; precision: of the timestamps of a line endpoint; timeout: seconds the
    client gives its statements, None for as many as the server does."""

    database: str = DEFAULT_DATABASE
    zone: ZoneInfo | None = None
    precision: str = "ns"
    timeout: float | None = None


def parse(query: bytes, known: tuple[str, ...]) -> Parameters:
    """The parameters of `known` in a query string; others are nobody's and ignored.

    Raises BadParameter for one that is repeated, empty, not UTF-8 or wrongly escaped, InvalidTimeZone for `tz`.
    """
    found: dict[str, str] = {}
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        key = _text(name, "the query string")
        if key not in known:
            continue
        if key in found:
            raise BadParameter(reason=f"parameter {key} is given more than once")
        found[key] = _text(value, f"parameter {key}")
        if not found[key]:
            raise BadParameter(reason=f"parameter {key} is empty")
    precision = found.get("precision", "ns")
    if precision not in PRECISIONS:
        raise BadParameter(reason=f"parameter precision must be one of {', '.join(PRECISIONS)}")
    timeout = _seconds(found["timeout"]) if "timeout" in found else None
    return Parameters(
        found.get("db", DEFAULT_DATABASE), zone(found["tz"]) if "tz" in found else None, precision, timeout
    )


_TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def _seconds(written: str) -> float:
    """`30`, `0.5`, `500ms`, `30s`, `2m` as seconds. Raises BadParameter."""
    match = _TIME.fullmatch(written)
    seconds = float(match[1]) * _UNITS[match[2] or "s"] if match else 0.0
    if seconds <= 0:
        raise BadParameter(reason="parameter timeout must be a time above 0, such as 30, 0.5, 500ms or 2m")
    return seconds


def _text(value: bytes, what: str) -> str:
    if _BAD_ESCAPE.search(value):
        raise BadParameter(reason=f"{what} has a % that is not followed by two hexadecimal digits")
    try:
        text = unquote_to_bytes(value.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise BadParameter(reason=f"{what} is not UTF-8") from None
    if "\0" in text:
        raise BadParameter(reason=f"{what} has a NUL in it")
    return text


# ---------------------------------------------------------------- time zones

_HOURS = re.compile(r"[+-]?\d{1,2}")
_OFFSET = re.compile(r"([+-])(\d{2})(?::?(\d{2}))?")
_EARLIEST, _LATEST = -12 * 60, 14 * 60  # minutes


@lru_cache(maxsize=1024)
def zone(written: str) -> ZoneInfo:
    """A whole number of hours from -12 to 14, a zone's name, or an ISO offset, optionally in single quotes.

    A blank in front is a `+` that was not escaped. A fixed offset gets a key that ICU understands as well: `Etc/GMT-8`,
    `GMT+05:30`. Raises InvalidTimeZone.
    """
    text = "+" + written[1:] if written.startswith(" ") else written
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if text in ("Z", "z"):
        return UTC
    if _HOURS.fullmatch(text):
        return _fixed(int(text) * 60, written)
    if match := _OFFSET.fullmatch(text):
        sign, hours, minutes = match.groups(default="0")
        if int(minutes) >= 60:
            raise InvalidTimeZone(name=written)
        total = int(hours) * 60 + int(minutes)
        return _fixed(-total if sign == "-" else total, written)
    name = _names().get(text.lower())
    if name is None:
        raise InvalidTimeZone(name=written)
    return ZoneInfo(name)


def kept_zone(key: str) -> ZoneInfo:
    """The zone with this key, as `zone` made it."""
    return zone(key.removeprefix("GMT")) if key.startswith(("GMT+", "GMT-")) else zone(key)


@cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if name not in ("Factory", "localtime")}


def _fixed(minutes: int, written: str) -> ZoneInfo:
    if not _EARLIEST <= minutes <= _LATEST:
        raise InvalidTimeZone(name=written)
    if minutes == 0:
        return UTC
    if minutes % 60 == 0:
        return ZoneInfo(f"Etc/GMT{-minutes // 60:+d}")  # POSIX counts west: Etc/GMT-8 is eight hours east
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    return ZoneInfo.from_file(io.BytesIO(_tzif(minutes * 60)), key=f"GMT{sign}{size // 60:02d}:{size % 60:02d}")


def _tzif(seconds: int) -> bytes:
    """A time zone file (RFC 8536, version 1) of one constant offset."""
    header = b"TZif" + b"\0" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    return header + struct.pack(">lbb", seconds, 0, 0) + b"GMT\0"
