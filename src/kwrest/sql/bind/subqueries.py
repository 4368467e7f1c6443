"""Queries inside expressions: scalar, EXISTS, IN, ANY and ALL; and ANY, ALL of arrays."""

from __future__ import annotations

from collections.abc import Callable

from kwrest.errors import Unsupported, UnsupportedComparison, WrongColumnCountOfSubquery
from kwrest.sql import tree
from kwrest.sql.bind import comparisons
from kwrest.sql.bind.arithmetic import PLAIN
from kwrest.sql.bind.casts import cast
from kwrest.sql.bind.constants import is_null, settle, untyped
from kwrest.sql.bind.names import described
from kwrest.sql.bind.protocol import Scope
from kwrest.sql.bound import And, Call, Const, Exists, Expr, InSelect, Or, Quantified, ScalarSelect, TupleOf
from kwrest.sql.operators import COMPARISONS
from kwrest.types import kinds
from kwrest.types.kinds import BOOL, Type, array_of

Bind = Callable[[tree.Expr, Scope], Expr]


def subquery(node: tree.Subquery, scope: Scope) -> Expr:
    """A scalar subquery."""
    relation = scope.subquery(node.query)
    if len(relation.columns) != 1:
        raise WrongColumnCountOfSubquery(expected=1, found=len(relation.columns))
    return ScalarSelect(relation, relation.columns[0].type)


def exists(node: tree.Exists, scope: Scope) -> Expr:
    """EXISTS (query)."""
    return Exists(scope.subquery(node.query))


def array_query(node: tree.ArrayQuery, scope: Scope) -> Expr:
    """ARRAY(query)."""
    relation = scope.subquery(node.query)
    if len(relation.columns) != 1:
        raise WrongColumnCountOfSubquery(expected=1, found=len(relation.columns))
    element = relation.columns[0].type
    return Call("array.of_rows", (ScalarSelect(relation, element),), array_of(element))


def in_query(node: tree.InQuery, scope: Scope, bind: Bind) -> Expr:
    """`x [NOT] IN (query)`, x may be a tuple."""
    operand = bind(node.operand, scope)
    relation = scope.subquery(node.query)
    types_ = [column.type for column in relation.columns]
    items = list(operand.items) if isinstance(operand, TupleOf) else [operand]
    if len(items) != len(types_):
        raise WrongColumnCountOfSubquery(expected=len(items), found=len(types_))
    settled = [_like_column(item, type_, "IN", scope) for item, type_ in zip(items, types_, strict=True)]
    if isinstance(operand, TupleOf):
        return InSelect(TupleOf(tuple(settled), operand.type), relation, node.negated)
    return InSelect(settled[0], relation, node.negated)


def _like_column(expr: Expr, type_: Type, op: str, scope: Scope) -> Expr:
    """What stands before IN (query) or ANY (query), in a type that compares with the query's column."""
    if is_null(expr):
        return settle(expr, type_)
    aligned, _ = comparisons.align(op, expr, Const(None, type_), scope.context.zone)
    return aligned


def quantified(node: tree.Quantified, scope: Scope, bind: Bind) -> Expr:
    """`x op ANY (…)`, `x op ALL (…)` of a query, an array or a tuple."""
    if node.op not in COMPARISONS:
        raise Unsupported(what=f"{node.op} {node.quantifier}")
    operand = bind(node.left, scope)
    every = node.quantifier == "ALL"
    if isinstance(node.right, tree.Query):
        relation = scope.subquery(node.right)
        if len(relation.columns) != 1:
            raise WrongColumnCountOfSubquery(expected=1, found=len(relation.columns))
        return Quantified(node.op, every, _like_column(operand, relation.columns[0].type, node.op, scope), relation)
    array = bind(node.right, scope)
    if isinstance(array, TupleOf):
        tests = tuple(comparisons.compare(node.op, operand, item, scope.context.zone) for item in array.items)
        return And(tests) if every else Or(tests)
    if untyped(array):
        array = settle(array, array_of(PLAIN.get(operand.type.family, kinds.STRING)))
    element = array.type.element
    if element is None:
        raise UnsupportedComparison(
            left=described(operand.type), op=f"{node.op} {node.quantifier}", right=described(array.type)
        )
    left, right = comparisons.align(node.op, operand, Const(None, element), scope.context.zone)
    if right.type.family is not element.family:
        array = cast(array, array_of(right.type), scope.context.zone)
    return Call(f"array.{'all' if every else 'any'}.{COMPARISONS[node.op]}", (left, array), BOOL)
