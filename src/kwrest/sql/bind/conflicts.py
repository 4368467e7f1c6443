"""UPSERT, INSERT … ON CONFLICT, and RETURNING, whose rows no endpoint answers."""

from __future__ import annotations

from kwrest.errors import NoMatchingConstraint
from kwrest.model import Column, Index, Privilege, Table
from kwrest.sql import tree
from kwrest.sql.bind.assignments import bind_assignments
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.expressions import bind_condition, bind_settled
from kwrest.sql.bind.queries import bind_body
from kwrest.sql.bind.scope import Item, Scope, table_fields, table_path
from kwrest.sql.bind.tables import Reads, find_table
from kwrest.sql.bound import ColumnRef, Expr, Right, TableRight
from kwrest.sql.bound_writes import EXCLUDED, OWN, Conflict

# What the row is called that was to be inserted.
_EXCLUDED = "excluded"


def bind_conflict(statement: tree.Insert, table: Table, context: Context) -> tuple[Conflict | None, tuple[Right, ...]]:
    """What becomes of rows whose key is there already, and the rights that takes: SELECT and UPDATE for a change.

    Raises NoMatchingConstraint (42P10), and what assignments and conditions raise.
    """
    changes = (TableRight(Privilege.SELECT, table), TableRight(Privilege.UPDATE, table))
    if statement.upsert:
        return _upsert(statement, table), changes
    said = statement.on_conflict
    if said is None:
        return None, ()
    key = _key(said, table) if said.columns or said.assignments else None
    if not said.assignments:
        return Conflict(key, None), (TableRight(Privilege.SELECT, table),)
    scope = Scope(context, Reads(), bind_body)
    database = find_table(statement.table.name, context)[0]
    alias = statement.table.alias
    scope.add(
        Item(table_path(database.name, table) if alias is None else (alias.name,), table_fields(table, OWN), table)
    )
    excluded = Scope(context, Reads(), bind_body, items=[Item((_EXCLUDED,), table_fields(table, EXCLUDED), table)])
    scope.outer = excluded  # so that a plain name means the row that is there
    values = bind_assignments(said.assignments, table, scope)
    where = None
    if said.where is not None:
        scope.clause = "WHERE"
        where = bind_condition(said.where, scope)
    return Conflict(key, values, where), (*changes, *scope.reads.rights)


def _upsert(statement: tree.Insert, table: Table) -> Conflict | None:
    """UPSERT: the columns that were given replace those of the row with the same primary key; without one it is INSERT."""
    key = table.primary_key
    if key is None or any(c.hidden for c in table.columns_of(key.columns)):
        return None
    listed = [ident.name for ident in statement.columns]
    written = [c for c in table.columns if (c.name in listed if listed else not c.hidden) and c.id not in key.columns]
    values: dict[int, Expr] = {c.id: ColumnRef(EXCLUDED, c.id, c.type) for c in written}
    return Conflict(key, values)


def _key(said: tree.OnConflict, table: Table) -> Index:
    wanted: set[int] = set()
    for ident in said.columns:
        column: Column | None = table.column(ident.name)
        if column is not None:
            wanted.add(column.id)
    for index in table.indexes:
        if index.unique and wanted and set(index.columns) == wanted and len(said.columns) == len(index.columns):
            return index
    raise NoMatchingConstraint()


def checked_returning(statement: tree.Insert | tree.Update | tree.Delete, table: Table, context: Context) -> None:
    """Find what is wrong with a RETURNING list; its rows are not answered."""
    if not statement.returning:
        return
    scope = Scope(context, Reads(), bind_body, clause="RETURNING")
    database = find_table(statement.table.name, context)[0]
    alias = statement.table.alias
    scope.add(
        Item(table_path(database.name, table) if alias is None else (alias.name,), table_fields(table, OWN), table)
    )
    for item in statement.returning:
        if isinstance(item.expr, tree.Star):
            scope.star(item.expr.table)
        else:
            bind_settled(item.expr, scope)
