"""DuckDB's part of printing: how types are stored and every operator, function, aggregate and cast is written.

The relation printer is combined with it: `class DuckDBSpeller(DuckDBExpressions, RelationSpeller)`.
Run-time errors are raised in the text as `error('<mark>|<SQLSTATE>|<sentence>')`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo

from kwrest.engines.duckdb import spelling_json
from kwrest.engines.duckdb.spelling_aggregates import AGGREGATES, WINDOWS
from kwrest.engines.duckdb.spelling_casts import CASTS
from kwrest.engines.duckdb.spelling_documents import DOCUMENTS
from kwrest.engines.duckdb.spelling_functions import FUNCTIONS
from kwrest.engines.duckdb.spelling_series import SERIES, STREAMS
from kwrest.engines.duckdb.spelling_text import guarded
from kwrest.engines.duckdb.spelling_types import MAX_DIGITS, type_name
from kwrest.errors import OutOfRange
from kwrest.sql import bound
from kwrest.sql.bound import Value
from kwrest.sql.spell.expressions import (
    ExpressionSpeller,
    Written,
    WrittenAggregate,
    WrittenCast,
    WrittenStream,
    microseconds,
    plain_decimal,
    quoted,
)
from kwrest.types.intervals import Interval
from kwrest.types.kinds import Family, Type


class DuckDBExpressions(ExpressionSpeller):
    """Expressions in DuckDB's SQL."""

    FUNCTIONS: ClassVar[Mapping[str, Written]] = {**FUNCTIONS, **DOCUMENTS, **SERIES}
    AGGREGATES: ClassVar[Mapping[str, WrittenAggregate]] = AGGREGATES
    WINDOWS: ClassVar[Mapping[str, str]] = WINDOWS
    CASTS: ClassVar[Mapping[tuple[Family, Family], WrittenCast]] = CASTS
    STREAMS: ClassVar[Mapping[str, WrittenStream]] = STREAMS

    def type_name(self, type_: Type) -> str:
        """DuckDB's type that stores values of `type_`."""
        return type_name(type_)

    def constant(self, value: Value, type_: Type) -> str:
        """A constant, typed where DuckDB would otherwise choose a narrower type."""
        if value is None:
            return "NULL" if type_.family is Family.UNKNOWN else f"CAST(NULL AS {type_name(type_)})"
        if isinstance(value, tuple):
            element = type_.element
            assert element is not None
            items = ", ".join(self.constant(item, element) for item in value)
            return f"CAST([{items}] AS {type_name(type_)})"
        return _CONSTANTS[type_.family](value, type_)

    def array(self, expr: bound.ArrayOf) -> str:
        """`ARRAY[…]`; an empty one gets its type from a cast."""
        if not expr.items:
            return f"CAST([] AS {type_name(expr.type)})"
        return f"[{', '.join(self.expression(item) for item in expr.items)}]"

    def json_cell(self, column: str, type_: Type, zone: ZoneInfo) -> str:
        """DuckDB text that gives one value as JSON text (contract B6). column: text of a plain column."""
        return spelling_json.cell(column, type_, zone)

    def may_fail(self, text: str) -> bool:
        """Whether there is a guard in it."""
        return "error('" in text

    def within(self, number: str, most: int, what: str) -> str:
        """A condition that holds, or fails beyond the most rows there may be."""
        return guarded(f"{number} > {most}", "54000", f"{what} gives at most {most} rows", "true")

    def json_row(self, cells: Sequence[str]) -> str:
        """DuckDB text that gives a row, a JSON array, from the texts of its cells."""
        return spelling_json.row(cells)


# ---------------------------------------------------------------- constants

_INT4_RANGE = range(-(1 << 31), 1 << 31)
INT8_RANGE = range(-(1 << 63), 1 << 63)


def _bool(value: Value, type_: Type) -> str:
    return "true" if value else "false"


def _int(value: Value, type_: Type) -> str:
    assert isinstance(value, int)
    return f"CAST({int(value)} AS {type_name(type_)})"


def _float(value: Value, type_: Type) -> str:
    assert isinstance(value, (int, float))
    number = float(value)
    # repr gives the shortest text that reads back; nan and inf need quotes
    text = repr(number) if math.isfinite(number) else f"'{number}'"
    return f"CAST({text} AS {type_name(type_)})"


def _decimal(value: Value, type_: Type) -> str:
    assert isinstance(value, Decimal)
    if not value.is_finite():
        return f"CAST('{'nan' if value.is_nan() else 'inf' if value > 0 else '-inf'}' AS DOUBLE)"
    exponent = value.as_tuple().exponent
    scale = max(-exponent, 0) if isinstance(exponent, int) else 0
    digits = max(len(value.as_tuple().digits) + max(int(exponent), 0), scale)
    if digits > MAX_DIGITS:
        # More digits than DuckDB's decimals hold: the nearest DOUBLE.
        nearest = float(value)
        if math.isinf(nearest):
            raise OutOfRange(reason="decimal out of range")
        return f"CAST({nearest!r} AS DOUBLE)"
    return (
        f"CAST({plain_decimal(value)} AS DECIMAL({max(digits, scale + 1, 1)},{scale}))"
        if digits < MAX_DIGITS
        else (f"CAST('{plain_decimal(value)}' AS DECIMAL({MAX_DIGITS},{scale}))")
    )


def _text(value: Value, type_: Type) -> str:
    assert isinstance(value, str)
    return quoted(value)


def _json(value: Value, type_: Type) -> str:
    assert isinstance(value, str)
    return f"CAST({quoted(value)} AS JSON)"


def _bytes(value: Value, type_: Type) -> str:
    assert isinstance(value, bytes)
    return f"unhex('{value.hex()}')"


def _moment(value: Value, type_: Type) -> str:
    assert isinstance(value, int)
    nano = type_.precision == 9
    number = value if nano else _divided(value, 1000)
    if number not in INT8_RANGE:
        raise OutOfRange(reason="timestamp out of range")
    return f"make_timestamp_ns({number})" if nano else f"make_timestamp({number})"


def _divided(value: int, by: int) -> int:
    """Rounded to the nearest, half away from the past."""
    return (2 * value + by) // (2 * by)


def _date(value: Value, type_: Type) -> str:
    assert isinstance(value, int)
    return f"(DATE '1970-01-01' + CAST({value} AS INTEGER))"


def _time(value: Value, type_: Type) -> str:
    assert isinstance(value, int)
    seconds, micro = divmod(value, 1_000_000)
    return f"CAST('{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{micro:06}' AS TIME)"


def _interval(value: Value, type_: Type) -> str:
    assert isinstance(value, Interval)
    if value.months not in _INT4_RANGE or value.days not in _INT4_RANGE or microseconds(value) not in INT8_RANGE:
        raise OutOfRange(reason="interval out of range")
    parts = [
        text
        for amount, text in (
            (value.months, f"to_months({value.months})"),
            (value.days, f"to_days({value.days})"),
            (value.nanoseconds, f"to_microseconds({microseconds(value)})"),
        )
        if amount
    ]
    return f"({' + '.join(parts) or 'to_days(0)'})"


_CONSTANTS = {
    Family.BOOL: _bool,
    Family.INT: _int,
    Family.FLOAT: _float,
    Family.DECIMAL: _decimal,
    Family.STRING: _text,
    Family.BYTES: _bytes,
    Family.TIMESTAMP: _moment,
    Family.TIMESTAMPTZ: _moment,
    Family.DATE: _date,
    Family.TIME: _time,
    Family.TIMETZ: _time,
    Family.INTERVAL: _interval,
    Family.UUID: _text,
    Family.INET: _text,
    Family.JSON: _json,
    Family.BIT: _text,
    Family.GEOMETRY: _text,
}
