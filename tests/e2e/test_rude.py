"""Rude requests: input · endpoint · status · code; one clear sentence each, nothing changed, the server alive."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.server import ROOT_TOKEN, Server

BIG = 100 * 1000 * 1000
LONG = "n" * 300
INSERT = "INSERT INTO t VALUES "

# what, endpoint, body, status, code
RUDE: list[tuple[str, str, bytes | str, int, int]] = [
    ("empty", "ddl", b"", 400, -1),
    ("empty", "insert", b"", 400, -1),
    ("empty", "query", b"", 400, 400),
    ("empty", "telegraf", b"", 400, -1),
    ("blank", "query", b" \n\t", 400, 400),
    ("only semicolons", "ddl", b";;;", 400, -1),
    ("only a comment", "query", b"-- nothing", 400, 400),
    ("not UTF-8", "ddl", b"\xff\xfe", 400, -1),
    ("not UTF-8", "insert", b"INSERT INTO t VALUES (1, '\xff', 1)", 400, -1),
    ("not UTF-8", "query", b"\xff\xfe", 400, 400),
    ("not UTF-8", "telegraf", b"t,id=1 s=\"\xff\" 1", 400, -1),
    ("100 MB", "insert", b"x" * BIG, 413, -1),
    ("100 MB", "telegraf", b"#" * BIG, 413, -1),
    ("unterminated quote", "query", "select 'a", 400, 400),
    ("unterminated quote", "ddl", "CREATE TABLE \"x", 400, -1),
    ("unterminated comment", "insert", "/* INSERT INTO t VALUES (1)", 400, -1),
    ("10 001 statements", "insert", "INSERT INTO t VALUES (1, 1, 'a', 1);" * 10_001, 400, -1),
    ("10 000 parentheses", "query", "select " + "(" * 10_000 + "1" + ")" * 10_000, 500, 500),
    ("10 000 operators", "query", "select " + "1+" * 10_000 + "1", 500, 500),
    ("10 000 NOTs", "query", "select " + "not " * 10_000 + "true", 500, 500),
    ("JSON body", "query", '{"sql": "select 1"}', 400, 400),
    ("select on ddl", "ddl", "select 1", 400, -1),
    ("insert on ddl", "ddl", INSERT + "(1, 1, 'a', 1)", 400, -1),
    ("insert on query", "query", INSERT + "(1, 1, 'a', 1)", 400, 400),
    ("drop on query", "query", "DROP TABLE t", 400, 400),
    ("drop on insert", "insert", "DROP TABLE t", 400, -1),
    ("drop behind an insert", "insert", INSERT + "(1, 1, 'a', 1); DROP TABLE t", 400, -1),
    ("select behind a drop", "ddl", "DROP TABLE t; select 1", 400, -1),
    ("write hidden in WITH", "query", "WITH x AS (DELETE FROM t RETURNING v) SELECT * FROM x", 500, 500),
    ("EXPLAIN of a write", "query", "EXPLAIN ANALYZE DELETE FROM t", 500, 500),
    ("no SQL at all", "ddl", "hello", 500, -1),
    ("half a statement", "query", "select * from", 500, 500),
    ("name of 300 characters", "ddl", f"CREATE TABLE {LONG} (ts timestamp not null, v int) TAGS (id int not null) PRIMARY TAGS (id)", 500, -1),
    ("database of 300 characters", "ddl", f"CREATE TS DATABASE {LONG}", 500, -1),
    ("column of 300 characters", "ddl", f"CREATE TABLE x (ts timestamp not null, {LONG} int) TAGS (id int not null) PRIMARY TAGS (id)", 500, -1),
    ("tag of 300 characters", "ddl", f"CREATE TABLE x (ts timestamp not null, v int) TAGS ({LONG} int not null) PRIMARY TAGS ({LONG})", 500, -1),
    ("NUL in text", "insert", "INSERT INTO t VALUES (1, 1, 'a\0b', 1)", 400, -1),
    ("NUL in a query", "query", "select 'a\0b'", 400, 400),
    ("column twice", "ddl", "CREATE TABLE x (ts timestamp not null, v int, v int) TAGS (id int not null) PRIMARY TAGS (id)", 500, -1),
    ("column twice in INSERT", "insert", "INSERT INTO t (ts, v, v, id) VALUES (1, 1, 1, 1)", 500, -1),
    ("number out of range", "insert", INSERT + "(1, 2147483648, 'a', 1)", 500, -1),
    ("number beyond int64", "insert", INSERT + "(1, 99999999999999999999, 'a', 1)", 500, -1),
    ("year 99999", "insert", INSERT + "('99999-01-01 00:00:00', 1, 'a', 1)", 500, -1),
    ("not a time", "insert", INSERT + "('half past ten', 1, 'a', 1)", 500, -1),
    ("text too long", "insert", INSERT + "(1, 1, '" + "x" * 11 + "', 1)", 500, -1),
    ("a text of a megabyte", "insert", INSERT + "(1, 1, '" + "x" * 1_000_000 + "', 1)", 500, -1),
    ("missing primary tag", "insert", "INSERT INTO t (ts, v) VALUES (1, 1)", 500, -1),
    ("NULL primary tag", "insert", INSERT + "(1, 1, 'a', NULL)", 500, -1),
    ("NULL time", "insert", INSERT + "(NULL, 1, 'a', 1)", 500, -1),
    ("too many values", "insert", INSERT + "(1, 1, 'a', 1, 1)", 500, -1),
    ("text for a number", "insert", INSERT + "(1, 'one', 'a', 1)", 500, -1),
    ("expression in VALUES", "insert", INSERT + "(1, 1 + 1, 'a', 1)", 500, -1),
    ("subquery in VALUES", "insert", INSERT + "(1, (select 1), 'a', 1)", 500, -1),
    ("no such table", "insert", "INSERT INTO nope VALUES (1)", 500, -1),
    ("no such table", "query", "select * from nope", 500, 500),
    ("no such column", "query", "select nope from t", 500, 500),
    ("no such function", "query", "select nope(1)", 500, 500),
    ("division by zero", "query", "select 1 / 0", 500, 500),
    ("division by zero in rows", "query", "select v / (v - v) from t", 500, 500),
    ("not comparable", "query", "select * from t where s = 12", 500, 500),
    ("aggregate in WHERE", "query", "select v from t where sum(v) > 1", 500, 500),
    ("ungrouped column", "query", "select v, sum(v) from t group by s", 500, 500),
    ("negative LIMIT", "query", "select v from t limit -1", 500, 500),
    ("system table", "query", "select * from kwrest_system.users, pg_catalog.pg_class", 500, 500),
    ("no line protocol", "telegraf", "hello", 400, -1),
    ("no fields", "telegraf", "t,id=1 1", 400, -1),
    ("field without value", "telegraf", "t,id=1 v= 1", 400, -1),
    ("int64 overflow", "telegraf", "t,id=1 v=9223372036854775808i 1", 400, -1),
    ("1e400", "telegraf", "t,id=1 v=1e400 1", 400, -1),
    ("unterminated string", "telegraf", 't,id=1 s="abc 1', 400, -1),
    ("text for a number", "telegraf", 't,id=1 v="one" 1', 400, -1),
    ("field twice", "telegraf", "t,id=1 v=1i,v=2i 1", 400, -1),
    ("line of NULs", "telegraf", b"t,id=1 s=\"\0\" 1", 400, -1),
    ("no such table", "telegraf", "nope,id=1 v=1i 1", 500, -1),
    ("no such column", "telegraf", "t,id=1 nope=1i 1", 500, -1),
    ("missing primary tag", "telegraf", "t v=1i 1", 400, -1),
]  # fmt: skip


@pytest.fixture(scope="module")
def rude(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("rude") / "data").start()
    server.ddl("CREATE TABLE t (ts timestamp not null, v int, s varchar(10)) TAGS (id int not null) PRIMARY TAGS (id)")
    server.insert("INSERT INTO t VALUES (1000, 7, 'seven', 1)")
    yield server
    assert server.stop() == 0


def _described(body: dict[str, Any]) -> str:
    return body["desc"] if isinstance(body["desc"], str) else "; ".join(body["desc"])


@pytest.mark.parametrize("row", RUDE, ids=[f"{r[1]}-{r[0]}" for r in RUDE])
def test_rude(rude: Server, row: tuple[str, str, bytes | str, int, int]) -> None:
    _, endpoint, body, status, code = row
    answer = rude.post(endpoint, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text[:300]
    described = _described(answer.json())
    assert described and "\n" not in described and "Traceback" not in described
    assert len(described) < 4000  # enough to find what was wrong, and no megabytes sent back
    for leak in (
        "duckdb",
        "DuckDB",
        "Binder Error",
        "Parser Error",
        "Catalog Error",
        "/home",
        "/tmp",
        "p10",
        "pyarrow",
        "LINE 1",
    ):
        assert leak not in described
    assert "internal error" not in described
    assert rude.rows("SELECT * FROM t") == [["1970-01-01T00:00:01Z", 7, "seven", 1]]


# path and query, method, status
PATHS = [
    ("POST", "/restapi/nothing", 404), ("GET", "/", 404), ("GET", "/restapi", 404), ("POST", "/restapi/influxdb", 404),
    ("GET", "/restapi/query", 405), ("PUT", "/restapi/insert", 405), ("POST", "/restapi/login", 405), ("DELETE", "/restapi/ddl", 405),
    ("PUT", "/restapi/session", 405),
    ("POST", "/restapi/query?db=nope", 400), ("POST", "/restapi/ddl?db=nope", 400), ("POST", "/restapi/insert?db=nope", 400),
    ("POST", "/restapi/telegraf?db=nope", 500),
    ("POST", "/restapi/query?db=defaultdb&db=defaultdb", 400), ("POST", "/restapi/query?tz=Mars", 400),
    ("POST", "/restapi/query?tz=15", 400), ("POST", "/restapi/query?db=kwrest_system", 400), ("POST", "/restapi/query?db=%ff", 400),
    ("POST", "/restapi/telegraf?precision=h", 400), ("GET", "/../../etc/passwd", 404), ("GET", "/restapi/login?db=nope", 200),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), PATHS)
def test_paths(rude: Server, method: str, path: str, status: int) -> None:
    bodies = {
        "query": "select 1",
        "telegraf": "t,id=1 v=1i 1",
        "insert": "INSERT INTO t VALUES (1, 1, 'a', 1)",
        "ddl": "DROP TABLE t",
    }
    endpoint = path.removeprefix("/restapi/").partition("?")[0]
    content = bodies.get(endpoint, "").encode()
    answer = rude.http.request(method, path, content=content, headers={"Authorization": f"Basic {ROOT_TOKEN}"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json" and "x-request-id" in answer.headers
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Encoding": "gzip"}, b"no gzip", 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"select 1", mtime=0)[:-9], 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b" " * BIG), 413),
        ({"Content-Encoding": "br"}, b"select 1", 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"select 1", mtime=0), 200),
        ({"Origin": "https://elsewhere.example"}, b"select 1", 400),
        ({"Sec-Fetch-Site": "cross-site"}, b"select 1", 400),
        ({"X-Request-Id": "a.b-c_1"}, b"select 1", 200),
        ({"Content-Type": "application/json"}, b"select 1", 200),
        ({}, "\ufeffselect 1".encode(), 200),
    ],
)
def test_headers(rude: Server, headers: dict[str, str], body: bytes, status: int) -> None:
    answer = rude.http.post("/restapi/query", content=body, headers={"Authorization": f"Basic {ROOT_TOKEN}"} | headers)
    assert answer.status_code == status, answer.text[:200]
    if "X-Request-Id" in headers:
        assert answer.headers["x-request-id"] == headers["X-Request-Id"]


def test_an_answer_is_cut_after_a_whole_row(rude: Server) -> None:
    rude.ddl("CREATE TABLE wide (k int8, s string)")
    for first in range(0, 6000, 1000):
        rude.insert(
            "INSERT INTO wide VALUES " + ", ".join(f"({n}, '{'x' * 1000}')" for n in range(first, first + 1000))
        )
    answer = rude.post("query", "SELECT k, s FROM wide ORDER BY k")
    body = json.loads(answer.content)
    assert len(answer.content) <= 5_000_000 and answer.headers["x-truncated"] == "true"
    assert list(body)[-1] == "truncated" and body["truncated"] is True
    assert body["rows"] == len(body["data"]) and [r[0] for r in body["data"]] == list(range(body["rows"]))
    assert body["rows"] > 4900
