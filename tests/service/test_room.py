"""What large statements and bodies may take, and what becomes of those that would take more."""

from __future__ import annotations

import threading
import time

import pytest

from kwrest.errors import Busy, KwrestError, QueryCanceled, QueryTimeout
from kwrest.service import statements as served
from kwrest.service.room import Room
from kwrest.service.statements import Statements
from tests.service.line_server import LineServer


def test_one_waits_for_room_and_one_too_large_gets_all_of_it(server: LineServer) -> None:
    room, inside = Room(10, "full"), threading.Event()

    def come() -> None:
        with room.taken(6, server.request()):
            inside.set()

    with room.taken(1000, server.request()):
        other = threading.Thread(target=come)
        other.start()
        assert not inside.wait(0.2)
    assert inside.wait(5)
    other.join()


@pytest.mark.parametrize("how, error", [("deadline", QueryTimeout), ("leaves", QueryCanceled), ("full", Busy)])
def test_who_waits_in_vain(
    server: LineServer, how: str, error: type[KwrestError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwrest.service.room.PATIENCE", 0.3 if how == "full" else 30.0)
    room = Room(10, "too many large statements")
    waits = server.request(seconds=0.2 if how == "deadline" else 30.0)
    if how == "leaves":
        threading.Timer(0.1, waits.cancel.set).start()
    with room.taken(10, server.request()):
        started = time.monotonic()
        with pytest.raises(error), room.taken(1, waits):
            pass
        assert time.monotonic() - started < 3
    with room.taken(10, server.request()):  # nothing is left taken
        pass


@pytest.mark.parametrize(
    "endpoint, sql, sqlstate",
    [
        ("query", f"SELECT {'1' * 9_000_000}{'1' * 9_000_000}", "54001"),
        ("query", f"SELECT 1 IN ({','.join('1' for _ in range(200_000))})", "54001"),
        ("query", f"SELECT 1 IN ({','.join(map(str, range(20_500)))})", "54001"),
        ("insert", f"INSERT INTO rel VALUES {','.join('(1)' for _ in range(45_000))}", "54001"),
    ],
)
def test_statements_that_are_too_large(
    server: LineServer, endpoint: str, sql: str, sqlstate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwrest.sql.grammar.cursor.MAX_INSERT_TOKENS", 170_000)
    statements = Statements(server.catalog, server.settings, server.access, server.engine, server.queries)
    statements.define(server.request(database="defaultdb"), "CREATE TABLE rel (v INT)")
    asked = server.request(database="defaultdb", seconds=100)
    if endpoint == "query":
        with pytest.raises(KwrestError) as refused:
            statements.query(asked, sql)
        assert refused.value.sqlstate == sqlstate
    else:
        failed = statements.insert(asked, sql).failed
        assert failed is not None and failed.sqlstate == sqlstate
    assert len(sql) < 2 * served.MAX_LENGTH


def test_ten_thousand_statements_end_at_their_deadline(server: LineServer) -> None:
    statements = Statements(server.catalog, server.settings, server.access, server.engine, server.queries)
    body = "INSERT INTO meters (ts, phase, location) VALUES (1, 1, 'a', 'too many');" * 9_999
    started = time.monotonic()
    try:
        answer = statements.insert(server.request(seconds=0.2), body)
    except QueryTimeout:  # while it was cut into statements
        pass
    else:
        assert answer.descriptions[-1] == "query execution canceled due to statement timeout"
        assert answer.rows == 0
    assert time.monotonic() - started < 5


def test_lines_that_differ_too_much_are_refused_whole(server: LineServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kwrest.ingest.lines.MAX_CELLS", 100)
    fields = ("current", "phase")
    body = "\n".join(f"meters,location=a {fields[n % 2]}=1 {n}" for n in range(40))
    with pytest.raises(KwrestError, match="too many different fields for one body: 40 lines, 3 fields") as refused:
        server.send(body)
    assert refused.value.kind.name == "TOO_LARGE"
    assert server.rows("meters") == [] and server.shelved() == []
    assert server.send("\n".join(body.split("\n")[:20])).stored == 20
