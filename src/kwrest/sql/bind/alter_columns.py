"""ALTER TABLE of columns and tags: what comes, goes, and is called otherwise (facts 2.5)."""

from __future__ import annotations

from kwrest.errors import (
    AddNotNull,
    AddNotNullTag,
    AddSerialTag,
    AlterFirstColumn,
    DropFirstColumn,
    DropOnlyColumn,
    DropOnlyTag,
    DuplicateColumn,
    IsATag,
    IsNoTag,
    IsPrimaryTag,
    NewNameExists,
    NotTimeSeries,
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
from kwrest.model import Column, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.alter_types import relational_change, series_change
from kwrest.sql.bind.columns import check_name, check_series_name, relational_column, series_column, series_default
from kwrest.sql.bind.columns import tag as series_tag
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.ddl_tables import MAX_COLUMNS, MAX_TAGS
from kwrest.sql.definitions import AddColumn, ChangeColumn, DropColumn

# ---------------------------------------------------------------- which column


def _found(table: Table, name: tree.Ident, tag: bool) -> Column:
    """The column or tag of that name. tag: the word TAG was written, so nothing else will do.

    Raises UndefinedColumn, UndefinedTag, IsNoTag; NotTimeSeries for tags of a relational table.
    """
    if tag and table.kind is not TableKind.TIME_SERIES:
        raise NotTimeSeries(name=table.name)
    column = table.column(name.name)
    if column is None or column.secret:
        raise (UndefinedTag if tag else UndefinedColumn)(name=name.name)
    if tag and not column.tag:
        raise IsNoTag(name=column.name)
    return column


# ---------------------------------------------------------------- ADD


def add_column(action: tree.AddColumn, table: Table, context: Context) -> AddColumn | None:
    """ADD COLUMN, ADD TAG; None when IF NOT EXISTS finds it there."""
    if action.tag and table.kind is not TableKind.TIME_SERIES:
        raise NotTimeSeries(name=table.name)
    name = action.column.name.name
    if table.column(name) is not None:
        if action.if_not_exists:
            return None
        raise (TagExists if action.tag else DuplicateColumn)(name=name)
    if table.kind is not TableKind.TIME_SERIES:
        return _add_relational(action.column, context)
    return AddColumn(_new_tag(action.column, table) if action.tag else _new_column(action.column, table))


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


def _add_relational(said: tree.ColumnDefinition, context: Context) -> AddColumn:
    column = relational_column(said, 0, context)
    if not column.nullable:
        raise Unsupported(what="ADD COLUMN NOT NULL")
    if column.default is not None:
        raise Unsupported(what="ADD COLUMN DEFAULT")
    return AddColumn(column)


# ---------------------------------------------------------------- DROP


def drop_column(action: tree.DropColumn, table: Table) -> DropColumn | None:
    """DROP COLUMN, DROP TAG; None when IF EXISTS does not find it."""
    try:
        column = _found(table, action.name, action.tag)
    except (UndefinedColumn, UndefinedTag):
        if action.if_exists:
            return None
        raise
    if action.tag:
        _check_dropped_tag(column, table)
    elif column.tag:
        raise TagNotColumn(name=column.name)
    elif table.kind is TableKind.TIME_SERIES:
        _check_dropped_column(column, table)
    elif len(table.data_columns) == 1:
        raise Unsupported(what="a table without columns")
    return DropColumn(column)


def _check_dropped_tag(column: Column, table: Table) -> None:
    if len(table.tags) == 1:
        raise DropOnlyTag(table=table.name)
    if column.primary:
        raise IsPrimaryTag(name=column.name)


def _check_dropped_column(column: Column, table: Table) -> None:
    if column.id == table.time_column.id:
        raise DropFirstColumn(name=column.name)
    if len(table.data_columns) == 2:
        raise DropOnlyColumn(table=table.name)


# ---------------------------------------------------------------- RENAME, TYPE, DEFAULT


def rename_column(action: tree.RenameColumn, table: Table) -> ChangeColumn | None:
    """RENAME COLUMN, RENAME TAG; None when the name stays."""
    column, name = _found(table, action.name, action.tag), action.to.name
    if column.tag and not action.tag:
        raise IsATag(name=column.name)
    if column.tag and column.primary:
        raise RenamePrimaryTag(name=column.name)
    if name == column.name:
        return None
    if table.column(name) is not None:
        raise NewNameExists(name=name)
    if table.kind is TableKind.TIME_SERIES:
        check_series_name("tag" if column.tag else "column", name)
    else:
        check_name("column", name)
    return ChangeColumn(column, {"name": name})


def change_type(action: tree.AlterColumnType, table: Table, context: Context) -> ChangeColumn | None:
    """ALTER COLUMN TYPE, ALTER TAG TYPE, the word TAG not needed; None when it has that type already."""
    column = _found(table, action.name, action.tag)
    if table.kind is not TableKind.TIME_SERIES:
        return relational_change(column, action.type, context)
    if column.id == table.time_column.id:
        raise AlterFirstColumn(name=column.name)
    if column.primary:
        raise IsPrimaryTag(name=column.name)
    return series_change(column, action.type)


def change_default(action: tree.AlterColumnDefault, table: Table) -> ChangeColumn:
    """ALTER COLUMN SET DEFAULT, DROP DEFAULT: of rows that come, those that are there stay."""
    column = _found(table, action.name, tag=False)
    if table.kind is not TableKind.TIME_SERIES:
        raise Unsupported(what="ALTER TABLE ALTER COLUMN DEFAULT")
    if column.tag:
        raise UnsupportedInSeries(what="default value of tag")
    default = None if action.default is None else series_default(action.default, column)
    return ChangeColumn(column, {"default": default})
