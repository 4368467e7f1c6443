"""Set-returning functions: rows in FROM, and in the select list rows instead of a value (facts 6).

In the select list a call becomes `each(list)`, which `rules/generators.py` turns into rows: several of them go on side by
side, the shorter ones with NULL, as in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kwrest.errors import DatatypeMismatch, InvalidParameter, NotSupportedHere, Unsupported
from kwrest.sql import tree
from kwrest.sql.bind.calls import choose, result_type
from kwrest.sql.bind.constants import is_null, untyped
from kwrest.sql.bind.protocol import Scope
from kwrest.sql.bound import Call, Expr, Relation
from kwrest.sql.functions import SERIES
from kwrest.sql.functions.signature import Series as Row
from kwrest.sql.rules.generators import EACH
from kwrest.sql.rules.walk import walk
from kwrest.types.kinds import Type, array_of

Bind = Callable[[tree.Expr, Scope], Expr]


@dataclass(frozen=True, slots=True)
class Rows:
    """What a set-returning call gives: one list a column, the type of each one's elements, and its name in FROM ("" = the function's)."""

    lists: tuple[Expr, ...]
    types: tuple[Type, ...]
    names: tuple[str, ...]


def rows_of(call: tree.Call, scope: Scope, bind: Bind) -> Rows:
    """Bind a call of a row of SERIES. Raises UnknownSignature (42883), InvalidParameter, NotSupportedHere."""
    arguments = [bind(argument, scope) for argument in call.arguments]
    if any(_is_each(node) for argument in arguments for node in walk(argument, _here)):
        raise NotSupportedHere(reason="unimplemented: nested set-returning functions")
    if call.name == "unnest":
        return _unnested(arguments, call.name, scope)
    chosen = choose(call.name, SERIES[call.name], arguments, scope.context.zone)
    row: Row = chosen.row
    types = tuple(result_type(result, chosen.arguments) for result in row.results)
    lists = tuple(Call(key, chosen.arguments, array_of(type_)) for key, type_ in zip(row.keys, types, strict=True))
    return Rows(lists, types, row.columns or ("",) * len(types))


def _unnested(arguments: Sequence[Expr], name: str, scope: Scope) -> Rows:
    for argument in arguments:
        if is_null(argument) or untyped(argument):
            raise InvalidParameter(reason="could not determine polymorphic type")
    # Each array is one of its own; without any the table of functions says what is wrong.
    groups = [[argument] for argument in arguments] or [[]]
    lists = [choose(name, SERIES[name], group, scope.context.zone).arguments[0] for group in groups]
    types = tuple(one.type.element for one in lists if one.type.element is not None)
    return Rows(tuple(lists), types, ("",) * len(types))


def generator(call: tree.Call, scope: Scope, bind: Bind) -> Expr:
    """A set-returning call in an expression. Only the select list takes one. Raises NotSupportedHere (0A000), Unsupported."""
    if scope.clause != "SELECT":
        raise NotSupportedHere(reason=f"generator functions are not allowed in {scope.clause}")
    if call.star or call.distinct or call.filter is not None or call.over is not None:
        raise DatatypeMismatch(reason=f"{call.name}() is no aggregate function")
    rows = rows_of(call, scope, bind)
    if len(rows.lists) != 1:
        raise Unsupported(what=f"{call.name}() of several columns in the select list")
    return Call(EACH, rows.lists, rows.types[0])


def check_no_generator(exprs: Sequence[Expr], clause: str) -> None:
    """Raises NotSupportedHere (0A000) when one is in there."""
    if any(_is_each(node) for expr in exprs for node in walk(expr, _here)):
        raise NotSupportedHere(reason=f"generator functions are not allowed in {clause}")


def _is_each(node: object) -> bool:
    return isinstance(node, Call) and node.op == EACH


def _here(node: object) -> bool:
    return not isinstance(node, Relation)
