"""Clients that write and keep a ledger: what was acknowledged must be there, what is in doubt whole or not at all.

Each client sends one request after the other, so after a kill only its last one is in doubt. A request is a step with a
number; what a step leaves behind is looked at after the server is back, and from then on is certain.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.e2e.server import ROOT_TOKEN, Server

ROWS = 7  # a step's rows: all of them or none

SCHEMA = """
CREATE TABLE lines (ts timestamp not null, n int8) TAGS (writer int not null) PRIMARY TAGS (writer);
CREATE TABLE sql (ts timestamp not null, n int8) TAGS (writer int not null) PRIMARY TAGS (writer);
CREATE TABLE shelf (ts timestamp not null, n int8) TAGS (writer int not null) PRIMARY TAGS (writer);
CREATE TABLE rel (k int8, n int8, writer int);
CREATE TABLE counter (writer int, n int8);
"""


@dataclass
class Ledger:
    """What is known of one client's steps. Those below `settled` were looked at: `there` of them are stored.

    next: the number of the next step; acknowledged: steps from `settled` on that were answered with success.
    """

    number: int
    kind: str
    next: int = 1
    settled: int = 1
    there: int = 0
    acknowledged: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Kind:
    """A way to write. body: the endpoint and the request of a step; stored: the steps from `settled` on that are stored.

    stored: (server, ledger) → step → share of it that is there (0 … 1).
    """

    body: Callable[[int, int], tuple[str, str]]
    stored: Callable[[Server, Ledger], dict[int, float]]
    total: Callable[[Server, Ledger], int]


def _rows_of(step: int) -> range:
    return range(step * ROWS, (step + 1) * ROWS)


def _lines(table: str, writer: int, step: int) -> str:
    return "".join(f"{table},writer={writer} n={n}i {n}000000\n" for n in _rows_of(step))


def _values(table: str, writer: int, step: int) -> str:
    return f"INSERT INTO {table} VALUES " + ", ".join(f"({n}, {n}, {writer})" for n in _rows_of(step))


def _found(table: str) -> Callable[[Server, Ledger], dict[int, float]]:
    def found(server: Server, ledger: Ledger) -> dict[int, float]:
        first = ledger.settled * ROWS
        rows = server.rows(f"SELECT n FROM {table} WHERE writer = {ledger.number} AND n >= {first}")
        share: dict[int, float] = {}
        for (n,) in rows:
            share[n // ROWS] = share.get(n // ROWS, 0) + 1 / ROWS
        return share

    return found


def _count(table: str) -> Callable[[Server, Ledger], int]:
    def count(server: Server, ledger: Ledger) -> int:
        first = ledger.settled * ROWS
        rows = server.rows(f"SELECT count(*) FROM {table} WHERE writer = {ledger.number} AND n < {first}")
        return int(rows[0][0]) // ROWS

    return count


def _refused_line(writer: int, step: int) -> str:
    return f'shelf,writer={writer} n="of step {step} of {writer}" {step}'


def _shelved(server: Server, ledger: Ledger) -> dict[int, float]:
    """The rows of a step and its refused line are one: with either missing it is torn."""
    share = _found("shelf")(server, ledger)
    steps = range(ledger.settled, ledger.next)
    lines = ", ".join(f"'{_refused_line(ledger.number, step)}'" for step in steps)
    kept = (
        {row[0] for row in server.rows(f"SELECT line FROM kwrest_system.rejected WHERE line IN ({lines})")}
        if steps
        else set()
    )
    return {step: (share.get(step, 0.0) + (_refused_line(ledger.number, step) in kept)) / 2 for step in steps}


def _defined(server: Server, ledger: Ledger) -> dict[int, float]:
    """The newest table says how far the steps came."""
    mine = f"defined{ledger.number}_"
    names = [row[0] for row in server.rows("SHOW TABLES") if row[0].startswith(mine)]
    newest = max((int(name.removeprefix(mine)) for name in names), default=0)
    return dict.fromkeys(range(ledger.settled, newest + 1), 1.0)


def _define(writer: int, step: int) -> tuple[str, str]:
    """A step makes one table and drops the one of the step before."""
    table = f"CREATE TABLE defined{writer}_{step} (ts timestamp not null, v int) TAGS (a int not null) PRIMARY TAGS (a)"
    return "ddl", f"{table}; DROP TABLE IF EXISTS defined{writer}_{step - 1}"


def _counted(server: Server, ledger: Ledger) -> dict[int, float]:
    newest = int(server.rows(f"SELECT n FROM counter WHERE writer = {ledger.number}")[0][0])
    return dict.fromkeys(range(ledger.settled, newest + 1), 1.0)


def _count_up(writer: int, step: int) -> tuple[str, str]:
    return "ddl", f"UPDATE counter SET n = {step} WHERE writer = {writer}"


def _said_by_the_newest(_: Server, ledger: Ledger) -> int:
    return ledger.there


KINDS = {
    "lines": Kind(lambda w, s: ("telegraf", _lines("lines", w, s)), _found("lines"), _count("lines")),
    "sql": Kind(lambda w, s: ("insert", _values("sql", w, s)), _found("sql"), _count("sql")),
    "rel": Kind(lambda w, s: ("insert", _values("rel", w, s)), _found("rel"), _count("rel")),
    "shelf": Kind(
        lambda w, s: ("telegraf", _lines("shelf", w, s) + _refused_line(w, s) + "\n"), _shelved, _count("shelf")
    ),
    "tables": Kind(_define, _defined, _said_by_the_newest),
    "counter": Kind(_count_up, _counted, _said_by_the_newest),
}


class Client(threading.Thread):
    """Sends one ledger's steps until the server is gone or `stop` is set."""

    def __init__(self, server: Server, ledger: Ledger, stop: threading.Event, told: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._server, self._ledger, self._stop_, self._told = server, ledger, stop, told
        self.failure = ""

    def run(self) -> None:
        ledger, kind = self._ledger, KINDS[self._ledger.kind]
        with httpx.Client(base_url=self._server.url, verify=self._server.tls(), timeout=60) as http:
            while not self._stop_.is_set():
                step = ledger.next
                endpoint, body = kind.body(ledger.number, step)
                ledger.next += 1
                try:
                    answer = http.post(
                        f"/restapi/{endpoint}", content=body.encode(), headers={"Authorization": f"Basic {ROOT_TOKEN}"}
                    )
                except httpx.TransportError:
                    return
                if not _acknowledged(ledger.kind, answer):
                    self.failure = f"{ledger.kind} step {step}: {answer.status_code} {answer.text}"
                    return
                ledger.acknowledged.append(step)
                self._told()  # a kill may follow within microseconds: whatever is answered must be stored by now


def _acknowledged(kind: str, answer: httpx.Response) -> bool:
    if answer.status_code != 200:
        return False
    body: dict[str, Any] = answer.json()
    return body["code"] == 0 or (kind == "shelf" and body["rows"] == ROWS)


class Load:
    """All clients of a round. kinds: one client for each."""

    def __init__(self, ledgers: list[Ledger]) -> None:
        self.ledgers = ledgers
        self._stop = threading.Event()
        self._clients: list[Client] = []
        self._answers = 0
        self._kill_at = 0
        self._counting = threading.Lock()
        self._server: Server | None = None
        self.reached = threading.Event()

    def start(self, server: Server, notify_at: int = 0, *, kill: bool = False) -> None:
        """Begin to write. After `notify_at` answers `reached` is set; with `kill` the server dies in that very moment."""
        self._stop.clear()
        self.reached.clear()
        self._answers, self._kill_at = 0, notify_at
        self._server = server if kill else None
        self._clients = [Client(server, ledger, self._stop, self._answered) for ledger in self.ledgers]
        for client in self._clients:
            client.start()

    def _answered(self) -> None:
        with self._counting:
            self._answers += 1
            if self._answers == self._kill_at:
                if self._server is not None:
                    self._server.send_kill()
                self.reached.set()

    def stop(self) -> None:
        """Let every client finish its step."""
        self._stop.set()
        self.join()

    def join(self) -> None:
        """Wait for the end of all clients, which a dead server brings; a refused step is a failure."""
        for client in self._clients:
            client.join(60)
            assert not client.is_alive(), "a client is not answered"
            assert not client.failure, client.failure

    @property
    def failed(self) -> bool:
        return any(client.failure for client in self._clients)

    def settle(self, server: Server) -> tuple[int, int]:
        """Look at what is stored: nothing acknowledged is missing, nothing torn, nothing settled gone.

        Returns steps acknowledged and steps in doubt that turned out to be stored.
        """
        answered = in_doubt = 0
        for ledger in self.ledgers:
            kind = KINDS[ledger.kind]
            assert kind.total(server, ledger) == ledger.there, f"{ledger.kind}: steps before {ledger.settled} are gone"
            stored = kind.stored(server, ledger)
            acknowledged = set(ledger.acknowledged)
            for step in range(ledger.settled, ledger.next):
                share = stored.get(step, 0.0)
                assert share in (0.0, 1.0) or abs(share - 1) < 1e-9, f"{ledger.kind}: step {step} is torn ({share:.2f})"
                there = share > 0.5
                assert there or step not in acknowledged, f"{ledger.kind}: step {step} was acknowledged and is missing"
                ledger.there += there
                in_doubt += there and step not in acknowledged
            answered += len(acknowledged)
            beyond = [step for step in stored if step >= ledger.next]
            assert not beyond, f"{ledger.kind}: steps {beyond} were never sent"
            ledger.settled, ledger.acknowledged = ledger.next, []
        return answered, in_doubt


def one_of_each() -> list[Ledger]:
    """A client of each kind."""
    return [Ledger(number, kind) for number, kind in enumerate(KINDS, 1)]


def make_tables(server: Server, ledgers: list[Ledger]) -> None:
    """What the clients write into."""
    server.ddl(SCHEMA)
    server.insert("INSERT INTO counter VALUES " + ", ".join(f"({ledger.number}, 0)" for ledger in ledgers))
