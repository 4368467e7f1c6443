"""kill -9 under mixed load: clients keep a ledger of acknowledged rows; none is missing, no statement is torn."""

from __future__ import annotations

import random
import threading

import httpx
import pytest

from tests.e2e.server import ROOT_TOKEN, Server, wait_until

ROUNDS = 5
ROWS_A_STATEMENT = 7


class Writer(threading.Thread):
    """Sends numbered rows until the server is gone; remembers what was acknowledged and what is in doubt."""

    def __init__(self, server: Server, number: int, first: int) -> None:
        super().__init__(daemon=True)
        self.server, self.number, self.next = server, number, first
        self.acknowledged: list[int] = []
        self.failure = ""

    def run(self) -> None:
        with httpx.Client(base_url=self.server.url, verify=self.server.tls(), timeout=30) as http:
            while True:
                group = range(self.next, self.next + ROWS_A_STATEMENT)
                self.next += ROWS_A_STATEMENT
                endpoint, body = self._body(group)
                try:
                    answer = http.post(
                        f"/restapi/{endpoint}", content=body.encode(), headers={"Authorization": f"Basic {ROOT_TOKEN}"}
                    )
                except httpx.TransportError:
                    return
                if answer.status_code == 200 and answer.json()["code"] == 0:
                    self.acknowledged += group
                else:
                    self.failure = answer.text
                    return

    def _body(self, group: range) -> tuple[str, str]:
        if self.number % 3 == 0:
            return "telegraf", "".join(f"lines,writer={self.number} n={n}i {n}000000\n" for n in group)
        rows = ", ".join(f"({n}, {n}, {self.number})" for n in group)
        table = "sql" if self.number % 3 == 1 else "rel"
        return "insert", f"INSERT INTO {table} VALUES {rows}"


TABLES = ("lines", "sql", "rel")


def test_no_acknowledged_row_is_missing_after_kill(server: Server) -> None:
    server.ddl(
        "CREATE TABLE lines (ts timestamp not null, n int8) TAGS (writer int not null) PRIMARY TAGS (writer);"
        "CREATE TABLE sql (ts timestamp not null, n int8) TAGS (writer int not null) PRIMARY TAGS (writer);"
        "CREATE TABLE rel (k int8, n int8, writer int, UNIQUE (writer, n))"
    )
    ledger: dict[int, list[int]] = {number: [] for number in range(6)}
    next_row = dict.fromkeys(ledger, 1)
    dice = random.Random(20240601)
    for round_number in range(ROUNDS):
        writers = [Writer(server, number, next_row[number]) for number in ledger]
        for writer in writers:
            writer.start()
        enough = ROWS_A_STATEMENT * dice.randint(3, 12)
        wait_until(
            lambda w=writers, e=enough: (
                sum(len(x.acknowledged) for x in w) > e * len(w) / 2 or any(x.failure for x in w)
            )
        )
        if round_number % 2:
            threading.Thread(target=_define, args=(server, round_number), daemon=True).start()
        server.kill()
        for writer in writers:
            writer.join(30)
            assert not writer.failure, writer.failure
            ledger[writer.number] += writer.acknowledged
            next_row[writer.number] = writer.next
        server.restart()
        for number, acknowledged in ledger.items():
            found = {row[0] for row in server.rows(f"SELECT n FROM {TABLES[number % 3]} WHERE writer = {number}")}
            assert set(acknowledged) <= found, f"round {round_number}: rows of writer {number} are missing"
            for first in range(1, next_row[number], ROWS_A_STATEMENT):
                there = sum(n in found for n in range(first, first + ROWS_A_STATEMENT))
                assert there in (0, ROWS_A_STATEMENT), f"round {round_number}: the statement from {first} is torn"
    assert all(ledger.values())
    # A key that was acknowledged before a kill is there: it cannot be stored again.
    for number in (2, 5):
        n = ledger[number][0]
        answer = server.post("insert", f"INSERT INTO rel VALUES (0, {n}, {number})").json()
        assert answer["desc"] == [
            f'duplicate key value (writer,n)=({number},{n}) violates unique constraint "rel_writer_n_key"'
        ]


def _define(server: Server, number: int) -> None:
    with pytest.raises((httpx.TransportError, AssertionError)):
        while True:
            server.ddl(
                f"CREATE TABLE t{number} (ts timestamp not null, v int) TAGS (a int not null) PRIMARY TAGS (a); DROP TABLE t{number}"
            )
