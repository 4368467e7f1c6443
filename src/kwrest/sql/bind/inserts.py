"""INSERT: constants become a Batch, everything else rows that the engine computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kwrest.errors import (
    FirstColumnNotTime,
    InsertFailed,
    NullViolation,
    RelationalIntoSeries,
    TooFewColumnsGiven,
    TooFewExpressions,
    TooManyColumnsGiven,
    TooManyExpressions,
    UnequalValues,
    UnsupportedInSeries,
)
from kwrest.model import Column, Privilege, ResultColumn, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.batches import Targets, insert_targets, make_batch
from kwrest.sql.bind.assignments import assigned
from kwrest.sql.bind.conflicts import bind_conflict, checked_returning
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.defaults import default_value, written_or_default
from kwrest.sql.bind.expressions import bind_expression
from kwrest.sql.bind.guards import change_guards, insert_guards
from kwrest.sql.bind.literals import NotConstant, series_value, typed_value
from kwrest.sql.bind.queries import bind_body, bind_relation
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bind.targets import target_table
from kwrest.sql.bound import ColumnRef, Const, Derived, Expr, Relation, Right, Select, TableRight, Values
from kwrest.sql.bound_writes import InsertBatch, InsertRows
from kwrest.types.assign import assign
from kwrest.types.kinds import Family
from kwrest.types.timestamps import now_nanoseconds
from kwrest.types.values import Value


def bind_insert(statement: tree.Insert, context: Context) -> InsertBatch | InsertRows:
    """Bind INSERT and UPSERT. Raises SqlError classes in KWDB's words (facts 2.7, 8.5)."""
    table = target_table(statement.table.name, context, "INSERT")
    rights: tuple[Right, ...] = (TableRight(Privilege.INSERT, table),)
    if table.kind is TableKind.TIME_SERIES:
        _check_series_clauses(statement)
        return _bound_rows(statement, table, context, rights)
    bound = _bound_rows(statement, table, context, rights)
    conflict, more = bind_conflict(statement, table, context)
    checked_returning(statement, table, context)
    if statement.returning:
        more = (*more, TableRight(Privilege.SELECT, table))
    guards = insert_guards(table, context) if conflict is None else change_guards(table, context)
    rights = (*bound.rights, *(right for right in more if right not in bound.rights))
    return replace(bound, rights=rights, guards=guards, conflict=conflict)


def _bound_rows(
    statement: tree.Insert, table: Table, context: Context, rights: tuple[Right, ...]
) -> InsertBatch | InsertRows:
    names = [ident.name for ident in statement.columns]
    source = statement.source
    if source is None:
        return _default_values(table, context, rights)
    if isinstance(source.body, tree.Values) and not (source.with_ or source.order_by or source.limit or source.offset):
        rows = source.body.rows
        if table.kind is TableKind.TIME_SERIES:
            return _series_rows(rows, insert_targets(table, names), context, rights)
        return _relational_rows(rows, _relational_targets(rows, table, names), context, rights)
    return _insert_query(source, table, names, context, rights)


def _check_series_clauses(statement: tree.Insert) -> None:
    if statement.upsert or statement.on_conflict is not None:
        raise UnsupportedInSeries(what="on conflict")
    if statement.returning:
        raise UnsupportedInSeries(what="returning")


def _check_unlisted(targets: Targets, failure: type[NullViolation] | type[InsertFailed]) -> None:
    for column in targets.unlisted:
        if not column.nullable and column.default is None:
            raise failure(column=column.name)


# ---------------------------------------------------------------- constants


Rows = Sequence[tuple[tree.Expr, ...]]


def _with_defaults(rows: Rows, targets: Targets) -> tuple[Rows, Targets]:
    """The rows with a DEFAULT for every unlisted column that has one."""
    filled = tuple(c for c in targets.unlisted if c.default is not None and not c.numbered)
    if not filled:
        return rows, targets
    cells = (tree.Default(),) * len(filled)
    whole = Targets(targets.table, (*targets.columns, *filled), (), targets.tags_only)
    return [(*row, *cells) for row in rows], whole


def _series_rows(rows: Rows, targets: Targets, context: Context, rights: tuple[Right, ...]) -> InsertBatch:
    wanted = len(targets.columns)
    for number, row in enumerate(rows, 1):
        if len(row) != wanted:
            kind = TooFewExpressions if len(row) < wanted else TooManyExpressions
            raise kind(row=number, expressions=len(row), targets=wanted)
    _check_unlisted(targets, NullViolation)
    rows, targets = _with_defaults(rows, targets)
    now = now_nanoseconds()
    zone = context.zone
    made: list[list[Value]] = [[] for _ in targets.columns]
    for row in rows:
        for column, cell, values in zip(targets.columns, row, made, strict=True):
            if isinstance(cell, tree.Default):
                value = default_value(column, zone, now)
            else:
                value = series_value(cell, column, zone, now)
            if value is None and not column.nullable:
                raise NullViolation(column=column.name)
            values.append(value)
    return InsertBatch(make_batch(targets, made, context.dedup), rights)


def _relational_targets(rows: Rows, table: Table, names: Sequence[str]) -> Targets:
    """Without a column list VALUES may give fewer values than the table has columns: those of the first ones."""
    given = len(rows[0])
    for row in rows:
        if len(row) != given:
            raise UnequalValues(expected=given, found=len(row))
    targets = insert_targets(table, names) if names else _first_columns(table, given)
    if given != len(targets.columns):
        kind = TooFewColumnsGiven if given < len(targets.columns) else TooManyColumnsGiven
        raise kind(expressions=given, targets=len(targets.columns))
    _check_unlisted(targets, NullViolation)
    return targets


def _first_columns(table: Table, given: int) -> Targets:
    visible = [c.name for c in insert_targets(table, ()).columns]
    return insert_targets(table, visible[:given])


def _relational_rows(
    rows: Rows, targets: Targets, context: Context, rights: tuple[Right, ...]
) -> InsertBatch | InsertRows:
    rows, targets = _with_defaults(rows, targets)
    now = now_nanoseconds(6)
    try:
        # Every text is read before any width is looked at, as KWDB types the whole statement first.
        typed = [[_typed(cell, c, context, now) for c, cell in zip(targets.columns, row, strict=True)] for row in rows]
    except NotConstant:
        return _computed_rows(rows, targets, context, rights, now)
    made: list[list[Value]] = [[] for _ in targets.columns]
    for cells in typed:
        for column, value, values in zip(targets.columns, cells, made, strict=True):
            values.append(_stored(value, column))
    return InsertBatch(make_batch(targets, made, context.dedup), rights)


def _typed(cell: tree.Expr, column: Column, context: Context, now: int) -> Value:
    if isinstance(cell, tree.Default):
        return default_value(column, context.zone, now)
    value = typed_value(cell, column.type, column.name, context.zone)
    if value is None and column.numbered:
        raise NullViolation(column=column.name)
    return value


def _stored(value: Value, column: Column) -> Value:
    if value is None and not column.nullable and not column.numbered:
        raise NullViolation(column=column.name)
    return assign(value, column.type, column.name)


def _default_values(table: Table, context: Context, rights: tuple[Right, ...]) -> InsertBatch | InsertRows:
    """INSERT … DEFAULT VALUES: one row of defaults; a time-series table has none for its time and its device."""
    series = table.kind is TableKind.TIME_SERIES
    _check_unlisted(Targets(table, (), _primary_first(table)), InsertFailed if series else NullViolation)
    visible = tuple(c for c in table.columns if not c.hidden and not c.numbered)
    row = (tree.Default(),) * len(visible)
    return _relational_rows([row], Targets(table, visible, ()), context, rights)


def _primary_first(table: Table) -> tuple[Column, ...]:
    """Primary tags before the others: KWDB names them first when they are missing."""
    return (*table.primary_tags, *(c for c in table.columns if not (c.tag and c.primary)))


# ---------------------------------------------------------------- computed rows


# What a query may give for the time column: times, text that says one, NULL, which is refused as such.
_TIMES = frozenset({Family.TIMESTAMP, Family.TIMESTAMPTZ, Family.STRING, Family.UNKNOWN})


def _computed_rows(rows: Rows, targets: Targets, context: Context, rights: tuple[Right, ...], now: int) -> InsertRows:
    """VALUES with expressions, for a relational table: each cell has its column's type."""
    scope = Scope(context, Reads(), bind_body, clause="VALUES")
    bound_rows = []
    for row in rows:
        cells: list[Expr] = []
        for column, cell in zip(targets.columns, row, strict=True):
            try:
                cells.append(Const(_stored(_typed(cell, column, context, now), column), column.type))
            except NotConstant:
                cells.append(assigned(bind_expression(written_or_default(cell, column), scope), column, context.zone))
        bound_rows.append(tuple(cells))
    relation = Values(tuple(ResultColumn(c.name, c.type) for c in targets.columns), tuple(bound_rows))
    return InsertRows(targets.table, targets.columns, relation, (*rights, *scope.reads.rights))


def _insert_query(
    query: tree.Query, table: Table, names: Sequence[str], context: Context, rights: tuple[Right, ...]
) -> InsertRows:
    relation, needed, sources = bind_relation(query, context)
    series = table.kind is TableKind.TIME_SERIES
    if series and sources and all(source.kind is TableKind.RELATIONAL for source in sources):
        raise RelationalIntoSeries()
    given = len(relation.columns)
    # Without a column list the query's columns go into the first ones of the table.
    if series:
        targets = _series_targets(table, names, given)
    else:
        targets = insert_targets(table, names) if names else _first_columns(table, given)
    if given != len(targets.columns):
        kind = TooFewColumnsGiven if given < len(targets.columns) else TooManyColumnsGiven
        raise kind(expressions=given, targets=len(targets.columns))
    _check_unlisted(targets, InsertFailed if series else NullViolation)
    filled = [c for c in targets.unlisted if c.default is not None and not c.numbered]
    columns = (*targets.columns, *filled)
    converted = _converted(relation, targets, filled, context)
    # KWDB looks at the other columns first.
    for column, source in zip(targets.columns, relation.columns, strict=True):
        if series and column is table.time_column and source.type.family not in _TIMES:
            raise FirstColumnNotTime()
    return InsertRows(table, columns, converted, (*rights, *needed), context.dedup)


def _series_targets(table: Table, names: Sequence[str], given: int) -> Targets:
    chosen = list(names) or [c.name for c in table.columns][:given]
    listed = set(chosen)
    for column in _primary_first(table):
        if column.name not in listed and not column.nullable and column.default is None:
            raise InsertFailed(column=column.name)
    return insert_targets(table, chosen)


def _converted(relation: Relation, targets: Targets, filled: Sequence[Column], context: Context) -> Relation:
    """The query's columns as the target's types, and the defaults of the columns it does not give."""
    columns = targets.columns
    same = all(have.type == want.type for have, want in zip(relation.columns, columns, strict=True))
    if same and not filled:
        return relation
    series = targets.table.kind is TableKind.TIME_SERIES
    number = context.source_number()
    refs = [ColumnRef(number, position, have.type) for position, have in enumerate(relation.columns, 1)]
    outputs: list[Expr] = [assigned(ref, want, context.zone, series) for ref, want in zip(refs, columns, strict=True)]
    outputs += [_default_output(column, context) for column in filled]
    shown = tuple(ResultColumn(c.name, c.type) for c in (*columns, *filled))
    return Select(shown, tuple(outputs), Derived(number, relation))


def _default_output(column: Column, context: Context) -> Expr:
    try:
        return Const(default_value(column, context.zone, now_nanoseconds(6)), column.type)
    except NotConstant:
        scope = Scope(context, Reads(), bind_body, clause="DEFAULT")
        return assigned(bind_expression(written_or_default(tree.Default(), column), scope), column, context.zone)
