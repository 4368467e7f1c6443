"""Keys, indexes and checks of a relational table: from what was said to what the catalog keeps.

Each function gives the table with one more of them: CREATE TABLE begins with a table that has its columns only, ALTER
TABLE and CREATE INDEX with one that is there. Names that were not given are KWDB's. Foreign keys: `references.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kwrest.errors import (
    CheckColumn,
    CheckType,
    DuplicateConstraint,
    DuplicateIndex,
    NotAllowedInCheck,
    NotIndexable,
    RepeatedIndexColumn,
    UndefinedColumn,
    UndefinedIndexColumn,
    VariableCheck,
)
from kwrest.model import UNIQUE_ROWID, Check, Column, Index, Table
from kwrest.sql import tree
from kwrest.sql.bind.constants import is_null, settle, settles
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.defaults import stored_expression
from kwrest.sql.bind.expression_text import column_names, expression_text
from kwrest.sql.bind.expressions import bind_expression
from kwrest.sql.bind.scope import Item, Scope, table_fields, table_path
from kwrest.sql.bind.show_create import quoted
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bound import Aggregate, Expr, Relation, WindowCall
from kwrest.sql.rules.walk import walk
from kwrest.types.kinds import BOOL, INT8, Family
from kwrest.types.names import spoken

PRIMARY = "primary"  # the name of a primary key that was given none
_NOT_INDEXABLE = frozenset({Family.JSON, Family.ARRAY, Family.GEOMETRY})


# ---------------------------------------------------------------- keys and indexes


def with_primary_key(table: Table, said: tree.TableConstraint) -> Table:
    """The table with that primary key, whose columns are NOT NULL. Raises UndefinedIndexColumn, NotIndexable, RepeatedIndexColumn."""
    index = _index(table, said, said.name.name if said.name is not None else PRIMARY)
    index = replace(index, unique=True, primary=True, constraint=True)
    columns = tuple(replace(c, nullable=False) if c.id in index.columns else c for c in table.columns)
    return replace(table, columns=columns, indexes=(index, *table.indexes))


def with_row_numbers(table: Table) -> Table:
    """The table with the key that KWDB adds when none was declared: the hidden column `rowid`."""
    name = free_name("rowid", [c.name for c in table.columns], "_")
    number = max((c.id for c in table.columns), default=0) + 1
    column = Column(number, name, INT8, nullable=False, default=UNIQUE_ROWID, hidden=True)
    index = Index(PRIMARY, (number,), unique=True, primary=True)
    return replace(table, columns=(*table.columns, column), indexes=(index, *table.indexes))


def with_index(table: Table, said: tree.TableConstraint) -> Table:
    """The table with one more index: UNIQUE, UNIQUE INDEX, INDEX or INVERTED INDEX.

    Raises UndefinedIndexColumn, NotIndexable, RepeatedIndexColumn, DuplicateIndex, DuplicateConstraint.
    """
    taken = constraint_names(table)
    if said.name is None:
        ending = "key" if said.kind == "unique" else "idx"
        name = free_name("_".join([table.name, *(c.name for c in said.columns), ending]), taken)
    else:
        name = said.name.name
        if name in taken:
            raise (DuplicateIndex if said.index else DuplicateConstraint)(name=name)
    index = _index(table, said, name)
    return replace(table, indexes=(*table.indexes, replace(index, constraint=said.kind == "unique" and not said.index)))


def _index(table: Table, said: tree.TableConstraint, name: str) -> Index:
    columns: list[int] = []
    for ident in said.columns:
        column = table.column(ident.name)
        if column is None or column.secret:
            raise UndefinedIndexColumn(name=ident.name)
        if column.id in columns:
            raise RepeatedIndexColumn(index=name, name=ident.name)
        if column.type.family in _NOT_INDEXABLE and said.kind != "inverted index":
            raise NotIndexable(name=column.name, type=spoken(column.type))
        columns.append(column.id)
    descending = {ident.name for ident in said.descending}
    return Index(
        name,
        tuple(columns),
        unique=said.kind == "unique",
        descending=tuple(c.id for c in table.columns_of(columns) if c.name in descending),
        storing=tuple(_stored(table, ident) for ident in said.storing),
    )


def _stored(table: Table, ident: tree.Ident) -> int:
    column = table.column(ident.name)
    if column is None or column.secret:
        raise UndefinedIndexColumn(name=ident.name)
    return column.id


def constraint_names(table: Table) -> list[str]:
    """The names that a further index or constraint may not have."""
    return [*(i.name for i in table.indexes), *(c.name for c in table.checks), *(k.name for k in table.foreign_keys)]


def free_name(wanted: str, taken: Sequence[str], joint: str = "") -> str:
    """`wanted`, or with the first number behind it that makes a name not taken."""
    if wanted not in taken:
        return wanted
    return next(name for i in range(1, len(taken) + 2) if (name := f"{wanted}{joint}{i}") not in taken)


# ---------------------------------------------------------------- CHECK


def with_check(table: Table, said: tree.TableConstraint, context: Context) -> Table:
    """The table with one more CHECK.

    Raises VariableCheck, NotAllowedInCheck, CheckType, CheckColumn, DuplicateConstraint and what expressions raise.
    """
    assert said.check is not None
    read: list[Column] = []
    _find_columns(said.check, table, read)
    condition = bind_check(said.check, table, context, 0)
    text = expression_text(said.check, _unqualified)
    if condition.type.family is not Family.BOOL:
        raise CheckType(written=text, given=spoken(condition.type))
    taken = constraint_names(table)
    if said.name is None:
        name = free_name("_".join(["check", *dict.fromkeys(c.name for c in read)]), taken)
    else:
        name = said.name.name
        if name in taken:
            raise DuplicateConstraint(name=name)
    check = Check(name, text, tuple(dict.fromkeys(c.id for c in read)))
    return replace(table, checks=(*table.checks, check))


def _unqualified(name: tree.Name) -> str:
    return expression_text(tree.Name(name.parts[-1:]))


def _find_columns(expr: tree.Expr, table: Table, found: list[Column]) -> None:
    """The columns an expression names, in its order."""
    for node in column_names(expr):
        column = table.column(node.parts[-1].name)
        if column is not None:
            found.append(column)
        elif len(node.parts) == 1:
            raise CheckColumn(name=node.parts[0].name, written=expression_text(expr))


def bind_check(expr: tree.Expr, table: Table, context: Context, number: int) -> Expr:
    """A condition over the columns of `table` as source `number`. Raises VariableCheck, NotAllowedInCheck."""
    scope = Scope(context, Reads(), no_query, clause="CHECK")
    database = next((d.name for d in context.world.databases() if d.id == table.database), "")
    scope.add(Item(table_path(database, table), table_fields(table, number), table))
    try:
        bound = bind_expression(expr, scope)
    except UndefinedColumn as error:
        raise CheckColumn(name=error.facts["name"], written=expression_text(expr)) from None
    for node in walk(bound):
        if isinstance(node, Aggregate | WindowCall):
            if isinstance(node, Aggregate) and not node.arguments:
                raise VariableCheck()  # count(*)
            what = "aggregate" if isinstance(node, Aggregate) else "window"
            raise NotAllowedInCheck(what=f"{what} functions")
    if is_null(bound):
        return bound
    settled = settles(bound, BOOL)
    return settle(bound) if settled is None else settled


def no_query(query: tree.Query, scope: Scope) -> Relation:
    """In place of binding a query that stands in a CHECK."""
    raise VariableCheck()


def renamed_check(check: Check, column: Column, name: str) -> Check:
    """The CHECK as it reads when `column` is called `name`. Raises nothing: the text was printed from a tree."""

    def called(written: tree.Name) -> str:
        found = written.parts[-1].name
        return quoted(name if found == column.name else found)

    return replace(check, condition=expression_text(stored_expression(check.condition), called))
