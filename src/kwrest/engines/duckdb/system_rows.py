"""The server's own tables: rows replaced by key, read whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import pyarrow as pa

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.staging import insert_named, staged
from kwrest.engines.duckdb.storage import Connection
from kwrest.model import Batch, Column, Table
from kwrest.sql.bound import Value
from kwrest.types.arrow import arrow_type, to_arrow
from kwrest.types.kinds import Family, Type

_GONE = "gone"


def put_batch(con: Connection, batch: Batch) -> int:
    """Store the rows of a batch, each replacing the stored row with its key."""
    table = batch.table
    arrays = {}
    for column in table.columns:
        type = arrow_type(column.type)
        given = batch.columns.get(column.id)
        arrays[column.name] = pa.nulls(batch.rows, type) if given is None else given.cast(type)
    return _replace(con, table, pa.table(arrays))


def put(con: Connection, table: Table, rows: Mapping[str, Sequence[Value]]) -> int:
    """Store rows given as Python values; columns that are not given are NULL."""
    count = len(next(iter(rows.values()), ()))
    arrays = {
        column.name: to_arrow(rows[column.name], column.type)
        if column.name in rows
        else pa.nulls(count, arrow_type(column.type))
        for column in table.columns
    }
    return _replace(con, table, pa.table(arrays))


def remove(con: Connection, table: Table, column: str, values: Sequence[Value]) -> int:
    """Remove the rows where `column` is one of `values`; how many there were."""
    named = _named(table, column)
    return _delete(con, table, pa.table({column: to_arrow(values, named.type)}))


def read(con: Connection, table: Table) -> dict[str, list[Value]]:
    """All rows as columns of Python values, in no particular order."""
    names = ", ".join(layout.column_name(table, column) for column in table.columns)
    stored = con.sql(f"SELECT {names} FROM {layout.rows_table(table)}").to_arrow_table()
    return {
        column.name: values_of(array, column.type) for column, array in zip(table.columns, stored.columns, strict=True)
    }


def values_of(array: pa.ChunkedArray, type: Type) -> list[Value]:
    """The reverse of `types.arrow.to_arrow`, for the types system tables have."""
    if type.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ):
        step = 1 if array.type.unit == "ns" else 1000
        return [None if v is None else v * step for v in array.cast(pa.int64()).to_pylist()]
    return cast("list[Value]", array.to_pylist())


def _replace(con: Connection, table: Table, rows: pa.Table) -> int:
    """Delete and insert, never UPDATE: an UPDATE under an older reader keeps every checkpoint from happening."""
    if not rows.num_rows:
        return 0
    names = [_name_of(table, number) for number in table.key]
    last = {key: n for n, key in enumerate(zip(*(rows.column(name).to_pylist() for name in names), strict=True))}
    if len(last) < rows.num_rows:
        rows = rows.take(pa.array(sorted(last.values()), pa.int64()))
    _delete(con, table, rows.select(names))
    insert_named(con, layout.rows_table(table), {f'"{c}"': rows.column(c) for c in rows.column_names})
    return int(rows.num_rows)


def _delete(con: Connection, table: Table, keys: pa.Table) -> int:
    match = " AND ".join(f't."{name}" = {_GONE}."{name}"' for name in keys.column_names)
    with staged(con, _GONE, keys):
        found = con.execute(f"DELETE FROM {layout.rows_table(table)} AS t USING {_GONE} WHERE {match}").fetchall()
    return int(found[0][0])


def _named(table: Table, name: str) -> Column:
    column = table.column(name)
    if column is None:
        raise KeyError(f"{table.name} has no column {name}")
    return column


def _name_of(table: Table, number: int) -> str:
    return next(column.name for column in table.columns if column.id == number)
