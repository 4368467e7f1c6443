"""Physical names: a table and its columns go by their ids, so no name of a user's ever reaches an engine."""

from __future__ import annotations

from kwrest.model import Column, Table, TableKind

SYSTEM_SCHEMA = "kwrest.kwrest"  # catalog and schema: the bare word would be ambiguous, the file is named so too
EID = "eid"  # numbers a device within its table; int32, never reused while the device has points


def schema_name(database: int) -> str:
    return f"d{database}"


def rows_table(table: Table) -> str:
    """What holds the rows: the points of a time-series table, a relational table, a system table."""
    if table.kind is TableKind.SYSTEM:
        return f'{SYSTEM_SCHEMA}."{table.name}"'
    letter = "p" if table.kind is TableKind.TIME_SERIES else "r"
    return f"d{table.database}.{letter}{table.id}"


def devices_table(table: Table) -> str:
    """What holds a time-series table's devices, one row each."""
    return f"d{table.database}.e{table.id}"


def column_name(table: Table, column: Column) -> str:
    return f'"{column.name}"' if table.kind is TableKind.SYSTEM else f"c{column.id}"
