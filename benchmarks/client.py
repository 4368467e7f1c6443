"""A raw asyncio TLS client: one keep-alive connection, requests back to back, latencies kept."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Measured:
    """Latencies in seconds of the requests that were answered 2xx with code 0; failures are the first answers that were not."""

    latencies: list[float] = field(default_factory=list)
    failures: list[bytes] = field(default_factory=list)

    def quantile(self, q: float) -> float:
        """Seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("nan")


async def _connection(
    port: int, tls: ssl.SSLContext, make: Callable[[], bytes], until: float, measured: Measured
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="localhost")
    while time.perf_counter() < until:
        request = make()
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length"))
        body = await reader.readexactly(length)
        if head.split(b" ", 2)[1] == b"200" and body.startswith(b'{"code":0'):
            measured.latencies.append(time.perf_counter() - started)
        elif len(measured.failures) < 3:
            measured.failures.append(body[:200])
    writer.close()


async def load(
    port: int, tls: ssl.SSLContext, makers: list[Callable[[], bytes]], seconds: float
) -> tuple[Measured, float]:
    """One connection a maker for `seconds`; the measured requests and the seconds it took."""
    measured = Measured()
    started = time.perf_counter()
    until = started + seconds
    await asyncio.gather(*(_connection(port, tls, make, until, measured) for make in makers))
    return measured, time.perf_counter() - started


def request(path: str, token: str, body: bytes) -> bytes:
    """A POST as bytes."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
