"""Rules turn the bound tree into a plainer bound tree: what an engine need not know is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable

from kwrest.sql.bound import Relation

Rule = Callable[[Relation], Relation]

RULES: tuple[Rule, ...] = ()


def apply(relation: Relation) -> Relation:
    """The relation after all rules, in their order."""
    for rule in RULES:
        relation = rule(relation)
    return relation
