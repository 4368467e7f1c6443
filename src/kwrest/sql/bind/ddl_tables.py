"""CREATE TABLE and DROP TABLE: names, kinds of database, limits (facts 2.3)."""

from __future__ import annotations

from dataclasses import replace

from kwrest.errors import (
    DropSeveralSeries,
    DuplicateColumn,
    DuplicateTag,
    FirstColumnNullable,
    FirstColumnType,
    NotATag,
    NullablePrimaryTag,
    ReferencedTable,
    RelationalInSeries,
    RelationExists,
    SeriesInRelational,
    TooFewColumns,
    TooManyColumns,
    TooManyPrimaryTags,
    TooManyTags,
    UndefinedTable,
    UnsupportedInSeries,
)
from kwrest.model import DECLARED_TIMESTAMP, Column, Database, DatabaseKind, Privilege, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.columns import (
    check_primary,
    check_series_name,
    primary_type,
    series_column,
    tag,
)
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.ddl_relational import relational_table
from kwrest.sql.bind.references import referring
from kwrest.sql.bind.spans import partition_interval, retention
from kwrest.sql.bind.targets import new_name, target_table
from kwrest.sql.bind.views import dependants
from kwrest.sql.bound import DatabaseRight, Right, TableRight
from kwrest.sql.definitions import CreateTable, DropTables, Nothing, TruncateTables
from kwrest.types.kinds import Family, Type

MAX_COLUMNS = 4096
MAX_TAGS = 128
MAX_PRIMARY_TAGS = 4

# What a time-series table may not have beside its columns, in KWDB's words.
_CONSTRAINTS = {
    "unique": "unique constraint",
    "check": "check constraint",
    "foreign key": "foreign key constraint",
}


def bind_create_table(statement: tree.CreateTable, context: Context) -> CreateTable | Nothing:
    """Bind CREATE TABLE of either kind; the kind is time series when a TAGS clause was written (contract S1, S2)."""
    database, name = new_name(statement.name, context)
    rights: tuple[Right, ...] = (DatabaseRight(Privilege.CREATE, database),)
    if context.world.table(database, name) is not None:
        if statement.if_not_exists:
            return Nothing(rights)
        raise RelationExists(name=name)
    _check_kind(statement, database)
    if statement.tags is not None:
        return CreateTable(_series_table(statement, name, database), rights)
    made = relational_table(statement, name, database, context)
    return CreateTable(made.table, (*rights, *made.rights), made.parents, made.rows)


def _check_kind(statement: tree.CreateTable, database: Database) -> None:
    if statement.tags is not None:
        if database.kind is DatabaseKind.RELATIONAL and not database.mixed:
            raise SeriesInRelational(name=database.name)
    elif database.kind is DatabaseKind.TIME_SERIES and not database.mixed:
        raise RelationalInSeries(name=database.name)


# ---------------------------------------------------------------- time series


def _series_table(statement: tree.CreateTable, name: str, database: Database) -> Table:
    check_series_name("table", name)
    if statement.temporary:
        raise UnsupportedInSeries(what="temporary table")
    for constraint in statement.constraints:
        raise UnsupportedInSeries(what=_CONSTRAINTS.get(constraint.kind, constraint.kind))
    if len(statement.columns) < 2:
        raise TooFewColumns()
    if len(statement.columns) > MAX_COLUMNS:
        raise TooManyColumns(name=name)
    columns = [_first_column(statement.columns[0])]
    columns += [series_column(said, number) for number, said in enumerate(statement.columns[1:], 2)]
    taken: set[str] = set()
    for column in columns:
        if column.name in taken:
            raise DuplicateColumn(name=column.name)
        taken.add(column.name)
    tags = _tags(statement, name, len(columns) + 1, taken)
    spans = {
        "retentions": retention(statement.retention),
        "activetime": retention(statement.active_time, "activetime"),
        "partition interval": partition_interval(statement.partition_interval),
    }
    options = {word: length.text for word, length in spans.items() if length.text}
    if series_column(statement.columns[0], 1).type.family is Family.TIMESTAMP:
        options[DECLARED_TIMESTAMP] = "yes"
    if statement.dict_encoding:
        options["dict"] = "encoding"
    return Table(
        0,
        database.id,
        name,
        TableKind.TIME_SERIES,
        (*columns, *tags),
        retention=spans["retentions"].seconds,
        active_time=spans["activetime"].seconds,
        partition_interval=spans["partition interval"].seconds,
        options=options,
        comment=statement.comment,
    )


def _first_column(said: tree.ColumnDefinition) -> Column:
    """The time column, always stored and shown as TIMESTAMPTZ."""
    column = series_column(said, 1)
    if column.type.family not in (Family.TIMESTAMP, Family.TIMESTAMPTZ):
        raise FirstColumnType(name=column.name)
    if column.nullable:
        raise FirstColumnNullable(name=column.name)
    return replace(column, type=Type(Family.TIMESTAMPTZ, "TIMESTAMPTZ", precision=column.type.precision))


def _tags(statement: tree.CreateTable, name: str, first: int, taken: set[str]) -> list[Column]:
    assert statement.tags is not None
    if len(statement.tags) > MAX_TAGS:
        raise TooManyTags(name=name)
    tags: list[Column] = []
    seen: set[str] = set()
    for number, said in enumerate(statement.tags, first):
        made = tag(said, number)
        if made.name in seen:
            raise DuplicateTag(name=made.name)
        if made.name in taken:
            raise DuplicateColumn(name=made.name)
        seen.add(made.name)
        tags.append(made)
    if statement.primary_tags is None:
        # Contract S2: all tags are the identity. It has no NULLs, and the widths of ordinary tags.
        for made in tags:
            check_primary(made)
        return [replace(made, primary=True, nullable=False) for made in tags]
    written_widths = {said.name.name for said in statement.tags if said.type.arguments}
    return _primary(tags, [ident.name for ident in statement.primary_tags], written_widths)


def _primary(tags: list[Column], names: list[str], written_widths: set[str]) -> list[Column]:
    if len(names) > MAX_PRIMARY_TAGS:
        raise TooManyPrimaryTags()
    by_name = {made.name: made for made in tags}
    chosen: dict[str, Type] = {}
    for name in names:
        if name not in by_name:
            raise NotATag(name=name)
        if name in chosen:
            raise DuplicateTag(name=name)
        if by_name[name].nullable:
            raise NullablePrimaryTag(name=name)
        chosen[name] = primary_type(by_name[name], name in written_widths)
    return [replace(made, primary=True, type=chosen[made.name]) if made.name in chosen else made for made in tags]


# ---------------------------------------------------------------- DROP TABLE


def bind_drop_table(statement: tree.DropTable, context: Context) -> DropTables | Nothing:
    """Bind DROP TABLE; several at once only of relational tables."""
    tables: dict[int, Table] = {}
    for name in statement.names:
        try:
            table = target_table(name, context, "DROP")
        except UndefinedTable:
            if statement.if_exists:
                continue
            raise
        tables[table.id] = table
    if len(statement.names) > 1 and any(t.kind is TableKind.TIME_SERIES for t in tables.values()):
        raise DropSeveralSeries()
    if not tables:
        return Nothing()
    found = tuple(tables.values())
    if statement.behaviour == "CASCADE":
        found = (*found, *dependants(found, context))
    rights = tuple(TableRight(Privilege.DROP, table) for table in found)
    if statement.behaviour != "CASCADE":
        return DropTables(found, rights)
    others = referring(found, context)
    return DropTables(found, (*rights, *(TableRight(Privilege.CREATE, table) for table in others)), others)


# ---------------------------------------------------------------- TRUNCATE


def bind_truncate(statement: tree.Truncate, context: Context) -> TruncateTables:
    """Bind TRUNCATE, which takes DROP on each table; with CASCADE the tables that refer to them are emptied too.

    Raises UnsupportedInSeries, ReferencedTable.
    """
    tables: dict[int, Table] = {}
    for ref in statement.tables:
        table = target_table(ref.name, context, "DROP")
        if table.kind is TableKind.TIME_SERIES:
            raise UnsupportedInSeries(what="truncate")
        tables[table.id] = table
    waiting = list(tables.values())
    while waiting:
        table = waiting.pop()
        for child in context.world.referring(table):
            if child.id in tables:
                continue
            if not statement.cascade:
                raise ReferencedTable(name=table.name, by=child.name)
            tables[child.id] = child
            context.ask(TableRight(Privilege.DROP, child))
            waiting.append(child)
    found = tuple(tables.values())
    return TruncateTables(found, tuple(TableRight(Privilege.DROP, table) for table in found))
