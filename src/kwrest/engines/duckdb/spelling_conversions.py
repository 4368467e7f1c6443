"""What stored values become when ALTER changes their column's type, where that is no cast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kwrest.engines.duckdb.spelling_text import float_text, once
from kwrest.engines.duckdb.spelling_types import type_name
from kwrest.sql import bound
from kwrest.sql.spell.expressions import Written
from kwrest.types.kinds import Family

_WHOLE = r"'\s*[-+]?[0-9]+\s*'"
_NUMBER = r"'\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,4})?\s*'"


def _float_digits(call: bound.Call, arguments: Sequence[str]) -> str:
    """Of a FLOAT8 all 17 digits, as KWDB writes it (recorded); of a FLOAT4 the few that say it."""
    if call.arguments[0].type.width == 4:
        return float_text(arguments[0])
    return once(arguments, lambda x: f"(CASE WHEN isfinite({x}) THEN printf('%.17g', {x}) ELSE {float_text(x)} END)")


def _text_number(call: bound.Call, arguments: Sequence[str]) -> str:
    """NULL where the text is no number of the type."""
    floating, made = call.type.family is Family.FLOAT, type_name(call.type)

    def body(x: str) -> str:
        value = f"TRY_CAST({x} AS {made})"
        # Of a number that is too large DuckDB makes infinity.
        fits = (
            f"regexp_full_match({x}, {_NUMBER}) AND isfinite({value})"
            if floating
            else f"regexp_full_match({x}, {_WHOLE})"
        )
        return f"(CASE WHEN {fits} THEN {value} END)"

    return once(arguments, body)


CONVERSIONS: Mapping[str, Written] = {"float.digits": _float_digits, "text.number": _text_number}
