"""`make torture PART=damage`: every row of `harms`, then a log harmed at one place a round, then a database file."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from kwrest.catalog import rows
from kwrest.engines import repair
from kwrest.errors import StartError
from kwrest.system import COLUMNS, TABLES
from tests.e2e.server import ROOT_TOKEN, Server
from tests.engines.parts import Bench, select
from tests.torture.backups import kwrest
from tests.torture.harms import HARMS, Harm, judge, possible, refused, start_after
from tests.torture.runs import Run

COMMITS = 60  # of a row each, in the log
LOG_PLACES = 200
FILE_PLACES = 40
SERVED = (
    10  # every tenth place of the log is started as a server; the others are opened in this process, which is faster
)
LOG_REFUSAL = "`kwrest check --repair --data"


ROUNDS = len(HARMS) + LOG_PLACES + FILE_PLACES


def run(run: Run) -> str:
    """The rows of `harms` first, then 200 rounds that harm the log, then 40 that harm the database file."""
    whole = run.folder / "whole"
    if not whole.exists():
        make(whole)
    tally: dict[str, int] = run.state.setdefault("tally", {})
    for number in run.rounds():
        data = run.folder / "harmed"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(whole, data)
        dice = random.Random(f"{run.seed}/{number}")
        place = number - len(HARMS)
        if place <= 0:
            outcome = harm_otherwise(data, HARMS[number - 1])
        elif place <= LOG_PLACES:
            outcome = "log " + harm_log(
                data, (place - dice.random()) / LOG_PLACES, dice, through_server=place % SERVED == 0
            )
        else:
            outcome = "file flipped: " + harm_file(data, dice)
        tally[outcome] = tally.get(outcome, 0) + 1
        run.keep(tally=tally)
        run.say(outcome)
    return "\n" + "\n".join(f"{count:5} {outcome}" for outcome, count in sorted(tally.items()))


def make(data: Path) -> None:
    """A data folder whose server was killed: some rows in the file, one commit a row in the log."""
    server = Server(data).start()
    server.ddl("CREATE TABLE sql (ts timestamp not null, n int8) TAGS (writer int not null) PRIMARY TAGS (writer)")
    server.insert("INSERT INTO sql VALUES " + ", ".join(f"({n}, {n}, 0)" for n in range(1, 1001)))
    server.stop()
    server.start()
    for n in range(1001, 1001 + COMMITS):
        server.insert(f"INSERT INTO sql VALUES ({n}, {n}, 1)")
    server.kill()


def cut(content: bytearray, at: int, dice: random.Random) -> bytearray:
    return content[:at]


def flipped(content: bytearray, at: int, dice: random.Random) -> bytearray:
    content[at] ^= 1 << dice.randrange(8)
    return content


def zeroed(content: bytearray, at: int, dice: random.Random) -> bytearray:
    content[at : at + 64] = bytes(len(content[at : at + 64]))
    return content


# Half of the places are single bits: they are what DuckDB misses.
WAYS: tuple[Callable[[bytearray, int, random.Random], bytearray], ...] = (flipped, flipped, cut, zeroed)


def harm_log(data: Path, part: float, dice: random.Random, *, through_server: bool = True) -> str:
    """Harm the log there; what became of it. What is missing must be named, and nothing else may be.

    through_server: a process of its own, as a person would see it; without, the same opening in this process.
    """
    log = data / "kwrest.duckdb.wal"
    content = bytearray(log.read_bytes())
    way = dice.choice(WAYS)
    log.write_bytes(way(content, int(part * len(content)), dice))
    missing, lost, repaired = (_served if through_server else _opened)(data)
    assert bool(missing) == bool(lost), f"{missing} rows are missing, and it says {lost}"
    how = f"{way.__name__}: {'refused in a sentence, repaired, ' if repaired else ''}started"
    if not missing:
        return f"{how} whole"
    assert f"{missing} commits are lost" in lost[0], f"{missing} rows are missing, and it says {lost}"
    return f"{how}, what was lost is named"


def _served(data: Path) -> tuple[int, Sequence[str], bool]:
    """Rows missing, losses named, whether it had to be repaired: by a server."""
    server = Server(data)
    repaired = not server.try_to_start()
    if repaired:
        assert "Traceback" not in server.log, server.log
        refused(server, LOG_REFUSAL)
        done = kwrest("check", "--repair", "--data", data)
        assert "keeps it as it was" in done.stdout, done.stdout + done.stderr
        server.start()
    missing = missing_rows(server)
    lost: list[str] = server.send("GET", "/ready", Authorization=f"Basic {ROOT_TOKEN}").json()["lost"]
    server.kill()
    return missing, lost, repaired


def _opened(data: Path) -> tuple[int, Sequence[str], bool]:
    """The same by the engine alone."""
    repaired = False
    try:
        bench = Bench("duckdb:", data)
    except StartError as refusal:
        assert LOG_REFUSAL in refusal.message and "\n" not in refusal.message, refusal.message
        assert "keeps it as it was" in repair("duckdb:", data)
        bench = Bench("duckdb:", data)
        repaired = True
    stored = rows.tables(bench.engine.read_system(TABLES), bench.engine.read_system(COLUMNS))
    (table,) = [table for table in stored if table.name == "sql"]
    missing = _missing(bench.rows(select(table, 2, order_by=(2,))))
    lost = bench.engine.losses()
    bench.engine.close()
    return missing, lost, repaired


def _missing(found: Sequence[Sequence[object]]) -> int:
    """How many of the last rows are not there; those before must be."""
    numbers = [row[0] for row in found]
    assert numbers == list(range(1, len(numbers) + 1)), "a row in the middle is missing"
    return 1000 + COMMITS - len(numbers)


def missing_rows(server: Server) -> int:
    """How many of the last rows a server has not."""
    return _missing(server.rows("SELECT n FROM sql ORDER BY n"))


def harm_file(data: Path, dice: random.Random) -> str:
    """Flip a bit in the database file: it does not start, or answers what it has or a named error, and goes on."""
    file = data / "kwrest.duckdb"
    content = bytearray(file.read_bytes())
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    file.write_bytes(content)
    server = Server(data)
    if not server.try_to_start():
        assert "Traceback" not in server.log, server.log
        return refused(server, "restore a backup into a new folder")
    answers = [server.post("query", sql) for sql in ("SELECT n FROM sql ORDER BY n", "SELECT 1", "SHOW TABLES")]
    written = server.post("insert", "INSERT INTO sql VALUES (5000, 5000, 1)")
    assert server.running, server.log
    right = [row[0] for row in answers[0].json()["data"] or []] == list(range(1, 1001 + COMMITS))
    assert right or answers[0].status_code in (500, 503), answers[0].text
    for answer in (*answers, written):
        assert "DuckDB" not in answer.text and "block" not in answer.text, answer.text
    server.kill()
    if right and written.status_code == 200:
        return "started, every row is right"
    checked = kwrest("check", "--data", data)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    return "started, the damaged table answers a named error, and check finds it"


def harm_otherwise(data: Path, harm: Harm) -> str:
    """One row of `harms`."""
    if not possible(harm):
        return f"{harm.name}: not possible here"
    server = start_after(harm, data)
    try:
        outcome = judge(server, harm.says, harm.logged)
        if server.running and harm.logged != "commits are lost":
            assert missing_rows(server) == 0
    finally:
        if server.running:
            server.kill()
        data.chmod(0o700)
    return f"{harm.name}: {outcome}"
