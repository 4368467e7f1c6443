"""Result cells as JSON text, made by DuckDB (contract B6): one value never becomes a Python object.

`cell` is given the text of a plain column, because it may name it several times.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from kwrest.engines.duckdb.spelling_text import interval_text
from kwrest.sql.spell.expressions import quoted
from kwrest.types.kinds import Family, Type

_UTC_NAMES = frozenset(("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu"))
_AS_TEXT = (Family.STRING, Family.UUID, Family.INET, Family.BIT, Family.GEOMETRY)


def row(cells: Sequence[str]) -> str:
    """One row: a JSON array of cells that were made by `cell`."""
    if not cells:
        return "'[]'"
    # Not joined by ||: each is one level deeper to DuckDB, which stops at 1000, and a table may have 4096 columns.
    return f"'[' || concat_ws(',', {', '.join(cells)}) || ']'"


def cell(column: str, type_: Type, zone: ZoneInfo) -> str:
    """One value as JSON text, never NULL. column: DuckDB text of a plain column; zone: of TIMESTAMPTZ."""
    return f"coalesce({_text(column, type_, zone)}, 'null')"


def _text(x: str, type_: Type, zone: ZoneInfo) -> str:
    """The JSON text of a value that is not NULL."""
    family = type_.family
    if type_.element is not None:
        items = f"list_transform({x}, lambda e: {cell('e', type_.element, zone)})"
        return f"CASE WHEN {x} IS NOT NULL THEN '[' || array_to_string({items}, ',') || ']' END"
    if family in _AS_TEXT:
        return f"CAST(to_json({x}) AS VARCHAR)"
    if family in (Family.BOOL, Family.INT, Family.JSON):
        return f"CAST({x} AS VARCHAR)"
    if family is Family.FLOAT:
        return _unless_special(x, f"CAST({x} AS VARCHAR)")
    if family is Family.DECIMAL:
        return f"CAST({x} AS VARCHAR)" if type_.width else _unless_special(x, _trimmed(f"CAST({x} AS VARCHAR)"))
    if family is Family.BYTES:
        return f"'\"\\\\x' || lower(hex({x})) || '\"'"
    if family is Family.DATE:
        return f"('\"' || {_day(x)} || '\"')"
    if family is Family.TIMESTAMP:
        return f"('\"' || {_clock(x)} || 'Z\"')"
    if family is Family.TIMESTAMPTZ:
        return _instant(x, type_, zone)
    if family is Family.INTERVAL:
        return f"'\"' || {interval_text(x)} || '\"'"
    if family is Family.UNKNOWN:
        return "NULL"
    return f"'\"' || CAST({x} AS VARCHAR) || '\"'"


def _unless_special(x: str, text: str) -> str:
    """JSON has no NaN and no infinities: they are strings."""
    number = f"CAST({x} AS DOUBLE)"
    return (
        f"CASE WHEN isfinite({number}) THEN {text} WHEN isnan({number}) THEN '\"NaN\"'"
        f" WHEN {x} > 0 THEN '\"Infinity\"' WHEN {x} < 0 THEN '\"-Infinity\"' END"
    )


def _trimmed(text: str) -> str:
    """Without the zeros that an undeclared scale adds. Only a number with a point and no exponent has them."""
    return f"CASE WHEN contains({text}, '.') AND NOT contains({text}, 'e') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"


def _clock(x: str) -> str:
    """`2023-07-30T06:44:40.32`; the year before 1 is 0000, as ISO 8601 and KWDB count, the one before that -0001."""
    text = f"CAST({x} AS VARCHAR)"
    early = f"{_early_year(x)} || regexp_replace({text}, '^[0-9]+(-[0-9]+-[0-9]+) .BC. ', '\\1T')"
    return f"CASE WHEN year({x}) > 0 THEN replace({text}, ' ', 'T') ELSE {early} END"


def _day(x: str) -> str:
    """`2023-07-30`, with the years of `_clock`."""
    text = f"CAST({x} AS VARCHAR)"
    early = f"{_early_year(x)} || regexp_replace({text}, '^[0-9]+(-[0-9]+-[0-9]+) .BC.$', '\\1')"
    return f"CASE WHEN year({x}) > 0 THEN {text} ELSE {early} END"


def _early_year(x: str) -> str:
    return f"CASE WHEN year({x}) < 0 THEN '-' ELSE '' END || lpad(CAST(abs(year({x})) AS VARCHAR), 4, '0')"


def _instant(x: str, type_: Type, zone: ZoneInfo) -> str:
    if zone.key in _UTC_NAMES:
        return f"('\"' || {_clock(x)} || 'Z\"')"
    instant = f"CAST({x} AS TIMESTAMP)" if type_.precision == 9 else x
    local = f"timezone({quoted(zone.key)}, timezone('UTC', {instant}))"
    minutes = f"CAST((epoch_us({local}) - epoch_us({instant})) // 60000000 AS BIGINT)"
    shown = local
    if type_.precision == 9:
        shown = f"make_timestamp_ns(epoch_ns({x}) + {minutes} * 60000000000)"
    offset = (
        f"CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END || lpad(CAST(abs({minutes}) // 60 AS VARCHAR), 2, '0')"
        f" || ':' || lpad(CAST(abs({minutes}) % 60 AS VARCHAR), 2, '0')"
    )
    return f"('\"' || {_clock(shown)} || {offset} || '\"')"
