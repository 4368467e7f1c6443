"""SHOW QUERIES and SHOW SESSIONS: what is at work and who is logged in, as the asker may see it (facts 2.6)."""

from __future__ import annotations

from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.show_rows import Columns, constant_rows
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bound import Relation
from kwrest.types.kinds import BOOL, INT8, STRING, TIMESTAMP

NODE = 1  # there is one


def show_queries(show: tree.Show, context: Context, reads: Reads) -> Relation:
    """The statements at work: the asker's own, all for an admin. query_id: what `DELETE /restapi/query/` takes."""
    columns: Columns = (
        ("query_id", STRING), ("node_id", INT8), ("session_id", STRING), ("user_name", STRING), ("start", TIMESTAMP),
        ("query", STRING), ("client_address", STRING), ("application_name", STRING), ("distributed", BOOL),
        ("phase", STRING),
    )  # fmt: skip
    rows = [
        (q.id, NODE, q.session, q.user, q.start, q.statement, q.address, "", False, q.phase)
        for q in context.world.queries(context.user)
    ]
    return constant_rows(columns, rows)


def show_sessions(show: tree.Show, context: Context, reads: Reads) -> Relation:
    """The sessions that are logged in: the asker's own, all for an admin. One with an empty id works by password."""
    columns: Columns = (
        ("node_id", INT8), ("session_id", STRING), ("user_name", STRING), ("client_address", STRING),
        ("application_name", STRING), ("active_queries", STRING), ("last_active_query", STRING),
        ("session_start", TIMESTAMP), ("oldest_query_start", TIMESTAMP),
    )  # fmt: skip
    rows = [
        (NODE, s.id, s.user, s.address, "", "; ".join(s.active), s.last, s.start, s.oldest)
        for s in context.world.sessions(context.user)
    ]
    return constant_rows(columns, rows)
