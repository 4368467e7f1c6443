"""gzip and zstd, both ways: bodies are inflated within their limits, answers packed as the client takes them (contract T5)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator

import pyarrow as pa

from kwrest.errors import BodyTooLarge, RequestError
from kwrest.web.requests import Headers, values_of

ACCEPTED = ("zstd", "gzip")  # Content-Encoding of requests and, the better one first, of answers
WINDOW = 8 << 20  # bytes; what a zstd frame may ask its reader to keep (RFC 9659)
_CODINGS = {b"": None, b"identity": None, b"gzip": "gzip", b"x-gzip": "gzip", b"zstd": "zstd"}
_CHUNK = 64 * 1024  # bytes of gzip data at a time
_PART = 1 << 20  # bytes of zstd's content at a time
_MOST_MEMBERS = 10_000
_MOST_BLOCKS = 200_000  # of all zstd frames of a body; a whole one has 128 KiB of content
_MAGIC = 0xFD2FB528
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_PACKED_FROM = 1024  # bytes; below, packing costs more than it saves


# ---------------------------------------------------------------- requests


def coding_of(headers: Headers) -> str | None:
    """`gzip`, `zstd`, or None for a plain body. Raises RequestError for a coding that is not taken."""
    coding = b",".join(values_of(headers, b"content-encoding")).strip().lower()
    if coding not in _CODINGS:
        raise RequestError(reason="the only Content-Encodings taken are gzip and zstd")
    return _CODINGS[coding]


def inflated(body: bytes, coding: str, limit: int, take: Callable[[int], None]) -> bytes:
    """The content of a packed body: any number of gzip members or zstd frames.

    take: is told of each part's size before the next is made, and may raise. Raises BodyTooLarge as soon as more than
    `limit` bytes come out, whatever a bomb would become, and RequestError for what is not whole and valid.
    """
    parts: list[bytes] = []
    left = limit
    for part in _gzip(body, limit) if coding == "gzip" else _zstd(body):
        left -= len(part)
        if left < 0:
            raise BodyTooLarge(limit=limit)
        take(len(part))
        parts.append(part)
    return b"".join(parts)


def _gzip(body: bytes, most: int) -> Iterator[bytes]:
    """The parts of a gzip body. The number of members is bounded: each costs a copy of what follows it in its chunk."""
    at, members = 0, 0
    while at < len(body):
        member = zlib.decompressobj(31)
        members += 1
        if members > _MOST_MEMBERS:
            raise RequestError(reason=f"the request body has more than {_MOST_MEMBERS} gzip members")
        while not member.eof:
            if at >= len(body):
                raise RequestError(reason="the request body ends in the middle of its gzip data")
            chunk = body[at : at + _CHUNK]
            at += len(chunk)
            try:
                # Without a bound 64 KiB of a bomb are 64 MiB at once.
                yield member.decompress(chunk, most + 1)
            except zlib.error:
                raise RequestError(reason="the request body is not valid gzip") from None
        at -= len(member.unused_data)


def _zstd(body: bytes) -> Iterator[bytes]:
    """The parts of a zstd body, every frame's header judged first: the library would make room for whatever it asks."""
    _check_frames(body)
    try:
        with pa.CompressedInputStream(pa.BufferReader(body), "zstd") as stream:
            while part := stream.read(_PART):
                yield part
    except (OSError, pa.ArrowException):
        raise _not_zstd() from None


def _check_frames(body: bytes) -> None:
    """Walk the frames and blocks of RFC 8878 without decoding any. Raises RequestError unless all are whole and fit."""
    at, blocks = 0, 0

    def number(size: int) -> int:
        nonlocal at
        at += size
        if at > len(body):
            raise RequestError(reason="the request body ends in the middle of its zstd data")
        return int.from_bytes(body[at - size : at], "little")

    while at < len(body):
        magic = number(4)
        if magic in _SKIPPABLE:
            size = number(4)
            number(size)
            continue
        if magic != _MAGIC:
            raise _not_zstd()
        descriptor = number(1)
        single, content_flag, dictionary_flag = descriptor >> 5 & 1, descriptor >> 6, descriptor & 3
        window = 0
        if not single:
            written = number(1)
            window = (8 + (written & 7)) << (7 + (written >> 3))
        if number((0, 1, 2, 4)[dictionary_flag]):
            raise RequestError(reason="the request body needs a zstd dictionary")
        content = number((single, 2, 4, 8)[content_flag])
        if single:
            window = content + 256 * (content_flag == 1)
        if window > WINDOW:
            raise RequestError(reason=f"the request body needs a zstd window of more than {WINDOW} bytes")
        last = 0
        while not last:
            header = number(3)
            last, kind, size = header & 1, header >> 1 & 3, header >> 3
            blocks += 1
            if kind == 3 or blocks > _MOST_BLOCKS:
                raise _not_zstd()
            at += 1 if kind == 1 else size
        number(4 if descriptor & 4 else 0)


def _not_zstd() -> RequestError:
    return RequestError(reason="the request body is not valid zstd")


# ---------------------------------------------------------------- answers


def accepted(headers: Headers) -> str | None:
    """The coding of ACCEPTED that Accept-Encoding likes best, None for none."""
    weights: dict[str, float] = {}
    for value in values_of(headers, b"accept-encoding"):
        for item in value.decode("latin-1").lower().split(","):
            name, _, parameters = item.partition(";")
            name = name.strip()
            found = re.fullmatch(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", parameters)
            weights["gzip" if name == "x-gzip" else name] = float(found[1]) if found else 1.0
    best, weight = None, 0.0
    for coding in ACCEPTED:
        if (wanted := weights.get(coding, weights.get("*", 0.0))) > weight:
            best, weight = coding, wanted
    return best


def packed(body: bytes, coding: str) -> bytes | None:
    """The body in a coding of ACCEPTED, None when that is not worth it. 5 MB take up to 50 ms: call it on a thread."""
    if len(body) < _PACKED_FROM:
        return None
    if coding == "zstd":
        found: bytes = pa.Codec("zstd", compression_level=1).compress(body, asbytes=True)
        return found
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()
