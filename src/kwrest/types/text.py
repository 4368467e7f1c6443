"""Text to value and back, for every family: what a cast, a relational INSERT and a quoted constant mean."""

from __future__ import annotations

import ipaddress
import json
import math
import re
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from kwrest.types.arrays import array_from_text, array_to_text
from kwrest.types.intervals import Interval, clock, interval_from_text, interval_to_text
from kwrest.types.kinds import Family, Type
from kwrest.types.reasons import RangeError, TextError, TimestampTextError
from kwrest.types.shapes import check_shape
from kwrest.types.timestamps import date_from_text, date_to_text, time_from_text, timestamp_from_text, timestamp_to_text
from kwrest.types.values import Value

_UTC = ZoneInfo("UTC")
_INTEGER = re.compile(r"[-+]?(?:\d+|0[xX][0-9a-fA-F]+)")
_HEX_INTEGER = re.compile(r"[-+]?0[xX]")
_FLOAT_WORDS = {"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "nan"}
_FLOAT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_DECIMAL_WORDS = _FLOAT_WORDS | {"snan"}
_BOOLS = (
    ("true", True),
    ("yes", True),
    ("on", True),
    ("1", True),
    ("false", False),
    ("no", False),
    ("off", False),
    ("0", False),
)


def from_text(text: str, type: Type, zone: ZoneInfo) -> Value:
    """The value of `type` that `text` says. zone: of zone-less times. Widths and precisions are `fit`'s, not this one's.

    Raises TextError with KWDB's reason: `could not parse "x" as type int: …`.
    """
    if type.element is not None:
        element = type.element
        return array_from_text(text, lambda item: from_text(item, element, zone))
    reader = _READERS.get(type.family)
    if reader is None:
        raise TextError(f"could not parse {_quoted(text)} as type {type.family.value}")
    return reader(text, zone)


def to_text(value: Value, type: Type, zone: ZoneInfo = _UTC) -> str:
    """`value` as a cast to STRING prints it: `t` is `true`, floats in their shortest form, bytes as `\\x…`."""
    if value is None:
        return "NULL"
    if type.element is not None and isinstance(value, tuple):
        element = type.element
        return array_to_text(value, lambda item: to_text(item, element, zone))
    return _WRITERS.get(type.family, _as_is)(value, zone)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# ---------------------------------------------------------------- readers


def _int(text: str, zone: ZoneInfo) -> int:
    stripped = text.strip()
    if not _INTEGER.fullmatch(stripped):
        raise TextError(
            f"could not parse {_quoted(text)} as type int: strconv.ParseInt: parsing {_quoted(text)}: invalid syntax"
        )
    # Python reads no integers of thousands of digits.
    short = len(stripped) < 100
    number = int(stripped, 16 if _HEX_INTEGER.match(stripped) else 10) if short else 1 << 64
    if not -(1 << 63) <= number < 1 << 63:
        raise RangeError(
            f"could not parse {_quoted(text)} as type int: strconv.ParseInt: parsing {_quoted(text)}: value out of range"
        )
    return number


def _float(text: str, zone: ZoneInfo) -> float:
    stripped = text.strip()
    if stripped.lower() in _FLOAT_WORDS:
        return float(stripped)
    if not _FLOAT.fullmatch(stripped):
        raise TextError(
            f"could not parse {_quoted(text)} as type float: strconv.ParseFloat: parsing {_quoted(text)}: invalid syntax"
        )
    number = float(stripped)
    if math.isinf(number):
        raise RangeError(
            f"could not parse {_quoted(text)} as type float: strconv.ParseFloat: parsing {_quoted(text)}: value out of range"
        )
    return number


def _decimal(text: str, zone: ZoneInfo) -> Decimal:
    stripped = text.strip()
    if not (_FLOAT.fullmatch(stripped) or stripped.lower() in _DECIMAL_WORDS):
        raise TextError(f"could not parse {_quoted(text)} as type decimal")
    try:
        return Decimal(stripped)
    except InvalidOperation:
        raise RangeError(f"could not parse {_quoted(text)} as type decimal") from None


def _bool(text: str, zone: ZoneInfo) -> bool:
    word = text.strip().lower()
    # Any unambiguous beginning counts, as in PostgreSQL; `o` could be on and off.
    if word and word != "o":
        for full, value in _BOOLS:
            if full.startswith(word):
                return value
    raise TextError(f"could not parse {_quoted(text)} as type bool: invalid bool value")


def _string(text: str, zone: ZoneInfo) -> str:
    return text


def _bytes(text: str, zone: ZoneInfo) -> bytes:
    return bytes_from_text(text)


def bytes_from_text(text: str) -> bytes:
    """bytea input: `\\x` and hex digits, else text where `\\\\` is a backslash and `\\101` an octal byte. Raises TextError."""
    if text[:2] in ("\\x", "\\X"):
        digits = text[2:]
        for digit in digits:
            if digit not in "0123456789abcdefABCDEF":
                raise TextError(
                    f"could not parse {_quoted(text)} as type bytes: "
                    f"encoding/hex: invalid byte: U+{ord(digit):04X} '{digit}'"
                )
        if len(digits) % 2:
            raise TextError(f"could not parse {_quoted(text)} as type bytes: encoding/hex: odd length hex string")
        return bytes.fromhex(digits)
    if "\\" not in text:
        return text.encode()
    refusal = TextError(
        f"could not parse {_quoted(text)} as type bytes: bytea encoded value ends with incomplete escape sequence"
    )
    made = bytearray()
    at = 0
    while at < len(text):
        character = text[at]
        if character != "\\":
            made += character.encode()
            at += 1
        elif text[at + 1 : at + 2] == "\\":
            made += b"\\"
            at += 2
        else:
            octal = text[at + 1 : at + 4]
            if not re.fullmatch("[0-3][0-7]{2}", octal):
                raise refusal
            made.append(int(octal, 8))
            at += 4
    return bytes(made)


def _timestamp(text: str, zone: ZoneInfo) -> int:
    return _timed(lambda: timestamp_from_text(text, False, zone), "timestamp")


def _timestamptz(text: str, zone: ZoneInfo) -> int:
    return _timed(lambda: timestamp_from_text(text, True, zone), "timestamp")


def _date(text: str, zone: ZoneInfo) -> int:
    return _timed(lambda: date_from_text(text, zone), "date")


def _time(text: str, zone: ZoneInfo) -> int:
    try:
        return time_from_text(text)
    except TimestampTextError as error:
        raise TimestampTextError(f'could not parse "{text}" as type time: {error.reason}') from None


def _timed(read: Callable[[], int], word: str) -> int:
    try:
        return read()
    except TimestampTextError as error:
        raise TimestampTextError(f"parsing as type {word}: {error.reason}") from None


def _interval(text: str, zone: ZoneInfo) -> Interval:
    return interval_from_text(text)


def _uuid(text: str, zone: ZoneInfo) -> str:
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        raise TextError(f"could not parse {_quoted(text)} as type uuid: uuid: incorrect UUID format: {text}") from None


def _inet(text: str, zone: ZoneInfo) -> str:
    address, slash, bits = text.strip().partition("/")
    try:
        made = ipaddress.ip_address(address)
        if slash and not 0 <= int(bits) <= made.max_prefixlen:
            raise ValueError
    except ValueError:
        raise TextError(f"could not parse {_quoted(text)} as inet. invalid IP") from None
    return f"{made}/{int(bits)}" if slash and int(bits) != made.max_prefixlen else str(made)


def _json(text: str, zone: ZoneInfo) -> str:
    try:
        value = json.loads(text, parse_float=_JsonNumber, parse_int=_JsonNumber, parse_constant=_no_constant)
        # A half of a surrogate pair, `"\\ud800"`, is no character: as in Go, U+FFFD takes its place.
        return _LONE_SURROGATE.sub("\ufffd", _json_text(value))
    except (ValueError, RecursionError) as error:
        raise TextError(f"could not parse JSON: unable to decode JSON: {_json_reason(text, error)}") from None


_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


class _JsonNumber(str):
    """A number kept as it was written: JSONB holds decimals of any length."""


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _json_reason(text: str, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if not text.strip():
        return "EOF"
    at = getattr(error, "pos", 0)
    if at >= len(text):
        return "unexpected EOF"
    return f"invalid character {text[at]!r} looking for beginning of value"


def _json_text(value: object) -> str:
    """As JSONB prints: keys sorted, a blank after `:` and `,`; the last of equal keys stays."""
    if isinstance(value, _JsonNumber):
        return value
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_json_text(value[k])}" for k in sorted(value)) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _bit(text: str, zone: ZoneInfo) -> str:
    for digit in text:
        if digit not in "01":
            raise TextError(f'could not parse string as bit array: "{digit}" is not a valid binary digit')
    return text


def _geometry(text: str, zone: ZoneInfo) -> str:
    return check_shape(text)


_READERS: dict[Family, Callable[[str, ZoneInfo], Value]] = {
    Family.BOOL: _bool,
    Family.INT: _int,
    Family.FLOAT: _float,
    Family.DECIMAL: _decimal,
    Family.STRING: _string,
    Family.BYTES: _bytes,
    Family.TIMESTAMP: _timestamp,
    Family.TIMESTAMPTZ: _timestamptz,
    Family.DATE: _date,
    Family.TIME: _time,
    Family.TIMETZ: _time,
    Family.INTERVAL: _interval,
    Family.UUID: _uuid,
    Family.INET: _inet,
    Family.JSON: _json,
    Family.BIT: _bit,
    Family.GEOMETRY: _geometry,
}


# ---------------------------------------------------------------- writers


def float_to_text(value: float) -> str:
    """The shortest text that reads back: `1`, `1.5`, `1e+21`, `+Inf`, `NaN`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "-Inf" if value < 0 else "+Inf"
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    mantissa = mantissa.removesuffix(".0")
    if not e:
        return mantissa
    number = int(exponent)
    if 0 <= number < 21:
        return format(Decimal(text), "f")
    return f"{mantissa}e{'-' if number < 0 else '+'}{abs(number):02}"


def _as_is(value: Value, zone: ZoneInfo) -> str:
    return str(value)


_WRITERS: dict[Family, Callable[..., str]] = {
    Family.BOOL: lambda value, zone: "true" if value else "false",
    Family.FLOAT: lambda value, zone: float_to_text(value),
    Family.DECIMAL: lambda value, zone: format(value, "f") if value.is_finite() else str(value),
    Family.BYTES: lambda value, zone: f"\\x{value.hex()}",
    Family.TIMESTAMP: lambda value, zone: timestamp_to_text(value, None),
    Family.TIMESTAMPTZ: lambda value, zone: timestamp_to_text(value, zone),
    Family.DATE: lambda value, zone: date_to_text(value),
    Family.TIME: lambda value, zone: clock(value * 1000),
    Family.TIMETZ: lambda value, zone: clock(value * 1000),
    Family.INTERVAL: lambda value, zone: interval_to_text(value),
}
