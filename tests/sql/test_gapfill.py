"""time_bucket_gapfill and interpolate, run; rows and errors as KWDB recorded them where not said otherwise (facts 3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwrest.errors import KwrestError
from tests.engines.parts import Bench, Row
from tests.sql.running import at, both, filled_bench, run
from tests.sql.world import SHOP, make_world, relation, series

G = series("g", "ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8, i INT4, w VARCHAR(8)", "dev VARCHAR(8) PRIMARY, zone INT4")
G_ROWS: list[Row] = [
    (at("2024-05-01T00:00:05"), 10.0, 1, "a", "x", 1),
    (at("2024-05-01T00:00:17"), None, None, "b", "x", 1),
    (at("2024-05-01T00:01:02"), 20.0, 5, "c", "x", 1),
    (at("2024-05-01T00:01:41"), 26.0, 9, None, "x", 1),
    (at("2024-05-01T00:00:33"), 1.0, 100, "d", "y", 2),
    (at("2024-05-01T00:01:30"), 4.0, 70, "e", "y", 2),
]
DAYS = series("days", "ts TIMESTAMPTZ(3) NOT NULL, t FLOAT8", "id INT4 PRIMARY")
DAYS_ROWS: list[Row] = [(at("2024-08-01T12:00:00"), 25.3, 1), (at("2024-09-01T12:00:00"), 25.6, 1)]
FINE = series("fine", "ts TIMESTAMPTZ(9) NOT NULL, n INT8", "id INT4 PRIMARY")
FINE_ROWS: list[Row] = [(at("2024-01-01T00:00:00") + 1, 1, 1), (at("2024-01-01T00:00:03") + 7, 8, 1)]
R = relation("r", "t TIMESTAMP, a INT4", SHOP)
R_ROWS: list[Row] = [(at("2024-01-31T00:00:00"), 1), (at("2024-04-01T00:00:00"), 4), (None, 9)]
ROWS = ((G, G_ROWS), (DAYS, DAYS_ROWS), (FINE, FINE_ROWS), (R, R_ROWS))
WORLD = make_world(*(table for table, _ in ROWS))

MAY, S = "2024-05-01_00:0", "2024-01-01_00:00:0"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = filled_bench(Path(tmp_path_factory.mktemp("gaps")), ROWS)
    yield bench
    bench.engine.close()


CASES = [
    ("SELECT time_bucket_gapfill(ts, '20s') AS bk FROM g GROUP BY bk ORDER BY bk", f"{MAY}0:00.000; {MAY}0:20.000; {MAY}0:40.000; {MAY}1:00.000; {MAY}1:20.000; {MAY}1:40.000"),
    ("SELECT time_bucket_gapfill(ts, 20), avg(v) FROM g GROUP BY time_bucket_gapfill(ts, 20) ORDER BY time_bucket_gapfill(ts, 20) LIMIT 3", f"{MAY}0:00.000 10; {MAY}0:20.000 1; {MAY}0:40.000 NULL"),
    ("SELECT time_bucket_gapfill(ts, '30s') AS bk, count(*), avg(v), max(i) FROM g GROUP BY bk ORDER BY bk", f"{MAY}0:00.000 2 10 1; {MAY}0:30.000 1 1 100; {MAY}1:00.000 1 20 5; {MAY}1:30.000 2 15 70"),
    ("SELECT time_bucket_gapfill(ts, '1m') AS bk, first(v), last(v), last_row(i) FROM g GROUP BY bk ORDER BY bk", f"{MAY}0:00.000 10 1 100; {MAY}1:00.000 20 26 9"),
    ("SELECT time_bucket_gapfill(ts, '1m') AS bk, interpolate(last(v), PREV) FROM g GROUP BY bk ORDER BY bk", f"{MAY}0:00.000 1; {MAY}1:00.000 26"),
    ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(avg(v), LINEAR) FROM g WHERE ts > '2024-05-01 00:00:30' GROUP BY bk ORDER BY bk LIMIT 5", f"{MAY}0:30.000 1; {MAY}0:40.000 7.333333333333333; {MAY}0:50.000 13.666666666666666; {MAY}1:00.000 20; {MAY}1:10.000 14.666666666666668"),
    ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(avg(v), LINEAR) FROM g GROUP BY bk ORDER BY bk DESC LIMIT 3", f"{MAY}1:40.000 26; {MAY}1:30.000 4; {MAY}1:20.000 9.333333333333334"),
    # a bucket whose rows are all NULL has that value, and the ones after it take it over
    ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(avg(v), PREV) FROM g GROUP BY bk ORDER BY bk LIMIT 5", f"{MAY}0:00.000 10; {MAY}0:10.000 NULL; {MAY}0:20.000 NULL; {MAY}0:30.000 1; {MAY}0:40.000 1"),
    ("SELECT time_bucket_gapfill(ts, '10s') AS bk, avg(v) FROM g GROUP BY bk HAVING avg(v) > 5 ORDER BY bk LIMIT 3", f"{MAY}0:00.000 10; {MAY}0:10.000 NULL; {MAY}0:20.000 NULL"),
    ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(avg(v), PREV) FROM g WHERE v > 1000 GROUP BY bk", ""),
    ("SELECT zone, dev, time_bucket_gapfill(ts, '1m') AS bk, interpolate(avg(v), NEXT) FROM g GROUP BY zone, dev, bk ORDER BY zone, bk", f"1 x {MAY}0:00.000 10; 1 x {MAY}1:00.000 23; 2 y {MAY}0:00.000 1; 2 y {MAY}1:00.000 4"),
    ("SELECT count(*), min(f), max(f) FROM (SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(avg(v), LINEAR) AS f FROM g GROUP BY bk)", "11 1 26"),
    ("SELECT time_bucket_gapfill(ts, '1w') AS bk, count(v) FROM g GROUP BY bk", "2024-04-29_00:00:00.000 5"),
    ("SELECT time_bucket_gapfill(ts, '45s') AS bk, v FROM g GROUP BY bk, v ORDER BY bk, v", f"{MAY}0:00.000 NULL; {MAY}0:00.000 1; {MAY}0:00.000 10; {MAY}0:45.000 20; {MAY}1:30.000 4; {MAY}1:30.000 26"),
    # facts 3.2, worked
    ("SELECT count(*) FROM (SELECT time_bucket_gapfill(ts, 86400) AS b FROM days GROUP BY b)", "32"),
    ("SELECT time_bucket_gapfill(ts, 86400) AS b, interpolate(avg(t), LINEAR) FROM days GROUP BY b ORDER BY b LIMIT 2", "2024-08-01_00:00:00.000 25.3; 2024-08-02_00:00:00.000 25.309677419354838"),
    ("SELECT DISTINCT interpolate(avg(t), '25') FROM (SELECT * FROM days) GROUP BY time_bucket_gapfill(ts, 86400)", "25; 25.3; 25.6"),
    ("SELECT time_bucket_gapfill(ts, 86400) AS b, interpolate(max(t), 'null') FROM days GROUP BY b ORDER BY b LIMIT 1 OFFSET 30", "2024-08-31_00:00:00.000 NULL"),
    ("SELECT time_bucket_gapfill(ts, 86400) AS b, interpolate(max(t), -1.5) FROM days GROUP BY b ORDER BY b LIMIT 1 OFFSET 30", "2024-08-31_00:00:00.000 -1.5"),
    # not recorded: expressions around, several devices, keys of other kinds, other tables
    ("SELECT time_bucket_gapfill(ts, '1s') AS b, round(interpolate(sum(n), LINEAR), 1) + 1, count(*) FROM fine GROUP BY b ORDER BY b", f"{S}0.000 2 1; {S}1.000 4.3 NULL; {S}2.000 6.7 NULL; {S}3.000 9 1"),
    ("SELECT time_bucket_gapfill(ts, '1s') AS b, interpolate(max(n), LINEAR), interpolate(max(n), 3.7) FROM fine GROUP BY b ORDER BY b", f"{S}0.000 1 1; {S}1.000 3 4; {S}2.000 5 4; {S}3.000 8 8"),
    ("SELECT dev, time_bucket_gapfill(ts, '20s') AS b, interpolate(max(i), NEXT), count(*) FROM g WHERE dev = 'y' GROUP BY dev, b ORDER BY b", f"y {MAY}0:20.000 100 1; y {MAY}0:40.000 70 NULL; y {MAY}1:00.000 70 NULL; y {MAY}1:20.000 70 1"),
    ("SELECT time_bucket_gapfill(t, '1mon') AS m, sum(a) FROM shop.r WHERE t IS NOT NULL GROUP BY m ORDER BY m", "2024-01-01_00:00:00.000 1; 2024-02-01_00:00:00.000 NULL; 2024-03-01_00:00:00.000 NULL; 2024-04-01_00:00:00.000 4"),
    ("SELECT time_bucket_gapfill(t, '2mons') AS m, sum(a) FROM shop.r GROUP BY m ORDER BY m", "NULL 9; 2024-01-01_00:00:00.000 1; 2024-03-01_00:00:00.000 4"),
    ("SELECT time_bucket_gapfill(ts, '60s') AS b, (SELECT count(*) FROM shop.r WHERE t < time_bucket_gapfill) FROM (SELECT ts, ts AS time_bucket_gapfill FROM g) GROUP BY b, time_bucket_gapfill ORDER BY b LIMIT 1", f"{MAY}0:00.000 2"),
    # with LIMIT a gap is filled as far as it shows: the second of these would else be refused
    ("SELECT time_bucket_gapfill(ts, '1ms') AS b, id FROM days GROUP BY b, id ORDER BY b, id LIMIT 2 OFFSET 1", "2024-08-01_12:00:00.001 1; 2024-08-01_12:00:00.002 1"),
    ("SELECT count(*) FROM (SELECT time_bucket_gapfill(ts, '1d') AS b FROM days GROUP BY b LIMIT 100)", "32"),
    ("SELECT time_bucket_gapfill(ts, '1us') AS b FROM days GROUP BY b LIMIT 1", "2024-08-01_12:00:00.000"),
    ("SELECT time_bucket_gapfill(ts, '1d') AS b, max(t) FROM days GROUP BY b ORDER BY 2 DESC, b LIMIT 1", "2024-09-01_00:00:00.000 25.6"),
    ("SELECT time_bucket_gapfill(ts, '1d') AS b FROM days GROUP BY b ORDER BY b DESC LIMIT 1", "2024-09-01_00:00:00.000"),
    ("SELECT time_bucket_gapfill(ts, '1d') AS b, max(v) FROM g GROUP BY b UNION ALL SELECT time_bucket_gapfill(ts, '1mon') AS b, max(t) FROM days GROUP BY b", "2024-05-01_00:00:00.000 26; 2024-08-01_00:00:00.000 25.3; 2024-09-01_00:00:00.000 25.6"),
]  # fmt: skip


@pytest.mark.parametrize("sql, expected", CASES, ids=[sql for sql, _ in CASES])
def test_rows(bench: Bench, sql: str, expected: str) -> None:
    found, wanted = both(run(bench, WORLD, sql), expected, ordered="ORDER BY" in sql)
    assert found == wanted


def test_buckets_are_cut_on_the_clock_of_the_request(bench: Bench) -> None:
    rows = run(
        bench,
        WORLD,
        "SELECT time_bucket_gapfill(ts, '1d') AS b FROM days GROUP BY b ORDER BY b LIMIT 2",
        "Asia/Shanghai",
    )
    assert rows == [("2024-07-31 16:00:00.000",), ("2024-08-01 16:00:00.000",)]


@pytest.mark.parametrize(
    "sql, sqlstate, text",
    [
        ("SELECT time_bucket_gapfill(ts, '10s') FROM g", "0A000", "time_bucket_gapfill should be use with group by time_bucket_gapfill"),
        ("SELECT avg(v) FROM g WHERE time_bucket_gapfill(ts, '10s') > now()", "0A000", "time_bucket_gapfill should be use with group by time_bucket_gapfill"),
        ("SELECT interpolate(avg(v), PREV) FROM g", "0A000", "interpolate should be used with time_bucket_gapfill"),
        ("SELECT time_bucket(ts, '10s') AS bk, interpolate(avg(v), PREV) FROM g GROUP BY bk", "0A000", "interpolate should be used with time_bucket_gapfill"),
        ("SELECT time_bucket_gapfill(ts, '10s'), interpolate(avg(v), NULL) FROM g ORDER BY time_bucket_gapfill(ts, '10s')", "0A000", "interpolate should be used with group by time_bucket_gapfill"),
        ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(count(*), PREV) FROM g GROUP BY bk", "01000", "count_rows as a parameter of the interpolate function, only supports columns as its parameters"),
        ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(v, PREV) FROM g GROUP BY bk", "01000", "the first parameter of interpolate must be agg func"),
        ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(max(w), PREV) FROM g GROUP BY bk", "01000", "The type of the first parameter of interpolate must be of IntFamily, FloatFamily or DecimalFamily"),
        ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(max(ts), PREV) FROM g GROUP BY bk", "01000", "The type of the first parameter of interpolate must be of IntFamily, FloatFamily or DecimalFamily"),
        ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(avg(v)) FROM g GROUP BY bk", "42601", 'at or near ")": syntax error'),
        ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(avg(v), v) FROM g GROUP BY bk", "XXUUU", "Second argument type must be int, float or string"),
        ("SELECT time_bucket_gapfill(ts, '10s') AS bk, interpolate(avg(v), 'prew') FROM g GROUP BY bk", "XXUUU", "Interpolate/imputation method not supported, please check spelling"),
        ("SELECT time_bucket_gapfill(ts, '0s') AS bk, avg(v) FROM g GROUP BY bk", "22023", "time_bucket_gapfill(): second arg should be a positive interval"),
        ("SELECT time_bucket_gapfill(ts, '-5s') AS bk, avg(v) FROM g GROUP BY bk", "22023", "time_bucket_gapfill(): second arg should be a positive interval"),
        ("SELECT time_bucket_gapfill(ts, '5min1s') AS bk FROM g GROUP BY bk", "22023", "time_bucket_gapfill(): invalid input interval time"),
        ("SELECT time_bucket_gapfill(ts, '5.5s') AS bk FROM g GROUP BY bk", "22023", "time_bucket_gapfill(): invalid input interval time"),
        ("SELECT time_bucket_gapfill(ts, '10') AS bk FROM g GROUP BY bk", "22023", "time_bucket_gapfill(): wrong interval time unit"),
        ("SELECT time_bucket_gapfill(ts, NULL) AS bk FROM g GROUP BY bk", "22023", "time_bucket_gapfill(): second arg is error"),
        ("SELECT time_bucket_gapfill(ts, '10mintute') AS bk FROM g GROUP BY bk", "22007", 'time_bucket_gapfill(): could not parse "10mintute" as type interval: interval: unknown unit "mintute" in duration "10mintute"'),
        ("SELECT time_bucket_gapfill(ts, '') AS bk FROM g GROUP BY bk", "22007", 'time_bucket_gapfill(): could not parse "" as type interval'),
        ("SELECT time_bucket(ts, '1h30m') FROM g", "22023", "invalid input interval time."),
        ("SELECT time_bucket_gapfill(ts, 0) AS bk, avg(v) FROM g GROUP BY bk", "22023", "time_bucket_gapfill(): second arg should be a positive interval"),
        ("SELECT time_bucket_gapfill(ts, 1.5) AS bk, avg(v) FROM g GROUP BY bk", "42883", "unknown signature: time_bucket_gapfill_internal(TIMESTAMPTZ(3), DECIMAL)"),
        ("SELECT time_bucket_gapfill(ts, 'abc') AS bk, avg(v) FROM g GROUP BY bk", "22007", 'time_bucket_gapfill(): could not parse "abc" as type interval: interval: missing unit at position 0: "abc"'),
        ("SELECT time_bucket_gapfill(ts) AS bk, avg(v) FROM g GROUP BY bk", "42883", "unknown signature: time_bucket_gapfill_internal(TIMESTAMPTZ(3))"),
        ("SELECT time_bucket_gapfill(i, '10s') AS bk, avg(v) FROM g GROUP BY bk", "42883", "unknown signature: time_bucket_gapfill_internal(INT4, STRING)"),
        ("SELECT time_bucket_gapfill('2024-01-01', '10s') AS bk, avg(v) FROM g GROUP BY bk", "42883", "unknown signature: time_bucket_gapfill_internal(STRING, STRING)"),
        ("SELECT time_bucket_gapfill(ts, '10s') AS a, time_bucket_gapfill(ts, '20s') AS b2 FROM g GROUP BY a, b2", "01000", "time_bucket_gapfill can only be used once in the select list"),
        ("SELECT max(time_bucket_gapfill(ts, '10s')) FROM g", "42803", "max(): time_bucket_gapfill_internal(): aggregate function calls cannot be nested"),
        # a bound on what one gap may hold
        ("SELECT time_bucket_gapfill(ts, '1us') AS b FROM days GROUP BY b", "54000", "time_bucket_gapfill fills at most 100000000 buckets between two"),
    ],
)  # fmt: skip
def test_errors(bench: Bench, sql: str, sqlstate: str, text: str) -> None:
    with pytest.raises(KwrestError) as failure:
        run(bench, WORLD, sql)
    assert (failure.value.sqlstate, failure.value.message) == (sqlstate, text)
