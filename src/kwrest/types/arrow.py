"""KWDB types as Arrow types, and columns of values as Arrow arrays: how batches carry them to the engine."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pyarrow as pa

from kwrest.types.intervals import Interval
from kwrest.types.kinds import Family, Type
from kwrest.types.values import Value

_INTS = {2: pa.int16(), 4: pa.int32(), 8: pa.int64()}
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
    match type.family:
        case Family.INT:
            return _INTS[type.width]
        case Family.FLOAT:
            return pa.float32() if type.width == 4 else pa.float64()
        case Family.DECIMAL:
            if type.width:
                return pa.decimal128(min(type.width, DECIMAL_WIDTH), type.scale)
            return pa.decimal128(DECIMAL_WIDTH, DECIMAL_SCALE)
        case Family.TIMESTAMP | Family.TIMESTAMPTZ:
            return pa.timestamp("ns" if type.precision == 9 else "us")
        case Family.ARRAY:
            assert type.element is not None
            return pa.list_(arrow_type(type.element))
        case family:
            return _BY_FAMILY[family]


def to_arrow(values: Sequence[Value], type: Type) -> pa.Array:
    """`values` (None is NULL) as an array of `arrow_type(type)`. The values fit already; pa.ArrowInvalid when they do not."""
    made = arrow_type(type)
    match type.family:
        case Family.TIMESTAMP | Family.TIMESTAMPTZ if type.precision != 9:
            return pa.array([None if v is None else v // 1000 for v in values], pa.int64()).view(made)  # type: ignore[operator]  # the family says int
        case Family.TIMESTAMP | Family.TIMESTAMPTZ | Family.TIME | Family.TIMETZ:
            return pa.array(values, pa.int64()).view(made)
        case Family.DATE:
            return pa.array(values, pa.int32()).view(made)
        case Family.INTERVAL:
            return pa.array([_month_day_nano(v) for v in values], made)
        case Family.DECIMAL:
            return pa.array([_scaled(v, made.scale) for v in values], made)
        case Family.ARRAY:
            assert type.element is not None
            return _lists(values, type.element)
        case _:
            return pa.array(values, made)


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
