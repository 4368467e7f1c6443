"""Plain HTTP on the TLS port: 307 to https, and nothing remembered (contract T2)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from typing import cast

import httptools
import orjson

from kwrest.errors import KwrestError, MalformedRequest
from kwrest.web import log
from kwrest.web.connections import Arrival, House
from kwrest.web.requests import address_of, header_problem, values_of
from kwrest.web.responses import JSON_HEADERS, request_id

logger = logging.getLogger("kwrest.web")

_CREDENTIALS = (b"authorization", b"username", b"password")
_REMEMBERED = 1024


class Warned:
    """Addresses that were warned about credentials in clear text; the oldest are forgotten."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, None] = OrderedDict()

    def once(self, address: str) -> None:
        if address in self._addresses:
            return
        self._addresses[address] = None
        if len(self._addresses) > _REMEMBERED:
            self._addresses.popitem(last=False)
        logger.warning("%s sent credentials in clear text: let it call https:// directly", address)


class PlainConnection(asyncio.Protocol):
    """A connection whose first byte was not TLS's. It gets one answer, then its body is thrown away and it is closed."""

    transport: asyncio.Transport

    def __init__(self, house: House, arrival: Arrival, warned: Warned) -> None:
        self.house, self.arrival, self.warned = house, arrival, warned
        self.parser = httptools.HttpRequestParser(self)
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self._received = 0
        self._answered = False
        self._started = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = self.arrival.transport = cast(
            asyncio.Transport, transport
        )  # uvloop's is one without saying so

    def connection_lost(self, exc: Exception | None) -> None:
        self.house.waiting.remove(self.arrival)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._answered and self._received > self.house.config.drain_bytes:
            self.arrival.cut()
            return
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if not self._answered:
                self._refuse(MalformedRequest(reason="this port speaks HTTPS"))
            # What cannot be parsed is thrown away like a body: until the client closes or its time is over.
        else:
            limits = self.house.config
            if not self._answered and self._received > limits.header_bytes + limits.url_bytes:
                self._refuse(MalformedRequest(reason=f"the request header is larger than {limits.header_bytes} bytes"))

    # ---- the parser's callbacks

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._answered:
            return
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if any(name in _CREDENTIALS for name, _ in self.headers):
            self.warned.once(self._address())
        problem = header_problem(self.headers, self.url, size, self.parser.get_http_version(), self.house.config)
        hosts = values_of(self.headers, b"host")
        if problem is None and not hosts:
            problem = MalformedRequest(reason="the request must have exactly one Host header")
        target = _target(self.url)
        if problem is None and target is None:
            problem = MalformedRequest(reason="the URL is not a valid one")
        if problem is None and not self.house.config.redirect:
            problem = MalformedRequest(reason="this port speaks HTTPS")
        if problem is not None or target is None:
            self._refuse(problem or MalformedRequest(reason="the URL is not a valid one"))
            return
        self._answer(
            307, {"code": -1, "desc": "this port speaks HTTPS"}, ((b"location", b"https://" + hosts[0] + target),)
        )

    def on_message_complete(self) -> None:
        if self._answered:
            self.transport.close()

    # ---- the answer

    def _refuse(self, problem: KwrestError) -> None:
        self._answer(400, {"code": -1, "desc": problem.message}, ())

    def _answer(self, status: int, body: dict[str, object], headers: tuple[tuple[bytes, bytes], ...]) -> None:
        self._answered = True
        # The clock starts anew: what follows is the time a client has to finish its body and read the answer.
        self.house.waiting.add(self.arrival)
        identity = request_id(self.headers)
        content = orjson.dumps(body)
        reason = b"Temporary Redirect" if status == 307 else b"Bad Request"
        lines = [b"HTTP/1.1 %d %s" % (status, reason)]
        sent = (
            *headers,
            *JSON_HEADERS,
            (b"x-request-id", identity.encode()),
            (b"content-length", b"%d" % len(content)),
            (b"connection", b"close"),
        )
        lines += [name + b": " + value for name, value in sent]
        try:
            method = self.parser.get_method().decode("ascii")
        except (AttributeError, UnicodeDecodeError):
            method = "-"
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + (b"" if method == "HEAD" else content))
        path = self.url.partition(b"?")[0].decode("utf-8", "replace")
        log.request(
            log.RequestLine(
                identity, None, self._address(), method, path, status, time.monotonic() - self._started, None
            )
        )

    def _address(self) -> str:
        return address_of(self.transport.get_extra_info("peername"))


def _target(url: bytes) -> bytes | None:
    """Path and query of a request target, fit for a Location; None when there is none."""
    if not url.startswith(b"/"):
        try:
            parsed = httptools.parse_url(url)
        except httptools.HttpParserInvalidURLError:
            return None
        if parsed.schema not in (b"http", b"https"):
            return None
        url = (parsed.path or b"/") + (b"?" + parsed.query if parsed.query else b"")
    return b"".join(bytes((byte,)) if 0x21 <= byte <= 0x7E else b"%%%02X" % byte for byte in url)
