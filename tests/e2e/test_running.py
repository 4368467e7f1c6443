"""Statements that run: listed, ended at their deadline, by DELETE, or because their client has left."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.server import ROOT_TOKEN, Server, basic, wait_until

ENDLESS = "SELECT count(*) FROM run_big AS a, run_big AS b, run_big AS c, run_big AS d"
CANCELED = "query execution canceled"
TIMEOUT = "query execution canceled due to statement timeout"
USERS = {name: basic(name, f"{name}-password-1") for name in ("run_ann", "run_bob")}
_numbers = itertools.count()


@pytest.fixture(scope="module")
def people(shared: Server) -> Server:
    return prepared(shared)


def prepared(server: Server) -> Server:
    """With two users and tables to be busy with."""
    server.ddl("CREATE TABLE run_big (v INT); CREATE TABLE run_copy (v INT)")
    server.insert("INSERT INTO run_big SELECT * FROM generate_series(1, 3000) AS g; INSERT INTO run_copy VALUES (1)")
    for name in USERS:
        server.ddl(f"CREATE USER {name} WITH PASSWORD '{name}-password-1'; GRANT SELECT ON TABLE run_big TO {name}")
    return server


class Asked:
    """A query on its way, on a connection of its own."""

    def __init__(self, server: Server, sql: str, token: str = ROOT_TOKEN, endpoint: str = "query", **more: str) -> None:
        self.id = f"asked-{next(_numbers)}"
        self.client = httpx.Client(base_url=server.url, verify=server.tls(), timeout=60)
        self.answer: httpx.Response | None = None
        self._asked = sql, token, endpoint, more
        self.thread = threading.Thread(target=self._ask, daemon=True)
        self.thread.start()

    def _ask(self) -> None:
        sql, token, endpoint, more = self._asked
        headers = {"Authorization": f"Basic {token}", "X-Request-Id": self.id}
        self.answer = self.client.post(f"/restapi/{endpoint}", content=sql, params=more, headers=headers)

    def wait(self) -> tuple[int, object]:
        """(status, desc)"""
        self.thread.join(30)
        assert self.answer is not None
        self.client.close()
        return self.answer.status_code, self.answer.json()["desc"]


def listed(server: Server, token: str = ROOT_TOKEN) -> dict[str, list[object]]:
    """SHOW QUERIES by id."""
    return {str(row[0]): row for row in server.rows("SHOW QUERIES", token=token)}


def cancel(server: Server, number: str, token: str = ROOT_TOKEN) -> tuple[int, dict[str, object]]:
    answer = server.send("DELETE", f"/restapi/query/{number}", Authorization=f"Basic {token}")
    return answer.status_code, answer.json()


@pytest.mark.parametrize("by, status", [("run_ann", 200), ("root", 200), ("run_bob", 404)])
def test_a_query_is_ended_by_its_owner_or_an_admin(people: Server, by: str, status: int) -> None:
    asked = Asked(people, ENDLESS, USERS["run_ann"])
    wait_until(lambda: asked.id in listed(people))
    token = USERS.get(by, ROOT_TOKEN)
    assert (asked.id in listed(people, token)) == (status == 200)
    found, body = cancel(people, asked.id, token)
    assert found == status
    if status == 404:
        assert body == {"code": -1, "desc": f'there is no running query "{asked.id}"'}
        assert cancel(people, "nobodys", token)[1] == {"code": -1, "desc": 'there is no running query "nobodys"'}
        cancel(people, asked.id)
    else:
        assert body == {"code": 0, "desc": "cancel success"}
    ending = time.monotonic()
    assert asked.wait() == (500, CANCELED)
    assert time.monotonic() - ending < 1
    assert cancel(people, asked.id)[0] == 404  # it has ended
    assert people.rows("SELECT 1") == [[1]]


def test_show_queries_and_show_sessions(people: Server) -> None:
    token = people.login("run_ann", "run_ann-password-1")
    asked = Asked(people, ENDLESS, token)
    wait_until(lambda: asked.id in listed(people) and listed(people)[asked.id][9] == "executing")
    (_, node, session, user, start, text, address, application, distributed, phase) = listed(people)[asked.id]
    assert (node, user, text, address, application, distributed) == (1, "run_ann", ENDLESS, "127.0.0.1", "", False)
    assert str(start).startswith("20") and phase == "executing"
    found = {row[1]: row for row in people.rows("SHOW SESSIONS")}
    assert found[session][2:6] == ["run_ann", "127.0.0.1", "", ENDLESS]
    assert found[""][2] == "root"  # who asks by a password has no session
    assert {row[2] for row in people.rows("SHOW SESSIONS", token=USERS["run_bob"])} == {"run_bob"}
    cancel(people, asked.id, USERS["run_ann"])
    assert asked.wait() == (500, CANCELED)
    found = {row[1]: row for row in people.rows("SHOW SESSIONS")}
    assert found[session][5:7] == ["", ENDLESS]


@pytest.mark.parametrize(
    "timeout, status",
    [("0.3", 500), ("300ms", 500), ("0", 400), ("-1", 400), ("nan", 400), ("1h", 400), ("1e3", 400), ("", 400)],
)
def test_the_timeout_of_a_request(people: Server, timeout: str, status: int) -> None:
    started = time.monotonic()
    answer = people.post("query", ENDLESS, timeout=timeout)
    assert (answer.status_code, answer.json()["code"]) == (status, status)
    assert time.monotonic() - started < 1.5
    if status == 500:
        assert (answer.json()["desc"], answer.headers["x-sqlstate"]) == (TIMEOUT, "57014")


def test_the_setting_bounds_every_request(server: Server) -> None:
    prepared(server)
    server.ddl("SET CLUSTER SETTING server.query.timeout = '1s'")
    for more in ({}, {"timeout": "30"}):
        started = time.monotonic()
        answer = server.post("query", ENDLESS, **more)
        assert (answer.status_code, answer.json()["desc"]) == (500, TIMEOUT)
        assert 0.9 < time.monotonic() - started < 2.5
    server.ddl("RESET CLUSTER SETTING server.query.timeout")


@pytest.mark.parametrize("endpoint, sql", [
    ("ddl", "DELETE FROM run_copy WHERE v IN (SELECT max(a.v) FROM run_big AS a, run_big AS b, run_big AS c)"),
    ("insert", "INSERT INTO run_copy SELECT a.v FROM run_big AS a, run_big AS b, run_big AS c"),
])  # fmt: skip
@pytest.mark.parametrize("how", ["deadline", "cancel"])
def test_a_write_that_is_ended_is_not_half_done(people: Server, endpoint: str, sql: str, how: str) -> None:
    more = {"timeout": "0.5"} if how == "deadline" else {}
    asked = Asked(people, f"{sql}; {sql}", endpoint=endpoint, **more)
    if how == "cancel":
        wait_until(lambda: asked.id in listed(people) and listed(people)[asked.id][9] == "executing")
        assert cancel(people, asked.id)[0] == 200
    status, descriptions = asked.wait()
    assert (status, descriptions) == (500, [TIMEOUT if how == "deadline" else CANCELED] * 2)
    assert people.rows("SELECT count(*) FROM run_copy") == [[1]]


def test_who_leaves_ends_his_queries(people: Server) -> None:
    """150 clients ask for something endless and go, one after the other ones; nothing of them is left within a second."""
    tls = people.tls()

    def ask_and_leave(number: int) -> None:
        client = httpx.Client(base_url=people.url, verify=tls, timeout=httpx.Timeout(10, read=0.3))
        headers = {"Authorization": f"Basic {USERS['run_ann']}"}
        with client, pytest.raises(httpx.ReadTimeout):
            answer = client.post("/restapi/query", content=ENDLESS, headers=headers)
            pytest.fail(answer.text)

    with ThreadPoolExecutor(25) as pool:
        list(pool.map(ask_and_leave, range(150)))
    gone = time.monotonic()
    wait_until(lambda: len(listed(people)) == 1)
    assert time.monotonic() - gone < 1.5
    ready = people.send("GET", "/ready", Authorization=f"Basic {ROOT_TOKEN}").json()
    assert ready["queries_abandoned"] == 0
    assert people.rows("SELECT 1") == [[1]]
