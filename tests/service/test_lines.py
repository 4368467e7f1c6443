"""The contract's table of line endpoints on a real engine: what is stored, what is shelved, what the client keeps."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import AbstractContextManager

import pytest

from kwrest.errors import (
    BadToken,
    Busy,
    EmptyBody,
    Kind,
    KwrestError,
    RequestError,
    ShuttingDown,
    UndefinedDatabase,
)
from kwrest.model import Database, Dedup, Table, User
from kwrest.service.answers import LinesAnswer
from kwrest.service.lines import Lines
from kwrest.sql.definitions import DropTables
from kwrest.system import own_request
from tests.service.line_server import WRITER, Alone, LineServer

GOOD = "meters,location=a phase=1 1000000"


GRAMMAR = ("meters,location=a phase=", False)
TYPE = ("meters,location=a voltage=1.5 1", False)
NO_TABLE = ("nowhere f=1", True)
NO_COLUMN = ("meters,location=a nope=1", True)
RELATIONAL = ("plain v=1", True)


@pytest.mark.parametrize(
    "lines, stored, failure, shelved",
    [
        ([GOOD], 1, None, []),
        ([GOOD, GRAMMAR], 1, None, [GRAMMAR]),
        ([GOOD, TYPE], 1, None, [TYPE]),
        ([GOOD, NO_TABLE], 1, None, [NO_TABLE]),
        ([GOOD, NO_COLUMN, GRAMMAR], 1, None, [NO_COLUMN, GRAMMAR]),
        ([GRAMMAR], 0, Kind.REQUEST, [GRAMMAR]),
        ([TYPE, GRAMMAR], 0, Kind.REQUEST, [TYPE, GRAMMAR]),
        ([NO_TABLE], 0, Kind.STATEMENT, []),
        ([NO_COLUMN, NO_TABLE], 0, Kind.STATEMENT, []),
        # the client sends the body again for the sake of the one that can be cured; the other is not lost meanwhile
        ([NO_TABLE, GRAMMAR], 0, Kind.STATEMENT, [GRAMMAR]),
    ],
)
def test_what_becomes_of_refused_lines(
    server: LineServer,
    lines: list[str | tuple[str, bool]],
    stored: int,
    failure: Kind | None,
    shelved: list[tuple[str, bool]],
) -> None:
    answer = server.send("\n".join(line if isinstance(line, str) else line[0] for line in lines))
    refused = [line for line in lines if isinstance(line, tuple)]
    assert (answer.stored, answer.failure, answer.transient) == (stored, failure, None)
    assert [(r.text, r.curable) for r in answer.rejects] == refused
    assert answer.refused == len(refused)
    assert [row["line"] for row in server.shelved()] == [text for text, _ in shelved]
    assert 0 < answer.seconds < 30


def test_a_relational_table_takes_no_lines(server: LineServer) -> None:
    answer = server.send("plain v=1", database="defaultdb")
    assert [(r.reason, r.curable) for r in answer.rejects] == [('"plain" is not a timeseries table', True)]


@pytest.mark.parametrize("database", ["nowhere", "kwrest_system", ""])
def test_an_unknown_database_stores_and_keeps_nothing(server: LineServer, database: str) -> None:
    with pytest.raises(UndefinedDatabase, match=f'database "{database}" does not exist'):
        server.send(f"{GOOD}\n{GRAMMAR[0]}", database=database)
    assert server.shelved() == []


@pytest.mark.parametrize("database, measurement", [("iot", "meters"), ("IOT", "METERS"), ("Iot", "Meters")])
def test_names_are_folded_when_they_do_not_match(server: LineServer, database: str, measurement: str) -> None:
    assert server.send(f"{measurement},location=a phase=1", database=database).stored == 1


@pytest.mark.parametrize("body", [b"", b"\n\n", b"# nothing\n  \n"])
def test_a_body_without_a_line_is_an_empty_body(server: LineServer, body: bytes) -> None:
    with pytest.raises(EmptyBody):
        server.send(body)


def test_the_precision_is_checked(server: LineServer) -> None:
    with pytest.raises(RequestError, match="parameter precision must be one of ns, us, ms, s, auto"):
        server.send(GOOD, precision="m")


@pytest.mark.parametrize("precision", ["ns", "us", "ms", "s", "auto"])
def test_each_precision_stores(server: LineServer, precision: str) -> None:
    assert server.send("meters,location=a phase=1 1700000000", precision=precision).stored == 1


# ---------------------------------------------------------------- what a query finds afterwards


def test_the_lines_are_there_when_they_are_answered(server: LineServer) -> None:
    server.send(
        "meters,location=a, current=17.01,voltage=220,phase=0.29 1556813561098000000\n"
        "nano,host=h v=1 1556813561098765432\n"
        "meters,location=b phase=t 2\n"
    )
    assert server.rows("meters") == [
        {"ts": 1556813561098000, "current": 17.01, "voltage": 220, "phase": 0.29, "location": "a"}
    ]
    assert server.rows("nano") == [{"time": 1556813561098765432, "v": 1.0, "host": "h"}]


def test_the_last_line_of_a_key_stays_whatever_fields_it_has(server: LineServer) -> None:
    server.send(
        "meters,location=a phase=1 5000000\n"
        "meters,location=a voltage=2 5000000\n"
        "meters,location=a phase=3 5999999\n"  # the same millisecond
        "meters,location=b voltage=4 5000000\n"
    )
    server.send("meters,location=b phase=5 5000000")
    assert server.rows("meters") == [
        {"ts": 5000, "current": None, "voltage": None, "phase": 3.0, "location": "a"},
        {"ts": 5000, "current": None, "voltage": None, "phase": 5.0, "location": "b"},
    ]


def test_under_merge_lines_with_different_fields_complete_each_other(server: LineServer) -> None:
    server.lines.close()
    server.lines = Lines(server.catalog, server.access, server.engine, server.shelf, lambda: Dedup.MERGE)
    server.send("meters,location=a phase=1 5000000\nmeters,location=a voltage=2 5000000")
    server.send("meters,location=a current=3 5000000")
    assert server.rows("meters") == [{"ts": 5000, "current": 3.0, "voltage": 2, "phase": 1.0, "location": "a"}]


def test_lines_survive_a_restart(server: LineServer) -> None:
    server.send(f"{GOOD}\n{GRAMMAR[0]}")
    before = server.rows("meters")
    server.stop()
    server.start()
    assert server.rows("meters") == before != []
    assert [row["line"] for row in server.shelved()] == [GRAMMAR[0]]


# ---------------------------------------------------------------- rights


def test_rights_are_asked_for_each_table(server: LineServer) -> None:
    answer = server.send(f"{GOOD}\nnano,host=a v=1", user=WRITER)
    assert (answer.stored, answer.failure) == (1, None)
    assert [(r.number, r.reason, r.sqlstate, r.curable) for r in answer.rejects] == [
        (2, "user writer does not have INSERT privilege on relation nano", "42501", True)
    ]
    assert [row["line"] for row in server.shelved()] == ["nano,host=a v=1"]


def test_without_any_right_the_client_keeps_its_lines(server: LineServer) -> None:
    answer = server.send("nano,host=a v=1", user=WRITER)
    assert (answer.stored, answer.failure) == (0, Kind.STATEMENT)
    assert server.shelved() == []


def test_a_user_who_is_gone_is_nobody(server: LineServer) -> None:
    with pytest.raises(BadToken):
        server.send(f"{GOOD}\n{GRAMMAR[0]}", user=User("gone"))
    assert server.shelved() == []


# ---------------------------------------------------------------- dedup


def test_lines_follow_the_dedup_rule(server: LineServer) -> None:
    server.lines.close()
    server.lines = Lines(server.catalog, server.access, server.engine, server.shelf, lambda: Dedup.DISCARD)
    assert server.send(GOOD).stored == 1
    again = server.send(f"{GOOD}\n{GRAMMAR[0]}")
    # every line was good or refused: discarding is what the rule asked for, so the client need not send again
    assert (again.stored, again.refused, again.failure) == (0, 1, None)
    assert [row["line"] for row in server.shelved()] == [GRAMMAR[0]]


# ---------------------------------------------------------------- the shelf's rows


def test_a_line_on_the_shelf_says_whose_it_is_and_why(server: LineServer) -> None:
    server.send(f"{GOOD}\n{TYPE[0]}", user=WRITER, database="IOT")
    (row,) = server.shelved()
    assert (row["user_name"], row["database_name"], row["endpoint"], row["request_id"]) == (
        "writer", "iot", "telegraf", "r1",
    )  # fmt: skip
    assert (row["line"], row["sqlstate"], row["times"]) == (TYPE[0], "42804", 1)
    assert row["reason"] == 'could not resolve "1.5" as INT4 type (column voltage)'
    assert row["first_seen"] == row["last_seen"] > 1_700_000_000 * 10**9


def test_lines_that_are_no_text_can_be_kept_too(server: LineServer) -> None:
    assert server.send(b"m\xff f=1\nm\0 f=1\n" + GOOD.encode()).stored == 1
    assert [row["line"] for row in server.shelved()] == ["m� f=1", "m\0 f=1"]


# ---------------------------------------------------------------- trouble


def test_when_the_engine_cannot_write_nothing_is_kept(server: LineServer) -> None:
    server.send(f"{GOOD}\nshelved before")
    server.engine.close()
    answer = server.send(f"{GOOD}\n{GRAMMAR[0]}\nshelved before")
    assert isinstance(answer.transient, ShuttingDown)
    assert (answer.stored, answer.failure, answer.refused) == (0, Kind.TRANSIENT, 2)
    assert server.shelf.rows == 1
    only_bad = server.send(GRAMMAR[0])
    assert (only_bad.failure, server.shelf.rows) == (Kind.TRANSIENT, 1)
    # a body that needs no write is answered as ever
    assert server.send("nowhere f=1").failure is Kind.STATEMENT


class Behind:
    """A catalog that shows a table as it was, until it has been asked so often."""

    def __init__(self, server: LineServer, old: Table, times: int) -> None:
        self._server, self._old, self.left = server, old, times

    def find_database(self, written: str) -> Database:
        return self._server.catalog.find_database(written)

    def find_table(self, database: Database, written: str) -> Table | None:
        self.left -= 1
        return self._old if self.left >= 0 else self._server.catalog.find_table(database, written)

    def still(self) -> AbstractContextManager[None]:
        return self._server.catalog.still()


def behind(server: LineServer, times: int) -> None:
    """Let the lines see the table before its last change."""
    old = server.table("meters")
    server.add_column("meters", "extra")
    server.lines.close()
    server.lines = Lines(Behind(server, old, times), server.access, server.engine, server.shelf, lambda: Dedup.OVERRIDE)


def test_a_table_that_changed_meanwhile_is_bound_again(server: LineServer) -> None:
    behind(server, times=2)
    answer = server.send(f"{GOOD}\nmeters,location=a extra=1 2\n{GRAMMAR[0]}")
    assert (answer.stored, [r.text for r in answer.rejects]) == (2, [GRAMMAR[0]])
    assert [(row["line"], row["times"]) for row in server.shelved()] == [(GRAMMAR[0], 1)]


def test_a_table_that_never_stops_changing_is_a_transient_failure(
    server: LineServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwrest.service.lines.REBINDING", 0.1)
    behind(server, times=10**6)
    answer = server.send(f"{GOOD}\n{GRAMMAR[0]}")
    assert isinstance(answer.transient, Busy)
    assert (answer.stored, answer.failure) == (0, Kind.TRANSIENT)
    assert (server.shelved(), server.shelf.rows) == ([], 0)


def test_a_dropped_table_is_one_an_operator_can_make(server: LineServer) -> None:
    server.catalog.apply(DropTables((server.table("meters"),), ()), own_request("test"), Alone())
    answer = server.send(GOOD)
    assert ([r.reason for r in answer.rejects], answer.failure) == (
        ['relation "meters" does not exist'],
        Kind.STATEMENT,
    )


def test_a_bug_is_answered_and_the_next_body_is_served(server: LineServer) -> None:
    class Broken(Behind):
        def find_table(self, database: Database, written: str) -> Table | None:
            if written == "broken":
                raise ZeroDivisionError
            return super().find_table(database, written)

    server.lines.close()
    server.lines = Lines(
        Broken(server, server.table("meters"), 0), server.access, server.engine, server.shelf, lambda: Dedup.OVERRIDE
    )
    with pytest.raises(KwrestError, match="internal error, see the server's log for request r1"):
        server.send("broken f=1")
    assert server.send(GOOD).stored == 1


def test_lines_that_waited_too_long_are_not_written(server: LineServer) -> None:
    late = server.lines.submit(server.request(seconds=-1), GOOD.encode(), "ns")
    with pytest.raises(Busy):
        late.result(30)


# ---------------------------------------------------------------- many at once


def test_bodies_of_many_clients_are_each_answered_for_themselves(server: LineServer) -> None:
    answers: list[list[LinesAnswer]] = [[] for _ in range(6)]

    def client(number: int) -> None:
        for n in range(20):
            body = f"meters,location=c{number} phase={n} {n}000000\nbad{number}"
            answers[number].append(server.send(body))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(a.stored, [r.text for r in a.rejects]) for of in answers for a in of] == [
        (1, [f"bad{n}"]) for n in range(6) for _ in range(20)
    ]
    assert sorted((row["line"], row["times"]) for row in server.shelved()) == [(f"bad{n}", 20) for n in range(6)]


def test_close_answers_what_was_accepted_and_refuses_what_comes_later(server: LineServer) -> None:
    futures: list[Future[LinesAnswer]] = [
        server.lines.submit(server.request(), f"meters,location=a phase={n} {n}000000".encode(), "ns")
        for n in range(50)
    ]
    server.lines.close()
    assert [future.result(0).stored for future in futures] == [1] * 50
    with pytest.raises(ShuttingDown):
        server.send(GOOD)


def test_a_client_that_left_before_its_turn_is_passed_over(server: LineServer) -> None:
    go = threading.Event()

    class Held(Behind):
        def find_database(self, written: str) -> Database:
            go.wait(30)
            return super().find_database(written)

    server.lines.close()
    server.lines = Lines(
        Held(server, server.table("meters"), 0), server.access, server.engine, server.shelf, lambda: Dedup.OVERRIDE
    )
    first, left, last = (
        server.lines.submit(server.request(), f"meters,location={name} phase=1 1".encode(), "ns") for name in "abc"
    )
    assert left.cancel()
    go.set()
    assert (first.result(30).stored, last.result(30).stored) == (1, 1)
    assert [row["location"] for row in server.rows("meters")] == ["a", "c"]


def test_a_body_whose_table_changes_keeps_no_other_waiting(server: LineServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kwrest.service.lines.REBINDING", 60.0)
    behind(server, times=800)  # seconds of binding again and again
    slow = server.lines.submit(server.request(), GOOD.encode(), "ns")
    server.send("nano,location=a v=1")
    assert not slow.done()
    assert slow.result(30).stored == 1


def test_a_shelf_that_cannot_be_trimmed_is_no_bodys_business(
    server: LineServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(server.shelf, "trim", broken)
    for _ in range(3):
        assert server.send(f"{GOOD}\n{GRAMMAR[0]}").stored == 1
    server.lines.close()
    assert "could not be trimmed" in caplog.text


def test_a_storm_of_alters_refuses_nobody(server: LineServer) -> None:
    over = threading.Event()

    def alter() -> None:
        while not over.is_set():
            server.add_column("meters", "storm")
            server.drop_column("meters", "storm")

    storm = threading.Thread(target=alter)
    storm.start()
    try:
        answers = [server.send(f"meters,location=a phase={n} {n}") for n in range(40)]
    finally:
        over.set()
        storm.join()
    assert [(a.stored, a.transient) for a in answers] == [(1, None)] * 40
