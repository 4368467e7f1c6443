"""What a foreign key makes of the rows that refer to rows that went or changed: the texts of each step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.spelling_text import error
from kwrest.engines.duckdb.spelling_types import type_name
from kwrest.errors import ForeignKeyViolation
from kwrest.model import Action, Column, ForeignKey, Table
from kwrest.sql.bound_writes import Guard
from kwrest.sql.spell.relations import RelationSpeller


@dataclass(frozen=True, slots=True)
class Follower:
    """One foreign key that refers to a table whose rows went or changed. updating: they changed."""

    parent: Table
    key: ForeignKey
    child: Table
    updating: bool

    @property
    def action(self) -> Action:
        return self.key.on_update if self.updating else self.key.on_delete

    @property
    def refuses(self) -> bool:
        return self.action in (Action.NO_ACTION, Action.RESTRICT)

    @property
    def deletes(self) -> bool:
        return self.action is Action.CASCADE and not self.updating

    def refusal(self) -> ForeignKeyViolation:
        verb = "update" if self.updating else "delete"
        return ForeignKeyViolation(
            verb=verb, table=self.parent.name, name=self.key.name, where=f' on table "{self.child.name}"'
        )

    def lost(self, gone: str, changed: str | None) -> str:
        """The keys that nothing has any more, o1 …, and with `changed` what became of them, w1 …"""
        names = [layout.column_name(self.parent, c) for c in self.parent.columns_of(self.key.referenced)]
        keys = [f"g.{name} AS o{i}" for i, name in enumerate(names, 1)]
        became = ""
        if changed is not None:
            keys += [f"w.{name} AS w{i}" for i, name in enumerate(names, 1)]
            became = f" JOIN {changed} AS w ON w.n = g.n"
        same = " AND ".join(f"t.{name} = g.{name}" for name in names)
        there = " AND ".join(f"g.{name} IS NOT NULL" for name in names)
        return (
            f"SELECT DISTINCT {', '.join(keys)} FROM {gone} AS g{became}"
            f" ANTI JOIN {layout.rows_table(self.parent)} AS t ON {same} WHERE {there}"
        )

    def affected(self, lost: str) -> str:
        """The numbers n of the rows that refer to lost keys."""
        return (
            f"SELECT c.rowid AS n FROM {layout.rows_table(self.child)} AS c SEMI JOIN {lost} AS l ON {self._referring}"
        )

    def rewritten(self, lost: str, guard: Guard, speller: RelationSpeller) -> str:
        """The rows that refer to lost keys as they are to be: (n, all columns). guard: of the child."""
        values = []
        for column in self.child.columns:
            name = layout.column_name(self.child, column)
            value = f"c.{name}"
            if column.id in self.key.columns:
                value = not_null(self._value(column, guard, speller), column)
            values.append(f"{value} AS {name}")
        return (
            f"SELECT c.rowid AS n, {', '.join(values)} FROM {layout.rows_table(self.child)} AS c"
            f" JOIN {lost} AS l ON {self._referring}"
        )

    @property
    def _referring(self) -> str:
        columns = self.child.columns_of(self.key.columns)
        return " AND ".join(f"c.{layout.column_name(self.child, c)} = l.o{i}" for i, c in enumerate(columns, 1))

    def _value(self, column: Column, guard: Guard, speller: RelationSpeller) -> str:
        type = type_name(column.type)
        if self.action is Action.CASCADE:
            return f"CAST(l.w{self.key.columns.index(column.id) + 1} AS {type})"
        if self.action is Action.SET_DEFAULT:
            return speller.condition(guard.defaults[column.id])
        return f"CAST(NULL AS {type})"


def followers(guard: Guard, changed: frozenset[int] | None) -> Iterator[Follower]:
    """The keys that refer to the guard's table. changed: ids of the columns that changed, None when rows were deleted."""
    for key, child in guard.children:
        if changed is None or changed.intersection(key.referenced):
            yield Follower(guard.table, key, child, changed is not None)


def not_null(value: str, column: Column) -> str:
    """A value on its way into a column, with the guard that a NOT NULL column needs."""
    if column.nullable:
        return value
    name = column.name.replace("'", "''")
    refusal = error("23502", f'null value in column "{name}" violates not-null constraint')
    return f"CASE WHEN {value} IS NULL THEN {refusal} ELSE {value} END"
