"""Rules turn the bound tree into a plainer bound tree: what an engine need not know is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable

from kwrest.errors import NestedTooDeeply
from kwrest.sql.bound import Relation
from kwrest.sql.rules.diff import take_differences
from kwrest.sql.rules.gapfill import fill_gaps
from kwrest.sql.rules.generators import expand_generators
from kwrest.sql.rules.group_windows import number_windows
from kwrest.sql.rules.having import filter_groups
from kwrest.sql.rules.picks import pick_rows
from kwrest.sql.rules.tables import note_used_columns
from kwrest.sql.rules.twa import weigh_by_time

Rule = Callable[[Relation], Relation]

RULES: tuple[Rule, ...] = (
    expand_generators,  # around everything else: rows are made of what the query gives
    fill_gaps,  # then: what the query groups by and computes moves into a query of its own
    take_differences,  # outside the grouping too: what is subtracted may be an aggregate
    number_windows,  # before anything else looks at the groups: it makes them columns
    weigh_by_time,  # needs the groups, to chain the points of each
    filter_groups,
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
