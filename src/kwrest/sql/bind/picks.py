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
    if not isinstance(call, tree.Call) or call.name not in PICKS:
        return
    star = tree.Star() if call.star else call.arguments[0] if len(call.arguments) == 1 else None
    if not isinstance(star, tree.Star):
        return
    for field in scope.star(star.table):
        one = replace(call, star=False, arguments=(tree.Name((tree.Ident(field.name, quoted=True),)),))
        yield f"{call.name}({field.name})", one
