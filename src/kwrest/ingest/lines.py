"""Scanned lines + the tables as they are now → batches and refusals. What a line cannot have is a returned value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kwrest.errors import (
    BodyTooVaried,
    DuplicateAssignment,
    KwrestError,
    MissingPrimaryTags,
    NotForLines,
    NullViolation,
    UndefinedColumn,
    UndefinedTable,
)
from kwrest.ingest.convert import Converted, convert_field, convert_time, fit_field, fit_tags
from kwrest.ingest.scanned import MAX_REFUSED, Scanned, Shape
from kwrest.ingest.table_rows import Part, TableRows
from kwrest.model import Batch, Column, Dedup, Reject, Table, TableKind
from kwrest.types.arrow import to_arrow
from kwrest.types.fit import UTC
from kwrest.types.values import Value

# Values of one table's rows, NULLs too: lines of a few fields each in a table of a thousand are a thousand values a line.
MAX_CELLS = 16 << 20

Lookup = Callable[[str], Table | None]


@dataclass(frozen=True, slots=True)
class Bound:
    """A body ready to be written. rejects: refused lines in their order, the scanner's among them, at most MAX_REFUSED;
    beyond: how many more there are; curable: whether any of all of them is."""

    batches: tuple[Batch, ...]
    rejects: tuple[Reject, ...]
    beyond: int = 0
    curable: bool = False

    @property
    def rows(self) -> int:
        return sum(b.rows for b in self.batches)

    @property
    def refused(self) -> int:
        """How many lines were refused."""
        return len(self.rejects) + self.beyond


def to_batches(scanned: Scanned, lookup: Lookup, dedup: Dedup = Dedup.OVERRIDE, zone: ZoneInfo = UTC) -> Bound:
    """One batch a table, its rows in the body's order, and a Reject for every line that does not fit.

    lookup: measurement → table (contract S4 is its business), asked once a measurement; None, or a curable KwrestError it
    raises, refuses that measurement's lines, any other error of its ends the call. Raises BodyTooVaried. dedup: the batches' rule; zone: of zone-less timestamp text.
    Tags and fields are matched with the table's columns and tags exactly, then folded; a line's tag may name a column
    and a field may name a tag, as on KWDB's own path. The line's time goes to the table's first column.
    """
    refusals = _Refusals(scanned)
    tables: dict[str, Table | KwrestError] = {}
    rows: dict[int, TableRows] = {}
    for shape in scanned.shapes:
        if shape.measurement not in tables:
            tables[shape.measurement] = _find(lookup, shape.measurement)
        table = tables[shape.measurement]
        if isinstance(table, KwrestError):
            refusals.add_all(shape, table)
            continue
        try:
            plan = _plan(shape, table)
        except KwrestError as error:
            refusals.add_all(shape, error)
            continue
        part = _part(shape, table, plan, zone, refusals)
        if len(part.numbers):
            rows.setdefault(table.id, TableRows(table)).add(part)
    for of_table in rows.values():
        if of_table.cells > MAX_CELLS:
            raise BodyTooVaried(name=of_table.name, rows=of_table.rows, columns=of_table.columns)
    return Bound(tuple(r.batch(dedup) for r in rows.values()), refusals.in_order(), refusals.beyond, refusals.curable)


def _find(lookup: Lookup, measurement: str) -> Table | KwrestError:
    try:
        table = lookup(measurement)
    except KwrestError as error:
        if not error.curable:  # says something about the one who asks, not about these lines
            raise
        return error
    if table is None:
        return UndefinedTable(name=measurement)
    return table if table.kind is TableKind.TIME_SERIES else NotForLines(name=table.name)


# ---------------------------------------------------------------- which key is which column


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the keys of a shape go: (column, position of the tag or field in the shape)."""

    from_tags: tuple[tuple[Column, int], ...]
    from_fields: tuple[tuple[Column, int], ...]


def _plan(shape: Shape, table: Table) -> _Plan:
    """Match the keys. Raises UndefinedColumn, DuplicateAssignment, MissingPrimaryTags, NullViolation."""
    by_name = {c.name: c for c in table.columns if not c.hidden}
    given = {table.time_column.id}

    def matched(key: str) -> Column:
        column = by_name.get(key) or by_name.get(key.lower())
        if column is None:
            raise UndefinedColumn(name=key)
        if column.id in given:
            raise DuplicateAssignment(name=column.name)
        given.add(column.id)
        return column

    from_tags = tuple((matched(key), at) for at, key in enumerate(shape.tag_keys))
    from_fields = tuple((matched(key), at) for at, key in enumerate(shape.field_keys))
    if any(c.id not in given for c in table.primary_tags):
        raise MissingPrimaryTags(names=" ".join(c.name for c in table.primary_tags))
    for column in table.columns:
        if not column.nullable and column.id not in given:
            raise NullViolation(column=column.name)
    return _Plan(from_tags, from_fields)


# ---------------------------------------------------------------- the values


@dataclass(slots=True)
class _Tags:
    """Tag values of a shape, coded. columns: the tags; values: per tag the distinct values; codes: per tag int [n]."""

    columns: list[Column] = field(default_factory=list)
    values: list[list[Value]] = field(default_factory=list)
    codes: list[npt.NDArray[np.int32]] = field(default_factory=list)

    def add(self, column: Column, values: list[Value], codes: npt.NDArray[np.int32]) -> None:
        self.columns.append(column)
        self.values.append(values)
        self.codes.append(codes)


def _part(shape: Shape, table: Table, plan: _Plan, zone: ZoneInfo, refusals: _Refusals) -> Part:
    """The shape's rows that fit, as columns; the others are refused for the first thing that is wrong with each."""
    bad: dict[int, KwrestError] = {}
    columns: dict[int, pa.Array] = {}
    tags = _Tags()

    def take(column: Column, converted: Converted) -> None:
        columns[column.id] = converted.values
        for row, error in converted.refused.items():
            bad.setdefault(row, error)

    take(table.time_column, convert_time(shape.time, table.time_column))
    for column, at in plan.from_tags:
        values, refused = fit_tags(shape.tags[at], column, zone)
        if refused:
            for row in np.flatnonzero(np.isin(shape.series, list(refused))).tolist():
                bad.setdefault(row, refused[int(shape.series[row])])
        if column.tag:
            tags.add(column, values, shape.series)
        else:
            columns[column.id] = to_arrow(values, column.type).take(pa.array(shape.series))
    for column, at in plan.from_fields:
        if column.tag:
            values, refused = fit_field(shape.fields[at], column, zone)
            for row, error in refused.items():
                bad.setdefault(row, error)
            tags.add(column, *_coded(values))
        else:
            take(column, convert_field(shape.fields[at], column, zone))
    numbers, codes = shape.numbers, tags.codes
    if bad:
        refusals.add_rows(shape, bad)
        kept = np.ones(shape.rows, bool)
        kept[list(bad)] = False
        numbers, codes = numbers[kept], [c[kept] for c in codes]
        columns = {number: array.filter(pa.array(kept)) for number, array in columns.items()}
    return Part(numbers, columns, tuple(tags.columns), tuple(tags.values), tuple(codes))


def _coded(values: list[Value]) -> tuple[list[Value], npt.NDArray[np.int32]]:
    """Distinct values, and which one each row has."""
    distinct: dict[Value, int] = {}
    codes = np.fromiter((distinct.setdefault(v, len(distinct)) for v in values), np.int32, len(values))
    return list(distinct), codes


# ---------------------------------------------------------------- refusals


class _Refusals:
    """Collects the refused lines of a body."""

    def __init__(self, scanned: Scanned) -> None:
        self._scanned = scanned
        self._rejects = list(scanned.refused)
        self.beyond = scanned.refused_beyond
        self.curable = False

    def add_all(self, shape: Shape, error: KwrestError) -> None:
        self._add(shape, ((row, error) for row in range(shape.rows)), shape.rows)
        self.curable |= error.curable

    def add_rows(self, shape: Shape, errors: dict[int, KwrestError]) -> None:
        self._add(shape, errors.items(), len(errors))
        self.curable |= any(error.curable for error in errors.values())

    def _add(self, shape: Shape, errors: Iterable[tuple[int, KwrestError]], count: int) -> None:
        room = min(count, MAX_REFUSED - len(self._rejects))
        for (row, error), _ in zip(errors, range(room), strict=False):
            text = self._scanned.text(int(shape.starts[row]), int(shape.ends[row]))
            self._rejects.append(Reject(int(shape.numbers[row]), error.message, text, error.sqlstate, error.curable))
        self.beyond += count - room

    def in_order(self) -> tuple[Reject, ...]:
        return tuple(sorted(self._rejects, key=lambda reject: reject.number))
