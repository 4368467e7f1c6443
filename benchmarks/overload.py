"""A server with 2 GB of memory and more work than it can do: 150 clients that write, group, sort and send large statements.

    python -m benchmarks.overload [SECONDS]

It must not die, must answer what it cannot do with 503 or an error that has a name, must serve the healthy clients
meanwhile, and must be as before a few seconds later. As root the server stands in a memory control group, which kills it
past its limit; elsewhere its memory is watched. Exit code 1 when any of that does not hold.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.client import request
from tests.e2e.server import Server

LIMIT = 2 << 30  # bytes
SERIES = 1000  # bodies of a thousand lines that are there before
FIELDS = 1000
COLUMNS = ", ".join(f"f{n} FLOAT" for n in range(FIELDS))
TABLES = f"""
    CREATE TABLE load (ts TIMESTAMP NOT NULL, a FLOAT, b INT8, s VARCHAR(64)) TAGS (host INT NOT NULL) PRIMARY TAGS (host);
    CREATE TABLE wide (ts TIMESTAMP NOT NULL, {COLUMNS}) TAGS (host INT NOT NULL) PRIMARY TAGS (host);
    CREATE TABLE plain (k INT, s STRING)
"""
Maker = Callable[[], tuple[str, bytes]]  # (endpoint, body)


# ---------------------------------------------------------------- who comes


def _lines(number: int) -> Maker:
    dice = random.Random(number)
    clock = 1_700_000_000_000_000_000 + number

    def make() -> tuple[str, bytes]:
        nonlocal clock
        clock += 10**12
        rows = (
            f'load,host={number} a={dice.random()},b={dice.randrange(10**9)}i,s="{dice.getrandbits(128):032x}" {clock + n * 10**6}'
            for n in range(1000)
        )
        return "telegraf", "\n".join(rows).encode()

    return make


def _inserts(number: int) -> Maker:
    def make() -> tuple[str, bytes]:
        at = time.time_ns() // 10**6
        rows = ",".join(f"({at + n}, 1.5, {n}, 'x', {100_000 + number})" for n in range(500))
        return "insert", f"INSERT INTO load VALUES {rows}".encode()

    return make


HEAVY = (
    "SELECT s, count(*), sum(a), max(b) FROM load GROUP BY s ORDER BY 2 DESC, 1 LIMIT 10",
    "SELECT host, count(DISTINCT s), count(DISTINCT b) FROM load GROUP BY host",
    "SELECT ts, a, b, s, host FROM load ORDER BY s, a",
    "SELECT a.s, count(*) FROM load AS a JOIN load AS b ON a.s = b.s GROUP BY a.s LIMIT 10",
    "SELECT array_agg(s) FROM load",
    "SELECT string_agg(s, ',') FROM load",
    f"SELECT count(*) FROM load WHERE b IN ({','.join(map(str, range(15_000)))})",
    "SELECT sum(g) FROM generate_series(1, 1000000) AS g",
    "SELECT length(repeat(s, 10000)) FROM load LIMIT 100000",
)


def _queries(number: int) -> Maker:
    dice = random.Random(number)
    return lambda: ("query", dice.choice(HEAVY).encode())


def _large(number: int) -> Maker:
    """Large bodies of each sort in turn."""
    dice = random.Random(number)
    rows = ",".join(f"({n}, 'abcdefgh')" for n in range(200_000))
    points = ",".join(f"({1_700_000_000_000 + n}, 1.5, {n}, 'abcdefgh', {number})" for n in range(200_000))
    varied = "\n".join(f"wide,host={number} f{n % FIELDS}=1 {n}" for n in range(100_000))
    bodies = (
        ("insert", f"INSERT INTO plain VALUES {rows}"),
        ("insert", f"INSERT INTO load VALUES {points}"),
        ("telegraf", varied),
        ("query", f"SELECT k FROM plain WHERE k IN ({','.join(map(str, range(200_000)))})"),
        ("query", "SELECT 1; " * 9_000),
    )
    ready = [(endpoint, body.encode()) for endpoint, body in bodies]
    return lambda: dice.choice(ready)


def _healthy(number: int) -> Maker:
    turn = 0

    def make() -> tuple[str, bytes]:
        nonlocal turn
        turn += 1
        if turn % 2:
            return "query", b"SELECT last(a) FROM load WHERE host = 1"
        return "insert", f"INSERT INTO load VALUES (now(), 1.5, 1, 'h', {200_000 + number})".encode()

    return make


@dataclass(frozen=True, slots=True)
class Crowd:
    """clients: how many; pause: seconds between two requests of one."""

    name: str
    clients: int
    maker: Callable[[int], Maker]
    pause: float = 0.0


CROWDS = (
    Crowd("lines", 90, _lines),
    Crowd("inserts", 20, _inserts),
    Crowd("heavy queries", 24, _queries),
    Crowd("large bodies", 8, _large),
    Crowd("healthy", 8, _healthy, 0.1),
)


# ---------------------------------------------------------------- what comes of it


@dataclass(slots=True)
class Seen:
    """latencies: seconds, of what was answered 200; broken: connections that ended without an answer; refused: that never came so far, for
    a handshake has five seconds however busy everyone is."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    texts: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    refused: int = 0

    def quantile(self, q: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("nan")


async def _client(
    port: int, tls: ssl.SSLContext, token: str, crowd: Crowd, number: int, until: float, seen: Seen
) -> None:
    make = crowd.maker(number)
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=tls, server_hostname="localhost", ssl_handshake_timeout=60
            )
        except OSError:
            seen.refused += 1
            await asyncio.sleep(0.2)
            continue
        try:
            while time.monotonic() < until:
                endpoint, body = make()
                started = time.monotonic()
                writer.write(request(f"/restapi/{endpoint}?timeout=30", token, body))
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(h.lower().split(b": ", 1) for h in head.split(b"\r\n")[1:-2])
                answer = await reader.readexactly(int(fields[b"content-length"]))
                status = int(head.split(b" ", 2)[1])
                seen.statuses[status] += 1
                if status == 200:
                    seen.latencies.append(time.monotonic() - started)
                else:
                    seen.texts[f"{status} {fields.get(b'x-sqlstate', b'').decode()} {answer[:90].decode()}"] += 1
                if status == 503:
                    await asyncio.sleep(float(fields[b"retry-after"]))
                if fields.get(b"connection") == b"close":
                    break
                await asyncio.sleep(crowd.pause)
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            seen.broken += 1
            await asyncio.sleep(0.2)


async def _crowds(port: int, tls: ssl.SSLContext, token: str, seconds: float) -> dict[str, Seen]:
    seen = {crowd.name: Seen() for crowd in CROWDS}
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(
            _client(port, tls, token, crowd, number, until, seen[crowd.name])
            for crowd in CROWDS
            for number in range(crowd.clients)
        )
    )
    return seen


# ---------------------------------------------------------------- memory


@contextlib.contextmanager
def memory_group(limit: int) -> Iterator[Path | None]:
    """A memory control group below our own, for whoever writes himself into it; None where that cannot be."""
    for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "memory":
            parent, name = Path("/sys/fs/cgroup/memory") / path.lstrip("/"), "memory.limit_in_bytes"
        elif controllers == "" and "memory" in _controllers(Path("/sys/fs/cgroup") / path.lstrip("/")):
            parent, name = Path("/sys/fs/cgroup") / path.lstrip("/"), "memory.max"
        else:
            continue
        group = parent / f"kwrest-overload-{os.getpid()}"
        try:
            group.mkdir()
            (group / name).write_text(str(limit), encoding="ascii")
        except OSError:
            with contextlib.suppress(OSError):
                group.rmdir()
            continue
        try:
            yield group
        finally:
            for _ in range(50):
                with contextlib.suppress(OSError):
                    group.rmdir()
                    break
                time.sleep(0.1)
        return
    yield None


def _controllers(group: Path) -> str:
    try:
        return (group / "cgroup.subtree_control").read_text(encoding="ascii")
    except OSError:
        return ""


def resident(pid: int) -> int:
    """Bytes of memory a process has now, 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


async def _watched(pid: int, peak: list[int]) -> None:
    while True:
        peak[0] = max(peak[0], resident(pid))
        await asyncio.sleep(0.05)


# ---------------------------------------------------------------- the whole


async def _run(server: Server, seconds: float, peak: list[int]) -> dict[str, Seen]:
    assert server.process is not None
    watch = asyncio.create_task(_watched(server.process.pid, peak))
    try:
        return await _crowds(int(server.url.rpartition(":")[2]), server.tls(), server.login(), seconds)
    finally:
        watch.cancel()


def overload(seconds: float, limit: int = LIMIT, before: int = SERIES) -> list[str]:
    """Run it and print the figures; what did not hold, a sentence each. before: bodies of a thousand lines to begin with."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder, memory_group(limit) as group:
        # In a group the server finds the limit itself.
        flags = () if group else ("--memory-limit", str(limit // 2), "--bodies-limit", str(limit // 16))
        server = Server(Path(folder) / "data", flags, group=group).start()
        try:
            server.ddl(TABLES)
            makers = [_lines(1000 + number) for number in range(100)]
            for number in range(before):
                server.lines(makers[number % 100]()[1])
            peak = [0]
            seen = asyncio.run(_run(server, seconds, peak))
            assert server.process is not None
            alive = server.process.poll() is None
            print(
                f"{limit >> 20} MB, {'control group' if group else 'watched'}; {seconds:.0f} s; peak {peak[0] >> 20} MB"
            )
            for name, of_crowd in seen.items():
                statuses = ", ".join(f"{status}: {count}" for status, count in sorted(of_crowd.statuses.items()))
                print(
                    f"  {name:14} {statuses}; p50 {of_crowd.quantile(0.5):.3f} s, p99 {of_crowd.quantile(0.99):.3f} s; broken {of_crowd.broken}, refused {of_crowd.refused}"
                )
                for text, count in of_crowd.texts.most_common(6):
                    print(f"      {count:6} {text}")
            if not alive:
                return [f"the server died with {server.process.returncode}"]
            if peak[0] > limit:
                wrong.append(f"it took {peak[0] >> 20} MB")
            wrong += _judged(seen)
            wrong += _recovered(server)
        finally:
            server.stop()
        if "Traceback" in server.log:
            wrong.append("there is a traceback in the log")
        if "XX000" in server.log or "internal error" in server.log:
            wrong.append("there is an error without a name in the log")
    return wrong


def _judged(seen: dict[str, Seen]) -> Iterator[str]:
    for name, of_crowd in seen.items():
        if others := set(of_crowd.statuses) - {200, 413, 500, 503}:
            yield f"{name} were answered {others}"
        if of_crowd.broken:
            yield f"{of_crowd.broken} connections of {name} broke"
    if seen["healthy"].statuses[500]:
        yield "healthy clients got errors"


def _recovered(server: Server) -> Iterator[str]:
    """Whether it is as before, ten seconds after."""
    end = time.monotonic() + 10
    while server.send("GET", "/ready").status_code != 200:
        if time.monotonic() > end:
            yield "it is not ready again"
            return
        time.sleep(0.2)
    server.insert("INSERT INTO load VALUES (now(), 7, 7, 'after', 300000)")
    if server.rows("SELECT a FROM load WHERE host = 300000") != [[7.0]]:
        yield "what was written afterwards is not there"


if __name__ == "__main__":
    problems = overload(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
    for problem in problems:
        print("NOT:", problem)
    sys.exit(bool(problems))
