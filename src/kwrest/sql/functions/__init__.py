"""Every function kwrest has, as rows by name. What has no row here is refused (contract S6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from kwrest.sql.functions import aggregates, documents, math, series, strings, system, times
from kwrest.sql.functions.signature import AggregateFunction, Function, Pick, Series, WindowFunction


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Row = TypeVar("_Row", bound=_Named)


def _by_name(rows: Iterable[_Row]) -> dict[str, tuple[_Row, ...]]:
    found: dict[str, tuple[_Row, ...]] = {}
    for row in rows:
        found[row.name] = (*found.get(row.name, ()), row)
    return found


SCALARS: dict[str, tuple[Function, ...]] = _by_name(
    (*math.FUNCTIONS, *strings.FUNCTIONS, *times.FUNCTIONS, *documents.FUNCTIONS, *system.FUNCTIONS)
)
AGGREGATES: dict[str, tuple[AggregateFunction, ...]] = _by_name(aggregates.AGGREGATES)
WINDOWS: dict[str, tuple[WindowFunction, ...]] = _by_name(aggregates.WINDOWS)
PICKS: dict[str, Pick] = {row.name: row for row in aggregates.PICKS}
FORMS: dict[str, series.SeriesForm] = {row.name: row for row in series.FORMS}
SERIES: dict[str, tuple[Series, ...]] = _by_name(aggregates.SERIES)
