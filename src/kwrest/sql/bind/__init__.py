"""The binder: from what was said (`tree`) to what is meant (`bound`, `definitions`), or to KWDB's error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwrest.errors import NestedTooDeeply, TooManyParts, Unsupported
from kwrest.sql import bound, bound_writes, tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.ddl import DEFINITIONS, bind_definition
from kwrest.sql.bind.explain import bind_explain
from kwrest.sql.bind.inserts import bind_insert
from kwrest.sql.bind.queries import bind_query
from kwrest.sql.bind.show import bind_show
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bind.writes import bind_delete, bind_update
from kwrest.sql.definitions import CreateTable, Definition
from kwrest.sql.rules.walk import walk

# Expressions of one statement. DuckDB takes 13 kB, outside of its memory limit, and 0.3 ms for each while it plans, where
# nothing interrupts it (2026-11-24): 90 000 constants in an IN were 1.1 GB and half a minute.
MAX_PARTS = 20_000
PART_BYTES = 13_000

Bound = (
    bound.Query | bound_writes.InsertBatch | bound_writes.InsertRows | bound_writes.DeletePoints | bound_writes.UpdateTags | bound_writes.DeleteRows
    | bound_writes.UpdateRows | Definition
)  # fmt: skip


def bind(statement: tree.Statement, context: Context) -> Bound:
    """What a statement means in its surroundings, with the rights it needs; nothing is authorised or run here.

    What a SHOW gives depends on the user and the moment: only other queries may be kept by (text, database, zone, version).
    Raises SqlError classes in KWDB's words; Unsupported (0A000) for a statement without an entry in BINDERS.
    """
    binder = BINDERS.get(type(statement))
    if binder is None:
        raise Unsupported(what=_name(statement))
    try:
        made = binder(statement, context)
        _check_size(made)
        return made
    except RecursionError:
        # The grammar bounds what stands inside one another; what it lets stand side by side may become deep here.
        raise NestedTooDeeply() from None


def _check_size(made: Bound) -> None:
    """Raises TooManyParts for a statement that would cost the engine gigabytes to read (values of a batch do not)."""
    if parts(made) > MAX_PARTS:
        raise TooManyParts(limit=MAX_PARTS)


def parts(made: Bound) -> int:
    """How many expressions the engine has to read of a statement."""
    roots: list[bound.Expr | bound.Relation | None] = []
    match made:
        case bound.Query() | bound_writes.InsertRows() | bound_writes.DeleteRows() | bound_writes.UpdateRows():
            roots = [made.relation]
        case CreateTable():
            roots = [made.rows]
    nodes = (node for root in roots if root is not None for node in walk(root))
    return sum(map(_parts, nodes))


def _parts(node: object) -> int:
    return 1 + len(node.value) if isinstance(node, bound.Const) and isinstance(node.value, tuple) else 1


def _bind_show(show: tree.Show, context: Context) -> bound.Query:
    reads = Reads()
    relation = bind_show(show, context, reads)
    return bound.Query(relation, tuple(reads.rights), tuple(reads.tables), zone=context.zone)


def _name(statement: tree.Statement) -> str:
    return statement.words if isinstance(statement, tree.OtherStatement) else type(statement).__name__.upper()


# Class of the tree → what binds it. A statement that is not here is refused (contract S6).
BINDERS: dict[type[tree.Statement], Callable[[Any, Context], Bound]] = {
    tree.Query: bind_query,
    tree.Show: _bind_show,
    tree.Explain: bind_explain,
    tree.Insert: bind_insert,
    tree.Update: bind_update,
    tree.Delete: bind_delete,
    **dict.fromkeys(DEFINITIONS, bind_definition),
}
