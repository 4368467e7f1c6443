"""`make torture PART=backup`: `kwrest backup` of a server that is written to, `kwrest restore`, and a look at every row."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

from tests.e2e.server import Server
from tests.torture.kills import look
from tests.torture.load import Ledger, Load, make_tables, one_of_each
from tests.torture.runs import Run


def kwrest(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """One command of the command line, as a process of its own."""
    command = [sys.executable, "-m", "kwrest", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=dict(os.environ))


def run(run: Run) -> str:
    """One backup a round, at a random moment, while every kind of client writes."""
    ledgers = [Ledger(**ledger) for ledger in run.state.get("ledgers", [])] or one_of_each()
    tally = run.state.setdefault(
        "tally", {"backups": 0, "acknowledged before": 0, "written during": 0, "slowest backup": 0.0}
    )
    server = Server(run.folder / "data", flags=("--shelf-limit", "10000000", "--checkpoint", "128KiB")).start()
    if "ledgers" not in run.state:
        make_tables(server, ledgers)
    load = Load(ledgers)
    for round_number in run.rounds():
        dice = random.Random(f"{run.seed}/{round_number}")
        before, during, seconds = back_up_one(server, load, run.folder, dice)
        for name, more in (("backups", 1), ("acknowledged before", before), ("written during", during)):
            tally[name] += more
        tally["slowest backup"] = max(tally["slowest backup"], round(seconds, 2))
        run.keep(ledgers=[vars(ledger) for ledger in ledgers], tally=tally)
        run.say(f"{before} steps acknowledged before, {during} while it was made, {seconds:.2f} s")
    assert server.stop() == 0
    return ", ".join(f"{value} {name}" for name, value in tally.items()) + "; all restored, none missing, none torn"


def back_up_one(server: Server, load: Load, folder: Path, dice: random.Random) -> tuple[int, int, float]:
    """Steps acknowledged before the backup began, those sent until it was finished, and the seconds it took."""
    backup, restored = folder / "backup", Server(folder / "restored")
    for left in (backup, restored.data):
        shutil.rmtree(left, ignore_errors=True)
    load.start(server, 4 * len(load.ledgers))
    while not load.reached.wait(0.2) and not load.failed:
        pass
    time.sleep(dice.uniform(0.0, 1.0))
    # What is acknowledged in this copy of the ledgers must be in the backup; later steps may be.
    then = deepcopy(load.ledgers)
    began = time.monotonic()
    made = kwrest("backup", backup, "--data", server.data)
    seconds = time.monotonic() - began
    load.stop()
    assert made.returncode == 0, made.stderr
    for now, of_then in zip(load.ledgers, then, strict=True):
        of_then.next = now.next
    load.settle(server)
    restoring = kwrest("restore", backup, "--data", restored.data)
    assert restoring.returncode == 0, restoring.stderr
    look(restored)
    during = sum(ledger.next - len(ledger.acknowledged) - ledger.settled for ledger in then)
    restored.start()
    before, _ = Load(then).settle(restored)
    restored.stop()
    return before, during, seconds
