"""Arrow rows under a name, for statements of the writer: replacement scans are off with external access."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from kwrest.engines.duckdb.storage import Connection


@contextmanager
def staged(con: Connection, name: str, rows: pa.Table) -> Iterator[None]:
    """`rows` as the table `name`, on the writer's connection, which never runs a user's text.

    After an error nothing is taken away: an aborted transaction refuses that, and its ROLLBACK does it.
    """
    con.register(name, rows)
    yield
    con.unregister(name)


def insert_named(con: Connection, target: str, arrays: dict[str, pa.Array]) -> None:
    """Append columns given by their physical names; columns that are not given are NULL."""
    names = ", ".join(arrays)
    with staged(con, "named", pa.table({name.strip('"'): array for name, array in arrays.items()})):
        con.execute(f"INSERT INTO {target} ({names}) SELECT {names} FROM named")
