"""Rows into, out of and within a relational table. Runs in the writer thread, inside its transaction."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.storage import Connection
from kwrest.model import Batch
from kwrest.types.arrow import arrow_type


def insert_batch(con: Connection, columns: Sequence[str], batch: Batch) -> int:
    """Append the rows of a batch. columns: physical names of the table, in order."""
    table = batch.table
    by_name = {layout.column_name(table, column): column for column in table.columns}
    arrays = []
    for name in columns:
        column = by_name[name]
        type = arrow_type(column.type)
        given = batch.columns.get(column.id)
        arrays.append(pa.nulls(batch.rows, type) if given is None else given.cast(type))
    if batch.rows:
        con.from_arrow(pa.table(dict(zip(columns, arrays, strict=True)))).insert_into(layout.rows_table(table))
    return batch.rows
