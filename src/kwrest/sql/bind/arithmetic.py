"""Operators between values: the row that fits, the constants that adapt to it, every cast written down (facts 3.5)."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from kwrest.errors import UnsupportedBinary, UnsupportedUnary
from kwrest.sql.bind.casts import cast
from kwrest.sql.bind.constants import NULL, Numeral, accepts, fold_binary, fold_unary, is_null, settle, settles, untyped
from kwrest.sql.bind.names import described
from kwrest.sql.bound import Call, Expr
from kwrest.sql.operators import Operator, overloads, unary
from kwrest.sql.operators import binary as binary_row
from kwrest.types import kinds
from kwrest.types.kinds import Family, Type

_TIMES = (Family.TIMESTAMP, Family.TIMESTAMPTZ)

# What an untyped text is read as when an overload asks for the family.
PLAIN: dict[Family, Type] = {
    Family.BOOL: kinds.BOOL,
    Family.INT: kinds.INT8,
    Family.FLOAT: kinds.FLOAT8,
    Family.DECIMAL: kinds.DECIMAL,
    Family.STRING: kinds.STRING,
    Family.BYTES: kinds.BYTES,
    Family.TIMESTAMP: Type(Family.TIMESTAMP, "TIMESTAMP"),
    Family.TIMESTAMPTZ: Type(Family.TIMESTAMPTZ, "TIMESTAMPTZ"),
    Family.DATE: kinds.DATE,
    Family.TIME: kinds.TIME,
    Family.INTERVAL: kinds.INTERVAL,
    Family.UUID: kinds.UUID,
    Family.INET: kinds.INET,
    Family.JSON: kinds.JSONB,
    Family.BIT: Type(Family.BIT, "VARBIT"),
    Family.ARRAY: kinds.array_of(kinds.STRING),
}


def unary_operation(op: str, operand: Expr) -> Expr:
    """`-x`, `+x`, `~x`. Raises UnsupportedUnary (22023)."""
    if isinstance(operand, Numeral):
        folded = fold_unary(op, operand)
        if folded is not None:
            return folded
    if is_null(operand):
        return NULL
    operand = settle(operand)
    row = unary(op, operand.type.family)
    if row is None:
        raise UnsupportedUnary(op=op, operand=described(operand.type))
    if row.key == "plus":
        return operand
    if row.as_ is not None and operand.type.width != row.as_.width:
        operand = cast(operand, row.as_, _ANY_ZONE)
    return Call(row.key, (operand,), row.result if row.result is not None else operand.type)


_ANY_ZONE = ZoneInfo("UTC")  # widening a number needs no zone


def operation(op: str, left: Expr, right: Expr, zone: ZoneInfo) -> Expr:
    """`left op right`. Raises UnsupportedBinary (22023), DivisionByZero (22012)."""
    if isinstance(left, Numeral) and isinstance(right, Numeral):
        folded = fold_binary(op, left, right)
        if folded is not None:
            return folded
    if op == "||" and (Family.ARRAY in (left.type.family, right.type.family)):
        return _array_concat(left, right, zone)
    if is_null(left) or is_null(right):
        _some_overload(op, left, right)
        return NULL
    if untyped(left) and untyped(right):
        # A number is INT8 or DECIMAL beside a text; two texts are texts.
        left = left if not isinstance(left, Numeral) and isinstance(right, Numeral) else settle(left)
        right = (
            settle(right)
            if isinstance(right, Numeral) or (not untyped(left) and left.type.family is Family.STRING)
            else right
        )
    row, left, right = _resolve(op, left, right)
    return _apply(row, left, right, zone)


def _some_overload(op: str, left: Expr, right: Expr) -> None:
    known = left if is_null(right) else right
    rows = overloads(op)
    if not is_null(known) and not any(known.type.family in (row.left, row.right) for row in rows):
        raise UnsupportedBinary(left=described(left.type), op=op, right=described(right.type))


def _resolve(op: str, left: Expr, right: Expr) -> tuple[Operator, Expr, Expr]:
    if not untyped(left) and not untyped(right):
        row = binary_row(op, left.type.family, right.type.family)
        if row is not None and _takes_elements(row, right.type):
            return row, left, right
    else:
        constant_first = untyped(left)
        constant, typed = (left, right) if constant_first else (right, left)
        for row in _preferred(op, constant, typed, constant_first):
            family = row.left if constant_first else row.right
            wanted = typed.type if family is typed.type.family else PLAIN.get(family)
            settled = settles(constant, wanted) if wanted is not None else None
            if settled is not None:
                return (row, settled, typed) if constant_first else (row, typed, settled)
    raise UnsupportedBinary(left=described(left.type), op=op, right=described(right.type))


def _takes_elements(row: Operator, right: Type) -> bool:
    """Whether an array on the right holds what the operator asks for: keys of a document are texts."""
    wanted = row.right_as.element if row.right_as is not None else None
    return wanted is None or right.element is None or right.element.family in (wanted.family, Family.UNKNOWN)


def _preferred(op: str, constant: Expr, typed: Expr, constant_first: bool) -> list[Operator]:
    """The overloads that take the typed side, those first that make the constant the same family or keep its own."""
    rows = [
        row
        for row in overloads(op)
        if (row.right if constant_first else row.left) is typed.type.family
        and accepts(constant, row.left if constant_first else row.right)
    ]

    def rank(row: Operator) -> int:
        family = row.left if constant_first else row.right
        if family is typed.type.family:
            return 0
        return 1 if family is constant.type.family else 2

    ranked = sorted(rows, key=rank)
    # `ts - '…'` is a difference of two times and nothing else, even when the text is an interval (recorded).
    if op == "-" and ranked and rank(ranked[0]) == 0 and constant.type.family is Family.STRING:
        return ranked[:1]
    return ranked


def _apply(row: Operator, left: Expr, right: Expr, zone: ZoneInfo) -> Expr:
    if row.left_as is not None and _differs(left.type, row.left_as):
        left = cast(left, row.left_as, zone)
    if row.right_as is not None and _differs(right.type, row.right_as):
        right = cast(right, row.right_as, zone)
    result = row.result
    if result is None:
        result = right.type if row.from_right else left.type
        if result.family is Family.BIT:
            result = replace(result, name="VARBIT", width=0)
    if row.key == "concat.string" and isinstance(left, Call) and left.op == row.key:
        # A chain is one call, so that its length is checked once.
        return Call(row.key, (*left.arguments, right), result)
    return Call(row.key, (left, right), result)


def _differs(type_: Type, wanted: Type) -> bool:
    return type_.family is not wanted.family or (
        type_.family in (Family.INT, Family.FLOAT) and type_.width != wanted.width
    )


def _array_concat(left: Expr, right: Expr, zone: ZoneInfo) -> Expr:
    """array || array, array || element, element || array; NULL counts as no array."""
    array = left.type if left.type.element is not None else right.type
    element = array.element
    assert element is not None
    arguments: list[Expr] = []
    for side in (left, right):
        if side.type.element is not None:
            arguments.append(side)
        elif is_null(side):
            arguments.append(settle(side, array))
        elif untyped(side):
            settled = settles(side, element) or settles(side, array)
            if settled is None:
                raise UnsupportedBinary(left=described(left.type), op="||", right=described(right.type))
            arguments.append(settled)
        else:
            arguments.append(side)
    families = [(a.type.element or a.type).family for a in arguments]
    if families[0] is not families[1]:
        raise UnsupportedBinary(left=described(left.type), op="||", right=described(right.type))
    keys = ["array" if a.type.element is not None else "element" for a in arguments]
    wide = kinds.array_of(kinds.INT8) if element.family is Family.INT else array
    return Call(f"concat.{keys[0]}.{keys[1]}", tuple(arguments), wide)
