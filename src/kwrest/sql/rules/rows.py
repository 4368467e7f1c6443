"""The rows of a query moved into a query of their own, with values computed beside each of them before they are grouped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from kwrest.model import ResultColumn
from kwrest.sql.bound import ColumnRef, Derived, Expr, Relation, Select, Source
from kwrest.sql.rules.walk import Node, transform, walk


def free_numbers(relation: Relation) -> Iterator[int]:
    """Numbers that no source of the statement has (ColumnRef.source)."""
    taken = (number for node in walk(relation) if (number := getattr(node, "number", None)) is not None)
    return count(1 + max(taken, default=0))


def here(node: Node) -> bool:
    """For `walk`: not into subqueries."""
    return not isinstance(node, Relation)


def unnamed(values: Sequence[Expr]) -> tuple[ResultColumn, ...]:
    """Columns of a query that no client sees."""
    return tuple(ResultColumn(f"c{place}", value.type) for place, value in enumerate(values, 1))


def distinct(exprs: Iterable[Expr]) -> list[Expr]:
    """Each expression once, in order. They may hold subqueries, so they are compared and not hashed."""
    found: list[Expr] = []
    for expr in exprs:
        if expr not in found:
            found.append(expr)
    return found


def beside(select: Select, values: Sequence[Expr], numbers: Iterator[int]) -> tuple[Select, tuple[ColumnRef, ...]]:
    """The same query over a query of its rows, which has `values` (window calls, mostly) as further columns.

    values: expressions over the sources of `select`; the second part of the answer is where they stand afterwards. WHERE
    moves inside: what it leaves out is not there for the windows either.
    """
    assert select.source is not None
    own = {node.number for node in walk(select.source) if isinstance(node, Source) and hasattr(node, "number")}
    outside = replace(select, source=None, where=None)
    roots: tuple[Node, ...] = (outside, *values)
    nodes = (node for root in roots for node in walk(root))
    refs = list(dict.fromkeys(node for node in nodes if isinstance(node, ColumnRef) and node.source in own))
    outputs: tuple[Expr, ...] = (*refs, *values)
    number = next(numbers)
    rows = Select(unnamed(outputs), outputs, select.source, select.where)
    moved = {ref: ColumnRef(number, place, ref.type) for place, ref in enumerate(refs, 1)}

    def change(node: Node) -> Node:
        return moved.get(node, node) if isinstance(node, ColumnRef) else node

    places = tuple(ColumnRef(number, place, value.type) for place, value in enumerate(values, len(refs) + 1))
    return replace(transform(outside, change), source=Derived(number, rows)), places


def afterwards(select: Select, values: Sequence[Expr], numbers: Iterator[int]) -> tuple[Select, tuple[ColumnRef, ...]]:
    """The same query in two: inside what is computed, around it DISTINCT, sorting and LIMIT.

    values: further columns of the inner one; the second part of the answer is where they stand for the outer one.
    """
    keys = tuple(order.expr for order in select.order_by)
    outputs = (*select.outputs, *keys, *select.distinct_on, *values)
    number = next(numbers)
    inner = replace(
        select, columns=unnamed(outputs), outputs=outputs, distinct=False, distinct_on=(), order_by=(), limit=None, offset=None
    )  # fmt: skip
    refs = tuple(ColumnRef(number, place, value.type) for place, value in enumerate(outputs, 1))
    width, sorted_ = len(select.outputs), len(select.outputs) + len(keys)
    last = sorted_ + len(select.distinct_on)
    around = Select(
        select.columns,
        refs[:width],
        Derived(number, inner),
        distinct=select.distinct,
        distinct_on=refs[sorted_:last],
        order_by=tuple(replace(order, expr=ref) for order, ref in zip(select.order_by, refs[width:], strict=False)),
        limit=select.limit,
        offset=select.offset,
    )
    return around, refs[last:]


def replaced(select: Select, old: Expr, new: Expr) -> Select:
    """The query with one expression for another, subqueries included."""
    return transform(select, lambda node: new if node == old else node)
