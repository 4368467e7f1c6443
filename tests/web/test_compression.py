"""Bodies and answers in gzip, in chunks, and too large (contract T5, T6)."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

import pytest

from kwrest.web.config import RequestLimits
from tests.web.server import ROOT, Server, closed, gzipped, read_reply, request, serving


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
    ids=list(range(16)),
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
