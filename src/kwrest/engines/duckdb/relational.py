"""Rows into, out of and within relational tables. Runs in the writer thread, inside its transaction.

New rows are always staged first: they are checked as a whole, and the query that makes them may read the table they go
into. Rows that refer to rows that went or changed follow when the statement's own table is done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.conflicts import kept_rows, merged_rows
from kwrest.engines.duckdb.constraints import keys_at_risk, refuse_orphans, refuse_repeated, refuse_unchecked
from kwrest.engines.duckdb.followers import Follower, followers, not_null
from kwrest.engines.duckdb.row_numbers import STEP, RowNumbers
from kwrest.engines.duckdb.spelling_types import type_name
from kwrest.engines.duckdb.staging import staged
from kwrest.engines.duckdb.storage import Connection
from kwrest.errors import NullViolation, UniqueViolation
from kwrest.model import Batch, Index, Table, Written
from kwrest.sql.bound_writes import Conflict, DeleteRows, Guard, InsertBatch, InsertRows, UpdateRows
from kwrest.sql.spell.relations import RelationSpeller
from kwrest.types.arrow import arrow_type

_INCOMING = "incoming"


def store_batches(
    con: Connection, speller: RelationSpeller, numbers: RowNumbers, table: Table, batches: Sequence[Batch]
) -> list[Written]:
    """Store batches of one table: all at once, and when a key stands twice one after the other; who breaks it is refused."""
    try:
        insert_batches(con, speller, numbers, table, batches)
    except UniqueViolation as broken:
        if len(batches) == 1:
            return [Written(0, refused=broken)]
        return [written for batch in batches for written in store_batches(con, speller, numbers, table, [batch])]
    return [Written(batch.rows) for batch in batches]


def insert_batches(
    con: Connection, speller: RelationSpeller, numbers: RowNumbers, table: Table, batches: Sequence[Batch]
) -> None:
    """Append the rows of batches of one table without checks and references. Raises UniqueViolation; then nothing was
    done, and the transaction can go on."""
    rows = pa.concat_tables([_whole(batch, numbers) for batch in batches])
    if not rows.num_rows:
        return
    given = {number for batch in batches for number in batch.columns}
    with staged(con, _INCOMING, rows):
        try:
            refuse_repeated(con, speller, table, keys_at_risk(table, given), _INCOMING, layout.rows_table(table))
        except UniqueViolation:
            con.unregister(_INCOMING)
            raise
        _append(con, table, _INCOMING)


def _whole(batch: Batch, numbers: RowNumbers) -> pa.Table:
    """The rows with all columns of the table, and with numbers where the engine gives them."""
    arrays = {}
    for column in batch.table.columns:
        type = arrow_type(column.type)
        given = batch.columns.get(column.id)
        array = pa.nulls(batch.rows, type) if given is None else given.cast(type)
        arrays[layout.column_name(batch.table, column)] = numbers.fill(array) if column.numbered else array
    return pa.table(arrays)


@dataclass(frozen=True, slots=True)
class _Left:
    """Rows that a table had: gone, a table with all columns and their numbers n; changed: the table with what they became,
    None when they were deleted; columns: ids of those that may differ."""

    guard: Guard
    gone: str
    changed: str | None = None
    columns: frozenset[int] | None = None


class Rewrite:
    """One statement on a relational table, with everything its foreign keys carry along.

    guards: of the statement. Any of its methods may raise UniqueViolation, CheckViolation, ForeignKeyViolation, NullViolation
    or a guard's 23502; the transaction must be rolled back then.
    """

    def __init__(self, con: Connection, speller: RelationSpeller, numbers: RowNumbers, guards: Sequence[Guard]) -> None:
        self._con = con
        self._speller = speller
        self._numbers = numbers
        self._guards = {guard.table.id: guard for guard in guards}
        self._left: deque[_Left] = deque()
        self._refusing: list[tuple[Follower, str]] = []
        self._made: list[str] = []

    # ------------------------------------------------------------ the statements

    def insert_batch(self, step: InsertBatch) -> int:
        """INSERT … VALUES of constants."""
        with staged(self._con, _INCOMING, _whole(step.batch, self._numbers)):
            rows = self._temporary(f"SELECT * FROM {_INCOMING}")
        return self._insert(step.table, rows, set(step.batch.columns), step.conflict)

    def insert_rows(self, step: InsertRows) -> int:
        """INSERT … SELECT, without leaving the engine."""
        positions = {column.id: n for n, column in enumerate(step.columns, 1)}
        values = []
        for column in step.table.columns:
            if column.id in positions:
                value = f"q.c{positions[column.id]}"
                value = value if column.numbered else not_null(value, column)
            elif column.nullable or column.numbered:
                value = f"CAST(NULL AS {type_name(column.type)})"
            else:
                raise NullViolation(column=column.name)
            values.append(f"{value} AS {layout.column_name(step.table, column)}")
        query = self._speller.rows(step.relation)
        rows = self._temporary(f"SELECT {', '.join(values)} FROM ({query}) AS q")
        for column in step.table.columns:
            if column.numbered:
                self._number(rows, layout.column_name(step.table, column))
        return self._insert(step.table, rows, set(positions), step.conflict)

    def delete_rows(self, step: DeleteRows) -> int:
        """DELETE."""
        target = layout.rows_table(step.table)
        if step.relation is not None:
            picked = f"SELECT DISTINCT c1 AS n FROM ({self._speller.rows(step.relation)}) AS q"
        elif self._guard(step.table).children:
            picked = f"SELECT rowid AS n FROM {target}"
        else:
            return _touched(self._con, f"DELETE FROM {target}")
        touched = self._delete(step.table, self._temporary(picked))
        self._follow()
        return touched

    def update_rows(self, step: UpdateRows) -> int:
        """UPDATE."""
        positions = {column.id: n for n, column in enumerate(step.columns, 2)}
        values = []
        for column in step.table.columns:
            name = layout.column_name(step.table, column)
            value = not_null(f"q.c{positions[column.id]}", column) if column.id in positions else f"t.{name}"
            values.append(f"{value} AS {name}")
        once = f"SELECT DISTINCT ON (c1) * FROM ({self._speller.rows(step.relation)}) AS q"
        rows = self._temporary(
            f"SELECT q.c1 AS n, {', '.join(values)} FROM ({once}) AS q"
            f" JOIN {layout.rows_table(step.table)} AS t ON t.rowid = q.c1"
        )
        touched = self._replace(step.table, rows, frozenset(positions), "update")
        self._follow()
        return touched

    # ------------------------------------------------------------ rows of one table

    def _insert(self, table: Table, rows: str, given: set[int], conflict: Conflict | None) -> int:
        """Staged rows with all columns. given: ids of the columns whose values are not the engine's own."""
        guard = self._guard(table)
        if conflict is not None and conflict.values is not None:
            merged = self._temporary(merged_rows(self._con, self._speller, table, conflict, rows))
            touched = self._replace(table, merged, frozenset(given | set(conflict.values)), "upsert")
            self._follow()
            return touched
        if conflict is not None:
            keys = keys_at_risk(table, given) if conflict.key is None else [conflict.key]
            rows = self._temporary(kept_rows(self._con, table, keys, rows))
        refuse_unchecked(self._con, self._speller, guard.checks, rows)
        self._refuse_repeated(table, rows, given)
        written = _append(self._con, table, rows)
        refuse_orphans(self._con, table, guard.parents, rows, "insert")
        return written

    def _delete(self, table: Table, picked: str) -> int:
        """Delete the rows whose numbers stand in `picked(n)`."""
        guard = self._guard(table)
        if guard.children:
            self._left.append(_Left(guard, self._gone(table, picked)))
        return _touched(self._con, f"DELETE FROM {layout.rows_table(table)} WHERE rowid IN (SELECT n FROM {picked})")

    def _replace(self, table: Table, rows: str, given: frozenset[int], verb: str) -> int:
        """Put the staged rows, (n, all columns), into the place of those with the numbers n; a NULL n is a new row.

        Delete and insert: an UPDATE beside an older reader keeps every checkpoint from happening (measurements H3).
        given: ids of the columns that may have changed.
        """
        guard = self._guard(table)
        refuse_unchecked(self._con, self._speller, guard.checks, rows)
        if any(given.intersection(key.referenced) for key, _ in guard.children):
            self._left.append(_Left(guard, self._gone(table, rows), rows, given))
        self._con.execute(f"DELETE FROM {layout.rows_table(table)} WHERE rowid IN (SELECT n FROM {rows})")
        self._refuse_repeated(table, rows, given)
        touched = _append(self._con, table, rows)
        parents = [(key, parent) for key, parent in guard.parents if given.intersection(key.columns)]
        refuse_orphans(self._con, table, parents, rows, verb)
        return touched

    # ------------------------------------------------------------ what refers to rows that are gone

    def _follow(self) -> None:
        """Carry out what foreign keys say, as far as it goes; in the end nothing may refer to what is not there."""
        while self._left:
            left = self._left.popleft()
            for follower in followers(left.guard, left.columns):
                lost = self._temporary(follower.lost(left.gone, left.changed))
                if follower.refuses:
                    self._refusing.append((follower, lost))
                    continue
                picked = self._temporary(follower.affected(lost))
                if not self._con.execute(f"SELECT 1 FROM {picked} LIMIT 1").fetchall():
                    continue
                if follower.deletes:
                    self._delete(follower.child, picked)
                else:
                    rows = self._temporary(follower.rewritten(lost, self._guard(follower.child), self._speller))
                    self._replace(follower.child, rows, frozenset(follower.key.columns), "update")
        for follower, lost in self._refusing:
            if self._con.execute(f"{follower.affected(lost)} LIMIT 1").fetchall():
                raise follower.refusal()

    # ------------------------------------------------------------ parts

    def _guard(self, table: Table) -> Guard:
        return self._guards.get(table.id) or Guard(table)

    def _gone(self, table: Table, picked: str) -> str:
        """The rows with the numbers in `picked(n)`, as they are."""
        rows = layout.rows_table(table)
        return self._temporary(f"SELECT t.rowid AS n, t.* FROM {rows} AS t SEMI JOIN {picked} AS p ON t.rowid = p.n")

    def _temporary(self, query: str) -> str:
        """The rows of a query in a table of their own, which may spill; `finish` drops it, or the end of a transaction that failed."""
        name = f"rows_{len(self._made)}"
        self._con.execute(f"CREATE TEMP TABLE {name} AS {query}")
        self._made.append(name)
        return name

    def finish(self) -> None:
        """Let go of the staged rows."""
        for name in self._made:
            self._con.execute(f"DROP TABLE {name}")
        self._made.clear()

    def _number(self, rows: str, name: str) -> None:
        """Give numbers to the staged rows that have none."""
        missing = int(self._con.execute(f"SELECT count(*) FROM {rows} WHERE {name} IS NULL").fetchall()[0][0])
        if missing:
            first = self._numbers.take(missing)
            places = f"SELECT rowid AS n, row_number() OVER (ORDER BY rowid) - 1 AS k FROM {rows} WHERE {name} IS NULL"
            self._con.execute(
                f"UPDATE {rows} AS t SET {name} = {first} + q.k * {STEP} FROM ({places}) AS q WHERE t.rowid = q.n"
            )

    def _refuse_repeated(self, table: Table, rows: str, given: set[int] | frozenset[int]) -> None:
        keys: list[Index] = keys_at_risk(table, given)
        refuse_repeated(self._con, self._speller, table, keys, rows, layout.rows_table(table))


def _append(con: Connection, table: Table, rows: str) -> int:
    names = ", ".join(layout.column_name(table, column) for column in table.columns)
    return _touched(con, f"INSERT INTO {layout.rows_table(table)} ({names}) SELECT {names} FROM {rows}")


def _touched(con: Connection, statement: str) -> int:
    return int(con.execute(statement).fetchall()[0][0])
