"""What holds for any value: text reads back, and no text at all makes anything but a value or a reason."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kwrest.types import kinds
from kwrest.types.intervals import Interval
from kwrest.types.kinds import Type, array_of
from kwrest.types.names import WORDS, type_from_text
from kwrest.types.reasons import TextError
from kwrest.types.text import from_text, to_text
from kwrest.types.values import Value

UTC = ZoneInfo("UTC")
LIMIT = 9_000_000_000_000_000_000

VALUES: list[tuple[Type, st.SearchStrategy[Value]]] = [
    (kinds.BOOL, st.booleans()),
    (kinds.INT8, st.integers(-(2**63), 2**63 - 1)),
    (kinds.FLOAT8, st.floats(allow_nan=False)),
    (kinds.DECIMAL, st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)),
    (kinds.STRING, st.text()),
    (kinds.BYTES, st.binary()),
    (kinds.TIMESTAMP, st.integers(-62_167_219_200 * 10**9, LIMIT)),
    (kinds.TIMESTAMPTZ, st.integers(-62_000_000_000 * 10**9, LIMIT)),
    (kinds.DATE, st.integers(-719_528, 2_932_896)),
    (kinds.TIME, st.integers(0, 86_400_000_000)),
    (
        kinds.INTERVAL,
        st.builds(Interval, st.integers(-9999, 9999), st.integers(-9999, 9999), st.integers(-LIMIT, LIMIT)),
    ),
    (array_of(kinds.STRING), st.lists(st.none() | st.text()).map(tuple)),
    (array_of(kinds.INT8), st.lists(st.none() | st.integers(-5, 5)).map(tuple)),
]


@pytest.mark.parametrize("type, values", VALUES, ids=[str(type) for type, _ in VALUES])
@given(data=st.data())
def test_text_reads_back(type: Type, values: st.SearchStrategy[Value], data: st.DataObject) -> None:
    value = data.draw(values)
    assert from_text(to_text(value, type), type, UTC) == value


@given(data=st.data())
def test_a_zone_is_no_loss(data: st.DataObject) -> None:
    zone = ZoneInfo(data.draw(st.sampled_from(["Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])))
    value = data.draw(st.integers(0, LIMIT))
    assert from_text(to_text(value, kinds.TIMESTAMPTZ, zone), kinds.TIMESTAMPTZ, UTC) == value


TYPES = [type_from_text(word.words[0]) for word in WORDS] + [array_of(kinds.INT8)]


@pytest.mark.parametrize("type", TYPES, ids=str)
@given(text=st.text() | st.text("0123456789-+:.,/ TZeExX\\{}[]\"'PYMDHSdaysmon", max_size=40))
@example("9" * 5000)
@example("1d" * 5000)
@example("[" * 5000)
@example("1e999999999")
@example("-1e-999999999")
@example("{" * 5000 + "}")
def test_any_text_is_a_value_or_a_reason(type: Type, text: str) -> None:
    try:
        value = from_text(text, type, UTC)
    except TextError as error:
        assert error.reason and len(error.sqlstate) == 5
    else:
        assert not (isinstance(value, float) and math.isinf(value) and text.strip().lower().lstrip("+-")[:1] != "i")
