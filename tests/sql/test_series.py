"""twa, elapsed, diff and group windows, run (facts 3.1, 3.3). Rows and errors of the first three as KWDB recorded them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwrest.errors import KwrestError
from kwrest.model import Table
from kwrest.sql.bind.expressions import SERIES_FORMS
from kwrest.sql.functions import FORMS
from tests.engines.parts import Bench, Row
from tests.sql.running import at, both, filled_bench, run
from tests.sql.world import SHOP, make_world, relation, series

P = series(
    "p", "ts TIMESTAMPTZ(3) NOT NULL, a INT4, b FLOAT8, c VARCHAR(4), t2 TIMESTAMPTZ(3)", "dev INT4 PRIMARY, k INT4"
)
DAY = "2024-05-01T"
P_ROWS: list[Row] = [
    (at(f"{DAY}00:00:00"), 10, 1.5, "a", at("2024-01-01T00:00:00"), 1, 5),
    (at(f"{DAY}00:00:10"), 20, None, "b", at("2024-01-02T00:00:00"), 1, 5),
    (at(f"{DAY}00:00:40"), None, 4.5, "c", None, 1, 5),
    (at(f"{DAY}00:01:00"), 5, 3.0, "d", at("2024-01-05T00:00:00"), 1, 5),
    (at(f"{DAY}00:00:05"), 7, 7.0, "e", at("2024-01-01T00:00:00"), 2, 6),
    (at(f"{DAY}00:02:05"), 9, 11.0, "f", at("2024-01-01T00:00:00"), 2, 6),
    (at(f"{DAY}12:00:00"), 1, 1.0, "g", None, 3, None),
]
TWICE = series("twice", "ts TIMESTAMPTZ(3) NOT NULL, a INT4", "dev INT4 PRIMARY")
TWICE_ROWS: list[Row] = [(at(f"{DAY}00:00:05"), 7, 2), (at(f"{DAY}00:00:05"), 70, 9), (at(f"{DAY}00:00:06"), None, 9)]
# facts 3.3: six vehicles
V = series("v", "ts TIMESTAMPTZ(3) NOT NULL, speed INT4, lane INT4, f FLOAT8", "road INT4 PRIMARY")
V_ROWS: list[Row] = [
    (at(f"{DAY}12:{minute}:00"), speed, lane, None, 1)
    for minute, speed, lane in (
        ("01", 35, 1),
        ("02", 30, 1),
        ("09", 35, 2),
        ("11", 40, 3),
        ("12", 25, 2),
        ("21", 35, 1),
    )
]
NINE = series("nine", "ts TIMESTAMPTZ(9) NOT NULL, x FLOAT8, s VARCHAR(4)", "id INT4 PRIMARY")
NINE_ROWS: list[Row] = [
    (at(f"{DAY}00:00:00") + 1, 0.0, "on", 1),
    (at(f"{DAY}00:00:00") + 2, 8.0, "on", 1),
    (at(f"{DAY}00:00:00") + 5, None, None, 1),
    (at(f"{DAY}00:00:01"), 4.0, None, 1),
    (at(f"{DAY}00:00:03"), 4.0, "on", 2),
]
R = relation("r", "t TIMESTAMP, a INT4", SHOP)
ROWS: tuple[tuple[Table, list[Row]], ...] = ((P, P_ROWS), (TWICE, TWICE_ROWS), (V, V_ROWS), (NINE, NINE_ROWS), (R, []))
WORLD = make_world(*(table for table, _ in ROWS))
D = "2024-05-01_"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = filled_bench(Path(tmp_path_factory.mktemp("series")), ROWS)
    yield bench
    bench.engine.close()


CASES = [
    ("SELECT twa(ts, a), twa(ts, b) FROM p", "5.0130787037037035 6.00005787037037"),
    ("SELECT time_bucket(ts, '30s') AS bk, twa(ts, b) FROM p WHERE dev = 1 GROUP BY bk ORDER BY bk", f"{D}00:00:00.000 1.5; {D}00:00:30.000 4.5; {D}00:01:00.000 3"),
    ("SELECT twa(ts, 5), twa(ts, k) FROM p WHERE dev = 1", "5 5"),
    ("SELECT k, twa(ts, a) FROM p GROUP BY k ORDER BY k", "NULL 1; 5 12.916666666666666; 6 8"),
    ("SELECT elapsed(ts, '1s'), elapsed(ts, '1m'), elapsed(ts, '1h'), elapsed(ts, '1d') FROM p", "43200 720 12 0.5"),
    ("SELECT elapsed(ts, '1ns'), elapsed(ts, '1us'), elapsed(ts), elapsed(ts, '1ms') FROM p WHERE dev = 1", "60000000000 60000000 60000 60000"),
    ("SELECT elapsed(ts) FROM p WHERE dev = 99", "NULL"),
    ("SELECT diff(a) OVER (PARTITION BY dev ORDER BY ts) FROM p", "10; NULL; -15; 2"),
    ("SELECT diff(a) OVER (PARTITION BY dev ORDER BY ts DESC) FROM p", "10; NULL; -15; 2"),
    ("SELECT diff(a + 1) OVER (PARTITION BY k) FROM p", "10; NULL; -15; 2"),
    ("SELECT ts, a, diff(a) OVER (PARTITION BY dev ORDER BY ts) AS d FROM p WHERE dev = 1 ORDER BY ts", f"{D}00:00:10.000 20 10; {D}00:00:40.000 NULL NULL; {D}00:01:00.000 5 -15"),
    ("SELECT diff(a) OVER (PARTITION BY dev ORDER BY ts), diff(b) OVER (PARTITION BY dev ORDER BY ts) FROM p", "10 NULL; NULL 3; -15 -1.5; 2 4"),
    ("SELECT dev, max(d) FROM (SELECT dev, diff(a) OVER (PARTITION BY dev ORDER BY ts) AS d FROM p) GROUP BY dev ORDER BY dev", "1 10; 2 2"),
    ("SELECT time_bucket(ts, '1m') AS bk, round(diff(avg(a)) OVER (ORDER BY time_bucket(ts, '1m')), 3) AS d FROM p GROUP BY bk ORDER BY bk", f"{D}00:01:00.000 -7.333; {D}00:02:00.000 4; {D}12:00:00.000 -8"),
    # not recorded: around, between and within one another
    ("SELECT twa(ts, x), elapsed(ts, '1ns') FROM nine WHERE ts < '2024-05-01 00:00:00.001'", "4 4"),
    ("SELECT twa(ts, a) + 1, max(a), count(*) FROM p WHERE dev = 2 HAVING twa(ts, a) > 7", "9 9 2"),
    ("SELECT dev, twa(ts, a) AS w FROM twice GROUP BY dev ORDER BY w DESC", "9 70; 2 7"),
    ("SELECT time_bucket_gapfill(ts, '1m') AS m, interpolate(twa(ts, b), LINEAR) FROM p WHERE dev = 2 GROUP BY m ORDER BY m", f"{D}00:00:00.000 7; {D}00:01:00.000 9; {D}00:02:00.000 11"),
    ("SELECT d FROM (SELECT diff(b) OVER (PARTITION BY dev) AS d FROM p ORDER BY dev, ts LIMIT 3) WHERE d > 2 ORDER BY d", "3"),
    ("SELECT DISTINCT diff(speed) OVER (ORDER BY ts) FROM v ORDER BY 1 DESC LIMIT 2 OFFSET 1", "5; -5"),
    # facts 3.3
    ("SELECT count(*), round(avg(speed), 2) FROM v GROUP BY count_window(3)", "3 33.33; 3 33.33"),
    ("SELECT count(*), min(speed) FROM v GROUP BY count_window(3, 2)", "3 30; 3 25; 2 25"),
    ("SELECT count(*) FROM v GROUP BY event_window(speed < 40, lane = 2)", "3; 1; 1"),
    ("SELECT count(*) FROM v GROUP BY session_window(ts, '5m')", "2; 3; 1"),
    ("SELECT count(*) FROM v GROUP BY session_window(ts, '2m')", "2; 3; 1"),
    ("SELECT count(*), max(lane) FROM v GROUP BY state_window(lane) ORDER BY min(ts)", "2 1; 1 2; 1 3; 1 2; 1 1"),
    ("SELECT count(*), first(ts), last(ts) FROM v GROUP BY time_window(ts, '10m') ORDER BY first(ts)", f"3 {D}12:00:00.000 {D}12:10:00.000; 2 {D}12:10:00.000 {D}12:20:00.000; 1 {D}12:20:00.000 {D}12:30:00.000"),
    ("SELECT count(*), first(ts) FROM v GROUP BY time_window(ts, '10m', '5m') ORDER BY 2", f"2 {D}11:55:00.000; 3 {D}12:00:00.000; 3 {D}12:05:00.000; 2 {D}12:10:00.000; 1 {D}12:15:00.000; 1 {D}12:20:00.000"),
    # not in the facts: other keys, conditions, states without a value, windows that nothing is in
    ("SELECT dev, count(*) FROM p GROUP BY dev, count_window(3) ORDER BY dev, 2", "1 1; 1 3; 2 2; 3 1"),
    ("SELECT dev, count(*) AS n FROM p WHERE a > 5 GROUP BY dev, session_window(ts, '1m') HAVING count(*) < 2 ORDER BY dev", "2 1; 2 1"),
    ("SELECT count(*), sum(speed) FROM v GROUP BY state_window(CASE WHEN speed > 30 THEN 'fast' ELSE 'slow' END)", "1 25; 1 30; 1 35; 1 35; 2 75"),
    ("SELECT count(*) FROM nine GROUP BY state_window(s)", "1; 2; 2"),
    ("SELECT count(*) FROM v GROUP BY event_window(lane = 3, lane = 9)", "3"),
    ("SELECT count(*) FROM v GROUP BY event_window(lane = 9, lane = 2)", ""),
    ("SELECT twa(ts, speed) FROM v GROUP BY count_window(2) ORDER BY 1", "30; 32.5; 37.5"),
    ("SELECT sum(n) FROM (SELECT count(*) AS n FROM v GROUP BY session_window(ts, '5m'))", "6"),
    ("SELECT count(*), first(ts) FROM nine GROUP BY time_window(ts, '2s')", f"1 {D}00:00:02.000; 4 {D}00:00:00.000"),
    ("SELECT count(*), last(ts) FROM v GROUP BY time_window(ts, '1mon')", "6 2024-06-01_00:00:00.000"),
]  # fmt: skip


@pytest.mark.parametrize("sql, expected", CASES)
def test_rows(bench: Bench, sql: str, expected: str) -> None:
    found, wanted = both(run(bench, WORLD, sql), expected, ordered="ORDER BY" in sql.rpartition("FROM")[2])
    assert found == wanted


def test_windows_come_in_the_order_of_time_and_are_cut_on_the_clock_of_the_request(bench: Bench) -> None:
    sql = "SELECT first(ts), count(*) FROM v GROUP BY time_window(ts, '1d')"
    assert run(bench, WORLD, sql, "Asia/Shanghai") == [("2024-04-30 16:00:00.000", "6")]
    assert run(bench, WORLD, "SELECT lane FROM (SELECT max(lane) AS lane FROM v GROUP BY count_window(2))") == [
        ("1",), ("3",), ("2",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sql, sqlstate, text",
    [
        ("SELECT twa(t2, a) FROM p", "42804", "first parameter should be primary timestamp in twa function"),
        ("SELECT twa(ts) FROM p", "42883", "invalid parameter number in twa function"),
        ("SELECT twa(ts, NULL) FROM p", "42725", "ambiguous call: twa(TIMESTAMPTZ(3), UNKNOWN), candidates are:\ntwa(timestamptz, int) -> float\ntwa(timestamptz, float) -> float\n"),
        ("SELECT twa(ts, c) FROM p", "42883", "unknown signature: twa(TIMESTAMPTZ(3), VARCHAR(4))"),
        ("SELECT twa(ts, a) FROM twice", "22023", "duplicate timestamps not allowed in twa function"),
        ("SELECT twa(t, a) FROM shop.r", "0A000", "twa function can only be used in time series table"),
        ("SELECT a FROM p WHERE twa(ts, a) > 1", "42803", "aggregate functions are not allowed in WHERE"),
        ("SELECT elapsed(ts, '10s') FROM p", "22023", "invalid time unit in elapsed function"),
        ("SELECT elapsed(ts, 'abc') FROM p", "42883", "unknown signature: elapsed(TIMESTAMPTZ(3), STRING)"),
        ("SELECT elapsed(a) FROM p", "42804", "first parameter should be primary timestamp in elapsed function"),
        ("SELECT diff(a) FROM p", "42601", "window function diff() requires an OVER clause"),
        ("SELECT diff(c) OVER (ORDER BY ts) FROM p", "42883", "unknown signature: diff(VARCHAR(4))"),
        ("SELECT a FROM p WHERE diff(a) OVER () > 1", "42803", "window functions are not allowed in WHERE"),
        ("SELECT rank() OVER (ORDER BY a) FROM p", "0A000", "window functions are not supported in tstable and stable"),
        ("SELECT time_window(ts, '10m') FROM v", "0A000", "time_window() can be only used in groupby"),
        ("SELECT count(*) FROM (SELECT * FROM v) GROUP BY count_window(3)", "0A000", "group window function is only supported for use in single time series table query."),
        ("SELECT count(*) FROM v GROUP BY count_window(0)", "22023", "count_window(): invalid count value"),
        ("SELECT count(*) FROM v GROUP BY count_window(2, 3)", "22023", "count_window(): invalid sliding value"),
        ("SELECT count(*) FROM v GROUP BY session_window(ts, '-3days')", "22023", "session_window(): invalid input interval time (-3days) for session_window."),
        ("SELECT count(*) FROM v GROUP BY time_window(ts, '10m', '20m')", "22023", "sliding time value no larger than the duration value."),
        ("SELECT count(*) FROM v GROUP BY time_window(ts, '5ms')", "22023", "duration time must exceed 10ms."),
        ("SELECT count(*) FROM v GROUP BY road + 1, count_window(2)", "0A000", "groupby cols support only single col and group window function"),
        ("SELECT count(*) FROM v GROUP BY count_window(2), count_window(3)", "0A000", "groupby cols support only single col and group window function"),
        ("SELECT count(*) FROM v GROUP BY state_window(f)", "0A000", "state_window(): if arg is column, type should be int/bool/char/varchar."),
        # a row in more windows than are of use
        ("SELECT count(*) FROM v GROUP BY time_window(ts, '100d', '1s')", "54000", "time_window makes at most 10000 windows of a row"),
        ("SELECT count(*) FROM v GROUP BY count_window(1000000, 1)", "54000", "count_window makes at most 10000 windows of a row"),
    ],
)  # fmt: skip
def test_errors(bench: Bench, sql: str, sqlstate: str, text: str) -> None:
    with pytest.raises(KwrestError) as failure:
        run(bench, WORLD, sql)
    assert (failure.value.sqlstate, failure.value.message) == (sqlstate, text)


def test_every_form_is_bound() -> None:
    assert set(SERIES_FORMS) == set(FORMS)
