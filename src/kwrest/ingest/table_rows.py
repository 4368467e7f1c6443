"""The rows of one table while a body is bound: parts of different shapes become one batch in the body's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kwrest.model import Batch, Column, Dedup, Table
from kwrest.types.arrow import arrow_type, to_arrow
from kwrest.types.values import Value


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one shape. numbers: int32 [n] line numbers, ascending; columns: data column id → array [n];
    tags: the tags given; values: per tag its distinct values; codes: per tag int32 [n], the position in `values`."""

    numbers: npt.NDArray[np.int32]
    columns: Mapping[int, pa.Array]
    tags: Sequence[Column]
    values: Sequence[list[Value]]
    codes: Sequence[npt.NDArray[np.int32]]


@dataclass(slots=True)
class _Device:
    """A device named in the body: its number, the first line that names it, and that line's values of all tags."""

    number: int
    first: int
    tags: tuple[Value, ...]


class TableRows:
    """Grows the batch of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._tags = table.tags
        self._primary = [at for at, tag in enumerate(self._tags) if tag.primary]
        self._devices: dict[tuple[Value, ...], _Device] = {}
        self._parts: list[tuple[Part, npt.NDArray[np.int32]]] = []

    def add(self, part: Part) -> None:
        self._parts.append((part, self._number_devices(part)))

    @property
    def name(self) -> str:
        """The table's."""
        return self._table.name

    @property
    def rows(self) -> int:
        return sum(len(part.numbers) for part, _ in self._parts)

    @property
    def columns(self) -> int:
        """Different columns that any of the rows has a value for."""
        return len({number for part, _ in self._parts for number in part.columns})

    @property
    def cells(self) -> int:
        """Values that the batch will have, NULLs too."""
        return self.rows * self.columns

    def batch(self, dedup: Dedup) -> Batch:
        """All rows in the order of their lines: which row of a key is the last must not depend on the shapes."""
        numbers = np.concatenate([part.numbers for part, _ in self._parts])
        device = np.concatenate([device for _, device in self._parts])
        ids = dict.fromkeys(number for part, _ in self._parts for number in part.columns)
        columns = {c.id: self._column(c) for c in self._table.data_columns if c.id in ids}
        if len(self._parts) > 1:
            order = np.argsort(numbers, kind="stable")
            device = device[order]
            columns = {number: array.take(pa.array(order)) for number, array in columns.items()}
        known = list(self._devices.values())
        tags = {tag.id: to_arrow([device.tags[at] for device in known], tag.type) for at, tag in enumerate(self._tags)}
        return Batch(self._table, len(numbers), columns, tags, device, dedup)

    def _column(self, column: Column) -> pa.Array:
        made = arrow_type(column.type)
        arrays = [
            part.columns[column.id] if column.id in part.columns else pa.nulls(len(part.numbers), made)
            for part, _ in self._parts
        ]
        return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)

    def _number_devices(self, part: Part) -> npt.NDArray[np.int32]:
        """Each row's device number. Of a device's ordinary tags the first line's values count (facts 2.7)."""
        if not part.codes:
            combinations = np.zeros((1, 0), np.int32)
            firsts, combination = np.zeros(1, np.int64), np.zeros(len(part.numbers), np.int64)
        elif all(codes is part.codes[0] for codes in part.codes):  # all from the line's tags: one code is the series
            one, firsts, combination = np.unique(part.codes[0], return_index=True, return_inverse=True)
            combinations = np.broadcast_to(one[:, None], (len(one), len(part.codes)))
        else:
            combinations, firsts, combination = np.unique(
                np.stack(part.codes, axis=1), axis=0, return_index=True, return_inverse=True
            )
        position = {tag.id: at for at, tag in enumerate(part.tags)}
        numbers = np.empty(len(combinations), np.int32)
        for at, codes in enumerate(combinations):
            tags = tuple(
                part.values[position[tag.id]][codes[position[tag.id]]] if tag.id in position else None
                for tag in self._tags
            )
            numbers[at] = self._device(tags, int(part.numbers[firsts[at]])).number
        return numbers[combination.reshape(-1)]

    def _device(self, tags: tuple[Value, ...], line: int) -> _Device:
        key = tuple(tags[at] for at in self._primary)
        device = self._devices.get(key)
        if device is None:
            device = self._devices[key] = _Device(len(self._devices), line, tags)
        elif line < device.first:
            device.first, device.tags = line, tags
        return device
