"""Calls: the row of the function table whose arguments fit, constants adapted to it (facts 3.1–3.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from kwrest.errors import InvalidParameter, UnknownSignature
from kwrest.sql.bind.common_types import Mismatch, as_common
from kwrest.sql.bind.constants import Numeral, accepts, is_null, settle, settles, untyped
from kwrest.sql.bind.names import described
from kwrest.sql.bound import Call, Case, Const, Expr
from kwrest.sql.functions.signature import ANY, AggregateFunction, Function, Result, Series, WindowFunction
from kwrest.types import kinds
from kwrest.types.kinds import Family, Type, array_of

Row = TypeVar("Row", Function, AggregateFunction, WindowFunction, Series)

ANY_ARRAY = array_of(ANY)

# What an argument costs that is not of the row's family as it stands; the row with the least sum wins, then table order.
_SECOND_NATURE, _READ = 2, 4


@dataclass(frozen=True, slots=True)
class Chosen(Generic[Row]):
    """A row and the arguments in the types it takes."""

    row: Row
    arguments: tuple[Expr, ...]


def choose(name: str, rows: Sequence[Row], arguments: Sequence[Expr], zone: ZoneInfo) -> Chosen[Row]:
    """The overload that takes the arguments at the least cost. Raises UnknownSignature (42883)."""
    best: tuple[int, Row] | None = None
    for row in rows:
        wanted = _wanted(row, arguments)
        if wanted is None:
            continue
        costs = [_cost(argument, type_) for argument, type_ in zip(arguments, wanted, strict=True)]
        if any(cost is None for cost in costs):
            continue
        total = sum(cost for cost in costs if cost is not None)
        if best is None or total < best[0]:
            best = (total, row)
    if best is None:
        raise UnknownSignature(name=name, types=", ".join(str(settle(argument).type) for argument in arguments))
    row = best[1]
    wanted = _wanted(row, arguments) or ()
    return Chosen(row, tuple(_given(a, type_, zone) for a, type_ in zip(arguments, wanted, strict=True)))


def _wanted(
    row: Function | AggregateFunction | WindowFunction | Series, arguments: Sequence[Expr]
) -> tuple[Type, ...] | None:
    """The types the row asks of these arguments; None when it does not take so many."""
    declared, count = row.arguments, len(arguments)
    if isinstance(row, Function) and row.variadic:
        if count < len(declared) - 1:
            return None
        return (*declared[:-1], *(declared[-1] for _ in range(count - len(declared) + 1)))
    if len(declared) != count:
        return None
    return _of_one_element(declared, arguments) if ANY_ARRAY in declared else declared


def _of_one_element(declared: Sequence[Type], arguments: Sequence[Expr]) -> tuple[Type, ...]:
    """Beside an array of anything, anything is an element of that array: `array_append(ARRAY[1], 'x')` has no row."""
    elements = (a.type.element for a, d in zip(arguments, declared, strict=True) if d == ANY_ARRAY)
    element = next((e for e in elements if e is not None and e.family is not Family.UNKNOWN), None)
    if element is None:
        return tuple(declared)
    return tuple({ANY: element, ANY_ARRAY: array_of(element)}.get(d, d) for d in declared)


def _cost(argument: Expr, wanted: Type) -> int | None:
    if is_null(argument) or wanted.family is Family.UNKNOWN:
        return 0
    if untyped(argument):
        if wanted.family is argument.type.family:
            return 0
        if not accepts(argument, wanted.family):
            return None
        if isinstance(argument, Numeral):
            return _SECOND_NATURE if wanted.family is Family.FLOAT else _SECOND_NATURE + 1
        return _READ if settles(argument, wanted) is not None else None
    family = argument.type.family
    if family is wanted.family:
        if wanted.element is not None and wanted.element.family is not Family.UNKNOWN:
            element = argument.type.element
            return 0 if element is not None and element.family is wanted.element.family else None
        return 0
    return 0 if family is Family.UNKNOWN else None


def _given(argument: Expr, wanted: Type, zone: ZoneInfo) -> Expr:
    if wanted.family is Family.UNKNOWN:
        return settle(argument)
    if untyped(argument):
        return settle(argument, wanted)
    # A column of NULLs only has no type; it is none of the row's business.
    return argument


def result_type(result: Result, arguments: Sequence[Expr]) -> Type:
    """The type a row gives for these arguments."""
    return result if isinstance(result, Type) else result([argument.type for argument in arguments])


# ---------------------------------------------------------------- forms whose arguments share one type


def coalesce(arguments: Sequence[Expr], zone: ZoneInfo, name: str = "coalesce") -> Expr:
    """COALESCE and IFNULL."""
    same, common = as_common(arguments, zone, Mismatch(f"incompatible {name.upper()} expressions: "))
    return same[0] if len(same) == 1 else Call("coalesce", same, common)


def nullif(arguments: Sequence[Expr], zone: ZoneInfo) -> Expr:
    """NULLIF(a, b) has the type of a."""
    if len(arguments) != 2:
        raise UnknownSignature(name="nullif", types=", ".join(str(settle(a).type) for a in arguments))
    same, common = as_common(arguments, zone, Mismatch("incompatible NULLIF expressions: "))
    return Call("nullif", same, common)


def choice(arguments: Sequence[Expr], zone: ZoneInfo) -> Expr:
    """IF(condition, a, b)."""
    if len(arguments) != 3:
        raise UnknownSignature(name="if", types=", ".join(str(settle(a).type) for a in arguments))
    (yes, no), common = as_common(arguments[1:], zone, Mismatch("incompatible IF expressions: "))
    return Case(((settle(arguments[0], kinds.BOOL), yes),), no, common)


def extreme(name: str, arguments: Sequence[Expr], written: Sequence[str], zone: ZoneInfo) -> Expr:
    """GREATEST and LEAST leave NULLs out. written: the arguments as the error names them."""
    if not arguments:
        raise UnknownSignature(name=name, types="")
    same, common = as_common(arguments, zone, Mismatch(f"{name}(): ", written, InvalidParameter))
    return Call(name, same, common)


def type_name(argument: Expr) -> Const:
    """pg_typeof: KWDB's word of the value, which knows no widths of its family."""
    return Const(_value_type(settle(argument).type), kinds.STRING)


def _value_type(type_: Type) -> str:
    if type_.element is not None:
        return f"{_value_type(type_.element)}[]"
    if type_.family is Family.TIMESTAMP and not type_.precision:
        return "timestamp(9)"
    plain = {Family.INT: kinds.INT8, Family.FLOAT: kinds.FLOAT8, Family.BIT: Type(Family.BIT, "VARBIT")}
    return described(plain.get(type_.family, type_))
