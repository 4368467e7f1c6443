"""A time-series table's devices in memory: which eid a device has, and how far its points go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.storage import Connection
from kwrest.model import Table

Key = tuple[object, ...]
Int64s = npt.NDArray[np.int64]
Eids = npt.NDArray[np.int32]
NO_POINT = np.iinfo(np.int64).min


class Series:
    """Devices and marks of one table. Only the writer thread touches it.

    A mark is the greatest time a device ever had: a row above it cannot be a second one. After a deletion it is merely
    an upper bound. Changes since `begin` are undone by `rollback`, so memory never says what the file does not.
    """

    def __init__(self) -> None:
        self._eids: dict[Key, int] = {}
        self._marks: Int64s = np.full(64, NO_POINT, np.int64)
        self._next = 1
        self._begun_next = 1
        self._undo_devices: list[tuple[Key, int | None]] = []  # what a key stood for before
        self._undo_marks: list[tuple[Eids, Int64s]] = []

    @classmethod
    def load(cls, con: Connection, table: Table) -> Series:
        """Read devices and marks from the file."""
        made = cls()
        names = [layout.column_name(table, tag) for tag in table.primary_tags]
        devices = con.sql(
            f"SELECT {layout.EID}, {', '.join(names)} FROM {layout.devices_table(table)}"
        ).to_arrow_table()
        eids = devices.column(0).to_pylist()
        made._eids = dict(zip(keys([devices.column(i + 1) for i in range(len(names))]), eids, strict=True))
        made._next = max(eids, default=0) + 1
        made._grow()
        time = layout.column_name(table, table.time_column)
        marks = con.sql(
            f"SELECT {layout.EID}, max({time}) FROM {layout.rows_table(table)} GROUP BY {layout.EID}"
        ).to_arrow_table()
        made._marks[marks.column(0).to_numpy()] = marks.column(1).cast(pa.int64()).to_numpy()
        return made

    def begin(self) -> None:
        self._begun_next = self._next
        self._undo_devices.clear()
        self._undo_marks.clear()

    def rollback(self) -> None:
        for key, eid in reversed(self._undo_devices):
            if eid is None:
                del self._eids[key]
            else:
                self._eids[key] = eid
        for eids, marks in reversed(self._undo_marks):
            self._marks[eids] = marks
        self._next = self._begun_next
        self.begin()

    def find(self, key: Key) -> int | None:
        return self._eids.get(key)

    def number(self, wanted: Sequence[Key]) -> tuple[Eids, list[int]]:
        """eids int32 [n] of devices, and the positions of those that had none before (the first one of each)."""
        found = np.empty(len(wanted), np.int32)
        fresh: list[int] = []
        for position, key in enumerate(wanted):
            eid = self._eids.get(key)
            if eid is None:
                eid = self._eids[key] = self._next
                self._next += 1
                self._undo_devices.append((key, None))
                fresh.append(position)
            found[position] = eid
        self._grow()
        return found, fresh

    def remove(self, key: Key) -> None:
        """Forget a device that was deleted; its eid is not given again while this process lives."""
        self._undo_devices.append((key, self._eids.pop(key)))

    def marks(self, eids: Eids) -> Int64s:
        """int64 [n], NO_POINT for a device without points."""
        return self._marks[eids]

    def raise_marks(self, eids: Eids, times: Int64s) -> None:
        """eids: distinct; times: int64, the greatest of each."""
        before = self._marks[eids]
        self._undo_marks.append((eids, before))
        self._marks[eids] = np.maximum(before, times)

    def _grow(self) -> None:
        if self._next >= len(self._marks):
            wider = np.full(max(self._next + 1, 2 * len(self._marks)), NO_POINT, np.int64)
            wider[: len(self._marks)] = self._marks
            self._marks = wider


def keys(columns: Sequence[pa.Array | pa.ChunkedArray]) -> list[Key]:
    """Primary-tag values, one tuple a device, in a form in which equal values are equal in Python."""
    plain = []
    for column in columns:
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())  # a datetime would lose nanoseconds
        values = column.to_pylist()
        if pa.types.is_floating(column.type):
            values = ["NaN" if v != v else v for v in values]  # NaN is no value's equal, here it is its own
        plain.append(values)
    return list(zip(*plain, strict=True))
