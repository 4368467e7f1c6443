"""Text to value and back for every family."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from kwrest.types import kinds
from kwrest.types.intervals import Interval, interval_from_text, interval_to_text, span
from kwrest.types.kinds import Type, array_of
from kwrest.types.names import type_from_text
from kwrest.types.reasons import TextError
from kwrest.types.text import float_to_text, from_text, to_text
from kwrest.types.values import Value

UTC = ZoneInfo("UTC")
SECOND = 1_000_000_000


@pytest.mark.parametrize("type, text, value, shown", [
    (kinds.BOOL, " TRUE ", True, "true"),
    (kinds.BOOL, "f", False, "false"),
    (kinds.BOOL, "of", False, "false"),
    (kinds.INT4, "-12", -12, "-12"),
    (kinds.INT8, "0x1F", 31, "31"),
    (kinds.FLOAT8, "1.5e3", 1500.0, "1500"),
    (kinds.FLOAT8, "-Infinity", float("-inf"), "-Inf"),
    (kinds.DECIMAL, "1.50", Decimal("1.50"), "1.50"),
    (kinds.STRING, " x ", " x ", " x "),
    (kinds.BYTES, "abc", b"abc", "\\x616263"),
    (kinds.BYTES, "\\x00fF", b"\x00\xff", "\\x00ff"),
    (kinds.BYTES, "a\\\\b\\101", b"a\\bA", "\\x615c6241"),
    (kinds.TIMESTAMP, "2024-01-01 12:00:00+08", 1704110400 * SECOND, "2024-01-01 12:00:00"),
    (kinds.TIMESTAMPTZ, "2024-01-01 12:00:00+08", 1704081600 * SECOND, "2024-01-01 04:00:00+00:00"),
    (kinds.DATE, "2024-03-05", 19787, "2024-03-05"),
    (kinds.TIME, "06:07:08.25", 22_028_250_000, "06:07:08.25"),
    (kinds.INTERVAL, "1 day 02:03:04", Interval(0, 1, 7384 * SECOND), "1 day 02:03:04"),
    (kinds.UUID, "{123E4567-e89b-12d3-a456-426614174000}", "123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
    (kinds.INET, "192.168.0.1/24", "192.168.0.1/24", "192.168.0.1/24"),
    (kinds.INET, "::1", "::1", "::1"),
    (kinds.JSONB, '{"b":1,"a":2.50,"a":[1, null,"x"]}', '{"a": [1, null, "x"], "b": 1}', '{"a": [1, null, "x"], "b": 1}'),
    (kinds.JSONB, r'{"\ud800":"\udc00x\ud83d\ude00"}', '{"\ufffd": "\ufffdx\U0001f600"}', '{"\ufffd": "\ufffdx\U0001f600"}'),
    (type_from_text("VARBIT"), "0101", "0101", "0101"),
    (kinds.GEOMETRY, "Point(0.0 1)", "Point(0.0 1)", "Point(0.0 1)"),
    (array_of(kinds.INT4), "{1, NULL,3}", (1, None, 3), "{1,NULL,3}"),
    (array_of(kinds.STRING), '{"a b",c,"NULL","q\\"r"}', ("a b", "c", "NULL", 'q"r'), '{"a b",c,"NULL","q\\"r"}'),
    (array_of(kinds.INT4), "{}", (), "{}"),
])  # fmt: skip
def test_both_ways(type: Type, text: str, value: Value, shown: str) -> None:
    assert from_text(text, type, UTC) == value
    assert to_text(value, type) == shown


@pytest.mark.parametrize("type, text, sqlstate, reason", [
    (kinds.INT4, "3.3", "22P02", 'could not parse "3.3" as type int: strconv.ParseInt: parsing "3.3": invalid syntax'),
    (kinds.INT8, "9223372036854775808", "22003",
     'could not parse "9223372036854775808" as type int: strconv.ParseInt: parsing "9223372036854775808": value out of range'),
    (kinds.FLOAT8, "", "22P02", 'could not parse "" as type float: strconv.ParseFloat: parsing "": invalid syntax'),
    (kinds.FLOAT8, "1_0", "22P02", 'could not parse "1_0" as type float: strconv.ParseFloat: parsing "1_0": invalid syntax'),
    (kinds.DECIMAL, "x", "22P02", 'could not parse "x" as type decimal'),
    (kinds.BOOL, "o", "22P02", 'could not parse "o" as type bool: invalid bool value'),
    (kinds.TIMESTAMP, "", "22007", "parsing as type timestamp: empty or blank input"),
    (kinds.DATE, "abc", "22007", 'parsing as type date: could not parse "abc"'),
    (kinds.JSONB, "abc", "22P02", "could not parse JSON: unable to decode JSON: invalid character 'a' looking for beginning of value"),
    (type_from_text("BIT(3)"), "1x1", "22P02", 'could not parse string as bit array: "x" is not a valid binary digit'),
    (kinds.BYTES, "\\xe4\\xb8", "22P02", 'could not parse "\\\\xe4\\\\xb8" as type bytes: encoding/hex: invalid byte: U+005C \'\\\''),
    (kinds.GEOMETRY, "Polygon((0 0, 1 1, 1 0, 0 1))", "22000", 'could not parse "Polygon((0 0, 1 1, 1 0, 0 1))" as type geometry'),
    (array_of(kinds.INT4), "1,2", "22P02", 'could not parse "1,2" as type array: array must be enclosed in { and }'),
    (array_of(kinds.INT4), "{1,,2}", "22P02", 'could not parse "{1,,2}" as type array: malformed array'),
    (array_of(kinds.INT4), "{x}", "22P02", 'could not parse "x" as type int: strconv.ParseInt: parsing "x": invalid syntax'),
])  # fmt: skip
def test_reasons(type: Type, text: str, sqlstate: str, reason: str) -> None:
    with pytest.raises(TextError) as error:
        from_text(text, type, UTC)
    assert (error.value.sqlstate, error.value.reason) == (sqlstate, reason)


@pytest.mark.parametrize("value, shown", [
    (0.0, "0"), (1.0, "1"), (-1.25, "-1.25"), (1e-10, "1e-10"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
    (1.7976931348623157e308, "1.7976931348623157e+308"), (0.0001, "0.0001"), (float("nan"), "NaN"), (float("inf"), "+Inf"),
])  # fmt: skip
def test_floats(value: float, shown: str) -> None:
    assert float_to_text(value) == shown


@pytest.mark.parametrize("text, expected, shown", [
    ("1 year 2 mons 3 days 04:05:06.789", Interval(14, 3, 14706789 * 10**6), "1 year 2 mons 3 days 04:05:06.789"),
    ("1-2 3 4:05:06", Interval(14, 3, 14706 * SECOND), "1 year 2 mons 3 days 04:05:06"),
    ("P1Y2M3DT4H5M6S", Interval(14, 3, 14706 * SECOND), "1 year 2 mons 3 days 04:05:06"),
    ("1h30m", Interval(0, 0, 5400 * SECOND), "01:30:00"),
    ("-3 secs", Interval(0, 0, -3 * SECOND), "-00:00:03"),
    ("1 Month 2 yrs", Interval(25), "2 years 1 mon"),
    ("1.5 mon", Interval(1, 15), "1 mon 15 days"),
    ("1.5 days", Interval(0, 1, 43200 * SECOND), "1 day 12:00:00"),
    ("5", Interval(0, 0, 5 * SECOND), "00:00:05"),
    ("2 weeks", Interval(0, 14), "14 days"),
    ("1 day ago", Interval(0, -1), "-1 days"),
    ("0 s", Interval(), "00:00:00"),
])  # fmt: skip
def test_intervals(text: str, expected: Interval, shown: str) -> None:
    assert interval_from_text(text) == expected
    assert interval_to_text(expected) == shown


@pytest.mark.parametrize(
    "text", ["999999999 years", "99999999999 days", "9999999 hours 9999999999 s", "10000-00 400000000-00"]
)
def test_intervals_out_of_range(text: str) -> None:
    with pytest.raises(TextError) as error:
        interval_from_text(text)
    assert error.value.sqlstate == "22003"


@pytest.mark.parametrize("text", ["", "x", "1 parsec", "1 day 2", "P", "1 day;"])
def test_no_intervals(text: str) -> None:
    if text == "1 day 2":
        assert interval_from_text(text) == Interval(0, 1, 2 * SECOND)  # a bare number counts seconds
    else:
        with pytest.raises(TextError):
            interval_from_text(text)


def test_a_default_unit() -> None:
    assert interval_from_text("5", "day") == span("5", "day") == Interval(0, 5)
