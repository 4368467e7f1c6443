"""What is taken as HTTP and what is not (contract T6)."""

from __future__ import annotations

import pytest

from tests.web.server import ROOT, Server, closed, read_reply, request


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


def test_requests_before_garbage_are_answered(server: Server) -> None:
    sock = server.connect()
    one = request("POST", "/restapi/ddl", b"ok", ROOT)
    sock.sendall(one + one + one + b"\x00\r\n\r\n")
    data = b"".join(iter(lambda: sock.recv(65536), b""))
    assert (data.count(b"HTTP/1.1 200"), data.count(b"HTTP/1.1"), data.count(b"connection: close")) == (3, 3, 1)


def test_nothing_is_run_after_the_answer_that_closes(server: Server) -> None:
    sock = server.connect()
    before = len(server.statements.requests)
    sock.sendall(request("POST", "/restapi/ddl", b"", "Content-Length: 100000", length=False) + b"x" * 70_000)
    assert read_reply(sock).status == 401
    sock.sendall(b"x" * 30_000 + request("POST", "/restapi/ddl", b"ok", ROOT))
    assert closed(sock)
    assert len(server.statements.requests) == before


def chunked(*tail: bytes) -> bytes:
    head = request("DELETE", "/restapi/session", b"", ROOT, "Transfer-Encoding: chunked", length=False)
    return head + b"".join(tail)


def test_trailers_say_nothing(server: Server) -> None:
    number = server.access.sessions[0]
    sock = server.connect()
    sock.sendall(chunked(b"0\r\n", b"token_id: ", number.encode(), b"\r\n\r\n"))
    assert (read_reply(sock).status, server.access.sessions) == (400, [number])
    assert server.send("GET", "/health", sock=sock).status == 200


@pytest.mark.parametrize("start", [b"0\r\nX: ", b"2;x=", b"0\r\n" + b"X: y\r\n" * 10_000, b"0;x="])
def test_trailers_and_chunk_extensions_have_a_limit(server: Server, start: bytes) -> None:
    sock = server.connect()
    sock.sendall(chunked(start, b"x" * 600_000))
    assert read_reply(sock).status == 400
    assert closed(sock)


def test_http_1_0_and_close(server: Server) -> None:
    sock = server.connect()
    sock.sendall(b"GET /health HTTP/1.0\r\n\r\n")
    assert (read_reply(sock).status, closed(sock)) == (200, True)
    reply = server.send("GET", "/health", b"", "Connection: close", sock=(again := server.connect()))
    assert (reply.headers["connection"], closed(again)) == ("close", True)


def test_an_upgrade_is_not_taken_up(server: Server) -> None:
    reply = server.send("GET", "/health", b"", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c")
    assert reply.status == 200
