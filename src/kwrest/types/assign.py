"""What a relational column stores of a value of its family: range, width, rounding, in KWDB's words (facts 6, 8.5).

Widths count characters here; a DECIMAL is rounded to its scale, a timestamp to its precision (microseconds when none
is declared), a FLOAT4 to single precision, with infinities.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext

import numpy as np

from kwrest.errors import (
    BitLengthMismatch,
    BitTooLong,
    DecimalOutOfRange,
    OutOfRange,
    RelationalIntegerOutOfRange,
    RelationalValueTooLong,
)
from kwrest.types.arrow import DECIMAL_SCALE, DECIMAL_WIDTH
from kwrest.types.kinds import Family, Type
from kwrest.types.names import spoken
from kwrest.types.timestamps import round_to
from kwrest.types.values import Value


def assign(value: Value, type: Type, column: str) -> Value:
    """`value`, already of `type`'s family, as the column stores it.

    Raises RelationalIntegerOutOfRange, RelationalValueTooLong, BitLengthMismatch, BitTooLong, DecimalOutOfRange.
    """
    if value is None:
        return None
    if type.element is not None and isinstance(value, tuple):
        element = type.element
        return tuple(assign(item, element, column) for item in value)
    rule = _RULES.get(type.family)
    return rule(value, type, column) if rule is not None else value


def _int(value: Value, type: Type, column: str) -> Value:
    assert isinstance(value, int)
    size = 1 << (type.width * 8 - 1)
    if not -size <= value < size:
        raise RelationalIntegerOutOfRange(type=spoken(type), column=column)
    return value


def _float(value: Value, type: Type, column: str) -> Value:
    assert isinstance(value, float)
    if type.width == 8:
        return value
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def _decimal(value: Value, type: Type, column: str) -> Value:
    assert isinstance(value, Decimal)
    width, scale = (type.width, type.scale) if type.width else (DECIMAL_WIDTH, DECIMAL_SCALE)
    refusal = DecimalOutOfRange(type=type, column=column, precision=width, scale=scale, digits=width - scale)
    # The engine's decimals know no NaN and no infinity.
    if not value.is_finite() or value.adjusted() > width:
        raise refusal
    with localcontext(prec=DECIMAL_WIDTH * 2):
        rounded = value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    if rounded and rounded.adjusted() >= width - scale:
        raise refusal
    return rounded if type.width else value


def _string(value: Value, type: Type, column: str) -> Value:
    assert isinstance(value, str)
    if type.width and len(value) > type.width:
        raise RelationalValueTooLong(type=type, column=column)
    return value


def _bytes(value: Value, type: Type, column: str) -> Value:
    assert isinstance(value, bytes)
    if type.width and len(value) > type.width:
        raise RelationalValueTooLong(type=type, column=column)
    return value


def _bit(value: Value, type: Type, column: str) -> Value:
    assert isinstance(value, str)
    if type.name == "BIT" and len(value) != type.width:
        raise BitLengthMismatch(length=len(value), type=type, column=column)
    if type.width and len(value) > type.width:
        raise BitTooLong(length=len(value), type=type, column=column)
    return value


def _timestamp(value: Value, type: Type, column: str) -> Value:
    assert isinstance(value, int)
    made = round_to(value, type.precision or 6)
    if type.precision == 9 and not -(1 << 63) <= made < 1 << 63:  # nanoseconds since 1970 in 64 bits
        raise OutOfRange(reason="timestamp out of range")
    return made


_RULES: dict[Family, Callable[[Value, Type, str], Value]] = {
    Family.INT: _int,
    Family.FLOAT: _float,
    Family.DECIMAL: _decimal,
    Family.STRING: _string,
    Family.BYTES: _bytes,
    Family.BIT: _bit,
    Family.TIMESTAMP: _timestamp,
    Family.TIMESTAMPTZ: _timestamp,
}
