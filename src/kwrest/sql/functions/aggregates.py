"""Aggregates, window functions, table functions (facts 3.1, 3.4)."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.sql.functions.signature import ANY, AggregateFunction, Pick, Series, WindowFunction, same
from kwrest.types.kinds import (
    BOOL,
    BYTES,
    DATE,
    DECIMAL,
    FLOAT8,
    INET,
    INT8,
    INTERVAL,
    JSONB,
    STRING,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    Family,
    Type,
    array_of,
)  # fmt: skip

MAX_SERIES = 1_000_000  # rows of a series between constants
MAX_SERIES_OF_ROW = 10_000  # rows of a series whose ends come from a row
_BIT = Type(Family.BIT, "VARBIT")
_ORDERED = (
    BOOL,
    INT8,
    FLOAT8,
    DECIMAL,
    STRING,
    BYTES,
    DATE,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    INTERVAL,
    UUID,
    INET,
    JSONB,
    _BIT,
)


def _array(types: Sequence[Type]) -> Type:
    return array_of(types[0])


AGGREGATES: tuple[AggregateFunction, ...] = (
    AggregateFunction("count", (), INT8, "count.rows", "3.4", star=True),
    AggregateFunction("count_rows", (), INT8, "count.rows", "3.4", star=True),
    AggregateFunction("count", (ANY,), INT8, "count", "3.4"),
    *(AggregateFunction(name, (type_,), same(0), name, "3.4") for name in ("min", "max") for type_ in _ORDERED),
    AggregateFunction("sum", (INT8,), DECIMAL, "sum.int", "3.4"),
    AggregateFunction("sum", (FLOAT8,), FLOAT8, "sum.float", "3.4"),
    AggregateFunction("sum", (DECIMAL,), DECIMAL, "sum.decimal", "3.4"),
    AggregateFunction("sum", (INTERVAL,), INTERVAL, "sum.interval", "3.4"),
    AggregateFunction("sum_int", (INT8,), INT8, "sum_int", "3.4"),
    AggregateFunction("avg", (INT8,), DECIMAL, "avg.int", "3.4"),
    AggregateFunction("avg", (FLOAT8,), FLOAT8, "avg.float", "3.4"),
    AggregateFunction("avg", (DECIMAL,), DECIMAL, "avg.decimal", "3.4"),
    AggregateFunction("avg", (INTERVAL,), INTERVAL, "avg.interval", "3.4"),
    *(
        AggregateFunction(name, (type_,), DECIMAL if type_ is not FLOAT8 else FLOAT8, f"{key}.{kind}", "3.4")
        for name, key in (
            ("stddev", "stddev"),
            ("stddev_samp", "stddev"),
            ("variance", "variance"),
            ("var_samp", "variance"),
            ("var_pop", "var_pop"),
            ("sqrdiff", "sqrdiff"),
        )
        for type_, kind in ((INT8, "decimal"), (DECIMAL, "decimal"), (FLOAT8, "float"))
    ),
    *(
        AggregateFunction("corr", (left, right), FLOAT8, "corr", "3.4")
        for left in (FLOAT8, INT8)
        for right in (FLOAT8, INT8)
    ),
    AggregateFunction("bit_and", (INT8,), INT8, "bit_and", "3.4"),
    AggregateFunction("bit_or", (INT8,), INT8, "bit_or", "3.4"),
    AggregateFunction("xor_agg", (INT8,), INT8, "xor_agg", "3.4"),
    AggregateFunction("bool_and", (BOOL,), BOOL, "bool_and", "3.4"),
    AggregateFunction("every", (BOOL,), BOOL, "bool_and", "3.4"),
    AggregateFunction("bool_or", (BOOL,), BOOL, "bool_or", "3.4"),
    AggregateFunction("concat_agg", (STRING,), STRING, "concat_agg", "3.4", ordered=True),
    AggregateFunction("string_agg", (STRING, STRING), STRING, "string_agg", "3.4", ordered=True),
    AggregateFunction("array_agg", (ANY,), _array, "array_agg", "3.4", ordered=True),
    AggregateFunction("json_agg", (ANY,), JSONB, "json_agg", "3.4", ordered=True),
    AggregateFunction("jsonb_agg", (ANY,), JSONB, "json_agg", "3.4", ordered=True),
    AggregateFunction("quantile", (FLOAT8, FLOAT8), FLOAT8, "quantile", "3.4"),
    AggregateFunction("quantile", (INT8, FLOAT8), FLOAT8, "quantile", "3.4"),
)

WINDOWS: tuple[WindowFunction, ...] = (
    *(
        WindowFunction(name, (), type_, name, "2.9")
        for name, type_ in (
            ("row_number", INT8),
            ("rank", INT8),
            ("dense_rank", INT8),
            ("percent_rank", FLOAT8),
            ("cume_dist", FLOAT8),
        )
    ),
    WindowFunction("ntile", (INT8,), INT8, "ntile", "2.9"),
    *(
        WindowFunction(name, arguments, same(0), name, "2.9")
        for name in ("lag", "lead")
        for arguments in ((ANY,), (ANY, INT8), (ANY, INT8, ANY))
    ),
    WindowFunction("first_value", (ANY,), same(0), "first_value", "2.9"),
    WindowFunction("last_value", (ANY,), same(0), "last_value", "2.9"),
    WindowFunction("nth_value", (ANY, INT8), same(0), "nth_value", "2.9"),
)

PICKS: tuple[Pick, ...] = (
    Pick("first", False, False, "3.1"),
    Pick("last", False, True, "3.1"),
    Pick("first_row", False, False, "3.1"),
    Pick("last_row", False, True, "3.1"),
    Pick("firstts", True, False, "3.1"),
    Pick("lastts", True, False, "3.1"),
    Pick("first_row_ts", True, False, "3.1"),
    Pick("last_row_ts", True, False, "3.1"),
)

SERIES: tuple[Series, ...] = (
    Series("generate_series", (INT8, INT8), (INT8,), "generate_series.int", "6", cap=MAX_SERIES),
    Series("generate_series", (INT8, INT8, INT8), (INT8,), "generate_series.int", "6", cap=MAX_SERIES),
    *(
        Series("generate_series", (time, time, INTERVAL), (time,), "generate_series.time", "6", cap=MAX_SERIES)
        for time in (TIMESTAMP, TIMESTAMPTZ)
    ),
    # as many arrays as are given, side by side
    Series("unnest", (array_of(ANY),), (lambda types: types[0].element or ANY,), "unnest", "6"),
    Series("generate_subscripts", (array_of(ANY),), (INT8,), "subscripts", "6"),
    Series("generate_subscripts", (array_of(ANY), INT8), (INT8,), "subscripts", "6"),
    Series("generate_subscripts", (array_of(ANY), INT8, BOOL), (INT8,), "subscripts", "6"),
    *(
        row
        for prefix in ("json", "jsonb")
        for row in (
            Series(f"{prefix}_array_elements", (JSONB,), (JSONB,), "json.elements", "6", columns=("value",)),
            Series(f"{prefix}_array_elements_text", (JSONB,), (STRING,), "json.elements_text", "6", columns=("value",)),
            Series(f"{prefix}_object_keys", (JSONB,), (STRING,), "json.keys", "6"),
            Series(f"{prefix}_each", (JSONB,), (STRING, JSONB), "json.each", "6", columns=("key", "value")),
            Series(f"{prefix}_each_text", (JSONB,), (STRING, STRING), "json.each_text", "6", columns=("key", "value")),
        )
    ),
)
