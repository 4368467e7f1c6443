"""CREATE TABLE of a relational table, with its constraints, and CREATE TABLE … AS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kwrest.errors import (
    DuplicateColumn,
    MultiplePrimaryKeys,
    NestedArrayColumn,
    TableColumnNames,
    TableColumnType,
    Unsupported,
    WrongKind,
)
from kwrest.model import Column, Database, Privilege, ResultColumn, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.columns import check_name, relational_column
from kwrest.sql.bind.constraints import with_check, with_index, with_primary_key, with_row_numbers
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.queries import bind_relation
from kwrest.sql.bind.references import with_foreign_key
from kwrest.sql.bind.tables import find_table
from kwrest.sql.bound import Relation, Right, TableRight
from kwrest.types.kinds import Family
from kwrest.types.names import spoken

# Types of expressions that no column has.
_NO_COLUMN = frozenset({Family.UNKNOWN, Family.TUPLE})


@dataclass(frozen=True, slots=True)
class Made:
    """A table that is to be made. parents: the tables it refers to; rows: its first ones, of CREATE TABLE AS; rights: what
    that takes beside CREATE."""

    table: Table
    parents: tuple[Table, ...]
    rows: Relation | None
    rights: tuple[Right, ...]


def relational_table(statement: tree.CreateTable, name: str, database: Database, context: Context) -> Made:
    """A relational table with its constraints.

    Raises SqlError classes in KWDB's words; Unsupported for temporary tables, LIKE and a table without columns.
    """
    check_name("table", name)
    if statement.temporary:
        raise Unsupported(what="CREATE TEMPORARY TABLE")
    if not statement.columns and [c.kind for c in statement.constraints] == ["like"]:
        return _like(statement.constraints[0], name, database, context)
    relation: Relation | None = None
    rights: tuple[Right, ...] = ()
    if statement.query is not None:
        relation, rights, _ = bind_relation(statement.query, context)
        columns = _result_columns(statement.columns, relation.columns)
    else:
        columns = [relational_column(said, n, context) for n, said in enumerate(statement.columns, 1)]
    for constraint in statement.constraints:
        if constraint.kind == "like":
            raise Unsupported(what="LIKE")
    if not columns:
        raise Unsupported(what="a table without columns")
    seen: set[str] = set()
    for column in columns:
        if column.name in seen:
            raise DuplicateColumn(name=column.name)
        seen.add(column.name)
    table = Table(0, database.id, name, TableKind.RELATIONAL, tuple(columns), comment=statement.comment)
    of_columns = [constraint for said in statement.columns for constraint in said.constraints]
    table, parents = constrained(table, statement.constraints, of_columns, context)
    others = tuple(parent for parent in parents if parent.id != 0)
    rights += tuple(TableRight(Privilege.SELECT, parent) for parent in others)
    return Made(table, others, relation, rights)


def _like(said: tree.TableConstraint, name: str, database: Database, context: Context) -> Made:
    """`CREATE TABLE t LIKE u`: its columns, keys, indexes and checks under their names, without its foreign keys."""
    other = find_table(said.columns, context)[1]
    if other.kind is not TableKind.RELATIONAL:
        raise WrongKind(name=other.name, kind="a relational table")
    columns = tuple(replace(c, comment=None) for c in other.columns)
    indexes, checks = other.indexes, other.checks
    table = Table(0, database.id, name, TableKind.RELATIONAL, columns, indexes=indexes, checks=checks)
    return Made(table, (), None, (TableRight(Privilege.SELECT, other),))


def constrained(
    table: Table, said: Sequence[tree.TableConstraint], of_columns: Sequence[tree.TableConstraint], context: Context
) -> tuple[Table, list[Table]]:
    """A new table with its constraints, and the tables that it refers to.

    said: beside the columns; of_columns: of the columns, in their order. Raises MultiplePrimaryKeys and what
    `bind/constraints.py` and `bind/references.py` do.
    """
    every = (*of_columns, *said)
    keys = [constraint for constraint in every if constraint.kind == "primary key"]
    if len(keys) > 1:
        raise MultiplePrimaryKeys(name=table.name)
    table = with_primary_key(table, keys[0]) if keys else with_row_numbers(table)
    for constraint in every:
        if constraint.kind in ("unique", "index", "inverted index"):
            table = with_index(table, constraint)
    parents: list[Table] = []
    # KWDB moves what is said of a column behind what is said of the table, so names are numbered in that order.
    for constraint in (*said, *of_columns):
        if constraint.kind == "check":
            table = with_check(table, constraint, context)
        elif constraint.kind == "foreign key":
            table, parent = with_foreign_key(table, constraint, context)
            parents.append(parent)
    return table, parents


def _result_columns(said: Sequence[tree.ColumnDefinition], given: Sequence[ResultColumn]) -> list[Column]:
    """The columns of a query as columns of a table, under the names that were written, if any."""
    if said and len(said) != len(given):
        raise TableColumnNames(
            given=len(said),
            plural="" if len(said) == 1 else "s",
            found=len(given),
            plurals="" if len(given) == 1 else "s",
        )
    names = [column.name.name for column in said] or [column.name for column in given]
    for column in given:
        if column.type.family in _NO_COLUMN:
            raise TableColumnType(type=spoken(column.type))
        if column.type.element is not None and column.type.element.element is not None:
            raise NestedArrayColumn(type=spoken(column.type))
    return [Column(n, name, column.type) for n, (name, column) in enumerate(zip(names, given, strict=True), 1)]
