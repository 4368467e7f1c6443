"""What a client asks about the server, and identifiers (facts 3.4). The binder answers the first kind with constants."""

from __future__ import annotations

from kwrest.sql.functions.signature import ANY, Function
from kwrest.types.kinds import BYTES, INT8, STRING, UUID

# answered by the binder from the context of the statement: name → which fact
SESSION: dict[str, str] = {
    "version": "version",
    "current_database": "database",
    "current_schema": "schema",
    "current_user": "user",
    "session_user": "user",
    "user": "user",
}

VERSION = "KaiwuDB 2.0.3.2 (kwrest)"

FUNCTIONS: tuple[Function, ...] = (
    Function("gen_random_uuid", (), UUID, "uuid.random", "3.4", volatile=True),
    Function("uuid_v4", (), BYTES, "uuid.bytes", "3.4", volatile=True),
    Function("experimental_uuid_v4", (), BYTES, "uuid.bytes", "3.4", volatile=True),
    Function("unique_rowid", (), INT8, "unique_rowid", "3.4", volatile=True),
    Function("pg_typeof", (ANY,), STRING, "pg_typeof", "3.4"),
)
