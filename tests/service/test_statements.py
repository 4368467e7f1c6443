"""Statements on a real engine that a change of a table overtakes between bind and run."""

from __future__ import annotations

from typing import Any

import pytest

from kwrest.errors import Busy, KwrestError
from kwrest.model import Database, Table
from kwrest.service.statements import Statements
from kwrest.sql.definitions import SetSetting
from tests.service.line_server import ROOT, LineServer


class Behind:
    """A catalog that shows a table as it was, so many times."""

    def __init__(self, server: LineServer, old: Table, times: int) -> None:
        self._catalog, self._old, self._times = server.catalog, old, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)

    def table(self, database: Database, name: str) -> Table | None:
        self._times -= 1
        return self._old if self._times >= 0 and name == self._old.name else self._catalog.table(database, name)


def behind(server: LineServer, times: int) -> Statements:
    old = server.table("meters")
    server.add_column("meters", "extra")
    catalog: Any = Behind(server, old, times)
    return Statements(catalog, server.settings, server.access, server.engine, server.queries)


@pytest.mark.parametrize("text", ["VALUES (1, 5, 'a')", "SELECT ts, phase, location FROM meters"])
def test_rows_that_the_rule_leaves_out_are_noticed(server: LineServer, text: str) -> None:
    statements = Statements(server.catalog, server.settings, server.access, server.engine, server.queries)
    statements.insert(server.request(), "INSERT INTO meters (ts, phase, location) VALUES (1, 1, 'a')")
    server.settings.apply(SetSetting("ts.dedup.rule", "discard", ()), server.request())
    answer = statements.insert(server.request(), f"INSERT INTO meters (ts, phase, location) {text}")
    assert (answer.rows, answer.notice) == (0, "1 rows discarded due to duplicate data (ts.dedup.rule = discard)")


OVERTAKEN = [
    ("insert", "INSERT INTO meters (ts, phase, location) VALUES (1, 1, 'a')"),
    ("insert", "INSERT INTO meters (ts, phase, location) SELECT ts, phase, location FROM meters"),
    ("define", "DELETE FROM meters"),
]


@pytest.mark.parametrize("endpoint, text", OVERTAKEN)
def test_what_is_overtaken_is_bound_again(server: LineServer, endpoint: str, text: str) -> None:
    answer = getattr(behind(server, times=3), endpoint)(server.request(user=ROOT), text)
    assert answer.descriptions == ["success"]


@pytest.mark.parametrize("endpoint, text", OVERTAKEN)
def test_what_is_always_overtaken_can_be_sent_again_as_it_is(
    server: LineServer, endpoint: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwrest.service.statements.PATIENCE", 0.1)
    with pytest.raises(Busy, match='table "meters" was changed meanwhile') as refused:
        getattr(behind(server, times=10**6), endpoint)(server.request(user=ROOT), text)
    assert isinstance(refused.value, KwrestError) and refused.value.kind.name == "TRANSIENT"
