"""DELETE and UPDATE of a time-series table, and rows that come out of a query. Runs in the writer thread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.points import apply_points
from kwrest.engines.duckdb.series import Key, Series, keys
from kwrest.engines.duckdb.storage import Connection
from kwrest.engines.duckdb.tables import Tables
from kwrest.errors import NullViolation
from kwrest.model import Batch, Table
from kwrest.sql.bound import DeletePoints, InsertRows, UpdateTags, Value
from kwrest.sql.spell.relations import RelationSpeller
from kwrest.types.arrow import to_arrow

_CHUNK = 100_000  # rows of a query's result that are in memory at a time
_INCOMING = "incoming"


def delete_points(con: Connection, series: Series, speller: RelationSpeller, step: DeletePoints) -> int:
    """Rows removed. A device that is named without a time goes itself, its tags too (facts 2.10)."""
    conditions = []
    key = eid = None
    if step.device is not None:
        key = _key(step.table, step.device)
        eid = series.find(key)
        if eid is None:
            return 0
        conditions.append(f"s1.{layout.EID} = {eid}")
    if step.when is not None:
        conditions.append(f"({speller.expression(step.when)})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    # Marks stay: they are upper bounds, and a wrong one only costs a look.
    (removed,) = con.execute(f"DELETE FROM {layout.rows_table(step.table)} AS s1{where}").fetchall()[0]
    if key is not None and step.when is None:
        con.execute(f"DELETE FROM {layout.devices_table(step.table)} WHERE {layout.EID} = {eid}")
        series.remove(key)
    return int(removed)


def update_tags(con: Connection, series: Series, step: UpdateTags) -> int:
    """Devices changed: 1, or 0 when there is none. By delete and insert, as everything here (measurements H3)."""
    eid = series.find(_key(step.table, step.device))
    if eid is None:
        return 0
    devices = layout.devices_table(step.table)
    row = con.sql(f"SELECT * FROM {devices} WHERE {layout.EID} = {eid}").to_arrow_table()
    for tag in step.table.tags:
        if tag.id in step.tags:
            position = row.column_names.index(layout.column_name(step.table, tag))
            row = row.set_column(position, row.column_names[position], to_arrow([step.tags[tag.id]], tag.type))
    con.execute(f"DELETE FROM {devices} WHERE {layout.EID} = {eid}")
    con.from_arrow(row).insert_into(devices)
    return 1


def insert_points(con: Connection, tables: Tables, speller: RelationSpeller, step: InsertRows) -> int:
    """INSERT … SELECT into a time-series table; rows stored. Raises NullViolation.

    The result is set down first, where the engine may spill it: the query may read the table it writes into.
    """
    con.execute(f"CREATE TEMP TABLE {_INCOMING} AS {speller.relation(step.relation)}")
    series, columns = tables.series(con, step.table), tables.columns(step.table)
    first, last = con.execute(f"SELECT min(rowid), max(rowid) FROM {_INCOMING}").fetchall()[0]
    stored = 0
    # Rows of an open transaction are numbered from somewhere very high, without gaps.
    for start in range(first or 0, (last or -1) + 1, _CHUNK):
        chunk = con.sql(
            f"SELECT * FROM {_INCOMING} WHERE rowid >= {start} AND rowid < {start + _CHUNK} ORDER BY rowid"
        ).to_arrow_table()
        stored += sum(written.rows for written in apply_points(con, series, columns, [_batch(step, chunk)]))
    con.execute(f"DROP TABLE {_INCOMING}")
    return stored


def _batch(step: InsertRows, chunk: pa.Table) -> Batch:
    """Rows of a query as a batch: their devices numbered, in the order they first appear."""
    table = step.table
    given = dict(zip((column.id for column in step.columns), chunk.columns, strict=True))
    for column in table.columns:
        array = given.get(column.id)
        if not column.nullable and (array is None or array.null_count):
            raise NullViolation(column=column.name)
    numbers: dict[Key, int] = {}
    firsts: list[int] = []
    device = np.empty(chunk.num_rows, np.int32)
    for row, key in enumerate(keys([given[tag.id] for tag in table.primary_tags])):
        number = numbers.setdefault(key, len(numbers))
        if number == len(firsts):
            firsts.append(row)
        device[row] = number
    chosen = pa.array(firsts, pa.int64())
    tags = {
        tag.id: given[tag.id].take(chosen) if tag.id in given else to_arrow([None] * len(firsts), tag.type)
        for tag in table.tags
    }
    data = {column.id: given[column.id] for column in table.data_columns if column.id in given}
    return Batch(table, chunk.num_rows, data, tags, device, step.dedup)


def _key(table: Table, device: Mapping[int, Value]) -> Key:
    return keys([to_arrow([device[tag.id]], tag.type) for tag in table.primary_tags])[0]
