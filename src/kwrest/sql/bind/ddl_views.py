"""CREATE VIEW and DROP VIEW. A view is a table of the catalog whose columns are those of its query."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.errors import (
    DuplicateColumn,
    RelationExists,
    UndefinedTable,
    Unsupported,
    WrongColumnNames,
    WrongKind,
)
from kwrest.model import Column, Privilege, ResultColumn, Table, TableKind, View
from kwrest.sql import tree
from kwrest.sql.bind.columns import check_name
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.queries import bind_relation
from kwrest.sql.bind.tables import find_table
from kwrest.sql.bind.targets import new_name
from kwrest.sql.bind.views import dependants, uses
from kwrest.sql.bound import DatabaseRight, Right, TableRight
from kwrest.sql.definitions import CreateTable, DropTables, Nothing


def bind_create_view(statement: tree.CreateView, context: Context) -> CreateTable | Nothing:
    """Bind CREATE VIEW: it takes CREATE on the database and every right its query takes, now and from whoever makes it."""
    database, name = new_name(statement.name, context)
    check_name("table", name)
    relation, needed, _ = bind_relation(statement.query, context)
    rights: tuple[Right, ...] = (DatabaseRight(Privilege.CREATE, database), *needed)
    if any(not isinstance(right, TableRight) or right.table.kind is TableKind.SYSTEM for right in needed):
        raise Unsupported(what="a view of the server's own tables")
    if context.world.table(database, name) is not None:
        if statement.if_not_exists:
            return Nothing(rights)
        raise RelationExists(name=name)
    read = tuple(right.table for right in needed if isinstance(right, TableRight))
    view = View(statement.text, context.database.id, uses(relation, read))
    columns = _columns(statement.columns, relation.columns)
    return CreateTable(Table(0, database.id, name, TableKind.VIEW, columns, view=view), rights, read)


def _columns(names: Sequence[tree.Ident], made: Sequence[ResultColumn]) -> tuple[Column, ...]:
    """The columns of the view, under names of its own when it has a list of them."""
    if names and len(names) != len(made):
        raise WrongColumnNames(names=len(names), columns=len(made))
    named = [name.name for name in names] or [column.name for column in made]
    for place, name in enumerate(named):
        if name in named[:place]:
            raise DuplicateColumn(name=name)
    return tuple(Column(i, name, c.type) for i, (name, c) in enumerate(zip(named, made, strict=True), 1))


def bind_drop_view(statement: tree.DropView, context: Context) -> DropTables | Nothing:
    """Bind DROP VIEW; with CASCADE the views that read it go too."""
    views: dict[int, Table] = {}
    for name in statement.names:
        try:
            table = find_table(name, context, Privilege.DROP)[1]
        except UndefinedTable:
            if statement.if_exists:
                continue
            raise
        if table.kind is not TableKind.VIEW:
            raise WrongKind(name=table.name, kind="a view")
        views[table.id] = table
    if not views:
        return Nothing()
    found = tuple(views.values())
    if statement.behaviour == "CASCADE":
        found = (*found, *dependants(found, context))
    return DropTables(found, tuple(TableRight(Privilege.DROP, view) for view in found))
