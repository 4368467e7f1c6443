"""Columns of values as Arrow arrays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest

from kwrest.types.arrow import arrow_type, to_arrow
from kwrest.types.intervals import Interval
from kwrest.types.names import WORDS, type_from_text
from kwrest.types.values import Value


@pytest.mark.parametrize("type, arrow, values, shown", [
    ("INT2", pa.int16(), [1, None], [1, None]),
    ("INT4", pa.int32(), [1, -2], [1, -2]),
    ("INT8", pa.int64(), [2**62], [2**62]),
    ("FLOAT4", pa.float32(), [1.5, None], [1.5, None]),
    ("FLOAT8", pa.float64(), [1e300], [1e300]),
    ("BOOL", pa.bool_(), [True, None, False], [True, None, False]),
    ("DECIMAL(10,2)", pa.decimal128(10, 2), [Decimal("1.5"), None], [Decimal("1.50"), None]),
    ("DECIMAL", pa.decimal128(38, 12), [Decimal("1")], [Decimal("1")]),
    ("VARCHAR(5)", pa.string(), ["ä"], ["ä"]),
    ("STRING", pa.string(), ["a", None, ""], ["a", None, ""]),
    ("BYTES", pa.binary(), [b"\x00", None], [b"\x00", None]),
    ("TIMESTAMPTZ(3)", pa.timestamp("us"), [1_500_000, None], [datetime(1970, 1, 1, 0, 0, 0, 1500), None]),
    ("TIMESTAMP", pa.timestamp("us"), [-1_000], [datetime(1969, 12, 31, 23, 59, 59, 999_999)]),
    ("DATE", pa.date32(), [19787], [date(2024, 3, 5)]),
    ("TIME", pa.time64("us"), [1_000_000], [time(0, 0, 1)]),
    ("INTERVAL", pa.month_day_nano_interval(), [Interval(1, 2, 3), None], [pa.MonthDayNano([1, 2, 3]), None]),
    ("INT4[]", pa.list_(pa.int32()), [(1, None), None, (), (2,)], [[1, None], None, [], [2]]),
    ("JSONB", pa.string(), ["{}"], ["{}"]),
])  # fmt: skip
def test_arrays(type: str, arrow: pa.DataType, values: Sequence[Value], shown: list[object]) -> None:
    made = to_arrow(values, type_from_text(type))
    assert made.type == arrow == arrow_type(type_from_text(type))
    assert made.to_pylist() == shown
    made.validate(full=True)


def test_nanoseconds() -> None:
    made = to_arrow([1_500_000_001], type_from_text("TIMESTAMPTZ(9)"))
    assert made.type == pa.timestamp("ns")
    assert made.cast(pa.int64()).to_pylist() == [1_500_000_001]


@pytest.mark.parametrize("word", [w.words[0] for w in WORDS])
def test_every_type_travels(word: str) -> None:
    made = to_arrow([None, None], type_from_text(word))
    assert made.null_count == 2


@pytest.mark.parametrize("type, value", [("INT2", 40000), ("INT4", 2**40), ("INT8", 2**70)])
def test_what_does_not_fit_is_not_cut(type: str, value: int) -> None:
    with pytest.raises((OverflowError, pa.ArrowInvalid)):
        to_arrow([value], type_from_text(type))
    with pytest.raises((OverflowError, pa.ArrowInvalid)):
        to_arrow([value, None], type_from_text(type))
