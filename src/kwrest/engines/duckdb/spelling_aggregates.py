"""KWDB's aggregates and window functions in DuckDB's SQL. `apply` puts DISTINCT, ORDER BY, FILTER and OVER in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kwrest.engines.duckdb.spelling_text import decimal_quotient, integer_quotient, once
from kwrest.sql.spell.expressions import Apply, WrittenAggregate


def _average(apply: Apply, arguments: Sequence[str]) -> str:
    """An exact mean of integers; DuckDB's avg is a DOUBLE."""
    return once((apply("sum", arguments[0]), f"nullif({apply('count', arguments[0])}, 0)"), integer_quotient)


def _decimal_average(apply: Apply, arguments: Sequence[str]) -> str:
    return once((apply("sum", arguments[0]), f"nullif({apply('count', arguments[0])}, 0)"), decimal_quotient)


def _interval_sum(apply: Apply, arguments: Sequence[str]) -> str:
    """DuckDB has no sum of intervals: months, days and the clock are summed apart."""
    x = arguments[0]
    months = apply("sum", f"datepart('year', {x}) * 12 + datepart('month', {x})")
    days = apply("sum", f"datepart('day', {x})")
    clock = apply(
        "sum",
        f"datepart('hour', {x}) * 3600000000 + datepart('minute', {x}) * 60000000 + datepart('microseconds', {x})",
    )
    return f"(to_months(CAST({months} AS INTEGER)) + to_days(CAST({days} AS INTEGER)) + to_microseconds(CAST({clock} AS BIGINT)))"


def _interval_average(apply: Apply, arguments: Sequence[str]) -> str:
    return f"({_interval_sum(apply, arguments)} / nullif({apply('count', arguments[0])}, 0))"


def _spread(apply: Apply, arguments: Sequence[str]) -> str:
    return f"({apply('var_pop', arguments[0])} * {apply('count', arguments[0])})"


AGGREGATES: Mapping[str, WrittenAggregate] = {
    "count.rows": lambda apply, a: apply("count", "*"),
    "count": "count",
    "min": "min",
    "max": "max",
    "sum.int": lambda apply, a: f"CAST({apply('sum', a[0])} AS DECIMAL(38,0))",
    "sum.float": lambda apply, a: apply("sum", f"CAST({a[0]} AS DOUBLE)"),
    "sum.decimal": "sum",
    "sum.interval": _interval_sum,
    "sum_int": lambda apply, a: f"CAST({apply('sum', a[0])} AS BIGINT)",
    "avg.int": _average,
    "avg.float": "avg",
    "avg.decimal": _decimal_average,
    "avg.interval": _interval_average,
    # a variance of decimals may need more than 38 digits: it travels as DOUBLE
    **{
        f"{name}.{kind}": function
        for name, function in (("stddev", "stddev_samp"), ("variance", "var_samp"), ("var_pop", "var_pop"))
        for kind in ("float", "decimal")
    },
    "sqrdiff.float": _spread,
    "sqrdiff.decimal": _spread,
    "corr": "corr",
    "bit_and": "bit_and",
    "bit_or": "bit_or",
    "xor_agg": "bit_xor",
    "bool_and": "bool_and",
    "bool_or": "bool_or",
    "concat_agg": lambda apply, a: apply("string_agg", a[0], "''"),
    "string_agg": "string_agg",
    "array_agg": "list",
    "json_agg": lambda apply, a: f"to_json({apply('list', a[0])})",
    "quantile": "quantile_cont",
    # what rules/picks.py makes of first and last: the value in the row with the least or greatest order column
    **{name: name for name in ("arg_min", "arg_max", "arg_min_null", "arg_max_null")},
}

# {0}: the arguments, with commas between
WINDOWS: Mapping[str, str] = {
    "last_known": "last_value({0} IGNORE NULLS)",
    **{
        name: f"{name}({{0}})"
        for name in (
            "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value",
            "last_value", "nth_value",
        )
    },
}  # fmt: skip
