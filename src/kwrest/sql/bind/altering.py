"""A table on its way through the actions of one ALTER TABLE: each finds it as the one before it left it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kwrest.errors import IsNoTag, NotTimeSeries, PrimaryKeyGone, ReferencedTable, UndefinedColumn, UndefinedTag
from kwrest.model import Column, Database, ForeignKey, Index, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.guards import insert_guards
from kwrest.sql.bound import Expr, Right
from kwrest.sql.definitions import AddedColumn, AlterTable, DroppedColumn, Nothing, Verified


class Altering:
    """table: as far as the actions have brought it; database: its own, before them. Ids of new columns are final."""

    def __init__(self, table: Table, database: Database, context: Context) -> None:
        self.table = table
        self.database = database
        self.context = context
        self._before = table
        self._next = context.world.next_column(table)
        self._rights: list[Right] = []
        self._stored: list[AddedColumn | DroppedColumn] = []
        self._touched: list[tuple[str, Column]] = []
        self._parents: list[Table] = []
        self._keys: list[str] = []  # names of indexes whose keys are to be looked at
        self._filled: list[int] = []  # columns that take no NULL any more
        self._guarded = False

    @property
    def series(self) -> bool:
        """Whether it is a time-series table."""
        return self.table.kind is TableKind.TIME_SERIES

    def need(self, *rights: Right) -> None:
        self._rights += [right for right in rights if right not in self._rights]

    def column(self, name: tree.Ident, tag: bool = False) -> Column:
        """The column or tag of that name. tag: the word TAG was written, so nothing else will do.

        Raises UndefinedColumn, UndefinedTag, IsNoTag; NotTimeSeries for tags of a relational table.
        """
        if tag and not self.series:
            raise NotTimeSeries(name=self.table.name)
        column = self.table.column(name.name)
        if column is None or column.secret:
            raise (UndefinedTag if tag else UndefinedColumn)(name=name.name)
        if tag and not column.tag:
            raise IsNoTag(name=column.name)
        return column

    # ------------------------------------------------------------ columns

    def add(self, column: Column, values: Expr | None = None) -> Column:
        """A new column or tag, behind its like. values: of the rows that are there, NULL when None."""
        column = replace(column, id=self._next)
        self._next += 1
        self._stored.append(AddedColumn(column, values))
        if not column.nullable:
            self._filled.append(column.id)
        data, tags = self.table.data_columns, self.table.tags
        columns = (*data, *tags, column) if column.tag else (*data, column, *tags)
        self.table = replace(self.table, columns=columns)
        return column

    def drop(self, column: Column) -> None:
        self._touched.append(("drop", column))
        self._stored.append(DroppedColumn(column))
        self.table = replace(self.table, columns=tuple(c for c in self.table.columns if c.id != column.id))

    def change(self, column: Column, **fields: Any) -> None:
        """Fields of `Column` with their new values; nothing stored changes."""
        for field, word in (("name", "rename"), ("type", "alter type of")):
            if field in fields:
                self._touched.append((word, column))
        if fields.get("nullable") is False:
            self._filled.append(column.id)
        self._put(column, replace(column, **fields))

    def convert(self, column: Column, values: Expr, **fields: Any) -> None:
        """Like `change`, and stored values become others. The column gets another id: what was bound before finds it gone
        and is bound again, instead of reading values of another type."""
        self._touched.append(("alter type of", column))
        made = replace(column, id=self._next, **fields)
        self._next += 1
        self._stored += [AddedColumn(made, values), DroppedColumn(column)]
        self._put(column, made)
        self._keys += [i.name for i in self.table.indexes if i.unique and made.id in i.columns]
        self._guarded = self._guarded or any(made.id in check.columns for check in self.table.checks)

    def _put(self, old: Column, new: Column) -> None:
        """The new column in the place of the old one, in keys and checks too."""

        def renumbered(numbers: Iterable[int]) -> tuple[int, ...]:
            return tuple(new.id if number == old.id else number for number in numbers)

        def index(i: Index) -> Index:
            return replace(
                i,
                columns=renumbered(i.columns),
                descending=renumbered(i.descending),
                storing=renumbered(i.storing),
            )

        self.table = replace(
            self.table,
            columns=tuple(new if c.id == old.id else c for c in self.table.columns),
            indexes=tuple(map(index, self.table.indexes)),
            checks=tuple(replace(check, columns=renumbered(check.columns)) for check in self.table.checks),
        )

    # ------------------------------------------------------------ constraints

    def constrain(self, table: Table, parent: Table | None = None) -> None:
        """The table with constraints that it did not have; what they ask of the rows that are there is looked at.

        parent: what a new foreign key refers to.
        """
        known = {index.name: index for index in self.table.indexes}
        self._keys += [i.name for i in table.indexes if i.unique and known.get(i.name) != i]
        nullable = {column.id for column in self.table.columns if column.nullable}
        self._filled += [c.id for c in table.columns if c.id in nullable and not c.nullable]
        self._guarded = self._guarded or (table.checks, table.foreign_keys) != (
            self.table.checks,
            self.table.foreign_keys,
        )
        if parent is not None and parent.id != table.id:
            self._parents.append(parent)
        self.table = table

    def release(self, table: Table) -> None:
        """The table with fewer constraints."""
        self.table = table

    def references(self, column: Column) -> list[tuple[Table, ForeignKey]]:
        """Foreign keys of other tables that refer to the column."""
        return [
            (child, key)
            for child in self.context.world.referring(self._before)
            for key in child.foreign_keys
            if child.id != self.table.id and key.table == self.table.id and column.id in key.referenced
        ]

    def refuse_referenced(self, column: Column) -> None:
        """Raises ReferencedTable when another table refers to the column."""
        for child, _ in self.references(column):
            raise ReferencedTable(name=self.table.name, by=child.name)

    # ------------------------------------------------------------ the end

    def bound(self) -> AlterTable | Nothing:
        """What is to be carried out. Raises PrimaryKeyGone."""
        rights = tuple(self._rights)
        if self.table == self._before:
            return Nothing(rights)
        if self._before.primary_key is not None and self.table.primary_key is None:
            raise PrimaryKeyGone()
        guards = insert_guards(self.table, self.context) if self._guarded else ()
        verified = Verified(
            tuple(i for i in self.table.indexes if i.name in self._keys),
            tuple(c for c in self.table.columns if c.id in self._filled),
            guards[0] if guards else None,
        )
        return AlterTable(
            self._before, self.table, rights, tuple(self._stored), self._next, verified, tuple(self._touched),
            tuple(self._parents),
        )  # fmt: skip
