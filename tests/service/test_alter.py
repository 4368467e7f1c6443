"""ALTER with rows in the tables: what queries find afterwards, what SHOW CREATE says, what writers beside it lose (nothing)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from kwrest.errors import Busy
from tests.service.plant import Plant

DONE = ["success"]


@dataclass
class Remembering:
    """A plant of many tests. seen: what each query must still give after a restart."""

    plant: Plant
    seen: dict[str, list[list[Any]]] = field(default_factory=dict)

    def new_table(self) -> str:
        return f"t{next(_numbers)}"

    def see(self, query: str, expected: list[list[Any]]) -> None:
        assert self.plant.query(query) == expected
        self.seen[query] = expected


_numbers = count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remembering]:
    plant = Plant(tmp_path_factory.mktemp("shared"))
    yield Remembering(plant)
    plant.stop()


BIG = 9223372036854775807


@pytest.mark.parametrize("old, written, new, found", [
    ("INT2", ["-32768", "7", "NULL"], "INT4", [-32768, 7, None]),
    ("INT2", ["-32768", "7", "NULL"], "INT8", [-32768, 7, None]),
    ("INT2", ["-32768", "7", "NULL"], "VARCHAR(6)", ["-32768", "7", None]),
    ("INT4", ["-2147483648", "7", "NULL"], "INT8", [-2147483648, 7, None]),
    ("INT4", ["-2147483648", "7", "NULL"], "VARCHAR(11)", ["-2147483648", "7", None]),
    ("INT8", [str(BIG), "-7", "NULL"], "VARCHAR(20)", [str(BIG), "-7", None]),
    ("FLOAT4", ["1.5", "-0.25", "NULL"], "FLOAT8", [1.5, -0.25, None]),
    ("FLOAT4", ["1.5", "0.1", "-3", "NULL"], "VARCHAR(30)", ["1.5", "0.1", "-3", None]),
    # recorded: KWDB writes all 17 digits of a FLOAT8
    ("FLOAT8", ["1.23456789", "-0.25", "1e300", "12", "NULL"], "VARCHAR(30)",
     ["1.2345678899999999", "-0.25", "1.0000000000000001e+300", "12", None]),
    ("CHAR(4)", ["'abcd'", "''", "NULL"], "CHAR(9)", ["abcd", "", None]),
    ("VARCHAR(9)", ["'中文x'", "NULL"], "NVARCHAR(3)", ["中文x", None]),
    ("NCHAR(3)", ["'中文x'", "NULL"], "VARCHAR(12)", ["中文x", None]),
    ("NVARCHAR(3)", ["'中文x'", "NULL"], "CHAR(12)", ["中文x", None]),
    # a text that is no number of the type becomes NULL
    ("VARCHAR(40)", ["'32767'", "'-1'", "'32768'", "'1.5'", "'x'", "''", "'1e3'", "NULL"], "INT2",
     [32767, -1, None, None, None, None, None, None]),
    ("VARCHAR(40)", ["'2147483647'", "'2147483648'"], "INT4", [2147483647, None]),
    ("VARCHAR(40)", [f"'{BIG}'", "'9223372036854775808'"], "INT8", [BIG, None]),
    ("VARCHAR(40)", ["'1.5'", "'-2e3'", "'.5'", "'7.'", "'1e39'", "'1,5'", "'nan'", "'0x10'", "NULL"], "FLOAT4",
     [1.5, -2000.0, 0.5, 7.0, None, None, None, None, None]),
    ("VARCHAR(40)", ["'1.25'", "'1e308'", "'1e309'", "'1_0'"], "FLOAT8", [1.25, 1e308, None, None]),
    ("TIMESTAMP", ["'2024-01-01 00:00:00.123'", "NULL"], "TIMESTAMPTZ", ["2024-01-01T00:00:00.123Z", None]),
    ("TIMESTAMPTZ(9)", ["'2024-01-01 00:00:00.123456789'"], "TIMESTAMP(9)", ["2024-01-01T00:00:00.123456789Z"]),
])  # fmt: skip
def test_stored_values_become_the_new_type(
    shared: Remembering, old: str, written: list[str], new: str, found: list[Any]
) -> None:
    plant, t = shared.plant, shared.new_table()
    plant.ddl(
        f"CREATE TABLE {t} (ts TIMESTAMP NOT NULL, a INT, v {old}, z INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id)"
    )
    rows = ", ".join(f"({n}, {n}, {value}, -{n}, 1)" for n, value in enumerate(written, 1))
    plant.insert(f"INSERT INTO {t} VALUES {rows}")
    assert plant.ddl(f"ALTER TABLE {t} ALTER COLUMN v TYPE {new}") == DONE
    plant.insert(f"INSERT INTO {t} (ts, id) VALUES (1000, 1)")
    shared.see(f"SELECT a, v, z FROM {t} ORDER BY ts", [*([n, v, -n] for n, v in enumerate(found, 1)), [None] * 3])
    shown = f"{new}(3)" if new == "TIMESTAMPTZ" else new
    shared.see(f"SELECT data_type FROM [SHOW COLUMNS FROM {t}] WHERE column_name = 'v'", [[shown]])


@pytest.mark.parametrize("old, written, new, found", [
    ("INT4", ["7", "NULL"], "INT8", [7, None]),
    ("VARCHAR(8)", ["'north'", "NULL"], "VARCHAR(50)", ["north", None]),
    ("VARCHAR(8)", ["'12'", "'x'"], "INT2", [12, None]),
    ("FLOAT8", ["2.5", "NULL"], "VARCHAR", ["2.5", None]),
])  # fmt: skip
def test_stored_tags_become_the_new_type(
    shared: Remembering, old: str, written: list[str], new: str, found: list[Any]
) -> None:
    plant, t = shared.plant, shared.new_table()
    plant.ddl(
        f"CREATE TABLE {t} (ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL, site {old}, z INT) PRIMARY TAGS (id)"
    )
    for n, value in enumerate(written, 1):
        plant.insert(f"INSERT INTO {t} VALUES ({n}, {n}, {n}, {value}, -{n})")
    assert plant.ddl(f"ALTER TABLE {t} ALTER TAG site TYPE {new}") == DONE
    plant.lines(f"{t},id=1 v=5i 9000000000")
    expected = [[n, value, -n] for n, value in enumerate(found, 1)]
    shared.see(f"SELECT id, site, z FROM {t} WHERE ts < '1970-01-01 00:00:09' ORDER BY id", expected)
    shared.see(f"SHOW TAG VALUES FROM {t}", expected)
    shared.see(f"SELECT count(*) FROM {t} WHERE id = 1", [[2]])


SHOWN = (
    "CREATE TABLE %s (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\ta INT4 NULL,\n\tb FLOAT8 NULL\n) TAGS (\n\tid INT4 NOT NULL,\n"
    "\tsite VARCHAR(20) ) PRIMARY TAGS(id)\n\tretentions 0s"
)


@pytest.mark.parametrize("action, old, new", [
    ("ADD COLUMN c VARCHAR(8)", "b FLOAT8 NULL", "b FLOAT8 NULL,\n\tc VARCHAR(8) NULL"),
    ("ADD COLUMN c INT DEFAULT 5", "b FLOAT8 NULL", "b FLOAT8 NULL,\n\tc INT4 NULL DEFAULT 5"),
    ("ADD TAG color NCHAR(4)", "VARCHAR(20)", "VARCHAR(20),\n\tcolor NCHAR(4)"),
    ("DROP COLUMN a", "\n\ta INT4 NULL,", ""),
    ("DROP TAG site", ",\n\tsite VARCHAR(20)", ""),
    ("RENAME COLUMN a TO power", "a INT4", "power INT4"),
    ("RENAME COLUMN ts TO k_timestamp", "ts TIMESTAMPTZ", "k_timestamp TIMESTAMPTZ"),
    ("RENAME TAG site TO location", "site", "location"),
    ("ALTER COLUMN a TYPE INT8", "a INT4", "a INT8"),
    ("ALTER COLUMN a TYPE VARCHAR(11)", "a INT4", "a VARCHAR(11)"),
    ("ALTER site TYPE VARCHAR(50)", "VARCHAR(20)", "VARCHAR(50)"),
    ("ALTER COLUMN a SET DEFAULT 7", "a INT4 NULL", "a INT4 NULL DEFAULT 7"),
    ("SET RETENTIONS = 20d", "retentions 0s", "retentions 20d"),
    ("SET ACTIVETIME = 20d", "", ""),
    ("SET PARTITION INTERVAL = 2d", "", ""),
    ("RENAME TO boiler", "", ""),
])  # fmt: skip
def test_show_create_says_what_was_changed(shared: Remembering, action: str, old: str, new: str) -> None:
    plant, t = shared.plant, shared.new_table()
    plant.ddl(
        f"CREATE TABLE {t} (ts TIMESTAMP NOT NULL, a INT, b FLOAT8) TAGS (id INT NOT NULL, site VARCHAR(20)) PRIMARY TAGS (id)"
    )
    assert plant.query(f"SHOW CREATE TABLE {t}") == [[t, SHOWN % t]]
    assert plant.ddl(f"ALTER TABLE {t} {action}") == DONE
    t = "boiler" if "RENAME TO" in action else t
    shared.see(f"SHOW CREATE TABLE {t}", [[t, SHOWN.replace(old, new, 1) % t]])


def test_all_of_this_is_there_after_a_restart(shared: Remembering) -> None:
    assert len(shared.seen) > 50
    assert shared.plant.check() == []
    assert {query: shared.plant.query(query) for query in shared.seen} == shared.seen


@pytest.mark.parametrize("action, old, new", [
    ("ALTER TS DATABASE iot SET RETENTIONS = 10 day", "retentions 0s", "retentions 864000s"),
    ("ALTER TS DATABASE iot SET PARTITION INTERVAL = 2 day", "interval 10d", "interval 2d"),
    ("ALTER DATABASE iot RENAME TO plant", "DATABASE iot", "DATABASE plant"),
])  # fmt: skip
def test_show_create_database_says_what_was_changed(plant: Plant, action: str, old: str, new: str) -> None:
    shown = "CREATE TS DATABASE iot\n\t retentions 0s \n\t partition interval 10d "
    plant.lines("meters,location=a phase=1.5 1000000000")
    assert plant.ddl(action, "defaultdb") == DONE
    name = "plant" if "RENAME" in action else "iot"
    for _ in range(2):
        assert plant.query(f"SHOW CREATE DATABASE {name}", "defaultdb") == [[name, shown.replace(old, new)]]
        assert plant.query("SELECT phase FROM meters", name) == [[1.5]]
        plant.restart()


def test_a_tag_that_an_index_is_on_stays_as_long_as_the_index(plant: Plant) -> None:
    plant.ddl("CREATE TABLE t (ts TIMESTAMP NOT NULL, a INT) TAGS (id INT NOT NULL, c INT, d INT) PRIMARY TAGS (id)")
    plant.insert("INSERT INTO t VALUES (1, 1, 1, 2, 3)")
    assert plant.ddl("CREATE INDEX i ON t (c, d); CREATE INDEX IF NOT EXISTS i ON t (c)") == DONE * 2
    in_use = ['column "c" is referenced by existing index "i"']
    assert plant.ddl("ALTER TABLE t DROP TAG c") == plant.ddl("ALTER TABLE t ALTER TAG c TYPE INT8") == in_use
    assert (
        plant.ddl("ALTER TABLE t RENAME TAG c TO e; ALTER TABLE t ADD COLUMN b INT; ALTER TABLE t ALTER a TYPE INT8")
        == DONE * 3
    )
    indexed = "SELECT index_name, column_name, implicit FROM [SHOW INDEX FROM t]"
    assert plant.query(indexed) == [["primary", "ts", False], ["i", "e", False], ["i", "d", False], ["i", "ts", True]]
    assert plant.ddl("DROP INDEX t@i; ALTER TABLE t ALTER TAG e TYPE INT8; ALTER TABLE t DROP TAG d") == DONE * 3
    assert (plant.query(indexed), plant.query("SELECT e FROM t")) == ([["primary", "ts", False]], [[2]])


def test_a_default_is_for_rows_that_come(plant: Plant) -> None:
    plant.ddl("CREATE TABLE t (ts TIMESTAMP NOT NULL, a INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id)")
    plant.insert("INSERT INTO t (ts, id) VALUES (1, 1)")
    assert plant.ddl("ALTER TABLE t ADD COLUMN b INT DEFAULT 5; ALTER TABLE t ALTER COLUMN a SET DEFAULT 6") == DONE * 2
    plant.insert("INSERT INTO t (ts, id) VALUES (2, 1)")
    assert plant.ddl("ALTER TABLE t ALTER COLUMN a DROP DEFAULT") == DONE
    plant.insert("INSERT INTO t (ts, id) VALUES (3, 1)")
    assert plant.query("SELECT a, b FROM t ORDER BY ts") == [[None, None], [6, 5], [None, 5]]


def test_a_dropped_column_that_comes_again_is_empty(plant: Plant) -> None:
    plant.ddl("CREATE TABLE t (ts TIMESTAMP NOT NULL, a INT, b INT) TAGS (id INT NOT NULL, x INT) PRIMARY TAGS (id)")
    plant.insert("INSERT INTO t VALUES (1, 7, 8, 1, 9)")
    assert (
        plant.ddl(
            "ALTER TABLE t DROP b; ALTER TABLE t ADD b INT; ALTER TABLE t DROP TAG x; ALTER TABLE t ADD TAG x INT"
        )
        == DONE * 4
    )
    assert plant.query("SELECT a, b, x FROM t") == [[7, None, None]]


def test_a_table_moves_to_another_database_with_its_rows_and_grants(plant: Plant) -> None:
    plant.ddl(
        "CREATE DATABASE shop; CREATE TABLE defaultdb.goods (a INT, b STRING); GRANT SELECT ON TABLE defaultdb.goods TO writer"
    )
    plant.insert("INSERT INTO defaultdb.goods VALUES (1, 'x'), (2, NULL)")
    assert plant.ddl("ALTER TABLE defaultdb.goods RENAME TO shop.wares") == DONE
    assert plant.query("SELECT * FROM wares ORDER BY a", "shop") == [[1, "x"], [2, None]]
    assert plant.query("SELECT grantee FROM [SHOW GRANTS ON TABLE wares] WHERE grantee = 'writer'", "shop") == [
        ["writer"]
    ]
    plant.insert("INSERT INTO shop.wares VALUES (3, 'y')")
    plant.lines("meters,location=a phase=1.5 1000000000")
    assert plant.ddl("ALTER TABLE meters RENAME TO defaultdb.gauges") == DONE
    for _ in range(2):
        plant.lines("gauges,location=a phase=2.5 1000000000", "defaultdb")
        assert plant.query("SELECT phase, location FROM gauges", "defaultdb") == [[2.5, "a"]]
        assert plant.query("SELECT count(*) FROM shop.wares") == [[3]]
        plant.restart()


def test_relational_actions_happen_together_or_not_at_all(plant: Plant) -> None:
    plant.ddl("CREATE TABLE r (a INT, b STRING, c INT8)", "defaultdb")
    plant.insert("INSERT INTO r VALUES (1, '12', 5), (2, NULL, 6)", "defaultdb")
    assert (
        plant.ddl(
            "ALTER TABLE r ADD COLUMN d INT, ALTER COLUMN a TYPE INT2, DROP COLUMN c, ALTER COLUMN b TYPE INT8",
            "defaultdb",
        )
        == DONE
    )
    assert plant.query("SELECT * FROM r ORDER BY a", "defaultdb") == [[1, 12, None], [2, None, None]]
    plant.insert("INSERT INTO r VALUES (40000 - 10000, 1, 1)", "defaultdb")
    assert plant.ddl("ALTER TABLE r ALTER COLUMN b TYPE STRING, ADD COLUMN e INT", "defaultdb") == DONE
    plant.insert("INSERT INTO r VALUES (4, 'no number', 1, 1)", "defaultdb")
    refused = plant.ddl("ALTER TABLE r DROP COLUMN d, ALTER COLUMN b TYPE INT8", "defaultdb")
    assert refused[0].startswith('could not parse "no number" as type int')
    assert plant.query("SELECT * FROM r WHERE a = 4", "defaultdb") == [[4, "no number", 1, 1]]


def test_writers_and_readers_beside_changes_lose_nothing_and_see_no_wrong_column(plant: Plant) -> None:
    """One column says what it is; the others come, go, turn into texts and back. Whatever was acknowledged is there."""
    plant.ddl("CREATE TABLE t (ts TIMESTAMP NOT NULL, n INT8, m INT4) TAGS (id INT NOT NULL, k INT4) PRIMARY TAGS (id)")
    plant.insert("INSERT INTO t (ts, n, m, id, k) VALUES (0, 0, 1, 1, 5)")
    stop, moved = threading.Event(), threading.Condition()
    stored: dict[str, int] = {"insert": 0, "lines": 0}
    problems: list[object] = []

    def note(kind: str, n: int) -> None:
        with moved:
            stored[kind] = n
            moved.notify_all()

    def both_move_on(before: dict[str, int]) -> None:
        """Nobody changes tables without a pause: wait until both writers had their turn."""
        with moved:
            moved.wait_for(lambda: stop.is_set() or all(stored[k] > n for k, n in before.items()), 20)

    def insert(n: int) -> None:
        plant.insert(f"INSERT INTO t (ts, n, id) VALUES ({n}, {n}, 1)")
        note("insert", n)

    def lines(n: int) -> None:
        plant.lines(f"t,id=2 n={n}i {n * 1000000}")
        note("lines", n)

    def read(n: int) -> None:
        for row in plant.query(
            "SELECT ts, n, m, x FROM (SELECT ts, n, m, 0 AS x FROM t) AS s ORDER BY ts DESC LIMIT 5"
        ):
            assert row[2] in (None, 1, "1") and isinstance(row[1], int), row
        for row in plant.query("SELECT id, k FROM t WHERE id = 1 LIMIT 3"):
            assert row in ([1, 5], [1, "5"]), row

    def sent(work: Callable[[int], None], n: int) -> bool:
        try:
            work(n)
        except Busy:
            return False
        return True

    def run(work: Callable[[int], None]) -> None:
        n = 0
        try:
            while not stop.is_set():
                n += 1
                while not sent(work, n):  # a client that is told "busy" sends the same again
                    pass
        except BaseException as problem:
            problems.append(problem)
            stop.set()

    threads = [threading.Thread(target=run, args=(work,)) for work in (insert, lines, read)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(4):
            for change in (
                "ADD COLUMN o VARCHAR", "ALTER COLUMN m TYPE VARCHAR(20)", "ALTER TAG k TYPE VARCHAR(20)", "DROP COLUMN o",
                "ALTER COLUMN m TYPE INT4", "ALTER TAG k TYPE INT4", "ADD TAG g INT", "DROP TAG g",
            ):  # fmt: skip
                assert plant.ddl(f"ALTER TABLE t {change}") == DONE
                both_move_on(dict(stored))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not problems
    for number, kind in ((1, "insert"), (2, "lines")):
        assert stored[kind] > 30
        found = plant.query(f"SELECT ts, n FROM t WHERE id = {number} AND n > 0 ORDER BY n")
        assert found == [[iso(n), n] for n in range(1, stored[kind] + 1)]


def iso(milliseconds: int) -> str:
    """As an answer says a time."""
    text = (datetime(1970, 1, 1) + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")
    return f"{text.rstrip('0').rstrip('.')}Z" if milliseconds % 1000 else f"{text[:-4]}Z"


@pytest.mark.parametrize("change, refused", [
    ("TABLE iot.t DROP COLUMN a", 'cannot drop column "a" because view "v" depends on it'),
    ("TABLE iot.t RENAME COLUMN a TO z", 'cannot rename column "a" because view "v" depends on it'),
    ("TABLE iot.t ALTER COLUMN a TYPE INT8", 'cannot alter type of column "a" because view "v" depends on it'),
    ("TABLE iot.t ALTER TAG site TYPE VARCHAR(9)", 'cannot alter type of column "site" because view "defaultdb.public.w" depends on it'),
    ("TABLE iot.t RENAME TO u", 'cannot rename relation "t" because view "v" depends on it'),
    ("DATABASE iot RENAME TO plant", 'cannot rename database because view "v" depends on table "t"'),
    ("TABLE iot.v ADD COLUMN z INT", '"v" is not a table'),
    ("VIEW iot.t RENAME TO z", '"t" is not a view'),
    ("TABLE iot.t ADD COLUMN c INT", None),
    ("TABLE iot.t RENAME COLUMN b TO c", None),
    ("TABLE iot.t SET RETENTIONS = 9d", None),
    ("VIEW IF EXISTS nosuch RENAME TO z", None),
    ("VIEW iot.v RENAME TO vv", None),
    ("TABLE w RENAME TO postgres.ww", None),
])  # fmt: skip
def test_what_a_view_reads_stays_as_it_is(shared: Remembering, change: str, refused: str | None) -> None:
    plant = shared.plant
    plant.ddl(
        "DROP TABLE IF EXISTS t CASCADE; CREATE TABLE t (ts TIMESTAMP NOT NULL, a INT, b INT) TAGS (id INT NOT NULL, site VARCHAR(8)) PRIMARY TAGS (id)"
    )
    assert (
        plant.ddl("CREATE VIEW v AS SELECT ts, a FROM t; CREATE VIEW defaultdb.w AS SELECT site FROM iot.t") == DONE * 2
    )
    assert plant.ddl(f"ALTER {change}", "defaultdb") == [refused or "success"]
    for view in ("v", "vv", "defaultdb.w", "postgres.ww"):
        plant.ddl(f"DROP VIEW IF EXISTS {view}")


def test_a_renamed_view_reads_what_it_read(plant: Plant) -> None:
    plant.lines("meters,location=a phase=1.5 1000000000")
    plant.ddl(
        "CREATE VIEW v AS SELECT phase FROM meters; ALTER VIEW v RENAME TO defaultdb.w; ALTER TABLE meters ADD COLUMN x INT"
    )
    for _ in range(2):
        assert plant.query("SELECT * FROM w", "defaultdb") == [[1.5]]
        plant.restart()
