"""KWDB's scalar functions in DuckDB's SQL: numbers, texts, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kwrest.engines.duckdb.spelling_operators import OPERATORS
from kwrest.engines.duckdb.spelling_text import error, guarded, once
from kwrest.sql import bound
from kwrest.sql.functions.aggregates import MAX_SERIES
from kwrest.sql.functions.strings import MAX_TEXT
from kwrest.sql.spell.expressions import Written

# ---------------------------------------------------------------- numbers


def _trunc_digits(call: bound.Call, arguments: Sequence[str]) -> str:
    return once(arguments, lambda x, n: f"trunc(CAST({x} AS DOUBLE) * pow(10, {n})) / pow(10, {n})")


def _round_decimal(call: bound.Call, arguments: Sequence[str]) -> str:
    digits = call.arguments[1]
    if isinstance(digits, bound.Const) and isinstance(digits.value, int) and -30 <= digits.value <= 30:
        return f"round({arguments[0]}, {digits.value})"
    return f"round_even(CAST({arguments[0]} AS DOUBLE), CAST({arguments[1]} AS INTEGER))"


def _log_base(call: bound.Call, arguments: Sequence[str]) -> str:
    base, x = (f"CAST({argument} AS DOUBLE)" for argument in arguments)
    return f"({_logarithm('ln', x)} / {_logarithm('ln', base)})"


def _logarithm(name: str, x: str) -> str:
    return once(
        (x,),
        lambda v: (
            f"(CASE WHEN {v} < 0 THEN {error('2201E', 'cannot take logarithm of a negative number')}"
            f" WHEN {v} = 0 THEN {error('2201E', 'cannot take logarithm of zero')} ELSE {name}({v}) END)"
        ),
    )


def _root(x: str) -> str:
    return once(
        (x,), lambda v: guarded(f"{v} < 0", "2201F", "cannot take square root of a negative number", f"sqrt({v})")
    )


def _modulo(key: str) -> Written:
    """`mod(x, 0)` names itself where `x % 0` does not."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        return once(arguments, lambda x, y: guarded(f"{y} = 0", "22012", "mod(): zero modulus", f"({x} % {y})"))

    return written


def _width_bucket(call: bound.Call, arguments: Sequence[str]) -> str:
    x, low, high, count = (f"CAST({argument} AS DOUBLE)" for argument in arguments)
    return once(
        (x, low, high, count),
        lambda x, low, high, n: (
            f"CAST(CASE WHEN {low} < {high} THEN CASE WHEN {x} < {low} THEN 0 WHEN {x} >= {high} THEN {n} + 1"
            f" ELSE floor(({x} - {low}) / ({high} - {low}) * {n}) + 1 END"
            f" ELSE CASE WHEN {x} > {low} THEN 0 WHEN {x} <= {high} THEN {n} + 1"
            f" ELSE floor(({low} - {x}) / ({low} - {high}) * {n}) + 1 END END AS BIGINT)"
        ),
    )


_MATH: dict[str, Written] = {
    "abs.int": "abs({0})",
    "abs": "abs({0})",
    **{
        name: f"{name}({{0}})"
        for name in ["acos", "asin", "atan", "cos", "cot", "degrees", "radians", "sin", "tan", "cosh", "sinh", "tanh"]
    },
    "atan2": "atan2({0}, {1})",
    "cbrt.float": "cbrt({0})",
    "cbrt.decimal": "cbrt(CAST({0} AS DOUBLE))",
    "ceil.float": "ceil({0})",
    "ceil.decimal": "ceil({0})",
    "exp.float": "exp({0})",
    "exp.decimal": "exp(CAST({0} AS DOUBLE))",
    "floor.float": "floor({0})",
    "floor.decimal": "floor({0})",
    "ln.float": lambda call, a: _logarithm("ln", a[0]),
    "ln.decimal": lambda call, a: _logarithm("ln", f"CAST({a[0]} AS DOUBLE)"),
    "log.float": lambda call, a: _logarithm("log10", a[0]),
    "log.decimal": lambda call, a: _logarithm("log10", f"CAST({a[0]} AS DOUBLE)"),
    "log.base.float": _log_base,
    "log.base.decimal": _log_base,
    "mod.call.int": _modulo("int"),
    "mod.call.float": _modulo("float"),
    "mod.call.decimal": _modulo("decimal"),
    "pi": "pi()",
    "random": "random()",
    # half to even, as KWDB rounds floats; decimals round half away from zero
    "round.float": "round_even({0}, 0)",
    "round.float.digits": "round_even({0}, CAST({1} AS INTEGER))",
    "round.decimal": "round({0}, 0)",
    "round.decimal.digits": _round_decimal,
    "round.away": "round({0})",
    "sign.int": "CAST(sign({0}) AS BIGINT)",
    "sign": "sign({0})",
    "sqrt.float": lambda call, a: _root(a[0]),
    "sqrt.decimal": lambda call, a: _root(f"CAST({a[0]} AS DOUBLE)"),
    "trunc.float": "trunc({0})",
    "trunc.decimal": "trunc({0})",
    "trunc.decimal.digits": _trunc_digits,
    "width_bucket": _width_bucket,
}

# ---------------------------------------------------------------- texts


def _capped(size: str, value: str) -> str:
    """`value`, or an error where it would have more than MAX_TEXT bytes; DuckDB's memory limit does not bind texts."""
    return guarded(f"{size} > {MAX_TEXT}", "54000", f"requested length too large, the limit is {MAX_TEXT}", value)


def _pad(name: str) -> Written:
    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        fill = arguments[2] if len(arguments) > 2 else "' '"

        def body(text: str, length: str, fill: str) -> str:
            # An empty fill pads with nothing; DuckDB would refuse it.
            padded = f"CASE WHEN {fill} = '' THEN left({text}, {length}) ELSE {name}({text}, CAST({length} AS INTEGER), {fill}) END"
            return _capped(length, f"CASE WHEN {length} <= 0 THEN '' ELSE {padded} END")

        return once((arguments[0], arguments[1], fill), body)

    return written


def _repeat(call: bound.Call, arguments: Sequence[str]) -> str:
    return once(arguments, lambda text, n: _capped(f"CAST(strlen({text}) AS HUGEINT) * {n}", f"repeat({text}, {n})"))


def _replace(call: bound.Call, arguments: Sequence[str]) -> str:
    return once(
        arguments,
        lambda text, old, new: _capped(
            f"CAST(strlen({text}) AS HUGEINT) * greatest(strlen({new}), 1)", f"replace({text}, {old}, {new})"
        ),
    )


def _substring(call: bound.Call, arguments: Sequence[str]) -> str:
    """Counting from 1; a start before it takes characters off the length, as PostgreSQL does."""
    if len(arguments) == 2:
        return once(arguments, lambda text, start: f"substr({text}, greatest({start}, 1))")
    return once(
        arguments,
        lambda text, start, length: (
            f"(CASE WHEN {length} < 0 THEN {error('22011', 'substring(): negative substring length not allowed')}"
            f" ELSE substr({text}, greatest({start}, 1), greatest(least({start}, 1) - 1 + {length}, 0)) END)"
        ),
    )


def _overlay(call: bound.Call, arguments: Sequence[str]) -> str:
    length = arguments[3] if len(arguments) > 3 else f"length({arguments[1]})"
    return once(
        (arguments[0], arguments[1], arguments[2], length),
        lambda text, new, start, n: f"(left({text}, {start} - 1) || {new} || substr({text}, {start} + {n}))",
    )


def _initcap(call: bound.Call, arguments: Sequence[str]) -> str:
    words = f"regexp_extract_all({arguments[0]}, '[\\p{{L}}\\p{{N}}]+|[^\\p{{L}}\\p{{N}}]+')"
    return f"array_to_string(list_transform({words}, lambda w: upper(left(w, 1)) || lower(substr(w, 2))), '')"


def _encode(call: bound.Call, arguments: Sequence[str]) -> str:
    form = f"lower({arguments[1]})"
    return once(
        (arguments[0], form),
        lambda y, f: (
            f"(CASE {f} WHEN 'hex' THEN lower(hex({y})) WHEN 'base64' THEN base64({y})"
            f" WHEN 'escape' THEN CAST({y} AS VARCHAR)"
            f" ELSE {error('22023', 'only hex, escape, and base64 formats are supported for encode()')} END)"
        ),
    )


def _decode(call: bound.Call, arguments: Sequence[str]) -> str:
    form = f"lower({arguments[1]})"
    return once(
        (arguments[0], form),
        lambda s, f: (
            f"(CASE {f} WHEN 'hex' THEN unhex({s}) WHEN 'base64' THEN from_base64({s}) WHEN 'escape' THEN encode({s})"
            f" ELSE {error('22023', 'only hex, escape, and base64 formats are supported for decode()')} END)"
        ),
    )


def _regexp_replace(call: bound.Call, arguments: Sequence[str]) -> str:
    flags = arguments[3] if len(arguments) > 3 else "''"
    return f"regexp_replace({', '.join(arguments[:3])}, {flags})"


_TEXT: dict[str, Written] = {
    "ascii": "CAST(unicode({0}) AS BIGINT)",
    "bit_length.string": "(strlen({0}) * 8)",
    "bit_length.bytes": "(octet_length({0}) * 8)",
    "btrim": "trim({0})",
    "btrim.set": "trim({0}, {1})",
    "chr": "chr(CAST({0} AS INTEGER))",
    # NULLs are left out; nothing but NULLs is NULL
    "concat.texts": lambda call, a: (
        f"(CASE WHEN coalesce({', '.join(a)}) IS NOT NULL THEN concat({', '.join(a)}) END)" if a else "''"
    ),
    "concat_ws": lambda call, a: f"concat_ws({', '.join(a)})",
    "decode": _decode,
    "encode": _encode,
    "initcap": _initcap,
    "left": "left({0}, {1})",
    "length.string": "length({0})",
    "length.bytes": "octet_length({0})",
    "lower": "lower({0})",
    "lpad": _pad("lpad"),
    "ltrim": "ltrim({0})",
    "ltrim.set": "ltrim({0}, {1})",
    "md5": "md5({0})",
    "octet_length": "strlen({0})",
    "overlay": _overlay,
    "quote_ident": "('\"' || replace({0}, '\"', '\"\"') || '\"')",
    "quote_literal": "('''' || replace({0}, '''', '''''') || '''')",
    "regexp_extract": "nullif(regexp_extract({0}, {1}), '')",
    "regexp_replace": _regexp_replace,
    "repeat": _repeat,
    "replace": _replace,
    "reverse": "reverse({0})",
    "right": "right({0}, {1})",
    "rpad": _pad("rpad"),
    "rtrim": "rtrim({0})",
    "rtrim.set": "rtrim({0}, {1})",
    "sha1": "sha1({0})",
    "sha256": "sha256({0})",
    "split_part": "split_part({0}, {1}, CAST({2} AS INTEGER))",
    "starts_with": "starts_with({0}, {1})",
    "string_to_array": "string_split({0}, {1})",
    "strpos": "instr({0}, {1})",
    "substr": _substring,
    "substr.regex": "nullif(regexp_extract({0}, {1}), '')",
    "to_hex": "lower(to_hex({0}))",
    "translate": "translate({0}, {1}, {2})",
    "upper": "upper({0})",
}

# ---------------------------------------------------------------- time


def _nanosecond_typed(text: str) -> Written:
    """DuckDB gives TIMESTAMP where it was given TIMESTAMP_NS."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        made = text.format(*arguments)
        return f"CAST({made} AS TIMESTAMP_NS)" if call.type.precision == 9 else made

    return written


def _time_bucket(call: bound.Call, arguments: Sequence[str]) -> str:
    width = call.arguments[1]
    assert isinstance(width, bound.Const) and isinstance(width.value, bound.Interval)
    if call.type.precision == 9:
        # Fixed widths are cut in nanoseconds; months begin with a whole second.
        length = width.value
        nanoseconds = length.days * 86_400_000_000_000 + length.nanoseconds
        if not length.months and nanoseconds % 1000:
            return once((arguments[0],), lambda x: f"make_timestamp_ns(epoch_ns({x}) - epoch_ns({x}) % {nanoseconds})")
        cut = f"time_bucket({arguments[1]}, CAST({arguments[0]} AS TIMESTAMP), TIMESTAMP '0001-01-01 00:00:00')"
        return f"CAST({cut} AS TIMESTAMP_NS)"
    return f"time_bucket({arguments[1]}, {arguments[0]}, TIMESTAMP '0001-01-01 00:00:00')"


_FIELDS = "century decade year isoyear quarter month week dow isodow doy hour minute"


def _extractors(prefix: str, seconds: str) -> dict[str, Written]:
    """`extract` gives FLOAT8, seconds with their fraction."""
    found: dict[str, Written] = {
        f"{prefix}.{unit}": f"CAST(datepart('{unit}', {{0}}) AS DOUBLE)"
        for unit in (*_FIELDS.split(), "millennium", "day")
    }
    found[f"{prefix}.second"] = f"({seconds} / 1000000)"
    found[f"{prefix}.millisecond"] = f"({seconds} / 1000)"
    found[f"{prefix}.microsecond"] = f"CAST({seconds} AS DOUBLE)"
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


def _listed(steps: str, step: str, zero: str, value: str) -> str:
    """A list of at most MAX_SERIES values; DuckDB would build any length in memory."""
    return (
        f"(CASE WHEN {step} = {zero} THEN {error('22023', 'step cannot be 0')}"
        f" WHEN {steps} > {MAX_SERIES} THEN {error('54000', f'generate_series gives at most {MAX_SERIES} rows')}"
        f" ELSE {value} END)"
    )


def _integers(call: bound.Call, arguments: Sequence[str]) -> str:
    step = arguments[2] if len(arguments) > 2 else "CAST(1 AS BIGINT)"
    return once(
        (arguments[0], arguments[1], step),
        lambda start, stop, step: _listed(
            f"(CAST({stop} AS DOUBLE) - {start}) / {step}", step, "0", f"generate_series({start}, {stop}, {step})"
        ),
    )


def _moments(call: bound.Call, arguments: Sequence[str]) -> str:
    return once(
        arguments,
        lambda start, stop, step: _listed(
            f"(epoch({stop}) - epoch({start})) / epoch({step})",
            step,
            "to_days(0)",
            f"generate_series({start}, {stop}, {step})",
        ),
    )


_NOW = "CAST(timezone('UTC', now()) AS TIMESTAMP)"

_TIME: dict[str, Written] = {
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

_SYSTEM: dict[str, Written] = {
    "coalesce": lambda call, a: f"coalesce({', '.join(a)})",
    "nullif": "nullif({0}, {1})",
    "greatest": lambda call, a: f"greatest({', '.join(a)})",
    "least": lambda call, a: f"least({', '.join(a)})",
    "uuid.random": "CAST(gen_random_uuid() AS VARCHAR)",
    "uuid.bytes": "unhex(replace(CAST(gen_random_uuid() AS VARCHAR), '-', ''))",
    "unique_rowid": "CAST((epoch_us(now()) << 15) + CAST(floor(random() * 32768) AS BIGINT) AS BIGINT)",
}

FUNCTIONS: Mapping[str, Written] = {**OPERATORS, **_MATH, **_TEXT, **_TIME, **_SYSTEM}
