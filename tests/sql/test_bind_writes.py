"""UPDATE and DELETE from their SQL; rows recorded from the real server (ts_delete)."""

from __future__ import annotations

import pytest

from kwrest.errors import SqlError
from kwrest.model import Privilege
from kwrest.sql import tree
from kwrest.sql.bind.writes import bind_delete, bind_update
from kwrest.sql.bound import ROW, ColumnRef, Const, Expr, Select, TableRight
from kwrest.sql.bound_writes import DeletePoints, DeleteRows, UpdateRows, UpdateTags
from kwrest.sql.grammar import parse
from kwrest.sql.rules.walk import walk
from kwrest.types.kinds import BOOL
from kwrest.types.values import Value
from tests.sql.world import SHOP, context, make_world, relation, series

T = series(
    "t",
    "ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8, w INT4",
    "p1 INT4 PRIMARY, p2 VARCHAR(8) PRIMARY, o1 INT4, o2 CHAR(3), o3 INT4 NOT NULL",
)
R = relation("r", "a INT4 NOT NULL, b VARCHAR(5), c FLOAT8 DEFAULT 1.5")
WORLD = make_world(T, R)
NEVER = Const(False, BOOL)
P1, P2, O1, O2 = (T.columns[i].id for i in (3, 4, 5, 6))


def bind(sql: str, database: str = "iot") -> DeletePoints | DeleteRows | UpdateTags | UpdateRows:
    statement = parse(sql)
    here = context(WORLD, SHOP) if database == "shop" else context(WORLD)
    if isinstance(statement, tree.Delete):
        return bind_delete(statement, here)
    assert isinstance(statement, tree.Update)
    return bind_update(statement, here)


def refused(sql: str, database: str = "iot") -> tuple[str, str]:
    with pytest.raises(SqlError) as error:
        bind(sql, database)
    return error.value.sqlstate, error.value.message


def reads_time_only(when: Expr | None) -> bool:
    """Whether the condition asks for the time column of source 1 and nothing else."""
    refs = [node for node in walk(when) if isinstance(node, ColumnRef)] if when is not None else []
    return bool(refs) and all((ref.source, ref.column) == (1, T.time_column.id) for ref in refs)


# ---------------------------------------------------------------- DELETE, time series


@pytest.mark.parametrize("condition, device, times", [
    ("ts = '2024-01-01 00:00:00'", None, True),
    ("ts < '2024-01-01 00:02:00'", None, True),
    ("'2024-01-01' <= ts AND '2024-01-02' >= ts", None, True),
    ("ts >= '2024-01-01 00:20:00' AND ts < '2024-01-01 00:22:00'", None, True),
    ("ts IN ('2024-01-01 00:05:00', '2024-01-01 00:06:00')", None, True),
    ("ts NOT IN ('2024-01-01 00:05:00', NULL)", None, True),
    ("ts = '2024-01-01 00:09:00' OR ts = '2024-01-01 00:10:00'", None, True),
    ("ts != '2024-01-01 00:12:00'", None, True),
    ("p1 = 1 AND p2 = 'a' AND ts < '2024-01-01 00:06:00'", {P1: 1, P2: "a"}, True),
    ("p1 = 2 AND p2 = 'b'", {P1: 2, P2: "b"}, False),
    ("2 = p1 AND 'b' = p2", {P1: 2, P2: "b"}, False),
    ("p1 = '1' AND p2 = 'a'", {P1: 1, P2: "a"}, False),
    ("p1 = 1 AND p2 = 'a' OR p1 = 1 AND p2 = 'a'", {P1: 1, P2: "a"}, False),
    ("(p1 = 1 AND p2 = 'a' AND ts > '2024-01-01') OR (p1 = 1 AND p2 = 'a' AND ts < '2023-01-01')", {P1: 1, P2: "a"}, True),
    ("p1 = 1", {P1: 1}, False),
    ("t.p1 = 1 AND public.t.p1 = 1 AND iot.public.t.p1 = 1", {P1: 1}, False),
    ("p2 = 'a'", {P2: "a"}, False),
    ("true", None, False),
    ("1 = 1", None, False),
    ("0x10 = 16", None, False),
])  # fmt: skip
def test_delete_points(condition: str, device: dict[int, Value] | None, times: bool) -> None:
    made = bind(f"DELETE FROM t WHERE {condition}")
    assert isinstance(made, DeletePoints)
    assert made.device == device
    assert reads_time_only(made.when) if times else made.when is None
    assert made.rights == (TableRight(Privilege.DELETE, T), TableRight(Privilege.SELECT, T))


@pytest.mark.parametrize(
    "condition",
    [
        "false",
        "1 = 2",
        "1e400 = 1e401",
        "9007199254740993 = 9007199254740992",
        "p1 = 2147483648",
        "p1 = 9223372036854775808",
        "p1 = NULL",
    ],
)
def test_delete_of_nothing(condition: str) -> None:
    made = bind(f"DELETE FROM t WHERE {condition}")
    assert isinstance(made, DeletePoints) and made.when == NEVER


def test_delete_of_nothing_stays_within_the_device() -> None:
    made = bind("DELETE FROM t WHERE p1 = 2 AND p2 = 'a' AND false")
    assert isinstance(made, DeletePoints) and (made.device, made.when) == ({P1: 2, P2: "a"}, NEVER)


def test_delete_of_everything() -> None:
    made = bind("DELETE FROM t")
    assert isinstance(made, DeletePoints) and (made.device, made.when) == (None, None)


BINARY = "unsupported conditions found in the deletion operation: unsupported binary operator or expressions"
MULTIPLE = "unsupported conditions found in the deletion operation: multiple tag filter"
EXPRESSION = "unsupported conditions found in the deletion operation: unsupported filter expression"
WHERE_ONLY = "unsupported conditions found in the deletion operation: only supported where expression"


@pytest.mark.parametrize("rest, sqlstate, message", [
    ("WHERE ts BETWEEN '2024-01-01 00:07:00' AND '2024-01-01 00:08:00'", "0A000", EXPRESSION),
    ("WHERE o1 = 1", "0A000", BINARY),
    ("WHERE v = 3", "0A000", BINARY),
    ("WHERE w > 1", "0A000", BINARY),
    ("WHERE p1 = 1 OR p2 = 'a'", "0A000", MULTIPLE),
    ("WHERE ts < '2023-01-05 7:55:00' OR p1 = 1", "0A000", MULTIPLE),
    ("WHERE p1 = 1 AND p2 = 'a' AND v > 1", "0A000", BINARY),
    ("WHERE p1 IN (1, 2) AND p2 = 'a'", "0A000", BINARY),
    ("WHERE p1 > 0 AND p2 = 'a'", "0A000", BINARY),
    ("WHERE p1 = 1 AND p1 = 2", "0A000", BINARY),
    ("WHERE ts > now()", "0A000", EXPRESSION),
    ("WHERE ts + 1h > '2024-01-01'", "0A000", EXPRESSION),
    ("WHERE NOT ts > '2024-01-01'", "0A000", EXPRESSION),
    ("WHERE ts IS NULL", "0A000", EXPRESSION),
    ("WHERE date_trunc('day', ts) = '2024-01-01'", "0A000", EXPRESSION),
    ("WHERE ts > 1704067200000", "22023", "unsupported comparison operator: <timestamptz(3)> > <int>"),
    ("WHERE x.p1 = 1", "42P01", "no data source matches prefix: x"),
    ("WHERE x.p1 = 1 AND x.p2 = 'a' AND ts < '2024-01-01'", "42P01", "no data source matches prefix: x"),
    ("AS q WHERE t.p1 = 1", "42P01", "no data source matches prefix: t"),
    ("WHERE nope = 1", "42703", 'column "nope" does not exist'),
    ("WHERE ts = 'abc'", "22023", "unsupported comparison operator: <timestamptz(3)> = <string>"),
    ("WHERE p1 = 1 AND p2 = 5", "22023", "unsupported comparison operator: <varchar> = <int>"),
    ("ORDER BY ts LIMIT 1", "0A000", WHERE_ONLY),
    ("WHERE p1 = 1 AND p2 = 'a' RETURNING ts", "0A000", WHERE_ONLY),
])  # fmt: skip
def test_delete_points_refused(rest: str, sqlstate: str, message: str) -> None:
    assert refused(f"DELETE FROM t {rest}") == (sqlstate, message)


# ---------------------------------------------------------------- UPDATE, time series


@pytest.mark.parametrize("sql, device, tags", [
    ("UPDATE t SET o1 = 5 WHERE p1 = 1 AND p2 = 'a'", {P1: 1, P2: "a"}, {O1: 5}),
    ("UPDATE t SET o1 = '7', o2 = 'abc' WHERE p2 = 'a' AND 1 = p1", {P1: 1, P2: "a"}, {O1: 7, O2: "abc"}),
    ("UPDATE t SET o1 = NULL WHERE p1 = 1 AND p2 = 'a' AND p1 = 1", {P1: 1, P2: "a"}, {O1: None}),
    ("UPDATE t SET o1 = 1 WHERE p1 = 2147483648 AND p2 = 'a'", {P1: None, P2: "a"}, {O1: 1}),
])  # fmt: skip
def test_update_tags(sql: str, device: dict[int, Value], tags: dict[int, Value]) -> None:
    rights = (TableRight(Privilege.UPDATE, T), TableRight(Privilege.SELECT, T))
    assert bind(sql) == UpdateTags(T, device, tags, rights)


MISMATCH = "unsupported conditions in update: unsupported binary operator or mismatching tag filter"


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("UPDATE t SET o1 = 5", "0A000", "unsupported conditions in update: only supported where expression"),
    ("UPDATE t SET o1 = 5 WHERE p1 = 1 AND p2 = 'a' RETURNING o1", "0A000", "unsupported conditions in update: only supported where expression"),
    ("UPDATE t SET o1 = 5 WHERE p1 = 1", "0A000", MISMATCH),
    ("UPDATE t SET o1 = 5 WHERE p1 > 1 AND p2 = 'a'", "0A000", MISMATCH),
    ("UPDATE t SET o1 = 5 WHERE p1 = 1 AND p2 = 'a' AND ts = '2024-01-01'", "0A000", MISMATCH),
    ("UPDATE t SET o1 = 5 WHERE p1 = 1 OR p2 = 'a'", "0A000", MISMATCH),
    ("UPDATE t SET o1 = 5 WHERE p1 = 1 AND p1 = 2 AND p2 = 'a'", "0A000", MISMATCH),
    ("UPDATE t SET o1 = 5 WHERE p1 BETWEEN 1 AND 2", "0A000", "unsupported conditions in update: unsupported filter expression"),
    ("UPDATE t SET p1 = 5 WHERE p1 = 1 AND p2 = 'a'", "0A000", "unsupported conditions in update: primary tags and columns cannot be set"),
    ("UPDATE t SET v = 5 WHERE p1 = 1 AND p2 = 'a'", "0A000", "unsupported conditions in update: primary tags and columns cannot be set"),
    ("UPDATE t SET o3 = NULL WHERE p1 = 1 AND p2 = 'a'", "0A000", "unsupported conditions in update: tag o3 is not null"),
    ("UPDATE t SET o1 = o1 + 1 WHERE p1 = 1 AND p2 = 'a'", "0A000", "unsupported conditions in update: unsupported expr in set"),
    ("UPDATE t SET nope = 1 WHERE p1 = 1 AND p2 = 'a'", "42703", 'column "nope" does not exist'),
    ("UPDATE t SET o1 = 1, o1 = 2 WHERE p1 = 1 AND p2 = 'a'", "42701", 'multiple assignments to the same column "o1"'),
    ("UPDATE t SET o2 = true WHERE p1 = 1 AND p2 = 'a'", "42804", "value type bool doesn't match type char of column \"o2\""),
    ("UPDATE t SET o1 = 'a' WHERE p1 = 1 AND p2 = 'a'", "22P02", 'could not parse "a" as type int: strconv.ParseInt: parsing "a": invalid syntax'),
    ("UPDATE t SET o1 = 2147483648 WHERE p1 = 1 AND p2 = 'a'", "22003", "integer out of range for type INT4 (column o1)"),
    ("UPDATE t SET o2 = 'abcd' WHERE p1 = 1 AND p2 = 'a'", "22001", "value 'abcd' too long for type CHAR(3) (column o2)"),
    ("UPDATE t SET o1 = 5 WHERE x.p1 = 1 AND x.p2 = 'a'", "42P01", "no data source matches prefix: x"),
    ("UPDATE nosuch SET a = 1", "42P01", 'relation "nosuch" does not exist'),
])  # fmt: skip
def test_update_tags_refused(sql: str, sqlstate: str, message: str) -> None:
    assert refused(sql) == (sqlstate, message)


# ---------------------------------------------------------------- relational


def test_delete_rows() -> None:
    made = bind("DELETE FROM r WHERE a > 1", "shop")
    assert isinstance(made, DeleteRows) and made.relation is not None
    assert [node.column for node in walk(made.relation) if isinstance(node, ColumnRef)] == [ROW, 1]
    assert bind("DELETE FROM r", "shop") == DeleteRows(R, None, made.rights)
    assert made.rights == (TableRight(Privilege.DELETE, R), TableRight(Privilege.SELECT, R))


def test_a_subquery_needs_its_own_rights() -> None:
    made = bind("DELETE FROM r WHERE a IN (SELECT p1 FROM iot.t)", "shop")
    assert made.rights == (
        TableRight(Privilege.DELETE, R),
        TableRight(Privilege.SELECT, R),
        TableRight(Privilege.SELECT, T),
    )


def test_update_rows() -> None:
    made = bind("UPDATE r SET (a, b) = (5, 'x'), c = DEFAULT WHERE r.a = 1", "shop")
    assert isinstance(made, UpdateRows)
    assert isinstance(made.relation, Select)
    assert made.columns == R.columns and made.relation.outputs[1:] == (
        Const(5, R.columns[0].type),
        Const("x", R.columns[1].type),
        Const(1.5, R.columns[2].type),
    )
    made = bind("UPDATE r AS x SET a = x.a + 1", "shop")
    assert isinstance(made, UpdateRows) and isinstance(made.relation, Select)
    assert made.relation.outputs[1].type == R.columns[0].type and made.relation.where is None


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("UPDATE r SET b = 'abcdef'", "22001", 'value too long for type VARCHAR(5) (column "b")'),
    ("UPDATE r SET b = a + 1", "42804", "value type int doesn't match type varchar of column \"b\""),
    ("UPDATE r SET nope = 1", "42703", 'column "nope" does not exist'),
    ("UPDATE r SET a = 1 RETURNING nope", "42703", 'column "nope" does not exist'),
    ("UPDATE r SET (a, b) = (1)", "42601", "number of columns (2) does not match number of values (1)"),
    ("UPDATE r SET (a, b) = (SELECT 1)", "42601", "number of columns (2) does not match number of values (1)"),
    ("UPDATE r SET a = 1 FROM r", "42712", 'source name "r" specified more than once (missing AS clause)'),
    ("DELETE FROM r LIMIT -1", "2201W", "negative value for LIMIT"),
    ("DELETE FROM kwrest_system.users", "42501", "user root does not have DELETE privilege on relation users"),
])  # fmt: skip
def test_relational_refused(sql: str, sqlstate: str, message: str) -> None:
    assert refused(sql, "shop") == (sqlstate, message)
