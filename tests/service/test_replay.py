"""Replaying the shelf: what was cured is stored as it was sent, the rest stays and says why."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from kwrest.service.replay import Replay
from kwrest.web.parameters import kept_zone, zone
from tests.service.line_server import SECOND, WRITER, LineServer

GOOD = "meters,location=a phase=1 1"


def shelf(server: LineServer) -> Replay:
    return Replay(server.engine, server.shelf, server.lines, kept_zone)


def test_cured_lines_are_stored_and_leave_the_shelf(server: LineServer) -> None:
    server.send(f"{GOOD}\nmeters,location=b extra=2.5 2000000\nmeters,location=c phase=oops 3000000")
    replay = shelf(server)
    first = replay.replay(server.request(), None)
    assert (first.stored, [s.id for s in first.still]) == (0, [1, 2])
    server.add_column("meters", "extra")
    done = replay.replay(server.request(), None)
    assert (done.stored, [s.id for s in done.still]) == (1, [2])
    assert done.still[0].reason == '"oops" is no number, boolean or quoted text'
    assert [(r["line"], r["times"]) for r in server.shelved()] == [("meters,location=c phase=oops 3000000", 1)]
    assert server.shelf.rows == 1
    assert [row["extra"] for row in server.rows("meters") if row["location"] == "b"] == [2.5]
    assert server.rows("meters")[-1]["ts"] == 2000, "microseconds"
    server.stop()
    server.start()
    assert [r["id"] for r in server.shelved()] == [2]


@pytest.mark.parametrize(
    ("precision", "written", "stored"),
    [
        ("s", "extra=1 1700000000", 1_700_000_000_000_000),
        ("ms", "extra=1 1700000000123", 1_700_000_000_123_000),
        ("auto", "extra=1 1700000000", 1_700_000_000_000_000),
        ("ns", "extra=1", None),
    ],
)
def test_a_line_means_what_it_meant_when_it_came(
    server: LineServer, precision: str, written: str, stored: int | None
) -> None:
    server.send(f"{GOOD}\nmeters,location=b {written}", precision=precision)
    (kept,) = server.shelved()
    server.add_column("meters", "extra")
    server.now += 3600 * SECOND
    assert shelf(server).replay(server.request(), None).stored == 1
    found = next(row["ts"] for row in server.rows("meters") if row["location"] == "b")
    arrived = kept["first_seen"] // 1000
    assert found == stored if stored is not None else found <= arrived < found + 5 * 10**6


def test_only_lines_that_were_asked_for(server: LineServer) -> None:
    server.send(f"{GOOD}\nmeters,location=b extra=1 2\nmeters,location=c extra=1 3\nmeters,location=d extra=1 4")
    server.add_column("meters", "extra")
    assert shelf(server).replay(server.request(), {2, 99}).stored == 1
    assert [r["id"] for r in server.shelved()] == [1, 3]
    assert shelf(server).purge(server.request(), {1, 99}) == 1
    assert [r["id"] for r in server.shelved()] == [3] and server.shelf.rows == 1
    assert shelf(server).purge(server.request(), None) == 1
    assert server.shelved() == []


def test_a_line_that_is_not_kept_as_it_was_sent_is_never_stored(server: LineServer) -> None:
    server.send(GOOD.encode() + b"\nmeters,location=\xff phase=1 2\n")
    server.send(GOOD + "\nmeters,location=b phase=1," + "x" * (1 << 20) + "=1 3")
    done = shelf(server).replay(server.request(), None)
    assert (done.stored, len(done.still), server.shelf.rows) == (0, 2, 2)
    assert len(server.rows("meters")) == 1


def test_the_rights_are_those_of_who_replays(server: LineServer) -> None:
    server.send(f"{GOOD}\nnano,location=a v=1 2", user=WRITER)
    denied = shelf(server).replay(replace(server.request(), user=WRITER), None)
    assert denied.stored == 0 and "does not have INSERT privilege" in denied.still[0].reason
    assert server.shelf.rows == 1, "a replay puts nothing on the shelf"


@pytest.mark.parametrize("written", ["8", "+05:30", "-03:30", "Asia/Shanghai", "-12", "14", "Z"])
def test_a_zone_is_found_again_by_its_key(written: str) -> None:
    made = zone(written)
    found: ZoneInfo = kept_zone(made.key)
    assert found.key == made.key
