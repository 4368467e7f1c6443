"""Rude and odd requests on the TLS port: input · endpoint · status · code (contract T5–T8, status table)."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

import pytest

from kwrest.web.config import RequestLimits
from tests.web.server import ROOT, Server, closed, read_reply, request, serving

BOM = b"\xef\xbb\xbf"


def test_methods_and_paths(server: Server) -> None:
    for method, target, status, allow in (
        ("GET", "/restapi/query", 405, "POST"),
        ("GET", "/restapi/ddl", 405, "POST"),
        ("PUT", "/restapi/telegraf", 405, "POST"),
        ("POST", "/restapi/login", 405, "GET"),
        ("PATCH", "/restapi/session", 405, "GET, DELETE"),
        ("HEAD", "/restapi/login", 405, "GET"),
        ("OPTIONS", "/restapi/insert", 405, "POST"),
        ("POST", "/health", 405, "GET"),
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


# ---------------------------------------------------------------- compression


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data)


@pytest.mark.parametrize(
    "body, coding, status",
    [
        (gzipped(b"ok;ok"), "gzip", 200),
        (gzipped(b"ok;") + gzipped(b"ok"), "gzip", 200),
        (gzipped(b"ok;ok"), "GZIP", 200),
        (gzipped(b"ok;ok"), "x-gzip", 200),
        (b"ok;ok", "identity", 200),
        (b"ok;ok", "gzip", 400),
        (gzipped(b"ok;ok")[:-3], "gzip", 400),
        (gzipped(b"ok;ok") + b"rest", "gzip", 400),
        (gzipped(b"ok;ok")[:-6] + b"\0\0\0\0\0\0", "gzip", 400),
        (zlib.compress(b"ok;ok"), "gzip", 400),
        (gzipped(b""), "gzip", 400),
        (b"", "gzip", 400),
        (gzipped(b""), "gzip, gzip", 400),
        (zlib.compress(b"ok"), "deflate", 400),
        (b"ok", "br", 400),
        (gzipped(b"x") * 10_001, "gzip", 400),
    ],
)  # fmt: skip
def test_content_encoding(server: Server, body: bytes, coding: str, status: int) -> None:
    reply = server.post("ddl", body, f"Content-Encoding: {coding}")
    assert reply.status == status
    if status == 200:
        assert reply.json["desc"] == ["success", "success"]


def test_sizes(certs: Path) -> None:
    with serving(certs, RequestLimits(body_bytes=100_000)) as server:
        bomb = gzipped(b" " * 50_000_000)
        for body, headers, status in (
            (b"ok" + b" " * 99_998, (), 200),
            (b"ok" + b" " * 99_999, (), 413),
            (gzipped(b"ok" + b" " * 99_998), ("Content-Encoding: gzip",), 200),
            (gzipped(b"ok" + b" " * 99_999), ("Content-Encoding: gzip",), 413),
            (bomb, ("Content-Encoding: gzip",), 413),
        ):
            reply = server.post("ddl", body, *headers)
            assert (reply.status, reply.json["code"]) == (status, 0 if status == 200 else -1), len(body)
        assert server.post("query", b"x" * 100_001).json["code"] == 413


def test_a_body_that_is_too_large_and_written_first_is_answered(certs: Path) -> None:
    with serving(certs, RequestLimits(body_bytes=100_000)) as server:
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/ddl", b"x" * 8_000_000, ROOT))
        assert read_reply(sock).status == 413
        assert closed(sock)
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/ddl", b"", ROOT, "Transfer-Encoding: chunked", length=False))
        for _ in range(100):
            sock.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert read_reply(sock).status == 413


def test_answers_are_compressed_when_the_client_takes_it(server: Server) -> None:
    for accept, packed in (
        ("gzip, deflate", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0.0, *", False),
        ("br", False),
        ("identity", False),
    ):
        reply = server.post("query", "rows 1000 of 20 bytes as string", f"Accept-Encoding: {accept}")
        assert (reply.headers.get("content-encoding") == "gzip") == packed, accept
        body = gzip.decompress(reply.body) if packed else reply.body
        assert json.loads(body)["rows"] == 1000
    assert "content-encoding" not in server.send("GET", "/health", b"", "Accept-Encoding: gzip").headers


def test_chunked(server: Server) -> None:
    sock = server.connect()
    sock.sendall(
        request(
            "POST", "/restapi/telegraf", b"", ROOT, "Transfer-Encoding: chunked", "Content-Encoding: gzip", length=False
        )
    )
    data = gzipped(b"good v=1 1\n" * 1000)
    for at in range(0, len(data), 7):
        part = data[at : at + 7]
        sock.sendall(b"%x\r\n%b\r\n" % (len(part), part))
    sock.sendall(b"0\r\n\r\n")
    assert read_reply(sock).json["rows"] == 1000


def test_expect_continue_is_answered_after_authentication(server: Server) -> None:
    sock = server.connect()
    sock.sendall(request("POST", "/restapi/ddl", b"", ROOT, "Expect: 100-continue", "Content-Length: 2", length=False))
    assert read_reply(sock).status == 100
    sock.sendall(b"ok")
    assert read_reply(sock).json["desc"] == ["success"]
    stranger = server.connect()
    stranger.sendall(request("POST", "/restapi/ddl", b"", "Expect: 100-continue", "Content-Length: 2", length=False))
    reply = read_reply(stranger)
    assert (reply.status, reply.headers["connection"], len(reply.json["desc"])) == (401, "close", 1)


# ---------------------------------------------------------------- strangers


def test_without_credentials_only_the_beginning_is_read(server: Server) -> None:
    for body, headers, entries in (
        (b"ok;" * 5, (), 5),
        (b"", (), 1),
        (b"ok;" * 500, (), 100),
        (b"ok;" * 10 + b" " * 8_000_000 + b";ok;ok", (), 10),
        (gzipped(b"ok;" * 50), ("Content-Encoding: gzip",), 1),
        (b"\xff\xfe;ok", (), 2),
    ):
        reply = server.post("insert", body, "-", *headers)
        assert (reply.status, len(reply.json["desc"])) == (401, entries), body[:20]


def test_a_strangers_parameters_are_not_judged(server: Server) -> None:
    assert server.post("query?tz=Mars", "x", "-").status == 401


def test_a_connection_goes_on_after_a_small_refused_body(server: Server) -> None:
    sock = server.connect()
    assert server.post("insert", "ok;ok", "-", sock=sock).status == 401
    assert server.post("insert", "ok;ok", sock=sock).status == 200
    assert server.send("POST", "/nowhere", b"xyz", sock=sock).status == 404
    assert server.send("GET", "/health", b"", sock=sock).status == 200


def test_a_slow_stranger_is_answered(certs: Path) -> None:
    with serving(certs, RequestLimits(unauthenticated_seconds=0.2)) as server:
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/ddl", b"", "Content-Length: 1000", length=False) + b"ok;ok")
        reply = read_reply(sock)
        assert (reply.status, reply.headers["connection"], len(reply.json["desc"])) == (401, "close", 2)


@pytest.mark.parametrize(
    "headers, status",
    [
        (("Username: ann", "Password: pass:word"), 200),
        (("Username: ann", "Password: wrong"), 401),
        (("Username: ann",), 401),
        (("Username: ann", "Username: ann", "Password: pass:word"), 401),
        (("Authorization: Basic YW5uOnBhc3M6d29yZA==",), 200),
        (("Authorization: basic YW5uOnBhc3M6d29yZA==",), 200),
        (("Authorization: Basic YW5uOnBhc3M6d29yZA",), 401),
        (("Authorization: Basic YW5u OnBhc3M6d29yZA==",), 401),
        (("Authorization: Token ann:pass:word",), 200),
        (("Authorization: Digest x",), 401),
        (("Authorization: Basic bm9ib2R5Ong=", "Username: ann", "Password: pass:word"), 401),
        (("Authorization: Basic asO8cmdlbjpncsO8bg==",), 200),
        (("Authorization: Basic avxyZ2VuOmdy/G4=",), 200),
        (("Username: j\xfcrgen", "Password: gr\xfcn"), 200),
        (("Username: j\xc3\xbcrgen", "Password: gr\xc3\xbcn"), 200),
    ],
)  # fmt: skip
def test_credentials(server: Server, headers: tuple[str, ...], status: int) -> None:
    assert server.send("POST", "/restapi/insert", b"ok", *headers).status == status


@pytest.mark.parametrize(
    "header, status",
    [
        ("Origin: https://localhost:8080", 200),
        ("Origin: https://LOCALHOST:8080", 200),
        ("Origin: https://evil.example", 400),
        ("Origin: https://localhost", 400),
        ("Origin: https://localhost:8081", 400),
        ("Origin: null", 400),
        ("Origin: https://localhost:8080\r\nOrigin: https://evil.example", 400),
        ("Sec-Fetch-Site: cross-site", 400),
        ("Sec-Fetch-Site: same-origin", 200),
        ("Sec-Fetch-Site: none", 200),
    ],
)
def test_pages_of_other_sites(server: Server, header: str, status: int) -> None:
    reply = server.post("insert", "ok", header)
    assert (reply.status, "access-control-allow-origin" in reply.headers) == (status, False)


def test_an_origin_without_a_port_is_that_of_port_443(server: Server) -> None:
    assert server.post("insert", "ok", "Host: h", "Origin: https://h").status == 200
    assert server.post("insert", "ok", "Host: [::1]", "Origin: https://[::1]:443").status == 200


# ---------------------------------------------------------------- HTTP itself


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"POST /restapi/ddl HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"POST /restapi/ddl HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"POST /restapi/ddl HTTP/1.1\r\nHost: a\r\nContent-Length: -2\r\n\r\nok",
        b"POST /restapi/ddl HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /restapi/ddl HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX y: a\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
        b"GET /" + b"x" * 8200 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 33_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 100 + b"\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 600_000,
        b"GET /" + b"x" * 600_000,
        b"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/3.0\r\nHost: a\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_not_taken_as_http(server: Server, raw: bytes) -> None:
    sock = server.connect()
    sock.sendall(raw)
    reply = read_reply(sock)
    assert (reply.status, reply.json["code"], reply.headers["connection"]) == (400, -1, "close")
    assert "x-request-id" in reply.headers
    assert closed(sock, 7)
    assert server.send("GET", "/health").status == 200


def test_limits_are_inclusive(server: Server) -> None:
    sock = server.connect()
    sock.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 99 + b"\r\n")
    assert read_reply(sock).status == 200
    assert server.send("GET", "/health?" + "x" * 8000, sock=sock).status == 200
    assert server.send("GET", "/health", b"", "X: " + "x" * 32_000, sock=sock).status == 200


def test_a_broken_chunk_ends_the_request(server: Server) -> None:
    sock = server.connect()
    sock.sendall(
        request("POST", "/restapi/ddl", b"", ROOT, "Transfer-Encoding: chunked", length=False) + b"2\r\nok\r\nXYZ\r\n"
    )
    reply = read_reply(sock)
    assert (reply.status, reply.json) == (400, {"code": -1, "desc": ["malformed HTTP request"], "time": None})


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    sock = server.connect()
    sock.sendall(
        request("POST", "/restapi/ddl", b"ok;ok", ROOT)
        + request("POST", "/restapi/ddl", b"ok", ROOT)
        + request("GET", "/health")
    )
    data = b""
    while data.count(b"HTTP/1.1 200") < 3 or not data.endswith(b"}"):
        data += sock.recv(65536)
    assert data.index(b'["success","success"]') < data.index(b'["success"]') < data.index(b'"kwrest"')


def test_garbage_behind_a_request_does_not_spoil_its_answer(server: Server) -> None:
    sock = server.connect()
    sock.sendall(request("POST", "/restapi/ddl", b"ok", ROOT) + b"\x00\x01garbage\r\n\r\n")
    reply = read_reply(sock)
    assert (reply.status, reply.json["desc"]) == (200, ["success"])


def test_http_1_0_and_close(server: Server) -> None:
    sock = server.connect()
    sock.sendall(b"GET /health HTTP/1.0\r\n\r\n")
    assert (read_reply(sock).status, closed(sock)) == (200, True)
    reply = server.send("GET", "/health", b"", "Connection: close", sock=(again := server.connect()))
    assert (reply.headers["connection"], closed(again)) == ("close", True)


def test_an_upgrade_is_not_taken_up(server: Server) -> None:
    reply = server.send("GET", "/health", b"", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c")
    assert reply.status == 200
