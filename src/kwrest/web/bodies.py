"""Request bodies: read within their limit, inflated within it, and turned into text (contract T5, T6, B2)."""

from __future__ import annotations

import asyncio
import zlib

from kwrest.errors import BadParameter, BodyTooLarge, EmptyBody, KwrestError, RequestError
from kwrest.web.config import RequestLimits
from kwrest.web.exchange import Exchange
from kwrest.web.requests import Headers, values_of

BOM = b"\xef\xbb\xbf"
_CHUNK = 64 * 1024  # bytes of gzip data at a time
_MOST_MEMBERS = 10_000
_BLANKS = b" \t\r\n\v\f"
_CODINGS = {b"": None, b"identity": None, b"gzip": "gzip", b"x-gzip": "gzip"}


async def read(exchange: Exchange, limit: int) -> bytes:
    """The whole body as it came. Raises BodyTooLarge past `limit` bytes, ClientLeft, or what the connection refuses it for."""
    declared = values_of(exchange.headers, b"content-length")
    if declared and int(declared[0]) > limit:
        raise BodyTooLarge(limit=limit)
    parts: list[bytes] = []
    size = 0
    while not exchange.complete:
        part = await exchange.receive_part()
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit=limit)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def read_unauthenticated(exchange: Exchange, limits: RequestLimits) -> bytes:
    """At most the first 64 KiB of a body whose sender is not known, or not wanted: enough to count its statements.

    Whoever waits for `100 Continue` sends none. A slow sender is not waited for.
    """
    parts: list[bytes] = []
    size = 0
    if exchange.expects:
        return b""
    try:
        async with asyncio.timeout(limits.unauthenticated_seconds):
            while not exchange.complete and size < limits.unauthenticated_bytes:
                parts.append(await exchange.receive_part())
                size += len(parts[-1])
    except (TimeoutError, KwrestError):
        pass  # a body that never comes whole, or is broken, has the statements that came
    return b"".join(parts)[: limits.unauthenticated_bytes]


def coding_of(headers: Headers) -> str | None:
    """`gzip`, or None for a plain body. Raises RequestError for a coding that is not taken."""
    found = values_of(headers, b"content-encoding")
    coding = b",".join(found).strip().lower()
    if coding not in _CODINGS:
        raise RequestError(reason="the only Content-Encoding taken is gzip")
    return _CODINGS[coding]


def inflated(body: bytes, limit: int) -> bytes:
    """A gzip body, any number of members. Raises BodyTooLarge as soon as it is, RequestError when it is no gzip.

    No more than `limit` bytes are ever made, whatever a bomb would become, and the number of members is bounded: each
    costs a copy of what follows it in its chunk.
    """
    parts: list[bytes] = []
    left, at, members = limit, 0, 0
    while at < len(body):
        member = zlib.decompressobj(31)
        members += 1
        while not member.eof:
            if at >= len(body):
                raise RequestError(reason="the request body ends in the middle of its gzip data")
            chunk = body[at : at + _CHUNK]
            at += len(chunk)
            try:
                part = member.decompress(chunk, left + 1)
            except zlib.error:
                raise RequestError(reason="the request body is not valid gzip") from None
            if len(part) > left:
                raise BodyTooLarge(limit=limit)
            parts.append(part)
            left -= len(part)
        at -= len(member.unused_data)
        if members > _MOST_MEMBERS:
            raise RequestError(reason=f"the request body has more than {_MOST_MEMBERS} gzip members")
    return b"".join(parts)


def content(raw: bytes, coding: str | None, limits: RequestLimits) -> bytes:
    """The bytes of a body, inflated, a BOM skipped. Raises EmptyBody, RequestError, BodyTooLarge."""
    body = inflated(raw, limits.body_bytes) if coding == "gzip" and raw else raw
    if body.startswith(BOM):
        body = body[len(BOM) :]
    if not body.strip(_BLANKS):
        raise EmptyBody()
    return body


def text(raw: bytes, coding: str | None, limits: RequestLimits) -> str:
    """A body as UTF-8 text. Raises as `content`, and RequestError when it is not UTF-8."""
    try:
        return content(raw, coding, limits).decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from None


def _not_utf8(error: UnicodeDecodeError) -> KwrestError:
    return RequestError(reason=f"the request body is not UTF-8 (byte {error.start})")


def lines(raw: bytes, coding: str | None, limits: RequestLimits) -> bytes:
    """A body of lines, known to be UTF-8. Raises as `text`."""
    body = content(raw, coding, limits)
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from None
    return body


def statements(raw: bytes, coding: str | None, limits: RequestLimits) -> str:
    """The SQL text of a ddl, insert or query body. Raises as `text`, and BadParameter for a parameter body."""
    found = text(raw, coding, limits)
    if found.lstrip().startswith("{"):
        raise BadParameter(
            reason="a body that begins with { is a parameter body, which is not supported: send plain SQL text"
        )
    return found
