"""An expression as the value of a column: whether its type may be assigned, and the conversion; SET of UPDATE and its kin."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from kwrest.errors import DuplicateAssignment, TypeMismatch, UndefinedColumn, WrongValueCount
from kwrest.model import Column, ResultColumn, Table
from kwrest.sql import tree
from kwrest.sql.bind.casts import cast
from kwrest.sql.bind.defaults import default_value, written_or_default
from kwrest.sql.bind.expressions import bind_expression, settle
from kwrest.sql.bind.literals import NotConstant, typed_value
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bound import ColumnRef, Const, Derived, Expr, ScalarSelect, Select
from kwrest.types.assign import assign
from kwrest.types.kinds import Family
from kwrest.types.names import spoken
from kwrest.types.timestamps import now_nanoseconds

# Families whose values go into another family's column without being asked, as in CockroachDB.
_ASSIGNABLE = frozenset({(Family.TIMESTAMP, Family.TIMESTAMPTZ), (Family.TIMESTAMPTZ, Family.TIMESTAMP)})
# A time-series table takes times that a query gives as text or as epochs.
_SERIES_ASSIGNABLE = _ASSIGNABLE | {
    (given, time) for given in (Family.STRING, Family.INT) for time in (Family.TIMESTAMP, Family.TIMESTAMPTZ)
}


def assigned(expr: Expr, column: Column, zone: ZoneInfo, series: bool = False) -> Expr:
    """`expr` as a value of `column`: a constant takes the column's type, an expression must be of its family.

    series: the column is a time-series table's. The conversion within a family is an implicit Cast: too long or out of
    range is an error at run time. Raises TypeMismatch.
    """
    settled = settle(expr, column.type)
    if settled.type == column.type:
        return settled
    have, want = settled.type.family, column.type.family
    allowed = _SERIES_ASSIGNABLE if series else _ASSIGNABLE
    if have is not want and have is not Family.UNKNOWN and (have, want) not in allowed:
        raise TypeMismatch(value=spoken(settled.type), type=spoken(column.type), column=column.name)
    return cast(settled, column.type, zone, explicit=False)


# ---------------------------------------------------------------- SET


def target_column(ident: tree.Ident, table: Table, taken: set[str]) -> Column:
    """A column that is given a value, for the first time in its statement. Raises UndefinedColumn, DuplicateAssignment."""
    column = table.column(ident.name)
    if column is None or column.secret:
        raise UndefinedColumn(name=ident.name)
    if ident.name in taken:
        raise DuplicateAssignment(name=ident.name)
    taken.add(ident.name)
    return column


def bind_assignments(said: Sequence[tree.Assignment], table: Table, scope: Scope) -> dict[int, Expr]:
    """SET of a relational table: column id → its new value, over the names of `scope`.

    Raises UndefinedColumn, DuplicateAssignment, WrongValueCount, TypeMismatch and what expressions raise.
    """
    scope.clause = "UPDATE SET"
    taken: set[str] = set()
    made: dict[int, Expr] = {}
    for assignment in said:
        columns = [target_column(ident, table, taken) for ident in assignment.columns]
        for column, value in zip(columns, _values(assignment, columns, scope), strict=True):
            made[column.id] = value
    return made


def _values(assignment: tree.Assignment, columns: Sequence[Column], scope: Scope) -> list[Expr]:
    value = assignment.value
    if isinstance(value, tree.Tuple):
        if len(value.items) != len(columns):
            raise WrongValueCount(columns=len(columns), values=len(value.items))
        return [_value(item, column, scope) for item, column in zip(value.items, columns, strict=True)]
    if isinstance(value, tree.Subquery) and len(columns) > 1:
        return [_picked(value.query, place, column, len(columns), scope) for place, column in enumerate(columns, 1)]
    if len(columns) != 1:
        raise WrongValueCount(columns=len(columns), values=1)
    return [_value(value, columns[0], scope)]


def _picked(query: tree.Query, place: int, column: Column, wanted: int, scope: Scope) -> Expr:
    """One column of the one row that a query gives."""
    relation = scope.subquery(query)
    if len(relation.columns) != wanted:
        raise WrongValueCount(columns=wanted, values=len(relation.columns))
    given = relation.columns[place - 1]
    number = scope.context.source_number()
    one = Select(
        (ResultColumn(given.name, given.type),), (ColumnRef(number, place, given.type),), Derived(number, relation)
    )
    return assigned(ScalarSelect(one, given.type), column, scope.context.zone)


def _value(expr: tree.Expr, column: Column, scope: Scope) -> Expr:
    zone = scope.context.zone
    try:
        if isinstance(expr, tree.Default) and column.numbered:
            raise NotConstant()
        if isinstance(expr, tree.Default):
            value = default_value(column, zone, now_nanoseconds(6))
        else:
            value = assign(typed_value(expr, column.type, column.name, zone), column.type, column.name)
    except NotConstant:
        return assigned(bind_expression(written_or_default(expr, column), scope), column, zone)
    # A NULL where none may be is refused with the first row that would get it: there may be none.
    return Const(value, column.type)
