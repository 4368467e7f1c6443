"""Conditions on a time-series table that DELETE and UPDATE take: a device by its primary tags, a span of time (facts 2.10).

    p1 = 1 AND p2 = 'a' AND ts < '2024-01-01'

The condition is read into (device, when): equalities of primary tags, and what is asked of the time column. AND joins
both, OR joins times of one and the same device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kwrest.errors import SqlError, UnsupportedDelete, UnsupportedUpdate
from kwrest.model import Column, Table
from kwrest.sql import tree
from kwrest.sql.bind.expressions import bind_condition, bind_expression
from kwrest.sql.bind.literals import NotConstant, exact_number, typed_value
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bound import And, Const, Expr, Or
from kwrest.types.kinds import BOOL, Family
from kwrest.types.values import Value

_COMPARISONS = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}  # and their mirror image
_NEVER = Const(False, BOOL)

BINARY = "unsupported binary operator or expressions"
MULTIPLE = "multiple tag filter"
EXPRESSION = "unsupported filter expression"
MISMATCH = "unsupported binary operator or mismatching tag filter"
WHERE_ONLY = "only supported where expression"


@dataclass(frozen=True, slots=True)
class Target:
    """What a condition picks. device: primary tag id → value, of some or all primary tags; when: condition on the time
    column, None = all times; `Const(False)` when nothing can match."""

    device: Mapping[int, Value] = field(default_factory=dict)
    when: Expr | None = None


def delete_target(condition: tree.Expr, table: Table, scope: Scope) -> Target:
    """What `DELETE … WHERE condition` deletes. scope: with the table as its only source.

    Raises UnsupportedDelete, and what the expression binder finds wrong (UndefinedColumn, …).
    """
    match condition:
        case tree.Binary(op="AND"):
            return _both(delete_target(condition.left, table, scope), delete_target(condition.right, table, scope))
        case tree.Binary(op="OR"):
            return _either(delete_target(condition.left, table, scope), delete_target(condition.right, table, scope))
        case tree.Boolean():
            return Target(when=None if condition.value else _NEVER)
        case tree.Binary() if condition.op in _COMPARISONS:
            return _comparison(condition, table, scope)
        case tree.InList():
            return _in_list(condition, table, scope)
    bind_condition(condition, scope)  # its own mistakes come first: an unknown column, operands that do not compare
    raise UnsupportedDelete(reason=EXPRESSION)


def _both(left: Target, right: Target) -> Target:
    if any(left.device[tag] != right.device[tag] for tag in left.device.keys() & right.device.keys()):
        raise UnsupportedDelete(reason=BINARY)
    whens = tuple(when for when in (left.when, right.when) if when is not None)
    when = And(whens) if len(whens) > 1 else whens[0] if whens else None
    return Target({**left.device, **right.device}, when)


def _either(left: Target, right: Target) -> Target:
    if left.device != right.device:
        raise UnsupportedDelete(reason=MULTIPLE)
    if left.when is None or right.when is None:
        return Target(left.device)
    return Target(left.device, Or((left.when, right.when)))


def _comparison(node: tree.Binary, table: Table, scope: Scope) -> Target:
    column, constant = _sides(node, table, scope)
    if column is None or constant is None:
        folded = _folded(node)
        if folded is not None:
            return Target(when=None if folded else _NEVER)
        bind_condition(node, scope)
        raise UnsupportedDelete(reason=EXPRESSION)
    if column.id == table.time_column.id:
        when = bind_condition(node, scope)
        if not _is_constant(constant):
            raise UnsupportedDelete(reason=EXPRESSION)
        return Target(when=when)
    if node.op != "=" or not (column.tag and column.primary):
        bind_condition(node, scope)
        raise UnsupportedDelete(reason=BINARY)
    return _device(column, constant, node, scope, UnsupportedDelete(reason=EXPRESSION))


def _in_list(node: tree.InList, table: Table, scope: Scope) -> Target:
    column = _column(node.operand, table, scope)
    bound = bind_condition(node, scope)
    if column is not None and column.id != table.time_column.id:
        raise UnsupportedDelete(reason=BINARY)
    if column is None or not all(map(_is_constant, node.items)):
        raise UnsupportedDelete(reason=EXPRESSION)
    return Target(when=bound)


def _device(column: Column, constant: tree.Expr, node: tree.Expr, scope: Scope, refusal: SqlError) -> Target:
    """`primary tag = constant`. A value that no device can have picks nothing."""
    try:
        value = typed_value(constant, column.type, column.name, scope.context.zone)
    except NotConstant:
        bind_condition(node, scope)
        raise refusal from None
    except SqlError:
        bind_condition(node, scope)  # says it in the words of a comparison
        return Target(when=_NEVER)
    if value is None or (column.type.family is Family.INT and _beyond(value, column)):
        return Target(when=_NEVER)
    return Target({column.id: value})


def _beyond(value: Value, column: Column) -> bool:
    assert isinstance(value, int)
    size = 1 << (column.type.width * 8 - 1)
    return not -size <= value < size


def update_device(condition: tree.Expr, table: Table, scope: Scope) -> dict[int, Value]:
    """The device that `UPDATE … WHERE condition` changes: a value for every primary tag, None where no device has it.

    Raises UnsupportedUpdate.
    """
    conditions = _conjuncts(condition)
    for node in conditions:
        if not isinstance(node, tree.Binary | tree.InList):
            bind_condition(node, scope)
            raise UnsupportedUpdate(reason=EXPRESSION)
    device: dict[int, Value] = {}
    for node in conditions:
        column, constant = (
            _sides(node, table, scope) if isinstance(node, tree.Binary) and node.op == "=" else (None, None)
        )
        if column is None or constant is None or not (column.tag and column.primary):
            bind_condition(node, scope)
            raise UnsupportedUpdate(reason=MISMATCH)
        value = _device(column, constant, node, scope, UnsupportedUpdate(reason=MISMATCH)).device.get(column.id)
        if device.setdefault(column.id, value) != value:
            raise UnsupportedUpdate(reason=MISMATCH)
    if device.keys() != {tag.id for tag in table.primary_tags}:
        raise UnsupportedUpdate(reason=MISMATCH)
    return device


def _conjuncts(node: tree.Expr) -> list[tree.Expr]:
    if isinstance(node, tree.Binary) and node.op == "AND":
        return _conjuncts(node.left) + _conjuncts(node.right)
    return [node]


def _sides(node: tree.Binary, table: Table, scope: Scope) -> tuple[Column | None, tree.Expr | None]:
    """The column and the other side of a comparison, whichever way it was written."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        column = _column(one, table, scope)
        if column is not None and _column(other, table, scope) is None:
            return column, other
    return None, None


def _column(node: tree.Expr, table: Table, scope: Scope) -> Column | None:
    """The table's column that a name means. Raises NoSourceMatches (42P01) for `x.p1` when no `x` is the table."""
    column = table.column(node.parts[-1].name) if isinstance(node, tree.Name) else None
    if column is not None:
        # An equality of a primary tag is never bound as an expression, so nobody else looks at what stands before the dot.
        bind_expression(node, scope)
    return column


def _is_constant(node: tree.Expr) -> bool:
    return isinstance(node, tree.String | tree.QuotedValue | tree.TypedLiteral | tree.Null) or (
        isinstance(node, tree.Cast) and _is_constant(node.operand)
    )


def _folded(node: tree.Binary) -> bool | None:
    """The outcome of a comparison of two literals of one kind, `1 = 1`; None for anything else."""
    match node.left, node.right:
        case (tree.Number(text=left), tree.Number(text=right)):
            # As floats 1e400 would equal 1e401, and the DELETE would take every row.
            a, b = exact_number(left), exact_number(right)
        case (tree.String(value=a), tree.String(value=b)):
            pass
        case _:
            return None
    outcomes = {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
    return outcomes[node.op]
