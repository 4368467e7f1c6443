"""Constants of INSERT and UPDATE as values of a column: KWDB's strict rules for time series, typed ones elsewhere."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

from kwrest.errors import (
    ConstantOutOfRange,
    InvalidDatetime,
    InvalidText,
    TypeMismatch,
    UnsupportedFunctionInput,
    UnsupportedInput,
    UnsupportedRelationInput,
)
from kwrest.model import Column
from kwrest.sql import tree
from kwrest.types.fit import fit, fit_now, fit_quoted, number
from kwrest.types.intervals import interval_from_text, span
from kwrest.types.kinds import Family, Type
from kwrest.types.names import declared_type, spoken
from kwrest.types.reasons import RangeError, TextError
from kwrest.types.text import from_text
from kwrest.types.values import Value

# How KWDB calls the expressions that a time-series INSERT does not take.
_KINDS: tuple[tuple[type[tree.Expr], str], ...] = (
    (tree.Subquery, "*tree.Subquery"),
    (tree.Exists, "*tree.Subquery"),
    (tree.Cast, "*tree.CastExpr"),
    (tree.TypedLiteral, "*tree.CastExpr"),
    (tree.Unary, "*tree.UnaryExpr"),
    (tree.Case, "*tree.CaseExpr"),
    (tree.Array, "*tree.Array"),
    (tree.ArrayQuery, "*tree.ArrayFlatten"),
    (tree.Tuple, "*tree.Tuple"),
    (tree.Like, "*tree.ComparisonExpr"),
    (tree.InList, "*tree.ComparisonExpr"),
    (tree.InQuery, "*tree.ComparisonExpr"),
    (tree.Is, "*tree.ComparisonExpr"),
    (tree.Quantified, "*tree.ComparisonExpr"),
    (tree.Between, "*tree.RangeCond"),
    (tree.Collate, "*tree.CollateExpr"),
    (tree.Index, "*tree.IndirectionExpr"),
    (tree.AtTimeZone, "FuncExpr"),
)
_BINARY_KINDS = {"AND": "*tree.AndExpr", "OR": "*tree.OrExpr"}
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"})


def number_text(expr: tree.Expr) -> str | None:
    """The text of a number literal with its sign; None when `expr` is none."""
    if isinstance(expr, tree.Number):
        return expr.text
    if isinstance(expr, tree.Unary) and expr.op in "+-":
        inner = number_text(expr.operand)
        if inner is not None:
            return inner.removeprefix("-") if expr.op == "-" and inner[0] == "-" else expr.op.strip("+") + inner
    return None


def series_value(expr: tree.Expr, column: Column, zone: ZoneInfo, now: int) -> Value:
    """One cell of VALUES for a time-series column. now: of the statement, nanoseconds.

    Raises what `types.fit.fit` does, and UnsupportedInput and its kin for expressions: only constants and now() are taken.
    """
    name, type = column.name, column.type
    text = number_text(expr)
    if text is not None:
        return fit(number(text), type, name, zone, text)
    match expr:
        case tree.Null():
            return None
        case tree.String():
            return fit(expr.value, type, name, zone)
        case tree.QuotedValue():
            return fit_quoted(expr.value, type, name, zone)
        case tree.Boolean():
            return fit(expr.value, type, name, zone)
        case tree.BytesLiteral():
            return fit(expr.value, type, name, zone)
        case tree.BitLiteral():
            raise UnsupportedInput(kind="*tree.DBitArray")
        case tree.Duration():
            raise UnsupportedInput(kind="*tree.DInterval")
        case tree.Call():
            if expr.name != "now" or expr.arguments or expr.bare:
                raise UnsupportedFunctionInput(name=expr.name)
            return fit_now(now, type, name)
        case tree.Name():
            raise UnsupportedRelationInput(name=".".join(part.name for part in expr.parts), column=name)
        case tree.Binary():
            kind = _BINARY_KINDS.get(expr.op, "*tree.ComparisonExpr" if expr.op in _COMPARISONS else "BinaryOperator")
            raise UnsupportedInput(kind=kind)
    raise UnsupportedInput(kind=next((kind for node, kind in _KINDS if isinstance(expr, node)), "expression"))


class NotConstant(Exception):
    """The expression is more than a literal: the expression binder's work."""


def typed_value(expr: tree.Expr, type: Type, column: str, zone: ZoneInfo) -> Value:
    """A literal as a value of `type`'s family, as CockroachDB types the constants of an INSERT or UPDATE.

    Its width is not looked at (`types.assign`). Raises NotConstant when `expr` is no literal, TypeMismatch when it
    cannot be of that type, InvalidText for text that is no such value, ConstantOutOfRange.
    """
    text = number_text(expr)
    if text is not None:
        return _number(text, type, column)
    match expr:
        case tree.Null():
            return None
        case tree.String() | tree.QuotedValue():
            return read_text(expr.value, type, zone)
        case tree.Boolean():
            return _of_family(expr.value, Family.BOOL, "bool", type, column)
        case tree.BytesLiteral():
            if type.family is Family.STRING:
                return expr.value.decode(errors="replace")  # KWDB refuses no bytes; text here is UTF-8
            return _of_family(expr.value, Family.BYTES, "bytes", type, column)
        case tree.BitLiteral():
            return _of_family(expr.digits, Family.BIT, "varbit", type, column)
        case tree.Duration():
            return _of_family(span(expr.number, expr.unit), Family.INTERVAL, "interval", type, column)
        case tree.TypedLiteral():
            return _typed_literal(expr, type, column, zone)
        case tree.Array() if type.element is not None:
            element = type.element
            return tuple(typed_value(item, element, column, zone) for item in expr.items)
    raise NotConstant()


def read_text(text: str, type: Type, zone: ZoneInfo) -> Value:
    """`from_text` with KWDB's errors: InvalidText (22P02), InvalidDatetime (22007)."""
    try:
        return from_text(text, type, zone)
    except TextError as error:
        kind = InvalidDatetime if error.sqlstate == "22007" else InvalidText
        raise kind(reason=error.reason) from None


def _of_family(value: Value, family: Family, word: str, type: Type, column: str) -> Value:
    if type.family is not family:
        raise TypeMismatch(value=word, type=spoken(type), column=column)
    return value


def exact_number(text: str) -> Decimal:
    """A number literal, sign and hexadecimal included, to its last digit."""
    return Decimal(number(text)) if "x" in text or "X" in text else Decimal(text)


def _number(text: str, type: Type, column: str) -> Value:
    exact = exact_number(text)
    whole = exact == exact.to_integral_value()
    match type.family:
        case Family.INT if whole:
            if exact.adjusted() > 19 or not -(1 << 63) <= int(exact) < 1 << 63:
                raise ConstantOutOfRange()
            return int(exact)
        case Family.FLOAT:
            return float(exact)
        case Family.DECIMAL:
            return exact
    written_whole = isinstance(number(text), int)
    raise TypeMismatch(value="int" if written_whole else "decimal", type=spoken(type), column=column)


def _typed_literal(expr: tree.TypedLiteral, type: Type, column: str, zone: ZoneInfo) -> Value:
    said = declared_type(expr.type.name, expr.type.arguments, expr.type.array, False)
    if said.family is not type.family:
        raise TypeMismatch(value=spoken(said), type=spoken(type), column=column)
    if said.family is Family.INTERVAL and expr.unit:
        try:
            return interval_from_text(expr.text, expr.unit)
        except (TextError, RangeError) as error:
            raise InvalidText(reason=error.reason) from None
    return read_text(expr.text, said, zone)
