"""KWDB types as Arrow types, and columns of values as Arrow arrays: how batches carry them to the engine."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pyarrow as pa

from kwrest.types.intervals import Interval
from kwrest.types.kinds import Family, Type
from kwrest.types.values import Value

_FIXED = {
    (Family.INT, 2): pa.int16(),
    (Family.INT, 4): pa.int32(),
    (Family.INT, 8): pa.int64(),
    (Family.FLOAT, 4): pa.float32(),
    (Family.FLOAT, 8): pa.float64(),
}
_BY_FAMILY = {
    Family.UNKNOWN: pa.string(),
    Family.BOOL: pa.bool_(),
    Family.STRING: pa.string(),
    Family.BYTES: pa.binary(),
    Family.DATE: pa.date32(),
    Family.TIME: pa.time64("us"),
    Family.TIMETZ: pa.time64("us"),
    Family.INTERVAL: pa.month_day_nano_interval(),
    Family.UUID: pa.string(),
    Family.INET: pa.string(),
    Family.JSON: pa.string(),
    Family.BIT: pa.string(),
    Family.GEOMETRY: pa.string(),
}
# Of a DECIMAL without arguments: what the engine can hold exactly.
DECIMAL_WIDTH, DECIMAL_SCALE = 38, 12


def arrow_type(type: Type) -> pa.DataType:
    """The Arrow type that carries `type`. Times are in UTC and carry no zone: KWDB stores none."""
    fixed = _FIXED.get((type.family, type.width)) or _BY_FAMILY.get(type.family)
    if fixed is not None:
        return fixed
    match type.family:
        case Family.DECIMAL:
            if type.width:
                return pa.decimal128(min(type.width, DECIMAL_WIDTH), type.scale)
            return pa.decimal128(DECIMAL_WIDTH, DECIMAL_SCALE)
        case Family.TIMESTAMP | Family.TIMESTAMPTZ:
            return pa.timestamp("ns" if type.precision == 9 else "us")
    assert type.element is not None, f"no values of {type} are stored"
    return pa.list_(arrow_type(type.element))


# Families whose values are numbers already, with the letter of `array.array` by width in bytes.
_LETTERS: dict[tuple[Family, int], str] = {
    (Family.INT, 2): "h",
    (Family.INT, 4): "i",
    (Family.INT, 8): "q",
    (Family.FLOAT, 4): "f",
    (Family.FLOAT, 8): "d",
}


def to_arrow(values: Sequence[Value], type: Type) -> pa.Array:
    """`values` (None is NULL) as an array of `arrow_type(type)`. The values fit already; OverflowError or pa.ArrowInvalid
    when they do not."""
    made = arrow_type(type)
    family = type.family
    letter = _LETTERS.get((family, type.width))
    if letter is not None:
        return _numbers(values, letter, made)
    if family is Family.STRING and len(values) == 1 and values[0] is not None:
        return _one_string(values[0])  # type: ignore[arg-type]  # the family says str
    match family:
        case Family.TIMESTAMP | Family.TIMESTAMPTZ:
            unit = 1 if type.precision == 9 else 1000
            return _numbers([None if v is None else v // unit for v in values], "q", made)  # type: ignore[operator]  # the family says int
        case Family.TIME | Family.TIMETZ:
            return _numbers(values, "q", made)
        case Family.DATE:
            return _numbers(values, "i", made)
        case Family.INTERVAL:
            return pa.array([_month_day_nano(v) for v in values], made)
        case Family.DECIMAL:
            return pa.array([_scaled(v, made.scale) for v in values], made)
        case Family.ARRAY:
            assert type.element is not None
            return _lists(values, type.element)
        case _:
            return pa.array(values, made)


def _numbers(values: Sequence[Value], letter: str, made: pa.DataType) -> pa.Array:
    """Numbers as an array of `made`, whose storage `letter` names. Without NULLs the buffer is built by hand: `pa.array`
    takes three times as long for the one row of a small INSERT."""
    try:
        buffer = array(letter, values)  # type: ignore[type-var]  # None is what the except is for
    except TypeError:
        return pa.array(values, _STORAGE[letter]).view(made)
    return pa.Array.from_buffers(made, len(values), [None, pa.py_buffer(buffer)])


_STORAGE = {"h": pa.int16(), "i": pa.int32(), "q": pa.int64(), "f": pa.float32(), "d": pa.float64()}


def _one_string(value: str) -> pa.Array:
    data = value.encode()
    offsets = pa.py_buffer(array("i", (0, len(data))))
    return pa.Array.from_buffers(_BY_FAMILY[Family.STRING], 1, [None, offsets, pa.py_buffer(data)])


def _month_day_nano(value: Value) -> pa.MonthDayNano | None:
    return pa.MonthDayNano([value.months, value.days, value.nanoseconds]) if isinstance(value, Interval) else None


def _scaled(value: Value, scale: int) -> Decimal | None:
    if value is None:
        return None
    assert isinstance(value, int | Decimal)
    with localcontext(prec=76):
        return Decimal(value).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def _lists(values: Sequence[Value], element: Type) -> pa.Array:
    flat: list[Value] = []
    offsets: list[int | None] = []
    for value in values:
        offsets.append(None if value is None else len(flat))
        flat.extend(value if isinstance(value, tuple) else ())
    offsets.append(len(flat))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), to_arrow(flat, element))
