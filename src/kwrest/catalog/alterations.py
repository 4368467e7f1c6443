"""What the actions of an ALTER TABLE make of a table: the table as it is then, and the steps in storage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from kwrest.engines.base import AddStorageColumn, DropStorageColumn, MoveStorage, Step
from kwrest.errors import UndefinedColumn
from kwrest.model import Column, Table
from kwrest.sql.bound import Expr
from kwrest.sql.definitions import AddColumn, Alteration, ChangeColumn, DropColumn, RenameTable, SetLifetime


def altered(table: Table, actions: Sequence[Alteration], next_column: Callable[[], int]) -> tuple[Table, list[Step]]:
    """The table after all actions, and the steps that make it so; next_column: gives ids never used before.

    Each step finds the table as the one before it left it, and raises its version by one. Raises UndefinedColumn for
    a column that an earlier action dropped.
    """
    work = _Work(table, next_column)
    for action in actions:
        work.do(action)
    return (work.table if work.steps else replace(work.table, version=table.version + 1)), work.steps


class _Work:
    """table: as far as the actions have brought it; steps: what it took."""

    def __init__(self, table: Table, next_column: Callable[[], int]) -> None:
        self.table = table
        self.steps: list[Step] = []
        self._next = next_column
        self._ids = {column.id: column.id for column in table.columns}  # as bound → as it is now

    def do(self, action: Alteration) -> None:
        match action:
            case AddColumn():
                self._add(replace(action.column, id=self._next()), action.values)
            case DropColumn():
                self._drop(self._column(action.column))
                del self._ids[action.column.id]
            case ChangeColumn():
                self._change(action)
            case RenameTable():
                if action.database.id != self.table.database and self.table.view is None:
                    self._step(MoveStorage(self.table, action.database.id))
                self.table = replace(self.table, database=action.database.id, name=action.name)
            case SetLifetime():
                options = {**self.table.options, action.option: action.text}
                lifetime: dict[str, Any] = {action.field: action.seconds}
                self.table = replace(self.table, **lifetime, options=options)

    def _change(self, action: ChangeColumn) -> None:
        before = self._column(action.column)
        after = replace(before, **action.fields)
        if action.values is not None:
            # With another id: a query that was bound before finds it gone, instead of values of another type.
            after = replace(after, id=self._next())
            self._ids[action.column.id] = after.id
            place = [column.id for column in self.table.columns].index(before.id)
            self._add(after, action.values)
            self._drop(before)
            others = [column for column in self.table.columns if column.id != after.id]
            self.table = replace(self.table, columns=(*others[:place], after, *others[place:]))
        else:
            self.table = replace(
                self.table, columns=tuple(after if c.id == before.id else c for c in self.table.columns)
            )

    def _add(self, column: Column, values: Expr | None) -> None:
        data, tags = self.table.data_columns, self.table.tags
        columns = (*data, *tags, column) if column.tag else (*data, column, *tags)
        self._step(AddStorageColumn(self.table, column, values), columns=columns)

    def _drop(self, column: Column) -> None:
        columns = tuple(c for c in self.table.columns if c.id != column.id)
        self._step(DropStorageColumn(self.table, column), columns=columns)

    def _step(self, step: Step, **changed: Any) -> None:
        self.steps.append(step)
        self.table = replace(self.table, version=self.table.version + 1, **changed)

    def _column(self, bound: Column) -> Column:
        """The column as it is now."""
        number = self._ids.get(bound.id)
        found = next((c for c in self.table.columns if c.id == number), None)
        if found is None:
            raise UndefinedColumn(name=bound.name)
        return found
