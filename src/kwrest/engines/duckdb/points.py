"""Rows into a time-series table: devices first, then points, the last write of (primary tags, time) winning.

Every function here runs in the writer thread, inside its transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.series import Eids, Int64s, Series, keys
from kwrest.engines.duckdb.staging import insert_named, staged
from kwrest.engines.duckdb.storage import Connection
from kwrest.model import Batch, Column, Dedup, Table, Written
from kwrest.types.arrow import arrow_type

_KEY = "k"  # the name under which keys are staged
# Cells that are joined at a time: a short line in a table of a thousand columns is a thousand cells, nearly all NULL.
MAX_CELLS = 8 << 20


def apply_points(con: Connection, series: Series, columns: Sequence[str], batches: Sequence[Batch]) -> list[Written]:
    """Store batches of one table as if one after the other. columns: physical names of the points table, in order."""
    written: list[Written] = []
    most = max(1, MAX_CELLS // len(columns))
    for rule, run in groupby(batches, key=lambda batch: batch.dedup):
        together: list[Batch] = []
        rows = 0
        for batch in run:
            if together and rows + batch.rows > most:
                written += _apply_run(con, series, columns, together, rule)
                together, rows = [], 0
            if batch.rows > most:
                parts = [_apply_run(con, series, columns, [part], rule)[0] for part in _parts(batch, most)]
                written.append(Written(sum(p.rows for p in parts), sum(p.discarded for p in parts)))
            else:
                together.append(batch)
                rows += batch.rows
        if together:
            # Batches of one rule are one: the later row of two is the later row of the joined ones.
            written += _apply_run(con, series, columns, together, rule)
    return written


def _parts(batch: Batch, most: int) -> Iterator[Batch]:
    """The batch as several, of at most so many rows; each names all devices, so that the first tags stay the first."""
    assert batch.device is not None, "it has rows"
    for start in range(0, batch.rows, most):
        columns = {number: array.slice(start, most) for number, array in batch.columns.items()}
        device = batch.device[start : start + most]
        yield replace(batch, rows=len(device), columns=columns, device=device)


def _apply_run(
    con: Connection, series: Series, columns: Sequence[str], batches: list[Batch], rule: Dedup
) -> list[Written]:
    table = batches[0].table
    eids = np.concatenate([_devices(con, series, batch) for batch in batches])
    rows = _joined(batches, columns, eids)
    if not len(eids):
        return [Written(0) for _ in batches]
    times = _times(rows, table)
    kept: Int64s = np.arange(len(eids))
    order = np.lexsort((times, eids))  # stable: rows with the same key stay in the order they came in
    same = (np.diff(eids[order]) == 0) & (np.diff(times[order]) == 0)
    if same.any():
        starts = np.flatnonzero(np.concatenate(([True], ~same)))
        ends = np.concatenate((starts[1:], [len(order)]))
        if rule is Dedup.MERGE:
            rows = _folded(rows, order, starts)
        # The first row of a key stays under discard and reject, the last one otherwise.
        keeps_first = rule in (Dedup.DISCARD, Dedup.REJECT)
        kept = order[starts] if keeps_first else order[ends - 1]
        kept.sort()
    late = times[kept] <= series.marks(eids[kept])
    if late.any():
        kept, rows = _settle_late(con, table, rule, rows, kept, late, eids, times)
    if len(kept) < len(eids):
        rows = rows.take(pa.array(kept))
    if len(kept):
        con.from_arrow(rows).insert_into(layout.rows_table(table))
        by_device = np.lexsort((times[kept], eids[kept]))
        last = np.append(np.diff(eids[kept][by_device]) != 0, True)
        newest = kept[by_device[last]]
        series.raise_marks(eids[newest], times[newest])
    return _counted(batches, rule, kept)


def _devices(con: Connection, series: Series, batch: Batch) -> Eids:
    """The eid of each row, int32 [rows]; devices not seen before are stored, the first tag values of each for good."""
    table = batch.table
    found, fresh = series.number(keys([_fitting(batch.tags[tag.id], tag) for tag in table.primary_tags]))
    if fresh:
        chosen = pa.array(fresh, pa.int64())
        arrays = {layout.EID: pa.array(found[fresh], pa.int32())}
        for tag in table.tags:
            arrays[layout.column_name(table, tag)] = _fitting(batch.tags[tag.id], tag).take(chosen)
        insert_named(con, layout.devices_table(table), arrays)
    if batch.device is None or not batch.rows:
        return np.empty(0, np.int32)
    eids: Eids = found[batch.device]
    return eids


def _joined(batches: Sequence[Batch], columns: Sequence[str], eids: Eids) -> pa.Table:
    """The rows of all batches as the points table wants them: every physical column, in its order."""
    filled = [batch for batch in batches if batch.rows]
    by_name = {layout.column_name(batches[0].table, column): column for column in batches[0].table.data_columns}
    arrays: dict[str, pa.ChunkedArray] = {}
    for name in columns:
        if name == layout.EID:
            arrays[name] = pa.chunked_array([pa.array(eids, pa.int32())])
            continue
        column = by_name[name]
        type = arrow_type(column.type)
        parts = [_values(batch, column, type) for batch in filled]
        # One chunk: DuckDB takes a fifth of a millisecond for each, however few rows are in it.
        arrays[name] = pa.chunked_array([pa.concat_arrays(parts)] if parts else [], type)
    return pa.table(arrays)


def _values(batch: Batch, column: Column, type: pa.DataType) -> pa.Array:
    array = batch.columns.get(column.id)
    return pa.nulls(batch.rows, type) if array is None else _fitting(array, column)


def _fitting(array: pa.Array, column: Column) -> pa.Array:
    """The array as its physical type: a zone is dropped (the instant stays), milliseconds become microseconds."""
    type = arrow_type(column.type)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array if array.type == type else array.cast(type)


def _times(rows: pa.Table, table: Table) -> Int64s:
    """int64 [n] in the unit of the stored column."""
    column = rows.column(layout.column_name(table, table.time_column))
    times: Int64s = column.cast(pa.int64()).to_numpy()
    return times


def _folded(rows: pa.Table, order: Int64s, starts: Int64s) -> pa.Table:
    """Rows in which the last row of each key has, in every column, the last non-NULL value of that key."""
    length = len(order)
    ends = np.concatenate((starts[1:], [length])) - 1
    positions = np.arange(length)
    folded = []
    for column in rows.columns:
        if not column.null_count:
            folded.append(column)  # the last row's own value is the last non-NULL one
            continue
        valid = column.is_valid().to_numpy()[order]
        latest = np.maximum.reduceat(np.where(valid, positions, -1), starts)
        source = np.arange(length)
        has_value = latest >= 0
        source[order[ends[has_value]]] = order[latest[has_value]]
        folded.append(column.take(pa.array(source)))
    return pa.table(folded, schema=rows.schema)


def _settle_late(
    con: Connection, table: Table, rule: Dedup, rows: pa.Table, kept: Int64s, late: npt.NDArray[np.bool_],
    eids: Eids, times: Int64s,
) -> tuple[Int64s, pa.Table]:  # fmt: skip
    """Deal with rows that may repeat a stored one: which of `kept` are still to be inserted, and all rows as changed."""
    time = layout.column_name(table, table.time_column)
    points = layout.rows_table(table)
    suspects = kept[late]
    stamps = rows.column(time).take(pa.array(suspects))
    keyed = pa.table(
        {"n": pa.array(suspects, pa.int64()), layout.EID: pa.array(eids[suspects], pa.int32()), "t": stamps}
    )
    # The bounds let DuckDB skip every row group that is older or newer.
    low, high = times[suspects].min(), times[suspects].max()
    unit = "make_timestamp_ns" if stamps.type.unit == "ns" else "make_timestamp"
    match = (
        f"p.{layout.EID} = {_KEY}.{layout.EID} AND p.{time} = {_KEY}.t"
        f" AND p.{time} BETWEEN {unit}({low}) AND {unit}({high})"
    )
    with staged(con, _KEY, keyed):
        if rule is Dedup.OVERRIDE:
            con.execute(f"DELETE FROM {points} AS p USING {_KEY} WHERE {match}")
            return kept, rows
        stored = con.sql(f"SELECT {_KEY}.n, p.* FROM {points} AS p, {_KEY} WHERE {match}").to_arrow_table()
        if rule is Dedup.MERGE and stored.num_rows:
            con.execute(f"DELETE FROM {points} AS p USING {_KEY} WHERE {match}")
    repeated = stored.column(0).to_numpy()
    if rule is not Dedup.MERGE:
        return np.setdiff1d(kept, repeated, assume_unique=True), rows
    return kept, _filled(rows, stored.drop_columns(["n"]), repeated)


def _filled(rows: pa.Table, stored: pa.Table, positions: Int64s) -> pa.Table:
    """Rows in which the NULLs of those at `positions` are what was stored; stored: [positions], columns by name."""
    filled = []
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if column.null_count and len(positions):
            empty = ~column.is_valid().to_numpy()[positions]
            source = np.arange(rows.num_rows)
            source[positions[empty]] = rows.num_rows + np.flatnonzero(empty)
            both = pa.chunked_array([*column.chunks, *stored.column(name).cast(column.type).chunks], column.type)
            column = both.take(pa.array(source))
        filled.append(column)
    return pa.table(filled, schema=rows.schema)


def _counted(batches: Sequence[Batch], rule: Dedup, kept: Int64s) -> list[Written]:
    """What became of each batch. Rows that overwrite count; only discard and reject leave rows out (facts 2.7)."""
    if rule in (Dedup.OVERRIDE, Dedup.MERGE):
        return [Written(batch.rows) for batch in batches]
    return [Written(stored, given - stored) for given, stored in _shares(batches, kept)]


def _shares(batches: Sequence[Batch], kept: Int64s) -> Iterator[tuple[int, int]]:
    """(rows given, rows kept) of each batch."""
    ends = np.cumsum([batch.rows for batch in batches])
    stored = np.diff(np.searchsorted(kept, ends), prepend=0)
    yield from zip((batch.rows for batch in batches), (int(n) for n in stored), strict=True)
