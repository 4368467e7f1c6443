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


def test_http_1_0_and_close(server: Server) -> None:
    sock = server.connect()
    sock.sendall(b"GET /health HTTP/1.0\r\n\r\n")
    assert (read_reply(sock).status, closed(sock)) == (200, True)
    reply = server.send("GET", "/health", b"", "Connection: close", sock=(again := server.connect()))
    assert (reply.headers["connection"], closed(again)) == ("close", True)


def test_an_upgrade_is_not_taken_up(server: Server) -> None:
    reply = server.send("GET", "/health", b"", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c")
    assert reply.status == 200
