"""Rows into, out of and within a relational table. Runs in the writer thread, inside its transaction.

New rows are always staged first, as `incoming`: they are checked as a whole, and the query that makes them may read the
table they go into.
"""

from __future__ import annotations

import pyarrow as pa

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.spelling_text import error
from kwrest.engines.duckdb.spelling_types import type_name
from kwrest.engines.duckdb.staging import staged
from kwrest.engines.duckdb.storage import Connection
from kwrest.errors import NullViolation, UniqueViolation
from kwrest.model import Batch, Column, Table
from kwrest.sql.bound import DeleteRows, InsertRows, UpdateRows
from kwrest.sql.spell.relations import RelationSpeller
from kwrest.types.arrow import arrow_type

_INCOMING = "incoming"  # registered, or a temporary table: it may spill, and it goes with the transaction


def insert_batch(con: Connection, batch: Batch) -> int:
    """Append the rows of a batch. Raises UniqueViolation."""
    arrays = {}
    for column in batch.table.columns:
        type = arrow_type(column.type)
        given = batch.columns.get(column.id)
        arrays[layout.column_name(batch.table, column)] = (
            pa.nulls(batch.rows, type) if given is None else given.cast(type)
        )
    if batch.rows:
        with staged(con, _INCOMING, pa.table(arrays)):
            _append(con, batch.table)
    return batch.rows


def insert_rows(con: Connection, speller: RelationSpeller, step: InsertRows) -> int:
    """INSERT … SELECT, without leaving the engine. Raises NullViolation or a guard's 23502, UniqueViolation."""
    positions = {column.id: n for n, column in enumerate(step.columns, 1)}
    values = []
    for column in step.table.columns:
        if column.id in positions:
            value = not_null(f"q.c{positions[column.id]}", column)
        elif column.nullable:
            value = f"CAST(NULL AS {type_name(column.type)})"
        else:
            raise NullViolation(column=column.name)
        values.append(f"{value} AS {layout.column_name(step.table, column)}")
    query = speller.rows(step.relation)
    con.execute(f"CREATE TEMP TABLE {_INCOMING} AS SELECT {', '.join(values)} FROM ({query}) AS q")
    written = _append(con, step.table)
    con.execute(f"DROP TABLE {_INCOMING}")
    return written


def delete_rows(con: Connection, speller: RelationSpeller, step: DeleteRows) -> int:
    where = "" if step.where is None else f" WHERE {speller.condition(step.where)}"
    return _touched(con, f"DELETE FROM {layout.rows_table(step.table)} AS s1{where}")


def update_rows(con: Connection, speller: RelationSpeller, step: UpdateRows) -> int:
    """Delete and insert: an UPDATE beside an older reader keeps every checkpoint from happening (measurements H3).

    Raises a guard's 23502, UniqueViolation.
    """
    table = layout.rows_table(step.table)
    where = "" if step.where is None else f" WHERE {speller.condition(step.where)}"
    values = []
    for column in step.table.columns:
        name = layout.column_name(step.table, column)
        value = f"s1.{name}"
        if column.id in step.values:
            value = not_null(speller.condition(step.values[column.id]), column)
        values.append(f"{value} AS {name}")
    con.execute(f"CREATE TEMP TABLE {_INCOMING} AS SELECT s1.rowid AS n, {', '.join(values)} FROM {table} AS s1{where}")
    touched = _touched(con, f"DELETE FROM {table} WHERE rowid IN (SELECT n FROM {_INCOMING})")
    _append(con, step.table)
    con.execute(f"DROP TABLE {_INCOMING}")
    return touched


def not_null(value: str, column: Column) -> str:
    """A value on its way into a column, with the guard that a NOT NULL column needs."""
    if column.nullable:
        return value
    name = column.name.replace("'", "''")
    refusal = error("23502", f'null value in column "{name}" violates not-null constraint')
    return f"CASE WHEN {value} IS NULL THEN {refusal} ELSE {value} END"


def _append(con: Connection, table: Table) -> int:
    """Move what is staged into the table, unless a primary key would stand there twice."""
    rows = layout.rows_table(table)
    key = [column for column in table.columns if column.primary and not column.hidden]
    if key:
        names = ", ".join(layout.column_name(table, column) for column in key)
        # No index: it costs more at every insert than this join does (measurements A3), and upstream still mends theirs.
        twice = con.execute(
            f"SELECT {names} FROM {_INCOMING} GROUP BY {names} HAVING count(*) > 1"
            f" UNION ALL SELECT {names} FROM {_INCOMING} SEMI JOIN {rows} USING ({names}) LIMIT 1"
        ).fetchall()
        if twice:
            shown = ",".join(f"'{value}'" if isinstance(value, str) else str(value) for value in twice[0])
            raise UniqueViolation(columns=",".join(column.name for column in key), values=shown)
    names = ", ".join(layout.column_name(table, column) for column in table.columns)
    return _touched(con, f"INSERT INTO {rows} ({names}) SELECT {names} FROM {_INCOMING}")


def _touched(con: Connection, statement: str) -> int:
    return int(con.execute(statement).fetchall()[0][0])
