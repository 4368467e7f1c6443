"""Whole columns at once must mean what their cells mean one by one; every cell of a generated column is compared."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kwrest.ingest.convert import convert_field, fit_field
from kwrest.ingest.scanned import FieldColumn, Precision
from kwrest.ingest.scanner import scan
from kwrest.model import Column
from kwrest.types.arrow import arrow_type, to_arrow
from kwrest.types.fit import UTC
from tests.ingest.tables import KINDS

_edges = st.sampled_from(
    [0, 1, -1, 2**15 - 1, 2**15, -(2**15), -(2**15) - 1, 2**31 - 1, 2**31, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63)]
)
_int64 = st.one_of(_edges, st.integers(-(2**63), 2**63 - 1))
_floats = st.one_of(
    st.sampled_from([0.0, -0.0, 0.5, 2.0**63, -(2.0**63), 2.0**62, 3.4e38, 3.5e38, 1e39, 1e-50]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**40), 2**40).map(float),
)
_texts = st.text(st.sampled_from("aé温t1"), max_size=6).map(lambda s: f'"{s}"')
_written = {
    "whole": _int64.map(str),
    "int": _int64.map(lambda v: f"{v}i"),
    "uint": st.integers(0, 2**64 - 1).map(lambda v: f"{v}u"),
    "float": _floats.map(repr),
    "bool": st.sampled_from(["t", "f"]),
    "text": _texts,
}
# Mostly columns of one or two kinds: those are the ones that are converted at once.
_columns = st.lists(st.sampled_from(sorted(_written)), min_size=1, max_size=2).flatmap(
    lambda kinds: st.lists(st.one_of(*(_written[kind] for kind in kinds)), min_size=1, max_size=8)
)
_targets = [column for column in KINDS.data_columns if column.name != "ts"]


def field_of(written: list[str]) -> FieldColumn:
    scanned = scan("\n".join(f"m f={value}" for value in written).encode(), Precision.NS, 0)
    assert scanned.refused == ()
    return scanned.shapes[0].fields[0]


@pytest.mark.parametrize("column", _targets, ids=lambda column: str(column.type))
@settings(deadline=None)
@given(written=_columns)
def test_a_column_at_once_is_its_cells_one_by_one(column: Column, written: list[str]) -> None:
    field = field_of(written)
    converted = convert_field(field, column, UTC)
    values, refused = fit_field(field, column, UTC)
    assert converted.values.type == arrow_type(column.type)
    assert {row: str(error) for row, error in converted.refused.items()} == {r: str(e) for r, e in refused.items()}
    assert _plain(converted.values) == _plain(to_arrow(values, column.type))


def _plain(array: pa.Array) -> list[Any]:
    """Python values, zeros with their signs, times as integers."""
    values = array.view("int64") if pa.types.is_timestamp(array.type) else array
    return [(v, math.copysign(1, v)) if isinstance(v, float) else v for v in values.to_pylist()]
