"""`make bench`: rates, p50, p99 and the server's CPU a row, over TLS, against a fresh server on loopback.

    python -m benchmarks [SECONDS A SCENARIO]

Client and server share the machine; compare figures of one run only.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import load, request
from tests.e2e.server import Server

Maker = Callable[[], bytes]
METRICS = 10
HOSTS = 1000
STEP = 10_000_000_000  # nanoseconds between two points of a host


@dataclass(frozen=True, slots=True)
class Scenario:
    """rows: a request; maker: of the requests of one connection, from its number and the token."""

    name: str
    connections: int
    rows: int
    maker: Callable[[int, str], Maker]


def _points(number: int, rows: int) -> Iterator[list[tuple[int, int, list[int]]]]:
    """Endless groups of (host, nanoseconds, metrics): each connection has hosts of its own, time goes on."""
    dice = random.Random(number)
    metrics = [[dice.randrange(100) for _ in range(METRICS)] for _ in range(500)]
    count = itertools.count()
    while True:
        group = []
        for _ in range(rows):
            n = next(count)
            host = number * HOSTS + n % HOSTS
            group.append((host, 1_700_000_000_000_000_000 + n // HOSTS * STEP, metrics[n % 500]))
        yield group


def lines(rows: int) -> Callable[[int, str], Maker]:
    """Line protocol: 10 integer metrics, 3 tags."""

    def maker(number: int, token: str) -> Maker:
        groups = _points(number, rows)

        def make() -> bytes:
            body = "".join(
                f"cpu,host=host_{host},region=eu-west-1,rack={host % 50} "
                + ",".join(f"m{i}={v}i" for i, v in enumerate(metrics))
                + f" {at}\n"
                for host, at, metrics in next(groups)
            )
            return request("/restapi/telegraf?db=bench", token, body.encode())

        return make

    return maker


def inserts(rows: int, first: int) -> Callable[[int, str], Maker]:
    """INSERT … VALUES of the same rows; first: keeps the hosts of scenarios apart."""

    def maker(number: int, token: str) -> Maker:
        groups = _points(first + number, rows)

        def make() -> bytes:
            values = ", ".join(
                f"({at // 1_000_000}, {', '.join(map(str, metrics))}, 'host_{host}', 'eu-west-1', '{host % 50}')"
                for host, at, metrics in next(groups)
            )
            return request("/restapi/insert?db=bench", token, f"INSERT INTO cpu VALUES {values}".encode())

        return make

    return maker


def select_one(number: int, token: str) -> Maker:
    """The floor of a query."""
    fixed = request("/restapi/query", token, b"select 1")
    return lambda: fixed


SCENARIOS = (
    Scenario("1000-line bodies x 8", 8, 1000, lines(1000)),
    Scenario("1000-row INSERT x 4", 4, 1000, inserts(1000, 100)),
    Scenario("single-row INSERT x 1", 1, 1, inserts(1, 200)),
    Scenario("single-row INSERT x 16", 16, 1, inserts(1, 300)),
    Scenario("select 1 x 1", 1, 1, select_one),
)


def _cpu(process: int) -> float:
    """User and system seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run every scenario once and print a table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    with tempfile.TemporaryDirectory() as scratch:
        server = Server(Path(scratch) / "data").start()
        try:
            assert server.process is not None
            columns = ", ".join(f"m{i} int8" for i in range(METRICS))
            server.ddl(
                f"CREATE TS DATABASE bench; USE bench; CREATE TABLE cpu (ts timestamp not null, {columns}) "
                "TAGS (host varchar(40) not null, region varchar(20), rack varchar(10)) PRIMARY TAGS (host)"
            )
            token = server.login()
            port = int(server.url.rpartition(":")[2])
            print(f"{'scenario':26} {'requests/s':>11} {'rows/s':>11} {'p50 ms':>9} {'p99 ms':>9} {'CPU us/row':>11}")
            for scenario in SCENARIOS:
                makers = [scenario.maker(number, token) for number in range(scenario.connections)]
                before = _cpu(server.process.pid)
                measured, took = asyncio.run(load(port, server.tls(), makers, seconds))
                spent = _cpu(server.process.pid) - before
                done = len(measured.latencies)
                rows = done * scenario.rows
                print(
                    f"{scenario.name:26} {done / took:11.0f} {rows / took:11.0f} {measured.quantile(0.5) * 1e3:9.2f} "
                    f"{measured.quantile(0.99) * 1e3:9.2f} {spent / max(rows, 1) * 1e6:11.2f}",
                    flush=True,
                )
                for failure in measured.failures:
                    print("    failed:", failure.decode(errors="replace"))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
