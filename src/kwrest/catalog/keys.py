"""What indexes and foreign keys add to changes of the catalog: functions from a snapshot to steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kwrest.catalog import rows
from kwrest.catalog.snapshot import Snapshot
from kwrest.engines.base import Step
from kwrest.errors import ReferencedTable, SchemaChanged, UndefinedIndex
from kwrest.model import Index, Table


def with_own_id(table: Table, number: int) -> Table:
    """A new table with its id, which its foreign keys to itself have as well."""
    keys = tuple(replace(k, table=number) if k.table == 0 else k for k in table.foreign_keys)
    return replace(table, id=number, foreign_keys=keys)


def touched(tables: Sequence[Table]) -> Iterator[Table]:
    """The tables with their next version: what was bound without a foreign key that refers to them is bound again."""
    return (replace(table, version=table.version + 1) for table in tables)


def without_references(now: Snapshot, going: Sequence[Table], known: Sequence[Table] | None) -> list[Table]:
    """Tables that stay, without their foreign keys to those that go.

    known: those it was asked for; None: that is not wanted. Raises ReferencedTable (2BP01), SchemaChanged.
    """
    ids = {table.id for table in going}
    changed: dict[int, Table] = {}
    for table in going:
        for child in now.referring(table):
            if child.id in ids:
                continue
            if known is None:
                raise ReferencedTable(name=table.name, by=child.name)
            if all(child.id != other.id for other in known):
                raise SchemaChanged(name=table.name)  # a table nobody checked the right to change
            keys = tuple(k for k in child.foreign_keys if k.table not in ids)
            changed[child.id] = replace(child, foreign_keys=keys, version=child.version + 1)
    return list(changed.values())


def with_index(table: Table, index: Index) -> Table:
    """The table with one more index."""
    return replace(table, indexes=(*table.indexes, index), version=table.version + 1)


def without_index(table: Table, name: str) -> Table:
    """The table without the index. Raises UndefinedIndex."""
    if all(index.name != name for index in table.indexes):
        raise UndefinedIndex(name=name)
    kept = tuple(index for index in table.indexes if index.name != name)
    return replace(table, indexes=kept, version=table.version + 1)


def put_constraints(tables: Sequence[Table]) -> list[Step]:
    """The steps that store tables of which nothing but constraints changed."""
    return [rows.put_table(table)[0] for table in tables]
