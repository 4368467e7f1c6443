"""Keys, indexes and constraints as SHOW INDEXES, SHOW CONSTRAINTS and SHOW CREATE TABLE print them."""

from __future__ import annotations

from collections.abc import Iterator

from kwrest.errors import Unsupported, UnsupportedInSeries
from kwrest.model import Action, Column, ForeignKey, Index, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.show_create import quoted
from kwrest.sql.bind.show_rows import Columns, Row, commented_rows, constant_rows, shown_table
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bound import Relation
from kwrest.system import SCHEMA
from kwrest.types.kinds import BOOL, INT8, STRING


def show_indexes(show: tree.Show, context: Context, reads: Reads) -> Relation:
    """SHOW INDEXES: one row for each column of each index, those that tell equal entries apart (`implicit`) last."""
    if show.rest:
        raise Unsupported(what=f"SHOW INDEXES FROM {' '.join(show.rest)}")
    _, table = shown_table(show.name, context, reads)
    columns: Columns = (
        ("table_name", STRING), ("index_name", STRING), ("non_unique", BOOL), ("seq_in_index", INT8),
        ("column_name", STRING), ("direction", STRING), ("storing", BOOL), ("implicit", BOOL),
    )  # fmt: skip
    rows = [(row, None) for index in shown_indexes(table) for row in _index_rows(table, index)]
    return commented_rows(show, columns, rows)


def _index_rows(table: Table, index: Index) -> Iterator[Row]:
    stored = [c for c in table.columns_of(index.storing) if c.id not in index.columns]
    parts = [
        *((c, "DESC" if c.id in index.descending else "ASC", False, False) for c in table.columns_of(index.columns)),
        *((c, "N/A", True, False) for c in stored),
        *((c, "ASC", False, True) for c in _implicit(table, index) if c not in stored),
    ]
    for place, (column, direction, storing, implicit) in enumerate(parts, 1):
        yield (table.name, index.name, not index.unique, place, column.name, direction, storing, implicit)


def _implicit(table: Table, index: Index) -> list[Column]:
    """The columns of the primary key that the index does not name."""
    primary = shown_indexes(table)[0]
    return [c for c in table.columns_of(primary.columns) if c.id not in index.columns]


def shown_indexes(table: Table) -> tuple[Index, ...]:
    """The indexes, `primary` first; a time-series table's is its time column."""
    if table.kind is TableKind.TIME_SERIES:
        return (Index("primary", (table.time_column.id,), unique=True, primary=True), *table.indexes)
    return table.indexes


def indexes_of_column(table: Table, column: Column) -> tuple[str, ...]:
    """The names of the indexes that hold a column, named in them or implicit."""
    if table.kind is TableKind.TIME_SERIES:
        return ("primary",) if column is table.time_column else ()
    return tuple(i.name for i in table.indexes if column.id in i.columns or column in _implicit(table, i))


def show_constraints(show: tree.Show, context: Context, reads: Reads) -> Relation:
    """SHOW CONSTRAINTS, by name."""
    _, table = shown_table(show.name, context, reads)
    if table.kind is TableKind.TIME_SERIES:
        raise UnsupportedInSeries(what="show constraints")
    columns: Columns = (
        ("table_name", STRING), ("constraint_name", STRING), ("constraint_type", STRING), ("details", STRING),
        ("validated", BOOL),
    )  # fmt: skip
    found = [(i.name, "PRIMARY KEY" if i.primary else "UNIQUE", i) for i in table.indexes if i.unique]
    rows: list[Row] = [(table.name, name, kind, f"{kind} ({index_text(table, i)})", True) for name, kind, i in found]
    rows += [(table.name, c.name, "CHECK", f"CHECK ({c.condition})", True) for c in table.checks]
    rows += [(table.name, k.name, "FOREIGN KEY", reference_text(table, k, context), True) for k in table.foreign_keys]
    return constant_rows(columns, sorted(rows, key=lambda row: str(row[1])))


# ---------------------------------------------------------------- texts


def index_text(table: Table, index: Index) -> str:
    """The columns of an index: `a ASC, b DESC`."""
    columns = table.columns_of(index.columns)
    return ", ".join(f"{quoted(c.name)} {'DESC' if c.id in index.descending else 'ASC'}" for c in columns)


def reference_text(table: Table, key: ForeignKey, context: Context) -> str:
    """`FOREIGN KEY (a) REFERENCES t(b) ON DELETE CASCADE`; the other table with its database when that is another one."""
    parent = context.world.table_by_id(key.table)
    assert parent is not None  # a table that is referred to is not dropped without the key
    name = quoted(parent.name)
    if parent.database != table.database:
        database = next(d for d in context.world.databases() if d.id == parent.database)
        name = f"{quoted(database.name)}.{SCHEMA}.{name}"
    columns = ", ".join(quoted(c.name) for c in table.columns_of(key.columns))
    others = ", ".join(quoted(c.name) for c in parent.columns_of(key.referenced))
    actions = "".join(
        f" ON {event} {action.value}"
        for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update))
        if action is not Action.NO_ACTION
    )
    return f"FOREIGN KEY ({columns}) REFERENCES {name}({others}){actions}"


def show_create_relational(table: Table, columns: list[str], context: Context) -> str:
    """SHOW CREATE TABLE of a relational table. columns: the text of each that is shown."""
    lines = [*columns]
    primary = table.primary_key
    if primary is not None and not any(c.hidden for c in table.columns_of(primary.columns)):
        lines.append(f"CONSTRAINT {_label(primary.name)} PRIMARY KEY ({index_text(table, primary)})")
    lines += [f"CONSTRAINT {quoted(k.name)} {reference_text(table, k, context)}" for k in table.foreign_keys]
    for index in table.indexes:
        if not index.primary:
            stored = ", ".join(quoted(c.name) for c in table.columns_of(index.storing))
            storing = f" STORING ({stored})" if stored else ""
            kind = "UNIQUE INDEX" if index.unique else "INDEX"
            lines.append(f"{kind} {quoted(index.name)} ({index_text(table, index)}){storing}")
    lines.append(f'FAMILY "primary" ({", ".join(quoted(c.name) for c in table.columns)})')
    lines += [f"CONSTRAINT {quoted(c.name)} CHECK ({c.condition})" for c in table.checks]
    body = ",\n\t".join(lines)
    return f"CREATE TABLE {quoted(table.name)} (\n\t{body}\n)"


def _label(name: str) -> str:
    """A key's name; KWDB's own, `primary`, is a word of its grammar and always quoted."""
    return f'"{name}"' if name == "primary" else quoted(name)
