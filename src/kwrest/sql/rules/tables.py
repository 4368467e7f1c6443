"""Which columns of a table are read, and so whether a time-series table is its points or points joined to devices."""

from __future__ import annotations

import dataclasses

from kwrest.sql.bound import ColumnRef, Relation, Scan
from kwrest.sql.rules.walk import Node, transform, walk


def note_used_columns(relation: Relation) -> Relation:
    """Write into every Scan which of its columns the statement refers to. Runs last: rules before it may add references.

    A scan of a time-series table that no tag is asked of is then spelled without the join, and a wide table's other
    columns are not even named.
    """
    used: dict[int, set[int]] = {}
    for node in walk(relation):
        if isinstance(node, ColumnRef):
            used.setdefault(node.source, set()).add(node.column)

    def note(node: Node) -> Node:
        if isinstance(node, Scan):
            return dataclasses.replace(node, used=tuple(sorted(used.get(node.number, ()))))
        return node

    return transform(relation, note)
