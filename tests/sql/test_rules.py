"""Walking and rewriting bound trees."""

from __future__ import annotations

import pytest

from kwrest.model import ResultColumn
from kwrest.sql import bound
from kwrest.sql.bound import Aggregate, And, Call, Case, ColumnRef, Const, Derived, Exists, Expr, Select
from kwrest.sql.rules import apply
from kwrest.sql.rules.walk import Node, children, fields_with_nodes, map_children, transform, walk
from kwrest.types.kinds import BOOL, INT4, INT8, TIMESTAMPTZ

TS, A, ID = ColumnRef(1, 1, TIMESTAMPTZ), ColumnRef(1, 2, INT4), ColumnRef(1, 3, INT4)
ONE = Const(1, INT8)


def select(*outputs: Expr, where: Expr | None = None) -> Select:
    return Select(tuple(ResultColumn("x", o.type) for o in outputs), outputs, where=where)


@pytest.mark.parametrize(
    "node, expected",
    [
        (ONE, []),
        (Call("add.int", (A, ONE), INT8), [A, ONE]),
        (Case(((A, ONE), (TS, ID)), None, INT8), [A, ONE, TS, ID]),
        (select(A, where=ID), [A, ID]),
        (Derived(2, select(A)), [select(A)]),
    ],
)
def test_children(node: Node, expected: list[Node]) -> None:
    assert list(children(node)) == expected


@pytest.mark.parametrize(
    "kind, fields",
    [
        (Const, ()),
        (ColumnRef, ()),
        (Call, ("arguments",)),
        (Case, ("whens", "otherwise")),
        (Aggregate, ("arguments", "filter", "order_by")),
        (bound.InSelect, ("operand", "query")),
        (bound.WindowCall, ("arguments", "partition_by", "order_by", "filter")),
        (bound.Scan, ()),
        (Derived, ("query",)),
        (bound.Join, ("left", "right", "on")),
        (bound.Series, ("lists",)),
        (bound.Stream, ("arguments",)),
        (Select, ("outputs", "source", "where", "group_by", "having", "distinct_on", "order_by", "limit", "offset")),
        (bound.Values, ("rows", "order_by", "limit", "offset")),
        (bound.SetOperation, ("left", "right", "order_by", "limit", "offset")),
    ],
)
def test_fields_that_hold_nodes(kind: type[Node], fields: tuple[str, ...]) -> None:
    assert fields_with_nodes(kind) == fields


def test_walk_gives_parents_first_and_stays_out_where_told() -> None:
    inner = select(ID)
    tree = And((Exists(inner), A))
    assert [type(n).__name__ for n in walk(tree)] == ["And", "Exists", "Select", "ColumnRef", "ColumnRef"]
    assert list(walk(tree, lambda n: not isinstance(n, Select))) == [tree, tree.operands[0], inner, A]


def test_transform_reaches_everything_and_keeps_what_it_does_not_change() -> None:
    tree = select(Case(((Exists(select(A)), ONE),), None, INT8), where=A)
    changed = transform(tree, lambda n: ID if n == A else n)
    assert changed == select(Case(((Exists(select(ID)), ONE),), None, INT8), where=ID)
    assert transform(tree, lambda n: n) is tree
    assert map_children(tree, lambda n: n) is tree


PRESENT = Call("is_not_null", (A,), BOOL)
NOON = Const(43_200_000_000_000, TIMESTAMPTZ)
IN_TIME = Call("le", (TS, NOON), BOOL)


@pytest.mark.parametrize(
    "picked, neutral",
    [
        (Aggregate("first", (A, TS), INT4), Aggregate("arg_min", (A, TS), INT4)),
        (Aggregate("last", (A, TS), INT4), Aggregate("arg_max", (A, TS), INT4)),
        (Aggregate("last", (A, TS), INT4, filter=PRESENT), Aggregate("arg_max", (A, TS), INT4, filter=PRESENT)),
        (Aggregate("last", (A, TS, NOON), INT4), Aggregate("arg_max", (A, TS), INT4, filter=IN_TIME)),
        (Aggregate("first_row", (A, TS), INT4), Aggregate("arg_min_null", (A, TS), INT4)),
        (Aggregate("last_row", (A, TS), INT4), Aggregate("arg_max_null", (A, TS), INT4)),
        (Aggregate("firstts", (A, TS), TIMESTAMPTZ), Aggregate("min", (TS,), TIMESTAMPTZ, filter=PRESENT)),
        (Aggregate("lastts", (A, TS), TIMESTAMPTZ), Aggregate("max", (TS,), TIMESTAMPTZ, filter=PRESENT)),
        (Aggregate("first_row_ts", (A, TS), TIMESTAMPTZ), Aggregate("min", (TS,), TIMESTAMPTZ)),
        (Aggregate("last_row_ts", (A, TS), TIMESTAMPTZ), Aggregate("max", (TS,), TIMESTAMPTZ)),
        (Aggregate("max", (A,), INT4), Aggregate("max", (A,), INT4)),
    ],
)
def test_first_and_last_become_neutral_aggregates(picked: Aggregate, neutral: Aggregate) -> None:
    assert apply(select(Call("add.int", (picked, ONE), INT8))) == select(Call("add.int", (neutral, ONE), INT8))


def test_picks_in_subqueries_are_rewritten_too() -> None:
    tree = select(A, where=Exists(select(Aggregate("last", (A, TS), INT4))))
    assert apply(tree) == select(A, where=Exists(select(Aggregate("arg_max", (A, TS), INT4))))
