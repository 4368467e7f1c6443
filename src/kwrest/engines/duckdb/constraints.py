"""Whether rows may stand in a relational table: keys, checks, references. Runs in the writer thread's transaction.

No index helps: it costs more at every insert than these joins do (measurements A3). Rows that are asked about are always
staged first, as a table or view whose columns are called as the table's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.storage import Connection
from kwrest.errors import CheckViolation, ForeignKeyViolation, NullViolation, UniqueViolation
from kwrest.model import Check, Column, ForeignKey, Index, Table
from kwrest.sql.bound import Cast, ColumnRef, Expr
from kwrest.sql.bound_writes import OWN
from kwrest.sql.spell.relations import RelationSpeller
from kwrest.types.kinds import STRING, Family

# Families whose values an error shows without quotes.
_BARE = frozenset({Family.INT, Family.FLOAT, Family.DECIMAL, Family.BOOL})


def keys_at_risk(table: Table, given: Collection[int]) -> list[Index]:
    """The unique indexes that a row may break when the columns `given` (ids) have values of a user's choice."""
    return [i for i in table.indexes if i.unique and any(number in given for number in i.columns)]


def refuse_repeated(
    con: Connection, speller: RelationSpeller, table: Table, keys: Sequence[Index], rows: str, beside: str | None
) -> None:
    """Raises UniqueViolation when a key stands twice in `rows`, or in `rows` and the table `beside`. NULLs are no keys."""
    for index in keys:
        columns = table.columns_of(index.columns)
        names = ", ".join(layout.column_name(table, c) for c in columns)
        whole = all_there(table, columns)
        twice = f"SELECT {names} FROM {rows}{whole} GROUP BY {names} HAVING count(*) > 1"
        if beside is not None:
            twice += f" UNION ALL SELECT {names} FROM {rows} SEMI JOIN {beside} USING ({names})"
        shown = ", ".join(speller.condition(Cast(ColumnRef(OWN, c.id, c.type), STRING, explicit=True)) for c in columns)
        found = con.execute(f"SELECT {shown} FROM ({twice} LIMIT 1) AS s{OWN}").fetchall()
        if found:
            values = ",".join(_value(v, c) for v, c in zip(found[0], columns, strict=True))
            raise UniqueViolation(columns=",".join(c.name for c in columns), values=values, name=index.name)


def _value(text: object, column: Column) -> str:
    return str(text) if column.type.family in _BARE else f"'{text}'"


def all_there(table: Table, columns: Sequence[Column], alias: str = "") -> str:
    """` WHERE …`: none of the columns is NULL; empty when none can be."""
    tests = [f"{alias}{layout.column_name(table, c)} IS NOT NULL" for c in columns if c.nullable]
    return f" WHERE {' AND '.join(tests)}" if tests else ""


def refuse_nulls(con: Connection, table: Table, columns: Sequence[Column], rows: str) -> None:
    """Raises NullViolation for the first of the columns that a row has no value in."""
    for column in columns:
        if con.execute(f"SELECT 1 FROM {rows} WHERE {layout.column_name(table, column)} IS NULL LIMIT 1").fetchall():
            raise NullViolation(column=column.name)


def refuse_unchecked(
    con: Connection, speller: RelationSpeller, checks: Sequence[tuple[Check, Expr]], rows: str
) -> None:
    """Raises CheckViolation for the first CHECK that a row does not satisfy; NULL satisfies."""
    if not checks:
        return
    tests = ", ".join(f"bool_and(coalesce({speller.condition(condition)}, TRUE))" for _, condition in checks)
    (satisfied,) = con.execute(f"SELECT {tests} FROM {rows} AS s{OWN}").fetchall()
    for (check, _), holds in zip(checks, satisfied, strict=True):
        if holds is False:  # NULL: there is no row
            raise CheckViolation(condition=check.condition)


def refuse_orphans(
    con: Connection, table: Table, parents: Sequence[tuple[ForeignKey, Table]], rows: str, verb: str
) -> None:
    """Raises ForeignKeyViolation for a row that refers to one that is not there. A key with a NULL refers to nothing."""
    for key, parent in parents:
        columns, others = table.columns_of(key.columns), parent.columns_of(key.referenced)
        same = " AND ".join(
            f"o.{layout.column_name(parent, other)} = i.{layout.column_name(table, column)}"
            for column, other in zip(columns, others, strict=True)
        )
        there = all_there(table, columns, "i.")
        orphans = f"SELECT 1 FROM {rows} AS i ANTI JOIN {layout.rows_table(parent)} AS o ON {same}{there} LIMIT 1"
        if con.execute(orphans).fetchall():
            raise ForeignKeyViolation(verb=verb, table=table.name, name=key.name, where="")
