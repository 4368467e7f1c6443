"""INSERT from its SQL: rows recorded from the real server (ts_insert_forms, *_literals), values or KWDB's words."""

from __future__ import annotations

import pytest

from kwrest.errors import SqlError
from kwrest.model import Dedup, Privilege
from kwrest.sql.bind.inserts import bind_insert
from kwrest.sql.bound import Cast, Const, Select, TableRight, Values
from kwrest.sql.bound_writes import InsertBatch, InsertRows
from kwrest.sql.grammar import parse
from kwrest.sql.insert import insert_batch
from kwrest.sql.tree import Insert
from tests.sql.world import SHOP, context, make_world, relation, series

S = series(
    "s",
    "ts TIMESTAMPTZ(3) NOT NULL, a INT4, b FLOAT8 NOT NULL, c VARCHAR(8)",
    "id INT4 PRIMARY, area VARCHAR(8), k INT4 NOT NULL",
)
D = series(
    "d",
    "ts TIMESTAMPTZ(3) NOT NULL, v INT4 DEFAULT 5, w VARCHAR(8) DEFAULT 'it''s', t TIMESTAMP(3) DEFAULT now():::TIMESTAMP",
    "id INT4 PRIMARY",
)
R = relation("r", "a INT4 NOT NULL, b VARCHAR(5), c FLOAT8 DEFAULT 1.5, d TIMESTAMP")
T = relation(
    "t",
    "i2 INT2, i8 INT8, f4 FLOAT4, d DECIMAL, s STRING, bo BOOL, ts TIMESTAMP, j JSONB, bi BIT(3), by BYTES, ar INT4[]",
)
U = relation("u", "a INT4 DEFAULT 1 + 1, b STRING DEFAULT upper('x'), c TIMESTAMPTZ DEFAULT now():::TIMESTAMPTZ")
WORLD = make_world(S, D, R, T, U)


def bind(sql: str, database: str = "iot", dedup: Dedup = Dedup.OVERRIDE) -> InsertBatch | InsertRows:
    statement = parse(sql)
    assert isinstance(statement, Insert)
    here = context(WORLD, SHOP, dedup=dedup) if database == "shop" else context(WORLD, dedup=dedup)
    return bind_insert(statement, here)


def columns(sql: str, database: str = "iot") -> dict[str, list[object]]:
    """What a batch holds, by column name."""
    made = bind(sql, database)
    assert isinstance(made, InsertBatch)
    names = {c.id: c.name for c in made.batch.table.columns}
    return {names[i]: array.to_pylist() for i, array in [*made.batch.columns.items(), *made.batch.tags.items()]}


def refused(sql: str, database: str = "iot") -> tuple[str, str]:
    with pytest.raises(SqlError) as error:
        bind(sql, database)
    assert insert_batch(sql, context(WORLD)) is None  # what is refused here is never taken by the fast path
    return error.value.sqlstate, error.value.message


# ---------------------------------------------------------------- time series


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("INSERT INTO s (b, ts, id) VALUES (4.5, '2024-01-01 00:02:00', 1)", "23502", 'null value in column "k" violates not-null constraint'),
    ("INSERT INTO s (ts, a, id, k) VALUES ('2024-01-01 00:03:00', 5, 1, 10)", "23502", 'null value in column "b" violates not-null constraint'),
    ("INSERT INTO s (a, b, id, k) VALUES (5, 5, 1, 10)", "23502", 'null value in column "ts" violates not-null constraint'),
    ("INSERT INTO s (ts, b, k) VALUES ('2024-01-01 00:03:00', 5, 1)", "42601", "need to specify all primary tag [id]"),
    ("INSERT INTO s (area, k) VALUES ('x', 1)", "42601", "need to specify all primary tag [id]"),
    ("INSERT INTO s VALUES ('2024-01-01 00:04:00', 1, 1.5, 'x', 1, 'n')", "42601",
     "insert (row 1) has more target columns than expressions, 6 expressions for 7 targets"),
    ("INSERT INTO s VALUES ('2024-01-01 00:04:00', 1, 1.5, 'x', 1, 'n', 10, 99)", "42601",
     "insert (row 1) has more expressions than target columns, 8 expressions for 7 targets"),
    ("INSERT INTO s (ts, b, id, k) VALUES ('2024-01-01 00:05:00', 1, 1)", "42601",
     "insert (row 1) has more target columns than expressions, 3 expressions for 4 targets"),
    ("INSERT INTO s VALUES ('2024-01-01 00:13:00', 1, 1.5, 'x', 1, 'n', 10), ('2024-01-01 00:14:00', 2, 1)", "42601",
     "insert (row 2) has more target columns than expressions, 3 expressions for 7 targets"),
    ("INSERT INTO s (ts, b, id, nope) VALUES ('2024-01-01 00:05:00', 1, 1, 10)", "42703", 'column "nope" does not exist'),
    ("INSERT INTO s (ts, b, id, b) VALUES ('2024-01-01 00:05:00', 1, 1, 10)", "42701", 'multiple assignments to the same column "b"'),
    ("INSERT INTO s VALUES (NULL, 1, 1.5, 'x', 1, 'n', 10)", "23502", 'null value in column "ts" violates not-null constraint'),
    ("INSERT INTO s VALUES ('2024-01-01 00:06:00', 1, 1.5, 'x', NULL, 'n', 10)", "23502", 'null value in column "id" violates not-null constraint'),
    ("INSERT INTO s VALUES ('2024-01-01 00:09:00', 1, 1.5, 'x', 1, 'n', 10), ('2024-01-01 00:10:00', 'bad', 2.5, 'y', 2, 's', 20)", "42804",
     'could not resolve "bad" as INT4 type (column a)'),
    ("INSERT INTO s VALUES ('2024-01-01 00:11:00', 1, 1.5, 'x', 1, 'n', 10), ('2024-01-01 00:12:00', 2, NULL, 'y', 2, 's', 20)", "23502",
     'null value in column "b" violates not-null constraint'),
    ("INSERT INTO s (id) VALUES (52)", "23502", 'null value in column "k" violates not-null constraint'),
    ("INSERT INTO s DEFAULT VALUES", "23502", 'insert failed, reason:null value in column "id" violates not-null constraint'),
    ("INSERT INTO nosuch VALUES (1)", "42P01", 'relation "nosuch" does not exist'),
    ("INSERT INTO kwrest_system.users VALUES (1)", "42501", "user root does not have INSERT privilege on relation users"),
    ("INSERT INTO s VALUES ('2024-01-02 00:00:00', abs(-1), 1.5, 'x', 1, 'n', 10)", "42601", 'unsupported function input "abs"'),
    ("INSERT INTO s VALUES ('2024-01-02 00:00:00', 1, 1.5, 'a' || 'b', 1, 'n', 10)", "42601", "unsupported input type BinaryOperator"),
    ("INSERT INTO s VALUES ('2024-01-02 00:00:00', (SELECT 1), 1.5, 'x', 1, 'n', 10)", "42601", "unsupported input type *tree.Subquery"),
    ("INSERT INTO s VALUES ('2024-01-02 00:00:00'::TIMESTAMP, 1, 1.5, 'x', 1, 'n', 10)", "42601", "unsupported input type *tree.CastExpr"),
    ("INSERT INTO s VALUES (now() - INTERVAL '1 day', 1, 1.5, 'x', 1, 'n', 10)", "42601", "unsupported input type BinaryOperator"),
    ("INSERT INTO s VALUES (1, x, 1.5, 'x', 1, 'n', 10)", "42804", 'unsupported input type relation "x" (column a)'),
    ("INSERT INTO s VALUES (1, 1, 1.5, 'x', 1, 'n', 10) RETURNING ts", "0A000", "returning is not supported in timeseries table"),
    ("INSERT INTO s VALUES (1, 1, 1.5, 'x', 1, 'n', 10) ON CONFLICT DO NOTHING", "0A000", "on conflict is not supported in timeseries table"),
    ("UPSERT INTO s VALUES (1, 1, 1.5, 'x', 1, 'n', 10)", "0A000", "on conflict is not supported in timeseries table"),
    ("INSERT INTO s (ts, b, id) SELECT ts + 1d, b, id FROM s WHERE id = 1", "23502",
     'insert failed, reason:null value in column "k" violates not-null constraint'),
    ("INSERT INTO s SELECT a, ts, b, c, id, area, k FROM s", "42804", "value type timestamptz(3) doesn't match type int4 of column \"a\""),
    ("INSERT INTO s SELECT ts, a FROM s", "23502", 'insert failed, reason:null value in column "id" violates not-null constraint'),
    ("INSERT INTO s SELECT d, a, c, b, a, b, a FROM shop.r", "01000", "insert relational data into time series table is not supported"),
    ("INSERT INTO s VALUES (1, 1, 1e309, 'x', 1, 'n', 10)", "22003", 'float "1e309" out of range for type FLOAT8 (column b)'),
    ("INSERT INTO s VALUES (1, -9223372036854775809, 1, 'x', 1, 'n', 10)", "22003", "numeric constant out of int64 range"),
])  # fmt: skip
def test_series_refused(sql: str, sqlstate: str, message: str) -> None:
    assert refused(sql) == (sqlstate, message)


@pytest.mark.parametrize("sql", [
    "INSERT INTO s VALUES ('2024-01-01 00:00:00', 1, 1.5, 'x', 1, 'n', 10)",
    "INSERT INTO s (id, b, ts, k) VALUES (2, 3.5, '2024-01-01 00:00:00', 20)",
    "INSERT INTO s VALUES (1, -1, 1.5, 'x', 1, 'n', 10), (2, 2, -2.5, 'it''s', 2, 's', 20), (3, 3, 3e3, 'z', 1, NULL, 30)",
    'INSERT INTO s VALUES ("1000", "1", "1.5", "x", "198352498", "n", "10")',
    "INSERT INTO s (id, k, area) VALUES (50, 1, 'tag'), (51, 2, NULL)",
    "INSERT INTO iot.public.s (k, ts, id, b) VALUES (true, 1709618828123, false, .5)",
    "INSERT INTO s VALUES (0, NULL, 1, '', 1, 'äöü', 10)",
])  # fmt: skip
def test_both_paths_make_the_same_batch(sql: str) -> None:
    fast = insert_batch(sql, context(WORLD))
    slow = bind(sql)
    assert fast is not None and isinstance(slow, InsertBatch)
    assert fast.rights == slow.rights == (TableRight(Privilege.INSERT, S),)
    assert fast.batch.rows == slow.batch.rows
    assert fast.batch.columns == slow.batch.columns
    assert fast.batch.tags == slow.batch.tags
    assert fast.batch.device is not None and slow.batch.device is not None
    assert fast.batch.device.tolist() == slow.batch.device.tolist()


def test_what_only_the_tree_knows() -> None:
    made = columns(
        "INSERT INTO s VALUES (1, /* hex */ 0x1F, +1, e'x\\ty', - 1, b'ab', DEFAULT), (2, 1, 1, 'x', 1, NULL, 1)".replace(
            ", DEFAULT)", ", 3)"
        )
    )
    assert (made["a"], made["b"], made["c"], made["id"], made["area"]) == (
        [31, 1],
        [1.0, 1.0],
        ["x\ty", "x"],
        [-1, 1],
        ["ab", None],
    )


def test_defaults_fill_what_is_not_given() -> None:
    made = columns("INSERT INTO d (ts, id) VALUES (1000, 1), (2000, 1)")
    assert (made["v"], made["w"]) == ([5, 5], ["it's", "it's"])
    assert made["t"][0] is not None
    made = columns("INSERT INTO d VALUES (1000, DEFAULT, NULL, NULL, 1)")
    assert (made["v"], made["w"], made["t"]) == ([5], [None], [None])
    assert columns("INSERT INTO d (id) VALUES (1)") == {"id": [1]}


def test_the_rule_for_duplicates_travels_along() -> None:
    made = bind("INSERT INTO s VALUES (1, /**/ 1, 1, 'x', 1, 'n', 1)", dedup=Dedup.MERGE)
    assert isinstance(made, InsertBatch) and made.batch.dedup is Dedup.MERGE


def test_insert_select() -> None:
    made = bind("INSERT INTO s SELECT ts + 2d, a, b, c, id, area, k FROM s WHERE id = 2")
    assert isinstance(made, InsertRows)
    assert [c.name for c in made.columns] == ["ts", "a", "b", "c", "id", "area", "k"]
    assert [c.type for c in made.relation.columns] == [c.type for c in made.columns]
    assert made.rights == (TableRight(Privilege.INSERT, S), TableRight(Privilege.SELECT, S))


# ---------------------------------------------------------------- relational


@pytest.mark.parametrize("column, literal, value", [
    ("i2", "-32768", -32768), ("i2", "'7'", 7), ("i2", "4.0", 4), ("i8", "9223372036854775807", 9223372036854775807), ("i8", "NULL", None),
    ("f4", "3.5e38", float("inf")), ("f4", "'12'", 12.0), ("d", "1.50", "1.500000000000"), ("s", "'x'", "x"), ("s", '"y"', "y"),
    ("s", "b'\\x61'", "a"), ("bo", "'yes'", True), ("bo", "false", False), ("ts", "'2024-01-01 12:00:00+08:00'", "2024-01-01 12:00:00"),
    ("j", "'{\"b\":1,\"a\":2,\"a\":3}'", '{"a": 3, "b": 1}'), ("bi", "B'101'", "101"), ("by", "'\\x00ff'", b"\x00\xff"),
    ("ar", "ARRAY[1, NULL]", [1, None]), ("ar", "'{1,2}'", [1, 2]), ("ts", "TIMESTAMP '2024-01-01'", "2024-01-01 00:00:00"),
])  # fmt: skip
def test_relational_literals(column: str, literal: str, value: object) -> None:
    [made] = columns(f"INSERT INTO t ({column}) VALUES ({literal})", "shop")[column]
    assert (str(made) if column in ("d", "ts") else made) == value


@pytest.mark.parametrize("column, literal, sqlstate, message", [
    ("i2", "32768", "22003", 'integer out of range for type int2 (column "i2")'),
    ("i2", "true", "42804", "value type bool doesn't match type int2 of column \"i2\""),
    ("i8", "9223372036854775808", "22003", "numeric constant out of int64 range"),
    ("i8", "true", "42804", "value type bool doesn't match type int of column \"i8\""),
    ("i8", "4.5", "42804", "value type decimal doesn't match type int of column \"i8\""),
    ("f4", "'abc'", "22P02", 'could not parse "abc" as type float: strconv.ParseFloat: parsing "abc": invalid syntax'),
    ("ts", "0", "42804", "value type int doesn't match type timestamp of column \"ts\""),
    ("ts", "1.5", "42804", "value type decimal doesn't match type timestamp of column \"ts\""),
    ("ts", "''", "22007", "parsing as type timestamp: empty or blank input"),
    ("ts", "'12'", "22007", "parsing as type timestamp: missing required date fields"),
    ("j", "0", "42804", "value type int doesn't match type jsonb of column \"j\""),
    ("j", "'abc'", "22P02", "could not parse JSON: unable to decode JSON: invalid character 'a' looking for beginning of value"),
    ("bi", "1", "42804", "value type int doesn't match type bit of column \"bi\""),
    ("bi", "''", "22026", 'bit string length 0 does not match type BIT(3) (column "bi")'),
    ("bi", "'1x1'", "22P02", 'could not parse string as bit array: "x" is not a valid binary digit'),
    ("s", "5", "42804", "value type int doesn't match type string of column \"s\""),
])  # fmt: skip
def test_relational_literals_refused(column: str, literal: str, sqlstate: str, message: str) -> None:
    assert refused(f"INSERT INTO t ({column}) VALUES ({literal})", "shop") == (sqlstate, message)


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("INSERT INTO r VALUES (NULL, 'x')", "23502", 'null value in column "a" violates not-null constraint'),
    ("INSERT INTO r (b) VALUES ('x')", "23502", 'null value in column "a" violates not-null constraint'),
    ("INSERT INTO r VALUES (1, 'abcdef')", "22001", 'value too long for type VARCHAR(5) (column "b")'),
    ("INSERT INTO r (a, b) VALUES (1)", "42601", "INSERT has more target columns than expressions, 1 expressions for 2 targets"),
    ("INSERT INTO r VALUES (1, 'x', 1, NULL, 5)", "42601", "INSERT has more expressions than target columns, 5 expressions for 4 targets"),
    ("INSERT INTO r SELECT ts, a FROM iot.s", "42804", "value type timestamptz(3) doesn't match type int4 of column \"a\""),
])  # fmt: skip
def test_relational_refused(sql: str, sqlstate: str, message: str) -> None:
    assert refused(sql, "shop") == (sqlstate, message)


def test_relational_rows() -> None:
    made = columns("INSERT INTO r VALUES (1, 'x'), (2, NULL)", "shop")
    assert made == {"a": [1, 2], "b": ["x", None], "c": [1.5, 1.5]}


def test_expressions_are_computed_by_the_engine() -> None:
    made = bind("INSERT INTO r (a, b) VALUES (1 + 1, 'x'), (2, upper('y'))", "shop")
    assert isinstance(made, InsertRows) and isinstance(made.relation, Values)
    assert [c.name for c in made.columns] == ["a", "b", "c"]
    assert [[cell.type for cell in row] for row in made.relation.rows] == [[c.type for c in made.columns]] * 2
    assert made.relation.rows[1][0] == Const(2, R.columns[0].type)
    assert made.relation.rows[1][2] == Const(1.5, R.columns[2].type)


@pytest.mark.parametrize("sql, shown", [
    ("INSERT INTO u (a) VALUES (DEFAULT)", ["a", "b", "c"]),
    ("INSERT INTO u DEFAULT VALUES", ["a", "b", "c"]),
    ("INSERT INTO u (c) SELECT ts FROM iot.s", ["c", "a", "b"]),
])  # fmt: skip
def test_a_default_may_be_an_expression(sql: str, shown: list[str]) -> None:
    made = bind(sql, "shop")
    assert isinstance(made, InsertRows)
    assert [c.name for c in made.columns] == shown
    assert [c.type for c in made.relation.columns] == [c.type for c in made.columns]


def test_a_query_is_converted_to_the_target() -> None:
    made = bind("INSERT INTO r (a, b) SELECT a, c FROM iot.s", "shop")
    assert isinstance(made, InsertRows) and isinstance(made.relation, Select)
    assert [isinstance(output, Cast) for output in made.relation.outputs] == [False, True, False]
    assert made.rights == (TableRight(Privilege.INSERT, R), TableRight(Privilege.SELECT, S))
