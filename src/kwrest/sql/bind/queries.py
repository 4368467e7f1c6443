"""Queries: SELECT, VALUES, UNION and their kin, with WITH around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kwrest.errors import AliasedStar, StarWithoutFrom, TooManyResultColumns, Unsupported
from kwrest.model import DECLARED_TIMESTAMP, ResultColumn, Table
from kwrest.sql import bound, tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.expressions import bind_condition, bind_settled, result_name
from kwrest.sql.bind.gapfill import check_gapfill
from kwrest.sql.bind.generators import check_no_generator
from kwrest.sql.bind.group_windows import check_windows, window_edges
from kwrest.sql.bind.grouping import Output, aggregates, beside, bind_group_by, check_grouped, moved, sole_extreme
from kwrest.sql.bind.ordering import bind_count, bind_key, bind_order_by, check_distinct, check_distinct_on
from kwrest.sql.bind.picks import opened
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bind.sets import bind_set_operation, bind_values
from kwrest.sql.bind.sources import bind_from
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bind.windows import named_windows
from kwrest.sql.bind.with_queries import named_queries
from kwrest.sql.bound import Expr, Relation, Right
from kwrest.types.kinds import Type

# Of one result: all of the widest table with room for more. DuckDB needs seconds for more, which nothing can interrupt.
MAX_COLUMNS = 5_000


def bind_query(query: tree.Query, context: Context) -> bound.Query:
    """Bind a query that stands alone. Raises SqlError classes in KWDB's words."""
    relation, rights, tables = bind_relation(query, context)
    return bound.Query(relation, rights, tables, zone=context.zone)


def bind_relation(query: tree.Query, context: Context) -> tuple[Relation, tuple[Right, ...], tuple[Table, ...]]:
    """Bind a query as part of something else (INSERT … SELECT): the relation, the rights it needs, the tables it reads."""
    reads = Reads()
    relation = bind_body(query, Scope(context, reads, bind_body))
    return relation, tuple(reads.rights), tuple(reads.tables)


def bind_body(query: tree.Query, around: Scope) -> Relation:
    """Bind a query that stands inside `around`, whose names it sees when it has none of its own."""
    around.reads.count_query()
    scope = around.inner()
    if query.with_:
        scope.named = named_queries(query, scope)
    match query.body:
        case tree.Select():
            return _bind_select(query, query.body, scope)
        case tree.Values():
            return bind_values(query, query.body, scope)
        case tree.SetOperation():
            return bind_set_operation(query, query.body, scope)
    raise Unsupported(what=type(query.body).__name__)


# ---------------------------------------------------------------- SELECT


def _bind_select(query: tree.Query, select: tree.Select, scope: Scope) -> bound.Select:
    scope.windows = named_windows(select.windows)
    source = bind_from(select.sources, scope)
    where = None if select.where is None else _condition(select.where, "WHERE", scope)
    outputs = tuple(_outputs(select.items, scope))
    group_by = bind_group_by(select.group_by, outputs, scope)
    having = None if select.having is None else _condition(select.having, "HAVING", scope)
    distinct_on = tuple(bind_key(node, outputs, scope, "DISTINCT ON") for node in select.distinct_on)
    order_by = bind_order_by(query.order_by, outputs, scope)
    check_windows(group_by)
    check_no_generator(group_by, "GROUP BY")
    outputs = tuple(replace(o, expr=window_edges(o.expr, group_by, scope)) for o in outputs)
    order_by = tuple(replace(key, expr=window_edges(key.expr, group_by, scope)) for key in order_by)
    others = distinct_on if having is None else (*distinct_on, having)
    shown = _exprs(outputs, order_by, others)
    check_gapfill(shown, group_by)
    grouped = bool(group_by) or having is not None or any(True for expr in shown for _ in aggregates(expr))
    if grouped:
        extreme = sole_extreme(shown, scope)
        if extreme is not None:
            plain = outputs
            outputs = tuple(replace(o, expr=beside(o.expr, extreme, group_by, scope)) for o in outputs)
            order_by = tuple(replace(key, expr=moved(key.expr, plain, outputs)) for key in order_by)
        for expr in _exprs(outputs, order_by, others):
            check_grouped(expr, group_by, scope)
    if select.distinct:
        check_distinct(order_by, outputs)
    if distinct_on:
        check_distinct_on(order_by, distinct_on)
    if len(outputs) > MAX_COLUMNS:
        raise TooManyResultColumns(limit=MAX_COLUMNS)
    return bound.Select(
        columns=tuple(ResultColumn(o.name, _shown_type(o.expr, scope)) for o in outputs),
        outputs=tuple(o.expr for o in outputs),
        source=source,
        where=where,
        group_by=group_by if grouped else None,
        having=having,
        distinct=select.distinct,
        distinct_on=distinct_on,
        # A constant sorts nothing, and written out a number would mean a position.
        order_by=tuple(key for key in order_by if not isinstance(key.expr, bound.Const)),
        limit=bind_count(query.limit, "LIMIT", scope),
        offset=bind_count(query.offset, "OFFSET", scope),
    )


def _shown_type(expr: Expr, scope: Scope) -> Type:
    """The type of a result column: its expression's, but a time column's by the word it was declared with."""
    for item in scope.items:
        if item.table is not None and DECLARED_TIMESTAMP in item.table.options and expr == item.fields[0].ref:
            return replace(expr.type, name="TIMESTAMP")
    return expr.type


def _exprs(outputs: Sequence[Output], order_by: Sequence[bound.Order], others: Sequence[Expr]) -> list[Expr]:
    """What a query computes once per group."""
    return [*(o.expr for o in outputs), *(key.expr for key in order_by), *others]


def _condition(node: tree.Expr, clause: str, scope: Scope) -> Expr:
    scope.clause = clause
    return bind_condition(node, scope)


def _outputs(items: Sequence[tree.SelectItem], scope: Scope) -> Iterator[Output]:
    """The columns of the select list, stars opened. Raises StarWithoutFrom (42602)."""
    for item in items:
        scope.clause = "SELECT"
        if isinstance(item.expr, tree.Star):
            if item.alias is not None:
                raise AliasedStar(name=".".join([*(part.name for part in item.expr.table), "*"]))
            if not item.expr.table and not scope.items:
                raise StarWithoutFrom()
            for field in scope.star(item.expr.table):
                yield Output(field.name, field.ref)
            continue
        calls = list(opened(item, scope))
        if calls:
            yield from (Output(name, bind_settled(call, scope)) for name, call in calls)
        else:
            yield Output(result_name(item), bind_settled(item.expr, scope))
