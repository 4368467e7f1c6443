"""Columns of fitted values → one Batch: NOT NULL, the devices numbered by their primary tags, Arrow arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kwrest.errors import DuplicateAssignment, MissingPrimaryTags, UndefinedColumn
from kwrest.model import Batch, Column, Dedup, Table, TableKind
from kwrest.types.arrow import arrow_type, to_arrow
from kwrest.types.values import Value


@dataclass(frozen=True, slots=True)
class Targets:
    """The columns an INSERT gives values for, in its order, and those it leaves out.

    tags_only: a time-series INSERT that lists nothing but tags, which registers devices and stores no row;
    unlisted: columns without a value, to be filled with their DEFAULT or NULL.
    """

    table: Table
    columns: tuple[Column, ...]
    unlisted: tuple[Column, ...]
    tags_only: bool = False


def insert_targets(table: Table, names: Sequence[str]) -> Targets:
    """What `INSERT INTO table (names)` gives values for; no names: every visible column, data columns then tags.

    Raises UndefinedColumn, DuplicateAssignment, MissingPrimaryTags.
    """
    if not names:
        visible = tuple(c for c in table.columns if not c.hidden and not c.secret)
        return Targets(table, visible, tuple(c for c in table.columns if c.hidden))
    chosen: dict[str, Column] = {}
    for name in names:
        column = table.column(name)
        if column is None or column.secret:
            raise UndefinedColumn(name=name)
        if name in chosen:
            raise DuplicateAssignment(name=name)
        chosen[name] = column
    columns = tuple(chosen.values())
    tags_only = False
    if table.kind is TableKind.TIME_SERIES:
        primary = table.primary_tags
        if any(c.name not in chosen for c in primary):
            raise MissingPrimaryTags(names=" ".join(c.name for c in primary))
        tags_only = all(c.tag for c in columns)
    unlisted = tuple(c for c in table.columns if c.name not in chosen and (c.tag or not tags_only))
    return Targets(table, columns, unlisted, tags_only)


def make_batch(targets: Targets, columns: Sequence[Sequence[Value]], dedup: Dedup) -> Batch:
    """One batch of `columns` [len(targets.columns)][rows], which fit already and are not NULL where they must not be.

    pa.ArrowInvalid or OverflowError when a value does not fit its column after all.
    """
    table = targets.table
    rows = len(columns[0]) if columns else 0
    if table.kind is not TableKind.TIME_SERIES:
        data = {c.id: to_arrow(v, c.type) for c, v in zip(targets.columns, columns, strict=True)}
        return Batch(table, rows, data, dedup=dedup)
    data = {c.id: to_arrow(v, c.type) for c, v in zip(targets.columns, columns, strict=True) if not c.tag}
    given = {c.id: v for c, v in zip(targets.columns, columns, strict=True) if c.tag}
    device, first = number_devices([given[c.id] for c in table.primary_tags], rows)
    tags: dict[int, pa.Array] = {}
    for column in table.tags:
        values = given.get(column.id)
        if values is None:
            tags[column.id] = pa.nulls(len(first), arrow_type(column.type))
        else:
            tags[column.id] = to_arrow([values[row] for row in first], column.type)
    if targets.tags_only:
        return Batch(table, 0, {}, tags, np.empty(0, np.int32), dedup)
    return Batch(table, rows, data, tags, device, dedup)


def number_devices(keys: Sequence[Sequence[Value]], rows: int) -> tuple[np.ndarray, list[int]]:
    """Devices of rows by their primary tag values. keys: [primary tags][rows].

    Returns the device number of each row, int32 [rows], and the row in which each device comes first [devices]: that
    row's tags are the device's (facts 2.7).
    """
    index: dict[object, int] = {}
    first: list[int] = []
    device = np.empty(rows, np.int32)
    for row, key in enumerate(keys[0] if len(keys) == 1 else zip(*keys, strict=True)):
        number = index.get(key)
        if number is None:
            number = index[key] = len(first)
            first.append(row)
        device[row] = number
    return device, first
