"""Rules turn the bound tree into a plainer bound tree: what an engine need not know is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable

from kwrest.errors import NestedTooDeeply
from kwrest.sql.bound import Relation
from kwrest.sql.rules.gapfill import fill_gaps
from kwrest.sql.rules.picks import pick_rows
from kwrest.sql.rules.tables import note_used_columns

Rule = Callable[[Relation], Relation]

RULES: tuple[Rule, ...] = (
    fill_gaps,  # first: what the query groups by and computes moves into a query of its own
    pick_rows,  # before anything looks at which columns an aggregate reads: it adds the order column's use to filters
    note_used_columns,  # last: it counts the references that are left
)


def apply(relation: Relation) -> Relation:
    """The relation after all rules, in their order. Pure: the same relation gives the same result.

    Raises NestedTooDeeply (54001).
    """
    try:
        for rule in RULES:
            relation = rule(relation)
    except RecursionError:
        raise NestedTooDeeply() from None
    return relation
