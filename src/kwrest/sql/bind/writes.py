"""UPDATE and DELETE. Time-series tables take very little (facts 2.10), relational ones any WHERE."""

from __future__ import annotations

from kwrest.errors import TagIntegerOutOfRange, TypeMismatch, UnsupportedDelete, UnsupportedUpdate
from kwrest.model import Column, Privilege, ResultColumn, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.assignments import bind_assignments, target_column
from kwrest.sql.bind.conflicts import checked_returning
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.devices import WHERE_ONLY, delete_target, update_device
from kwrest.sql.bind.expressions import bind_condition
from kwrest.sql.bind.guards import change_guards
from kwrest.sql.bind.literals import NotConstant, typed_value
from kwrest.sql.bind.ordering import bind_count, bind_order_by
from kwrest.sql.bind.queries import bind_body
from kwrest.sql.bind.scope import Item, Scope, table_fields, table_path
from kwrest.sql.bind.sources import bind_from
from kwrest.sql.bind.tables import Reads, find_table
from kwrest.sql.bind.targets import target_table
from kwrest.sql.bind.with_queries import named_queries
from kwrest.sql.bound import ROW, ColumnRef, Expr, Join, JoinKind, Right, Scan, Select, Source, TableRight
from kwrest.sql.bound_writes import DeletePoints, DeleteRows, UpdateRows, UpdateTags
from kwrest.types.fit import fit
from kwrest.types.kinds import INT8, Family
from kwrest.types.names import spoken
from kwrest.types.values import Value


def bind_delete(statement: tree.Delete, context: Context) -> DeletePoints | DeleteRows:
    """Bind DELETE. Raises SqlError classes in KWDB's words."""
    table = target_table(statement.table.name, context, "DELETE")
    scope = _scope(statement.table, table, context)
    rights = _rights(Privilege.DELETE, table)
    if table.kind is TableKind.TIME_SERIES:
        if statement.order_by or statement.limit or statement.returning or statement.with_:
            raise UnsupportedDelete(reason=WHERE_ONLY)
        if statement.where is None:
            return DeletePoints(table, None, None, rights)
        target = delete_target(statement.where, table, scope)
        return DeletePoints(table, dict(target.device) or None, target.when, rights)
    scope.named = named_queries(statement, scope)
    checked_returning(statement, table, context)
    guards = change_guards(table, context)
    if statement.where is None and statement.limit is None:
        return DeleteRows(table, None, rights, guards)
    relation = _picked(statement, Scan(1, table), (), scope)
    return DeleteRows(table, relation, (*rights, *_others(scope, rights)), guards)


def bind_update(statement: tree.Update, context: Context) -> UpdateTags | UpdateRows:
    """Bind UPDATE: tags of one device, or rows of a relational table. Raises SqlError classes in KWDB's words."""
    table = target_table(statement.table.name, context, "UPDATE")
    scope = _scope(statement.table, table, context)
    rights = _rights(Privilege.UPDATE, table)
    if table.kind is TableKind.TIME_SERIES:
        more = statement.sources or statement.order_by or statement.limit or statement.returning or statement.with_
        if more or statement.where is None:
            raise UnsupportedUpdate(reason=WHERE_ONLY)
        device = update_device(statement.where, table, scope)
        return UpdateTags(table, device, _tag_values(statement, table, context), rights)
    scope.named = named_queries(statement, scope)
    source: Source = Scan(1, table)
    others = bind_from(statement.sources, scope)
    if others is not None:
        source = Join(JoinKind.CROSS, source, others)
    values = bind_assignments(statement.assignments, table, scope)
    relation = _picked(statement, source, tuple(values.values()), scope)
    checked_returning(statement, table, context)
    columns = table.columns_of(list(values))
    return UpdateRows(table, columns, relation, (*rights, *_others(scope, rights)), change_guards(table, context))


def _picked(statement: tree.Delete | tree.Update, source: Source, values: tuple[Expr, ...], scope: Scope) -> Select:
    """The rows a statement picks: ROW, then `values`."""
    where = None
    if statement.where is not None:
        scope.clause = "WHERE"
        where = bind_condition(statement.where, scope)
    outputs: tuple[Expr, ...] = (ColumnRef(1, ROW, INT8), *values)
    return Select(
        columns=tuple(ResultColumn("", output.type) for output in outputs),
        outputs=outputs,
        source=source,
        where=where,
        order_by=bind_order_by(statement.order_by, (), scope),
        limit=bind_count(statement.limit, "LIMIT", scope),
    )


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


# ---------------------------------------------------------------- tags of a device


def _tag_values(statement: tree.Update, table: Table, context: Context) -> dict[int, Value]:
    taken: set[str] = set()
    made: dict[int, Value] = {}
    for assignment in statement.assignments:
        if len(assignment.columns) != 1 or isinstance(assignment.value, tree.Tuple):
            raise UnsupportedUpdate(reason="unsupported expr in set")
        column = target_column(assignment.columns[0], table, taken)
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
