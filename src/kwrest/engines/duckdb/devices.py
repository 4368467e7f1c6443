"""DELETE and UPDATE of a time-series table, and rows that come out of a query. Runs in the writer thread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.points import apply_points
from kwrest.engines.duckdb.series import Key, Series, keys
from kwrest.engines.duckdb.staging import staged
from kwrest.engines.duckdb.storage import Connection
from kwrest.engines.duckdb.tables import Tables
from kwrest.errors import NullViolation
from kwrest.model import Batch, Table, Written
from kwrest.sql.bound import Value
from kwrest.sql.bound_writes import DeletePoints, InsertRows, UpdateTags
from kwrest.sql.spell.relations import RelationSpeller
from kwrest.types.arrow import to_arrow

_CHUNK = 100_000  # rows of a query's result that are in memory at a time
_INCOMING = "incoming"


def delete_points(con: Connection, series: Series, speller: RelationSpeller, step: DeletePoints) -> int:
    """Rows removed. Devices that are named without a time go themselves, their tags too (facts 2.10)."""
    points, devices = layout.rows_table(step.table), layout.devices_table(step.table)
    where = "" if step.when is None else f" WHERE {speller.condition(step.when)}"
    # Marks stay: they are upper bounds, and a wrong one only costs a look.
    if step.device is None:
        return _removed(con, f"DELETE FROM {points} AS s1{where}")
    named = _devices(con, series, step.table, step.device)
    chosen = pa.table({layout.EID: pa.array(list(named.values()), pa.int32())})
    with staged(con, "chosen", chosen):
        of_devices = f"{layout.EID} IN (SELECT {layout.EID} FROM chosen)"
        if step.when is not None:
            return _removed(con, f"DELETE FROM {points} AS s1{where} AND s1.{of_devices}")
        removed = _removed(con, f"DELETE FROM {points} WHERE {of_devices}")
        con.execute(f"DELETE FROM {devices} WHERE {of_devices}")
    for key in named:
        series.remove(key)
    return removed


def _devices(con: Connection, series: Series, table: Table, wanted: Mapping[int, Value]) -> dict[Key, int]:
    """Keys and eids of the devices that have these primary tags, all of them or some. Nothing equals NULL."""
    if None in wanted.values():
        return {}
    if len(wanted) == len(table.primary_tags):
        key = _key(table, wanted)
        eid = series.find(key)
        return {} if eid is None else {key: eid}
    given = {f"c{tag.id}": to_arrow([wanted[tag.id]], tag.type) for tag in table.primary_tags if tag.id in wanted}
    names = ", ".join(f"e.c{tag.id}" for tag in table.primary_tags)
    match = " AND ".join(f"e.{name} = w.{name}" for name in given)
    with staged(con, "wanted", pa.table(given)):
        found = con.sql(
            f"SELECT e.{layout.EID}, {names} FROM {layout.devices_table(table)} AS e, wanted AS w WHERE {match}"
        ).to_arrow_table()
    return dict(zip(keys(found.columns[1:]), found.column(0).to_pylist(), strict=True))


def update_tags(con: Connection, series: Series, step: UpdateTags) -> int:
    """Devices changed: 1, or 0 when there is none. By delete and insert, as everything here (measurements H3)."""
    eid = None if None in step.device.values() else series.find(_key(step.table, step.device))
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


def insert_points(con: Connection, tables: Tables, speller: RelationSpeller, step: InsertRows) -> Written:
    """INSERT … SELECT into a time-series table. Raises NullViolation.

    The result is set down first, where the engine may spill it: the query may read the table it writes into.
    """
    con.execute(f"CREATE TEMP TABLE {_INCOMING} AS {speller.rows(step.relation)}")
    series, columns = tables.series(con, step.table), tables.columns(step.table)
    first, last = con.execute(f"SELECT min(rowid), max(rowid) FROM {_INCOMING}").fetchall()[0]
    stored = discarded = 0
    # Rows of an open transaction are numbered from somewhere very high, without gaps; without rows there is no number.
    for start in () if first is None else range(first, last + 1, _CHUNK):
        chunk = con.sql(
            f"SELECT * FROM {_INCOMING} WHERE rowid >= {start} AND rowid < {start + _CHUNK} ORDER BY rowid"
        ).to_arrow_table()
        for written in apply_points(con, series, columns, [_batch(step, chunk)]):
            stored += written.rows
            discarded += written.discarded
    con.execute(f"DROP TABLE {_INCOMING}")
    return Written(stored, discarded)


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


def _removed(con: Connection, statement: str) -> int:
    return int(con.execute(statement).fetchall()[0][0])
