"""UPDATE and DELETE. Time-series tables take very little (facts 2.10), relational ones any WHERE."""

from __future__ import annotations

from kwrest.errors import (
    DuplicateAssignment,
    NullViolation,
    TagIntegerOutOfRange,
    TypeMismatch,
    UndefinedColumn,
    Unsupported,
    UnsupportedDelete,
    UnsupportedUpdate,
)
from kwrest.model import Column, Privilege, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.assignments import assigned
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.defaults import default_value, written_or_default
from kwrest.sql.bind.devices import WHERE_ONLY, delete_target, update_device
from kwrest.sql.bind.expressions import bind_condition, bind_expression
from kwrest.sql.bind.literals import NotConstant, typed_value
from kwrest.sql.bind.queries import bind_body
from kwrest.sql.bind.scope import Item, Scope, table_fields, table_path
from kwrest.sql.bind.tables import Reads, find_table
from kwrest.sql.bind.targets import target_table
from kwrest.sql.bound import Const, DeletePoints, DeleteRows, Expr, Right, TableRight, UpdateRows, UpdateTags
from kwrest.types.assign import assign
from kwrest.types.fit import fit
from kwrest.types.kinds import Family
from kwrest.types.names import spoken
from kwrest.types.timestamps import now_nanoseconds
from kwrest.types.values import Value


def bind_delete(statement: tree.Delete, context: Context) -> DeletePoints | DeleteRows:
    """Bind DELETE. Raises SqlError classes in KWDB's words; Unsupported for ORDER BY, LIMIT, RETURNING of a relational one."""
    table = target_table(statement.table.name, context, "DELETE")
    more = statement.order_by or statement.limit or statement.returning
    scope = _scope(statement.table, table, context)
    rights = _rights(Privilege.DELETE, table)
    if table.kind is TableKind.TIME_SERIES:
        if more:
            raise UnsupportedDelete(reason=WHERE_ONLY)
        if statement.where is None:
            return DeletePoints(table, None, None, rights)
        target = delete_target(statement.where, table, scope)
        return DeletePoints(table, dict(target.device) or None, target.when, rights)
    if more:
        raise Unsupported(what="ORDER BY, LIMIT or RETURNING of DELETE")
    where = _where(statement.where, scope)
    return DeleteRows(table, where, (*rights, *_others(scope, rights)))


def bind_update(statement: tree.Update, context: Context) -> UpdateTags | UpdateRows:
    """Bind UPDATE: tags of one device, or rows of a relational table.

    Raises SqlError classes in KWDB's words; Unsupported for FROM, ORDER BY, LIMIT, RETURNING of a relational one.
    """
    table = target_table(statement.table.name, context, "UPDATE")
    more = statement.sources or statement.order_by or statement.limit or statement.returning
    scope = _scope(statement.table, table, context)
    rights = _rights(Privilege.UPDATE, table)
    if table.kind is TableKind.TIME_SERIES:
        if more or statement.where is None:
            raise UnsupportedUpdate(reason=WHERE_ONLY)
        device = update_device(statement.where, table, scope)
        return UpdateTags(table, device, _tag_values(statement, table, context), rights)
    if more:
        raise Unsupported(what="FROM, ORDER BY, LIMIT or RETURNING of UPDATE")
    values = _row_values(statement, table, scope)
    where = _where(statement.where, scope)
    return UpdateRows(table, values, where, (*rights, *_others(scope, rights)))


def _rights(privilege: Privilege, table: Table) -> tuple[Right, ...]:
    return (TableRight(privilege, table), TableRight(Privilege.SELECT, table))


def _others(scope: Scope, known: tuple[Right, ...]) -> tuple[Right, ...]:
    """Rights of what subqueries read."""
    return tuple(right for right in scope.reads.rights if right not in known)


def _scope(ref: tree.TableRef, table: Table, context: Context) -> Scope:
    """The names of the one table, source 1 of the statement."""
    scope = Scope(context, Reads(), bind_body)
    database = find_table(ref.name, context)[0]
    path = table_path(database.name, table) if ref.alias is None else (ref.alias.name,)
    scope.add(Item(path, table_fields(table, context.source_number()), table))
    return scope


def _where(condition: tree.Expr | None, scope: Scope) -> Expr | None:
    if condition is None:
        return None
    scope.clause = "WHERE"
    return bind_condition(condition, scope)


def _target_column(ident: tree.Ident, table: Table, taken: set[str]) -> Column:
    column = table.column(ident.name)
    if column is None or column.secret:
        raise UndefinedColumn(name=ident.name)
    if ident.name in taken:
        raise DuplicateAssignment(name=ident.name)
    taken.add(ident.name)
    return column


# ---------------------------------------------------------------- tags of a device


def _tag_values(statement: tree.Update, table: Table, context: Context) -> dict[int, Value]:
    taken: set[str] = set()
    made: dict[int, Value] = {}
    for assignment in statement.assignments:
        if len(assignment.columns) != 1 or isinstance(assignment.value, tree.Tuple):
            raise UnsupportedUpdate(reason="unsupported expr in set")
        column = _target_column(assignment.columns[0], table, taken)
        made[column.id] = _tag_value(assignment.value, column, context)
    return made


def _tag_value(expr: tree.Expr, column: Column, context: Context) -> Value:
    if isinstance(expr, tree.Default):
        expr = tree.Null()
    try:
        value = typed_value(expr, column.type, column.name, context.zone)
    except NotConstant:
        raise UnsupportedUpdate(reason="unsupported expr in set") from None
    if value is None and not column.nullable:
        raise UnsupportedUpdate(reason=f"tag {column.name} is not null")
    if not column.tag or column.primary:
        raise UnsupportedUpdate(reason="primary tags and columns cannot be set")
    if value is None:
        return None
    if column.type.family is Family.INT:
        size = 1 << (column.type.width * 8 - 1)
        if not isinstance(value, int):
            raise TypeMismatch(value=spoken(column.type), type=spoken(column.type), column=column.name)
        if not -size <= value < size:
            raise TagIntegerOutOfRange(type=column.type, column=column.name)
    return fit(value, column.type, column.name, context.zone)


# ---------------------------------------------------------------- rows


def _row_values(statement: tree.Update, table: Table, scope: Scope) -> dict[int, Expr]:
    scope.clause = "UPDATE SET"
    taken: set[str] = set()
    made: dict[int, Expr] = {}
    for assignment in statement.assignments:
        columns = [_target_column(ident, table, taken) for ident in assignment.columns]
        for column, value in zip(columns, _sources(assignment), strict=True):
            made[column.id] = _row_value(value, column, scope)
    return made


def _sources(assignment: tree.Assignment) -> tuple[tree.Expr, ...]:
    """One expression a column. Raises Unsupported for a subquery that gives several."""
    wanted = len(assignment.columns)
    if isinstance(assignment.value, tree.Tuple) and len(assignment.value.items) == wanted:
        return assignment.value.items
    if wanted != 1 or isinstance(assignment.value, tree.Tuple):
        raise Unsupported(what="UPDATE of several columns from one expression")
    return (assignment.value,)


def _row_value(expr: tree.Expr, column: Column, scope: Scope) -> Expr:
    zone = scope.context.zone
    try:
        if isinstance(expr, tree.Default):
            value = default_value(column, zone, now_nanoseconds(6))
        else:
            value = assign(typed_value(expr, column.type, column.name, zone), column.type, column.name)
    except NotConstant:
        return assigned(bind_expression(written_or_default(expr, column), scope), column, zone)
    if value is None and not column.nullable:
        raise NullViolation(column=column.name)
    return Const(value, column.type)
