"""KWDB's functions of time in DuckDB's SQL, and the series that FROM reads."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.engines.duckdb.spelling_text import error, once
from kwrest.sql import bound
from kwrest.sql.functions.aggregates import MAX_SERIES, MAX_SERIES_OF_ROW
from kwrest.sql.spell.expressions import Written


def _nanosecond_typed(text: str) -> Written:
    """DuckDB gives TIMESTAMP where it was given TIMESTAMP_NS."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        made = text.format(*arguments)
        return f"CAST({made} AS TIMESTAMP_NS)" if call.type.precision == 9 else made

    return written


# Microseconds from 0001-01-01, where KWDB begins to count buckets, to 1970.
_ORIGIN = 62_135_596_800_000_000
# Added in whole buckets, so that no time is before the origin and a remainder is never negative: about 2000 years.
_BEFORE = 63_000_000_000_000_000
_LONGEST = 10**17


def _time_bucket(call: bound.Call, arguments: Sequence[str]) -> str:
    """Fixed widths by arithmetic, twice as fast as DuckDB's time_bucket with an origin; months by that."""
    width = call.arguments[1]
    assert isinstance(width, bound.Const) and isinstance(width.value, bound.Interval)
    nano = call.type.precision == 9
    nanoseconds = width.value.days * 86_400_000_000_000 + width.value.nanoseconds
    if width.value.months or nanoseconds > _LONGEST * 1000:
        moment = f"CAST({arguments[0]} AS TIMESTAMP)" if nano else arguments[0]
        cut = f"time_bucket({arguments[1]}, {moment}, TIMESTAMP '0001-01-01 00:00:00')"
        return f"CAST({cut} AS TIMESTAMP_NS)" if nano else cut
    if not nano and nanoseconds < 1000:
        return arguments[0]
    if nano:
        # Nanoseconds reach from 1677 to 2262: the origin counts by its remainder.
        shift = (_ORIGIN * 1000) % nanoseconds + (_BEFORE * 100 // nanoseconds) * nanoseconds
        return once(
            arguments[:1],
            lambda x: (
                f"make_timestamp_ns(epoch_ns({x}) - CAST((CAST(epoch_ns({x}) AS HUGEINT) + {shift}) % {nanoseconds} AS BIGINT))"
            ),
        )
    micro = nanoseconds // 1000
    shift = _ORIGIN + -(-_BEFORE // micro) * micro
    return once(arguments[:1], lambda x: f"make_timestamp(epoch_us({x}) - (epoch_us({x}) + {shift}) % {micro})")


_FIELDS = "century decade year isoyear quarter month week dow isodow doy hour minute"


def _extractors(prefix: str, seconds: str) -> dict[str, Written]:
    """`extract` gives FLOAT8, seconds with their fraction."""
    found: dict[str, Written] = {
        f"{prefix}.{unit}": f"CAST(datepart('{unit}', {{0}}) AS DOUBLE)"
        for unit in (*_FIELDS.split(), "millennium", "day")
    }
    found[f"{prefix}.second"] = f"({seconds} / 1000000)"
    # parts of the second, without the whole ones (recorded)
    found[f"{prefix}.millisecond"] = f"CAST({seconds} % 1000000 // 1000 AS DOUBLE)"
    found[f"{prefix}.microsecond"] = f"CAST({seconds} % 1000000 AS DOUBLE)"
    found[f"{prefix}.epoch"] = "CAST(epoch({0}) AS DOUBLE)"
    found[f"{prefix}.julian"] = "julian({0})"
    return found


_OFFSET = "epoch(timezone({1}, timezone('UTC', {0})) - {0})"
_EXTRACT: dict[str, Written] = {
    **_extractors("extract.time", "datepart('microseconds', {0})"),
    **_extractors("extract.clock", "datepart('microseconds', {0})"),
    **_extractors("extract.interval", "datepart('microseconds', {0})"),
    "extract.clock.epoch": "(epoch_us({0}) / 1000000)",
    "extract.time.timezone": f"CAST({_OFFSET} AS DOUBLE)",
    "extract.time.timezone_hour": f"CAST(trunc({_OFFSET} / 3600) AS DOUBLE)",
    "extract.time.timezone_minute": f"CAST(trunc({_OFFSET} / 60) % 60 AS DOUBLE)",
}

_DURATIONS = {"hour": 3600, "minute": 60, "second": 1}


def _extract_duration(call: bound.Call, arguments: Sequence[str]) -> str:
    unit = f"lower({arguments[0]})"
    cases = "".join(f" WHEN '{name}' THEN {size}" for name, size in _DURATIONS.items())
    small = f"CASE {unit} WHEN 'millisecond' THEN 1000 WHEN 'microsecond' THEN 1000000 END"
    size = f"CASE {unit}{cases} END"
    return f"CAST(trunc(coalesce(epoch({arguments[1]}) / ({size}), epoch({arguments[1]}) * ({small}))) AS BIGINT)"


def _instant_text(call: bound.Call, arguments: Sequence[str]) -> str:
    """`2024-02-29 12:30:45.5+08:00` of the session's zone."""
    precise = call.arguments[0].type.precision == 9

    def body(x: str, zone: str) -> str:
        instant = f"CAST({x} AS TIMESTAMP)" if precise else x
        local = f"timezone({zone}, timezone('UTC', {instant}))"
        minutes = f"CAST((epoch_us({local}) - epoch_us({instant})) // 60000000 AS BIGINT)"
        shown = f"make_timestamp_ns(epoch_ns({x}) + {minutes} * 60000000000)" if precise else local
        return (
            f"(CAST({shown} AS VARCHAR) || CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END"
            f" || lpad(CAST(abs({minutes}) // 60 AS VARCHAR), 2, '0')"
            f" || ':' || lpad(CAST(abs({minutes}) % 60 AS VARCHAR), 2, '0'))"
        )

    return once(arguments, body)


def _text_instant(call: bound.Call, arguments: Sequence[str]) -> str:
    """A stored text as an instant: its own offset counts, else the session's zone."""

    def body(x: str, zone: str) -> str:
        own = f"regexp_matches({x}, '[0-9] ?([zZ]|[-+][0-9]{{1,2}}(:?[0-9]{{2}})?)$') AND contains({x}, ':')"
        absolute = f"timezone('UTC', TRY_CAST({x} AS TIMESTAMPTZ))"
        relative = f"timezone('UTC', timezone({zone}, TRY_CAST({x} AS TIMESTAMP)))"
        failure = error("22007", f"parsing as type timestamp: could not parse \"' || {x} || '\"")
        return f"coalesce(CASE WHEN {own} THEN {absolute} ELSE {relative} END, CASE WHEN {x} IS NOT NULL THEN {failure} END)"

    made = once(arguments, body)
    return f"CAST({made} AS TIMESTAMP_NS)" if call.type.precision == 9 else made


def _listed(call: bound.Call, steps: str, step: str, zero: str, start: str, stop: str) -> str:
    """A list with a bound on its length, which is one more than its steps: DuckDB would build any in memory, and 2048 of them at once for a table."""
    most = MAX_SERIES if all(isinstance(a, bound.Const) for a in call.arguments) else MAX_SERIES_OF_ROW
    # Constants are computed while DuckDB plans, in the branches that are not taken too, so the list itself is bounded.
    within = f"CASE WHEN {step} <> {zero} AND {steps} < {most} THEN {stop} END"
    value = f"generate_series({start}, {within}, {step})"
    return (
        f"(CASE WHEN {step} = {zero} THEN {error('22023', 'step cannot be 0')}"
        f" WHEN {steps} >= {most} THEN {error('54000', f'generate_series gives at most {most} rows')}"
        f" ELSE {value} END)"
    )


def _integers(call: bound.Call, arguments: Sequence[str]) -> str:
    step = arguments[2] if len(arguments) > 2 else "CAST(1 AS BIGINT)"
    return once(
        (arguments[0], arguments[1], step),
        lambda start, stop, step: _listed(call, f"(CAST({stop} AS DOUBLE) - {start}) / {step}", step, "0", start, stop),
    )


def _moments(call: bound.Call, arguments: Sequence[str]) -> str:
    return once(
        arguments,
        lambda start, stop, step: _listed(
            call,
            f"(epoch({stop}) - epoch({start})) / epoch({step})",
            step,
            "to_days(0)",
            start,
            stop,
        ),
    )


_NOW = "CAST(timezone('UTC', now()) AS TIMESTAMP)"

TIMES: dict[str, Written] = {
    # KWDB's now() has milliseconds
    "now": f"date_trunc('millisecond', {_NOW})",
    "now.digits": _NOW,
    "timeofday": f"strftime({_NOW}, '%a %b %d %H:%M:%S.%f %Y +0000')",
    "date_trunc": _nanosecond_typed("CAST(date_trunc({0}, {1}) AS TIMESTAMP)"),
    "date_trunc.interval": "date_trunc({0}, {1})",
    "time_bucket": _time_bucket,
    "strftime": "strftime({0}, {1})",
    "strptime": "strptime({0}, {1})",
    "to_timestamp.int": "make_timestamp({0} * 1000000)",
    "to_timestamp.float": "make_timestamp(CAST(round({0} * 1000000) AS BIGINT))",
    "timestamptz.text": _instant_text,
    "text.instant": _text_instant,
    "generate_series.int": _integers,
    "generate_series.time": _moments,
    "zone.local": _nanosecond_typed("timezone({1}, timezone('UTC', CAST({0} AS TIMESTAMP)))"),
    "zone.instant": _nanosecond_typed("timezone('UTC', timezone({1}, CAST({0} AS TIMESTAMP)))"),
    "extract_duration": _extract_duration,
    **_EXTRACT,
}
