"""What becomes of points with the same key, over every way in; instants keep their precision (issue line 1.14)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.server import Server

TABLE = "(ts timestamp not null, a int, b int) TAGS (id int not null, place varchar(10)) PRIMARY TAGS (id)"


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("points") / "data").start()
    yield server
    assert server.stop() == 0


DISCARDED = "{} rows discarded due to duplicate data (ts.dedup.rule = discard)"
REJECTED = "{} rows rejected due to duplicate data (ts.dedup.rule = reject)"

# rule, rows of the second INSERT, rows afterwards, rows counted, notice
RULES: list[tuple[str, str, list[list[Any]], int, str | None]] = [
    ("override", "(1, 5, NULL, 1, 'x')", [[5, None], [2, 2]], 1, None),
    ("override", "(1, 5, 5, 1, 'x'), (1, 6, 6, 1, 'x')", [[6, 6], [2, 2]], 2, None),
    ("override", "(0, 9, 9, 1, 'x')", [[9, 9], [1, 1], [2, 2]], 1, None),  # a late row
    ("merge", "(1, 5, NULL, 1, 'x')", [[5, 1], [2, 2]], 1, None),
    ("merge", "(1, 5, NULL, 1, 'x'), (1, NULL, 6, 1, 'x')", [[5, 6], [2, 2]], 2, None),
    ("discard", "(1, 5, 5, 1, 'x'), (3, 3, 3, 1, 'x')", [[1, 1], [2, 2], [3, 3]], 1, DISCARDED.format(1)),
    ("discard", "(3, 3, 3, 1, 'x'), (3, 4, 4, 1, 'x')", [[1, 1], [2, 2], [3, 3]], 1, DISCARDED.format(1)),
    ("reject", "(1, 5, 5, 1, 'x')", [[1, 1], [2, 2]], 0, REJECTED.format(1)),
]


@pytest.mark.parametrize("number", range(len(RULES)))
def test_a_second_row_with_the_same_key(points: Server, number: int) -> None:
    rule, second, afterwards, rows, notice = RULES[number]
    table = f"dedup{number}"
    points.ddl(f"SET CLUSTER SETTING ts.dedup.rule = 'override'; CREATE TABLE {table} {TABLE}")
    points.insert(f"INSERT INTO {table} VALUES (1, 1, 1, 1, 'first'), (2, 2, 2, 1, 'second')")
    points.ddl(f"SET CLUSTER SETTING ts.dedup.rule = '{rule}'")
    answer = points.insert(f"INSERT INTO {table} VALUES {second}")
    assert (answer["rows"], answer["notice"]) == (rows, notice)
    points.kill()
    points.restart()
    assert points.rows(f"SELECT a, b FROM {table} ORDER BY ts") == afterwards
    assert points.rows(f"SHOW TAG VALUES FROM {table}") == [[1, "first"]]  # the first tag values stay


@pytest.mark.parametrize("rule", ["keep", "nonsense", ""])
def test_other_rules_are_refused(points: Server, rule: str) -> None:
    assert points.post("ddl", f"SET CLUSTER SETTING ts.dedup.rule = '{rule}'").status_code == 500


@pytest.mark.parametrize(
    ("precision", "line", "shown"),
    [
        (3, 1_700_000_000_123_456_789, "2023-11-14T22:13:20.123Z"),
        (6, 1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456Z"),
        (9, 1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
    ],
)
def test_instants_are_exact(points: Server, precision: int, line: int, shown: str) -> None:
    table = f"precise{precision}"
    points.ddl(
        f"SET CLUSTER SETTING ts.dedup.rule = 'override'; "
        f"CREATE TABLE {table} (ts timestamp({precision}) not null, v int) TAGS (id int not null) PRIMARY TAGS (id)"
    )
    points.lines(f"{table},id=1 v=1i {line}")
    assert points.rows(f"SELECT ts FROM {table}") == [[shown]]
    points.insert(f"INSERT INTO {table} VALUES ('{shown}', 2, 1)")
    assert points.rows(f"SELECT v FROM {table}") == [[2]]  # the same instant, so the same row


def test_lines_and_inserts_meet_in_one_row(points: Server) -> None:
    points.ddl(f"SET CLUSTER SETTING ts.dedup.rule = 'override'; CREATE TABLE meet {TABLE}")
    points.insert("INSERT INTO meet VALUES (1000, 1, 1, 7, 'sql')")
    points.lines("meet,id=7,place=line a=2i 1000000000")
    assert points.rows("SELECT ts, a, b, id, place FROM meet") == [["1970-01-01T00:00:01Z", 2, None, 7, "sql"]]
