"""Rude and odd requests on the TLS port: input · endpoint · status · code (contract T5–T8, status table)."""

from __future__ import annotations

import pytest

from tests.web.server import ROOT, Server

BOM = b"\xef\xbb\xbf"


def test_methods_and_paths(server: Server) -> None:
    for method, target, status, allow in (
        ("GET", "/restapi/query", 405, "POST"),
        ("GET", "/restapi/ddl", 405, "POST"),
        ("PUT", "/restapi/telegraf", 405, "POST"),
        ("POST", "/restapi/login", 405, "GET"),
        ("PATCH", "/restapi/session", 405, "GET, DELETE"),
        ("HEAD", "/restapi/login", 405, "GET"),
        ("OPTIONS", "/health", 405, "GET, HEAD"),
        ("OPTIONS", "/restapi/insert", 405, "POST"),
        ("POST", "/health", 405, "GET, HEAD"),
        ("GET", "/", 404, None),
        ("POST", "/restapi/influxdb", 404, None),
        ("GET", "/restapi/login/", 404, None),
        ("GET", "/restapi/../health", 404, None),
    ):
        reply = server.send(method, target)
        assert (reply.status, reply.headers.get("allow")) == (status, allow), target
        assert method == "HEAD" or reply.json["code"] == -1


@pytest.mark.parametrize(
    "body, endpoint, status, code",
    [
        (b"", "ddl", 400, -1),
        (b"", "insert", 400, -1),
        (b"", "query", 400, 400),
        (b"", "telegraf", 400, -1),
        (b" \r\n\t", "query", 400, 400),
        (BOM, "query", 400, 400),
        (b"\xff\xfe", "query", 400, 400),
        (b"ok \xc3", "ddl", 400, -1),
        (b"m v=1\n\xff\n", "telegraf", 400, -1),
        (b'  {"sql": "select 1"}', "query", 400, 400),
        (b'{"sql": "x"}', "ddl", 400, -1),
        (b'\n{"sql": "x"}', "insert", 400, -1),
        (b"select 1", "ddl", 400, -1),
        (b"select 1", "insert", 400, -1),
        (b"fail", "ddl", 500, -1),
        (b"ok; fail; ok", "insert", 500, -1),
        (b"missing", "query", 500, 500),
        (b"slow", "query", 500, 500),
        (b"memory", "query", 503, 503),
        (b"bug", "query", 500, 500),
        (b"good v=1\ngood v=2\n", "telegraf", 200, 0),
        (b"good v=1\nbad\n", "telegraf", 200, -1),
        (b"good v=1\nabsent v=1\n", "telegraf", 200, -1),
        (b"bad\nbad\n", "telegraf", 400, -1),
        (b"absent v=1\n", "telegraf", 500, -1),
        (b"bad\nabsent v=1\n", "telegraf", 500, -1),
        (b"full v=1\n", "telegraf", 503, -1),
        (b"full v=1\nbad\n", "telegraf", 503, -1),
        (BOM + b"ok", "ddl", 200, 0),
        (BOM + b"good v=1", "telegraf", 200, 0),
        (b"good v=1\r\n\r\ngood v=1\r\n", "telegraf", 200, 0),
    ],
)  # fmt: skip
def test_bodies(server: Server, body: bytes, endpoint: str, status: int, code: int) -> None:
    reply = server.post(endpoint, body)
    assert (reply.status, reply.json["code"]) == (status, code)
    assert (status == 503) == ("retry-after" in reply.headers)
    assert (status != 200) <= ("x-sqlstate" in reply.headers)


def test_the_shape_is_kept_by_every_failure(server: Server) -> None:
    shapes = {
        "ddl": ["code", "desc", "time"],
        "insert": ["code", "desc", "rows", "notice", "time"],
        "query": ["code", "desc", "time", "column_meta", "data", "rows"],
        "telegraf": ["code", "desc", "rows", "time"],
    }
    for endpoint, keys in shapes.items():
        for reply in (
            server.post(endpoint, ""),
            server.post(f"{endpoint}?db=", "x"),
            server.send("GET", f"/restapi/{endpoint}"),
        ):
            assert list(reply.json) == keys
            assert isinstance(reply.json["desc"], list) == (endpoint in ("ddl", "insert"))


def test_an_internal_error_says_nothing_of_the_inside(server: Server) -> None:
    reply = server.post("query", "bug", "X-Request-Id: my-1.x_Y")
    assert reply.json["desc"] == "internal error, see the server's log for request my-1.x_Y"
    assert b"secret" not in reply.body


@pytest.mark.parametrize(
    "given, kept", [("a.B-9_", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("a;b", False), ("", False)]
)
def test_request_id(server: Server, given: str, kept: bool) -> None:
    found = server.send("GET", "/health", b"", f"X-Request-Id: {given}").headers["x-request-id"]
    assert found == given if kept else (found != given and len(found) >= 16)


@pytest.mark.parametrize(
    "query, status, database, zone",
    [
        ("", 200, "defaultdb", "UTC"),
        ("?db=db1", 200, "db1", "UTC"),
        ("?db=db%31", 200, "db1", "UTC"),
        ("?other=1&other=2&db=db1", 200, "db1", "UTC"),
        ("?tz=8", 200, "defaultdb", "Etc/GMT-8"),
        ("?tz=%278%27", 200, "defaultdb", "Etc/GMT-8"),
        ("?tz=-12", 200, "defaultdb", "Etc/GMT+12"),
        ("?tz=14", 200, "defaultdb", "Etc/GMT-14"),
        ("?tz=0", 200, "defaultdb", "UTC"),
        ("?tz=asia/shanghai", 200, "defaultdb", "Asia/Shanghai"),
        ("?tz=%27Asia/Shanghai%27", 200, "defaultdb", "Asia/Shanghai"),
        ("?tz=%2B05:30", 200, "defaultdb", "GMT+05:30"),
        ("?tz=+05:30", 200, "defaultdb", "GMT+05:30"),
        ("?tz=-0330", 200, "defaultdb", "GMT-03:30"),
        ("?tz=Z", 200, "defaultdb", "UTC"),
        ("?tz=15", 400, None, None),
        ("?tz=-13", 400, None, None),
        ("?tz=%2B14:30", 400, None, None),
        ("?tz=%2B05:60", 400, None, None),
        ("?tz=Mars/Base", 400, None, None),
        ("?tz=../../etc/passwd", 400, None, None),
        ("?tz=", 400, None, None),
        ("?tz=8&tz=8", 400, None, None),
        ("?db=a&db=b", 400, None, None),
        ("?db=", 400, None, None),
        ("?db", 400, None, None),
        ("?db=%zz", 400, None, None),
        ("?db=%ff", 400, None, None),
        ("?db=a%00", 400, None, None),
        ("?db=nodb", 400, None, None),
    ],
)  # fmt: skip
def test_parameters(server: Server, query: str, status: int, database: str | None, zone: str | None) -> None:
    reply = server.post(f"ddl{query}", "ok")
    assert reply.status == status
    if status == 200:
        seen = server.statements.requests[-1]
        assert (seen.database, seen.zone.key) == (database, zone)
    else:
        assert reply.json["code"] == -1


def test_time_zone_error_is_kwdbs(server: Server) -> None:
    reply = server.post("query?tz=Mars", "x")
    assert (reply.json["code"], reply.json["desc"]) == (400, 'invalid value for parameter "timezone": "Mars"')


@pytest.mark.parametrize(
    "query, precision",
    [
        ("", "ns"),
        ("?precision=ms", "ms"),
        ("?precision=auto", "auto"),
        ("?precision=m", None),
        ("?precision=s&precision=s", None),
    ],
)
def test_precision(server: Server, query: str, precision: str | None) -> None:
    reply = server.post(f"telegraf{query}", "good v=1 1")
    assert reply.status == (200 if precision else 400)
    if precision:
        assert server.lines.submitted[-1][2] == precision


def test_db_is_ignored_on_login_and_session(server: Server) -> None:
    assert server.send("GET", "/restapi/login?db=a&db=b", b"", ROOT).status == 200
    assert server.send("GET", "/restapi/session?db=", b"", ROOT).status == 200


def test_refused_lines_are_named(server: Server) -> None:
    body = "good v=1\n" + "bad " + "x" * 500 + "\n" + "bad\n" * 150
    reply = server.post("telegraf", body)
    assert (reply.status, reply.json["rows"]) == (200, 1)
    desc = reply.json["desc"]
    assert desc.startswith("line 2: no fields: bad xxx") and "line 3: no fields: bad" in desc
    assert "x" * 201 not in desc and desc.count("line ") == 100 and desc.endswith("and 51 more")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "plain/text",
        "application/x-www-form-urlencoded",
        "application/json",
        "multipart/form-data; boundary=x",
    ],
)
def test_content_types_are_never_inspected(server: Server, content_type: str) -> None:
    assert server.post("insert", "ok", f"Content-Type: {content_type}").status == 200
