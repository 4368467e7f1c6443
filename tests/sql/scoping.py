"""The scope of a query over one table, for tests of expressions alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from kwrest.errors import UndefinedColumn, Unsupported
from kwrest.model import Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bound import ColumnRef, Relation
from tests.sql.world import ROOT, SHOP, UTC, SmallWorld


@dataclass
class OneTable:
    """A `Scope` with one table as source 1, or none; it knows no subqueries."""

    context: Context
    source: Table | None = None
    clause: str = "SELECT"
    windows: Mapping[str, tree.Window] = field(default_factory=dict)

    @property
    def table(self) -> Table | None:
        found = self.source
        return found if found is not None and found.kind is TableKind.TIME_SERIES else None

    @property
    def time(self) -> ColumnRef | None:
        return ColumnRef(1, 1, self.table.columns[0].type) if self.table is not None else None

    def column(self, name: tree.Name) -> ColumnRef:
        wanted = name.parts[-1].name
        found = self.source.column(wanted) if self.source is not None else None
        if found is None:
            raise UndefinedColumn(name=wanted)
        return ColumnRef(1, found.id, found.type)

    def subquery(self, query: tree.Query) -> Relation:
        raise Unsupported(what="a subquery in this test")


def scope_of(table: Table | None, clause: str = "SELECT", zone: ZoneInfo = UTC) -> OneTable:
    """The scope of a query over `table`, asked by root."""
    return OneTable(Context(SmallWorld(), ROOT, SHOP, zone), table, clause)
