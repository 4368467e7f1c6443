"""Expressions, bound: names, types and errors in KWDB's words. Values are the engines' tests."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from kwrest.errors import KwrestError
from kwrest.model import Table
from kwrest.sql import bound, tree
from kwrest.sql.bind.constants import decimal_of, number_from_text
from kwrest.sql.bind.expressions import bind_condition, bind_expression, bind_settled, common_type, result_name, settle
from kwrest.sql.bound import And, Call, Cast, Const, Or
from kwrest.sql.grammar import parse
from kwrest.types import kinds
from kwrest.types.kinds import BOOL, INT8, Type
from tests.sql.scoping import scope_of
from tests.sql.world import relation, series

ORDERS = relation(
    "o",
    "id INT4, i2 INT2, i4 INT4, i8 INT8, f4 FLOAT4, f8 FLOAT8, d DECIMAL(12,3), b BOOL, s STRING, v VARCHAR(16), "
    "y BYTES, dt DATE, tm TIME, ts TIMESTAMP, tz TIMESTAMPTZ, iv INTERVAL, j JSONB, a INT4[], u UUID, ip INET",
)
T = series(
    "t", "ts TIMESTAMPTZ(3) NOT NULL, a INT4, f FLOAT8, v VARCHAR(16), t2 TIMESTAMPTZ(3)", "dev VARCHAR(8) PRIMARY"
)


def item(sql: str) -> tree.SelectItem:
    statement = parse(f"SELECT {sql}")
    assert isinstance(statement, tree.Query) and isinstance(statement.body, tree.Select)
    return statement.body.items[0]


def bind(sql: str, clause: str = "SELECT", table: Table = ORDERS) -> bound.Expr:
    return bind_settled(item(sql).expr, scope_of(table, clause))


@pytest.mark.parametrize(
    "sql, type_, name",
    [
        # integers leave their width, `/` leaves the integers
        ("i2 + i4", "INT8", "?column?"),
        ("i4 * i4", "INT8", "?column?"),
        ("i4 / i4", "DECIMAL", "?column?"),
        ("i4 // i4", "INT8", "?column?"),
        ("i4 % i4", "INT8", "?column?"),
        ("i4 ^ 2", "INT8", "?column?"),
        ("-i2", "INT8", "?column?"),
        ("f4 + f4", "FLOAT8", "?column?"),
        ("i4 + f8", "FLOAT8", "?column?"),
        ("i4 + d", "DECIMAL", "?column?"),
        ("d + f8", "DECIMAL", "?column?"),
        # a constant becomes what it meets, where it can
        ("i4 + 2.0", "INT8", "?column?"),
        ("i4 + 2.5", "DECIMAL", "?column?"),
        ("f8 * 2", "FLOAT8", "?column?"),
        ("'5' + 3", "INT8", "?column?"),
        ("1 / 2", "DECIMAL", "?column?"),
        ("9223372036854775807 + 1", "DECIMAL", "?column?"),
        # time
        ("ts + INTERVAL '1 day'", "TIMESTAMP", "?column?"),
        ("tz - '2024-01-01'", "INTERVAL", "?column?"),
        ("tz + '1 day'", "TIMESTAMPTZ", "?column?"),
        ("tz + 1h", "TIMESTAMPTZ", "?column?"),
        ("tz - ts", "INTERVAL", "?column?"),
        ("dt - dt", "INT8", "?column?"),
        ("dt + 1", "DATE", "?column?"),
        ("dt + tm", "TIMESTAMP", "?column?"),
        ("iv * 2", "INTERVAL", "?column?"),
        ("date_trunc('day', tz)", "TIMESTAMPTZ", "date_trunc"),
        ("extract(year FROM ts)", "FLOAT8", "extract"),
        ("tz AT TIME ZONE 'Asia/Shanghai'", "TIMESTAMP", "timezone"),
        ("now()", "TIMESTAMPTZ(3)", "now"),
        # NULL has no type until something gives it one
        ("NULL", "UNKNOWN", "?column?"),
        ("NULL + 1", "UNKNOWN", "?column?"),
        ("s || NULL", "UNKNOWN", "?column?"),
        ("i4 = NULL", "UNKNOWN", "?column?"),
        ("NULL IS NULL", "BOOL", "?column?"),
        ("NOT NULL", "BOOL", "?column?"),
        # names: of the column, the function, the type of a cast without a better one
        ("i4", "INT4", "i4"),
        ("i4 AS x", "INT4", "x"),
        ("i4::INT8", "INT8", "i4"),
        ("'5'::INT", "INT4", "int4"),
        ("1.5::DECIMAL(4,2)", "DECIMAL(4,2)", "numeric"),
        ("'a'::STRING", "STRING", "text"),
        ("'a'::CHAR(3)", "CHAR(3)", "bpchar"),
        ("ARRAY[1]::STRING[]", "STRING[]", "array"),
        ("a[1]", "INT4", "a"),
        ("count(*)", "INT8", "count"),
        ("ifnull(i4, 0)", "INT4", "coalesce"),
        ("CASE WHEN b THEN 1 END", "INT8", "case"),
        ("CASE WHEN b THEN 1 ELSE i4 END", "INT4", "i4"),
        ("if(b, i4, i2)", "INT4", "if"),
        ("nullif(i4, 0)", "INT4", "nullif"),
        ("ceil(i4)", "FLOAT8", "ceil"),
        ("s = b'abc'", "BOOL", "?column?"),
        ("coalesce(NULL, NULL)", "UNKNOWN", "coalesce"),
        ("pg_typeof(i4 + i4)", "STRING", "pg_typeof"),
        # aggregates
        ("sum(i4)", "DECIMAL", "sum"),
        ("sum(f4)", "FLOAT8", "sum"),
        ("avg(i4)", "DECIMAL", "avg"),
        ("avg(f8)", "FLOAT8", "avg"),
        ("min(i2)", "INT2", "min"),
        ("max(v)", "VARCHAR(16)", "max"),
        ("array_agg(i2)", "INT2[]", "array_agg"),
        ("stddev(i4)", "DECIMAL", "stddev"),
        ("every(b)", "BOOL", "every"),
        ("string_agg(s, ',')", "STRING", "string_agg"),
        ("sum(iv)", "INTERVAL", "sum"),
    ],
)
def test_types_and_names(sql: str, type_: str, name: str) -> None:
    assert (str(bind(sql).type), result_name(item(sql))) == (type_, name)


@pytest.mark.parametrize(
    "sql, sqlstate, message",
    [
        ("s + i4", "22023", "unsupported binary operator: <string> + <int4>"),
        ("s + 1", "22023", "unsupported binary operator: <string> + <int>"),
        ("'a' + 'b'", "22023", "unsupported binary operator: <string> + <string>"),
        ("true + 1", "22023", "unsupported binary operator: <bool> + <int>"),
        ("1 || 2", "22023", "unsupported binary operator: <int> || <int>"),
        ("1.5 & 2", "22023", "unsupported binary operator: <decimal> & <int>"),
        ("d // f8", "22023", "unsupported binary operator: <decimal> // <float>"),
        ("tz + ts", "22023", "unsupported binary operator: <timestamptz> + <timestamp>"),
        ("-'5'", "22023", "unsupported unary operator: - <string>"),
        ("NOT 1", "42804", "incompatible NOT argument type: int"),
        ("s = 12", "22023", "unsupported comparison operator: <string> = <int>"),
        ("i4 = 'abc'", "22023", "unsupported comparison operator: <int4> = <string>"),
        ("1 < 'a'", "22023", "unsupported comparison operator: <int> < <string>"),
        ("ts = 0", "22023", "unsupported comparison operator: <timestamp> = <int>"),
        ("y = s", "22023", "unsupported comparison operator: <bytes> = <string>"),
        ("i4 LIKE '1%'", "22023", "unsupported comparison operator: <int4> LIKE <string>"),
        ("dt < 'x'", "22023", "unsupported comparison operator: <date> < <string>"),
        ("i4 IN ('x')", "22023", "unsupported comparison operator: <int4> IN <tuple{string}>"),
        ("1 / 0", "22012", "division by zero"),
        ("1 % 0", "22012", "zero modulus"),
        ("nosuch(1)", "42883", "unknown function: nosuch()"),
        ("sum(s)", "42883", "unknown signature: sum(STRING)"),
        ("bool_or(i8)", "42883", "unknown signature: bool_or(INT8)"),
        ("sum(v)", "42883", "unknown signature: sum(VARCHAR(16))"),
        ("string_agg(i2, ',')", "42883", "unknown signature: string_agg(INT2, STRING)"),
        ("sum(i4, i2)", "42883", "unknown signature: sum(INT4, INT2)"),
        ("sum()", "42883", "unknown signature: sum()"),
        ("max(*)", "42601", 'max(): cannot use "*" in this context'),
        ("array_position(a, iv)", "42883", "unknown signature: array_position(INT4[], INTERVAL)"),
        ("array_append(ARRAY['x'], b)", "42883", "unknown signature: array_append(STRING[], BOOL)"),
        (
            "upper(s) OVER ()",
            "42809",
            "OVER specified, but upper() is neither a window function nor an aggregate function",
        ),
        (
            "experimental_strftime(ts, s)",
            "0A000",
            "a format of experimental_strftime() that is no constant is not supported",
        ),
        ("regexp_replace(s, s, s, s)", "0A000", "an option of regexp_replace() that is no constant is not supported"),
        ("regexp_replace(s, 'a', 'b', '漢')", "22023", "invalid regexp flag"),
        ("j - a", "22023", "unsupported binary operator: <jsonb> - <int4[]>"),
        ("sqrt(i4)", "42883", "unknown signature: sqrt(INT4)"),
        ("tz - '10y'", "22023", "unsupported binary operator: <timestamptz> - <string>"),
        ("i4 % f8", "22023", "unsupported binary operator: <int4> % <float>"),
        ("sum(sum(i4))", "42803", "sum(): sum(): aggregate function calls cannot be nested"),
        ("max(count(*))", "42803", "max(): count_rows(): aggregate function calls cannot be nested"),
        ("quantile(f8, 2)", "22023", "quantile value 2.000000 is out of range [0, 1]"),
        ("sum(i4) FILTER (WHERE v)", "42804", "incompatible FILTER expression type: varchar"),
        ("greatest(i4, d)", "22023", "greatest(): expected d to be of type int4, found type decimal"),
        (
            "coalesce(1, 'foo')",
            "42804",
            'incompatible COALESCE expressions: could not parse "foo" as type int: '
            'strconv.ParseInt: parsing "foo": invalid syntax',
        ),
        ("b::DATE", "42846", "invalid cast: bool -> date"),
        ("i2::TIME", "42846", "invalid cast: int2 -> time"),
        ("f8::TIMESTAMPTZ(3)", "42846", "invalid cast: float -> timestamptz(3)"),
        ("1::JSONB", "42846", "invalid cast: int -> jsonb"),
        *(
            (f"{number}", "22003", "numeric constant is too large")
            for number in ("1" * 5000, "0." + "1" * 10**6, "1e" + "1" * 5000)
        ),
        ("99999999999::INT4", "22003", "value is out of range for type int4"),
        ("9223372036854775808::INT8", "22003", "integer out of range"),
        ("'maybe'::BOOL", "22P02", 'could not parse "maybe" as type bool: invalid bool value'),
        ("s ~ '('", "2201B", "error parsing regexp: missing ), unterminated subpattern at position 0"),
        ("s ~ 'a(?=b)'", "2201B", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"),
        ("tz AT TIME ZONE 'Nowhere/X'", "22023", "unknown time zone Nowhere/X"),
        ("extract('fortnight', ts)", "22023", "unsupported timespan: fortnight"),
        ("extract(julian FROM tm)", "22023", "unsupported timespan: julian"),
        ("extract(dow FROM iv)", "22023", "unsupported timespan: dow"),
        ("extract(timezone FROM ts)", "22023", "unsupported timespan: timezone"),
        ("time_bucket(ts, '-5s')", "22023", "second arg should be a positive interval."),
        ("time_bucket(ts, '1mon 1d')", "22023", "invalid input interval time."),
        ("last(a)", "0A000", "last() can only be used in timeseries table query or subquery"),
        ("row_number()", "42601", "window function row_number() requires an OVER clause"),
    ],
)
def test_errors(sql: str, sqlstate: str, message: str) -> None:
    with pytest.raises(KwrestError) as failure:
        bind(sql)
    assert (failure.value.sqlstate, failure.value.message) == (sqlstate, message)


@pytest.mark.parametrize(
    "sql, type_, arguments",
    [
        ("last(a)", "INT4", 2),
        ("last_row(v)", "VARCHAR(16)", 2),
        ("first(a, t2)", "INT4", 2),
        ("last(a, '2024-01-01')", "INT4", 3),
        ("lastts(a)", "TIMESTAMPTZ(3)", 2),
        ("first_row_ts(a)", "TIMESTAMPTZ(3)", 2),
    ],
)
def test_first_and_last(sql: str, type_: str, arguments: int) -> None:
    """The bound call has the column, the time column that orders, and the deadline if there is one."""
    call = bind(sql, table=T)
    assert isinstance(call, bound.Aggregate)
    assert (str(call.type), len(call.arguments)) == (type_, arguments)


@pytest.mark.parametrize(
    "sql, sqlstate, message",
    [
        ("last(a, 'abc')", "42804", "the second parameter of last must be of timestamptz type"),
        ("last(a, 5)", "22023", "the second parameter is invalid"),
        ("last(a, f)", "22023", "the second parameter is invalid"),
        ("first(a, '2024-01-01')", "22023", "the second parameter is invalid"),
        ("last(a, t2, f)", "42601", 'at or near ",": syntax error'),
        ("last()", "42601", 'at or near ")": syntax error'),
        ("last(a + 1)", "42601", 'at or near "+": syntax error'),
        ("last(1)", "42601", 'at or near "1": syntax error'),
        ("last(abs(a))", "42601", 'at or near "(": syntax error'),
        ("last(DISTINCT a)", "42601", 'at or near "distinct": syntax error'),
        ("last(nosuch)", "42703", 'column "nosuch" does not exist'),
        ("count(last(a))", "42803", "count(): last(): aggregate function calls cannot be nested"),
        ("row_number() OVER (ORDER BY a)", "0A000", "window functions are not supported in tstable and stable"),
    ],
)
def test_first_and_last_errors(sql: str, sqlstate: str, message: str) -> None:
    with pytest.raises(KwrestError) as failure:
        bind(sql, table=T)
    assert (failure.value.sqlstate, failure.value.message) == (sqlstate, message)


@pytest.mark.parametrize(
    "sql, clause, message",
    [
        ("i4", "WHERE", "argument of WHERE must be type bool, not type int4"),
        ("1", "HAVING", "argument of HAVING must be type bool, not type int"),
        ("count(*) > 1", "WHERE", "aggregate functions are not allowed in WHERE"),
    ],
)
def test_conditions_refused(sql: str, clause: str, message: str) -> None:
    with pytest.raises(KwrestError) as failure:
        bind_condition(item(sql).expr, scope_of(ORDERS, clause))
    assert failure.value.message == message


def test_a_condition_without_a_type_is_a_null_of_bool() -> None:
    assert bind_condition(item("NULL").expr, scope_of(ORDERS, "WHERE")) == Const(None, BOOL)


def test_every_coercion_is_a_cast() -> None:
    added = bind("i2 + d")
    assert isinstance(added, Call)
    assert added.arguments[0] == Cast(bind("i2"), kinds.DECIMAL, True)


def test_instants_cross_to_clocks_by_zone_only() -> None:
    scope = scope_of(ORDERS, zone=ZoneInfo("Asia/Shanghai"))
    compared = bind_settled(item("tz > ts").expr, scope)
    assert isinstance(compared, Call)
    crossed = compared.arguments[1]
    assert isinstance(crossed, Call) and crossed.op == "zone.instant"
    assert crossed.arguments[1] == Const("Asia/Shanghai", kinds.STRING)


def test_text_without_a_zone_is_of_the_session() -> None:
    scope = scope_of(ORDERS, zone=ZoneInfo("Asia/Shanghai"))
    compared = bind_settled(item("tz > '2024-01-01 08:00:00'").expr, scope)
    assert isinstance(compared, Call)
    assert compared.arguments[1] == Const(1_704_067_200 * 10**9, kinds.Type(kinds.Family.TIMESTAMPTZ, "TIMESTAMPTZ"))


def test_chains_are_one_node() -> None:
    both, either = bind("b AND b AND b"), bind("b OR b OR b")
    assert isinstance(both, And) and len(both.operands) == 3
    assert isinstance(either, Or) and len(either.operands) == 3
    joined = bind("s || v || 'x' || s")
    assert isinstance(joined, Call) and len(joined.arguments) == 4


def test_tuples_compare_element_by_element() -> None:
    assert isinstance(bind("(id, i2) > (2, 0)"), Or)
    assert isinstance(bind("(id, i2) = (2, 0)"), And)


def test_settling() -> None:
    loose = bind_expression(item("5").expr, scope_of(ORDERS))
    assert isinstance(loose, Const) and loose.untyped
    assert settle(loose) == Const(5, INT8)
    assert settle(loose, kinds.FLOAT8) == Const(5.0, kinds.FLOAT8)
    # a constant beside a narrow column is not squeezed into it
    assert settle(loose, kinds.INT2) == Const(5, INT8)
    text = bind_expression(item("'5'").expr, scope_of(ORDERS))
    assert settle(text, kinds.INT2) == Const(5, kinds.INT2)


@pytest.mark.parametrize(
    "left, right, both",
    [
        (kinds.INT2, kinds.INT8, kinds.INT8),
        (kinds.UNKNOWN, kinds.STRING, kinds.STRING),
        (kinds.varchar(3), kinds.varchar(5), kinds.STRING),
        (kinds.INT4, kinds.STRING, None),
        (
            kinds.TIMESTAMP,
            Type(kinds.Family.TIMESTAMP, "TIMESTAMP", precision=9),
            Type(kinds.Family.TIMESTAMP, "TIMESTAMP", precision=9),
        ),
    ],
)
def test_common_types(left: Type, right: Type, both: Type | None) -> None:
    assert common_type(left, right) == both


@pytest.mark.parametrize(
    "text, value",
    [("12", "12"), ("1.50", "1.50"), ("1e3", "1000"), ("0xCAFE", "51966"), (".5", "0.5"), ("1e-3", "0.001")],
)
def test_numbers_are_exact(text: str, value: str) -> None:
    assert str(number_from_text(text).value) == value


def test_quotients_have_twenty_digits() -> None:
    third = number_from_text("1").exact / 3
    assert str(decimal_of(third)) == "0.33333333333333333333"
