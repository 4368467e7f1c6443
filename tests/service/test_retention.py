"""Retentions with the clock moved: what goes and when, what stays, what others see meanwhile, and a kill in the middle."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kwrest.errors import Busy, SqlError
from kwrest.service.clock import Clock, Job
from kwrest.service.retention import Retention
from tests.service.plant import Plant

DAY = 86_400
TABLE = "CREATE TABLE {} (ts TIMESTAMP{} NOT NULL, n INT8) TAGS (id INT NOT NULL, site VARCHAR(8)) PRIMARY TAGS (id) {}"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    plant = Plant(tmp_path_factory.mktemp("retention"))
    yield plant
    plant.stop()


def at(day: float, second: float = 0) -> str:
    """A time so long after 1970, as SQL writes it."""
    moment = datetime(1970, 1, 1) + timedelta(days=day, seconds=second)
    return f"'{moment.isoformat(sep=' ', timespec='milliseconds')}'"


def retention(plant: Plant, day: float, second: float = 0) -> Retention:
    """Retention on a day after 1970."""
    return Retention(plant.server.catalog, plant.server.engine, lambda: day * DAY + second)


def days(plant: Plant, table: str, inside: str = "iot") -> list[int]:
    """The days after 1970 of the points that are there, `n` of each row."""
    return [n for (n,) in plant.query(f"SELECT n FROM {table} ORDER BY ts", inside)]


DAYS = [-11, -1, 0, 5, 9, 10, 19, 20, 25]


@pytest.mark.parametrize("options, now, dropped, left", [
    # partitions of 10 days begin at …, -20, -10, 0, 10, 20
    ("", (1000, 0), 0, DAYS),
    ("RETENTIONS 0s", (1000, 0), 0, DAYS),
    ("RETENTIONS 5d", (14, DAY - 1), 2, [0, 5, 9, 10, 19, 20, 25]),  # of 0 … 10 not all is older than 5 days yet
    ("RETENTIONS 5d", (15, 0), 3, [10, 19, 20, 25]),  # now it is
    ("RETENTIONS 5d", (15, 1), 3, [10, 19, 20, 25]),
    ("RETENTIONS 1m", (29, 0), 4, [20, 25]),  # long expired, and visible: their partition lives
    ("RETENTIONS 1m", (30, 60), 5, []),
    ("RETENTIONS 1d PARTITION INTERVAL 1d", (21, 0), 7, [20, 25]),
    ("RETENTIONS 1d PARTITION INTERVAL 1w", (21, DAY), 5, [25]),  # …, 0, 7, 14, 21
    ("RETENTIONS 1y PARTITION INTERVAL 1w", (21, DAY), 0, DAYS),
])  # fmt: skip
@pytest.mark.parametrize("precision", ["", "(9)"])
def test_a_partition_goes_once_all_of_it_has_expired(
    shared: Plant, options: str, now: tuple[float, float], dropped: int, left: list[int], precision: str
) -> None:
    known = [n for n in DAYS if n >= 0 or not precision]  # nanoseconds begin in 1970
    shared.ddl("DROP TABLE IF EXISTS t; " + TABLE.format("t", precision, options))
    shared.insert("INSERT INTO t VALUES " + ", ".join(f"({at(n)}, {n}, {n % 3}, 'x')" for n in known))
    found = retention(shared, *now).run()
    assert days(shared, "t") == [n for n in left if n in known]
    assert precision or found == dropped
    assert retention(shared, *now).run() == 0


def test_the_database_says_what_the_table_does_not(plant: Plant) -> None:
    own = {
        "own": "RETENTIONS 100d PARTITION INTERVAL 1d",
        "never": "RETENTIONS 0s",
        "part": "PARTITION INTERVAL 5d",
        "bare": "",
    }
    plant.ddl("CREATE TS DATABASE d RETENTIONS 5d PARTITION INTERVAL 20d")
    for name, options in own.items():
        plant.ddl(TABLE.format(name, "", options), "d")
        plant.insert(f"INSERT INTO {name} VALUES ({at(1)}, 1, 1, 'x'), ({at(6)}, 6, 1, 'x')", "d")
    retention(plant, 12).run()
    assert {name: days(plant, name, "d") for name in own} == {
        "own": [1, 6],
        "never": [1, 6],
        "part": [6],
        "bare": [1, 6],
    }
    plant.ddl("ALTER TS DATABASE d SET PARTITION INTERVAL = 2d")
    retention(plant, 12).run()
    assert {name: days(plant, name, "d") for name in own} == {"own": [1, 6], "never": [1, 6], "part": [6], "bare": [6]}
    plant.ddl(
        "ALTER TABLE own SET RETENTIONS = 1d; ALTER TABLE bare SET RETENTIONS = 0s; ALTER TS DATABASE d SET RETENTIONS = 1d",
        "d",
    )
    retention(plant, 13).run()
    assert {name: days(plant, name, "d") for name in own} == {"own": [], "never": [1, 6], "part": [], "bare": [6]}


def test_devices_stay_and_last_values_and_marks_are_right(plant: Plant) -> None:
    plant.ddl(TABLE.format("t", "", "RETENTIONS 5d"))
    plant.insert(f"INSERT INTO t VALUES ({at(1)}, 1, 1, 'a'), ({at(2)}, 2, 2, 'b'), ({at(21)}, 21, 2, 'b')")
    assert retention(plant, 20).run() == 1
    for _ in range(2):
        assert plant.query("SHOW TAG VALUES FROM t") == [[1, "a"], [2, "b"]]
        assert plant.query("SELECT last(n), id FROM t GROUP BY id") == [[21, 2]]
        plant.restart()
    # a point where one has gone, one that repeats a stored one, and the first one of a device that has none left
    plant.lines("t,id=1,site=zz n=5i 864000000000000\nt,id=2 n=22i 1814400000000000\nt,id=2 n=3i 172800000000000")
    assert plant.query("SELECT last(n), id, site FROM t GROUP BY id, site ORDER BY id") == [[5, 1, "a"], [22, 2, "b"]]
    assert plant.query("SELECT count(*) FROM t") == [[3]]


def test_show_ts_partitions(plant: Plant) -> None:
    plant.ddl(
        TABLE.format("t", "", "PARTITION INTERVAL 1w")
        + ";"
        + TABLE.format("u", "(9)", "")
        + ";"
        + TABLE.format("v", "", "")
    )
    plant.insert(
        f"INSERT INTO t VALUES ({at(-1)}, 1, 1, 'a'), ({at(0)}, 1, 1, 'a'), ({at(6, DAY - 0.001)}, 1, 1, 'a'), ({at(7)}, 1, 2, 'b')"
    )
    plant.insert(f"INSERT INTO u VALUES ({at(19)}, 1, 1, 'a')")
    node = [1, "{1}"]
    t = [
        [-1, "1969-12-25 00:00:00+00:00", "1970-01-01 00:00:00+00:00", "iot", "t", *node, 1, "running"],
        [0, "1970-01-01 00:00:00+00:00", "1970-01-08 00:00:00+00:00", "iot", "t", *node, 2, "running"],
        [1, "1970-01-08 00:00:00+00:00", "1970-01-15 00:00:00+00:00", "iot", "t", *node, 1, "running"],
    ]
    u = [[1, "1970-01-11 00:00:00+00:00", "1970-01-21 00:00:00+00:00", "iot", "u", *node, 1, "running"]]
    assert plant.query("SHOW TS PARTITIONS") == [*t, *u]
    assert plant.query("SHOW TS PARTITIONS FROM DATABASE iot", "defaultdb") == [*t, *u]
    assert plant.query("SHOW TS PARTITIONS FROM TABLE iot.t", "defaultdb") == t
    assert plant.query("SHOW TS PARTITIONS FROM TABLE v") == []
    assert plant.query("SHOW TS PARTITIONS FROM DATABASE postgres") == []
    assert plant.query("SELECT size, table_name FROM [SHOW TS PARTITIONS] WHERE size > 1") == [[2, "t"]]
    plant.ddl("ALTER TABLE t SET PARTITION INTERVAL = 2w")
    assert [row[::7] for row in plant.query("SHOW TS PARTITIONS FROM TABLE t")] == [[-1, 1], [0, 3]]
    for wrong, text in (
        ("TABLE nosuch", "does not exist"),
        ("DATABASE nosuch", "does not exist"),
        ("TABLE defaultdb.plain", "timeseries"),
    ):
        with pytest.raises(SqlError, match=text):
            plant.query(f"SHOW TS PARTITIONS FROM {wrong}")


def test_relational_tables_and_views_are_left_alone(plant: Plant) -> None:
    plant.ddl("ALTER TS DATABASE defaultdb SET RETENTIONS = 1s; CREATE TABLE r (ts TIMESTAMP, n INT)", "defaultdb")
    plant.insert("INSERT INTO r VALUES ('1970-01-01 00:00:00', 1)", "defaultdb")
    plant.ddl(TABLE.format("t", "", "") + "; CREATE VIEW v AS SELECT n FROM t", "defaultdb")
    plant.insert("INSERT INTO t VALUES ('1970-01-01 00:00:00', 1, 1, 'x')", "defaultdb")
    assert retention(plant, 1000).run() == 1
    assert (days(plant, "r", "defaultdb"), plant.query("SELECT * FROM v", "defaultdb")) == ([1], [])


def test_what_is_dropped_is_logged(plant: Plant, caplog: pytest.LogCaptureFixture) -> None:
    plant.ddl(TABLE.format("t", "", "RETENTIONS 5d"))
    plant.insert(f"INSERT INTO t VALUES ({at(1)}, 1, 1, 'a'), ({at(2)}, 2, 1, 'a')")
    with caplog.at_level(logging.INFO, "kwrest.service.retention"):
        retention(plant, 20).run()
    assert [record.getMessage() for record in caplog.records] == [
        "retention: 2 points of iot.public.t from before 1970-01-11 00:00:00+00:00 are dropped"
    ]


def test_a_closed_one_drops_nothing_more(plant: Plant) -> None:
    plant.ddl(TABLE.format("t", "", "RETENTIONS 5d"))
    plant.insert(f"INSERT INTO t VALUES ({at(1)}, 1, 1, 'a')")
    closed = retention(plant, 20)
    closed.close()
    assert closed.run() == 0 and days(plant, "t") == [1]


def test_the_clock_looks_soon_after_the_start_and_then_in_its_period() -> None:
    looks = threading.Semaphore(0)
    clock = Clock((Job(3600, looks.release, first=0.01),))
    assert looks.acquire(timeout=10)
    clock.close()
    clock = Clock((Job(0.01, looks.release),))
    assert looks.acquire(timeout=10) and looks.acquire(timeout=10)
    clock.close()


EACH = 2000  # points of a partition


def fill(plant: Plant, partitions: int) -> None:
    plant.ddl(TABLE.format("t", "", "RETENTIONS 1d PARTITION INTERVAL 1d"))
    for partition in range(partitions):
        body = "\n".join(f"t,id={n % 7} n={partition}i {(partition * DAY + n) * 10**9}" for n in range(EACH))
        assert plant.lines(body) == EACH


def test_readers_see_partitions_whole_and_writers_lose_nothing(plant: Plant) -> None:
    partitions = 12
    fill(plant, partitions)
    stop, problems = threading.Event(), list[Any]()
    written = 0

    def read() -> None:
        while not stop.is_set():
            for n, points in plant.query("SELECT n, count(*) FROM t WHERE id < 7 GROUP BY n"):
                assert points == EACH, (n, points)

    def write() -> None:
        nonlocal written
        while not stop.is_set():
            at_ = (partitions + 5) * DAY + written
            try:
                plant.insert(f"INSERT INTO t VALUES ({at(0, at_)}, {partitions}, 7, 'w')")
            except Busy:
                continue
            written += 1

    def watched(work: Any) -> None:
        try:
            work()
        except BaseException as problem:
            problems.append(problem)
            stop.set()

    threads = [threading.Thread(target=watched, args=(work,)) for work in (read, write)]
    for thread in threads:
        thread.start()
    dropped = [retention(plant, day + 2).run() for day in range(partitions - 1)]
    stop.set()
    for thread in threads:
        thread.join()
    assert not problems and dropped == [1] * (partitions - 1)
    assert plant.query("SELECT n, count(*) FROM t WHERE id < 7 GROUP BY n") == [[partitions - 1, EACH]]
    assert written and plant.query("SELECT count(*) FROM t WHERE id = 7") == [[written]]


DROPPER = """
import logging, sys
from pathlib import Path
from kwrest.catalog.schema import Catalog
from kwrest.engines import open_engine
from kwrest.service.retention import Retention
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
engine = open_engine("duckdb:", Path({data!r}))
Retention(Catalog(engine), engine, lambda: 1000 * 86400).run()
print("all gone", flush=True)
"""


@pytest.mark.parametrize("kill_after", [1, 5])
def test_a_kill_in_the_middle_leaves_partitions_whole(tmp_path: Path, kill_after: int) -> None:
    plant = Plant(tmp_path)
    partitions = 9
    fill(plant, partitions)
    plant.stop()
    process = subprocess.Popen(
        [sys.executable, "-c", DROPPER.format(data=str(tmp_path))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = 0
    for line in process.stdout:
        told += line.startswith("retention:")
        if told == kill_after:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    plant.start()
    try:
        left = plant.query("SELECT n, count(*) FROM t GROUP BY n ORDER BY n")
        # What was told to be gone is gone; one more may be, whose line did not reach us. Each is whole or not there.
        assert [points for _, points in left] == [EACH] * len(left)
        assert [n for n, _ in left] == list(range(partitions - len(left), partitions))
        assert partitions - len(left) >= told
        assert len(plant.query("SHOW TAG VALUES FROM t")) == 7
        assert retention(plant, 1000).run() == len(left)
    finally:
        plant.stop()
