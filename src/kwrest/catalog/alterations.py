"""The steps of an ALTER TABLE: columns that come and go, and what the rows that are there must fit afterwards."""

from __future__ import annotations

from dataclasses import replace

from kwrest.engines.base import AddStorageColumn, DropStorageColumn, MoveStorage, Step, VerifyRows
from kwrest.model import Table
from kwrest.sql.definitions import AddedColumn, AlterTable, Verified


def altered(before: Table, wanted: AlterTable) -> tuple[Table, list[Step]]:
    """The table afterwards with its version, and the steps that make it so: each raises the version by one."""
    steps: list[Step] = []
    table = before
    for work in wanted.stored:
        if isinstance(work, AddedColumn):
            steps.append(AddStorageColumn(table, work.column, work.values))
        else:
            steps.append(DropStorageColumn(table, work.column))
        table = replace(table, version=table.version + 1)
    if wanted.after.database != before.database and before.view is None:
        steps.append(MoveStorage(table, wanted.after.database))
        table = replace(table, version=table.version + 1)
    after = replace(wanted.after, version=table.version)
    if wanted.verified != Verified():
        steps.append(VerifyRows(after, wanted.verified.keys, wanted.verified.guard, wanted.verified.filled))
    return (after if table.version != before.version else replace(after, version=before.version + 1)), steps
