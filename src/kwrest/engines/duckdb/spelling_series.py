"""What the rules make of KWDB's functions over series, in DuckDB's SQL (facts 3.1 to 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kwrest.engines.duckdb.spelling_text import error
from kwrest.engines.duckdb.spelling_types import type_name
from kwrest.sql import bound
from kwrest.sql.functions.aggregates import MAX_SERIES
from kwrest.sql.spell.expressions import Written, WrittenStream
from kwrest.types.kinds import Family


def _steps(series: bound.Series, arguments: Sequence[str]) -> str:
    """The buckets from one that has rows up to the next that has, itself excluded; only the first when none follows.

    A table function and no list: it streams, and however many rows it makes it needs no memory for them.
    """
    start, end, width = (
        f"CAST({text} AS TIMESTAMP)" if argument.type.precision == 9 else text
        for text, argument in zip(arguments, series.arguments, strict=True)
    )
    steps = f"(epoch({end}) - epoch({start})) / epoch({width})"
    too_many = error("54000", f"time_bucket_gapfill fills at most {MAX_SERIES} buckets between two")
    stop = f"CASE WHEN {end} IS NULL THEN {start} WHEN {steps} > {MAX_SERIES} THEN {too_many} ELSE {end} - {width} END"
    made = "generate_series"
    if series.types[0].precision == 9:
        made = f"CAST({made} AS TIMESTAMP_NS)"
    return f"SELECT {made} AS c1 FROM generate_series({start}, {stop}, {width})"


def _between_points(call: bound.Call, arguments: Sequence[str]) -> str:
    """The value on the line from (start, before) to (end, after) at a moment."""
    before, after, start, moment, end = arguments
    share = f"(epoch_us({moment}) - epoch_us({start})) / (epoch_us({end}) - epoch_us({start}))"
    low, high = f"CAST({before} AS DOUBLE)", f"CAST({after} AS DOUBLE)"
    made = f"{low} + ({high} - {low}) * ({share})"
    if call.type.family is Family.INT:
        made = f"trunc({made})"
    return f"CAST({made} AS {type_name(call.type)})"


SERIES: Mapping[str, Written] = {"between_points": _between_points}
STREAMS: Mapping[str, WrittenStream] = {"gapfill.steps": _steps}
