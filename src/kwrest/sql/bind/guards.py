"""What must hold for the rows that a statement leaves behind: the stored texts of CHECK and DEFAULT, bound for this use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kwrest.model import Action, ForeignKey, Table
from kwrest.sql import tree
from kwrest.sql.bind.assignments import assigned
from kwrest.sql.bind.constraints import bind_check, no_query
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.defaults import stored_expression, written_or_default
from kwrest.sql.bind.expressions import bind_expression
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bound import Expr
from kwrest.sql.bound_writes import OWN, Guard


def insert_guards(table: Table, context: Context) -> tuple[Guard, ...]:
    """The guard of rows that come into a table; none when its keys are all there is to keep."""
    return (_guard(table, (), context),) if table.checks or table.foreign_keys else ()


def change_guards(table: Table, context: Context) -> tuple[Guard, ...]:
    """The guards of a statement that changes or deletes rows: the table's, and those of all tables it may change with it."""
    found: dict[int, Guard] = {}
    waiting = [table]
    while waiting:
        changed = waiting.pop()
        if changed.id in found:
            continue
        children = tuple(_children(changed, context))
        found[changed.id] = _guard(changed, children, context)
        waiting += [child for key, child in children if _reaches(key)]
    own, *others = found.values()
    return (own, *others) if own.checks or own.parents or own.children else ()


def _children(table: Table, context: Context) -> Iterator[tuple[ForeignKey, Table]]:
    for child in context.world.referring(table):
        for key in child.foreign_keys:
            if key.table == table.id:
                yield key, child


def _reaches(key: ForeignKey) -> bool:
    """Whether a change of the referenced row may change the referring one."""
    still = (Action.NO_ACTION, Action.RESTRICT)
    return key.on_delete not in still or key.on_update not in still


def _guard(table: Table, children: tuple[tuple[ForeignKey, Table], ...], context: Context) -> Guard:
    checks = tuple((c, bind_check(stored_expression(c.condition), table, context, OWN)) for c in table.checks)
    parents = []
    for key in table.foreign_keys:
        parent = context.world.table_by_id(key.table)
        assert parent is not None  # a table that is referred to is not dropped without the key
        parents.append((key, parent))
    return Guard(table, checks, tuple(parents), children, _defaults(table, context))


def _defaults(table: Table, context: Context) -> Mapping[int, Expr]:
    """What SET DEFAULT puts into the columns of the table's foreign keys."""
    wanted = {
        column
        for key in table.foreign_keys
        if Action.SET_DEFAULT in (key.on_delete, key.on_update)
        for column in key.columns
    }
    scope = Scope(context, Reads(), no_query, clause="DEFAULT")
    return {
        c.id: assigned(bind_expression(written_or_default(tree.Default(), c), scope), c, context.zone)
        for c in table.columns
        if c.id in wanted
    }
