"""Columns that grow: what the scanner reads line by line becomes the shapes of a body."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import numpy as np

from kwrest.ingest.flaws import Flaw, FlawedLine
from kwrest.ingest.scanned import FieldColumn, Kind, Shape

# Columns of all shapes of one body: a line of eight bytes that is like no other costs a hundred times its size.
MAX_COLUMNS = 20_000

# Fields of one line by key: kind and cell; the cell of a TEXT is still its text.
Cells = dict[str, tuple[Kind, int | str]]


class FieldBuilder:
    """Grows one FieldColumn."""

    __slots__ = ("cells", "ends", "kinds", "texts")

    def __init__(self) -> None:
        self.kinds = bytearray()
        self.cells = array("q")
        self.texts = bytearray()
        self.ends = array("q")

    def add(self, kind: Kind, cell: int | str) -> None:
        """One cell; of a TEXT its text."""
        self.kinds.append(kind)
        if isinstance(cell, int):
            self.cells.append(cell)
        else:
            self.cells.append(len(self.ends))
            self.texts += cell.encode()
            self.ends.append(len(self.texts))

    def built(self) -> FieldColumn:
        return FieldColumn(
            np.frombuffer(bytes(self.kinds), np.uint8),
            np.frombuffer(self.cells, np.int64),
            bytes(self.texts),
            np.frombuffer(self.ends, np.int64) if self.ends else np.empty(0, np.int64),
        )


class SeriesBuilder:
    """The series of one (measurement, sorted tag keys): tag values, and the number of each combination."""

    __slots__ = ("keys", "measurement", "numbers", "values")

    def __init__(self, measurement: str, keys: tuple[str, ...]) -> None:
        self.measurement = measurement
        self.keys = keys
        self.values: tuple[list[str], ...] = tuple([] for _ in keys)
        self.numbers: dict[tuple[str, ...], int] = {}

    def number(self, values: tuple[str, ...]) -> int:
        """The number of these tag values, in the order of the keys."""
        known = self.numbers.get(values)
        if known is None:
            known = self.numbers[values] = len(self.numbers)
            for column, value in zip(self.values, values, strict=True):
                column.append(value)
        return known


class ShapeBuilder:
    """Grows one Shape."""

    __slots__ = ("ends", "fields", "numbers", "series", "series_of", "starts", "time")

    def __init__(self, series_of: SeriesBuilder, keys: tuple[str, ...]) -> None:
        self.series_of = series_of
        self.fields = {key: FieldBuilder() for key in keys}
        self.series, self.numbers = array("i"), array("i")
        self.time, self.starts, self.ends = array("q"), array("q"), array("q")

    def add(self, series: int, fields: Cells, time: int, number: int, start: int, end: int) -> None:
        """One line, which has exactly the fields of the shape; the rest as in Shape."""
        for key, (kind, cell) in fields.items():
            self.fields[key].add(kind, cell)
        self.series.append(series)
        self.time.append(time)
        self.numbers.append(number)
        self.starts.append(start)
        self.ends.append(end)

    def built(self) -> Shape:
        return Shape(
            self.series_of.measurement,
            self.series_of.keys,
            tuple(self.fields),
            self.series_of.values,
            np.frombuffer(self.series, np.int32),
            np.frombuffer(self.numbers, np.int32),
            np.frombuffer(self.time, np.int64),
            np.frombuffer(self.starts, np.int64),
            np.frombuffer(self.ends, np.int64),
            tuple(f.built() for f in self.fields.values()),
        )


class Shapes:
    """All shapes of a body while it is read."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, tuple[str, ...]], SeriesBuilder] = {}
        self._shapes: dict[tuple[SeriesBuilder, tuple[str, ...]], ShapeBuilder] = {}  # under every order of keys seen
        self._columns = 0

    def series(self, measurement: str, tags: Mapping[str, str]) -> tuple[SeriesBuilder, int]:
        """Where the series with these tags, in whatever order they were written, is, and its number there."""
        keys = tuple(sorted(tags))
        series = self._series.get((measurement, keys))
        if series is None:
            series = self._series[(measurement, keys)] = SeriesBuilder(measurement, keys)
        return series, series.number(tuple(tags[key] for key in keys))

    def shape(self, series: SeriesBuilder, keys: tuple[str, ...]) -> ShapeBuilder:
        """Where lines of these series with these fields go. Raises FlawedLine when the body has too many columns already.

        Telegraf sends the fields of a line in random order: every order leads to the one shape of the sorted keys.
        """
        shape = self._shapes.get((series, keys))
        if shape is None:
            ordered = tuple(sorted(keys))
            shape = self._shapes.get((series, ordered))
            if shape is None:
                if self._columns + len(keys) > MAX_COLUMNS:
                    raise FlawedLine(Flaw.TOO_VARIED, str(MAX_COLUMNS))
                self._columns += len(keys)
                shape = self._shapes[(series, ordered)] = ShapeBuilder(series, ordered)
            self._shapes[(series, keys)] = shape
        return shape

    def built(self) -> tuple[Shape, ...]:
        """Every shape once, in the order of their first lines."""
        return tuple(shape.built() for shape in dict.fromkeys(self._shapes.values()))
