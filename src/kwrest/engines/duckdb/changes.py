"""The steps of a change, each in the writer thread and inside its transaction."""

from __future__ import annotations

from dataclasses import replace

from kwrest.engines.base import (
    AddStorageColumn,
    ClearRows,
    CreateSchema,
    CreateStorage,
    DropSchema,
    DropStorage,
    DropStorageColumn,
    MoveStorage,
    Put,
    Remove,
    Step,
    VerifyRows,
)
from kwrest.engines.duckdb import devices, layout, system_rows
from kwrest.engines.duckdb.constraints import refuse_nulls, refuse_orphans, refuse_repeated, refuse_unchecked
from kwrest.engines.duckdb.relational import Rewrite
from kwrest.engines.duckdb.row_numbers import RowNumbers
from kwrest.engines.duckdb.storage import Connection
from kwrest.engines.duckdb.tables import Tables
from kwrest.model import Table, TableKind
from kwrest.sql.bound_writes import (
    DeletePoints,
    DeleteRows,
    Guard,
    InsertBatch,
    InsertRows,
    UpdateRows,
    UpdateTags,
)
from kwrest.sql.spell.relations import RelationSpeller
from kwrest.system import TABLES


class Changer:
    """Carries out steps and keeps what the writer knows of the tables in step with them.

    discarded: rows that the dedup rule kept out so far.
    """

    def __init__(self, tables: Tables, speller: RelationSpeller, numbers: RowNumbers) -> None:
        self._tables = tables
        self._speller = speller
        self._numbers = numbers
        self.discarded = 0

    def carry_out(self, con: Connection, step: Step) -> int:
        """One step; the rows it touched. Raises SchemaChanged for a table that is another by now."""
        match step:
            case Put():
                return self._put(con, step)
            case Remove():
                return system_rows.remove(con, step.table, step.column, step.values)
            case CreateSchema():
                con.execute(layout.create_schema(step.database))
            case DropSchema():
                con.execute(f"DROP SCHEMA {layout.schema_name(step.database)} CASCADE")
                self._tables.schema_dropped(con)
            case CreateStorage():
                for statement in layout.create_table(step.table):
                    con.execute(statement)
                self._tables.created(con, step.table)
            case DropStorage():
                for statement in layout.drop_table(step.table):
                    con.execute(statement)
                self._tables.dropped(step.table)
            case AddStorageColumn():
                self._alter(con, step.table, layout.add_column(step.table, step.column), *self._filling(step))
            case DropStorageColumn():
                self._alter(con, step.table, layout.drop_column(step.table, step.column))
            case MoveStorage():
                self._move(con, step)
            case VerifyRows():
                self._verify(con, step)
            case ClearRows():
                self._tables.check(step.table)
                con.execute(f"DELETE FROM {layout.rows_table(step.table)}")
            case DeletePoints() | UpdateTags() | InsertRows() if step.table.kind is TableKind.TIME_SERIES:
                self._tables.check(step.table)
                return self._series(con, step)
            case InsertBatch() | InsertRows() | DeleteRows() | UpdateRows():
                return self._rewrite(con, step)
        return 0

    def _series(self, con: Connection, step: InsertRows | DeletePoints | UpdateTags) -> int:
        """A statement that changes points or devices."""
        match step:
            case InsertRows():
                written = devices.insert_points(con, self._tables, self._speller, step)
                self.discarded += written.discarded
                return written.rows
            case DeletePoints():
                return devices.delete_points(con, self._tables.series(con, step.table), self._speller, step)
            case UpdateTags():
                return devices.update_tags(con, self._tables.series(con, step.table), step)

    def _rewrite(self, con: Connection, step: InsertBatch | InsertRows | DeleteRows | UpdateRows) -> int:
        """A statement that changes rows of relational tables."""
        self._tables.check(step.table)
        for guard in step.guards:
            self._check(guard)
        rewrite = Rewrite(con, self._speller, self._numbers, step.guards)
        match step:
            case InsertBatch():
                touched = rewrite.insert_batch(step)
            case InsertRows():
                touched = rewrite.insert_rows(step)
            case DeleteRows():
                touched = rewrite.delete_rows(step)
            case UpdateRows():
                touched = rewrite.update_rows(step)
        rewrite.finish()
        return touched

    def _check(self, guard: Guard) -> None:
        """What a guard says of other tables must be so still."""
        self._tables.check(guard.table)
        for _, other in (*guard.parents, *guard.children):
            self._tables.check(other)

    def _verify(self, con: Connection, step: VerifyRows) -> None:
        self._tables.check(step.table)
        rows = layout.rows_table(step.table)
        refuse_nulls(con, step.table, step.filled, rows)
        refuse_repeated(con, self._speller, step.table, step.keys, rows, None)
        if step.guard is not None:
            refuse_unchecked(con, self._speller, step.guard.checks, rows)
            refuse_orphans(con, step.table, step.guard.parents, rows, "insert")

    def _put(self, con: Connection, step: Put) -> int:
        if step.table.id == TABLES.id:
            versions = zip(step.rows["id"], step.rows["version"], strict=True)
            self._tables.versioned({int(str(number)): int(str(version)) for number, version in versions})
        return system_rows.put(con, step.table, step.rows)

    def _alter(self, con: Connection, table: Table, *statements: str) -> None:
        self._tables.check(table)
        for statement in statements:
            con.execute(statement)
        self._tables.altered(con, table)

    def _filling(self, step: AddStorageColumn) -> list[str]:
        """What gives the stored rows the values of a new column."""
        if step.values is None:
            return []
        return [layout.fill_column(step.table, step.column, self._speller.condition(step.values))]

    def _move(self, con: Connection, step: MoveStorage) -> None:
        self._tables.check(step.table)
        moved = replace(step.table, database=step.database)
        for statement in layout.move_table(step.table, moved):
            con.execute(statement)
        self._tables.altered(con, moved)
