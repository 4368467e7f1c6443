"""KWDB's expressions in DuckDB's SQL: values as JSON cells, guards, constants that nothing escapes from."""

from __future__ import annotations

import json
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import pytest

from kwrest.engines.duckdb.spelling import DuckDBExpressions
from kwrest.errors import KwrestError
from kwrest.sql.bind.times import EXTRACT_UNITS
from kwrest.sql.bound import Call, Const, Value
from kwrest.sql.functions import AGGREGATES, SCALARS, SERIES, WINDOWS, times
from kwrest.sql.operators import BINARY, COMPARISONS, TESTS, UNARY
from kwrest.types import kinds
from kwrest.types.intervals import Interval
from kwrest.types.kinds import Family, Type, array_of
from tests.engines.evaluating import Evaluator, Speller, raised

UTC = ZoneInfo("UTC")
SHANGHAI = ZoneInfo("Asia/Shanghai")
NANO = Type(Family.TIMESTAMPTZ, "TIMESTAMPTZ", precision=9)


@pytest.mark.parametrize(
    "sql, cells",
    [
        # exact numbers
        ("7 / 2, 1 / 8, -7 / 2, 9007199254740993::INT8 / 1::INT8", ["3.5", "0.125", "-3.5", "9007199254740993"]),
        ("1::INT8 / 3::INT8, 2::INT8 / 3::INT8", ["0.333333333333333333", "0.666666666666666667"]),
        ("1.10::DECIMAL * 1.1::DECIMAL, 99999999.999::DECIMAL(12,3) * 99999999.999::DECIMAL(12,3)", ["1.21", "9999999999800000.000001"]),
        ("0.1 + 0.2, 0.1::FLOAT8 + 0.2::FLOAT8", ["0.3", "0.30000000000000004"]),
        ("9223372036854775807::INT8, -9223372036854775808", ["9223372036854775807", "-9223372036854775808"]),
        ("2::INT8 ^ 10::INT8, 7::INT8 % -3::INT8, 7::INT8 // 2::INT8, -7::INT8 // 2::INT8", ["1024", "1", "3", "-3"]),
        ("1::INT8 << 63::INT8, -1::INT8 >> 1::INT8, 256::INT8 >> 2::INT8", ["-9223372036854775808", "-1", "64"]),
        # halves: floats to even, decimals away from zero
        ("round(2.5::FLOAT8), round(3.5::FLOAT8), round(2.5), round(-2.5)", ["2.0", "4.0", "3", "-3"]),
        # NaN is the smallest float
        ("'NaN'::FLOAT8 < 1, 'NaN'::FLOAT8 > 1e308, 1::FLOAT8 > 'NaN'::FLOAT8, 'NaN'::FLOAT8 <= 'NaN'::FLOAT8", ["true", "false", "true", "true"]),
        # NULL
        ("NULL + 1, 'a' || NULL, NULL AND false, NULL OR true, 1 IN (2, NULL)", ["null", "null", "false", "true", "null"]),
        ("(1, NULL) = (1, NULL), (1, 2) < (1, 3), (1, 2) IN ((1, 2), (3, 4))", ["null", "true", "true"]),
        ("concat('a', 'b'), concat('a', NULL, 'b'), coalesce(NULL, 'x')", ['"ab"', "null", '"x"']),
        # text
        ("substring('hello', 2, 3), substring('hello', 0, 3), substring('hello', -1)", ['"ell"', '"he"', '"hello"']),
        ("lpad('a', 3), lpad('abc', 2), rpad('a', 3, 'xy'), lpad('a', 3, ''), lpad('a', -1)", ['"  a"', '"ab"', '"axy"', '"a"', '""']),
        ("chr(97::INT8), chr(55296::INT8), chr(1114111::INT8), chr(NULL)", ['"a"', '"\ufffd"', '"\U0010ffff"', "null"]),
        ("initcap('hello WORLD'), btrim('xxaxx', 'x'), octet_length('é'), char_length('é')", ['"Hello World"', '"a"', "2", "1"]),
        ("'abc' LIKE 'a\\_c', 'a_c' LIKE 'a\\_c', 'abc' LIKE 'a!_c' ESCAPE '!', 'aBc' ILIKE 'AbC'", ["false", "true", "false", "true"]),
        ("'abc' SIMILAR TO '%(b|x)%', 'abc' SIMILAR TO 'b', 'ABC' ~* 'b', 'abc' !~ '^b'", ["true", "false", "true", "true"]),
        (
            "array_to_string(ARRAY[1, NULL, 2], coalesce(NULL, '、' || '')), array_to_string(ARRAY[]::INT[], lower('X')), array_to_string(ARRAY[1, NULL], upper('x'), '?')",
            ['"1、2"', '""', '"1X?"'],
        ),
        ("overlay('abcdef' PLACING 'XX' FROM 2 FOR 3), position('l' IN 'hello'), left('abc', -1)", ['"aXXef"', "3", '"ab"']),
        ("'abcdef'::VARCHAR(3), 'abc'::CHAR, 12.50::STRING, 1e21::FLOAT8::STRING, 12::FLOAT8::STRING", ['"abc"', '"a"', '"12.50"', '"1e+21"', '"12"']),
        ("CASE 1 WHEN 1 THEN '100' WHEN 2 THEN 300 END, 'x' LIKE 'a\\', b'abc'::STRING, 'abc' = b'abc'", ["100", "false", '"abc"', "true"]),
        # JSON: built, taken apart, its keys sorted and its text with blanks; what is in a key ends nothing
        ("'{\"b\":1,\"a\":null}'::JSONB || '{\"b\":{\"x\":null}}', '[1]'::JSONB || '2', '{\"a\":{\"x\":1}}'::JSONB || '{\"a\":{\"y\":2}}'", ['{"a":null,"b":{"x":null}}', "[1,2]", '{"a":{"y":2}}']),
        ("'{\"a\":1,\"b\":null}'::JSONB - 'a', '[\"a\",\"b\"]'::JSONB - 'a', '[1,2,3]'::JSONB - -1, '{\"a\":1,\"b\":2}'::JSONB - ARRAY['a', NULL]", ['{"b":null}', '["b"]', "[1,2]", '{"b":2}']),
        ("'{\"a\":{\"b\":[1,2]}}'::JSONB #- ARRAY['a','b','0'], '[1,2]'::JSONB #- '{5}', '1'::JSONB #- '{a}', '{\"a''{0}\":1}'::JSONB #- ARRAY['a''{0}']", ['{"a":{"b":[2]}}', "[1,2]", "1", "{}"]),
        ("jsonb_set('{\"a\":1,\"b\":[1,2]}', '{b,1}', '9'), jsonb_set('{\"a\":1}', '{z}', '5', false), json_set('[1]', '{5}', '3')", ['{"a":1,"b":[1,9]}', '{"a":1}', "[1,3]"]),
        ("jsonb_build_object('b', 1, 'a', NULL, 'b', 2.50), jsonb_build_array(1, 'x', NULL), json_object('{a,1,b,NULL}'), json_object('{k}', '{v}')", ['{"a":null,"b":2.5}', '[1,"x",null]', '{"a":"1","b":null}', '{"k":"v"}']),
        ("'{\"a\":{\"c\":\"x:y, z\"}}'::JSONB->>'a', '{\"a\": 1}'::JSONB::STRING, '[1,2]'::JSONB->>-1, jsonb_extract_path('{\"a\":[5]}', 'a', '0')", ['"{\\"c\\": \\"x:y, z\\"}"', '"{\\"a\\": 1}"', '"2"', "5"]),
        # hashes: the check values of their definitions
        ("crc32ieee('123456789'), crc32c('123456789'), fnv32a('hello'), fnv64a('he', 'llo'), fnv32('a', NULL), crc32c(NULL::STRING)", ["3421780262", "3808858755", "1335831723", "-6615550055289275125", "84696446", "null"]),
        ("get_bit(b'\x80', 0), array_positions(ARRAY[1, 2, 1], 1), array_replace(ARRAY[1, NULL], NULL, 5), string_to_array('a,,b', ',', '')", ["1", "[1,3]", "[1,5]", '["a",null,"b"]']),
        # time
        ("TIMESTAMP '2024-02-29 10:11:12.5', TIMESTAMPTZ '2024-02-29 10:11:12+08'", ['"2024-02-29T10:11:12.5Z"', '"2024-02-29T02:11:12Z"']),
        ("TIMESTAMP '2024-01-31' + INTERVAL '1 month', DATE '2024-02-29' + 1", ['"2024-02-29T00:00:00Z"', '"2024-03-01"']),
        ("TIMESTAMP '2024-02-29 10:11:12.123456789' + INTERVAL '1 hour'", ['"2024-02-29T11:11:12.123456789Z"']),
        ("time_bucket(TIMESTAMP '2024-01-25', '10d'), time_bucket(TIMESTAMP '2024-01-25', '7d')", ['"2024-01-16T00:00:00Z"', '"2024-01-22T00:00:00Z"']),
        ("time_bucket(TIMESTAMP '2024-01-25', '5mon'), time_bucket(TIMESTAMP '1969-07-20', '1y')", ['"2023-12-01T00:00:00Z"', '"1969-01-01T00:00:00Z"']),
        ("time_bucket(TIMESTAMP '0000-06-01 00:00:01', '1d'), time_bucket(TIMESTAMP '1969-12-31 23:59:59', '1h')", ['"0000-06-01T00:00:00Z"', '"1969-12-31T23:00:00Z"']),
        ("time_bucket('1960-02-29 10:11:12.123456789'::TIMESTAMP(9), '1h'), time_bucket('2024-02-29 10:11:12.123456789'::TIMESTAMP(9), '7d')", ['"1960-02-29T10:00:00Z"', '"2024-02-26T00:00:00Z"']),
        ("time_bucket(TIMESTAMP '2024-01-25 00:00:01.5', '1ns'), time_bucket(TIMESTAMP '9999-12-31', '3650d'), time_bucket(TIMESTAMP '2024-01-01 00:11:00', 600)", ['"2024-01-25T00:00:01.5Z"', '"9994-05-13T00:00:00Z"', '"2024-01-01T00:10:00Z"']),
        ("time_bucket(TIMESTAMP '2024-02-29 10:11:12.123456789', '10us')", ['"2024-02-29T10:11:12.12345Z"']),
        ("extract(second FROM TIMESTAMP '2024-02-29 10:11:12.5'), extract(epoch FROM INTERVAL '1 day')", ["12.5", "86400.0"]),
        ("TIMESTAMP '2024-03-01' - TIMESTAMP '2024-01-01 01:00', INTERVAL '1 year 2 mons -3 days'", ['"59 days 23:00:00"', '"1 year 2 mons -3 days"']),
        ("'2024-02-29 10:11:12.1239'::TIMESTAMP(3), 1709251200000::TIMESTAMP", ['"2024-02-29T10:11:12.124Z"', '"2024-03-01T00:00:00Z"']),
        # bytes, bits, documents, addresses, arrays
        ("b'\\x00\\xff', b'a' || b'b', encode(b'ab', 'hex'), decode('YWI=', 'base64')", ['"\\\\x00ff"', '"\\\\x6162"', '"6162"', '"\\\\x6162"']),
        ("B'1010' & B'0110', ~B'1010', 5::BIT(4), B'101'::INT", ['"0010"', '"0101"', '"0101"', "5"]),
        # a key is a key whatever is in it: braces once put the document's own text in the place of `{0}`, unquoted
        ("'{\"{0}\": 1}'::JSONB #> ARRAY['{0}'], ('{\"{0}\": ' || '2}')::JSONB #>> ARRAY['{0}'], '[1]'::JSONB #> ARRAY['{', '{9}', '{x!r}']", ["1", '"2"', "null"]),
        ("'{\"*\": 1, \"a\": 2}'::JSONB -> '*', '{\"\": 1}'::JSONB -> '', '{\"a\": 1}'::JSONB #> ARRAY['*']", ["1", "1", "null"]),
        ("'{\"a\\\\\": 1}'::JSONB -> 'a\\', '{\"a\\\"b\": 2}'::JSONB -> ('a\"' || 'b'), '{\"*\": 3}'::JSONB -> ('*' || '')", ["1", "2", "3"]),
        ("'{\"a/b\": 1}'::JSONB -> 'a/b', '{\"$\": {\"c\": 2}}'::JSONB #> '{$,c}', '[1,2]'::JSONB -> 1", ["1", "2", "2"]),
        ("'{\"a\": 1}'::JSONB ? 'a', '{\"a\": 1, \"b\": 2}'::JSONB @> '{\"b\": 2}', '[1, 2]'::JSONB = '[1,2]'", ["true", "true", "true"]),
        ("'192.168.1.5/24'::INET << '192.168.0.0/16', '::1'::INET << '10.0.0.0/8', '2001:db8::5'::INET << '2001:db8::/32'", ["true", "false", "true"]),
        ("ARRAY[1, NULL, 3], ARRAY['a', 'b'] || 'c', ARRAY[1, 2][3], 3 = ANY(ARRAY[1, NULL])", ["[1,null,3]", '["a","b","c"]', "null", "null"]),
        # zones are conversions, whatever the session of the engine says
        ("TIMESTAMP '2024-01-01' AT TIME ZONE 'Asia/Shanghai', TIMESTAMPTZ '2024-01-01 00:00+00' AT TIME ZONE 'America/New_York'", ['"2023-12-31T16:00:00Z"', '"2023-12-31T19:00:00Z"']),
    ],
)  # fmt: skip
def test_values(sql: str, cells: list[str]) -> None:
    assert Evaluator().ask(sql)[1] == [cells]


@pytest.mark.parametrize(
    "sql, cells",
    [
        ("TIMESTAMPTZ '2024-01-01 00:00:00', TIMESTAMP '2024-01-01'", ['"2024-01-01T00:00:00+08:00"', '"2024-01-01T00:00:00Z"']),
        ("time_bucket(TIMESTAMPTZ '2023-12-31 22:30:00+00', '1d')", ['"2024-01-01T00:00:00+08:00"']),
        # months are UTC's, shown as local midnights (recorded)
        ("time_bucket(TIMESTAMPTZ '2023-12-31 22:30:00+00', '1mon')", ['"2023-12-01T00:00:00+08:00"']),
        ("date_trunc('day', TIMESTAMPTZ '2023-12-31 22:30:00+00'), extract(hour FROM TIMESTAMPTZ '2023-12-31 22:30:00+00')", ['"2024-01-01T00:00:00+08:00"', "6.0"]),
        ("TIMESTAMPTZ '2023-12-31 22:30:00+00'::DATE, TIMESTAMPTZ '2023-12-31 22:30:00.5+00'::STRING", ['"2024-01-01"', '"2024-01-01 06:30:00.5+08:00"']),
        ("TIMESTAMP '2024-01-01 08:00:00' = TIMESTAMPTZ '2024-01-01 00:00:00+00', extract(timezone FROM now())", ["true", "28800.0"]),
        ("TIMESTAMPTZ(9) '2024-01-01 00:00:00.123456789'", ['"2024-01-01T00:00:00.123456789+08:00"']),
        # the zone's offset of that day, not of today
        ("TIMESTAMPTZ '1890-01-01 00:00:00+00'", ['"1890-01-01T08:05:43+08:05"']),
    ],
)  # fmt: skip
def test_values_in_a_zone(sql: str, cells: list[str]) -> None:
    assert Evaluator(SHANGHAI).ask(sql)[1] == [cells]


@pytest.mark.parametrize(
    "sql, sqlstate, text",
    [
        ("i / 0::INT8", "22012", "division by zero"),
        ("i // 0::INT8", "22012", "division by zero"),
        ("i % 0::INT8", "22012", "zero modulus"),
        ("mod(i, 0)", "22012", "mod(): zero modulus"),
        ("i::FLOAT8 / 0", "22012", "division by zero"),
        ("i::DECIMAL / 0", "22012", "division by zero"),
        ("TIMESTAMP '1970-01-01' + 99999y", "22023", "Timestamp/TimestampTZ out of range"),
        ("TIMESTAMP '1970-01-01' - INTERVAL '99999 years'", "22023", "Timestamp/TimestampTZ out of range"),
        ("INTERVAL '1 day' / i", "22012", "division by zero"),
        ("i ^ i", "22003", "integer out of range"),
        ("1 << (i + 64)", "22023", "shift argument out of range"),
        ("ln(i::FLOAT8)", "2201E", "cannot take logarithm of zero"),
        ("sqrt(i::FLOAT8 - 1)", "2201F", "cannot take square root of a negative number"),
        ("(i + 70000)::INT2", "22003", "value is out of range for type int2"),
        ("(i + 1e19::FLOAT8)::INT8", "22003", "integer out of range"),
        ("(i + 12345.678)::DECIMAL(6,2)", "22003", "value with precision 6, scale 2 must round to an absolute value less than 10^4"),
        ("s::INT", "22P02", 'could not parse "it\'s" as type int: strconv.ParseInt: parsing "it\'s": invalid syntax'),
        ("s::TIMESTAMPTZ", "22007", 'parsing as type timestamp: could not parse "it\'s"'),
        ("repeat('x', i + 100000000)", "54000", "requested length too large, the limit is 65536 bytes"),
        ("lpad('x', i + 100000000)", "54000", "requested length too large, the limit is 65536 bytes"),
        # of constants too, which DuckDB computes while it plans: it must not make the text first and look at the cap then
        ("lpad('x', 1000000000)", "54000", "requested length too large, the limit is 65536 bytes"),
        ("repeat('x', 4000000000)", "54000", "requested length too large, the limit is 65536 bytes"),
        ("replace(repeat('x', 60000), 'x', repeat('y', 60000))", "54000", "requested length too large, the limit is 262144 bytes"),
        ("regexp_replace(repeat('x', 60000), 'x', repeat('y', 60000), 'g')", "54000", "requested length too large, the limit is 262144 bytes"),
        ("array_to_string(string_to_array(repeat('x', 60000), NULL), '12345')", "54000", "requested length too large, the limit is 262144 bytes"),
        ("array_to_string(ARRAY[NULL, NULL, NULL], '', repeat('y', 60000) || repeat('y', 60000))", "54000", "requested length too large, the limit is 262144 bytes"),
        ("'1'::BIT(2000000000)", "54000", "requested length too large, the limit is 65536 bits"),
        ("1::BIT(2000000000)", "54000", "requested length too large, the limit is 65536 bits"),
        ("'1e400'::DECIMAL", "22003", "decimal out of range"),
        ("chr(i - 1)", "22023", "input value must be >= 0"),
        ("chr(i + 1114112)", "22023", "input value must be <= 1114111 (maximum Unicode code point)"),
        ("substring('x', 1, i - 1)", "22011", "substring(): negative substring length not allowed"),
    ],
)  # fmt: skip
def test_errors_while_running(sql: str, sqlstate: str, text: str) -> None:
    asked = Evaluator()
    asked.create("CREATE TABLE t (i INT8, s STRING)")
    asked.insert("INSERT INTO t VALUES (0, 'it''s')")
    with pytest.raises((KwrestError, duckdb.Error)) as failure:
        asked.ask(f"SELECT {sql} FROM t")
    assert raised(failure.value) == (sqlstate, text)


def test_guards_let_null_pass() -> None:
    asked = Evaluator()
    asked.create("CREATE TABLE t (i INT8, s STRING)")
    asked.insert("INSERT INTO t VALUES (NULL, NULL)")
    sql = "1 / i, 1 // i, i % 0, s::INT, s::BOOL, ln(i::FLOAT8), repeat(s, 3), i::INT2, (i < 'NaN'::FLOAT8), sqrt(i::FLOAT8), s::TIMESTAMPTZ"
    assert set(asked.ask(f"SELECT {sql} FROM t")[1][0]) == {"null"}


def test_nested_guards_do_not_double_the_statement() -> None:
    asked = Evaluator()
    asked.create("CREATE TABLE t (i INT8)")
    asked.insert("INSERT INTO t VALUES (1)")
    deep = "1"
    for _ in range(30):
        deep = f"(i / {deep})"
    assert asked.ask(f"SELECT {deep} FROM t")[1] == [["1"]]
    assert asked.ask(f"SELECT sum({deep}) / count({deep}) FROM t")[1] == [["1"]]


def test_a_text_cannot_be_doubled_without_end() -> None:
    asked = Evaluator()
    asked.create("CREATE TABLE t (s STRING)")
    asked.insert("INSERT INTO t VALUES ('it''s 1234567890')")
    for double in (
        "({0} || {0})",
        "concat({0}, {0})",
        "encode({0}::BYTES, 'hex')",
        "replace({0}, '1', {0})",
        "concat_ws({0}, {0}, {0})",
    ):
        # Each level is a query of its own, as it could be in FROM.
        text = "s"
        with pytest.raises(duckdb.Error) as failure:
            for _ in range(40):
                asked.ask(f"SELECT {double.format('s')} AS s FROM t")
                spelled = asked.text(f"SELECT {double.format('s')} AS s FROM t")
                asked.connection.execute(f"CREATE OR REPLACE TABLE t AS SELECT o0 AS c1 FROM ({spelled})")
        assert raised(failure.value)[0] == "54000", (double, text)
        asked.connection.execute("CREATE OR REPLACE TABLE t AS SELECT 'it''s 1234567890' AS c1")


# ---------------------------------------------------------------- constants


@pytest.mark.parametrize(
    "value, type_, cell",
    [
        ("it's '' \\ -- /* ; $$", kinds.STRING, json.dumps("it's '' \\ -- /* ; $$")),
        ("'); DROP TABLE t; --", kinds.STRING, json.dumps("'); DROP TABLE t; --")),
        ("a\0b'\0", kinds.STRING, json.dumps("a\0b'\0")),
        ("\n\t\r\x1b\u2028 中文 🙂", kinds.STRING, json.dumps("\n\t\r\x1b\u2028 中文 🙂", ensure_ascii=False)),
        ("{0} {{x}} %s", kinds.STRING, json.dumps("{0} {{x}} %s")),
        ("", kinds.STRING, '""'),
        (b"'\x00\xff\\", kinds.BYTES, '"\\\\x2700ff5c"'),
        ('{"a": "it\'s"}', kinds.JSONB, '{"a": "it\'s"}'),
        (True, kinds.BOOL, "true"),
        (-(1 << 63), kinds.INT8, "-9223372036854775808"),
        (-32768, kinds.INT2, "-32768"),
        (1e308, kinds.FLOAT8, "1e+308"),
        (5e-324, kinds.FLOAT8, "5e-324"),
        (float("nan"), kinds.FLOAT8, '"NaN"'),
        (float("-inf"), kinds.FLOAT8, '"-Infinity"'),
        (0.1, kinds.FLOAT4, "0.1"),
        (Decimal("1.50"), kinds.DECIMAL, "1.5"),
        (Decimal("-0.000000000000000001"), kinds.DECIMAL, "-0.000000000000000001"),
        (Decimal(10**37), kinds.DECIMAL, str(10**37)),
        (Decimal("NaN"), kinds.DECIMAL, '"NaN"'),
        (1_709_251_200_500_000_000, kinds.TIMESTAMPTZ, '"2024-03-01T00:00:00.5Z"'),
        (-62_135_596_800_000_000_000 - 86_400_000_000_000, kinds.TIMESTAMP, '"0000-12-31T00:00:00Z"'),
        (253_402_300_800_000_000_000, kinds.TIMESTAMP, '"10000-01-01T00:00:00Z"'),
        (1, NANO, '"1970-01-01T00:00:00.000000001Z"'),
        (-1, kinds.DATE, '"1969-12-31"'),
        (-719_528, kinds.DATE, '"0000-01-01"'),
        (-719_529, kinds.DATE, '"-0001-12-31"'),
        (86_399_999_999, kinds.TIME, '"23:59:59.999999"'),
        (Interval(14, -3, 1_500_000_000), kinds.INTERVAL, '"1 year 2 mons -3 days 00:00:01.5"'),
        (Interval(), kinds.INTERVAL, '"00:00:00"'),
        (("a'", None), array_of(kinds.STRING), '["a\'",null]'),
        ((), array_of(kinds.INT4), "[]"),
        (None, kinds.TIMESTAMPTZ, "null"),
        (None, kinds.UNKNOWN, "null"),
    ],
)
def test_constants_come_back_as_they_were(value: Value, type_: Type, cell: str) -> None:
    speller = Speller()
    text = speller.expression(Const(value, type_))
    found = (
        duckdb.connect()
        .execute(f"SELECT {speller.json_cell('t.x', type_, UTC)} FROM (SELECT {text} AS x) AS t")
        .fetchall()
    )
    assert json.loads(found[0][0]) == json.loads(cell)
    assert found[0][0] == cell or type_.family is Family.STRING


@pytest.mark.parametrize(
    "value, type_",
    [
        ("\ud800", kinds.STRING),
        (Decimal("1e400"), kinds.DECIMAL),
        (1 << 80, kinds.TIMESTAMP),
        (1 << 63, NANO),
        (Interval(months=1 << 31), kinds.INTERVAL),
        (Interval(nanoseconds=1 << 80), kinds.INTERVAL),
    ],
)
def test_constants_duckdb_cannot_hold(value: Value, type_: Type) -> None:
    with pytest.raises(KwrestError):
        Speller().expression(Const(value, type_))


def test_rows_are_json_arrays() -> None:
    speller = Speller()
    cells = [speller.json_cell("t.a", kinds.INT4, UTC), speller.json_cell("t.b", kinds.STRING, UTC)]
    found = (
        duckdb.connect()
        .execute(f"SELECT {speller.json_row(cells)} FROM (VALUES (1, 'x\"'), (NULL, NULL)) AS t(a, b)")
        .fetchall()
    )
    assert [json.loads(row[0]) for row in found] == [[1, 'x"'], [None, None]]


def test_a_row_may_be_as_wide_as_a_table() -> None:
    cells = [Speller().json_cell("t.a", kinds.INT4, UTC)] * 4224
    found = duckdb.connect().execute(f"SELECT {Speller().json_row(cells)} FROM (VALUES (7)) AS t(a)").fetchall()
    assert json.loads(found[0][0]) == [7] * 4224


# ---------------------------------------------------------------- the tables are complete

_TIMED = {row.key for row in times.FUNCTIONS}
# rewritten by the binder before anything is printed
_BINDERS_OWN = {"pg_typeof", "now.date", "now.time", "now.local", "age.now"}
_EXTRACTS = {
    f"extract.{kind}.{unit}"
    for kind, units in (
        ("time", set(EXTRACT_UNITS.values())),
        ("interval", {"year", "month", "day", "hour", "minute", "second", "epoch"}),
        ("clock", {"hour", "minute", "second", "epoch"}),
    )
    for unit in units
}
SCALAR_KEYS = sorted(
    {row.key for rows in SCALARS.values() for row in rows if not row.key.startswith("extract.")} - _BINDERS_OWN
    | _EXTRACTS
    | {row.key for row in BINARY}
    | {row.key for row in UNARY if row.key != "plus"}
    | set(COMPARISONS.values())
    | {f"{key}.jsonb" for key in COMPARISONS.values()}
    | {"lt.float", "le.float", "gt.float", "ge.float"}
    | {key for *_, key in TESTS if key != "similar"}
    | {key for rows in SERIES.values() for row in rows if row.key != "unnest" for key in row.keys}
    | {"zone.local", "zone.instant", "timestamptz.text", "text.instant", "regex.whole", "array.at", "array.of_rows"}
)


@pytest.mark.parametrize("key", SCALAR_KEYS)
def test_every_row_is_spelled(key: str) -> None:
    assert key in DuckDBExpressions.FUNCTIONS


@pytest.mark.parametrize("key", sorted({row.key for rows in AGGREGATES.values() for row in rows}))
def test_every_aggregate_is_spelled(key: str) -> None:
    assert key in DuckDBExpressions.AGGREGATES


@pytest.mark.parametrize("key", sorted({row.key for rows in WINDOWS.values() for row in rows}))
def test_every_window_function_is_spelled(key: str) -> None:
    assert key in DuckDBExpressions.WINDOWS


@pytest.mark.parametrize(
    "arguments, sqlstate, text",
    [
        ((1, 3, 0), "22023", "step cannot be 0"),
        ((1, 10**12, 1), "54000", "generate_series gives at most 1000000 rows"),
        ((1, 1_000_001, 1), "54000", "generate_series gives at most 1000000 rows"),
    ],
)
def test_series_are_bounded(arguments: tuple[int, ...], sqlstate: str, text: str) -> None:
    call = Call("generate_series.int", tuple(Const(n, kinds.INT8) for n in arguments), array_of(kinds.INT8))
    with pytest.raises(duckdb.Error) as failure:
        duckdb.connect().execute(f"SELECT unnest({Speller().expression(call)})").fetchall()
    assert raised(failure.value) == (sqlstate, text)
