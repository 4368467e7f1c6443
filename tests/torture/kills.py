"""`make torture PART=kills`: kill -9 under all kinds of writes, again and again on the same data."""

from __future__ import annotations

import random
import time

from kwrest.catalog.invariants import stored_catalog
from kwrest.engines import inspect
from kwrest.model import TableKind
from kwrest.system import SYSTEM_TABLES
from tests.e2e.server import Server
from tests.torture.load import Ledger, Load, make_tables, one_of_each
from tests.torture.runs import Run

CHECKED_EVERY = 50  # rounds


def run(run: Run) -> str:
    """One kill a round. Half of them come in the moment of an answer, the others at a random time."""
    ledgers = [Ledger(**ledger) for ledger in run.state.get("ledgers", [])] or one_of_each()
    tally = run.state.setdefault(
        "tally", {"kills": 0, "acknowledged": 0, "in doubt and stored": 0, "slowest start": 0.0}
    )
    # A small log is moved into the file many times a second, so that kills meet checkpoints too.
    server = Server(run.folder / "data", flags=("--shelf-limit", "10000000", "--checkpoint", "128KiB"))
    server.start()
    if "ledgers" not in run.state:
        make_tables(server, ledgers)
    load = Load(ledgers)
    for round_number in run.rounds():
        dice = random.Random(f"{run.seed}/{round_number}")
        kill_one(server, load, dice, at_an_answer=dice.random() < 0.5)
        began = time.monotonic()
        server.restart()
        tally["slowest start"] = max(tally["slowest start"], round(time.monotonic() - began, 2))
        answered, in_doubt = load.settle(server)
        for name, more in (("kills", 1), ("acknowledged", answered), ("in doubt and stored", in_doubt)):
            tally[name] += more
        if round_number % CHECKED_EVERY == 0:
            server.kill()
            look(server)
            server.start()
        run.keep(ledgers=[vars(ledger) for ledger in ledgers], tally=tally)
        run.say(f"{answered} steps acknowledged, {in_doubt} in doubt and stored")
    server.kill()
    look(server)
    return ", ".join(f"{value} {name}" for name, value in tally.items()) + "; none missing, none torn"


def kill_one(server: Server, load: Load, dice: random.Random, *, at_an_answer: bool) -> None:
    """Write, and die under it: in the very moment of an answer, or at any time."""
    load.start(server, dice.randint(5, 60), kill=at_an_answer)
    if at_an_answer:
        while not load.reached.wait(0.2) and not load.failed:
            pass
    else:
        time.sleep(dice.uniform(0.05, 0.8))
    server.kill()
    load.join()


def look(server: Server) -> None:
    """What `kwrest check` looks at, of a dead server's data: nothing may be wrong."""
    wrong: list[str] = []
    with inspect("duckdb:", server.data) as inspected:
        catalog = stored_catalog(inspected.read_system)
        wrong += [*inspected.found, *catalog.found, *inspected.strangers(catalog.tables)]
        for table in (*SYSTEM_TABLES, *catalog.tables):
            if table.kind is not TableKind.VIEW:
                inspected.contents(table, wrong)
    assert not wrong, wrong
