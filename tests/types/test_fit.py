"""What a time-series column stores of a value, and what it refuses: rows recorded from the real server."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from kwrest.errors import SqlError
from kwrest.types.fit import fit, fit_now, fit_quoted, number
from kwrest.types.names import type_from_text
from kwrest.types.values import Value

MS = 1_000_000
TEN = 10**9


@pytest.mark.parametrize("type, value, stored", [
    ("INT2", 32767, 32767),
    ("INT2", -32768, -32768),
    ("INT2", True, 1),
    ("INT8", -9223372036854775808, -9223372036854775808),
    ("INT4", None, None),
    ("FLOAT8", 1, 1.0),
    ("FLOAT8", 1.7976931348623157e308, 1.7976931348623157e308),
    ("FLOAT4", 3.4028235e38, 3.4028235e38),
    ("BOOL", 0, False),
    ("BOOL", 2.5, True),
    ("BOOL", "T", True),
    ("BOOL", "false", False),
    ("CHAR(5)", "abcde", "abcde"),
    ("CHAR(5)", "中", "中"),
    ("CHAR(5)", "  ", "  "),
    ("NCHAR(5)", "中文字符号", "中文字符号"),
    ("NCHAR", b"\xe4\xb8\xad", "中"),
    ("VARCHAR(4)", "", ""),
    ("NVARCHAR(5)", "a  ", "a  "),
    ("VARBYTES(5)", "abc", b"abc"),
    ("VARBYTES(5)", b"\x00\xff", b"\x00\xff"),
    ("VARBYTES(5)", "\\x6162", b"ab"),
    ("TIMESTAMPTZ(3)", 1709618828123, 1709618828123 * MS),
    ("TIMESTAMPTZ(3)", -1, -MS),
    ("TIMESTAMPTZ(3)", 31556995200000, 31556995200000 * MS),
    ("TIMESTAMPTZ(6)", 5, 5000),
    ("TIMESTAMPTZ(9)", 5, 5),
    ("TIMESTAMP(3)", "2024-01-01 12:00:00+08:00", 1704110400 * TEN),
    ("TIMESTAMPTZ(3)", "2024-01-01 12:00:00+08:00", 1704081600 * TEN),
    ("TIMESTAMP(3)", "2024-03-05 06:07:08.0005", 1709618828001 * MS),
    ("GEOMETRY", "Linestring(1.0 1.0, 2.0 2.0)", "Linestring(1.0 1.0, 2.0 2.0)"),
])  # fmt: skip
def test_fits(type: str, value: Value, stored: Value) -> None:
    made = fit(value, type_from_text(type), "v")
    assert made == stored
    assert made is None or made.__class__ is stored.__class__


@pytest.mark.parametrize("type, value, sqlstate, message", [
    ("INT2", 32768, "22003", 'integer "32768" out of range for type INT2 (column v)'),
    ("INT4", 9223372036854775808, "22003", "numeric constant out of int64 range"),
    ("INT4", 1.5, "42804", 'could not resolve "1.5" as INT4 type (column v)'),
    ("INT4", "5", "42804", 'could not resolve "5" as INT4 type (column v)'),
    ("FLOAT8", True, "42804", 'could not resolve "true" as FLOAT8 type (column v)'),
    ("FLOAT8", "", "42804", 'could not resolve "" as FLOAT8 type (column v)'),
    ("FLOAT4", 3.5e38, "22003", 'float "3.5e+38" out of range for type FLOAT4 (column v)'),
    ("BOOL", "yes", "42804", 'could not resolve "yes" as BOOL type (column v)'),
    ("CHAR(5)", "中文", "22001", "value '中文' too long for type CHAR(5) (column v)"),
    ("NCHAR(5)", "中文字符号码", "22001", "value '中文字符号码' too long for type NCHAR(5) (column v)"),
    ("NCHAR", "ab", "22001", "value 'ab' too long for type NCHAR (column v)"),
    ("VARCHAR(8)", "äöüäö", "22001", "value 'äöüäö' too long for type VARCHAR(8) (column v)"),
    ("NVARCHAR(5)", 1, "42804", 'could not resolve "1" as NVARCHAR(5) type (column v)'),
    ("NVARCHAR(5)", True, "42804", 'could not resolve "true" as NVARCHAR(5) type (column v)'),
    ("VARBYTES(5)", "abcdef", "22001", "value 'abcdef' too long for type VARBYTES(5) (column v)"),
    ("VARBYTES(5)", 0, "42804", 'could not resolve "0" as VARBYTES(5) type (column v)'),
    ("TIMESTAMP(3)", 1.5, "42804", 'could not resolve "1.5" as TIMESTAMP(3) type (column v)'),
    ("TIMESTAMP(3)", True, "42804", 'could not resolve "true" as TIMESTAMP(3) type (column v)'),
    ("TIMESTAMP(3)", "12", "42804", 'could not resolve "12" as TIMESTAMP(3) type (column v)'),
    ("TIMESTAMPTZ(3)", 31556995200001, "22026", 'value "31556995200001" out of range for type TIMESTAMPTZ(3) (column v)'),
    ("TIMESTAMPTZ(3)", 9223372036854775808, "22003", "numeric constant out of int64 range"),
    ("TIMESTAMPTZ(9)", "10000-01-01", "22026", 'value "10000-01-01" out of range for type TIMESTAMPTZ(9) (column v)'),
    ("TIMESTAMPTZ(9)", "infinity", "22026", 'value "infinity" out of range for type TIMESTAMPTZ(9) (column v)'),
    ("TIMESTAMPTZ(9)", -1, "22026", 'value "-1" out of range for type TIMESTAMPTZ(9) (column v)'),
    ("GEOMETRY", "abc", "22000", "value 'abc' is invalid for type GEOMETRY (column v)"),
])  # fmt: skip
def test_does_not_fit(type: str, value: Value, sqlstate: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        fit(value, type_from_text(type), "v")
    assert (error.value.sqlstate, error.value.message) == (sqlstate, message)


def test_errors_repeat_what_was_written() -> None:
    with pytest.raises(SqlError, match='float "-1e309" out of range for type FLOAT8'):
        fit(number("-1e309"), type_from_text("FLOAT8"), "v", text="-1e309")


@pytest.mark.parametrize("type, text, stored", [
    ("INT4", "198352498", 198352498),
    ("INT4", " -5 ", -5),
    ("INT4", "true", 1),
    ("FLOAT8", "1.5", 1.5),
    ("BOOL", "0", False),
    ("BOOL", "true", True),
    ("VARCHAR(20)", "198352498", "198352498"),
    ("TIMESTAMPTZ(3)", "1688622800000", 1688622800000 * MS),
    ("TIMESTAMPTZ(3)", "2024-01-01", 1704067200 * TEN),
])  # fmt: skip
def test_a_double_quoted_token_is_an_untyped_literal(type: str, text: str, stored: Value) -> None:
    assert fit_quoted(text, type_from_text(type), "v") == stored


@pytest.mark.parametrize(
    "type, text", [("INT4", "x"), ("INT4", "1.5"), ("INT4", "١٢"), ("FLOAT8", ""), ("TIMESTAMPTZ(3)", "1.5")]
)
def test_a_double_quoted_token_of_another_kind(type: str, text: str) -> None:
    with pytest.raises(SqlError, match=f'could not resolve "{text}" as'):
        fit_quoted(text, type_from_text(type), "v")


def test_the_zone_of_a_time() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    assert fit("2024-01-01 08:00:00", type_from_text("TIMESTAMPTZ(3)"), "v", shanghai) == 1704067200 * TEN
    assert fit("2024-01-01 00:00:00", type_from_text("TIMESTAMP(3)"), "v", shanghai) == 1704067200 * TEN


def test_now_is_for_times_only() -> None:
    assert fit_now(5, type_from_text("TIMESTAMPTZ(3)"), "v") == 5
    with pytest.raises(SqlError, match=r'could not resolve "now\(\)" as INT4'):
        fit_now(5, type_from_text("INT4"), "v")


@pytest.mark.parametrize(
    "text, value", [("12", 12), ("-12", -12), ("0x1F", 31), ("1.0", 1.0), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0)]
)
def test_numbers(text: str, value: int | float) -> None:
    assert number(text) == value and type(number(text)) is type(value)


def test_a_number_of_thousands_of_digits() -> None:
    with pytest.raises(SqlError, match="numeric constant out of int64 range"):
        number("9" * 5000)
