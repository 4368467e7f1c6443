"""kill -9 under mixed load: no acknowledged step is missing, none is torn. `make torture PART=kills` does it for long."""

from __future__ import annotations

import random

from kwrest.engines.duckdb.watermark import parse
from tests.e2e.server import ROOT_TOKEN, Server
from tests.torture.kills import kill_one, look
from tests.torture.load import KINDS, Load, make_tables, one_of_each

ROUNDS = 5


def test_no_acknowledged_step_is_missing_after_kill(server: Server) -> None:
    ledgers = one_of_each()
    make_tables(server, ledgers)
    load = Load(ledgers)
    dice = random.Random(20240601)
    answered = 0
    for _ in range(ROUNDS):
        # In the moment of an answer: a server that answers before it has committed is caught by most of these.
        kill_one(server, load, dice, at_an_answer=True)
        server.restart()
        answered += load.settle(server)[0]
    assert answered > ROUNDS * len(KINDS) and all(ledger.there for ledger in ledgers)
    server.kill()
    look(server)


def test_refused_lines_are_stored_in_the_commit_of_their_neighbours(server: Server) -> None:
    """One commit more, so no kill can come between the two."""
    server.ddl("CREATE TABLE m (ts timestamp not null, n int8) TAGS (a int not null) PRIMARY TAGS (a)")

    def commits() -> int:
        return parse((server.data / "watermark").read_bytes())[0].number

    before = commits()
    answer = server.post("telegraf", 'm,a=1 n=1i 1000000\nm,a=1 n="x" 2000000\n', token=ROOT_TOKEN)
    assert answer.json()["rows"] == 1 and server.rows("SELECT times FROM kwrest_system.rejected") == [[1]]
    assert commits() == before + 1
