"""Walking the bound tree: every rule reads and rewrites nodes through these functions and never by hand.

A node is an expression, a relation, a source or an ORDER BY key; its children are the nodes among its fields, in
field order, tuples of any depth included. Types, tables and constants are no nodes.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from kwrest.sql import bound
from kwrest.sql.bound import Expr, Order, Relation, Source

Node = Expr | Relation | Source | Order
N = TypeVar("N", bound=Node)

_NODES = (Expr, Relation, Source, Order)


_FIELDS: dict[type, tuple[str, ...]] = {}  # filled as classes are met: reading them from the class is slow


def fields_with_nodes(kind: type[Any]) -> tuple[str, ...]:
    """Names of those fields of a node class whose annotation speaks of nodes."""
    found = _FIELDS.get(kind)
    if found is None:
        found = tuple(f.name for f in dataclasses.fields(cast(Any, kind)) if _holds_nodes(str(f.type)))
        _FIELDS[kind] = found
    return found


def _holds_nodes(annotation: str) -> bool:
    words = (getattr(bound, word, None) for word in re.findall(r"\w+", annotation))
    return any(isinstance(word, type) and issubclass(word, _NODES) for word in words)


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below `node`, in field order."""
    for name in fields_with_nodes(type(node)):
        yield from _nodes_in(getattr(node, name))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, _NODES):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _nodes_in(part)


def walk(node: Node, into: Callable[[Node], bool] = lambda _: True) -> Iterator[Node]:
    """`node` and all nodes below it, parents first. A node that `into` refuses is given, but not what is below it."""
    yield node
    if into(node):
        for child in children(node):
            yield from walk(child, into)


def transform(node: N, change: Callable[[Any], Node]) -> N:
    """A copy of the tree in which every node was replaced by `change(node)`, children before parents.

    `change` gives a node of the same base (an expression for an expression …); a tree in which it changes nothing
    comes back as the same object. Two Python frames a level, so that a deep tree needs little stack.
    """
    return cast(N, change(_rebuilt(node, change, deep=True)))


def map_children(node: N, change: Callable[[Any], Node]) -> N:
    """`node` with each direct child replaced by `change(child)`; the same object when no child changed."""
    return cast(N, _rebuilt(node, change, deep=False))


def _rebuilt(node: Any, change: Callable[[Any], Node], deep: bool) -> Any:
    changed: dict[str, object] = {}
    for name in fields_with_nodes(type(node)):
        old = getattr(node, name)
        new: object = old
        if isinstance(old, _NODES):
            new = change(_rebuilt(old, change, deep) if deep else old)
        elif isinstance(old, tuple) and old:
            new = _rebuilt_tuple(old, change, deep)
        if new is not old:
            changed[name] = new
    return dataclasses.replace(node, **changed) if changed else node


def _rebuilt_tuple(old: tuple[Any, ...], change: Callable[[Any], Node], deep: bool) -> tuple[Any, ...]:
    parts: list[Any] = []
    for part in old:
        if isinstance(part, _NODES):
            part = change(_rebuilt(part, change, deep) if deep else part)
        elif isinstance(part, tuple):
            part = _rebuilt_tuple(part, change, deep)
        parts.append(part)
    return old if all(new is was for new, was in zip(parts, old, strict=True)) else tuple(parts)
