"""Bodies and answers in gzip and zstd, in chunks, and too large (contract T5, T6)."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pyarrow as pa
import pytest

from tests.web.server import ROOT, Server, closed, gzipped, limited, read_reply, request, serving

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPED = b"\x53\x2a\x4d\x18" + b"\x03\0\0\0" + b"any"


def zstd(data: bytes) -> bytes:
    """One frame that says its size."""
    packed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return packed


def streamed(data: bytes) -> bytes:
    """One frame that doesn't, as a client makes it that compresses while it sends."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


def raw_frame(window: int, content: bytes = b"ok;ok") -> bytes:
    """A frame of one uncompressed block; window: the byte that says how much the reader must keep (RFC 8878, 3.1.1.1.2)."""
    return MAGIC + b"\0" + bytes([window]) + (len(content) << 3 | 1).to_bytes(3, "little") + content


# what, body, its coding, status
BODIES = [
    ("gzip", gzipped(b"ok;ok"), "gzip", 200),
    ("two members", gzipped(b"ok;") + gzipped(b"ok"), "gzip", 200),
    ("an empty member", gzipped(b"ok;") + gzipped(b"") + gzipped(b"ok"), "gzip", 200),
    ("capitals", gzipped(b"ok;ok"), "GZIP", 200),
    ("x-gzip", gzipped(b"ok;ok"), "x-gzip", 200),
    ("identity", b"ok;ok", "identity", 200),
    ("plain, called gzip", b"ok;ok", "gzip", 400),
    ("gzip cut in its trailer", gzipped(b"ok;ok")[:-3], "gzip", 400),
    ("gzip cut in its data", gzipped(b"ok;ok" * 1000)[:20], "gzip", 400),
    ("gzip's second member cut", gzipped(b"ok;") + gzipped(b"ok")[:-9], "gzip", 400),
    ("something behind gzip", gzipped(b"ok;ok") + b"rest", "gzip", 400),
    ("gzip's checksum wrong", gzipped(b"ok;ok")[:-6] + b"\0\0\0\0\0\0", "gzip", 400),
    ("zlib, called gzip", zlib.compress(b"ok;ok"), "gzip", 400),
    ("nothing in gzip", gzipped(b""), "gzip", 400),
    ("nothing at all", b"", "gzip", 400),
    ("twice", gzipped(b""), "gzip, gzip", 400),
    ("deflate", zlib.compress(b"ok"), "deflate", 400),
    ("brotli", b"ok", "br", 400),
    ("10001 members", gzipped(b"x") * 10_001, "gzip", 400),
    ("zstd", zstd(b"ok;ok"), "zstd", 200),
    ("zstd without its size", streamed(b"ok;ok" + b" " * 1_000_000), "zstd", 200),
    ("two frames", zstd(b"ok;") + streamed(b"ok"), "zstd", 200),
    ("a frame to skip", SKIPPED + zstd(b"ok;") + SKIPPED + zstd(b"ok") + SKIPPED, "zstd", 200),
    ("Zstd", zstd(b"ok;ok"), "Zstd", 200),
    ("a window of 8 MiB", raw_frame(13 << 3), "zstd", 200),
    ("a window of 9 MiB", raw_frame(13 << 3 | 1), "zstd", 400),
    ("a window of 3.75 TiB", raw_frame(255), "zstd", 400),
    ("a second frame's window", raw_frame(0) + raw_frame(255), "zstd", 400),
    ("a frame larger than its window", zstd(b"ok" + b" " * 9_000_000)[:4] + b"\xa0" + b"\0\0\x90\0", "zstd", 400),
    ("a dictionary", MAGIC + b"\x01\0\x07" + raw_frame(0)[6:], "zstd", 400),
    ("plain, called zstd", b"ok;ok", "zstd", 400),
    ("gzip, called zstd", gzipped(b"ok;ok"), "zstd", 400),
    ("zstd, called gzip", zstd(b"ok;ok"), "gzip", 400),
    ("zstd cut in its header", zstd(b"ok;ok")[:5], "zstd", 400),
    ("zstd cut in its data", zstd(bytes(range(256)) * 99)[:-9], "zstd", 400),
    ("a second frame cut", zstd(b"ok;") + zstd(b"ok")[:-1], "zstd", 400),
    ("something behind zstd", zstd(b"ok;ok") + b"rest", "zstd", 400),
    ("zstd that lies", raw_frame(0)[:6] + b"\x2d\0\0" + b"ok;ok", "zstd", 400),
    ("a block of no kind", raw_frame(0)[:6] + b"\x0f\0\0", "zstd", 400),
    ("200001 blocks", MAGIC + b"\0\0" + b"\0\0\0" * 200_000 + b"\x01\0\0", "zstd", 400),
    ("nothing in zstd", zstd(b""), "zstd", 400),
    ("both", zstd(gzipped(b"ok")), "gzip, zstd", 400),
]  # fmt: skip


@pytest.mark.parametrize("body, coding, status", [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_content_encoding(server: Server, body: bytes, coding: str, status: int) -> None:
    reply = server.post("ddl", body, f"Content-Encoding: {coding}")
    assert reply.status == status
    if status == 200:
        assert reply.json["desc"] == ["success", "success"]


def test_sizes(certs: Path) -> None:
    with serving(certs, limited(body_bytes=100_000)) as server:
        bomb = gzipped(b" " * 50_000_000)
        packed = "Content-Encoding: zstd"
        for body, headers, status in (
            (b"ok" + b" " * 99_998, (), 200),
            (b"ok" + b" " * 99_999, (), 413),
            (gzipped(b"ok" + b" " * 99_998), ("Content-Encoding: gzip",), 200),
            (gzipped(b"ok" + b" " * 99_999), ("Content-Encoding: gzip",), 413),
            (bomb, ("Content-Encoding: gzip",), 413),
            (zstd(b"ok" + b" " * 99_998), (packed,), 200),
            (streamed(b"ok" + b" " * 99_998), (packed,), 200),
            (zstd(b"ok" + b" " * 99_999), (packed,), 413),
            (streamed(b" " * 50_000_000), (packed,), 413),
            (zstd(b" " * 90_000) * 10_000, (packed,), 413),
        ):
            reply = server.post("ddl", body, *headers)
            assert (reply.status, reply.json["code"]) == (status, 0 if status == 200 else -1), len(body)
        assert server.post("query", b"x" * 100_001).json["code"] == 413


def test_a_body_that_is_too_large_and_written_first_is_answered(certs: Path) -> None:
    with serving(certs, limited(body_bytes=100_000)) as server:
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/ddl", b"x" * 8_000_000, ROOT))
        assert read_reply(sock).status == 413
        assert closed(sock)
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/ddl", b"", ROOT, "Transfer-Encoding: chunked", length=False))
        for _ in range(100):
            sock.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert read_reply(sock).status == 413


@pytest.mark.parametrize(
    "accepted, coding",
    [
        ("gzip, deflate", "gzip"),
        ("deflate, gzip, br, zstd", "zstd"),
        ("zstd", "zstd"),
        ("ZSTD", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("zstd; q=0.5 , gzip;q=0.4", "zstd"),
        ("*", "zstd"),
        ("*;q=0.1, gzip;q=0.9", "gzip"),
        ("*, zstd;q=0", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.0, *;q=0", None),
        ("br", None),
        ("identity", None),
        ("", None),
    ],
)
def test_answers_are_packed_as_the_client_likes_it(server: Server, accepted: str, coding: str | None) -> None:
    reply = server.post("query", "rows 1000 of 20 bytes as string", f"Accept-Encoding: {accepted}")
    assert reply.headers.get("content-encoding") == coding
    assert reply.headers.get("vary") == ("accept-encoding" if coding else None)
    if coding is not None:
        stream = pa.CompressedInputStream(pa.BufferReader(reply.body), coding)
        assert json.loads(stream.read())["rows"] == 1000
    else:
        assert reply.json["rows"] == 1000


def test_a_short_answer_is_not_packed(server: Server) -> None:
    assert "content-encoding" not in server.send("GET", "/health", b"", "Accept-Encoding: gzip, zstd").headers


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
