"""Foreign keys: declared, and what they refer to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kwrest.errors import (
    DuplicateConstraint,
    NoReferencedKey,
    NotRelational,
    ReferenceCount,
    ReferenceType,
    SetNullImpossible,
    UndefinedColumn,
)
from kwrest.model import Action, Column, ForeignKey, Index, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.constraints import constraint_names, free_name
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import find_table
from kwrest.types.names import spoken


def with_foreign_key(table: Table, said: tree.TableConstraint, context: Context) -> tuple[Table, Table]:
    """The table with one more foreign key, and the table that it refers to, which a user must be allowed to read.

    A key to the table itself has `ForeignKey.table` = its id, 0 as long as it has none. KWDB keeps an index on the
    columns; one is added when none begins with them.

    Raises UndefinedTable, UndefinedColumn, ReferenceCount, ReferenceType, NoReferencedKey, SetNullImpossible,
    DuplicateConstraint, NotRelational.
    """
    assert said.references is not None
    columns = tuple(_column(table, ident) for ident in said.columns)
    parent = _parent(table, said.references.table, context)
    if parent.kind is not TableKind.RELATIONAL:
        raise NotRelational(name=parent.name)
    referenced = referenced_key(parent, said.references.columns, len(columns))
    for column, other in zip(columns, referenced, strict=True):
        if column.type.family is not other.type.family:
            raise ReferenceType(
                column=column.name, type=spoken(column.type), table=parent.name, referenced=other.name,
                found=spoken(other.type),
            )  # fmt: skip
    actions = [_action(word, columns) for word in (said.references.on_delete, said.references.on_update)]
    taken = constraint_names(table)
    if said.name is None:
        name = free_name(f"fk_{columns[0].name}_ref_{parent.name}", taken)
    else:
        name = said.name.name
        if name in taken:
            raise DuplicateConstraint(name=name)
    key = ForeignKey(name, tuple(c.id for c in columns), parent.id, tuple(c.id for c in referenced), *actions)
    table = replace(table, foreign_keys=(*table.foreign_keys, key))
    if all(i.columns[: len(columns)] != key.columns for i in table.indexes):
        index = Index(free_name(f"{table.name}_auto_index_{name}", constraint_names(table)), key.columns)
        table = replace(table, indexes=(*table.indexes, index))
    return table, parent


def _column(table: Table, ident: tree.Ident) -> Column:
    column = table.column(ident.name)
    if column is None or column.secret:
        raise UndefinedColumn(name=ident.name)
    return column


def _parent(table: Table, name: tuple[tree.Ident, ...], context: Context) -> Table:
    """The table of that name; the one that is being made when it is its own."""
    if len(name) == 1 and name[0].name == table.name and table.database == context.database.id:
        return table
    return find_table(name, context)[1]


def referenced_key(parent: Table, names: tuple[tree.Ident, ...], wanted: int) -> tuple[Column, ...]:
    """The columns that REFERENCES means: those it names, else the primary key; together they must be a key.

    Raises UndefinedColumn, ReferenceCount, NoReferencedKey.
    """
    primary = parent.primary_key
    if names:
        columns = tuple(_column(parent, ident) for ident in names)
    else:
        columns = () if primary is None else parent.columns_of(primary.columns)
    if len(columns) != wanted:
        raise ReferenceCount(given=wanted, found=len(columns))
    ids = {c.id for c in columns}
    if not any(index.unique and set(index.columns) == ids for index in parent.indexes):
        raise NoReferencedKey(table=parent.name)
    return columns


def referring(tables: Iterable[Table], context: Context) -> tuple[Table, ...]:
    """The tables that refer to some of `tables` and are none of them."""
    ids = {table.id for table in tables}
    found = {child.id: child for table in tables for child in context.world.referring(table) if child.id not in ids}
    return tuple(found.values())


def _action(word: str, columns: tuple[Column, ...]) -> Action:
    action = Action(word) if word else Action.NO_ACTION
    if action is Action.SET_NULL:
        for column in columns:
            if not column.nullable:
                raise SetNullImpossible(column=column.name)
    return action
