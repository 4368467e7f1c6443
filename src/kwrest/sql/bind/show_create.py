"""SHOW CREATE: a table or database as the statement that would make it, in KWDB's layout (facts 2.6)."""

from __future__ import annotations

import re

from kwrest.model import Column, Database, DatabaseKind, Table, TableKind
from kwrest.sql.grammar.keywords import COLUMN_ONLY, FUNCTION_OR_TYPE, RESERVED
from kwrest.sql.lexer import quoted_name
from kwrest.sql.partitions import DAY, DEFAULT_INTERVAL, lifetime

_BARE = re.compile(r"[a-z_][a-z0-9_$]*\Z")

# Words KWDB prints in double quotes when they are names: those its grammar does not take as a bare name everywhere.
QUOTED_WORDS = RESERVED | FUNCTION_OR_TYPE | COLUMN_ONLY


def quoted(name: str) -> str:
    """A name as KWDB prints it: in double quotes when it needs them."""
    if _BARE.match(name) and name not in QUOTED_WORDS:
        return name
    return quoted_name(name)


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
    """The text of SHOW CREATE TABLE for time-series tables and for views; relational ones: `show_keys.py`."""
    if table.kind is TableKind.TIME_SERIES:
        return _time_series(database, table)
    if table.view is not None:
        names = ", ".join(quoted(c.name) for c in table.columns)
        return f"CREATE VIEW {quoted(table.name)} ({names}) AS {table.view.text}"
    raise TypeError(table.kind)


def _time_series(database: Database, table: Table) -> str:
    columns = ",\n\t".join(column_text(c) for c in table.data_columns)
    tags = ",\n\t".join(_tag(t) for t in table.tags)
    primary = ", ".join(quoted(t.name) for t in table.primary_tags)
    retention = retention_text(database, table) or "0s"
    return (
        f"CREATE TABLE {quoted(table.name)} (\n\t{columns}\n) TAGS (\n\t{tags} ) PRIMARY TAGS({primary})\n"
        f"\tretentions {retention}"
    )


def column_text(column: Column) -> str:
    """A data column as SHOW CREATE TABLE prints it."""
    default = "" if column.default is None else f" DEFAULT {column.default}"
    return f"{quoted(column.name)} {column.type} {'NULL' if column.nullable else 'NOT NULL'}{default}"


def _tag(tag: Column) -> str:
    # KWDB prints the width of a tag's CHAR even when it is 1, of a column's it does not.
    type_ = f"{tag.type}(1)" if str(tag.type) in ("CHAR", "NCHAR") else str(tag.type)
    return f"{quoted(tag.name)} {type_}{'' if tag.nullable else ' NOT NULL'}"
