"""The tables of operators and functions: what holds of every row."""

from __future__ import annotations

import pytest

from kwrest.sql.functions import AGGREGATES, PICKS, SCALARS, SERIES, WINDOWS
from kwrest.sql.functions.signature import AggregateFunction, Function, Series
from kwrest.sql.operators import BINARY, COMPARISONS, TESTS, UNARY, binary, unary
from kwrest.types.kinds import Family, Type

SCALAR_ROWS = [row for rows in SCALARS.values() for row in rows]

# Facts 3.4, marked D, D* or PG: each must be there. X-marked ones that are there too are not listed.
WANTED = [
    "count",
    "min",
    "max",
    "sum",
    "avg",
    "stddev",
    "stddev_samp",
    "variance",
    "var_samp",
    "var_pop",
    "corr",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "string_agg",
    "array_agg",
    "now",
    "current_timestamp",
    "transaction_timestamp",
    "localtimestamp",
    "current_date",
    "current_time",
    "date_trunc",
    "extract",
    "age",
    "to_timestamp",
    "timezone",
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "cbrt",
    "ceil",
    "ceiling",
    "cos",
    "cot",
    "degrees",
    "exp",
    "floor",
    "ln",
    "log",
    "mod",
    "pi",
    "pow",
    "power",
    "radians",
    "random",
    "sign",
    "sin",
    "sqrt",
    "tan",
    "trunc",
    "isnan",
    "round",
    "length",
    "char_length",
    "character_length",
    "bit_length",
    "lower",
    "upper",
    "left",
    "right",
    "concat",
    "substr",
    "substring",
    "ltrim",
    "rtrim",
    "trim",
    "strpos",
    "overlay",
    "replace",
    "reverse",
    "repeat",
    "split_part",
    "md5",
    "sha256",
    "chr",
    "gen_random_uuid",
    "time_bucket",
    "first",
    "last",
    "first_row",
    "last_row",
]
# functions that make more than they are given
GROWING = [
    "concat",
    "concat_ws",
    "encode",
    "lpad",
    "overlay",
    "quote_ident",
    "quote_literal",
    "regexp_replace",
    "repeat",
    "replace",
    "rpad",
]


@pytest.mark.parametrize("name", WANTED)
def test_documented_functions_have_rows(name: str) -> None:
    assert name in SCALARS or name in AGGREGATES or name in PICKS


@pytest.mark.parametrize("name", GROWING)
def test_what_can_grow_has_a_cap(name: str) -> None:
    assert all(row.cap for row in SCALARS[name])


def test_series_have_caps() -> None:
    assert all(row.cap for row in SERIES["generate_series"])


def test_no_two_rows_take_the_same_arguments() -> None:
    rows: list[Function | AggregateFunction | Series] = [*SCALAR_ROWS]
    rows += [row for found in AGGREGATES.values() for row in found]
    rows += [row for found in SERIES.values() for row in found]
    seen = [(row.name, row.arguments) for row in rows]
    assert len(seen) == len(set(seen))


def test_volatile_functions_are_marked() -> None:
    volatile = {row.name for row in SCALAR_ROWS if row.volatile}
    assert {"now", "random", "gen_random_uuid", "unique_rowid", "current_date", "timeofday"} <= volatile
    assert "abs" not in volatile


def test_every_row_names_its_source() -> None:
    assert all(row.facts for row in SCALAR_ROWS)
    assert all(row.facts for found in AGGREGATES.values() for row in found)
    assert all(row.facts for found in WINDOWS.values() for row in found)
    assert all(row.facts for row in PICKS.values())


def test_operators_are_found_by_their_families() -> None:
    assert len({(row.symbol, row.left, row.right) for row in BINARY}) == len(BINARY)
    assert all(binary(row.symbol, row.left, row.right) is row for row in BINARY)
    assert all(unary(row.symbol, row.operand) is row for row in UNARY)
    assert binary("+", Family.STRING, Family.INT) is None


@pytest.mark.parametrize(
    "symbol, left, right, result",
    [
        ("+", Family.INT, Family.INT, "INT8"),
        ("/", Family.INT, Family.INT, "DECIMAL"),
        ("//", Family.INT, Family.INT, "INT8"),
        ("+", Family.DECIMAL, Family.FLOAT, "DECIMAL"),
        ("-", Family.TIMESTAMPTZ, Family.TIMESTAMPTZ, "INTERVAL"),
        ("-", Family.DATE, Family.DATE, "INT8"),
        ("||", Family.STRING, Family.STRING, "STRING"),
    ],
)
def test_operator_results(symbol: str, left: Family, right: Family, result: str) -> None:
    row = binary(symbol, left, right)
    assert row is not None and isinstance(row.result, Type) and str(row.result) == result


def test_comparisons_and_tests_have_their_own_keys() -> None:
    keys = [*COMPARISONS.values(), *(key for *_, key in TESTS)]
    assert len(keys) == len(set(keys))
