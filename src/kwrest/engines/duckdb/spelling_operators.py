"""KWDB's operators and tests in DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from kwrest.engines.duckdb.spelling_text import decimal_quotient, guarded, integer_quotient, once
from kwrest.engines.duckdb.spelling_types import MAX_DIGITS
from kwrest.sql import bound
from kwrest.sql.spell.expressions import Written
from kwrest.types.kinds import Family


def _constant(expr: bound.Expr) -> bound.Value | None:
    return expr.value if isinstance(expr, bound.Const) else None


def _unless_zero(text: str, value: Callable[[str, str], str]) -> Written:
    """A division that fails with KWDB's text; a constant divisor needs no guard."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        divisor = _constant(call.arguments[1])
        if isinstance(divisor, (int, float, Decimal)) and divisor != 0:
            return once(arguments, value)
        return once(arguments, lambda x, y: guarded(f"{y} = 0 AND {x} IS NOT NULL", "22012", text, value(x, y)))

    return written


def _plain(op: str) -> Callable[[str, str], str]:
    return lambda x, y: f"({x} {op} {y})"


def _decimal_product(call: bound.Call, arguments: Sequence[str]) -> str:
    """DuckDB adds the scales and has 38 digits; a product that needs more is rounded through DOUBLE."""
    scales = [_scale(argument) for argument in call.arguments]
    widths = [_digits(argument) for argument in call.arguments]
    left = scales[0]
    if sum(widths) <= MAX_DIGITS:
        # Two decimals of up to 18 digits would be multiplied in 18 digits.
        return f"(CAST({arguments[0]} AS DECIMAL({MAX_DIGITS},{left})) * {arguments[1]})"
    if sum(scales) > 30:
        return f"CAST(CAST({arguments[0]} AS DOUBLE) * CAST({arguments[1]} AS DOUBLE) AS DECIMAL(38,12))"
    bound_ = f"1e{MAX_DIGITS - 1 - sum(scales)}"

    def body(x: str, y: str) -> str:
        rough = f"CAST({x} AS DOUBLE) * CAST({y} AS DOUBLE)"
        exact = f"CAST(CAST({x} AS DECIMAL({MAX_DIGITS},{left})) * CAST({y} AS DECIMAL({MAX_DIGITS},{scales[1]})) AS DECIMAL(38,12))"
        return f"(CASE WHEN abs({rough}) < {bound_} THEN {exact} ELSE CAST({rough} AS DECIMAL(38,12)) END)"

    return once(arguments, body)


def _digits(expr: bound.Expr) -> int:
    """Digits that an operand may have, as far as its type or value says."""
    if isinstance(expr, bound.Const) and isinstance(expr.value, Decimal) and expr.value.is_finite():
        return max(len(expr.value.as_tuple().digits), _scale(expr)) + 1
    if isinstance(expr, bound.Cast) and expr.operand.type.family is Family.INT and not expr.type.width:
        return 19
    return expr.type.width or MAX_DIGITS


def _scale(expr: bound.Expr) -> int:
    """Digits behind the point of an operand as it is printed."""
    if isinstance(expr, bound.Const) and isinstance(expr.value, Decimal) and expr.value.is_finite():
        return max(-int(expr.value.as_tuple().exponent), 0)
    if isinstance(expr, bound.Cast) and expr.operand.type.family is Family.INT and not expr.type.width:
        return 0
    return expr.type.scale if expr.type.width else 12


def _power(call: bound.Call, arguments: Sequence[str]) -> str:
    def body(x: str, y: str) -> str:
        wrong = f"{y} < 0 OR ({x} = 0 AND {y} = 0) OR abs(pow({x}, {y})) >= 9223372036854775807"
        return guarded(wrong, "22003", "integer out of range", f"CAST(pow({x}, {y}) AS BIGINT)")

    return once(arguments, body)


def _shift(op: str) -> Written:
    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        def body(x: str, y: str) -> str:
            if op == ">>":
                # Shifting keeps the sign: -1 >> 1 is -1.
                moved = f"(CASE WHEN {x} >= 0 THEN {x} >> {y} ELSE ~((~{x}) >> {y}) END)"
            else:
                # DuckDB refuses to shift into the sign, KWDB does it.
                low = f"((CAST({x} AS HUGEINT) & (CAST(18446744073709551615 AS HUGEINT) >> {y})) * CAST(pow(2, {y}) AS HUGEINT))"
                wide = f"CAST({low} AS HUGEINT)"
                moved = f"CAST(CASE WHEN {wide} > 9223372036854775807 THEN {wide} - 18446744073709551616 ELSE {wide} END AS BIGINT)"
            return guarded(f"{y} < 0 OR {y} > 63", "22023", "shift argument out of range", moved)

        return once(arguments, body)

    return written


# ---------------------------------------------------------------- time


def _keeps_nanoseconds(text: Callable[[str, str], str], moment: int) -> Written:
    """DuckDB computes in microseconds; a TIMESTAMP(9) keeps the digits below them."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        length = _constant(call.arguments[1 - moment])
        if isinstance(length, bound.Interval) and _is_long(length):
            return once((moved(call, arguments),), _within_calendar)
        return moved(call, arguments)

    def moved(call: bound.Call, arguments: Sequence[str]) -> str:
        if call.type.precision != 9:
            return text(arguments[0], arguments[1])

        def body(x: str, y: str) -> str:
            times = [x, y]
            exact = times[moment]
            times[moment] = f"make_timestamp((epoch_ns({exact}) - (epoch_ns({exact}) % 1000 + 1000) % 1000) // 1000)"
            rest = f"(epoch_ns({exact}) % 1000 + 1000) % 1000"
            return f"make_timestamp_ns(epoch_us({text(*times)}) * 1000 + {rest})"

        return once(arguments, body)

    return written


def _is_long(length: bound.Interval) -> bool:
    """Whether it can lead out of the years that a timestamp has."""
    return abs(length.months) >= 12_000 or abs(length.days) >= 365_000 or abs(length.nanoseconds) >= 1 << 62


def _within_calendar(moment: str) -> str:
    inside = f"{moment} BETWEEN TIMESTAMP '0001-01-01 (BC) 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59.999999'"
    return guarded(f"NOT ({inside})", "22023", "Timestamp/TimestampTZ out of range", moment)


def _difference(call: bound.Call, arguments: Sequence[str]) -> str:
    x, y = (
        f"CAST({text} AS TIMESTAMP)" if argument.type.precision == 9 else text
        for text, argument in zip(arguments, call.arguments, strict=True)
    )
    return f"({x} - {y})"


# ---------------------------------------------------------------- comparison


def _never_nan(expr: bound.Expr) -> bool:
    if isinstance(expr, bound.Const):
        return isinstance(expr.value, float) and expr.value == expr.value
    return isinstance(expr, bound.Cast) and expr.operand.type.family is Family.INT


def _float_order(op: str) -> Written:
    """NaN is KWDB's smallest float and DuckDB's greatest."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        left, right = call.arguments
        x, y = arguments
        if _never_nan(left) and _never_nan(right):
            return f"({x} {op} {y})"
        if _never_nan(right) and isinstance(right, bound.Const) and len(x) < 200:
            return f"({x} {op} {y} OR isnan({x}))" if op[0] == "<" else f"({x} {op} {y} AND NOT isnan({x}))"
        if _never_nan(left) and isinstance(left, bound.Const) and len(y) < 200:
            return f"({x} {op} {y} AND NOT isnan({y}))" if op[0] == "<" else f"({x} {op} {y} OR isnan({y}))"
        both = "true" if "=" in op else "false"

        def body(x: str, y: str) -> str:
            if op[0] == "<":
                first, second = (
                    f"WHEN isnan({x}) THEN NOT isnan({y}) OR {both}",
                    f"WHEN isnan({y}) AND {x} IS NOT NULL THEN false",
                )
            else:
                first, second = (
                    f"WHEN isnan({y}) THEN NOT isnan({x}) OR {both}",
                    f"WHEN isnan({x}) AND {y} IS NOT NULL THEN false",
                )
            return f"(CASE {first} {second} ELSE {x} {op} {y} END)"

        return once(arguments, body)

    return written


_ORDERS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def _like(word: str) -> Written:
    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        pattern, escape = _constant(call.arguments[1]), _constant(call.arguments[2])
        # Without ESCAPE DuckDB turns `a%` into a prefix test, and reads no letter as an escape.
        plain = isinstance(pattern, str) and isinstance(escape, str) and (not escape or escape not in pattern)
        suffix = "" if plain else f" ESCAPE {arguments[2]}"
        return f"({arguments[0]} {word} {arguments[1]}{suffix})"

    return written


def _over_elements(every: bool, op: str) -> Written:
    """`x op ANY (array)`, `x op ALL (array)` with NULL where no element decides."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        tests = f"list_transform({arguments[1]}, lambda e: {arguments[0]} {op} e)"
        decides, decided = ("NOT list_bool_and", "false") if every else ("list_bool_or", "true")

        def body(v: str) -> str:
            unknown = f"{v} IS NULL OR len({v}) <> list_count({v})"
            return f"(CASE WHEN {decides}({v}) THEN {decided} WHEN NOT ({unknown}) THEN NOT {decided} END)"

        return once((tests,), body)

    return written


_ANY_ALL: dict[str, Written] = {
    f"array.{word}.{key}": _over_elements(word == "all", op)
    for word in ("any", "all")
    for key, op in {**_ORDERS, "distinct": "IS DISTINCT FROM", "not_distinct": "IS NOT DISTINCT FROM"}.items()
}

_BITS = "CAST(CAST({0} AS BIT) %s CAST({1} AS BIT) AS VARCHAR)"

OPERATORS: Mapping[str, Written] = {
    "add.int": "({0} + {1})",
    "sub.int": "({0} - {1})",
    "mul.int": "({0} * {1})",
    "div.int": _unless_zero("division by zero", integer_quotient),
    "floordiv.int": _unless_zero("division by zero", _plain("//")),
    "mod.int": _unless_zero("zero modulus", _plain("%")),
    "pow.int": _power,
    "add.float": "({0} + {1})",
    "sub.float": "({0} - {1})",
    "mul.float": "({0} * {1})",
    "div.float": _unless_zero("division by zero", _plain("/")),
    "floordiv.float": _unless_zero("division by zero", lambda x, y: f"trunc({x} / {y})"),
    "mod.float": _unless_zero("zero modulus", _plain("%")),
    "pow.float": "pow({0}, {1})",
    # two decimals of up to 18 digits would be added in 18 digits
    "add.decimal": "(CAST({0} AS DECIMAL(38,12)) + {1})",
    "sub.decimal": "(CAST({0} AS DECIMAL(38,12)) - {1})",
    "mul.decimal": _decimal_product,
    "div.decimal": _unless_zero("division by zero", decimal_quotient),
    "floordiv.decimal": _unless_zero("division by zero", lambda x, y: f"trunc({decimal_quotient(x, y)})"),
    "mod.decimal": _unless_zero("zero modulus", _plain("%")),
    # beyond 38 digits and NaN are possible, so the value travels as DOUBLE
    "pow.decimal": lambda call, a: once(
        a,
        lambda x, y: (
            f"(CASE WHEN {x} = 0 AND {y} = 0 THEN CAST('nan' AS DOUBLE) ELSE pow(CAST({x} AS DOUBLE), CAST({y} AS DOUBLE)) END)"
        ),
    ),
    # DuckDB keeps the longest part before the point of several decimals and cuts behind it
    "one_scale": "CAST({0} AS DECIMAL(38,12))",
    "bitand": "({0} & {1})",
    "bitor": "({0} | {1})",
    "bitxor": "xor({0}, {1})",
    "shl": _shift("<<"),
    "shr": _shift(">>"),
    "bitand.bits": _BITS % "&",
    "bitor.bits": _BITS % "|",
    "bitxor.bits": "CAST(xor(CAST({0} AS BIT), CAST({1} AS BIT)) AS VARCHAR)",
    "bitnot": "(~{0})",
    "bitnot.bits": "CAST(~CAST({0} AS BIT) AS VARCHAR)",
    "neg.int": "(-{0})",
    "neg.float": "(-{0})",
    "neg.decimal": "(-{0})",
    "neg.interval": "(-{0})",
    "add.time.interval": _keeps_nanoseconds(_plain("+"), 0),
    "sub.time.interval": _keeps_nanoseconds(_plain("-"), 0),
    "add.interval.time": _keeps_nanoseconds(_plain("+"), 1),
    "sub.time": _difference,
    "add.date.int": "({0} + CAST({1} AS INTEGER))",
    "add.int.date": "({1} + CAST({0} AS INTEGER))",
    "sub.date.int": "({0} - CAST({1} AS INTEGER))",
    "sub.date": "({0} - {1})",
    "add.date.interval": "CAST({0} + {1} AS TIMESTAMP)",
    "add.interval.date": "CAST({1} + {0} AS TIMESTAMP)",
    "sub.date.interval": "CAST({0} - {1} AS TIMESTAMP)",
    "add.date.time": "({0} + {1})",
    "add.time.date": "({1} + {0})",
    "sub.date.time": "(CAST({0} AS TIMESTAMP) - to_microseconds(epoch_us({1})))",
    "add.clock.interval": "({0} + {1})",
    "sub.clock.interval": "({0} - {1})",
    "add.interval.clock": "({1} + {0})",
    "sub.clock": "to_microseconds(epoch_us({0}) - epoch_us({1}))",
    "add.interval": "({0} + {1})",
    "sub.interval": "({0} - {1})",
    "mul.interval.int": "({0} * {1})",
    "mul.int.interval": "({1} * {0})",
    "mul.interval.float": "({0} * {1})",
    "mul.float.interval": "({1} * {0})",
    "div.interval": _unless_zero("division by zero", _plain("/")),
    "concat.bytes": "({0} || {1})",
    "concat.bits": "({0} || {1})",
    "concat.array.array": "list_concat({0}, {1})",
    "concat.array.element": "list_append(coalesce({0}, []), {1})",
    "concat.element.array": "list_prepend({0}, coalesce({1}, []))",
    "array.at": "list_extract({0}, CASE WHEN {1} > 0 THEN {1} END)",
    "array.of_rows": "ARRAY{0}",
    **{key: f"({{0}} {op} {{1}})" for key, op in _ORDERS.items()},
    **{f"{key}.float": _float_order(op) for key, op in _ORDERS.items() if key not in ("eq", "ne")},
    "distinct": "({0} IS DISTINCT FROM {1})",
    "not_distinct": "({0} IS NOT DISTINCT FROM {1})",
    "not": "(NOT {0})",
    "is_null": "({0} IS NULL)",
    "is_not_null": "({0} IS NOT NULL)",
    "is_nan": "isnan(CAST({0} AS DOUBLE))",
    "like": _like("LIKE"),
    "ilike": _like("ILIKE"),
    "never": "({0} IS NULL AND NULL)",
    "regex": "regexp_matches({0}, {1}, 's')",
    "not_regex": "(NOT regexp_matches({0}, {1}, 's'))",
    "iregex": "regexp_matches({0}, {1}, 'is')",
    "not_iregex": "(NOT regexp_matches({0}, {1}, 'is'))",
    "regex.whole": "regexp_full_match({0}, {1})",
    "array.contains": "list_has_all({0}, {1})",
    "array.contained": "list_has_all({1}, {0})",
    "array.overlaps": "list_has_any({0}, {1})",
    **_ANY_ALL,
}
