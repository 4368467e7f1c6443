"""SHOW: what the catalog, the settings and the users are, as rows of constants (facts 2.6).

A SHOW reads the world while it is bound, so its rows are those of that moment; SHOW TAG VALUES alone reads storage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from zoneinfo import ZoneInfo

from kwrest.errors import (
    NoDownsampling,
    NoTags,
    NotTimeSeries,
    UndefinedTarget,
    UnknownShownSetting,
    Unsupported,
)
from kwrest.model import Database, Privilege, ResultColumn, Table, TableKind
from kwrest.sql import bound, tree
from kwrest.sql.bind.context import Context, UserFacts
from kwrest.sql.bind.show_create import column_text, quoted, retention_text, show_create_database, show_create_table
from kwrest.sql.bind.show_grants import show_grants
from kwrest.sql.bind.show_keys import indexes_of_column, show_constraints, show_create_relational, show_indexes
from kwrest.sql.bind.show_partitions import show_partitions
from kwrest.sql.bind.show_rows import SCHEMAS, TEXTS, Columns, commented_rows, constant_rows, shown_table
from kwrest.sql.bind.show_running import show_queries, show_sessions
from kwrest.sql.bind.tables import Reads, find_database, find_table, written
from kwrest.sql.bind.targets import target_database
from kwrest.sql.bound import AdminRight, ColumnRef, Order, Relation, TableRight, Value
from kwrest.system import SCHEMA, SYSTEM_NAME, SYSTEM_TABLES, USERS
from kwrest.types.kinds import BOOL, FLOAT8, INT8, STRING, Family, Type
from kwrest.types.timestamps import timestamp_to_text

UTC = ZoneInfo("UTC")

# A cluster setting's value is shown in the type of its letter; a letter that is not here is text.
SETTING_TYPES: dict[str, Type] = {"i": INT8, "b": BOOL, "f": FLOAT8}


def bind_show(show: tree.Statement, context: Context, reads: Reads) -> Relation:
    """The rows of a SHOW; the rights it needs go to `reads`. Raises Unsupported for a SHOW without an entry in SHOWS."""
    if not isinstance(show, tree.Show):
        raise Unsupported(what="this statement in brackets")
    bind = SHOWS.get(show.what)
    if bind is None:
        raise Unsupported(what=f"SHOW {show.what}")
    return bind(show, context, reads)


# ---------------------------------------------------------------- databases


def _databases(show: tree.Show, context: Context, reads: Reads) -> Relation:
    columns: Columns = (("database_name", STRING), ("engine_type", STRING))
    databases = sorted(context.world.databases(), key=lambda d: d.name)
    return commented_rows(show, columns, [((d.name, d.kind.value), d.comment) for d in databases])


def _create_database(show: tree.Show, context: Context, reads: Reads) -> Relation:
    name = show.name[0]
    database = target_database(name, context)
    columns: Columns = (("database_name", STRING), ("create_statement", STRING))
    return constant_rows(columns, [(quoted(database.name), show_create_database(database))])


def _schemas(show: tree.Show, context: Context, reads: Reads) -> Relation:
    if show.name:
        _target(show.name, context)
    return constant_rows((("schema_name", STRING),), [(name,) for name in SCHEMAS])


def _target(name: Sequence[tree.Ident], context: Context) -> Database:
    """The database of FROM `db`, `db.public` or `public`. Raises UndefinedTarget (3F000)."""
    if len(name) == 1 and name[0].name == SCHEMA:
        return context.database
    database = find_database(name[0], context)
    if database is None or any(part.name != SCHEMA for part in name[1:]):
        raise UndefinedTarget()
    return database


# ---------------------------------------------------------------- tables


def _tables(show: tree.Show, context: Context, reads: Reads) -> Relation:
    database = _target(show.name, context) if show.name else context.database
    columns: Columns = (("table_name", STRING), ("table_type", STRING))
    tables: Iterable[Table]
    if database.name == SYSTEM_NAME:
        reads.need(AdminRight(f"read {SYSTEM_NAME}"))
        tables = SYSTEM_TABLES
    else:
        tables = (t for t in context.world.tables(database) if context.world.may_see(context.user, t))
    # A table without a comment shows an empty one, a database or a column none.
    in_order = sorted(tables, key=lambda t: t.name)
    return commented_rows(show, columns, [((t.name, t.kind.value), t.comment or "") for t in in_order])


def _create_table(show: tree.Show, context: Context, reads: Reads) -> Relation:
    database, table = shown_table(show.name, context, reads)
    if table.kind is TableKind.SYSTEM:
        raise Unsupported(what=f"SHOW CREATE of a table of {SYSTEM_NAME}")
    name = quoted(table.name)
    if len(show.name) > 1:
        name = f"{quoted(database.name)}.{SCHEMA}.{name}"
    columns: Columns = (("table_name", STRING), ("create_statement", STRING))
    if table.kind is TableKind.RELATIONAL:
        shown = [column_text(c) for c in table.columns if not c.hidden]
        text = show_create_relational(table, shown, context)
    else:
        text = show_create_table(database, table)
    return constant_rows(columns, [(name, text)])


def _columns(show: tree.Show, context: Context, reads: Reads) -> Relation:
    _, table = shown_table(show.name, context, reads)
    columns: Columns = (
        ("column_name", STRING), ("data_type", STRING), ("is_nullable", BOOL), ("column_default", STRING),
        ("generation_expression", STRING), ("indices", TEXTS), ("is_hidden", BOOL), ("is_tag", BOOL),
    )  # fmt: skip
    return commented_rows(
        show,
        columns,
        [
            (
                (c.name, str(c.type), c.nullable, c.default, "", indexes_of_column(table, c), c.hidden, c.tag),
                c.comment,
            )
            for c in table.columns
            if not c.secret
        ],
    )


# ---------------------------------------------------------------- time-series tables


def _tags(show: tree.Show, context: Context, reads: Reads) -> Relation:
    _, table = shown_table(show.name, context, reads)
    if table.kind is not TableKind.TIME_SERIES:
        raise NoTags(name=table.name)
    columns: Columns = (("tag", STRING), ("type", STRING), ("is_primary", BOOL), ("nullable", BOOL))
    return constant_rows(columns, [(t.name, str(t.type), t.primary, t.nullable) for t in table.tags])


def _tag_values(show: tree.Show, context: Context, reads: Reads) -> Relation:
    _, table = find_table(show.name, context)
    if table.kind is not TableKind.TIME_SERIES:
        raise NotTimeSeries(name=table.name)
    reads.read(table)
    number = context.source_number()
    return bound.Select(
        columns=tuple(ResultColumn(t.name, t.type) for t in table.tags),
        outputs=tuple(ColumnRef(number, t.id, t.type) for t in table.tags),
        source=bound.Devices(number, table),
        order_by=tuple(Order(ColumnRef(number, t.id, t.type)) for t in table.primary_tags),
    )


def _retentions(show: tree.Show, context: Context, reads: Reads) -> Relation:
    database, table = shown_table(show.name, context, reads)
    if table.kind is not TableKind.TIME_SERIES:
        raise NoDownsampling(name=table.name)
    columns: Columns = (("name", STRING), ("retentions", STRING), ("sample", STRING))
    return constant_rows(columns, [(table.name, retention_text(database, table), None)])


# ---------------------------------------------------------------- settings and users


def _cluster_setting(show: tree.Show, context: Context, reads: Reads) -> Relation:
    reads.need(AdminRight("SHOW CLUSTER SETTINGS"))
    context.ask(AdminRight("SHOW CLUSTER SETTINGS"))
    name = written(show.name).lower()
    setting = context.world.setting(name)
    if setting is None:
        raise UnknownShownSetting(name=name)
    type_ = SETTING_TYPES.get(setting.type, STRING)
    return constant_rows(((name, type_),), [(_setting_value(setting.value, type_),)])


def _setting_value(text: str, type_: Type) -> Value:
    """A setting's text as a value of the type it is shown in."""
    if type_.family is Family.INT:
        return int(text)
    if type_.family is Family.FLOAT:
        return float(text)
    return text == "true" if type_.family is Family.BOOL else text


def _cluster_settings(show: tree.Show, context: Context, reads: Reads) -> Relation:
    reads.need(AdminRight("SHOW CLUSTER SETTINGS"))
    settings = sorted(context.world.settings(), key=lambda s: s.name)
    columns: Columns = (("variable", STRING), ("value", STRING), ("setting_type", STRING))
    if "ALL" in (word.upper() for word in show.rest):
        return constant_rows(
            (*columns, ("public", BOOL), ("description", STRING)),
            [(s.name, s.value, s.type, True, s.description) for s in settings],
        )
    return constant_rows(
        (*columns, ("description", STRING)), [(s.name, s.value, s.type, s.description) for s in settings]
    )


def _users(show: tree.Show, context: Context, reads: Reads) -> Relation:
    reads.need(TableRight(Privilege.SELECT, USERS))
    columns: Columns = (("username", STRING), ("options", STRING), ("member_of", TEXTS))
    return constant_rows(columns, [(u.name, _user_options(u), u.member_of) for u in context.world.users()])


def _user_options(user: UserFacts) -> str:
    """`CREATEROLE, NOLOGIN, VALID UNTIL=2024-01-01 00:00:00+00:00`; what is usual is not said."""
    until = user.valid_until
    said = {
        "CREATEROLE": user.createrole,
        "NOLOGIN": not user.login,
        f"VALID UNTIL={timestamp_to_text(until or 0, UTC)}": until is not None,
    }
    return ", ".join(option for option, is_so in said.items() if is_so)


def _time_zone(show: tree.Show, context: Context, reads: Reads) -> Relation:
    if written(show.name).lower() != "timezone":
        raise Unsupported(what=f"SHOW {written(show.name)}")
    return constant_rows((("timezone", STRING),), [(context.zone.key,)])


Binder = Callable[[tree.Show, Context, Reads], Relation]

# `tree.Show.what` → what binds it; docs/statements.md lists these.
SHOWS: dict[str, Binder] = {
    "DATABASES": _databases,
    "CREATE DATABASE": _create_database,
    "SCHEMAS": _schemas,
    "TABLES": _tables,
    "CREATE TABLE": _create_table,
    "COLUMNS": _columns,
    "INDEXES": show_indexes,
    "CONSTRAINTS": show_constraints,
    "TAGS": _tags,
    "TAG VALUES": _tag_values,
    "RETENTIONS": _retentions,
    "PARTITIONS": show_partitions,
    "GRANTS": show_grants,
    "CLUSTER SETTING": _cluster_setting,
    "CLUSTER SETTINGS": _cluster_settings,
    "USERS": _users,
    "ROLES": _users,
    "QUERIES": show_queries,
    "SESSIONS": show_sessions,
    "VARIABLE": _time_zone,
}
