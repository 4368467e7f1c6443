"""SHOW CREATE: a table or database as the statement that would make it, in KWDB's layout (facts 2.6)."""

from __future__ import annotations

import re

from kwrest.model import Column, Database, DatabaseKind, Table, TableKind
from kwrest.sql.grammar.keywords import COLUMN_ONLY, FUNCTION_OR_TYPE, RESERVED
from kwrest.sql.partitions import DAY, DEFAULT_INTERVAL, lifetime

_BARE = re.compile(r"[a-z_][a-z0-9_$]*\Z")

# Words KWDB prints in double quotes when they are names: those its grammar does not take as a bare name everywhere.
QUOTED_WORDS = RESERVED | FUNCTION_OR_TYPE | COLUMN_ONLY


def quoted(name: str) -> str:
    """A name as KWDB prints it: in double quotes when it needs them."""
    if _BARE.match(name) and name not in QUOTED_WORDS:
        return name
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def retention_text(database: Database, table: Table) -> str | None:
    """`20d` as written for the table, else the seconds it took over from its database; None when nothing is set."""
    written = table.options.get("retentions", "").replace(" ", "").lower()
    seconds = lifetime(database, table)
    return written or (f"{seconds}s" if seconds else None)


def show_create_database(database: Database) -> str:
    """The text of SHOW CREATE DATABASE."""
    name = quoted(database.name)
    if database.kind is DatabaseKind.RELATIONAL:
        return f"CREATE DATABASE {name}"
    days = (database.partition_interval or DEFAULT_INTERVAL) // DAY
    return f"CREATE TS DATABASE {name}\n\t retentions {database.retention}s \n\t partition interval {days}d "


def show_create_table(database: Database, table: Table) -> str:
    """The text of SHOW CREATE TABLE, for both kinds of table and for views."""
    if table.kind is TableKind.TIME_SERIES:
        return _time_series(database, table)
    if table.view is not None:
        names = ", ".join(quoted(c.name) for c in table.columns)
        return f"CREATE VIEW {quoted(table.name)} ({names}) AS {table.view.text}"
    return _relational(table)


def _time_series(database: Database, table: Table) -> str:
    columns = ",\n\t".join(_column(c) for c in table.data_columns)
    tags = ",\n\t".join(_tag(t) for t in table.tags)
    primary = ", ".join(quoted(t.name) for t in table.primary_tags)
    retention = retention_text(database, table) or "0s"
    return (
        f"CREATE TABLE {quoted(table.name)} (\n\t{columns}\n) TAGS (\n\t{tags} ) PRIMARY TAGS({primary})\n"
        f"\tretentions {retention}"
    )


def _column(column: Column) -> str:
    default = "" if column.default is None else f" DEFAULT {column.default}"
    return f"{quoted(column.name)} {column.type} {'NULL' if column.nullable else 'NOT NULL'}{default}"


def _tag(tag: Column) -> str:
    # KWDB prints the width of a tag's CHAR even when it is 1, of a column's it does not.
    type_ = f"{tag.type}(1)" if str(tag.type) in ("CHAR", "NCHAR") else str(tag.type)
    return f"{quoted(tag.name)} {type_}{'' if tag.nullable else ' NOT NULL'}"


def key_text(table: Table) -> str:
    """The columns of a relational table's primary key, `a ASC, b ASC`; empty when it has none of its own."""
    return ", ".join(f"{quoted(c.name)} ASC" for c in table.columns if c.primary and not c.hidden)


def _relational(table: Table) -> str:
    lines = [_column(c) for c in table.columns if not c.hidden]
    key = key_text(table)
    if key:
        lines.append(f'CONSTRAINT "primary" PRIMARY KEY ({key})')
    names = [c.name for c in table.columns]
    if not key and not any(c.hidden for c in table.columns):
        names.append(_row_number_name(names))
    lines.append(f'FAMILY "primary" ({", ".join(map(quoted, names))})')
    body = ",\n\t".join(lines)
    return f"CREATE TABLE {quoted(table.name)} (\n\t{body}\n)"


def _row_number_name(taken: list[str]) -> str:
    """What KWDB calls the key it adds to a table without one: rowid, rowid_1, …"""
    candidates = ("rowid", *(f"rowid_{i}" for i in range(1, len(taken) + 1)))
    return next(name for name in candidates if name not in taken)
