"""KWDB's scalar functions in DuckDB's SQL: numbers, texts, and what has no better place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kwrest.engines.duckdb.spelling_conversions import CONVERSIONS
from kwrest.engines.duckdb.spelling_hashes import HASHES
from kwrest.engines.duckdb.spelling_operators import OPERATORS
from kwrest.engines.duckdb.spelling_text import capped, error, guarded, once, only_within
from kwrest.engines.duckdb.spelling_times import TIMES
from kwrest.sql import bound
from kwrest.sql.functions.strings import MAX_GROWN, MAX_TEXT
from kwrest.sql.spell.expressions import Written

# ---------------------------------------------------------------- numbers


def _trunc_digits(call: bound.Call, arguments: Sequence[str]) -> str:
    return once(arguments, lambda x, n: f"trunc(CAST({x} AS DOUBLE) * pow(10, {n})) / pow(10, {n})")


def _round_decimal(call: bound.Call, arguments: Sequence[str]) -> str:
    digits = call.arguments[1]
    if isinstance(digits, bound.Const) and isinstance(digits.value, int) and -30 <= digits.value <= 30:
        return f"round({arguments[0]}, {digits.value})"
    return f"round_even(CAST({arguments[0]} AS DOUBLE), CAST({arguments[1]} AS INTEGER))"


def _character(call: bound.Call, arguments: Sequence[str]) -> str:
    """DuckDB's chr fails in words of its own. Half a surrogate pair is no character: as in Go, U+FFFD."""
    low, high = "input value must be >= 0", "input value must be <= 1114111 (maximum Unicode code point)"
    return once(
        arguments,
        lambda v: guarded(
            f"{v} < 0",
            "22023",
            low,
            guarded(
                f"{v} > 1114111",
                "22023",
                high,
                f"chr(CASE WHEN {v} BETWEEN 55296 AND 57343 THEN 65533 ELSE CAST({v} AS INTEGER) END)",
            ),
        ),
    )


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
        return once(
            arguments,
            lambda x, y: guarded(f"{y} = 0 AND {x} IS NOT NULL", "22012", "mod(): zero modulus", f"({x} % {y})"),
        )

    return written


def _width_bucket(call: bound.Call, arguments: Sequence[str]) -> str:
    x, low, high, count = (f"CAST({argument} AS DOUBLE)" for argument in arguments)
    return once(
        (x, low, high, count),
        lambda x, low, high, n: (
            # Between equal ends there is no bucket: KWDB's division by zero shows as the smallest integer.
            f"CAST(CASE WHEN {low} = {high} THEN -9223372036854775808 WHEN {low} < {high} THEN CASE WHEN {x} < {low} THEN 0 WHEN {x} >= {high} THEN {n} + 1"
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
    "ceil.int": "CAST({0} AS DOUBLE)",
    "floor.int": "CAST({0} AS DOUBLE)",
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

_TOO_LONG = f"requested length too large, the limit is {MAX_TEXT} bytes"


def _pad(name: str) -> Written:
    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        fill = arguments[2] if len(arguments) > 2 else "' '"

        def body(text: str, length: str, fill: str) -> str:
            # An empty fill pads with nothing; DuckDB would refuse it.
            most = f"CAST({only_within(length, length, MAX_GROWN)} AS INTEGER)"
            padded = f"CASE WHEN {fill} = '' THEN left({text}, {length}) ELSE {name}({text}, {most}, {fill}) END"
            return capped(length, f"CASE WHEN {length} <= 0 THEN '' ELSE {padded} END", MAX_GROWN)

        return once((arguments[0], arguments[1], fill), body)

    return written


def _repeat(call: bound.Call, arguments: Sequence[str]) -> str:
    def body(text: str, n: str) -> str:
        size = f"CAST(strlen({text}) AS HUGEINT) * {n}"
        return capped(size, f"repeat({text}, {only_within(size, n, MAX_GROWN)})", MAX_GROWN)

    return once(arguments, body)


def _replace(call: bound.Call, arguments: Sequence[str]) -> str:
    def body(text: str, old: str, new: str) -> str:
        grown = (
            f"CASE WHEN strlen({new}) > strlen({old}) THEN CAST(strlen({text}) AS HUGEINT) * strlen({new}) ELSE 0 END"
        )
        return capped(grown, f"replace({only_within(grown, text, MAX_TEXT)}, {old}, {new})")

    return once(arguments, body)


def _grows(value: str) -> Written:
    """A function that makes at most a few times its argument: nested calls of it must not multiply without end."""
    return lambda call, arguments: once(arguments, lambda x: capped(f"strlen({x})", value.format(x)))


def _together(call: bound.Call, arguments: Sequence[str]) -> str:
    """`concat`: NULL with anything is NULL (recorded)."""
    if not arguments:
        return "''"

    def body(*parts: str) -> str:
        return capped(" + ".join(f"strlen({part})" for part in parts), f"({' || '.join(parts)})")

    return once(arguments, body)


def _separated(call: bound.Call, arguments: Sequence[str]) -> str:
    def body(separator: str, *parts: str) -> str:
        size = " + ".join(f"coalesce(strlen({part}), 0)" for part in parts) or "0"
        return capped(
            f"{size} + {len(parts)} * strlen({separator})", f"concat_ws({separator}{''.join(f', {p}' for p in parts)})"
        )

    return once(arguments, body)


def _concatenated(call: bound.Call, arguments: Sequence[str]) -> str:
    """A chain of `||`; one text and constants around it cannot double."""
    if sum(not isinstance(argument, bound.Const) for argument in call.arguments) < 2:
        return f"({' || '.join(arguments)})"
    return once(arguments, lambda *parts: capped(" + ".join(f"strlen({p})" for p in parts), f"({' || '.join(parts)})"))


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
        lambda text, new, start, n: capped(
            f"strlen({text}) + strlen({new})", f"(left({text}, {start} - 1) || {new} || substr({text}, {start} + {n}))"
        ),
    )


def _split(call: bound.Call, arguments: Sequence[str]) -> str:
    """An empty text has no parts; a separator that is NULL parts every character; equal to the third argument is NULL."""

    def body(text: str, separator: str) -> str:
        letters = f"list_filter(string_split({text}, ''), lambda c: c <> '')"
        parts = f"CASE WHEN {separator} IS NULL THEN {letters} WHEN {separator} = '' THEN [{text}] ELSE string_split({text}, {separator}) END"
        return f"(CASE WHEN {text} = '' THEN CAST([] AS VARCHAR[]) ELSE {parts} END)"

    made = once(arguments[:2], body)
    if len(arguments) > 2:
        made = f"list_transform({made}, lambda p: nullif(p, {arguments[2]}))"
    return made


def _bit(call: bound.Call, arguments: Sequence[str]) -> str:
    """The bit at an index, the highest of the first byte being 0."""

    def body(data: str, index: str) -> str:
        bits = f"octet_length({data}) * 8"
        text = f"get_bit(): bit index ' || {index} || ' out of valid range (0..' || ({bits} - 1) || ')"
        wrong = f"{index} < 0 OR {index} >= {bits}"
        found = f"CAST(substr(CAST(CAST({data} AS BIT) AS VARCHAR), {index} + 1, 1) AS BIGINT)"
        return guarded(wrong, "2202E", text, found)

    return once(arguments, body)


def _initcap(call: bound.Call, arguments: Sequence[str]) -> str:
    words = f"regexp_extract_all({arguments[0]}, '[\\p{{L}}\\p{{N}}]+|[^\\p{{L}}\\p{{N}}]+')"
    return f"array_to_string(list_transform({words}, lambda w: upper(left(w, 1)) || lower(substr(w, 2))), '')"


def _encode(call: bound.Call, arguments: Sequence[str]) -> str:
    form = f"lower({arguments[1]})"
    return once(
        (arguments[0], form),
        lambda y, f: (
            f"(CASE WHEN octet_length({y}) > {MAX_TEXT} THEN {error('54000', _TOO_LONG)}"
            f" WHEN {f} = 'hex' THEN lower(hex({y})) WHEN {f} = 'base64' THEN base64({y})"
            f" WHEN {f} = 'escape' THEN CAST({y} AS VARCHAR)"
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

    def body(text: str, pattern: str, new: str) -> str:
        size = f"CASE WHEN strlen({new}) > 1 THEN CAST(strlen({text}) + 1 AS HUGEINT) * strlen({new}) ELSE 0 END"
        return capped(size, f"regexp_replace({only_within(size, text, MAX_TEXT)}, {pattern}, {new}, {flags})")

    return once(arguments[:3], body)


_TEXT: dict[str, Written] = {
    "ascii": "CAST(unicode({0}) AS BIGINT)",
    "bit_length.string": "(strlen({0}) * 8)",
    "bit_length.bytes": "(octet_length({0}) * 8)",
    "btrim": "trim({0})",
    "btrim.set": "trim({0}, {1})",
    "chr": _character,
    "concat.string": _concatenated,
    "concat.texts": _together,
    "concat_ws": _separated,
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
    "quote_ident": _grows("('\"' || replace({0}, '\"', '\"\"') || '\"')"),
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
    "string_to_array": _split,
    "get_bit": _bit,
    "strpos": "instr({0}, {1})",
    "substr": _substring,
    "substr.regex": "nullif(regexp_extract({0}, {1}), '')",
    "to_hex": "lower(to_hex({0}))",
    "translate": "translate({0}, {1}, {2})",
    "upper": "upper({0})",
}

# ---------------------------------------------------------------- the rest

_SYSTEM: dict[str, Written] = {
    "coalesce": lambda call, a: f"coalesce({', '.join(a)})",
    "nullif": "nullif({0}, {1})",
    "greatest": lambda call, a: f"greatest({', '.join(a)})",
    "least": lambda call, a: f"least({', '.join(a)})",
    "uuid.random": "CAST(gen_random_uuid() AS VARCHAR)",
    "uuid.bytes": "unhex(replace(CAST(gen_random_uuid() AS VARCHAR), '-', ''))",
    "unique_rowid": "CAST(((epoch_us(now()) // 10) << 15) + CAST(floor(random() * 32768) AS BIGINT) AS BIGINT)",
}

FUNCTIONS: Mapping[str, Written] = {**OPERATORS, **HASHES, **_MATH, **_TEXT, **TIMES, **_SYSTEM, **CONVERSIONS}
