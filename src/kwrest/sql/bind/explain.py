"""EXPLAIN: the plan of a query instead of its rows; it takes the rights of the query."""

from __future__ import annotations

from kwrest.errors import Unsupported
from kwrest.sql import bound, tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.queries import bind_query
from kwrest.sql.bind.show_rows import constant_rows
from kwrest.sql.plan import plan
from kwrest.types.kinds import STRING

_COLUMNS = (("tree", STRING), ("field", STRING), ("description", STRING))


def bind_explain(explain: tree.Explain, context: Context) -> bound.Query:
    """Bind EXPLAIN of a query. Raises Unsupported (0A000) for any other statement, and what binding the query raises."""
    if explain.analyze:
        raise Unsupported(what="EXPLAIN ANALYZE")
    if not isinstance(explain.statement, tree.Query):
        raise Unsupported(what="EXPLAIN of a statement that is no query")
    query = bind_query(explain.statement, context)
    return bound.Query(constant_rows(_COLUMNS, plan(query.relation)), query.rights, query.tables, zone=context.zone)
