"""Queries, bound: names and types of the result, rights, KWDB's errors. One row a case."""

from __future__ import annotations

import pytest

from kwrest.errors import KwrestError
from kwrest.model import Privilege
from kwrest.sql import bound
from kwrest.sql.bind import bind
from kwrest.sql.bound import AdminRight, TableRight
from kwrest.sql.grammar import parse
from kwrest.sql.rules import apply
from tests.sql.world import DEFAULTDB, context, make_world, relation, series

METERS = series(
    "meters", "ts TIMESTAMPTZ(3) NOT NULL, a INT4, b INT4, f FLOAT8, s VARCHAR(8), t2 TIMESTAMPTZ(3)",
    "tag1 INT4 PRIMARY, site VARCHAR(10)",
)  # fmt: skip
WIND = series("wind", "ts TIMESTAMPTZ(3) NOT NULL, e1 INT4", "tag2 INT4 PRIMARY")
BIG = series("Big", 'ts TIMESTAMPTZ(3) NOT NULL, "Val" INT4', '"Id" INT4 PRIMARY')
LOCAL = series("local", "ts TIMESTAMPTZ(3) NOT NULL, v INT4", "id INT4 PRIMARY", database=DEFAULTDB)
OTHER_WIND = series("wind", "ts TIMESTAMPTZ(3) NOT NULL, v INT4", "id INT4 PRIMARY", database=DEFAULTDB)
DEVICES = relation("devices", "id INT4 PRIMARY, name STRING, price DECIMAL(8,2)")
WORLD = make_world(METERS, WIND, BIG, LOCAL, OTHER_WIND, DEVICES)


def bound_query(sql: str) -> bound.Query:
    query = bind(parse(sql), context(WORLD))
    assert isinstance(query, bound.Query)
    return query


@pytest.mark.parametrize(
    "sql, columns",
    [
        # stars: data columns, then tags
        ("select*from meters", "ts TIMESTAMPTZ(3), a INT4, b INT4, f FLOAT8, s VARCHAR(8), t2 TIMESTAMPTZ(3), tag1 INT4, site VARCHAR(10)"),
        ("SELECT * FROM wind, wind AS w", "ts TIMESTAMPTZ(3), e1 INT4, ts TIMESTAMPTZ(3), e1 INT4, tag2 INT4, tag2 INT4"),
        ("SELECT w.*, e1 FROM wind w", "ts TIMESTAMPTZ(3), e1 INT4, tag2 INT4, e1 INT4"),
        ("SELECT iot.wind.* FROM wind", "ts TIMESTAMPTZ(3), e1 INT4, tag2 INT4"),
        ("SELECT * FROM (SELECT a AS x, tag1 FROM meters)", "x INT4, tag1 INT4"),
        ("SELECT * FROM (SELECT a, tag1 FROM meters) AS y(p)", "p INT4, tag1 INT4"),
        ("SELECT a FROM meters AS m(ts, z, a)", "a INT4"),
        # names of tables
        ("SELECT e1 FROM iot.wind", "e1 INT4"),
        ("SELECT e1 FROM iot.public.wind", "e1 INT4"),
        ("SELECT e1 FROM public.wind", "e1 INT4"),
        ("SELECT v FROM defaultdb.local", "v INT4"),
        ("SELECT name FROM shop.devices", "name STRING"),
        ('SELECT "Val", "Id" FROM "Big"', "Val INT4, Id INT4"),
        ("SELECT wind.e1, iot.wind.e1, iot.public.wind.e1, public.wind.e1 FROM wind", "e1 INT4, e1 INT4, e1 INT4, e1 INT4"),
        # the select list
        ("SELECT a AS x, a, a+1, 1 FROM meters", "x INT4, a INT4, ?column? INT8, ?column? INT8"),
        ("SELECT count(*), sum(a), avg(a), max(f), min(s) FROM meters", "count INT8, sum DECIMAL, avg DECIMAL, max FLOAT8, min VARCHAR(8)"),
        ("SELECT 1", "?column? INT8"),
        ("SELECT DISTINCT a FROM meters ORDER BY a", "a INT4"),
        ("SELECT DISTINCT ON (site) site, ts, a FROM meters ORDER BY site, ts DESC", "site VARCHAR(10), ts TIMESTAMPTZ(3), a INT4"),
        # grouping
        ("SELECT a, max(b) FROM meters GROUP BY a ORDER BY a", "a INT4, max INT4"),
        ("SELECT a+1 AS n, count(*) FROM meters GROUP BY n HAVING count(*) > 1 ORDER BY n", "n INT8, count INT8"),
        ("SELECT a+1, count(*) FROM meters GROUP BY 1 ORDER BY 2 DESC", "?column? INT8, count INT8"),
        ("SELECT a+1, count(*) FROM meters GROUP BY a", "?column? INT8, count INT8"),
        ("SELECT count(*) FROM meters GROUP BY a ORDER BY a, max(b)", "count INT8"),
        ("SELECT tag1 FROM meters WHERE a = 11 AND site = 'x' LIMIT 5 OFFSET 1", "tag1 INT4"),
        # first, last
        ("SELECT first(a), last(f), first_row(s), last_row(ts) FROM meters", "first INT4, last FLOAT8, first_row VARCHAR(8), last_row TIMESTAMPTZ(3)"),
        ("SELECT firstts(a), lastts(s), first_row_ts(a), last_row_ts(a) FROM meters", "firstts TIMESTAMPTZ(3), lastts TIMESTAMPTZ(3), first_row_ts TIMESTAMPTZ(3), last_row_ts TIMESTAMPTZ(3)"),
        ("SELECT last(*) FROM wind", "last(ts) TIMESTAMPTZ(3), last(e1) INT4, last(tag2) INT4"),
        ("SELECT last(e1), first_row(wind.*) FROM wind", "last INT4, first_row(ts) TIMESTAMPTZ(3), first_row(e1) INT4, first_row(tag2) INT4"),
        ("SELECT tag2, last(*) FROM wind GROUP BY tag2", "tag2 INT4, last(ts) TIMESTAMPTZ(3), last(e1) INT4, last(tag2) INT4"),
        ("SELECT last(a, '2024-05-01 00:01:30'), last(a, t2) AS l FROM meters", "last INT4, l INT4"),
        ("SELECT last(*, '2024-05-01 00:01:30') FROM wind", "last(ts) TIMESTAMPTZ(3), last(e1) INT4, last(tag2) INT4"),
        ("SELECT last(w.*, '2024-05-01 00:01:30') FROM wind w", "last(ts) TIMESTAMPTZ(3), last(e1) INT4, last(tag2) INT4"),
        ("SELECT last(a) - first(a) AS delta FROM meters", "delta INT8"),
        ("SELECT site FROM meters GROUP BY site HAVING last(a) > 1 ORDER BY last(a)", "site VARCHAR(10)"),
        # beside a single max or min, columns of that row
        ("SELECT max(a), s FROM meters", "max INT4, s VARCHAR(8)"),
        ("SELECT site, min(a), ts FROM meters GROUP BY site ORDER BY ts", "site VARCHAR(10), min INT4, ts TIMESTAMPTZ(3)"),
        # subqueries
        ("SELECT avg(a) FROM (SELECT a FROM meters)", "avg DECIMAL"),
        ("SELECT a FROM meters WHERE a = (SELECT max(a) FROM meters)", "a INT4"),
        ("SELECT a FROM meters m WHERE EXISTS (SELECT 1 FROM wind WHERE e1 = m.a)", "a INT4"),
        ("SELECT a FROM meters WHERE a IN (SELECT e1 FROM wind)", "a INT4"),
        ("SELECT (SELECT max(e1) FROM wind) AS top", "top INT4"),
        ("SELECT x.l FROM (SELECT tag1, last(a) AS l FROM meters GROUP BY tag1) AS x WHERE x.l > 0", "l INT4"),
        # joins
        ("SELECT x.e1, d.name FROM wind x JOIN shop.devices d ON x.tag2 = d.id", "e1 INT4, name STRING"),
        ("SELECT * FROM wind JOIN iot.wind AS y USING (tag2)", "ts TIMESTAMPTZ(3), e1 INT4, ts TIMESTAMPTZ(3), e1 INT4, tag2 INT4"),
        ("SELECT tag2, y.tag2 FROM wind LEFT JOIN wind y USING (tag2)", "tag2 INT4, tag2 INT4"),
        ("SELECT * FROM wind FULL JOIN wind y USING (tag2, e1)", "e1 INT4, ts TIMESTAMPTZ(3), ts TIMESTAMPTZ(3), tag2 INT4"),
        ("SELECT * FROM wind NATURAL JOIN (SELECT tag2, 1 AS one FROM wind)", "ts TIMESTAMPTZ(3), e1 INT4, one INT8, tag2 INT4"),
        ("SELECT y.e1 FROM wind x, LATERAL (SELECT e1 FROM wind WHERE ts = x.ts) y", "e1 INT4"),
        # a qualified name means the first column of that name in its source
        ("SELECT y.e1 FROM (SELECT w.e1, z.e1 FROM wind w, wind z) y", "e1 INT4"),
        # functions and numbered rows in FROM
        ("SELECT * FROM generate_series(1, 3)", "generate_series INT8"),
        ("SELECT g, g.g FROM generate_series(1, 3) AS g", "g INT8, g INT8"),
        ("SELECT * FROM current_schema() WITH ORDINALITY AS a(b)", "b STRING, ordinality INT8"),
        ("SELECT * FROM generate_series(1, 3) WITH ORDINALITY AS g(x, n)", "x INT8, n INT8"),
        ("SELECT * FROM generate_series(1, 2), generate_series(1, 2)", "generate_series INT8, generate_series INT8"),
        ("SELECT * FROM wind WITH ORDINALITY", "ts TIMESTAMPTZ(3), e1 INT4, tag2 INT4, ordinality INT8"),
        ("SELECT n, w.b FROM wind WITH ORDINALITY AS w(a, b, c, n)", "n INT8, b INT4"),
        # sets, VALUES, WITH
        ("SELECT a FROM meters UNION SELECT e1 FROM wind ORDER BY a LIMIT 1", "a INT4"),
        ("SELECT a FROM meters UNION ALL SELECT f::INT8 FROM meters", "a INT8"),
        ("SELECT NULL EXCEPT SELECT e1 FROM wind", "?column? INT4"),
        ("VALUES (1, 'a'), (2, NULL) ORDER BY 1 DESC", "column1 INT8, column2 STRING"),
        ("SELECT column1 FROM (VALUES (1), (2)) AS v", "column1 INT8"),
        ("WITH w AS (SELECT a FROM meters), x(b) AS (SELECT a FROM w) SELECT b, w.a FROM x, w", "b INT4, a INT4"),
        ("TABLE wind", "ts TIMESTAMPTZ(3), e1 INT4, tag2 INT4"),
        # SHOW as a source
        ("SELECT table_name FROM [SHOW TABLES] WHERE table_name = 'wind'", "table_name STRING"),
        ("SELECT count(*) FROM [SHOW COLUMNS FROM wind] AS c", "count INT8"),
    ],
)  # fmt: skip
def test_columns_of_the_result(sql: str, columns: str) -> None:
    assert ", ".join(f"{c.name} {c.type}" for c in bound_query(sql).columns) == columns


@pytest.mark.parametrize(
    "sql, sqlstate, message",
    [
        # names
        ("SELECT * FROM nope", "42P01", 'relation "nope" does not exist'),
        ("SELECT * FROM iot.nope", "42P01", 'relation "iot.nope" does not exist'),
        ("SELECT * FROM nodb.wind", "42P01", 'relation "nodb.wind" does not exist'),
        ("SELECT * FROM iot.other.wind", "42P01", 'relation "iot.other.wind" does not exist'),
        ("SELECT * FROM big", "42P01", 'relation "big" does not exist'),
        ("SELECT * FROM information_schema.tables", "42P01", 'relation "information_schema.tables" does not exist'),
        ("SELECT * FROM pg_catalog.pg_class", "42P01", 'relation "pg_catalog.pg_class" does not exist'),
        ("SELECT * FROM kwdb_internal.tables", "42P01", 'relation "kwdb_internal.tables" does not exist'),
        ("SELECT * FROM system.users", "42P01", 'relation "system.users" does not exist'),
        ("SELECT * FROM duckdb_settings()", "42883", "unknown function: duckdb_settings()"),
        ("SELECT * FROM read_csv('/etc/passwd')", "42883", "unknown function: read_csv()"),
        ('SELECT * FROM "/etc/passwd"', "42P01", 'relation "/etc/passwd" does not exist'),
        ("SELECT * FROM kwrest.users", "42P01", 'relation "kwrest.users" does not exist'),
        ("SELECT * FROM kwrest_system.nope", "42P01", 'relation "kwrest_system.nope" does not exist'),
        ("SELECT * FROM duckdb_settings", "42P01", 'relation "duckdb_settings" does not exist'),
        ("SELECT nope FROM wind", "42703", 'column "nope" does not exist'),
        ("SELECT w.nope FROM wind w", "42703", 'column "w.nope" does not exist'),
        ('SELECT Val FROM "Big"', "42703", 'column "val" does not exist'),
        ("SELECT wind.e1 FROM wind w", "42P01", "no data source matches prefix: wind"),
        ("SELECT x.* FROM wind", "42P01", "no data source matches pattern: x.*"),
        ("SELECT w.* AS x FROM wind w", "42601", '"w.*" cannot be aliased'),
        ("SELECT *", "42602", 'cannot use "*" without a FROM clause'),
        ("SELECT ts FROM wind, wind w", "42702", 'column reference "ts" is ambiguous (candidates: wind.ts, w.ts)'),
        ("SELECT ts FROM (SELECT ts FROM wind), (SELECT ts FROM wind)", "42702", 'column reference "ts" is ambiguous (candidates: <anonymous>.ts)'),
        ("SELECT wind.v FROM wind, defaultdb.wind", "42P09", 'ambiguous source name: "wind"'),
        ("SELECT 1 FROM wind, wind", "42712", 'source name "wind" specified more than once (missing AS clause)'),
        ("SELECT 1 FROM wind AS w(a, b, c, d)", "42P10", 'source "w" has 3 columns available but 4 columns specified'),
        ("WITH w AS (SELECT 1), w AS (SELECT 2) SELECT 1", "42712", "WITH query name w specified more than once"),
        ("SELECT x FROM wind, (SELECT e1 AS x WHERE e1 > 0) s", "42703", 'column "e1" does not exist'),
        ("SELECT password FROM kwrest_system.users", "42703", 'column "password" does not exist'),
        ("SELECT users.password FROM kwrest_system.users", "42703", 'column "users.password" does not exist'),
        # grouping
        ("SELECT a, max(b), min(b) FROM meters", "42803", 'column "a" must appear in the GROUP BY clause or be used in an aggregate function'),
        ("SELECT last(a), a FROM meters", "42803", 'column "a" must appear in the GROUP BY clause or be used in an aggregate function'),
        ("SELECT max(price), name FROM shop.devices", "42803", 'column "name" must appear in the GROUP BY clause or be used in an aggregate function'),
        ("SELECT b FROM meters GROUP BY a", "42803", 'column "b" must appear in the GROUP BY clause or be used in an aggregate function'),
        ("SELECT max(a), site FROM meters GROUP BY site ORDER BY ts", "42803", 'column "ts" must appear in the GROUP BY clause or be used in an aggregate function'),
        ("SELECT count(*) FROM meters GROUP BY 1", "42803", "count_rows(): aggregate functions are not allowed in GROUP BY"),
        ("SELECT sum(a) AS total FROM meters GROUP BY total", "42803", "sum(): aggregate functions are not allowed in GROUP BY"),
        ("SELECT a FROM meters GROUP BY a ORDER BY b", "42803", 'column "b" must appear in the GROUP BY clause or be used in an aggregate function'),
        ("SELECT a FROM meters GROUP BY a HAVING b > 1", "42803", 'column "b" must appear in the GROUP BY clause or be used in an aggregate function'),
        ("SELECT a FROM meters HAVING count(*) > 1", "42803", 'column "a" must appear in the GROUP BY clause or be used in an aggregate function'),
        ("SELECT site, count(*) FROM meters GROUP BY 3", "42P10", "GROUP BY position 3 is not in select list"),
        ("SELECT site FROM meters GROUP BY 0", "42P10", "GROUP BY position 0 is not in select list"),
        ("SELECT site FROM meters GROUP BY 'x'", "42601", "non-integer constant in GROUP BY: 'x'"),
        ("SELECT site FROM meters ORDER BY 1.5", "42601", "non-integer constant in ORDER BY: 1.5"),
        ("SELECT site FROM meters ORDER BY 2", "42P10", "ORDER BY position 2 is not in select list"),
        ("SELECT a AS x, b AS x FROM meters ORDER BY x", "42702", 'ORDER BY "x" is ambiguous'),
        # distinct
        ("SELECT DISTINCT a FROM meters ORDER BY b", "42P10", "for SELECT DISTINCT, ORDER BY expressions must appear in select list"),
        ("SELECT DISTINCT ON (a) a, b FROM meters ORDER BY b", "42P10", "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"),
        ("SELECT '{}'::JSONB AS j ORDER BY j", "0A000", "unimplemented: can't order by column type jsonb"),
        # what comes later
        ("SELECT pg_read_file('x')", "42883", "unknown function: pg_read_file()"),
        # WITH RECURSIVE
        ("WITH RECURSIVE w AS (SELECT * FROM w) SELECT 1", "42P19", 'recursive query "w" does not have the form non-recursive-term UNION ALL recursive-term'),
        ("WITH RECURSIVE w AS (SELECT * FROM w UNION ALL SELECT 1) SELECT 1", "42P19", 'recursive reference to query "w" must not appear within its non-recursive term'),
        ("WITH RECURSIVE w AS (SELECT 1 UNION ALL SELECT 1, 2 FROM w) SELECT 1", "42601", "each UNION query must have the same number of columns: 1 vs 2"),
        ("WITH RECURSIVE w(n) AS (SELECT 1 UNION ALL SELECT 'x' FROM w) SELECT 1", "42804", "UNION types int and string cannot be matched"),
        ("WITH RECURSIVE w(n, m) AS (SELECT 1 UNION ALL SELECT n FROM w) SELECT 1", "42P10", 'source "w" has 1 columns available but 2 columns specified'),
        # set-returning functions
        ("SELECT unnest(NULL)", "22023", "could not determine polymorphic type"),
        ("SELECT * FROM unnest(ARRAY[1], NULL)", "22023", "could not determine polymorphic type"),
        ("SELECT generate_series(generate_series(1, 3), 3)", "0A000", "unimplemented: nested set-returning functions"),
        ("SELECT a FROM meters WHERE generate_series(1, 3) < 3", "0A000", "generator functions are not allowed in WHERE"),
        ("SELECT a FROM meters ORDER BY generate_series(1, 3)", "0A000", "generator functions are not allowed in ORDER BY"),
        ("SELECT a FROM meters LIMIT generate_series(1, 3)", "0A000", "generator functions are not allowed in LIMIT"),
        ("SELECT generate_series(1, 3) AS g FROM meters GROUP BY g", "0A000", "generator functions are not allowed in GROUP BY"),
        ("SELECT sum(generate_series(1, 3))", "0A000", "set-returning functions are not allowed inside an aggregate"),
        ("VALUES (generate_series(1, 3))", "0A000", "generator functions are not allowed in VALUES"),
        # windows
        ("SELECT rank() OVER w FROM shop.devices", "42704", 'window "w" does not exist'),
        ("SELECT 1 FROM shop.devices WINDOW w AS (), w AS ()", "42P20", 'window "w" is already defined'),
        ("SELECT rank() OVER (w PARTITION BY id) FROM shop.devices WINDOW w AS ()", "42P20", 'cannot override PARTITION BY clause of window "w"'),
        ("SELECT rank() OVER (w ORDER BY id) FROM shop.devices WINDOW w AS (ORDER BY id)", "42P20", 'cannot override ORDER BY clause of window "w"'),
        ("SELECT sum(id) OVER (w ORDER BY id) FROM shop.devices WINDOW w AS (ROWS 1 PRECEDING)", "42P20", 'cannot copy window "w" because it has a frame clause'),
        ("SELECT sum(DISTINCT id) OVER () FROM shop.devices", "0A000", "DISTINCT is not implemented for window functions"),
        ("EXPLAIN INSERT INTO meters VALUES (1)", "0A000", "EXPLAIN of a statement that is no query is not supported"),
        ("EXPLAIN ANALYZE SELECT 1", "0A000", "EXPLAIN ANALYZE is not supported"),
        ("EXPLAIN SELECT nope FROM meters", "42703", 'column "nope" does not exist'),
        # joins
        ("SELECT * FROM wind x JOIN wind y USING (tag2, tag2)", "42701", 'column "tag2" appears more than once in USING clause'),
        ("SELECT * FROM wind x JOIN wind y USING (nope)", "42703", 'column "nope" does not exist'),
        ("SELECT * FROM wind x JOIN wind y ON x.e1 = z.e1", "42P01", "no data source matches prefix: z"),
        # LIMIT
        ("SELECT a FROM meters LIMIT -1", "2201W", "negative value for LIMIT"),
        ("SELECT a FROM meters OFFSET -100", "2201W", "negative value for OFFSET"),
        ("SELECT a FROM meters LIMIT 3.3", "42804", "argument of LIMIT must be type int, not type decimal"),
        ("SELECT a FROM meters LIMIT 'x'", "42804", "argument of LIMIT must be type int, not type string"),
        ("SELECT a FROM meters LIMIT a", "42703", 'column "a" does not exist'),
        # first, last
        ("SELECT a FROM meters WHERE last(a) > 1", "42803", "aggregate functions are not allowed in WHERE"),
        ("SELECT last(a + 1) FROM meters", "42601", 'at or near "+": syntax error'),
        ("SELECT last(1) FROM meters", "42601", 'at or near "1": syntax error'),
        ("SELECT last(abs(a)) FROM meters", "42601", 'at or near "(": syntax error'),
        ("SELECT last(DISTINCT a) FROM meters", "42601", 'at or near "distinct": syntax error'),
        ("SELECT last(a, t2, b) FROM meters", "42601", 'at or near ",": syntax error'),
        ("SELECT last() FROM meters", "42601", 'at or near ")": syntax error'),
        ("SELECT last(nosuch) FROM meters", "42703", 'column "nosuch" does not exist'),
        ("SELECT last(a) FROM (SELECT a FROM meters)", "0A000", "last() can only be used in timeseries table query or subquery"),
        ("SELECT last(price) FROM shop.devices", "0A000", "last() can only be used in timeseries table query or subquery"),
        ("SELECT last(a, 'abc') FROM meters", "42804", "the second parameter of last must be of timestamptz type"),
        ("SELECT last(a, 5) FROM meters", "22023", "the second parameter is invalid"),
        ("SELECT last(a, NULL) FROM meters", "22023", "the second parameter is invalid"),
        ("SELECT last(a, b) FROM meters", "22023", "the second parameter is invalid"),
        ("SELECT first(a, '2024-05-01 00:01:30') FROM meters", "22023", "the second parameter is invalid"),
        ("SELECT count(last(a)) FROM meters", "42803", "count(): last(): aggregate function calls cannot be nested"),
        # sets and VALUES
        ("SELECT a FROM meters UNION SELECT a, b FROM meters", "42601", "each UNION query must have the same number of columns: 1 vs 2"),
        ("SELECT a FROM meters UNION SELECT s FROM meters", "42804", "UNION types int4 and varchar cannot be matched"),
        ("SELECT a FROM meters UNION SELECT b FROM meters ORDER BY b", "42703", 'column "b" does not exist'),
        ("SELECT a FROM meters UNION SELECT f FROM meters", "42804", "UNION types int4 and float cannot be matched"),
        ("VALUES (1), ('x')", "42804", "VALUES types int and string cannot be matched"),
        ("SELECT count(*) FILTER (WHERE max(a) > 1) FROM meters", "42803", "aggregate functions are not allowed in FILTER"),
        ("VALUES (1), (2, 3)", "42601", "VALUES lists must all be the same length, expected 1 columns, found 2"),
    ],
)  # fmt: skip
def test_errors_in_kwdbs_words(sql: str, sqlstate: str, message: str) -> None:
    with pytest.raises(KwrestError) as failure:
        bound_query(sql)
    assert (failure.value.sqlstate, failure.value.message) == (sqlstate, message)


@pytest.mark.parametrize(
    "sql, rights",
    [
        ("SELECT 1", ()),
        ("SELECT m.a FROM meters, wind, meters m", (TableRight(Privilege.SELECT, METERS), TableRight(Privilege.SELECT, WIND))),
        ("SELECT (SELECT max(e1) FROM wind)", (TableRight(Privilege.SELECT, WIND),)),
        ("SELECT a FROM meters WHERE a IN (SELECT id FROM shop.devices)", (TableRight(Privilege.SELECT, METERS), TableRight(Privilege.SELECT, DEVICES))),
        ("WITH w AS (SELECT e1 FROM wind) SELECT 1", (TableRight(Privilege.SELECT, WIND),)),
        ("SELECT id FROM kwrest_system.rejected", (AdminRight("read kwrest_system"),)),
        ("SELECT tag2 FROM [SHOW TAG VALUES FROM wind]", (TableRight(Privilege.SELECT, WIND),)),
        ("SELECT * FROM [SHOW COLUMNS FROM wind]", (TableRight(None, WIND),)),
    ],
)  # fmt: skip
def test_rights(sql: str, rights: tuple[bound.Right, ...]) -> None:
    assert bound_query(sql).rights == rights


def test_star_of_the_servers_tables_hides_secrets() -> None:
    names = [c.name for c in bound_query("SELECT * FROM kwrest_system.users").columns]
    assert names == ["name", "id", "version", "login", "createrole", "valid_until"]


@pytest.mark.parametrize(
    "order_by, nulls_first",
    [
        ("a", True),
        ("a ASC", True),
        ("a DESC", False),
        ("a NULLS LAST", False),
        ("a DESC NULLS FIRST", True),
    ],
)
def test_nulls_are_the_smallest_values(order_by: str, nulls_first: bool) -> None:
    select = bound_query(f"SELECT a FROM meters ORDER BY {order_by}").relation
    assert isinstance(select, bound.Select)
    assert select.order_by[0].nulls_first is nulls_first


@pytest.mark.parametrize(
    "sql, column",
    [
        # an alias is second to a column of FROM in GROUP BY, and first in ORDER BY
        ("SELECT a+1 AS b, count(*) FROM meters GROUP BY b, a", 3),
        ("SELECT a+1 AS z, count(*) FROM meters GROUP BY z", None),
    ],
)
def test_group_by_prefers_columns(sql: str, column: int | None) -> None:
    select = bound_query(sql).relation
    assert isinstance(select, bound.Select) and select.group_by is not None
    key = select.group_by[0]
    assert (key.column if isinstance(key, bound.ColumnRef) else None) == column


def test_order_by_prefers_aliases() -> None:
    select = bound_query("SELECT a+1 AS b FROM meters ORDER BY b").relation
    assert isinstance(select, bound.Select)
    assert select.order_by[0].expr == select.outputs[0]


def test_too_many_queries_are_refused() -> None:
    names = ["a0 AS (SELECT 1 AS x)"] + [f"a{i} AS (SELECT 1 AS x FROM a{i - 1} p, a{i - 1} q)" for i in range(1, 20)]
    with pytest.raises(KwrestError) as failure:
        bound_query(f"WITH {', '.join(names)} SELECT * FROM a19")
    assert failure.value.sqlstate == "54001"


@pytest.mark.parametrize(
    "limit, value",
    [("LIMIT 5", 5), ("LIMIT '5'", 5), ("LIMIT 1 + 0.0", 1), ("LIMIT NULL", None), ("LIMIT ALL", None), ("", None)],
)
def test_limit(limit: str, value: int | None) -> None:
    select = bound_query(f"SELECT a FROM meters {limit}").relation
    assert isinstance(select, bound.Select)
    assert (select.limit.value if isinstance(select.limit, bound.Const) else select.limit) == value


@pytest.mark.parametrize(
    "sql",
    [
        "WITH " + ", ".join(f"w{i} AS (SELECT 1 AS x FROM {f'w{i - 1}' if i else 'wind'})" for i in range(60)) + " SELECT x FROM w59",
        "SELECT a FROM meters WHERE " + " OR ".join(f"a = {i}" for i in range(1_000)),
        "SELECT " + " + ".join(["a"] * 90) + " FROM meters",
        "SELECT a FROM meters WHERE a IN (" + ", ".join(map(str, range(5_000))) + ")",
        "SELECT 1 FROM " + ", ".join(f"wind w{i}" for i in range(100)),
    ],
    ids=["WITH", "OR", "+", "IN", "FROM"],
)  # fmt: skip
def test_long_statements_are_bound(sql: str) -> None:
    assert len(apply(bound_query(sql).relation).columns) == 1


@pytest.mark.parametrize(
    "sql",
    ["SELECT " + " + ".join(["a"] * 2_000) + " FROM meters", "SELECT 1 FROM " + ", ".join(f"wind w{i}" for i in range(2_000))],
    ids=["+", "FROM"],
)  # fmt: skip
def test_what_is_too_deep_is_refused_by_name(sql: str) -> None:
    with pytest.raises(KwrestError) as failure:
        apply(bound_query(sql).relation)
    assert failure.value.sqlstate == "54001"
