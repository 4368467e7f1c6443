"""The shelf of rejected lines: counted once, bounded, found again after a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.service.line_server import WRITER, LineServer

Start = Callable[..., LineServer]
GOOD = "meters,location=a phase=1 1"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[LineServer] = []

    def begin(max_rows: int = 10_000, max_bytes: int = 1 << 20) -> LineServer:
        server = LineServer(tmp_path, max_rows, max_bytes)
        server.start()
        started.append(server)
        return server

    yield begin
    for server in started:
        server.stop()


def test_the_same_line_of_the_same_user_is_only_counted(start: Start) -> None:
    server = start()
    server.send("bad one\nbad two")
    server.send("bad one\nmeters,location=a phase=1\nbad one")
    server.send("bad one", user=WRITER)
    server.send("bad one", database="defaultdb")
    rows = server.shelved()
    assert [(r["line"], r["user_name"], r["database_name"], r["times"], r["request_id"]) for r in rows] == [
        ("bad two", "root", "iot", 1, "r1"),
        ("bad one", "root", "iot", 3, "r2"),
        ("bad one", "writer", "iot", 1, "r3"),
        ("bad one", "root", "defaultdb", 1, "r4"),
    ]
    assert [r["id"] for r in rows] == [2, 1, 3, 4]
    assert rows[1]["first_seen"] < rows[1]["last_seen"]
    assert rows[1]["first_seen"] == rows[0]["first_seen"]


def test_it_is_found_again_after_a_restart(start: Start) -> None:
    server = start()
    server.send("bad one\nbad two")
    before = server.shelved()
    server.stop()
    server.start()
    assert server.shelf.rows == 2
    assert server.shelved() == before
    server.send("bad three\nbad one")
    assert [(r["line"], r["times"], r["id"]) for r in server.shelved()] == [
        ("bad two", 1, 2), ("bad one", 2, 1), ("bad three", 1, 3),
    ]  # fmt: skip
    assert server.shelved()[1]["first_seen"] == before[0]["first_seen"]


def test_the_lines_seen_longest_ago_go_when_it_is_full(start: Start) -> None:
    server = start(max_rows=10)
    for number in range(10):
        server.send(f"bad {number}")
    server.send("bad 0")  # seen again: now the newest
    assert (server.shelf.rows, server.shelf.dropped) == (10, 0)
    server.send("bad 10")
    server.lines.close()
    assert [r["line"] for r in server.shelved()] == [f"bad {n}" for n in (3, 4, 5, 6, 7, 8, 9, 0, 10)]
    assert (server.shelf.rows, server.shelf.dropped) == (9, 2)


def test_it_is_bounded_in_bytes_too(start: Start) -> None:
    server = start(max_bytes=10_000)
    for number in range(20):
        server.send(f"bad{number} " + "x" * 990)
    server.lines.close()
    kept = server.shelved()
    assert kept[-1]["line"].startswith("bad19 ")
    assert sum(len(r["line"]) for r in kept) <= 10_000
    assert server.shelf.dropped == 20 - len(kept)


def test_one_body_may_bring_more_than_the_shelf_holds(start: Start) -> None:
    server = start(max_rows=10)
    answer = server.send(GOOD + "\n" + "\n".join(f"bad {n}" for n in range(500)))
    server.lines.close()
    assert (answer.stored, answer.refused) == (1, 500)
    assert [r["line"] for r in server.shelved()] == [f"bad {n}" for n in range(491, 500)]


def test_a_bound_that_was_lowered_holds_after_the_next_line(start: Start) -> None:
    server = start()
    for number in range(20):
        server.send(f"bad {number}")
    server.stop()
    server.max_rows = 5
    server.start()
    server.send("bad 20")
    server.lines.close()
    assert [r["line"] for r in server.shelved()] == ["bad 17", "bad 18", "bad 19", "bad 20"]


@pytest.mark.parametrize(
    "max_rows, max_bytes, one, many",
    [
        (10, 1 << 20, "bad", "bad"),  # by number
        (
            10_000,
            3_000,
            "bad",
            "bad " + "x" * 200,
        ),  # by size: few long lines of one user push out no short ones of another
    ],
)
def test_nobody_can_push_out_the_lines_of_others(
    start: Start, max_rows: int, max_bytes: int, one: str, many: str
) -> None:
    server = start(max_rows, max_bytes)
    server.send("\n".join(f"{one} {n}" for n in range(4)), user=WRITER)
    server.send("\n".join(f"{many} {n}" for n in range(500)))
    server.lines.close()
    rows = server.shelved()
    assert [r["line"] for r in rows if r["user_name"] == "writer"] == [f"{one} {n}" for n in range(4)]
    roots = [r["line"] for r in rows if r["user_name"] == "root"]
    assert roots and roots[-1] == f"{many} 499"
    server.stop()
    server.start()
    server.send("\n".join(f"{many} {n}" for n in range(500, 900)))  # who holds what is known after a restart
    server.lines.close()
    assert [r["line"] for r in server.shelved() if r["user_name"] == "writer"] == [f"{one} {n}" for n in range(4)]
