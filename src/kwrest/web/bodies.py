"""Request bodies: read and inflated within their limits, and turned into text (contract T5, T6, B2)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from kwrest.errors import BadParameter, BodyTooLarge, EmptyBody, KwrestError, RequestError
from kwrest.web.budget import Share
from kwrest.web.compression import coding_of, inflated
from kwrest.web.config import RequestLimits
from kwrest.web.exchange import Exchange

BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n\v\f"


@dataclass(frozen=True, slots=True)
class Body:
    """A whole body as it came. coding: `gzip`, `zstd` or None; share: of the budget, for what it becomes when inflated."""

    raw: bytes
    coding: str | None
    share: Share


async def read(exchange: Exchange, limit: int) -> Body:
    """The body of a request whose sender is known.

    Raises RequestError for a coding that is not taken, BodyTooLarge past `limit` bytes, Busy when there is no room for it,
    ClientLeft, or what the connection refuses it for. What was announced is judged before anything is read.
    """
    coding = coding_of(exchange.headers)
    declared = exchange.values(b"content-length")
    if declared:
        if int(declared[0]) > limit:
            raise BodyTooLarge(limit=limit)
        exchange.share.expect(int(declared[0]))
    parts: list[bytes] = []
    size = 0
    while not exchange.complete:
        part = await exchange.receive_part()
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit=limit)
        exchange.share.take(len(part))
        parts.append(part)
    return Body(parts[0] if len(parts) == 1 else b"".join(parts), coding, exchange.share)


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


def content(body: Body, limits: RequestLimits) -> bytes:
    """The bytes of a body, inflated, a BOM skipped. Raises EmptyBody, RequestError, BodyTooLarge, Busy."""
    found = body.raw
    if body.coding is not None and found:
        found = inflated(found, body.coding, limits.body_bytes, body.share.take)
    if found.startswith(BOM):
        found = found[len(BOM) :]
    if not found.strip(_BLANKS):
        raise EmptyBody()
    return found


def text(body: Body, limits: RequestLimits) -> str:
    """A body as UTF-8 text. Raises as `content`, and RequestError when it is not UTF-8."""
    try:
        return content(body, limits).decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from None


def _not_utf8(error: UnicodeDecodeError) -> KwrestError:
    return RequestError(reason=f"the request body is not UTF-8 (byte {error.start})")


def lines(body: Body, limits: RequestLimits) -> bytes:
    """A body of lines, known to be UTF-8. Raises as `text`."""
    found = content(body, limits)
    try:
        found.decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from None
    return found


def statements(body: Body, limits: RequestLimits) -> str:
    """The SQL text of a ddl, insert or query body. Raises as `text`, and BadParameter for a parameter body."""
    found = text(body, limits)
    if found.lstrip().startswith("{"):
        raise BadParameter(
            reason="a body that begins with { is a parameter body, which is not supported: send plain SQL text"
        )
    return found
