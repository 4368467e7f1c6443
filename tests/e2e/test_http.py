"""HTTP as clients write it, against a real server: codings, chunks, pipelines, 100-continue, limits, TLS (contract T1, T5, T6)."""

from __future__ import annotations

import gzip
import json
import re
import socket
import ssl

import pyarrow as pa
import pytest

from tests.e2e.server import ROOT_TOKEN, Server

AUTHORIZED = f"Authorization: Basic {ROOT_TOKEN}"
SELECT = b"SELECT 1 AS one"


def zstd(data: bytes) -> bytes:
    packed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return packed


def message(*head: str, body: bytes = b"") -> bytes:
    """A request; the first line and headers as written, Host and credentials added unless they are there."""
    lines = list(head)
    if not any(line.startswith("Host:") for line in lines):
        lines.append("Host: localhost")
    return "\r\n".join([*lines, AUTHORIZED]).encode() + b"\r\n\r\n" + body


def query(body: bytes, *headers: str) -> bytes:
    return message("POST /restapi/query HTTP/1.1", *headers, f"Content-Length: {len(body)}", body=body)


def chunked(body: bytes, size: int, *headers: str) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    return message("POST /restapi/query HTTP/1.1", "Transfer-Encoding: chunked", *headers, body=framed)


def connected(server: Server, tls: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=20)
    return (tls or server.tls()).wrap_socket(raw, server_hostname="localhost")


def statuses(sock: ssl.SSLSocket, count: int, seconds: float = 20) -> list[int]:
    """The statuses of the next `count` answers, or of as many as come before the connection is closed."""
    data = b""
    sock.settimeout(seconds)
    while len(found := re.findall(rb"HTTP/1\.1 (\d+) ", data)) < count or b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            break
        data += part
    return [int(status) for status in found]


@pytest.mark.parametrize(
    "sent, expected",
    [
        (query(SELECT), [200]),
        (query(gzip.compress(SELECT, mtime=0), "Content-Encoding: gzip"), [200]),
        (query(gzip.compress(b"SELECT 1 ") + gzip.compress(b"AS one"), "Content-Encoding: gzip"), [200]),
        (query(gzip.compress(SELECT, mtime=0)[:-4], "Content-Encoding: gzip"), [400]),
        (query(zstd(SELECT), "Content-Encoding: zstd"), [200]),
        (query(zstd(b"SELECT 1 ") + zstd(b"AS one"), "Content-Encoding: zstd"), [200]),
        (query(zstd(SELECT)[:-1], "Content-Encoding: zstd"), [400]),
        (query(zstd(b" " * 70_000_000), "Content-Encoding: zstd"), [413]),
        (query(b"\x28\xb5\x2f\xfd\x00\xff\x11\x00\x00ok", "Content-Encoding: zstd"), [400]),
        (chunked(SELECT, 3), [200]),
        (chunked(zstd(SELECT), 1, "Content-Encoding: zstd"), [200]),
        (query(SELECT) * 5, [200] * 5),
        (query(SELECT) + chunked(SELECT, 4) + message("GET /health HTTP/1.1"), [200] * 3),
        (query(b"nonsense") + query(SELECT), [500, 200]),
        (message("HEAD /health HTTP/1.1") * 2 + message("GET /health HTTP/1.1"), [200] * 3),
        (message("HEAD /restapi/login HTTP/1.1") + query(SELECT), [405, 200]),
        (message("OPTIONS /restapi/query HTTP/1.1") + query(SELECT), [405, 200]),
        (query(SELECT, "X: " + "x" * 31_000), [200]),
        (query(SELECT, "X: " + "x" * 33_000), [400]),
        (query(SELECT, *["X: y"] * 95), [200]),
        (query(SELECT, *["X: y"] * 100), [400]),
        (message("GET /health?" + "x" * 8_000 + " HTTP/1.1"), [200]),
        (message("GET /health?" + "x" * 8_200 + " HTTP/1.1"), [400]),
        (query(SELECT, "Host: localhost", "Host: localhost"), [400]),
        (chunked(SELECT, 9, f"Content-Length: {len(SELECT)}"), [400]),
        (message("POST /restapi/query HTTP/1.1", "Transfer-Encoding: gzip", body=b"0\r\n\r\n"), [400]),
        (message("POST /restapi/query HTTP/1.1", "Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"), [400]),
    ],
    ids=range(27),
)  # fmt: skip
def test_a_conversation(shared: Server, sent: bytes, expected: list[int]) -> None:
    with connected(shared) as sock:
        sock.sendall(sent)
        assert statuses(sock, len(expected)) == expected
    assert shared.rows("SELECT 1") == [[1]]


def test_100_continue_comes_after_authentication_and_before_the_body(shared: Server) -> None:
    head = query(SELECT, "Expect: 100-continue")[: -len(SELECT)]
    with connected(shared) as sock:
        sock.sendall(head)
        assert statuses(sock, 1) == [100]
        sock.sendall(SELECT)
        assert statuses(sock, 1) == [200]
    with connected(shared) as sock:
        sock.sendall(head.replace(AUTHORIZED.encode(), b"Authorization: Basic AAAA"))
        assert statuses(sock, 1) == [401]


def test_answers_in_zstd_and_gzip(shared: Server) -> None:
    long = "SELECT " + ", ".join(f"{n} AS column_{n}" for n in range(200))
    plain = shared.post("query", long).json()["data"]
    for accepted in ("gzip", "zstd"):
        sent = {"Authorization": f"Basic {ROOT_TOKEN}", "Accept-Encoding": accepted}
        with shared.http.stream("POST", "/restapi/query", content=long, headers=sent) as answer:
            raw = b"".join(answer.iter_raw())
            assert answer.headers["content-encoding"] == accepted
        stream = pa.CompressedInputStream(pa.BufferReader(raw), accepted)
        assert json.loads(stream.read())["data"] == plain


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
@pytest.mark.parametrize(
    "version, spoken",
    [
        (ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
        (ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        (ssl.TLSVersion.TLSv1_1, None),
        (ssl.TLSVersion.TLSv1, None),
    ],
)
def test_tls_versions(shared: Server, version: ssl.TLSVersion, spoken: str | None) -> None:
    context = shared.tls()
    context.set_ciphers("ALL:@SECLEVEL=0")  # or this side would refuse the old ones itself
    context.minimum_version = context.maximum_version = version
    if spoken is None:
        with pytest.raises(OSError):
            connected(shared, context)
    else:
        with connected(shared, context) as sock:
            assert sock.version() == spoken
            sock.sendall(query(SELECT))
            assert statuses(sock, 1) == [200]
