"""Casts in DuckDB's SQL. A pair without a row is DuckDB's own CAST; what KWDB refuses at run time is a guard."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kwrest.engines.duckdb.spelling_objects import spaced
from kwrest.engines.duckdb.spelling_text import decimal_text, error, float_text, interval_text, once, tried
from kwrest.engines.duckdb.spelling_types import type_name
from kwrest.errors import RunTimeError
from kwrest.sql.functions.strings import MAX_GROWN
from kwrest.sql.spell.expressions import WrittenCast
from kwrest.types.kinds import Family, Type

_NUMBERS = (Family.INT, Family.FLOAT, Family.DECIMAL)
_MOMENTS = (Family.TIMESTAMP, Family.TIMESTAMPTZ)


def _range_error(target: Type) -> str:
    text = "integer out of range" if target.width == 8 else f"value is out of range for type {target.name.lower()}"
    return error("22003", text)


def _checked(value: Callable[[str], str]) -> WrittenCast:
    """A number as an INT of some width, with KWDB's error where it does not fit."""

    def written(operand: str, source: Type, target: Type, explicit: bool) -> str:
        if source.family is Family.INT and source.width <= target.width:
            return operand if source.width == target.width else f"CAST({operand} AS {type_name(target)})"
        return tried(operand, lambda x: f"TRY_CAST({value(x)} AS {type_name(target)})", lambda x: _range_error(target))

    return written


def _to_decimal(value: Callable[[str], str]) -> WrittenCast:
    def written(operand: str, source: Type, target: Type, explicit: bool) -> str:
        if not target.width:
            if source.family is Family.INT:
                return f"CAST({operand} AS DECIMAL(19,0))"
            if source.family is Family.DECIMAL:
                return operand
        wide = type_name(target)
        text = (
            f"value with precision {target.width}, scale {target.scale}"
            f" must round to an absolute value less than 10^{target.width - target.scale}"
            if target.width
            else "decimal out of range"
        )
        return tried(operand, lambda x: f"TRY_CAST({value(x)} AS {wide})", lambda x: error("22003", text))

    return written


def _text(value: Callable[[str], str]) -> WrittenCast:
    """A value as text, cut to the width."""

    def written(operand: str, source: Type, target: Type, explicit: bool) -> str:
        return _fitted(value(operand), target, explicit)

    return written


def _fitted(text: str, target: Type, explicit: bool) -> str:
    width = target.width
    if not width:
        return text
    if explicit:
        return f"left({text}, {width})"
    too_long = f"value too long for type {target}"
    return once((text,), lambda x: f"(CASE WHEN length({x}) > {width} THEN {error('22001', too_long)} ELSE {x} END)")


def _plain(sql_type: str) -> Callable[[str], str]:
    return lambda x: f"CAST({x} AS {sql_type})"


def _decimal_as_text(operand: str, source: Type, target: Type, explicit: bool) -> str:
    return _fitted(f"CAST({operand} AS VARCHAR)" if source.width else decimal_text(operand), target, explicit)


def _read(pattern: str, reason: str, sqlstate: str = "22P02") -> WrittenCast:
    """A stored text as a value. pattern: what it must look like, empty for DuckDB's own judgement."""

    def failure(x: str) -> str:
        quoted = f"' || {x} || '"
        return error(sqlstate, reason.format(quoted))

    def written(operand: str, source: Type, target: Type, explicit: bool) -> str:
        def value(x: str) -> str:
            made = f"TRY_CAST({x} AS {type_name(target)})"
            return f"CASE WHEN regexp_full_match({x}, '{pattern}') THEN {made} END" if pattern else made

        return tried(operand, value, failure)

    return written


_INVALID = 'could not parse "{0}" as type '


def _read_int(operand: str, source: Type, target: Type, explicit: bool) -> str:
    """A stored text of an integer, or of a float that is cut (recorded)."""
    whole, number = "'[-+]?[0-9]+'", type_name(target)
    return tried(
        operand,
        lambda x: (
            f"CASE WHEN regexp_full_match({x}, {whole}) THEN TRY_CAST({x} AS {number})"
            f" ELSE TRY_CAST(trunc(TRY_CAST({x} AS DOUBLE)) AS {number}) END"
        ),
        lambda x: error(
            "22P02",
            f"could not parse \"' || {x} || '\" as type int: strconv.ParseInt: parsing \"' || {x} || '\": invalid syntax",
        ),
    )


# what ends in an offset or Z after a time of day
OWN_OFFSET = "'[0-9] ?([zZ]|[-+][0-9]{1,2}(:?[0-9]{2})?)$'"


def _read_clock(operand: str, source: Type, target: Type, explicit: bool) -> str:
    """A stored text as a TIMESTAMP; one with an offset of its own is converted to UTC (recorded)."""
    made = tried(
        operand,
        lambda x: (
            f"CASE WHEN contains({x}, ':') AND regexp_matches({x}, {OWN_OFFSET})"
            f" THEN timezone('UTC', TRY_CAST({x} AS TIMESTAMPTZ)) ELSE TRY_CAST({x} AS TIMESTAMP) END"
        ),
        lambda x: error("22007", f"parsing as type timestamp: could not parse \"' || {x} || '\""),
    )
    return f"CAST({made} AS TIMESTAMP_NS)" if target.precision == 9 else made


def _read_bool(operand: str, source: Type, target: Type, explicit: bool) -> str:
    return tried(
        operand,
        lambda x: (
            f"CASE WHEN lower({x}) IN ('t', 'true', 'y', 'yes', 'on', '1') THEN true"
            f" WHEN lower({x}) IN ('f', 'false', 'n', 'no', 'off', '0') THEN false END"
        ),
        lambda x: error("22P02", f"could not parse \"' || {x} || '\" as type bool: invalid bool value"),
    )


def _text_as_bytes(operand: str, source: Type, target: Type, explicit: bool) -> str:
    return once((operand,), lambda x: f"(CASE WHEN {x} LIKE '\\x%' THEN unhex(substr({x}, 3)) ELSE encode({x}) END)")


def _moment(operand: str, source: Type, target: Type, explicit: bool) -> str:
    """Between the two timestamp types, which are stored alike, and between precisions."""
    if target.precision == 9:
        return operand if source.precision == 9 else f"CAST({operand} AS TIMESTAMP_NS)"
    if source.precision == 9:
        operand = f"CAST({operand} AS TIMESTAMP)"
    if target.precision == 3 and source.precision != 3:
        return f"date_trunc('millisecond', {operand} + to_microseconds(500))"
    return operand


def _number_as_moment(operand: str, source: Type, target: Type, explicit: bool) -> str:
    """A number counts milliseconds."""
    made = f"make_timestamp({operand} * 1000)"
    return f"CAST({made} AS TIMESTAMP_NS)" if target.precision == 9 else made


def _as(template: str) -> WrittenCast:
    return lambda operand, source, target, explicit: template.format(operand, type=type_name(target))


def _micro(operand: str, source: Type) -> str:
    return f"CAST({operand} AS TIMESTAMP)" if source.precision == 9 else operand


def _via_micro(template: str) -> WrittenCast:
    return lambda operand, source, target, explicit: template.format(_micro(operand, source), type=type_name(target))


def _bits(operand: str, source: Type, target: Type, explicit: bool) -> str:
    if target.name == "BIT" and target.width > MAX_GROWN:
        # It would be filled up with zeros, and of a constant already while DuckDB plans.
        raise RunTimeError("54000", f"requested length too large, the limit is {MAX_GROWN} bits")
    if source.family is Family.INT:
        text = f"CAST(CAST(CAST({operand} AS BIGINT) AS BIT) AS VARCHAR)"
        return f"right({text}, {target.width or 1})"
    return (
        f"left(rpad({operand}, {target.width}, '0'), {target.width})"
        if target.name == "BIT" and target.width
        else operand
    )


def _arrays(operand: str, source: Type, target: Type, explicit: bool) -> str:
    assert source.element is not None and target.element is not None
    element = CASTS.get((source.element.family, target.element.family))
    if element is None:
        return f"CAST({operand} AS {type_name(target)})"
    return f"list_transform({operand}, lambda e: {element('e', source.element, target.element, explicit)})"


def _array_text(operand: str, source: Type, target: Type, explicit: bool) -> str:
    return f"('{{' || array_to_string(list_transform({operand}, lambda e: coalesce(CAST(e AS VARCHAR), 'NULL')), ',') || '}}')"


_F = Family
CASTS: Mapping[tuple[Family, Family], WrittenCast] = {
    (_F.INT, _F.INT): _checked(lambda x: x),
    # the relational side cuts a float, the binder rounds before where a time-series table would
    (_F.FLOAT, _F.INT): _checked(lambda x: f"trunc({x})"),
    (_F.DECIMAL, _F.INT): _checked(lambda x: f"CAST({x} AS DECIMAL(38,12))"),
    (_F.BOOL, _F.DECIMAL): _to_decimal(lambda x: f"CAST({x} AS INTEGER)"),
    **{(family, _F.DECIMAL): _to_decimal(lambda x: x) for family in _NUMBERS},
    (_F.BOOL, _F.STRING): _text(_plain("VARCHAR")),
    (_F.INT, _F.STRING): _text(_plain("VARCHAR")),
    (_F.FLOAT, _F.STRING): _text(float_text),
    (_F.DECIMAL, _F.STRING): _decimal_as_text,
    (_F.STRING, _F.STRING): _text(lambda x: x),
    # the text of stored bytes is their hex; a constant is text already
    (_F.BYTES, _F.STRING): _text(lambda x: f"('\\x' || lower(hex({x})))"),
    (_F.TIMESTAMP, _F.STRING): _text(_plain("VARCHAR")),
    (_F.TIMESTAMPTZ, _F.STRING): _text(_plain("VARCHAR")),
    (_F.DATE, _F.STRING): _text(_plain("VARCHAR")),
    (_F.TIME, _F.STRING): _text(_plain("VARCHAR")),
    (_F.INTERVAL, _F.STRING): _text(interval_text),
    (_F.UUID, _F.STRING): _text(lambda x: x),
    (_F.INET, _F.STRING): _text(lambda x: x),
    (_F.JSON, _F.STRING): _text(spaced),
    (_F.BIT, _F.STRING): _text(lambda x: x),
    (_F.ARRAY, _F.STRING): _array_text,
    (_F.STRING, _F.INT): _read_int,
    (_F.STRING, _F.FLOAT): _read("", _INVALID + 'float: strconv.ParseFloat: parsing "{0}": invalid syntax'),
    (_F.STRING, _F.DECIMAL): _read("", _INVALID + "decimal"),
    (_F.STRING, _F.BOOL): _read_bool,
    (_F.STRING, _F.BYTES): _text_as_bytes,
    (_F.STRING, _F.DATE): _read("", 'parsing as type date: could not parse "{0}"', "22007"),
    (_F.STRING, _F.TIMESTAMP): _read_clock,
    (_F.STRING, _F.TIME): _read("", _INVALID + "time"),
    (_F.STRING, _F.INTERVAL): _read("", _INVALID + "interval"),
    (_F.STRING, _F.JSON): _read("", "could not parse JSON: unable to decode JSON"),
    (_F.STRING, _F.UUID): _as("CAST(CAST({0} AS UUID) AS VARCHAR)"),
    (_F.STRING, _F.INET): _as("{0}"),
    (_F.STRING, _F.BIT): _bits,
    **{(a, b): _moment for a in _MOMENTS for b in _MOMENTS},
    **{(_F.INT, family): _number_as_moment for family in _MOMENTS},
    (_F.INT, _F.DATE): _as("(DATE '1970-01-01' + CAST({0} AS INTEGER))"),
    (_F.INT, _F.INTERVAL): _as("to_seconds({0})"),
    (_F.FLOAT, _F.INTERVAL): _as("to_microseconds(CAST(round({0} * 1000000) AS BIGINT))"),
    (_F.DECIMAL, _F.INTERVAL): _as("to_microseconds(CAST(round({0} * 1000000) AS BIGINT))"),
    (_F.INT, _F.BIT): _bits,
    (_F.BIT, _F.BIT): _bits,
    (_F.BIT, _F.INT): _as("CAST(CAST(CAST(lpad({0}, 64, '0') AS BIT) AS BIGINT) AS {type})"),
    # not narrowed: KWDB gives all of the milliseconds even as INT2 (recorded)
    **{(family, _F.INT): _via_micro("epoch_ms({0})") for family in _MOMENTS},
    **{(family, _F.FLOAT): _via_micro("CAST(epoch_us({0}) / 1000 AS {type})") for family in _MOMENTS},
    **{
        (family, _F.DECIMAL): _via_micro(
            "CAST(CAST(epoch_us({0}) AS DECIMAL(38,12)) * CAST(0.000001 AS DECIMAL(7,6)) AS {type})"
        )
        for family in _MOMENTS
    },
    **{(family, _F.DATE): _via_micro("CAST({0} AS DATE)") for family in _MOMENTS},
    **{(family, _F.TIME): _via_micro("CAST({0} AS TIME)") for family in _MOMENTS},
    **{(_F.DATE, family): _as("CAST({0} AS {type})") for family in _MOMENTS},
    **{(_F.DATE, family): _as("CAST(({0} - DATE '1970-01-01') AS {type})") for family in _NUMBERS},
    (_F.TIME, _F.INTERVAL): _as("to_microseconds(epoch_us({0}))"),
    (_F.INTERVAL, _F.TIME): _as("(TIME '00:00:00' + {0})"),
    (_F.INTERVAL, _F.INT): _as("CAST(trunc(epoch({0})) AS {type})"),
    (_F.INTERVAL, _F.FLOAT): _as("CAST(epoch({0}) AS {type})"),
    (_F.INTERVAL, _F.DECIMAL): _as("CAST(epoch({0}) AS {type})"),
    (_F.INTERVAL, _F.INTERVAL): _as("{0}"),
    (_F.UUID, _F.BYTES): _as("unhex(replace({0}, '-', ''))"),
    (_F.BYTES, _F.UUID): _as("CAST(CAST(lower(hex({0})) AS UUID) AS VARCHAR)"),
    (_F.BYTES, _F.BYTES): _as("{0}"),
    (_F.ARRAY, _F.ARRAY): _arrays,
}
