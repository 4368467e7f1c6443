"""ALTER TABLE of columns and tags: what comes, goes, and is called otherwise (facts 2.5)."""

from __future__ import annotations

from dataclasses import replace

from kwrest.errors import (
    AddNotNull,
    AddNotNullTag,
    AddSerialTag,
    AlterFirstColumn,
    DropFirstColumn,
    DropOnlyColumn,
    DropOnlyTag,
    DuplicateColumn,
    InPrimaryIndex,
    IsATag,
    IsPrimaryTag,
    NewNameExists,
    NotTimeSeries,
    ReferencedByIndex,
    ReferencedByKey,
    RenamePrimaryTag,
    SerialTag,
    TagExists,
    TagNotColumn,
    TooManyColumns,
    TooManyTags,
    UndefinedColumn,
    UndefinedTag,
    Unsupported,
    UnsupportedInSeries,
)
from kwrest.model import Column, Table
from kwrest.sql import tree
from kwrest.sql.bind.alter_constraints import add_constraint
from kwrest.sql.bind.alter_types import change_relational_type, change_series_type
from kwrest.sql.bind.altering import Altering
from kwrest.sql.bind.assignments import assigned
from kwrest.sql.bind.columns import (
    check_name,
    check_series_name,
    relational_column,
    relational_default,
    series_column,
    series_default,
)
from kwrest.sql.bind.columns import tag as series_tag
from kwrest.sql.bind.constraints import no_query, renamed_check
from kwrest.sql.bind.ddl_tables import MAX_COLUMNS, MAX_TAGS
from kwrest.sql.bind.defaults import stored_expression
from kwrest.sql.bind.expressions import bind_expression
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bound import Expr

# ---------------------------------------------------------------- ADD


def add_column(action: tree.AddColumn, work: Altering) -> None:
    """ADD COLUMN, ADD TAG; nothing when IF NOT EXISTS finds it there."""
    if action.tag and not work.series:
        raise NotTimeSeries(name=work.table.name)
    name = action.column.name.name
    if work.table.column(name) is not None:
        if action.if_not_exists:
            return
        raise (TagExists if action.tag else DuplicateColumn)(name=name)
    if not work.series:
        _add_relational(action.column, work)
    elif action.tag:
        work.add(_new_tag(action.column, work.table))
    else:
        work.add(_new_column(action.column, work.table))


def _new_column(said: tree.ColumnDefinition, table: Table) -> Column:
    column = series_column(said, 0)
    if not column.nullable:  # old rows have no value for it
        raise AddNotNull(name=column.name)
    if len(table.data_columns) >= MAX_COLUMNS:
        raise TooManyColumns(name=table.name)
    return column


def _new_tag(said: tree.ColumnDefinition, table: Table) -> Column:
    try:
        column = series_tag(said, 0)
    except SerialTag:
        raise AddSerialTag(name=said.name.name) from None
    if not column.nullable:
        raise AddNotNullTag(name=column.name)
    if len(table.tags) >= MAX_TAGS:
        raise TooManyTags(name=table.name)
    return column


def _add_relational(said: tree.ColumnDefinition, work: Altering) -> None:
    """A column with its constraints; rows that are there get its DEFAULT."""
    made = relational_column(said, 0, work.context)
    work.add(made, _default(made, work))
    for constraint in said.constraints:
        add_constraint(constraint, work)


def _default(column: Column, work: Altering) -> Expr | None:
    if column.default is None:
        return None
    scope = Scope(work.context, Reads(), no_query, clause="DEFAULT")
    return assigned(bind_expression(stored_expression(column.default), scope), column, work.context.zone)


# ---------------------------------------------------------------- DROP


def drop_column(action: tree.DropColumn, work: Altering) -> None:
    """DROP COLUMN, DROP TAG; nothing when IF EXISTS does not find it."""
    try:
        column = work.column(action.name, action.tag)
    except (UndefinedColumn, UndefinedTag):
        if action.if_exists:
            return
        raise
    if action.tag:
        _check_dropped_tag(column, work.table)
    elif column.tag:
        raise TagNotColumn(name=column.name)
    elif work.series:
        _check_dropped_column(column, work.table)
    else:
        _release(column, work)
    work.drop(column)


def _check_dropped_tag(column: Column, table: Table) -> None:
    if len(table.tags) == 1:
        raise DropOnlyTag(table=table.name)
    if column.primary:
        raise IsPrimaryTag(name=column.name)
    _refuse_indexed(column, table)


def _refuse_indexed(column: Column, table: Table) -> None:
    for index in table.indexes:
        if column.id in index.columns:
            raise ReferencedByIndex(name=column.name, index=index.name)


def _check_dropped_column(column: Column, table: Table) -> None:
    if column.id == table.time_column.id:
        raise DropFirstColumn(name=column.name)
    if len(table.data_columns) == 2:
        raise DropOnlyColumn(table=table.name)


def _release(column: Column, work: Altering) -> None:
    """Indexes, checks and foreign keys go with a column of a relational table; not the primary key."""
    table = work.table
    if table.primary_key is not None and column.id in table.primary_key.columns:
        raise ReferencedByKey(name=column.name)
    if len([c for c in table.data_columns if not c.hidden]) == 1:
        raise Unsupported(what="a table without columns")
    work.refuse_referenced(column)
    work.release(
        replace(
            table,
            indexes=tuple(i for i in table.indexes if column.id not in (*i.columns, *i.storing)),
            checks=tuple(check for check in table.checks if column.id not in check.columns),
            foreign_keys=tuple(
                key
                for key in table.foreign_keys
                if column.id not in key.columns and (key.table != table.id or column.id not in key.referenced)
            ),
        )
    )


# ---------------------------------------------------------------- RENAME, TYPE, DEFAULT, NOT NULL


def rename_column(action: tree.RenameColumn, work: Altering) -> None:
    """RENAME COLUMN, RENAME TAG; nothing when the name stays."""
    column, name = work.column(action.name, action.tag), action.to.name
    if column.tag and not action.tag:
        raise IsATag(name=column.name)
    if column.tag and column.primary:
        raise RenamePrimaryTag(name=column.name)
    if name == column.name:
        return
    if work.table.column(name) is not None:
        raise NewNameExists(name=name)
    if work.series:
        check_series_name("tag" if column.tag else "column", name)
    else:
        check_name("column", name)
    checks = (renamed_check(c, column, name) if column.id in c.columns else c for c in work.table.checks)
    work.release(replace(work.table, checks=tuple(checks)))
    work.change(column, name=name)


def change_type(action: tree.AlterColumnType, work: Altering) -> None:
    """ALTER COLUMN TYPE, ALTER TAG TYPE, the word TAG not needed."""
    column = work.column(action.name, action.tag)
    if not work.series:
        change_relational_type(column, action.type, work)
        return
    if column.id == work.table.time_column.id:
        raise AlterFirstColumn(name=column.name)
    if column.primary:
        raise IsPrimaryTag(name=column.name)
    _refuse_indexed(column, work.table)
    change_series_type(column, action.type, work)


def change_default(action: tree.AlterColumnDefault, work: Altering) -> None:
    """ALTER COLUMN SET DEFAULT, DROP DEFAULT: of rows that come, those that are there stay."""
    column = work.column(action.name)
    if column.tag:
        raise UnsupportedInSeries(what="default value of tag")
    default = None
    if action.default is not None:
        default = (
            series_default(action.default, column)
            if work.series
            else relational_default(action.default, action.default_text, column, work.context)
        )
    if default != column.default:
        work.change(column, default=default)


def change_nullable(action: tree.AlterColumnNull, work: Altering) -> None:
    """ALTER COLUMN SET NOT NULL, DROP NOT NULL."""
    column = work.column(action.name)
    if work.series:
        raise UnsupportedInSeries(what="alter column not null")
    key = work.table.primary_key
    if action.nullable and key is not None and column.id in key.columns:
        raise InPrimaryIndex(name=column.name)
    if column.nullable != action.nullable:
        work.change(column, nullable=action.nullable)
