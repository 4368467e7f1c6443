"""Constants without a type yet: numbers of any precision, text that becomes what it meets (facts 3.5).

A number folds exactly (`1/3*3` is 1) and is INT8 or DECIMAL when nobody asks for more; a text is STRING. `settle` ends
that state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

from kwrest.errors import (
    DivisionByZero,
    InvalidDatetime,
    InvalidText,
    KwrestError,
    OutOfRange,
    SqlError,
    UnsupportedUnary,
)
from kwrest.sql.bind.names import described
from kwrest.sql.bound import Cast, Const, Expr, Value
from kwrest.types import kinds
from kwrest.types.intervals import Interval, interval_from_text
from kwrest.types.kinds import Family, Type
from kwrest.types.reasons import TextError
from kwrest.types.text import from_text
from kwrest.types.timestamps import round_to

UTC = ZoneInfo("UTC")
INT8_RANGE = range(-(1 << 63), 1 << 63)

# KWDB keeps 20 digits of a quotient that does not end.
_DIGITS = 20
# Longer numbers than this are refused before they are multiplied any further.
_MAX_DIGITS = 2000


@dataclass(frozen=True, slots=True)
class Numeral(Const):
    """An untyped number with its exact value. whole: written without a point or exponent; places: digits written behind
    the point, which a text of it keeps."""

    exact: Fraction = Fraction(0)
    whole: bool = True
    places: int = 0


@dataclass(frozen=True, slots=True)
class Text(Const):
    """An untyped text. zone: of a timestamp without one."""

    zone: ZoneInfo = UTC


@dataclass(frozen=True, slots=True)
class Octets(Const):
    """An untyped `b'…'`: BYTES, or the text it encodes where a text is wanted."""


NULL = Const(None, kinds.UNKNOWN)


def numeral(exact: Fraction, whole: bool, places: int = 0) -> Numeral:
    """The constant of an exact number. Raises OutOfRange when it has thousands of digits."""
    if max(exact.numerator.bit_length(), exact.denominator.bit_length()) > _MAX_DIGITS * 4:
        raise OutOfRange(reason="numeric constant is too large")
    if whole and exact.numerator in INT8_RANGE:
        return Numeral(exact.numerator, kinds.INT8, True, exact, whole)
    value = decimal_of(exact)
    if places > max(-int(value.as_tuple().exponent), 0):
        with localcontext(Context(prec=_MAX_DIGITS)):
            value = value.quantize(Decimal(1).scaleb(-places))
    return Numeral(value, kinds.DECIMAL, True, exact, whole, places)


def number_from_text(text: str) -> Numeral:
    """`12`, `1.5`, `1e3`, `0xCAFE` as the lexer found it. Raises OutOfRange for one that is thousands of digits long."""
    if len(text) > _MAX_DIGITS:  # asked first: reading them takes the square of their number, or Python refuses it
        raise OutOfRange(reason="numeric constant is too large")
    if text[:2] in ("0x", "0X"):
        return numeral(Fraction(int(text, 16)), True)
    if re.fullmatch(r"\d+", text):
        return numeral(Fraction(int(text)), True)
    mantissa, _, exponent = text.lower().partition("e")
    if exponent and abs(int(exponent)) > _MAX_DIGITS:
        raise OutOfRange(reason=f'could not parse "{text}" as type decimal: exponent out of range')
    places = 0 if exponent else len(mantissa.partition(".")[2])
    return numeral(Fraction(mantissa + (f"e{exponent}" if exponent else "")), False, places)


def decimal_of(exact: Fraction) -> Decimal:
    """All digits of a number that ends, 20 of one that does not."""
    rest = exact.denominator
    twos = (rest & -rest).bit_length() - 1
    rest >>= twos
    fives = 0
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    digits = _DIGITS if rest != 1 else max(len(str(abs(exact.numerator))) + 3 * max(twos, fives) + 2, _DIGITS)
    with localcontext(Context(prec=digits)):
        return _plain(Decimal(exact.numerator) / Decimal(exact.denominator))


def _plain(value: Decimal) -> Decimal:
    """Without an exponent above zero: 1E+2 is 100."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent > 0:
        with localcontext(Context(prec=_MAX_DIGITS * 2)):
            return value.quantize(Decimal(1))
    return value


def fold_unary(op: str, operand: Numeral) -> Numeral | None:
    """`-5`, `+5`, `~5` of untyped numbers."""
    if op == "+":
        return operand
    if op == "-":
        return numeral(-operand.exact, operand.whole, operand.places)
    if op == "~" and operand.exact.denominator == 1:
        return numeral(Fraction(~operand.exact.numerator), True)
    raise UnsupportedUnary(op=op, operand=described(operand.type))


def fold_binary(op: str, left: Numeral, right: Numeral) -> Numeral | None:
    """Exact arithmetic of two untyped numbers; None when the operator does not fold (`^`, `%` of fractions, …)."""
    x, y = left.exact, right.exact
    whole = left.whole and right.whole
    if op == "+":
        return numeral(x + y, whole)
    if op == "-":
        return numeral(x - y, whole)
    if op == "*":
        return numeral(x * y, whole)
    if op == "/":
        if not y:
            raise DivisionByZero(reason="division by zero")
        return numeral(x / y, False)
    if op in ("//", "%") and whole:
        if not y:
            raise DivisionByZero(reason="zero modulus" if op == "%" else "division by zero")
        quotient = abs(x.numerator) // abs(y.numerator)
        quotient = -quotient if (x < 0) != (y < 0) else quotient
        return numeral(Fraction(quotient if op == "//" else x.numerator - quotient * y.numerator), True)
    if op in ("&", "|", "#") and whole:
        a, b = x.numerator, y.numerator
        return numeral(Fraction(a & b if op == "&" else a | b if op == "|" else a ^ b), True)
    return None


def untyped(expr: Expr) -> bool:
    """Whether the expression still takes the type of what it meets; NULL does."""
    return isinstance(expr, Const) and (expr.untyped or expr.type.family is Family.UNKNOWN)


def is_null(expr: Expr) -> bool:
    """Whether it is the constant NULL without a type."""
    return isinstance(expr, Const) and expr.value is None and expr.type.family is Family.UNKNOWN


def accepts(expr: Expr, family: Family) -> bool:
    """Whether an untyped constant can become a value of the family (its text is not looked at)."""
    if is_null(expr):
        return True
    if isinstance(expr, Numeral):
        if family is Family.INT:
            return expr.exact.denominator == 1 and expr.exact.numerator in INT8_RANGE
        return family in (Family.DECIMAL, Family.FLOAT)
    if isinstance(expr, Octets):
        return family in (Family.BYTES, Family.STRING)
    return family is not Family.TUPLE


_NUMBERS = (Family.INT, Family.FLOAT, Family.DECIMAL)


def settle(expr: Expr, wanted: Type | None = None) -> Expr:
    """End the untyped state: the wanted type, or the constant's own (INT8, DECIMAL, STRING).

    A typed expression comes back as it is. Raises the errors of reading a text: 22P02, 22007, 22008, 22003.
    """
    if not isinstance(expr, Const) or not untyped(expr):
        return expr
    if is_null(expr):
        return Const(None, wanted) if wanted is not None else expr
    target = wanted if wanted is not None and wanted.family is not Family.UNKNOWN else expr.type
    if isinstance(expr, Numeral):
        # What a number does not become it is refused as, by the type it has of its own.
        target = target if target.family in _NUMBERS else expr.type
        return Const(_number_as(expr, target), _unwidened(target))
    value = expr.value
    if isinstance(value, bytes):
        return Const(value.decode(errors="replace") if target.family is Family.STRING else value, target)
    assert isinstance(value, str)
    if target.family is Family.STRING:
        return Const(value, kinds.STRING if wanted is None else target)
    zone = expr.zone if isinstance(expr, Text) else UTC
    moment = read(value, target, zone)
    if (
        target.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ)
        and target.precision in (3, 6)
        and isinstance(moment, int)
    ):
        moment = round_to(moment, target.precision)
    return Const(moment, target)


def read(text: str, type_: Type, zone: ZoneInfo) -> Value:
    """The value a text says. Raises InvalidText (22P02), InvalidDatetime (22007), OutOfRange (22003) with KWDB's reason."""
    try:
        return from_text(text, type_, zone)
    except TextError as error:
        raise _TEXT_ERRORS.get(error.sqlstate, InvalidText)(reason=error.reason) from None


def read_interval(text: str, unit: str) -> Interval:
    """An interval text in which a bare number counts `unit`s. Raises InvalidText (22P02)."""
    try:
        return interval_from_text(text, unit)
    except TextError as error:
        raise InvalidText(reason=error.reason) from None


_TEXT_ERRORS: dict[str, type[SqlError]] = {"22P02": InvalidText, "22007": InvalidDatetime, "22003": OutOfRange}


def _unwidened(type_: Type) -> Type:
    """A number constant is as wide as its family: `i2 < 100000` compares, it does not overflow."""
    return {Family.INT: kinds.INT8, Family.FLOAT: kinds.FLOAT8, Family.DECIMAL: kinds.DECIMAL}.get(type_.family, type_)


def _number_as(number: Numeral, type_: Type) -> Value:
    if type_.family is Family.INT:
        if number.exact.denominator != 1 or number.exact.numerator not in INT8_RANGE:
            raise OutOfRange(reason="numeric constant out of int64 range")
        return number.exact.numerator
    if type_.family is Family.FLOAT:
        try:
            return number.exact.numerator / number.exact.denominator
        except OverflowError:
            raise OutOfRange(reason="float out of range") from None
    if type_.family is Family.DECIMAL:
        return number.value if isinstance(number.value, Decimal) else decimal_of(number.exact)
    raise AssertionError(f"a number does not become {type_}")


def settles(expr: Expr, wanted: Type) -> Expr | None:
    """`settle`, or None where it would fail: comparison says so in its own words."""
    if not untyped(expr):
        return expr if expr.type.family is wanted.family else None
    if not accepts(expr, wanted.family):
        return None
    try:
        return settle(expr, wanted)
    except KwrestError:
        return None


def literal(expr: Expr) -> Value | None:
    """The value of a constant, through the casts around it that do not change it; None for anything else."""
    while isinstance(expr, Cast) and expr.type.family is expr.operand.type.family:
        expr = expr.operand
    return expr.value if isinstance(expr, Const) else None
