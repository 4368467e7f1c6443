"""Whether a value fits a time-series column or tag, and what is stored of it (facts 2.4, 2.7, 2.8).

One set of rules for INSERT literals of both paths and for line protocol: KWDB converts almost nothing here. `'5'` is no
INT4, 1.5 is no INT4, 5 is no VARCHAR; a boolean is 1 or 0 in an INT column, a number is a boolean.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from zoneinfo import ZoneInfo

from kwrest.errors import (
    ConstantOutOfRange,
    CouldNotResolve,
    FloatOutOfRange,
    IntegerOutOfRange,
    InvalidShape,
    TimestampOutOfRange,
    ValueTooLong,
)
from kwrest.types.kinds import Family, Type
from kwrest.types.reasons import RangeError, TextError
from kwrest.types.shapes import ShapeError, check_shape
from kwrest.types.text import bytes_from_text
from kwrest.types.timestamps import round_to, timestamp_from_text
from kwrest.types.values import Value

UTC = ZoneInfo("UTC")

# Epochs a column takes, first and last, in the unit of its precision: 0000-01-01 … 2970-01-01, and what 64 bits of
# nanoseconds hold from 1970 on.
EPOCH_RANGE = {
    3: (-62_167_219_200_000, 31_556_995_200_000),
    6: (-62_167_219_200_000_000, 31_556_995_200_000_000),
    9: (0, 9_214_646_400_000_000_000),
}
# Python refuses to read integers of more than 4300 digits; no double has more than 309.
_LONGEST_INTEGER = 400
_BOOL_WORDS = {"true": True, "t": True, "false": False, "f": False}
_INTEGER = re.compile(r"[-+]?(?:[0-9]+|0[xX][0-9a-fA-F]+)")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def fit(value: Value, type: Type, column: str, zone: ZoneInfo = UTC, text: str | None = None) -> Value:
    """What a time-series column of `type` stores of `value`.

    value: None, bool, int, float, str or bytes as the literal's kind says; an int in a timestamp column is an epoch in
    the unit of its precision. zone: of zone-less timestamp text. text: as the client wrote it, for the error.
    Raises CouldNotResolve (another kind), IntegerOutOfRange, FloatOutOfRange, ConstantOutOfRange, ValueTooLong,
    TimestampOutOfRange, InvalidShape.
    """
    if value is None:
        return None
    return _FITTERS[type.family](value, type, column, zone, text)


def number(text: str) -> int | float:
    """A number literal's value: an int where it has neither point nor exponent, `0x…` included; the sign belongs to it.

    Raises ConstantOutOfRange for an integer of more digits than any type has.
    """
    if len(text) > _LONGEST_INTEGER and _INTEGER.fullmatch(text):
        raise ConstantOutOfRange()
    if _INTEGER.fullmatch(text):
        return int(text, 16 if "x" in text or "X" in text else 10)
    return float(text)


def fit_quoted(text: str, type: Type, column: str, zone: ZoneInfo = UTC) -> Value:
    """A double-quoted token of VALUES, an untyped literal (contract S3): numbers and booleans are read from the text,
    an integer in a timestamp column is an epoch, and everything else is a string."""
    stripped = text.strip()
    if type.family in (Family.INT, Family.FLOAT, Family.BOOL) and _NUMBER.fullmatch(stripped):
        return fit(number(stripped), type, column, zone, text)
    if type.family is Family.INT and stripped.lower() in ("true", "false"):
        return fit(stripped.lower() == "true", type, column, zone, text)
    if type.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ) and _INTEGER.fullmatch(stripped):
        return fit(number(stripped), type, column, zone, text)
    return fit(text, type, column, zone, text)


def fit_now(nanoseconds: int, type: Type, column: str) -> Value:
    """now(), which only a timestamp column takes; server time in milliseconds."""
    if type.family not in (Family.TIMESTAMP, Family.TIMESTAMPTZ):
        raise CouldNotResolve(value="now()", type=type, column=column)
    return nanoseconds


def _refuse(value: Value, type: Type, column: str, text: str | None) -> CouldNotResolve:
    return CouldNotResolve(value=_shown(value, text), type=type, column=column)


def _shown(value: Value, text: str | None) -> str:
    if text is not None:
        return text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return str(value)


def _int(value: Value, type: Type, column: str, zone: ZoneInfo, text: str | None) -> int:
    if not isinstance(value, int):
        raise _refuse(value, type, column, text)
    size = 1 << (type.width * 8 - 1)
    if not -size <= value < size:
        if not -(1 << 63) <= value < 1 << 63:
            raise ConstantOutOfRange()
        raise IntegerOutOfRange(value=_shown(value, text), type=type, column=column)
    return int(value)


def _float(value: Value, type: Type, column: str, zone: ZoneInfo, text: str | None) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refuse(value, type, column, text)
    try:
        made = float(value)
        # A float4 that would round to infinity is out of range; struct raises OverflowError for it.
        infinite = math.isinf(made)
        if type.width == 4:
            struct.pack("<f", made)
    except OverflowError:
        infinite = True
    if infinite:
        raise FloatOutOfRange(value=_shown(value, text), type=type, column=column)
    return made


def _bool(value: Value, type: Type, column: str, zone: ZoneInfo, text: str | None) -> bool:
    if isinstance(value, bool | int | float):
        return bool(value)
    word = _BOOL_WORDS.get(value.lower()) if isinstance(value, str) else None
    if word is None:
        raise _refuse(value, type, column, text)
    return word


def _string(value: Value, type: Type, column: str, zone: ZoneInfo, text: str | None) -> str:
    if isinstance(value, bytes):
        # b'…' is text too; bytes that are no UTF-8 cannot be kept as text, and KWDB does not refuse them.
        value = value.decode(errors="replace")
    if not isinstance(value, str):
        raise _refuse(value, type, column, text)
    width = type.width
    if width and len(value) * 4 > width:  # no character takes more than 4 bytes
        in_bytes = type.name in ("CHAR", "VARCHAR")
        length = len(value.encode()) if in_bytes and not value.isascii() else len(value)
        if length > width:
            raise ValueTooLong(value=value, type=type, column=column)
    return value


def _bytes(value: Value, type: Type, column: str, zone: ZoneInfo, text: str | None) -> bytes:
    if isinstance(value, str):
        try:
            made = bytes_from_text(value)
        except TextError:
            raise _refuse(value, type, column, text) from None
    elif isinstance(value, bytes):
        made = value
    else:
        raise _refuse(value, type, column, text)
    if type.width and len(made) > type.width:
        raise ValueTooLong(value=_shown(value, text), type=type, column=column)
    return made


def _timestamp(value: Value, type: Type, column: str, zone: ZoneInfo, text: str | None) -> int:
    precision = type.precision or 3
    unit = 10 ** (9 - precision)
    if isinstance(value, str):
        try:
            nanoseconds = round_to(timestamp_from_text(value, type.family is Family.TIMESTAMPTZ, zone), precision)
        except RangeError:
            raise TimestampOutOfRange(value=value, type=type, column=column) from None
        except TextError:
            raise _refuse(value, type, column, text) from None
    elif isinstance(value, int) and not isinstance(value, bool):
        if not -(1 << 63) <= value < 1 << 63:
            raise ConstantOutOfRange()
        nanoseconds = value * unit
    else:
        raise _refuse(value, type, column, text)
    low, high = EPOCH_RANGE[precision]
    if not low * unit <= nanoseconds <= high * unit:
        raise TimestampOutOfRange(value=_shown(value, text), type=type, column=column)
    return nanoseconds


def _geometry(value: Value, type: Type, column: str, zone: ZoneInfo, text: str | None) -> str:
    if not isinstance(value, str):
        raise _refuse(value, type, column, text)
    try:
        return check_shape(value)
    except ShapeError:
        raise InvalidShape(value=value, column=column) from None


_FITTERS: dict[Family, Callable[[Value, Type, str, ZoneInfo, str | None], Value]] = {
    Family.BOOL: _bool,
    Family.INT: _int,
    Family.FLOAT: _float,
    Family.STRING: _string,
    Family.BYTES: _bytes,
    Family.TIMESTAMP: _timestamp,
    Family.TIMESTAMPTZ: _timestamp,
    Family.GEOMETRY: _geometry,
}
