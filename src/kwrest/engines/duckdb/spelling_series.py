"""What the rules make of KWDB's functions over series, in DuckDB's SQL (facts 3.1 to 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kwrest.engines.duckdb.spelling_text import error
from kwrest.engines.duckdb.spelling_types import type_name
from kwrest.sql import bound
from kwrest.sql.spell.expressions import Written, WrittenStream
from kwrest.types.kinds import Family

# Buckets that a gap may have. They stream, so what bounds them is time: DuckDB makes about 8 million a second (2026-11-24).
MAX_GAP = 100_000_000


def _steps(series: bound.Stream, arguments: Sequence[str]) -> str:
    """The buckets from one that has rows up to the next that has, itself excluded; only the first when none follows. A
    fourth argument says how many of them are enough.

    A table function and no list: it streams, and however many rows it makes it needs no memory for them.
    """
    start, end, width, *enough = (
        f"CAST({text} AS TIMESTAMP)" if argument.type.precision == 9 else text
        for text, argument in zip(arguments, series.arguments, strict=True)
    )
    if enough:
        # DuckDB leaves NULLs out of least(), and nothing follows the last one.
        end = f"CASE WHEN {end} IS NOT NULL THEN least({end}, {start} + {enough[0]} * {width}) END"
    steps = f"(epoch({end}) - epoch({start})) / epoch({width})"
    too_many = error("54000", f"time_bucket_gapfill fills at most {MAX_GAP} buckets between two")
    stop = f"CASE WHEN {end} IS NULL THEN {start} WHEN {steps} > {MAX_GAP} THEN {too_many} ELSE {end} - {width} END"
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


def _epoch(moment: str, expr: bound.Expr) -> str:
    """A time as a number, in the finest unit that its type has."""
    return f"epoch_{'ns' if expr.type.precision == 9 else 'us'}({moment})"


def _area(call: bound.Call, arguments: Sequence[str]) -> str:
    """Below the line from the point before, which is NULL for the first one."""
    last_time, last_value, time, value = arguments
    width = f"({_epoch(time, call.arguments[2])} - {_epoch(last_time, call.arguments[0])})"
    twice = error("22023", "duplicate timestamps not allowed in twa function")
    return f"(CASE WHEN {value} IS NOT NULL AND {time} = {last_time} THEN {twice} ELSE ({last_value} + {value}) / 2 * {width} END)"


def _mean(call: bound.Call, arguments: Sequence[str]) -> str:
    area, first, last, lowest = arguments
    width = f"({_epoch(last, call.arguments[2])} - {_epoch(first, call.arguments[1])})"
    return f"(CASE WHEN {first} = {last} THEN {lowest} ELSE {area} / {width} END)"


def _elapsed(call: bound.Call, arguments: Sequence[str]) -> str:
    first, last, _ = arguments
    unit = call.arguments[2]
    assert isinstance(unit, bound.Const) and isinstance(unit.value, int)
    return f"((epoch_ns({last}) - epoch_ns({first})) / {unit.value})"


# Windows that one row may be in; more would multiply the rows beyond use.
MAX_OVERLAP = 10_000


def _starts(series: bound.Stream, arguments: Sequence[str]) -> str:
    """The beginnings of the sliding windows that a time is in: the first of all ends where the first time's slide does."""
    moment, first, width, slide = (
        f"CAST({text} AS TIMESTAMP)" if argument.type.precision == 9 else text
        for text, argument in zip(arguments, series.arguments, strict=True)
    )
    cut = f"time_bucket({slide}, {first}, TIMESTAMP '0001-01-01 00:00:00')"
    origin = f"((CASE WHEN {cut} = {first} THEN {first} ELSE {cut} + {slide} END) - {width})"
    since = f"(epoch_us({moment}) - epoch_us({origin}))"
    step, length = f"epoch_us({slide})", f"(epoch_us({moment} + {width}) - epoch_us({moment}))"
    # Division cuts towards zero, but what is below zero is raised to it.
    lowest = f"greatest(0, ({since} - {length} + {step}) // {step})"
    too_many = error("54000", f"time_window makes at most {MAX_OVERLAP} windows of a row")
    highest = f"CASE WHEN {length} / {step} > {MAX_OVERLAP} THEN {too_many} ELSE {since} // {step} END"
    made = f"{origin} + to_microseconds(generate_series * {step})"
    if series.types[0].precision == 9:
        made = f"CAST({made} AS TIMESTAMP_NS)"
    return f"SELECT {made} AS c1 FROM generate_series({lowest}, {highest})"


def _counts(series: bound.Stream, arguments: Sequence[str]) -> str:
    """The numbers of the rows that windows begin with which a row is in."""
    index, size, slide = arguments
    lowest = f"greatest(0, ({index} - {size} + {slide}) // {slide})"
    too_many = error("54000", f"count_window makes at most {MAX_OVERLAP} windows of a row")
    highest = f"CASE WHEN {size} / {slide} > {MAX_OVERLAP} THEN {too_many} ELSE {index} // {slide} END"
    return f"SELECT generate_series * {slide} AS c1 FROM generate_series({lowest}, {highest})"


SERIES: Mapping[str, Written] = {
    "between_points": _between_points,
    "twa.area": _area,
    "twa.mean": _mean,
    "elapsed": _elapsed,
}
STREAMS: Mapping[str, WrittenStream] = {
    "gapfill.steps": _steps,
    "window.starts": _starts,
    "window.counts": _counts,
}
