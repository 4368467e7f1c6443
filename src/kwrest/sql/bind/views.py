"""A view where it is read, and what depends on it: its text is bound anew at each use, in the database it was made in.

The tables show the columns they had when the view was made, so `*` goes on to mean the same; those it names can be
neither dropped nor renamed while it is there. Who reads a view needs SELECT on the view, not on what it reads: that was
asked of whoever made it. Any other right its query takes (the server's own tables, SHOW in brackets) is asked of the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from kwrest.errors import UndefinedTable
from kwrest.model import Privilege, Table, View, ViewUse
from kwrest.sql import bound, tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bound import ColumnRef, Relation, TableRight
from kwrest.sql.grammar import parse
from kwrest.sql.rules.walk import walk

# Binds a query that stands for itself, in these surroundings.
BindQuery = Callable[[tree.Query, Context, Reads], Relation]


def bind_view(view: View, name: str, context: Context, reads: Reads, bind: BindQuery) -> Relation:
    """The query of a view, as part of the statement that reads it. Raises UndefinedTable when its database is gone."""
    database = next((d for d in context.world.databases() if d.id == view.database), None)
    query = parse(view.text)
    if database is None or not isinstance(query, tree.Query):
        raise UndefinedTable(name=name)
    inside = replace(context, current=database, known={t: use.known for t, use in view.uses.items()}, asked=[])
    inner = Reads(queries=reads.queries)
    relation = bind(query, inside, inner)
    reads.queries = inner.queries
    reads.tables.extend(t for t in inner.tables if all(t.id != other.id for other in reads.tables))
    for right in inner.rights:
        if not isinstance(right, TableRight) or right.privilege is not Privilege.SELECT:
            reads.need(right)
    return relation


# ---------------------------------------------------------------- what a view takes of its tables


def uses(relation: Relation, tables: Iterable[Table]) -> dict[int, ViewUse]:
    """What a view with this query takes of each table it names."""
    named: dict[int, set[int]] = {}
    sources: dict[int, int] = {}
    refs: list[ColumnRef] = []
    for node in walk(relation):
        if isinstance(node, bound.Scan | bound.Devices):
            sources[node.number] = node.table.id
        elif isinstance(node, ColumnRef):
            refs.append(node)
    for ref in refs:
        if ref.source in sources:
            named.setdefault(sources[ref.source], set()).add(ref.column)
    return {
        t.id: ViewUse(frozenset(c.id for c in t.columns), frozenset(named.get(t.id, ()) if t.view is None else ()))
        for t in tables
    }


def dependants(tables: Iterable[Table], context: Context) -> Iterator[Table]:
    """The views that read the tables, those that read these views, and so on; each once."""
    seen = {t.id for t in tables}
    waiting = list(tables)
    while waiting:
        for view in context.world.dependants(waiting.pop()):
            if view.id not in seen:
                seen.add(view.id)
                waiting.append(view)
                yield view
