"""Pieces of DuckDB SQL that the tables share: guards, exact division, texts of values."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from kwrest.sql.functions.strings import MAX_TEXT

# What a guard's message begins with. Values stand in DuckDB's own messages too, and none may pass for a guard's: nobody
# who writes values knows the mark.
MARK = secrets.token_hex(8)

# Texts longer than this are computed once and named, so that nested guards do not double the statement.
_SHORT = 160


def once(arguments: Sequence[str], body: Callable[..., str]) -> str:
    """`body(*arguments)` where each argument's text is used as often as the body likes and computed once."""
    if all(len(argument) <= _SHORT for argument in arguments):
        return body(*arguments)
    # A lambda over a list of one is DuckDB's only LET inside an expression; it may hold aggregates.
    fields = ", ".join(f"'a{i}': {argument}" for i, argument in enumerate(arguments))
    return f"list_transform([{{{fields}}}], lambda v: {body(*(f'v.a{i}' for i in range(len(arguments))))})[1]"


def error(sqlstate: str, text: str) -> str:
    """An expression that fails with KWDB's error; the engine reads state and text back from DuckDB's message."""
    return f"error('{MARK}|{sqlstate}|{text}')"


def guarded(condition: str, sqlstate: str, text: str, value: str) -> str:
    """`value`, or the error where the condition holds."""
    return f"(CASE WHEN {condition} THEN {error(sqlstate, text)} ELSE {value} END)"


def capped(size: str, value: str, most: int = MAX_TEXT) -> str:
    """`value`, or an error where it would have more than `most` bytes; DuckDB's memory limit does not bind texts."""
    return guarded(f"{size} > {most}", "54000", f"requested length too large, the limit is {most} bytes", value)


def only_within(size: str, argument: str, most: int) -> str:
    """An argument of what `capped` guards, NULL past the cap: DuckDB computes a call of constants while it plans, in the
    branches that are not taken too, where no deadline ends it."""
    return f"CASE WHEN {size} <= {most} THEN {argument} END"


def tried(operand: str, value: Callable[[str], str], failure: Callable[[str], str]) -> str:
    """`value(operand)`, which is NULL where it cannot be had, or the failure where the operand is not NULL."""
    return once((operand,), lambda x: f"coalesce({value(x)}, CASE WHEN {x} IS NOT NULL THEN {failure(x)} END)")


def quotient(numerator: str, denominator: str) -> str:
    """An exact DECIMAL of 12 digits from two integers, the denominator not 0."""
    scaled = f"CAST(CAST({numerator} AS HUGEINT) * 10000000000000 // {denominator} AS DECIMAL(38,0))"
    return f"CAST({scaled} * CAST(0.0000000000001 AS DECIMAL(13,13)) AS DECIMAL(38,12))"


def integer_quotient(numerator: str, denominator: str) -> str:
    """An exact DECIMAL of 18 digits from two integers, the denominator not 0: what KWDB shows of a mean (facts 2.11).

    The whole and the rest are divided apart, so that 19 more digits of the rest still fit 38.
    """
    n, d = f"CAST({numerator} AS HUGEINT)", f"CAST({denominator} AS HUGEINT)"
    rest = f"CAST({n} % {d} * 10000000000000000000 // {d} AS DECIMAL(38,0))"
    part = f"CAST({rest} * CAST(0.0000000000000000001 AS DECIMAL(19,19)) AS DECIMAL(38,18))"
    return f"(CAST({n} // {d} AS DECIMAL(38,18)) + {part})"


def decimal_quotient(numerator: str, denominator: str) -> str:
    """The same of two decimals: exact where 38 digits hold the steps, else through DOUBLE."""
    x, y = (f"CAST(CAST({v} AS DECIMAL(38,12)) * 1000000000000 AS HUGEINT)" for v in (numerator, denominator))
    rough = f"CAST(CAST({numerator} AS DOUBLE) / CAST({denominator} AS DOUBLE) AS DECIMAL(38,12))"
    return f"(CASE WHEN abs({numerator}) < 1000000000000 THEN {quotient(x, y)} ELSE {rough} END)"


def interval_text(x: str) -> str:
    """KWDB's text of an interval: `1 year 2 mons 3 days 04:05:06.5`."""

    def body(v: str) -> str:
        clock = (
            f"(datepart('hour', {v}) * 3600000000 + datepart('minute', {v}) * 60000000 + datepart('microseconds', {v}))"
        )
        words = ", ".join(
            f"CASE WHEN {n} <> 0 THEN {n} || CASE {n} WHEN 1 THEN ' {unit}' ELSE ' {unit}s' END END"
            for n, unit in (
                (f"datepart('year', {v})", "year"),
                (f"datepart('month', {v})", "mon"),
                (f"datepart('day', {v})", "day"),
            )
        )
        whole = f"{v} = to_days(0)"
        time = f"CASE WHEN {clock} <> 0 OR {whole} THEN CAST(to_microseconds({clock}) AS VARCHAR) END"
        return f"CASE WHEN {v} IS NOT NULL THEN concat_ws(' ', {words}, {time}) END"

    return f"({once((x,), body)})"


def float_text(x: str) -> str:
    """KWDB's text of a float: no `.0`, plain digits below 1e21."""
    return once(
        (x,),
        lambda v: (
            f"(CASE WHEN isnan({v}) THEN 'NaN' WHEN isinf({v}) THEN CASE WHEN {v} > 0 THEN '+Inf' ELSE '-Inf' END"
            f" WHEN abs({v}) < 1e15 AND {v} = trunc({v}) THEN CAST(CAST({v} AS BIGINT) AS VARCHAR)"
            f" ELSE regexp_replace(CAST({v} AS VARCHAR), '\\.0$', '') END)"
        ),
    )


def decimal_text(x: str) -> str:
    """A decimal without a declared scale, its trailing zeros cut."""
    return once(
        (f"CAST({x} AS VARCHAR)",),
        lambda v: (
            f"(CASE WHEN contains({v}, '.') AND NOT contains({v}, 'e') THEN rtrim(rtrim({v}, '0'), '.') ELSE {v} END)"
        ),
    )
