"""Where a table lies in the file: the statements that make it, and its physical types."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from kwrest.model import Column, Table, TableKind
from kwrest.sql.spell.names import EID, SYSTEM_SCHEMA, column_name, devices_table, rows_table, schema_name
from kwrest.types.kinds import Family, Type

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
    "physical",
    "rows_table",
    "schema_name",
]

_FIXED: dict[Family, tuple[str, pa.DataType]] = {
    Family.BOOL: ("BOOLEAN", pa.bool_()),
    Family.STRING: ("VARCHAR", pa.string()),
    Family.BYTES: ("BLOB", pa.binary()),
    Family.DATE: ("DATE", pa.date32()),
    Family.TIME: ("TIME", pa.time64("us")),
    Family.INTERVAL: ("INTERVAL", pa.month_day_nano_interval()),
    Family.UUID: ("UUID", pa.string()),
    Family.INET: ("VARCHAR", pa.string()),
    Family.JSON: ("VARCHAR", pa.string()),
    Family.BIT: ("VARCHAR", pa.string()),
    Family.GEOMETRY: ("VARCHAR", pa.string()),
    Family.TIMETZ: ("VARCHAR", pa.string()),
}
_INTEGERS = {2: ("SMALLINT", pa.int16()), 4: ("INTEGER", pa.int32()), 8: ("BIGINT", pa.int64())}
_FLOATS = {4: ("FLOAT", pa.float32()), 8: ("DOUBLE", pa.float64())}


def physical(type: Type) -> tuple[str, pa.DataType]:
    """A column's DuckDB type and the Arrow type its values are handed over as."""
    match type.family:
        case Family.INT:
            return _INTEGERS[type.width]
        case Family.FLOAT:
            return _FLOATS[type.width]
        case Family.TIMESTAMP | Family.TIMESTAMPTZ:
            # Never DuckDB's TIMESTAMPTZ: zones are conversions in the generated text, a stored instant is UTC.
            return ("TIMESTAMP_NS", pa.timestamp("ns")) if type.precision == 9 else ("TIMESTAMP", pa.timestamp("us"))
        case Family.DECIMAL:
            width, scale = (type.width, type.scale) if type.width else (38, 10)
            return f"DECIMAL({width},{scale})", pa.decimal128(width, scale)
        case Family.ARRAY if type.element is not None:
            name, element = physical(type.element)
            return f"{name}[]", pa.list_(element)
        case _:
            return _FIXED[type.family]


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
    return f"{column_name(table, column)} {physical(column.type)[0]}"
