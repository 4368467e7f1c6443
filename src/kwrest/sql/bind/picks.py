"""`last(*)` and its kin in the select list: opened to one call a column or tag (facts 3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kwrest.sql import tree
from kwrest.sql.bind.scope import Scope
from kwrest.sql.rules.picks import PICKS


def opened(item: tree.SelectItem, scope: Scope) -> Iterator[tuple[str, tree.Call]]:
    """The calls `last(*)` or `last(t.*)` stands for, with their names `last(ts)`, `last(a)`, …; none for any other item."""
    call = item.expr
    if not isinstance(call, tree.Call) or call.name not in PICKS or not (call.star or call.arguments):
        return
    # `last(*, '2024-01-01')` has the deadline alone among its arguments, `last(t.*)` the star.
    star, *rest = (tree.Star(), *call.arguments) if call.star else call.arguments
    if not isinstance(star, tree.Star):
        return
    for field in scope.star(star.table):
        column = tree.Name((tree.Ident(field.name, quoted=True),))
        one = replace(call, star=False, arguments=(column, *rest))
        yield f"{call.name}({field.name})", one
