"""ON CONFLICT and UPSERT: which of the staged rows are inserted, which change a row that is there, which do nothing."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.constraints import all_there
from kwrest.engines.duckdb.followers import not_null
from kwrest.engines.duckdb.storage import Connection
from kwrest.errors import AffectedTwice
from kwrest.model import Index, Table
from kwrest.sql.bound_writes import EXCLUDED, OWN, Conflict
from kwrest.sql.spell.relations import RelationSpeller


def kept_rows(con: Connection, table: Table, keys: Sequence[Index], rows: str) -> str:
    """DO NOTHING: the query of those staged rows that are in nobody's way, neither the table's nor an earlier row's."""
    target = layout.rows_table(table)
    tests = [f"NOT EXISTS (SELECT 1 FROM {target} AS t WHERE {_same(table, key, 't', 'i')})" for key in keys]
    if not tests:
        return f"SELECT * FROM {rows}"
    free = f"SELECT i.rowid AS n FROM {rows} AS i WHERE {' AND '.join(tests)}"
    if len(keys) == 1:
        names = ", ".join(layout.column_name(table, c) for c in table.columns_of(keys[0].columns))
        there = all_there(table, table.columns_of(keys[0].columns)).removeprefix(" WHERE ") or "TRUE"
        return (
            f"SELECT * FROM {rows} AS i WHERE {' AND '.join(tests)}"
            f" QUALIFY NOT ({there}) OR row_number() OVER (PARTITION BY {names} ORDER BY i.rowid) = 1"
        )
    kept = _first_of_all(con, table, keys, rows, free)
    return f"SELECT * FROM {rows} WHERE rowid IN ({', '.join(map(str, kept)) or 'NULL'})"


def _first_of_all(con: Connection, table: Table, keys: Sequence[Index], rows: str, free: str) -> list[int]:
    """With several keys a row counts as there only when it was inserted itself: one after the other."""
    columns = [[layout.column_name(table, c) for c in table.columns_of(key.columns)] for key in keys]
    lists = ", ".join(f"[{', '.join(f'CAST({name} AS VARCHAR)' for name in names)}]" for names in columns)
    found = con.execute(f"SELECT rowid, {lists} FROM {rows} WHERE rowid IN ({free}) ORDER BY rowid").fetchall()
    met: list[set[tuple[str, ...]]] = [set() for _ in keys]
    kept = []
    for number, *values in found:
        own = [tuple(value) for value in values]
        if any(None not in value and value in seen for value, seen in zip(own, met, strict=True)):
            continue
        for value, seen in zip(own, met, strict=True):
            seen.add(value)
        kept.append(int(number))
    return kept


def merged_rows(con: Connection, speller: RelationSpeller, table: Table, conflict: Conflict, rows: str) -> str:
    """DO UPDATE: the query (n, all columns) of rows that are new, n NULL, and of those that replace row n.

    Raises AffectedTwice (21000) when two staged rows have the same key.
    """
    assert conflict.key is not None and conflict.values is not None
    columns = table.columns_of(conflict.key.columns)
    names = ", ".join(layout.column_name(table, c) for c in columns)
    whole = all_there(table, columns)
    if con.execute(f"SELECT 1 FROM {rows}{whole} GROUP BY {names} HAVING count(*) > 1 LIMIT 1").fetchall():
        raise AffectedTwice()
    own, new = f"s{OWN}", f"s{EXCLUDED}"
    same = _same(table, conflict.key, own, new)
    target = layout.rows_table(table)
    everything = ", ".join(f"{new}.{layout.column_name(table, c)}" for c in table.columns)
    values = []
    for column in table.columns:
        value = f"{own}.{layout.column_name(table, column)}"
        if column.id in conflict.values:
            value = not_null(speller.condition(conflict.values[column.id]), column)
        values.append(value)
    where = "" if conflict.where is None else f" WHERE {speller.condition(conflict.where)}"
    return (
        f"SELECT CAST(NULL AS BIGINT) AS n, {everything} FROM {rows} AS {new} ANTI JOIN {target} AS {own} ON {same}"
        f" UNION ALL SELECT {own}.rowid, {', '.join(values)} FROM {target} AS {own} JOIN {rows} AS {new} ON {same}{where}"
    )


def _same(table: Table, key: Index, left: str, right: str) -> str:
    names = [layout.column_name(table, c) for c in table.columns_of(key.columns)]
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in names)
