"""WITH and WITH RECURSIVE: names of queries, each seen by those after it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from kwrest.errors import RepeatedQueryName, UnequalColumns, UnmatchedTypes, WrongColumnCount, WrongRecursion
from kwrest.model import ResultColumn
from kwrest.sql import tree
from kwrest.sql.bind.common_types import common_type
from kwrest.sql.bind.names import described
from kwrest.sql.bind.scope import Named, Recursion, Scope
from kwrest.sql.bind.sets import with_types
from kwrest.sql.bound import Recursive, Relation
from kwrest.types import kinds
from kwrest.types.kinds import Family, Type


def named_queries(query: tree.Query | tree.Update | tree.Delete, scope: Scope) -> dict[str, Named | Recursion]:
    """The names that a query knows by its WITH. Raises RepeatedQueryName (42712), WrongRecursion (42P19)."""
    named = dict(scope.named)
    own: set[str] = set()
    for table in query.with_:
        name = table.name.name
        if name in own:
            raise RepeatedQueryName(name=name)
        own.add(name)
        make = _maker(table, replace(scope, named=dict(named)), query.recursive)
        # Bound here too: a query of WITH that nothing names must be right all the same.
        named[name] = Named(table, make, make())
    return named


def _maker(table: tree.CommonTable, around: Scope, recursive: bool) -> Callable[[], Relation]:
    """What binds a query of WITH, once for every use of its name."""
    if recursive and _names(table.query.body, table.name.name):
        return partial(_bind_recursive, table, around)
    return partial(around.bind, table.query, around)


def _names(node: object, name: str) -> bool:
    """Whether a name stands in FROM anywhere below. A query inside that defines the name itself counts too: it is refused
    or bound, but not lost."""
    if isinstance(node, tree.TableRef):
        return len(node.name) == 1 and node.name[0].name == name
    return any(_names(child, name) for child in _children(node))


def _children(node: object) -> Iterator[object]:
    if isinstance(node, tuple):
        yield from node
    elif dataclasses.is_dataclass(node):
        yield from (getattr(node, field.name) for field in dataclasses.fields(node))


def _bind_recursive(table: tree.CommonTable, around: Scope) -> Relation:
    """`beginning UNION [ALL] step`, the step naming the query itself."""
    name = table.name.name
    body = table.query.body
    if not isinstance(body, tree.SetOperation) or body.op != "UNION":
        raise WrongRecursion(
            reason=f'recursive query "{name}" does not have the form non-recursive-term UNION ALL recursive-term'
        )
    if _names(body.left, name):
        raise WrongRecursion(
            reason=f'recursive reference to query "{name}" must not appear within its non-recursive term'
        )
    if table.query.order_by or table.query.limit is not None or table.query.offset is not None:
        raise WrongRecursion(reason="ORDER BY, LIMIT and OFFSET in a recursive query are not supported")
    base = around.bind(body.left, around)
    columns = [replace(column, type=_plain(column.type)) for column in base.columns]
    number = around.context.source_number()
    if len(table.columns) > len(columns):
        raise WrongColumnCount(name=name, available=len(columns), specified=len(table.columns))
    shown = [replace(c, name=given.name) for c, given in zip(columns, table.columns, strict=False)]
    own = Recursion(number, (*shown, *columns[len(shown) :]))
    inside = replace(around, named={**around.named, name: own})
    step = inside.bind(body.right, inside)
    if len(step.columns) != len(columns):
        raise UnequalColumns(op="UNION", left=len(columns), right=len(step.columns))
    for one, other in zip(columns, step.columns, strict=True):
        if common_type(one.type, other.type) is None:
            raise UnmatchedTypes(op="UNION", left=described(one.type), right=described(other.type))
    made = tuple(ResultColumn(c.name, c.type) for c in columns)
    base, step = (with_types(side, columns, around) for side in (base, step))
    return Recursive(made, number, base, step, body.all)


def _plain(type_: Type) -> Type:
    """The type that a column keeps from step to step: as wide as its family, or what a step makes would not fit."""
    plain = {
        Family.INT: kinds.INT8,
        Family.FLOAT: kinds.FLOAT8,
        Family.DECIMAL: kinds.DECIMAL,
        Family.STRING: kinds.STRING,
    }
    return plain.get(type_.family, type_)
