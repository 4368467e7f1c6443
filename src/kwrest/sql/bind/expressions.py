"""Binding expressions: names become columns, constants get types, every coercion is written down.

`bind_expression` may return a constant that has no type yet (`Const.untyped`); `settle` ends that state. Errors are
KWDB's, in KWDB's words (facts 3.5, 8.3).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from kwrest.errors import (
    DatatypeMismatch,
    GroupingError,
    InvalidParameter,
    InvalidPatternOption,
    UnknownFunction,
    Unsupported,
    WrongSyntax,
)
from kwrest.sql import tree
from kwrest.sql.bind import (
    aggregates,
    calls,
    comparisons,
    gapfill,
    generators,
    group_windows,
    subqueries,
    types,
    weighing,
    windows,
)
from kwrest.sql.bind.arithmetic import operation, unary_operation
from kwrest.sql.bind.casts import cast
from kwrest.sql.bind.common_types import Mismatch, as_common, as_type, common_type
from kwrest.sql.bind.constants import NULL, Octets, Text, is_null, number_from_text, settle, settles
from kwrest.sql.bind.names import described, result_name, written
from kwrest.sql.bind.protocol import Scope
from kwrest.sql.bind.times import timed, width_from_text
from kwrest.sql.bound import (
    And,
    ArrayOf,
    Call,
    Case,
    Const,
    Expr,
    Or,
    TupleOf,
)  # fmt: skip
from kwrest.sql.functions import SCALARS, SERIES, system
from kwrest.sql.functions.times import FUNCTIONS as TIME_FUNCTIONS
from kwrest.sql.operators import COMPARISONS, TESTS
from kwrest.system import SCHEMA
from kwrest.types import kinds
from kwrest.types.intervals import span
from kwrest.types.kinds import BOOL, Family, Type, array_of
from kwrest.types.reasons import TextError

__all__ = [
    "Scope", "as_type", "bind_condition", "bind_expression", "bind_settled", "common_type", "result_name", "settle",
]  # fmt: skip

_TESTS = frozenset(row[0] for row in TESTS)
_ZONED_KEYS = frozenset(row.key for row in TIME_FUNCTIONS)


def bind_settled(node: tree.Expr, scope: Scope, wanted: Type | None = None) -> Expr:
    """Bind and settle: constants get the wanted type, or their own."""
    return settle(bind_expression(node, scope), wanted)


def bind_condition(node: tree.Expr, scope: Scope) -> Expr:
    """Bind what must be BOOL (or NULL). Raises DatatypeMismatch (42804) with the clause's name."""
    bound = bind_expression(node, scope)
    if is_null(bound):
        return Const(None, BOOL)
    settled = settles(bound, BOOL)
    if settled is None:
        raise DatatypeMismatch(reason=f"argument of {scope.clause} must be type bool, not type {described(bound.type)}")
    return settled


def bind_expression(node: tree.Expr, scope: Scope) -> Expr:
    """Bind one expression; a bare constant stays untyped. Raises SqlError classes in KWDB's words."""
    binder = _BINDERS.get(type(node))
    if binder is None:
        raise Unsupported(what=type(node).__name__.lower())
    return binder(node, scope)


# ---------------------------------------------------------------- constants


def _number(node: tree.Number, scope: Scope) -> Expr:
    return number_from_text(node.text)


def _string(node: tree.String, scope: Scope) -> Expr:
    return Text(node.value, kinds.STRING, True, scope.context.zone)


def _duration(node: tree.Duration, scope: Scope) -> Expr:
    try:
        return Const(span(Fraction(Decimal(node.number)), node.unit), kinds.INTERVAL)
    except TextError as error:
        raise InvalidParameter(reason=error.reason) from None


def _typed_literal(node: tree.TypedLiteral, scope: Scope) -> Expr:
    type_ = types.named(node.type)
    if type_.family is Family.INTERVAL:
        return types.interval(node.text, node.unit)
    return cast(Text(node.text, kinds.STRING, True, scope.context.zone), type_, scope.context.zone)


def _quoted(node: tree.QuotedValue, scope: Scope) -> Expr:
    return Text(node.value, kinds.STRING, True, scope.context.zone)


def _default(node: tree.Default, scope: Scope) -> Expr:
    raise WrongSyntax(reason='at or near "default": syntax error')


def _star(node: tree.Star, scope: Scope) -> Expr:
    raise WrongSyntax(reason='cannot use "*" in this context')


# ---------------------------------------------------------------- operators


def _unary(node: tree.Unary, scope: Scope) -> Expr:
    operand = bind_expression(node.operand, scope)
    if node.op == "NOT":
        return Call("not", (_boolean(operand, "NOT"),), BOOL)
    return unary_operation(node.op, operand)


def _binary(node: tree.Binary, scope: Scope) -> Expr:
    if node.op in ("AND", "OR"):
        return _logic(node, scope)
    left, right = bind_expression(node.left, scope), bind_expression(node.right, scope)
    zone = scope.context.zone
    if node.op in COMPARISONS:
        return comparisons.compare(node.op, left, right, zone)
    if node.op in _TESTS and not _is_shift(node.op, left):
        return comparisons.test(node.op, left, right, zone)
    return operation(node.op, left, right, zone)


def _is_shift(op: str, left: Expr) -> bool:
    return op in ("<<", ">>") and left.type.family is not Family.INET


def _logic(node: tree.Binary, scope: Scope) -> Expr:
    """AND and OR; a chain of one of them becomes one node."""
    parts: list[tree.Expr] = []
    rest: list[tree.Expr] = [node]
    while rest:
        part = rest.pop()
        if isinstance(part, tree.Binary) and part.op == node.op:
            rest += (part.right, part.left)
        else:
            parts.append(part)
    operands = tuple(_boolean(bind_expression(part, scope), node.op) for part in parts)
    return And(operands) if node.op == "AND" else Or(operands)


def _boolean(expr: Expr, op: str) -> Expr:
    if is_null(expr):
        return Const(None, BOOL)
    settled = settles(expr, BOOL)
    if settled is None:
        raise DatatypeMismatch(reason=f"incompatible {op} argument type: {described(expr.type)}")
    return settled


def _like(node: tree.Like, scope: Scope) -> Expr:
    return comparisons.like(
        node.op,
        bind_expression(node.operand, scope),
        bind_expression(node.pattern, scope),
        bind_expression(node.escape, scope) if node.escape is not None else None,
        node.negated,
        scope.context.zone,
    )


def _between(node: tree.Between, scope: Scope) -> Expr:
    return comparisons.between(
        bind_expression(node.operand, scope),
        bind_expression(node.low, scope),
        bind_expression(node.high, scope),
        scope.context.zone,
        negated=node.negated,
        symmetric=node.symmetric,
    )


def _in_list(node: tree.InList, scope: Scope) -> Expr:
    items = [bind_expression(item, scope) for item in node.items]
    return comparisons.in_list(bind_expression(node.operand, scope), items, node.negated, scope.context.zone)


def _is(node: tree.Is, scope: Scope) -> Expr:
    operand = bind_expression(node.operand, scope)
    if isinstance(operand, TupleOf) and node.what in ("NULL", "UNKNOWN"):
        tests = tuple(comparisons.is_test(item, "NULL", node.negated) for item in operand.items)
        return And(tests)
    return comparisons.is_test(operand, node.what, node.negated)


# ---------------------------------------------------------------- CASE, arrays, tuples


def _case(node: tree.Case, scope: Scope) -> Expr:
    zone = scope.context.zone
    operand = bind_expression(node.operand, scope) if node.operand is not None else None
    conditions: list[Expr] = []
    for when in node.whens:
        condition = bind_expression(when.condition, scope)
        if operand is not None:
            condition = comparisons.compare("=", operand, condition, zone)
        conditions.append(_boolean(condition, "CASE WHEN"))
    results = [bind_expression(when.result, scope) for when in node.whens]
    if node.otherwise is not None:
        results.append(bind_expression(node.otherwise, scope))
    same, common = as_common(results, zone, Mismatch("incompatible value type: "))
    whens = tuple(zip(conditions, same[: len(conditions)], strict=True))
    return Case(whens, same[-1] if node.otherwise is not None else None, common)


def _array(node: tree.Array, scope: Scope) -> Expr:
    items = [bind_expression(item, scope) for item in node.items]
    if not items:
        return ArrayOf((), array_of(kinds.STRING))
    same, common = as_common(items, scope.context.zone)
    return ArrayOf(same, array_of(kinds.STRING if common.family is Family.UNKNOWN else common))


def _tuple(node: tree.Tuple, scope: Scope) -> Expr:
    return TupleOf(tuple(bind_expression(item, scope) for item in node.items), Type(Family.TUPLE, "TUPLE"))


def _index(node: tree.Index, scope: Scope) -> Expr:
    operand = settle(bind_expression(node.operand, scope))
    index = settles(bind_expression(node.index, scope), kinds.INT8)
    if operand.type.element is None or index is None:
        raise DatatypeMismatch(reason=f"cannot subscript type {described(operand.type)} because it is not an array")
    return Call("array.at", (operand, index), operand.type.element)


# ---------------------------------------------------------------- casts and zones


def _cast(node: tree.Cast, scope: Scope) -> Expr:
    target = types.named(node.type)
    if isinstance(node.operand, tree.Array) and not node.operand.items:
        return ArrayOf((), target)
    operand = bind_expression(node.operand, scope)
    if target.family is Family.INT and operand.type.family is Family.FLOAT and scope.table is not None:
        # A time-series table rounds a float where a relational one cuts it (recorded).
        operand = Call("round.away", (operand,), operand.type)
    return cast(operand, target, scope.context.zone)


def _at_time_zone(node: tree.AtTimeZone, scope: Scope) -> Expr:
    return _scalar("timezone", [bind_expression(node.zone, scope), bind_expression(node.operand, scope)], scope)


def _collate(node: tree.Collate, scope: Scope) -> Expr:
    raise Unsupported(what="COLLATE")


# ---------------------------------------------------------------- calls


def _call(node: tree.Call, scope: Scope) -> Expr:
    if node.name in SERIES_FORMS:
        return SERIES_FORMS[node.name](node, scope, bind_expression)
    if windows.is_window(node):
        return windows.window(node, scope, bind_expression)
    if aggregates.is_aggregate(node.name):
        return aggregates.aggregate(node, scope, bind_expression)
    if node.name in SERIES:
        return generators.generator(node, scope, bind_expression)
    if node.name in system.SESSION and not node.arguments:
        return _session(system.SESSION[node.name], scope)
    if node.name not in SCALARS and node.name not in _FORMS:
        raise UnknownFunction(name=node.name)
    if node.star or node.distinct or node.filter is not None or node.over is not None:
        raise GroupingError(reason=f"{node.name}() is not an aggregate function")
    arguments = [bind_expression(argument, scope) for argument in node.arguments]
    form = _FORMS.get(node.name)
    return form(node, arguments, scope) if form is not None else _scalar(node.name, arguments, scope)


def _scalar(name: str, arguments: list[Expr], scope: Scope) -> Expr:
    zone = scope.context.zone
    chosen = calls.choose(name, SCALARS[name], arguments, zone)
    result = calls.result_type(chosen.row.result, chosen.arguments)
    key = chosen.row.key
    place, what = CONSTANT_ARGUMENTS.get(key, (0, ""))
    if what and len(chosen.arguments) > place:
        argument = chosen.arguments[place]
        if not isinstance(argument, Const):
            raise Unsupported(what=f"{what} of {name}() that is no constant")
        if argument.value is None:
            return Const(None, result)
        if key == "regexp_replace" and not set(str(argument.value)) <= PATTERN_OPTIONS:
            raise InvalidPatternOption()
    if key == "pg_typeof":
        return calls.type_name(arguments[0])
    if key in _ZONED_KEYS:
        return timed(key, chosen.arguments, result, zone)
    return Call(key, chosen.arguments, result)


# Function's key → (place of an argument that the engine takes as a constant only, what it is).
CONSTANT_ARGUMENTS = {"strftime": (1, "a format"), "strptime": (1, "a format"), "regexp_replace": (3, "an option")}
PATTERN_OPTIONS = frozenset("cgilmnps")


def _session(fact: str, scope: Scope) -> Expr:
    context = scope.context
    values = {
        "version": system.VERSION,
        "database": context.database.name,
        "schema": SCHEMA,
        "user": context.user.name,
    }
    return Const(values[fact], kinds.STRING)


def _time_bucket(node: tree.Call, arguments: list[Expr], scope: Scope) -> Expr:
    """The width as it is written is told from an interval that has the same length: `1h30m` is none (facts 3.2)."""
    if len(arguments) == 2 and isinstance(arguments[1], Text) and isinstance(arguments[1].value, str):
        arguments[1] = Const(width_from_text(arguments[1].value), kinds.INTERVAL)
    return _scalar(node.name, arguments, scope)


_Form = Callable[[tree.Call, list[Expr], Scope], Expr]
_FORMS: dict[str, _Form] = {
    "time_bucket": _time_bucket,
    "coalesce": lambda node, arguments, scope: calls.coalesce(arguments, scope.context.zone),
    "ifnull": lambda node, arguments, scope: calls.coalesce(arguments, scope.context.zone, "ifnull"),
    "nullif": lambda node, arguments, scope: calls.nullif(arguments, scope.context.zone),
    "if": lambda node, arguments, scope: calls.choice(arguments, scope.context.zone),
    **dict.fromkeys(
        ("greatest", "least"),
        lambda node, arguments, scope: calls.extreme(
            node.name, arguments, [written(argument) for argument in node.arguments], scope.context.zone
        ),
    ),
}

# What binds the functions of `functions/series.py`.
SERIES_FORMS: dict[str, Callable[[tree.Call, Scope, Callable[[tree.Expr, Scope], Expr]], Expr]] = {
    "time_bucket_gapfill": gapfill.gapfill,
    "interpolate": gapfill.interpolate,
    "twa": weighing.twa,
    "elapsed": weighing.elapsed,
    "diff": weighing.diff,
    **dict.fromkeys(group_windows.NAMES, group_windows.group_window),
}

_BINDERS: dict[type, Callable[..., Expr]] = {
    tree.Number: _number,
    tree.String: _string,
    tree.BytesLiteral: lambda node, scope: Octets(node.value, kinds.BYTES, True),
    tree.BitLiteral: lambda node, scope: Const(node.digits, Type(Family.BIT, "VARBIT")),
    tree.Boolean: lambda node, scope: Const(node.value, BOOL),
    tree.Null: lambda node, scope: NULL,
    tree.Duration: _duration,
    tree.TypedLiteral: _typed_literal,
    tree.QuotedValue: _quoted,
    tree.Default: _default,
    tree.Star: _star,
    tree.Name: lambda node, scope: scope.column(node),
    tree.Unary: _unary,
    tree.Binary: _binary,
    tree.Like: _like,
    tree.Between: _between,
    tree.InList: _in_list,
    tree.InQuery: lambda node, scope: subqueries.in_query(node, scope, bind_expression),
    tree.Is: _is,
    tree.Quantified: lambda node, scope: subqueries.quantified(node, scope, bind_expression),
    tree.Case: _case,
    tree.Call: _call,
    tree.Cast: _cast,
    tree.AtTimeZone: _at_time_zone,
    tree.Collate: _collate,
    tree.Subquery: subqueries.subquery,
    tree.Exists: subqueries.exists,
    tree.Array: _array,
    tree.ArrayQuery: subqueries.array_query,
    tree.Index: _index,
    tree.Tuple: _tuple,
}
