"""HAVING as WHERE of a query around the groups: engines know less of expressions there (DuckDB no lambdas)."""

from __future__ import annotations

from dataclasses import replace

from kwrest.sql.bound import Relation, Select
from kwrest.sql.rules.rows import afterwards, free_numbers
from kwrest.sql.rules.walk import Node, transform, walk


def filter_groups(relation: Relation) -> Relation:
    """Rewrite every query with HAVING, subqueries too."""
    if not any(isinstance(node, Select) and node.having is not None for node in walk(relation)):
        return relation
    numbers = free_numbers(relation)

    def filtered(node: Node) -> Node:
        if not isinstance(node, Select) or node.having is None:
            return node
        around, (condition,) = afterwards(replace(node, having=None), (node.having,), numbers)
        return replace(around, where=condition)

    return transform(relation, filtered)
