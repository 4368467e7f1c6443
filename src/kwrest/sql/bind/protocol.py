"""What binding an expression asks of the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from kwrest.model import Table
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bound import ColumnRef, Relation


class Scope(Protocol):
    """clause: `SELECT`, `WHERE`, `GROUP BY`, `HAVING`, `ORDER BY`, `ON`, `LIMIT`, `VALUES`, …; table: the single
    time-series table in FROM, for the first / last family; time: its time column; windows: what WINDOW names."""

    clause: str

    @property
    def windows(self) -> Mapping[str, tree.Window]: ...
    @property
    def context(self) -> Context: ...
    @property
    def table(self) -> Table | None: ...
    @property
    def time(self) -> ColumnRef | None: ...
    def column(self, name: tree.Name) -> ColumnRef:
        """The column a name means. Raises UndefinedColumn, AmbiguousColumn, NoSourceMatches."""
        ...

    def subquery(self, query: tree.Query) -> Relation:
        """A query that stands inside an expression, bound."""
        ...
