"""Cells of lines → Arrow arrays of a column's type. Whole columns where the kinds allow it; one by one, by the rules of
`types.fit`, where they do not — so a line means what the same literal means in INSERT, with one exception:
a number without suffix is a float to the protocol, so an INT column takes it when it is integral (the seed's `voltage=220`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kwrest.errors import KwrestError
from kwrest.ingest.scanned import FieldColumn, Kind
from kwrest.model import Column
from kwrest.types.arrow import arrow_type, to_arrow
from kwrest.types.fit import EPOCH_RANGE, fit, fit_quoted
from kwrest.types.kinds import Family, Type
from kwrest.types.values import Value

_TIMES = (Family.TIMESTAMP, Family.TIMESTAMPTZ)


@dataclass(frozen=True, slots=True)
class Converted:
    """values: Arrow array [n] of the column's type; refused: row → why its value does not fit (there the value is NULL)."""

    values: pa.Array
    refused: Mapping[int, KwrestError]


def convert_field(field: FieldColumn, column: Column, zone: ZoneInfo) -> Converted:
    """A field of a shape as values of `column`. zone: of zone-less timestamp text."""
    whole = _whole_column(field, column.type)
    if whole is not None:
        return Converted(whole, {})
    values, refused = fit_field(field, column, zone)
    return Converted(to_arrow(values, column.type), refused)


def fit_field(field: FieldColumn, column: Column, zone: ZoneInfo) -> tuple[list[Value], dict[int, KwrestError]]:
    """The same, one by one, as Python values."""
    values: list[Value] = []
    refused: dict[int, KwrestError] = {}
    integral = column.type.family is Family.INT or column.type.family in _TIMES
    for row in range(len(field.cells)):
        value: Value = field.value(row)
        if integral and isinstance(value, float) and value.is_integer():
            value = int(value)
        try:
            values.append(fit(value, column.type, column.name, zone))
        except KwrestError as error:
            refused[row] = error
            values.append(None)
    return values, refused


def fit_tags(texts: list[str], column: Column, zone: ZoneInfo) -> tuple[list[Value], dict[int, KwrestError]]:
    """Tag values, which are text in the protocol, as values of the column's type: read like an untyped literal."""
    values: list[Value] = []
    refused: dict[int, KwrestError] = {}
    for number, text in enumerate(texts):
        try:
            values.append(fit_quoted(text, column.type, column.name, zone))
        except KwrestError as error:
            refused[number] = error
            values.append(None)
    return values, refused


def convert_time(time: npt.NDArray[np.int64], column: Column) -> Converted:
    """The lines' time, int64 [n] nanoseconds, as the table's time column.

    Digits beyond the column's precision are cut, towards the past, as KWDB cuts them on this path (facts 1.8): a point
    never moves into a later bucket. KWDB's range of the precision holds (facts 2.4).
    """
    precision = column.type.precision or 3
    unit = 10 ** (9 - precision)
    units = time // unit
    low, high = EPOCH_RANGE[precision]
    refused: dict[int, KwrestError] = {}
    for row in np.flatnonzero((units < low) | (units > high)).tolist():
        try:
            fit(int(units[row]), column.type, column.name)
        except KwrestError as error:
            refused[row] = error
    carried = units if precision == 9 else units * (unit // 1000)  # Arrow carries nanoseconds or microseconds
    return Converted(pa.array(carried).view(arrow_type(column.type)), refused)


# ---------------------------------------------------------------- whole columns


def _whole_column(field: FieldColumn, type: Type) -> pa.Array | None:
    """The column at once, or None when some value must be looked at by itself."""
    kinds = set(np.flatnonzero(np.bincount(field.kinds, minlength=len(Kind))))
    if Kind.UINT in kinds and bool((field.cells[field.kinds == Kind.UINT] < 0).any()):
        return None  # beyond int64
    match type.family:
        case Family.INT if Kind.TEXT not in kinds:
            return _integers(field, type, Kind.FLOAT in kinds)
        case Family.FLOAT if not kinds & {Kind.TEXT, Kind.BOOL}:
            return _floats(field, type)
        case Family.BOOL if kinds <= {Kind.BOOL, Kind.WHOLE, Kind.INT, Kind.UINT}:
            return pa.array(field.cells != 0)
        case Family.STRING if kinds == {Kind.TEXT}:
            return _texts(field, type)
        case _:
            return None


def _integers(field: FieldColumn, type: Type, floats: bool) -> pa.Array | None:
    cells = field.cells
    if floats:
        rows = field.kinds == Kind.FLOAT
        written = cells.view(np.float64)[rows]
        # 2^63 itself is a float and no int64; everything below it converts exactly
        if not bool(((np.floor(written) == written) & (np.abs(written) < 2.0**63)).all()):
            return None
        cells = cells.copy()
        cells[rows] = written.astype(np.int64)
    size = 1 << (type.width * 8 - 1)
    if type.width < 8 and len(cells) and not (-size <= int(cells.min()) and int(cells.max()) < size):
        return None
    return pa.array(cells.astype(f"int{type.width * 8}"))


def _floats(field: FieldColumn, type: Type) -> pa.Array | None:
    made = np.where(field.kinds == Kind.FLOAT, field.cells.view(np.float64), field.cells.astype(np.float64))
    if type.width == 8:
        return pa.array(made)
    with np.errstate(over="ignore"):
        single = made.astype(np.float32)
    return pa.array(single) if bool(np.isfinite(single).all()) else None


def _texts(field: FieldColumn, type: Type) -> pa.Array | None:
    starts = np.concatenate((np.zeros(1, np.int64), field.ends))
    # In a column of nothing but text the cells are 0 … n-1, so the texts lie as Arrow wants them. Lengths are counted
    # in bytes here: a text that is within the width in bytes is so in characters.
    if type.width and int(np.diff(starts).max(initial=0)) > type.width:
        return None
    return pa.LargeStringArray.from_buffers(
        len(field.ends), pa.py_buffer(starts.tobytes()), pa.py_buffer(field.texts)
    ).cast(pa.string())
