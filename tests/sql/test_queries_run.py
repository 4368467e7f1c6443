"""Queries, run: SQL text → rows, through binder, rules and the DuckDB engine. One row a case; rows as KWDB recorded them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwrest.errors import KwrestError
from kwrest.model import Table
from tests.engines.parts import Bench, Row, batch
from tests.sql.running import at, both, filled_bench, run
from tests.sql.world import make_world, relation, series

T1 = series("t1", "ts TIMESTAMPTZ(3) NOT NULL, a INT4, b INT4", "tag1 INT4 PRIMARY, tag2 INT4")
T1_ROWS: list[Row] = [
    (at("2024-01-01T00:00:01"), 11, 11, 33, 44),
    (at("2024-01-01T00:00:02"), 22, 22, 33, 44),
    (at("2024-01-01T00:00:03"), 11, 33, 33, 44),
    (at("2024-01-01T00:00:04"), 22, 44, 33, 44),
    (at("2024-01-01T00:00:05"), 33, 55, 44, 44),
    (at("2024-01-01T00:00:06"), 22, 44, 44, 44),
    (at("2024-01-01T00:00:07"), 33, 44, 55, 44),
    (at("2024-01-01T00:00:08"), None, None, 66, 66),
    (at("2024-01-01T00:00:09"), None, None, 66, 77),
]

NULLS = series("nulls", "ts TIMESTAMPTZ(3) NOT NULL, power INT4, f FLOAT8", "id INT4 PRIMARY")
NULLS_ROWS: list[Row] = [
    (at("2024-01-01T00:00:01"), 10, 2.718281828459, 1),
    (at("2024-01-01T00:00:02"), 11, None, 1),
    (at("2024-01-01T00:00:03"), 14, None, 1),
    (at("2024-01-01T00:00:04"), None, None, 1),
    (at("2024-01-01T00:00:05"), None, None, 1),
]

FL = series(
    "fl", "ts TIMESTAMPTZ(3) NOT NULL, a INT4, b FLOAT8, c VARCHAR(10), d BOOL, t2 TIMESTAMPTZ(3)",
    "dev VARCHAR(10) PRIMARY, site VARCHAR(10), lvl INT4",
)  # fmt: skip
FL_ROWS: list[Row] = [
    (at("2024-05-01T00:00:00"), None, 1.5, "x", True, at("2024-06-01T00:00:00"), "d1", "north", 1),
    (at("2024-05-01T00:01:00"), 10, None, "y", False, at("2024-06-05T00:00:00"), "d1", "north", 1),
    (at("2024-05-01T00:02:00"), 20, 2.5, None, None, at("2024-06-03T00:00:00"), "d1", "north", 1),
    (at("2024-05-01T00:05:00"), None, None, "z", True, None, "d1", "north", 1),
    (at("2024-05-01T00:00:30"), 5, 9.0, "p", True, at("2024-06-02T00:00:00"), "d2", "south", 2),
    (at("2024-05-01T00:03:00"), 7, None, "q", None, at("2024-06-09T00:00:00"), "d2", "south", 2),
    (at("2024-05-01T00:04:30"), -3, 4.25, "r", False, at("2024-06-04T00:00:00"), "d2", "south", 2),
    (at("2024-05-01T00:02:30"), None, None, None, None, None, "d3", None, None),
]

M = series("m", "ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8, n INT4", "dev VARCHAR(8) PRIMARY, room INT4")
M_ROWS: list[Row] = [
    (at("2023-12-31T22:30:00"), 3.0, 3, "a", 1),
    (at("2024-01-01T00:00:00"), 4.0, 4, "b", 2),
    (at("2024-01-01T00:04:59.900"), 5.0, 5, "b", 2),
    (at("2024-01-07T12:00:00"), 6.0, None, "b", 2),
    (at("2024-02-29T12:34:56.789"), 7.5, 7, "a", 1),
]

EMPTY = series("empty", "ts TIMESTAMPTZ(3) NOT NULL, a INT4", "id INT4 PRIMARY")
DEVICES = relation("devices", "id INT4 PRIMARY, name STRING, room INT4")
DEVICE_ROWS: list[Row] = [(1, "one", 1), (2, "two", 2), (3, None, None)]
ROWS: tuple[tuple[Table, list[Row]], ...] = (
    (T1, T1_ROWS),
    (NULLS, NULLS_ROWS),
    (FL, FL_ROWS),
    (M, M_ROWS),
    (EMPTY, []),
    (DEVICES, DEVICE_ROWS),
)
WORLD = make_world(*(table for table, _ in ROWS))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The tables above in a DuckDB engine, and a device of `t1` without points."""
    bench = filled_bench(Path(tmp_path_factory.mktemp("run")), ROWS)
    bench.write(batch(T1, [], devices=[(99, 1)]))
    yield bench
    bench.engine.close()


# SQL | rows, a blank between cells, `;` between rows, sorted when the query does not sort
CASES = [
    # facts 7, 35–45
    ("SELECT * FROM t1 WHERE tag1 >= 55 ORDER BY ts", "2024-01-01_00:00:07.000 33 44 55 44; 2024-01-01_00:00:08.000 NULL NULL 66 66; 2024-01-01_00:00:09.000 NULL NULL 66 66"),
    ("SELECT sum(a) FROM t1", "154"),
    ("SELECT DISTINCT a FROM t1 ORDER BY a", "NULL; 11; 22; 33"),
    ("SELECT tag1 FROM t1 WHERE a = 11", "33; 33"),
    ("SELECT tag2 FROM t1 ORDER BY 1 DESC LIMIT 3", "66; 66; 44"),
    ("SELECT count(*) FROM (SELECT tag1 FROM t1)", "9"),
    ("SELECT a, max(b) FROM t1 GROUP BY a ORDER BY a", "NULL NULL; 11 33; 22 44; 33 55"),
    ("SELECT count(*) FROM nulls", "5"),
    ("SELECT round(avg(power), 6) FROM nulls", "11.666667"),
    ("SELECT power FROM nulls WHERE power > NULL", ""),
    ("SELECT power FROM nulls WHERE power IS NULL", "NULL; NULL"),
    ("SELECT power + 1 FROM nulls ORDER BY 1 DESC", "15; 12; 11; NULL; NULL"),
    ("SELECT cast(f AS DECIMAL(8,6)) FROM nulls WHERE f IS NOT NULL", "2.718282"),
    # WHERE, LIMIT, OFFSET, order of NULLs
    ("SELECT b FROM t1 WHERE a = 22 AND tag1 IN (33, 44) ORDER BY b DESC, ts LIMIT 2", "44; 44"),
    ("SELECT b FROM t1 ORDER BY b DESC LIMIT 1 OFFSET 1", "44"),
    ("SELECT a FROM t1 ORDER BY a LIMIT 3", "NULL; NULL; 11"),
    ("SELECT a FROM t1 ORDER BY a NULLS LAST LIMIT 1", "11"),
    ("SELECT a FROM t1 ORDER BY a DESC LIMIT 2", "33; 33"),
    ("SELECT a FROM t1 WHERE ts > '2024-01-01 00:00:06' ORDER BY ts", "33; NULL; NULL"),
    ("SELECT count(*) FROM t1 WHERE ts + 1h > '2024-01-01 01:00:05'", "4"),
    ("SELECT a FROM t1 LIMIT 0", ""),
    ("SELECT count(*) FROM t1 WHERE ts + 1h > now()", "0"),
    ("SELECT count(*) FROM t1 WHERE ts < now() - INTERVAL '1 hour'", "9"),
    ("SELECT max(ts) - min(ts) > INTERVAL '5 s' FROM t1", "true"),
    ("SELECT 2 AS x, a FROM t1 ORDER BY x, b LIMIT 3", "2 NULL; 2 NULL; 2 11"),
    # several decimals in one place keep their digits
    ("SELECT coalesce(sum(power), 0.5), coalesce(sum(power) FILTER (WHERE power > 99), 0.5), CASE WHEN count(*) > 9 THEN sum(power) ELSE 2.25 END FROM nulls", "35 0.5 2.25"),
    ("SELECT greatest(sum(power), 35.75), least(round(sum(power) / 2, 1), 17.25) FROM nulls", "35.75 17.25"),
    ("SELECT sum(power) FROM nulls UNION ALL SELECT sum(power) / 8 FROM nulls ORDER BY 1", "4.375; 35"),
    ("SELECT CASE WHEN power = 10 THEN 1.005::DECIMAL ELSE power::DECIMAL(10,3) * 2 END FROM nulls WHERE power < 12 ORDER BY 1", "1.005; 22"),
    # what may fail is not computed where what stands before it has decided
    ("SELECT count(*) FROM t1 WHERE a <> 11 AND 1 / (a - 11) > 0", "5"),
    ("SELECT count(*) FROM t1 WHERE a = 11 OR a IS NULL OR 1 / (a - 11) > 0", "9"),
    ("SELECT DISTINCT a = 11 OR 1 / (a - 11) > 1, b > 0 AND a > 11 AND 1 / (a - 11) > 1 FROM t1 ORDER BY 1", "NULL NULL; false false; true false"),
    # GROUP BY, HAVING
    ("SELECT tag1, count(*) AS n FROM t1 GROUP BY tag1 HAVING count(*) > 1 ORDER BY n DESC, tag1", "33 4; 44 2; 66 2"),
    ("SELECT a + 1 AS x, count(b) FROM t1 GROUP BY x ORDER BY x", "NULL 0; 12 2; 23 3; 34 2"),
    ("SELECT a % 2 = 0, count(*) FROM t1 GROUP BY 1 ORDER BY 1", "NULL 2; false 4; true 3"),
    ("SELECT tag1 FROM t1 GROUP BY tag1 ORDER BY max(b) DESC, tag1", "44; 33; 55; 66"),
    ("SELECT count(*), sum(a), max(a) FROM empty", "0 NULL NULL"),
    ("SELECT a, count(*) FROM empty GROUP BY a", ""),
    ("SELECT count(DISTINCT a), sum(a) FILTER (WHERE b > 40) FROM t1", "3 110"),
    ("SELECT DISTINCT ON (dev) dev, ts, a FROM fl ORDER BY dev, ts DESC", "d1 2024-05-01_00:05:00.000 NULL; d2 2024-05-01_00:04:30.000 -3; d3 2024-05-01_00:02:30.000 NULL"),
    # first, last (recorded)
    ("SELECT first(a), last(a), first_row(a), last_row(a) FROM fl", "5 -3 NULL NULL"),
    ("SELECT last(a), dev FROM fl GROUP BY dev ORDER BY dev", "20 d1; -3 d2; NULL d3"),
    ("SELECT last(a, '2024-05-01 00:01:30') FROM fl", "10"),
    ("SELECT last(a, '2024-05-01 00:02:00') FROM fl", "20"),
    ("SELECT last(a, '2020-01-01') FROM fl", "NULL"),
    ("SELECT dev, last(a, '2024-05-01 00:03:00') FROM fl GROUP BY dev ORDER BY dev", "d1 20; d2 7; d3 NULL"),
    ("SELECT dev, first(a, t2), last(a, t2) FROM fl GROUP BY dev ORDER BY dev", "d1 20 10; d2 5 7; d3 NULL NULL"),
    ("SELECT first_row(a, t2), last_row(a, t2) FROM fl", "NULL 7"),
    ("SELECT lastts(a, t2), firstts(b, t2) FROM fl", "2024-06-09_00:00:00.000 2024-06-01_00:00:00.000"),
    ("SELECT firstts(a), lastts(a), first_row_ts(a), last_row_ts(a) FROM fl", "2024-05-01_00:00:30.000 2024-05-01_00:04:30.000 2024-05-01_00:00:00.000 2024-05-01_00:05:00.000"),
    ("SELECT last(*) FROM fl", "2024-05-01_00:05:00.000 -3 4.25 z true 2024-06-04_00:00:00.000 d1 north 1"),
    ("SELECT last_row(*) FROM fl", "2024-05-01_00:05:00.000 NULL NULL z true NULL d1 north 1"),
    ("SELECT lvl, last(*) FROM fl GROUP BY lvl ORDER BY lvl DESC LIMIT 1", "2 2024-05-01_00:04:30.000 -3 4.25 r false 2024-06-04_00:00:00.000 d2 south 2"),
    ("SELECT last(a) - first(a) AS delta FROM fl", "-8"),
    ("SELECT dev FROM fl GROUP BY dev HAVING last(a) > 1 ORDER BY dev", "d1"),
    ("SELECT dev FROM fl GROUP BY dev ORDER BY last(a), dev", "d3; d2; d1"),
    ("SELECT coalesce(last(a), -1) FROM fl WHERE dev = 'd3'", "-1"),
    ("SELECT max(a), last(a), count(*), first(c) FROM fl", "20 -3 8 x"),
    ("SELECT last(a) FROM fl WHERE ts < '2024-05-01 00:02:00'", "10"),
    ("SELECT last_row(a) FROM fl WHERE a IS NULL", "NULL"),
    ("SELECT first(a), last(b) FROM fl WHERE 1 = 0", "NULL NULL"),
    ("SELECT last(a) FROM fl LIMIT 0", ""),
    # columns beside a single max or min (recorded)
    ("SELECT max(a), c FROM fl", "20 NULL"),
    ("SELECT min(a), ts, dev FROM fl", "-3 2024-05-01_00:04:30.000 d2"),
    ("SELECT dev, max(b), ts FROM fl GROUP BY dev ORDER BY dev", "d1 2.5 2024-05-01_00:02:00.000; d2 9 2024-05-01_00:00:30.000; d3 NULL NULL"),
    # time_bucket (recorded)
    ("SELECT time_bucket(ts, '10s') AS b, avg(v) FROM m GROUP BY b ORDER BY b LIMIT 2", "2023-12-31_22:30:00.000 3; 2024-01-01_00:00:00.000 4"),
    ("SELECT time_bucket(ts, '1mon') AS b, count(*) FROM m WHERE ts >= '2024-01-01' GROUP BY b ORDER BY b DESC", "2024-02-01_00:00:00.000 1; 2024-01-01_00:00:00.000 3"),
    ("SELECT time_bucket(ts, '1h') AS ts, count(*) FROM m WHERE dev = 'b' GROUP BY ts ORDER BY ts", "2024-01-01_00:00:00.000 1; 2024-01-01_00:00:00.000 1; 2024-01-07_12:00:00.000 1"),
    ("SELECT dev, last(n), time_bucket(ts, '1y') AS y FROM m GROUP BY dev, y ORDER BY dev, y", "a 3 2023-01-01_00:00:00.000; a 7 2024-01-01_00:00:00.000; b 5 2024-01-01_00:00:00.000"),
    # subqueries
    ("SELECT sum(l) FROM (SELECT last(a) AS l FROM fl GROUP BY dev)", "17"),
    ("SELECT dev, a FROM fl WHERE a = (SELECT max(a) FROM fl)", "d1 20"),
    ("SELECT a FROM fl WHERE ts = (SELECT last(ts) FROM fl WHERE dev = 'd1')", "NULL"),
    ("SELECT name FROM shop.devices d WHERE EXISTS (SELECT 1 FROM m WHERE room = d.room) ORDER BY name", "one; two"),
    ("SELECT name FROM shop.devices WHERE room IN (SELECT room FROM m WHERE v > 5) ORDER BY id", "one; two"),
    ("SELECT id, (SELECT count(*) FROM m WHERE room = d.room) AS n FROM shop.devices d ORDER BY id", "1 2; 2 3; 3 0"),
    ("SELECT x.l FROM (SELECT dev, last(a) AS l FROM fl GROUP BY dev) AS x WHERE x.l > 0 ORDER BY x.dev", "20"),
    # joins, sets, VALUES, WITH
    ("SELECT d.name, count(*) FROM m JOIN shop.devices d ON m.room = d.room GROUP BY d.name ORDER BY d.name", "one 2; two 3"),
    ("SELECT d.id, m.n FROM shop.devices d LEFT JOIN m ON m.room = d.room AND m.n > 4 ORDER BY 1, 2", "1 7; 2 5; 3 NULL"),
    ("SELECT id, a.name, b.name FROM shop.devices a FULL JOIN (SELECT id + 2 AS id, name FROM shop.devices) b USING (id) ORDER BY id", "1 one NULL; 2 two NULL; 3 NULL one; 4 NULL two; 5 NULL NULL"),
    ("SELECT a FROM t1 WHERE a = 11 UNION SELECT n FROM m ORDER BY a DESC LIMIT 2", "11; 7"),
    ("SELECT a FROM t1 INTERSECT SELECT a + 11 FROM t1 ORDER BY 1", "NULL; 22; 33"),
    ("VALUES (1, 'a'), (2, NULL) ORDER BY 2", "2 NULL; 1 a"),
    ("WITH w AS (SELECT room, count(*) AS n FROM m GROUP BY room) SELECT x.n + y.n FROM w x JOIN w y ON x.room < y.room", "5"),
    ("SELECT x, n FROM (VALUES (5), (6)) WITH ORDINALITY AS s(x, n) ORDER BY x DESC", "6 2; 5 1"),
    ("SELECT 1 + 1", "2"),
    ("SELECT pg_typeof(a), pg_typeof(v), pg_typeof(ARRAY[a]), pg_typeof('2024-01-01'::TIMESTAMP) FROM (SELECT a, NULL::FLOAT4 AS v FROM t1) LIMIT 1", "int float int[] timestamp(9)"),
    # set-returning functions: side by side in the select list, in FROM each by itself
    ("SELECT generate_series(1, 3), unnest(ARRAY['a', 'b'])", "1 a; 2 b; 3 NULL"),
    ("SELECT 3 + (3 * generate_series(1, 3)) AS r", "6; 9; 12"),
    ("SELECT id, generate_series(id, 3, 1) AS g FROM shop.devices ORDER BY g DESC, id LIMIT 4", "1 3; 2 3; 3 3; 1 2"),
    ("SELECT room, count(*), generate_series(1, count(*)) FROM m GROUP BY room ORDER BY 1, 3", "1 2 1; 1 2 2; 2 3 1; 2 3 2; 2 3 3"),
    ("SELECT DISTINCT unnest(ARRAY[1, 1, 2])", "1; 2"),
    ("SELECT count(*) FROM (SELECT unnest(ARRAY[]::INT[]) FROM m)", "0"),
    ("SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a'], ARRAY[1.5, 2.5, 3.5]) WITH ORDINALITY AS t(a, b, c, n)", "1 a 1.5 1; 2 NULL 2.5 2; NULL NULL 3.5 3"),
    ("SELECT * FROM generate_subscripts(ARRAY[3, 2, 1], 1, true)", "3; 2; 1"),
    ("SELECT * FROM generate_subscripts(ARRAY[3, 2, 1], 2)", ""),
    ("SELECT id, k, v FROM shop.devices, jsonb_each_text('{\"b\": 1, \"a\": \"x\"}') AS t(k, v) WHERE id = 1 ORDER BY k", "1 a x; 1 b 1"),
    ("SELECT jsonb_array_elements('[1, [2]]'), jsonb_object_keys('{\"a\": 1}')", "1 a; [2] NULL"),
    ("SELECT count(*) FROM generate_series('2024-01-01'::TIMESTAMPTZ, '2024-01-02', '1 hour')", "25"),
    # WITH RECURSIVE
    ("WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT sum(n) FROM t", "5050"),
    ("WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n % 4 + 1 FROM t) SELECT n FROM t ORDER BY n", "1; 2; 3; 4"),
    ("WITH RECURSIVE t AS (SELECT id, name FROM shop.devices WHERE id = 1 UNION ALL SELECT d.id, t.name || '-' || d.name FROM t JOIN shop.devices d ON d.id = t.id + 1), u AS (SELECT max(id) AS m FROM t) SELECT id, name FROM t, u ORDER BY id", "1 one; 2 one-two; 3 NULL"),
    ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t LIMIT 2", "1; 2"),
    # windows
    ("SELECT id, sum(id) OVER w, rank() OVER (w ORDER BY id DESC), count(*) FILTER (WHERE id > 1) OVER () FROM shop.devices WINDOW w AS (PARTITION BY id > 1) ORDER BY id", "1 1 1 2; 2 5 2 2; 3 5 1 2"),
    ("SELECT room IS NULL, sum(sum(id)) OVER (ORDER BY room IS NULL) FROM shop.devices GROUP BY room IS NULL ORDER BY 1", "false 3; true 6"),
    # HAVING with more than an engine takes there
    ("SELECT tag1 FROM t1 GROUP BY tag1 HAVING round(avg(a) / nullif(max(b), 0), 2) BETWEEN 0.4 AND 0.7 ORDER BY max(b) DESC, tag1", "44"),
    # the server's own tables
    ("SELECT count(*), max(line) FROM kwrest_system.rejected", "0 NULL"),
    # SHOW
    ("SHOW TAG VALUES FROM t1", "33 44; 44 44; 55 44; 66 66; 99 1"),
    ("SHOW TAGS FROM m", "dev VARCHAR(8) true false; room INT4 false true"),
    ("SELECT column_name FROM [SHOW COLUMNS FROM m] WHERE is_tag ORDER BY 1", "dev; room"),
    ("SELECT count(*) FROM [SHOW TABLES]", "5"),
]  # fmt: skip


@pytest.mark.parametrize("sql, expected", CASES, ids=[sql for sql, _ in CASES])
def test_rows(bench: Bench, sql: str, expected: str) -> None:
    found, wanted = both(run(bench, WORLD, sql), expected, ordered="ORDER BY" in sql)
    assert found == wanted


@pytest.mark.parametrize(
    "sql, first",
    [
        ("SELECT time_bucket(ts, '1d') FROM m ORDER BY 1", "2023-12-31 16:00:00.000"),
        # months are counted in UTC and shown in the zone (recorded)
        ("SELECT time_bucket(ts, '1mon') FROM m ORDER BY 1", "2023-11-30 16:00:00.000"),
        ("SELECT ts FROM m WHERE ts >= '2024-01-01 08:00:00' ORDER BY 1", "2024-01-01 00:00:00.000"),
    ],
)
def test_zone_of_the_request(bench: Bench, sql: str, first: str) -> None:
    assert run(bench, WORLD, sql, zone="Asia/Shanghai")[0] == (first,)


@pytest.mark.parametrize(
    "sql, sqlstate",
    [
        ("SELECT a FROM t1 WHERE a = (SELECT a FROM t1)", "21000"),
        ("SELECT a / 0 FROM t1", "22012"),
        ("SELECT a FROM t1 WHERE a > 0 AND 1 / (a - 11) > 0", "22012"),
        ("SELECT ts + '300000 years' FROM t1", "22023"),
        ("SELECT timestamp '2024-01-01' + '290000 years'", "22023"),
        ("SELECT a FROM t1 LIMIT 1 - 5", "2201W"),
        # lists are bounded before they are made
        ("SELECT count(*) FROM generate_series(1, 100000000000)", "54000"),
        ("SELECT count(*) FROM generate_series(1, 200000000)", "54000"),
        ("SELECT count(*) FROM generate_series(9223372036854775807, -9223372036854775808, -1)", "54000"),
        ("SELECT count(*) FROM generate_series('0001-01-01'::TIMESTAMP, '9999-01-01', '1ms')", "54000"),
        ("SELECT (SELECT count(*) FROM generate_series(1, t1.a * 100000000)) FROM t1", "54000"),
        ("SELECT count(*) FROM generate_series(1, 3, 0)", "22023"),
        ("SELECT generate_series(1, 200000000)", "54000"),
        ("SELECT count(*) FROM (SELECT generate_series(1, a * 1000000) FROM t1)", "54000"),
        (
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t, generate_series(1, 10)) SELECT count(*) FROM t",
            "54000",
        ),
        ("SELECT jsonb_array_elements('{}')", "22023"),
    ],
)
def test_failures_while_running(bench: Bench, sql: str, sqlstate: str) -> None:
    with pytest.raises(KwrestError) as failure:
        run(bench, WORLD, sql)
    assert failure.value.sqlstate == sqlstate
