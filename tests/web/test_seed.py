"""The seed's examples, key for key (contract, Bodies)."""

from __future__ import annotations

import pytest

from tests.web.server import ROOT, Server

WRONG = "the provided username and password did not match any credentials on the server"
TOKEN = "Incorrect authentication token"


def test_login(server: Server) -> None:
    reply = server.send("GET", "/restapi/login", b"", "Username: root", "Password: secret")
    assert (reply.status, list(reply.json)) == (200, ["code", "token"])
    assert reply.json == {"code": 0, "token": "token-of-root"}
    assert (reply.headers["content-type"], reply.headers["accept"]) == ("application/json", "text/plain")
    assert reply.headers["cache-control"] == "no-store"


def test_ddl(server: Server) -> None:
    reply = server.post("ddl", "ok; ok;")
    assert reply.json == {"code": 0, "desc": ["success", "success"], "time": 0.002}
    assert list(reply.json) == ["code", "desc", "time"]


def test_insert(server: Server) -> None:
    reply = server.post("insert", "ok;ok;")
    assert reply.json == {"code": 0, "desc": ["success", "success"], "rows": 2, "notice": None, "time": 0.002}
    assert list(reply.json) == ["code", "desc", "rows", "notice", "time"]


def test_query(server: Server) -> None:
    reply = server.post("query", "select * from ts_table;")
    body = reply.json
    assert list(body) == ["code", "desc", "time", "column_meta", "data", "rows"]
    assert body["column_meta"] == [["ts", "TIMESTAMP", 8], ["id", "VARCHAR", 128], ["electricity", "FLOAT", 8]]
    assert body["data"] == [
        ["2023-07-30T06:44:40.32Z", "198352498", 0.31],
        ["2023-07-30T06:44:41.32Z", "234758890", 0.33],
    ]
    assert (body["code"], body["desc"], body["rows"]) == (0, None, 2)
    assert 0.022829285 <= body["time"] < 5


def test_telegraf(server: Server) -> None:
    reply = server.post("telegraf", 'myMeasurement,tag1=value1,tag2=value2 fieldKey="fieldValue" 1556813561098000000\n')
    assert reply.json == {"code": 0, "desc": None, "rows": 1, "time": 0.002}
    assert list(reply.json) == ["code", "desc", "rows", "time"]


def test_sessions(server: Server) -> None:
    reply = server.send("GET", "/restapi/session", b"", "Username: root", "Password: secret")
    number = reply.json["session"][0]["SessionId"]
    assert (reply.json["code"], list(reply.json)) == (0, ["code", "session"])
    assert server.send("GET", "/restapi/session", b"", "Username: ann", "Password: pass:word").json == {
        "code": 0,
        "session": [],
    }
    refused = server.send("DELETE", "/restapi/session", number.encode(), "Username: ann", "Password: pass:word")
    assert (refused.status, refused.json) == (401, {"code": -1, "desc": "do not have authority, please check."})
    gone = server.send("DELETE", "/restapi/session", number.encode(), ROOT)
    assert (gone.status, gone.json) == (200, {"code": 0, "desc": "delete success"})
    server.access.sessions.append(number)
    by_header = server.send("DELETE", "/restapi/session", b"", ROOT, f"token_id: {number}")
    assert by_header.json == {"code": 0, "desc": "delete success"}
    server.access.sessions.append(number)


NULL_ROWS = {"rows": None, "time": None}


@pytest.mark.parametrize(
    "endpoint, header, status, body",
    [
        ("ddl", None, 401, {"code": -1, "desc": [TOKEN, TOKEN], "time": None}),
        ("insert", None, 401, {"code": -1, "desc": [TOKEN, TOKEN], "rows": None, "notice": None, "time": None}),
        ("query", None, 401, {"code": 401, "desc": TOKEN, "time": None, "column_meta": None, "data": None, "rows": None}),
        ("telegraf", None, 401, {"code": 500, "desc": TOKEN, "rows": None, "time": None}),
        ("ddl", "Username: root\r\nPassword: wrong", 401, {"code": -1, "desc": [WRONG, WRONG], "time": None}),
        ("telegraf", "Username: root\r\nPassword: wrong", 401, {"code": 500, "desc": WRONG, "rows": None, "time": None}),
        ("ddl", "Authorization: Basic cm9vdDp3cm9uZw==", 401, {"code": -1, "desc": [TOKEN, TOKEN], "time": None}),
    ],
)  # fmt: skip
def test_wrong_credentials_keep_the_endpoints_shape(
    server: Server, endpoint: str, header: str | None, status: int, body: dict[str, object]
) -> None:
    reply = server.send("POST", f"/restapi/{endpoint}", b"ok; ok;", *([header] if header else []))
    assert (reply.status, reply.json, list(reply.json)) == (status, body, list(body))
    assert reply.headers["www-authenticate"] == 'Basic realm="kwrest", charset="UTF-8"'


@pytest.mark.parametrize(
    "header", [(), ("Username: root", "Password: no"), ("Authorization: Basic !",), ("Authorization: Bearer x",)]
)
def test_login_has_one_text_for_wrong_credentials(server: Server, header: tuple[str, ...]) -> None:
    reply = server.send("GET", "/restapi/login", b"", *header)
    assert (reply.status, reply.json) == (401, {"code": -1, "desc": WRONG})


def test_query_of_a_missing_table(server: Server) -> None:
    reply = server.post("query", "missing")
    assert reply.status == 500
    assert reply.json == {
        "code": 500,
        "desc": "No table named ts_table found",
        "time": None,
        "column_meta": None,
        "data": None,
        "rows": None,
    }
    assert reply.headers["x-sqlstate"] == "42P01"


def test_health_and_ready(server: Server) -> None:
    assert server.send("GET", "/health").json == {"name": "kwrest", "status": "pass", "version": "0.1.0"}
    assert server.send("GET", "/ready").json == {"ready": True}
    assert server.send("GET", "/ready", b"", ROOT).json == {"ready": True, "disk": "fine"}
    server.readiness.ready = False
    reply = server.send("GET", "/ready")
    server.readiness.ready = True
    assert (reply.status, reply.json, reply.headers["retry-after"]) == (503, {"ready": False}, "1")
