"""150 slow clients of each sort, and what healthy clients notice of them (issue line 2.8, contract T4).

    python -m benchmarks.slow_clients [SECONDS A SORT]

One sort after the other, then all at once, against a server on loopback with its default limits. Whoever is cut comes
back at once. Meanwhile two clients that were connected before ask `select 1` again and again, and every half second a new
one comes. Client and server share the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import ssl
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.client import request
from tests.e2e.server import Server

SLOW = 150  # of each sort
CONNECTED = 2
PAUSE = 0.01  # seconds between two requests of a connected client
BEAT = 1.0  # seconds between two bytes of a slow one
SELECT = b"select 1"
WIDE = b"SELECT k, s FROM wide"  # an answer of 5 MB


@dataclass(frozen=True, slots=True)
class Target:
    """Where the server is and who may ask; what another process can be told."""

    port: int
    ca: str
    token: str

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _connect(target: Target, tls: ssl.SSLContext, limit: int = 2**16) -> Streams:
    return await asyncio.open_connection("127.0.0.1", target.port, ssl=tls, server_hostname="localhost", limit=limit)


async def _dribble(streams: Streams, data: bytes) -> None:
    """One byte a beat until the server ends it; the last one never comes."""
    reader, writer = streams
    closed = asyncio.ensure_future(reader.read(1))
    for at in range(len(data) - 1):
        writer.write(data[at : at + 1])
        done, _ = await asyncio.wait({closed}, timeout=BEAT)
        if done:
            break
    await closed


async def _handshake(target: Target, tls: ssl.SSLContext) -> None:
    """A ClientHello that never comes to its end."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    await _dribble(await asyncio.open_connection("127.0.0.1", target.port), outgoing.read())


async def _header(target: Target, tls: ssl.SSLContext) -> None:
    """One answered request, so that the connection counts, then a header that never ends."""
    streams = await _connect(target, tls)
    await _answered(streams, request("/restapi/query", target.token, SELECT))
    await _dribble(streams, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 10_000)


async def _body(target: Target, tls: ssl.SSLContext) -> None:
    streams = await _connect(target, tls)
    head, _, _ = request("/restapi/query", target.token, b"x" * 100_000).partition(b"x")
    streams[1].write(head)
    await _dribble(streams, b"x" * 100_000)


async def _answer(target: Target, tls: ssl.SSLContext) -> None:
    """A large answer that is never read. asyncio reads what its small buffer takes, and no more."""
    reader, writer = await _connect(target, tls, limit=1024)
    writer.write(request("/restapi/query", target.token, WIDE))
    while not writer.is_closing():
        await asyncio.sleep(BEAT)
        if reader.at_eof() or reader.exception() is not None:
            return


async def _idle(target: Target, tls: ssl.SSLContext) -> None:
    streams = await _connect(target, tls)
    await _answered(streams, request("/restapi/query", target.token, SELECT))
    await streams[0].read(1)


SORTS: dict[str, Callable[[Target, ssl.SSLContext], Awaitable[None]]] = {
    "handshake never finished": _handshake,
    "header dribbled": _header,
    "body dribbled": _body,
    "answer not read": _answer,
    "idle keep-alive": _idle,
}


async def _answered(streams: Streams, asked: bytes) -> int:
    """The status of the answer, read to its end. Raises EOFError or ConnectionError when there is none."""
    reader, writer = streams
    writer.write(asked)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length"))
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


GONE = (OSError, EOFError)  # what a connection that was refused, cut or closed looks like; TLS errors among them


def _slow(
    target: Target, sorts: list[str], count: int, seconds: float, lives: multiprocessing.SimpleQueue[int]
) -> None:
    """All slow clients, in a process of their own; tells how often one was cut and came back."""

    async def one(sort: str, tls: ssl.SSLContext, counted: list[int]) -> None:
        while True:
            started = time.monotonic()
            with contextlib.suppress(*GONE):
                await SORTS[sort](target, tls)
            counted.append(1)
            await asyncio.sleep(0.2 if time.monotonic() - started < 1 else 0)

    async def everyone() -> int:
        counted: list[int] = []
        tls = target.tls()
        tasks = [asyncio.ensure_future(one(sort, tls, counted)) for sort in sorts for _ in range(count)]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        return len(counted)

    lives.put(asyncio.run(everyone()))


@dataclass(slots=True)
class Outcome:
    """Seconds: of each request of a connected client, and of each new client from its first try to its answer.

    reconnects: of connected clients; refused: tries of new clients that were answered 503 or cut; memory: most bytes the
    server had resident.
    """

    connected: list[float] = field(default_factory=list)
    new: list[float] = field(default_factory=list)
    reconnects: int = 0
    refused: int = 0
    cut: int = 0
    memory: int = 0


def quantile(values: list[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("inf")


async def _connected(target: Target, streams: Streams, until: float, outcome: Outcome) -> None:
    asked = request("/restapi/query", target.token, SELECT)
    tls = target.tls()
    while time.monotonic() < until:
        started = time.monotonic()
        while True:
            try:
                if await _answered(streams, asked) == 200:
                    break
            except GONE:
                pass
            outcome.reconnects += 1
            streams[1].close()
            try:
                streams = await _connect(target, tls)
            except GONE:
                await asyncio.sleep(0.1)
        outcome.connected.append(time.monotonic() - started)
        await asyncio.sleep(PAUSE)


async def _newcomer(target: Target, outcome: Outcome) -> None:
    started = time.monotonic()
    tls = target.tls()
    while True:
        try:
            streams = await _connect(target, tls)
            status = await _answered(streams, request("/restapi/query", target.token, SELECT))
            streams[1].close()
        except GONE:
            status = 0
        if status == 200:
            break
        outcome.refused += 1
        await asyncio.sleep(1 if status == 503 else 0.1)
    outcome.new.append(time.monotonic() - started)


def measure(
    server: Server, token: str, sorts: list[str], seconds: float, count: int = SLOW, lead: float = 2.0
) -> Outcome:
    """`count` slow clients of each of `sorts`, from an empty server on; token: of `prepared`; lead: seconds before the first
    newcomer."""
    assert server.process is not None
    target, process = Target(int(server.url.rpartition(":")[2]), str(server.ca), token), server.process.pid
    context = multiprocessing.get_context("spawn")
    lives: multiprocessing.SimpleQueue[int] = context.SimpleQueue()
    slow = context.Process(target=_slow, args=(target, sorts, count, seconds + lead, lives))
    outcome = Outcome()

    async def healthy() -> None:
        streams = [await _connect(target, target.tls()) for _ in range(CONNECTED)]
        slow.start()
        until = time.monotonic() + seconds + lead
        connected = [asyncio.ensure_future(_connected(target, s, until, outcome)) for s in streams]
        await asyncio.sleep(lead)  # until the slow ones are there
        new = []
        while time.monotonic() < until:
            new.append(asyncio.ensure_future(_newcomer(target, outcome)))
            outcome.memory = max(outcome.memory, _resident(process))
            await asyncio.sleep(0.5)
        await asyncio.wait([*connected, *new], timeout=15)
        for task in (*connected, *new):
            if not task.done():  # it counts with the time it has waited for nothing
                task.cancel()
                outcome.new.append(float("inf"))

    asyncio.run(healthy())
    outcome.cut = lives.get()
    slow.join()
    return outcome


def _resident(process: int) -> int:
    text = Path(f"/proc/{process}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) * 1024


def prepared(server: Server) -> str:
    """The table of the large answer; a token."""
    server.ddl("CREATE TABLE wide (k int8, s string)")
    for first in range(0, 5000, 1000):
        rows = ", ".join(f"({n}, '{'x' * 1000}')" for n in range(first, first + 1000))
        server.insert(f"INSERT INTO wide VALUES {rows}")
    return server.login()


def main() -> None:
    """Every sort, then all at once; a table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as scratch:
        server = Server(Path(scratch) / "data").start()
        try:
            token = prepared(server)
            print(f"{'150 clients each':26} {'cut':>6} | {'requests':>8} {'p50 ms':>7} {'p99 ms':>7} {'max ms':>7} {'again':>5} | {'new':>4} {'median s':>8} {'max s':>6} {'refused':>7} | {'MB':>5}")  # fmt: skip
            for name, sorts in (("none", []), *((s, [s]) for s in SORTS), ("all at once", list(SORTS))):
                seen = measure(server, token, sorts, seconds if sorts else 3)
                print(
                    f"{name:26} {seen.cut:6} | {len(seen.connected):8} {quantile(seen.connected, 0.5) * 1e3:7.1f} "
                    f"{quantile(seen.connected, 0.99) * 1e3:7.1f} {quantile(seen.connected, 1) * 1e3:7.0f} "
                    f"{seen.reconnects:5} | {len(seen.new):4} {quantile(seen.new, 0.5):8.2f} {quantile(seen.new, 1):6.2f} "
                    f"{seen.refused:7} | {seen.memory >> 20:5}",
                    flush=True,
                )
                time.sleep(1)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
