"""Where a table lies in the file: the statements that make and change it."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.engines.duckdb.spelling_types import type_name
from kwrest.model import Column, Table, TableKind
from kwrest.sql.spell.names import EID, SYSTEM_SCHEMA, column_name, devices_table, rows_table, schema_name

__all__ = [
    "EID",
    "SYSTEM_SCHEMA",
    "add_column",
    "column_name",
    "create_schema",
    "create_table",
    "devices_table",
    "drop_column",
    "drop_table",
    "fill_column",
    "move_table",
    "rows_table",
    "schema_name",
]


def create_schema(database: int) -> str:
    return f"CREATE SCHEMA {schema_name(database)}"


def create_table(table: Table) -> tuple[str, ...]:
    """The statements that make a table's storage."""
    if table.kind is not TableKind.TIME_SERIES:
        return (_create(rows_table(table), [_declared(table, c) for c in table.columns]),)
    return (
        _create(devices_table(table), [f"{EID} INTEGER", *(_declared(table, c) for c in table.tags)]),
        _create(rows_table(table), [*(_declared(table, c) for c in table.data_columns), f"{EID} INTEGER"]),
    )


def drop_table(table: Table) -> tuple[str, ...]:
    if table.kind is TableKind.TIME_SERIES:
        return f"DROP TABLE {devices_table(table)}", f"DROP TABLE {rows_table(table)}"
    return (f"DROP TABLE {rows_table(table)}",)


def add_column(table: Table, column: Column) -> str:
    where = devices_table(table) if column.tag else rows_table(table)
    return f"ALTER TABLE {where} ADD COLUMN {_declared(table, column)}"


def drop_column(table: Table, column: Column) -> str:
    where = devices_table(table) if column.tag else rows_table(table)
    return f"ALTER TABLE {where} DROP COLUMN {column_name(table, column)}"


def fill_column(table: Table, column: Column, values: str) -> str:
    """Give a column that was just added its values: text over the bare columns of a row."""
    where, name = devices_table(table) if column.tag else rows_table(table), column_name(table, column)
    if "lambda" in values:  # with one that refers to a column ALTER breaks the database (DuckDB 2.0.0)
        return f"UPDATE {where} SET {name} = {values}"
    # Not by UPDATE where it can be helped: it keeps every row in memory and is in the way of checkpoints (H3).
    return f"ALTER TABLE {where} ALTER COLUMN {name} TYPE {type_name(column.type)} USING {values}"


def move_table(table: Table, moved: Table) -> tuple[str, ...]:
    """The statements that make a table's storage in another database out of the one it has."""
    pairs = [(rows_table(table), rows_table(moved))]
    if table.kind is TableKind.TIME_SERIES:
        pairs.append((devices_table(table), devices_table(moved)))
    return (
        *create_table(moved),
        *(f"INSERT INTO {new} BY NAME SELECT * FROM {old}" for old, new in pairs),
        *drop_table(table),
    )


def _create(name: str, columns: Sequence[str]) -> str:
    return f"CREATE TABLE {name} ({', '.join(columns)})"


def _declared(table: Table, column: Column) -> str:
    return f"{column_name(table, column)} {type_name(column.type)}"
