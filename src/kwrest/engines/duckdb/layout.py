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


def _create(name: str, columns: Sequence[str]) -> str:
    return f"CREATE TABLE {name} ({', '.join(columns)})"


def _declared(table: Table, column: Column) -> str:
    return f"{column_name(table, column)} {type_name(column.type)}"
