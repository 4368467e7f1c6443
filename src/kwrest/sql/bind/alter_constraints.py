"""ALTER TABLE of keys, checks and foreign keys of a relational table (facts 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol, TypeVar

from kwrest.errors import (
    DuplicateConstraint,
    IndexInUse,
    MultiplePrimaryKeys,
    NullableInKey,
    UndefinedConstraint,
    UniqueNeedsDropIndex,
    UnsupportedInSeries,
)
from kwrest.model import Index, Privilege, Table
from kwrest.sql import tree
from kwrest.sql.bind.altering import Altering
from kwrest.sql.bind.constraints import constraint_names, free_name, with_check, with_index, with_primary_key
from kwrest.sql.bind.references import with_foreign_key
from kwrest.sql.bound import TableRight


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


# ---------------------------------------------------------------- ADD


def alter_add_constraint(action: tree.AddConstraint, work: Altering) -> None:
    """ADD [CONSTRAINT c] UNIQUE, CHECK, FOREIGN KEY, PRIMARY KEY: the rows that are there must fit."""
    if work.series:
        kind = action.constraint.kind
        raise UnsupportedInSeries(what=kind if kind == "primary key" else f"{kind} constraint")
    add_constraint(action.constraint, work)


def add_constraint(said: tree.TableConstraint, work: Altering) -> None:
    """One more constraint of a relational table. Raises what `bind/constraints.py` and `bind/references.py` do."""
    if said.kind == "check":
        work.constrain(with_check(work.table, said, work.context))
    elif said.kind == "foreign key":
        table, parent = with_foreign_key(work.table, said, work.context)
        if parent.id != table.id:
            work.need(TableRight(Privilege.SELECT, parent))
        work.constrain(table, parent)
    elif said.kind == "primary key":
        _add_primary_key(said, work)
    else:
        work.constrain(with_index(work.table, said))


def _add_primary_key(said: tree.TableConstraint, work: Altering) -> None:
    """In the place of the hidden key, or of one that the same statement has dropped. Raises MultiplePrimaryKeys."""
    old = work.table.primary_key
    if old is not None and not _hidden(old, work.table):
        raise MultiplePrimaryKeys(name=work.table.name)
    _set_primary_key(said, work)


def alter_primary_key(action: tree.AlterPrimaryKey, work: Altering) -> None:
    """ALTER PRIMARY KEY USING COLUMNS (…): a declared one before it stays as a unique index."""
    if work.series:
        raise UnsupportedInSeries(what="primary key")
    old = work.table.primary_key
    _set_primary_key(action.constraint, work)
    new = work.table.primary_key
    if old is None or new is None or _hidden(old, work.table) or set(old.columns) == set(new.columns):
        return
    names = [column.name for column in work.table.columns_of(old.columns)]
    name = free_name("_".join([work.table.name, *names, "key"]), constraint_names(work.table))
    kept = replace(old, name=name, primary=False, constraint=False)
    work.release(replace(work.table, indexes=(*work.table.indexes, kept)))


def _set_primary_key(said: tree.TableConstraint, work: Altering) -> None:
    for ident in said.columns:
        column = work.table.column(ident.name)
        if column is not None and column.nullable:
            raise NullableInKey(name=column.name)
    others = tuple(index for index in work.table.indexes if not index.primary)
    work.constrain(with_primary_key(replace(work.table, indexes=others), said))


def _hidden(key: Index, table: Table) -> bool:
    return all(column.hidden for column in table.columns_of(key.columns))


# ---------------------------------------------------------------- DROP, RENAME, VALIDATE


def drop_constraint(action: tree.DropConstraint, work: Altering) -> None:
    """DROP CONSTRAINT of a check, a foreign key, or a primary key that gets a successor in the same statement."""
    table, name = work.table, action.name.name
    if work.series or not _has(table, name):
        if action.if_exists:
            return
        raise UndefinedConstraint(name=name)
    for index in table.indexes:
        if index.name == name and not index.primary:
            raise UniqueNeedsDropIndex(name=name)
        if index.name == name:
            _refuse_referenced(index, work)
    work.release(
        replace(
            table,
            indexes=_without(table.indexes, name),
            checks=_without(table.checks, name),
            foreign_keys=_without(table.foreign_keys, name),
        )
    )


def _refuse_referenced(index: Index, work: Altering) -> None:
    for column in work.table.columns_of(index.columns):
        for _, key in work.references(column):
            if set(key.referenced) == set(index.columns):
                raise IndexInUse(name=index.name, what="foreign key constraint")


def rename_constraint(action: tree.RenameConstraint, work: Altering) -> None:
    """RENAME CONSTRAINT a TO b."""
    table, name, to = work.table, action.name.name, action.to.name
    if work.series or not _has(table, name):
        raise UndefinedConstraint(name=name)
    if name == to:
        return
    if to in constraint_names(table):
        raise DuplicateConstraint(name=to)
    work.release(
        replace(
            table,
            indexes=tuple(replace(i, name=to) if i.name == name else i for i in table.indexes),
            checks=tuple(replace(c, name=to) if c.name == name else c for c in table.checks),
            foreign_keys=tuple(replace(k, name=to) if k.name == name else k for k in table.foreign_keys),
        )
    )


def validate_constraint(action: tree.ValidateConstraint, work: Altering) -> None:
    """VALIDATE CONSTRAINT: each was looked at when it was made, so it only has to be there."""
    if work.series or not _has(work.table, action.name.name):
        raise UndefinedConstraint(name=action.name.name)


def _constraints(table: Table) -> Iterator[_Named]:
    """What DROP CONSTRAINT may name: an index that is no constraint is none of these."""
    yield from (index for index in table.indexes if index.unique)
    yield from table.checks
    yield from table.foreign_keys


def _has(table: Table, name: str) -> bool:
    return any(constraint.name == name for constraint in _constraints(table))


def _without(named: Iterable[N], name: str) -> tuple[N, ...]:
    return tuple(one for one in named if one.name != name)
