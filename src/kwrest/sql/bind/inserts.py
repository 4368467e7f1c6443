"""INSERT: constants become a Batch, everything else rows that the engine computes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from kwrest.errors import (
    ColumnCountMismatch,
    InsertFailed,
    NullViolation,
    RelationalIntoSeries,
    TooFewExpressions,
    TooManyExpressions,
    Unsupported,
    UnsupportedInSeries,
)
from kwrest.model import Column, Privilege, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.batches import Targets, insert_targets, make_batch
from kwrest.sql.bind.assignments import assigned
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.defaults import default_value
from kwrest.sql.bind.expressions import bind_expression
from kwrest.sql.bind.literals import NotConstant, series_value, typed_value
from kwrest.sql.bind.queries import bind_body, bind_relation
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bind.targets import target_table
from kwrest.sql.bound import (
    ColumnRef,
    Const,
    Derived,
    Expr,
    InsertBatch,
    InsertRows,
    Relation,
    Right,
    Select,
    TableRight,
    Values,
)
from kwrest.model import ResultColumn
from kwrest.types.assign import assign
from kwrest.types.timestamps import now_nanoseconds
from kwrest.types.values import Value


def bind_insert(statement: tree.Insert, context: Context) -> InsertBatch | InsertRows:
    """Bind INSERT. Raises SqlError classes in KWDB's words (facts 2.7, 8.5); Unsupported for UPSERT and its kin."""
    table = target_table(statement.table.name, context, "INSERT")
    _check_clauses(statement, table)
    rights: tuple[Right, ...] = (TableRight(Privilege.INSERT, table),)
    names = [ident.name for ident in statement.columns]
    source = statement.source
    if source is None:
        return _default_values(table, context, rights)
    if isinstance(source.body, tree.Values) and not (source.with_ or source.order_by or source.limit or source.offset):
        targets = insert_targets(table, names)
        rows = source.body.rows
        _check_counts(rows, targets)
        _check_unlisted(targets, NullViolation)
        if table.kind is TableKind.TIME_SERIES:
            return _series_rows(rows, targets, context, rights)
        return _relational_rows(rows, targets, context, rights)
    return _insert_query(source, table, names, context, rights)


def _check_clauses(statement: tree.Insert, table: Table) -> None:
    series = table.kind is TableKind.TIME_SERIES
    if statement.upsert or statement.on_conflict is not None:
        if series:
            raise UnsupportedInSeries(what="on conflict")
        raise Unsupported(what="UPSERT" if statement.upsert else "ON CONFLICT")
    if statement.returning:
        if series:
            raise UnsupportedInSeries(what="returning")
        raise Unsupported(what="RETURNING")


def _check_counts(rows: Sequence[Sequence[tree.Expr]], targets: Targets) -> None:
    wanted = len(targets.columns)
    for number, row in enumerate(rows, 1):
        if len(row) != wanted:
            kind = TooFewExpressions if len(row) < wanted else TooManyExpressions
            raise kind(row=number, expressions=len(row), targets=wanted)


def _check_unlisted(targets: Targets, failure: type[NullViolation] | type[InsertFailed]) -> None:
    for column in targets.unlisted:
        if not column.nullable and column.default is None:
            raise failure(column=column.name)


# ---------------------------------------------------------------- constants


def _series_rows(
    rows: Sequence[Sequence[tree.Expr]], targets: Targets, context: Context, rights: tuple[Right, ...]
) -> InsertBatch:
    now = now_nanoseconds()
    zone = context.zone
    made: list[list[Value]] = [[] for _ in targets.columns]
    for row in rows:
        for column, cell, values in zip(targets.columns, row, made, strict=True):
            if isinstance(cell, tree.Default):
                value = default_value(column, zone, now) if column.default is not None else None
            else:
                value = series_value(cell, column, zone, now)
            if value is None and not column.nullable:
                raise NullViolation(column=column.name)
            values.append(value)
    return _batch(targets, made, len(rows), context, rights, now)


def _relational_rows(
    rows: Sequence[Sequence[tree.Expr]], targets: Targets, context: Context, rights: tuple[Right, ...]
) -> InsertBatch | InsertRows:
    now = now_nanoseconds(6)
    made: list[list[Value]] = [[] for _ in targets.columns]
    try:
        for row in rows:
            for column, cell, values in zip(targets.columns, row, made, strict=True):
                values.append(_relational_value(cell, column, context, now))
    except NotConstant:
        return _computed_rows(rows, targets, context, rights, now)
    return _batch(targets, made, len(rows), context, rights, now)


def _relational_value(cell: tree.Expr, column: Column, context: Context, now: int) -> Value:
    if isinstance(cell, tree.Default):
        value = default_value(column, context.zone, now) if column.default is not None else None
    else:
        value = assign(typed_value(cell, column.type, column.name, context.zone), column.type, column.name)
    if value is None and not column.nullable:
        raise NullViolation(column=column.name)
    return value


def _batch(
    targets: Targets, made: list[list[Value]], rows: int, context: Context, rights: tuple[Right, ...], now: int
) -> InsertBatch:
    """The batch, the DEFAULTs of unlisted columns filled in."""
    filled = [c for c in targets.unlisted if c.default is not None]
    if filled:
        made += [[default_value(c, context.zone, now)] * rows for c in filled]
        targets = Targets(targets.table, (*targets.columns, *filled), (), targets.tags_only)
    return InsertBatch(make_batch(targets, made, context.dedup), rights)


def _default_values(table: Table, context: Context, rights: tuple[Right, ...]) -> InsertBatch:
    """INSERT … DEFAULT VALUES: one row of defaults; a time-series table has none for its time and its device."""
    targets = Targets(table, (), _primary_first(table))
    _check_unlisted(targets, InsertFailed if table.kind is TableKind.TIME_SERIES else NullViolation)
    visible = tuple(c for c in table.columns if c.default is None and not c.hidden)
    return _batch(Targets(table, visible, targets.unlisted), [[None] for _ in visible], 1, context, rights, now_nanoseconds(6))


def _primary_first(table: Table) -> tuple[Column, ...]:
    """Primary tags before the others: KWDB names them first when they are missing."""
    return (*table.primary_tags, *(c for c in table.columns if not (c.tag and c.primary)))


# ---------------------------------------------------------------- computed rows


def _computed_rows(
    rows: Sequence[Sequence[tree.Expr]], targets: Targets, context: Context, rights: tuple[Right, ...], now: int
) -> InsertRows:
    """VALUES with expressions, for a relational table: each cell has its column's type."""
    reads = Reads()
    scope = Scope(context, reads, bind_body, clause="VALUES")
    filled = [c for c in targets.unlisted if c.default is not None]
    columns = (*targets.columns, *filled)
    bound_rows = []
    for row in rows:
        cells: list[Expr] = []
        for column, cell in zip(targets.columns, row, strict=True):
            try:
                cells.append(Const(_relational_value(cell, column, context, now), column.type))
            except NotConstant:
                cells.append(assigned(bind_expression(cell, scope), column))
        cells += [Const(default_value(c, context.zone, now), c.type) for c in filled]
        bound_rows.append(tuple(cells))
    relation = Values(tuple(ResultColumn(c.name, c.type) for c in columns), tuple(bound_rows))
    return InsertRows(targets.table, columns, relation, (*rights, *reads.rights))


def _insert_query(
    query: tree.Query, table: Table, names: Sequence[str], context: Context, rights: tuple[Right, ...]
) -> InsertRows:
    relation, needed, sources = bind_relation(query, context)
    series = table.kind is TableKind.TIME_SERIES
    if series and any(source.kind is TableKind.RELATIONAL for source in sources):
        raise RelationalIntoSeries()
    given = len(relation.columns)
    # A time-series table takes fewer columns than it has from a query, without a column list: its first ones.
    targets = insert_targets(table, names) if not series else _series_targets(table, names, given)
    if given != len(targets.columns):
        raise ColumnCountMismatch(given=given, targets=len(targets.columns))
    _check_unlisted(targets, InsertFailed if series else NullViolation)
    filled = [c for c in targets.unlisted if c.default is not None]
    columns = (*targets.columns, *filled)
    return InsertRows(table, columns, _converted(relation, targets.columns, filled, context), (*rights, *needed))


def _series_targets(table: Table, names: Sequence[str], given: int) -> Targets:
    chosen = list(names) or [c.name for c in table.columns][:given]
    listed = set(chosen)
    missing = [c for c in _primary_first(table) if c.name not in listed]
    for column in missing:
        if not column.nullable and column.default is None:
            raise InsertFailed(column=column.name)
    return insert_targets(table, chosen)


def _converted(relation: Relation, columns: Sequence[Column], filled: Sequence[Column], context: Context) -> Relation:
    """The query's columns as the target's types, and the defaults of the columns it does not give."""
    same = all(have.type == want.type for have, want in zip(relation.columns, columns, strict=True))
    if same and not filled:
        return relation
    number = context.source_number()
    now = now_nanoseconds(6)
    outputs: list[Expr] = [
        assigned(ColumnRef(number, position, have.type), want)
        for position, have, want in zip(count(1), relation.columns, columns)
    ]
    outputs += [Const(default_value(c, context.zone, now), c.type) for c in filled]
    shown = tuple(ResultColumn(c.name, c.type) for c in (*columns, *filled))
    return Select(shown, tuple(outputs), Derived(number, relation))
