"""A flood of bad logins, and what healthy clients and root notice of it (issue line 2.3).

    python -m benchmarks.login_flood [SECONDS A FLOOD]

100 connections, all from loopback, send wrong passwords back to back; meanwhile four clients with tokens run `select 1`
and root, who gets a new password each time so that nothing is remembered of it, logs in again and again. Client and server share the machine.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import ssl
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.client import Measured, load, request
from tests.e2e.server import Server

CONNECTIONS = 100
HEALTHY = 4


@dataclass(frozen=True, slots=True)
class Flood:
    """user: of the nth guess of one connection; None: no flood."""

    name: str
    user: Callable[[int, int], str] | None


def _many(connection: int, n: int) -> str:
    return f"user-{connection}-{n}"


def _everybody(connection: int, n: int) -> str:
    return ("root", "admin", "ann")[n % 3] if connection % 2 else _many(connection, n)


FLOODS = (Flood("none", None), Flood("many user names", _many), Flood("root and others", _everybody))


@dataclass(slots=True)
class Outcome:
    """guesses: answers by status; logins: seconds each took, over all tries until it was answered 200."""

    healthy: Measured
    guesses: dict[int, int]
    logins: list[float] = field(default_factory=list)
    refused: int = 0


def _login(user: str, password: str) -> bytes:
    return (
        f"GET /restapi/login HTTP/1.1\r\nHost: localhost\r\nUsername: {user}\r\nPassword: {password}\r\n\r\n".encode()
    )


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: bytes) -> int:
    """The status of the answer, which is read to its end."""
    writer.write(asked)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length"))
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def _guess(port: int, ca: str, flood: Flood, connection: int, until: float, seen: dict[int, int]) -> None:
    assert flood.user is not None
    tls = ssl.create_default_context(cafile=ca)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="localhost")
    n = 0
    while time.monotonic() < until:
        status = await _ask(reader, writer, _login(flood.user(connection, n), f"guess {connection} {n}"))
        seen[status] = seen.get(status, 0) + 1
        n += 1
    writer.close()


def _flood(port: int, ca: str, index: int, seconds: float, told: multiprocessing.SimpleQueue[dict[int, int]]) -> None:
    """In a process of its own: a busy client must not be measured as a slow server."""

    async def everyone() -> dict[int, int]:
        seen: dict[int, int] = {}
        until = time.monotonic() + seconds
        await asyncio.gather(*(_guess(port, ca, FLOODS[index], n, until, seen) for n in range(CONNECTIONS)))
        return seen

    told.put(asyncio.run(everyone()))


async def _log_in(port: int, tls: ssl.SSLContext, boss: str, until: float, outcome: Outcome) -> None:
    """root gets a new password and logs in with it on a new connection, after Retry-After again when it is refused."""
    while time.monotonic() < until:
        password = f"fresh {outcome.refused} {len(outcome.logins)}"
        change = f"ALTER USER root WITH PASSWORD '{password}'".encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="localhost")
        assert await _ask(reader, writer, request("/restapi/ddl", boss, change)) == 200
        writer.close()
        started = time.monotonic()
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="localhost")
            status = await _ask(reader, writer, _login("root", password))
            writer.close()
            if status == 200:
                outcome.logins.append(time.monotonic() - started)
                break
            outcome.refused += 1
            if time.monotonic() > until:
                return
            await asyncio.sleep(1)
        await asyncio.sleep(0.5)


def prepared(server: Server) -> str:
    """A token of an administrator other than root, for healthy clients."""
    server.ddl("CREATE USER boss WITH PASSWORD 'nobody guesses'; GRANT admin TO boss")
    return server.login("boss", "nobody guesses")


def measure(server: Server, boss: str, flood: int, seconds: float) -> Outcome:
    """One of FLOODS for some seconds. boss: a token of `prepared`."""
    port, tls = int(server.url.rpartition(":")[2]), server.tls()
    select = request("/restapi/query", boss, b"select 1")
    outcome = Outcome(Measured(), {})
    context = multiprocessing.get_context("spawn")
    told: multiprocessing.SimpleQueue[dict[int, int]] = context.SimpleQueue()
    flooding = FLOODS[flood].user is not None
    process = context.Process(target=_flood, args=(port, str(server.ca), flood, seconds + 2, told))
    if flooding:
        process.start()
        time.sleep(1.5)  # until it is under way

    async def clients() -> None:
        until = time.monotonic() + seconds
        healthy = load(port, tls, [lambda: select] * HEALTHY, seconds)
        (outcome.healthy, _), _ = await asyncio.gather(healthy, _log_in(port, tls, boss, until, outcome))

    asyncio.run(clients())
    if flooding:
        outcome.guesses = told.get()
        process.join()
    return outcome


def main() -> None:
    """Every flood on one server; a table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    with tempfile.TemporaryDirectory() as scratch:
        server = Server(Path(scratch) / "data").start()
        try:
            boss = prepared(server)
            print(
                f"{'flood':20} {'guesses/s':>10} {'healthy/s':>10} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}  root's logins"
            )
            for index, flood in enumerate(FLOODS):
                seen = measure(server, boss, index, seconds)
                healthy, logins = seen.healthy, sorted(seen.logins) or [float("nan")]
                guesses = sum(seen.guesses.values()) / (seconds + 2)
                print(
                    f"{flood.name:20} {guesses:10.0f} {len(healthy.latencies) / seconds:10.0f} "
                    f"{healthy.quantile(0.5) * 1e3:8.1f} {healthy.quantile(0.99) * 1e3:8.1f} "
                    f"{healthy.quantile(1) * 1e3:8.1f}  {len(seen.logins)} in {logins[len(logins) // 2] * 1e3:.0f} ms "
                    f"(slowest {logins[-1] * 1e3:.0f}), {seen.refused} refused; guesses answered {seen.guesses}",
                    flush=True,
                )
        finally:
            server.stop()


if __name__ == "__main__":
    main()
