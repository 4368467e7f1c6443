"""Files that were harmed while the server was down: it opens and says what is lost, or says in one sentence what is wrong."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kwrest.engines.duckdb.watermark import Mark, Watermark, parse, slot
from kwrest.errors import StartError
from tests.engines.parts import Bench, batch, series_table
from tests.engines.test_storage import running

T = series_table()
ROWS = 40

SCRIPT = """
from tests.engines.parts import *
bench = Bench({url!r}, Path({data!r}))
bench.make(series_table())
for n in range({rows}):
    bench.write(batch(series_table(), [(n * 1_000_000, float(n), "x", "a", None)]))
print("written", flush=True)
import time; time.sleep(60)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose process was killed: every row is in the log."""
    data = tmp_path_factory.mktemp("killed") / "data"
    with running(SCRIPT.format(url="duckdb:", data=str(data), rows=ROWS)) as process:
        assert process.stdout is not None and process.stdout.readline() == "written\n"
    return data


@pytest.fixture
def harmed(killed: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it, to be harmed."""
    data = tmp_path / "data"
    shutil.copytree(killed, data)
    yield data


def wal(data: Path) -> Path:
    return data / "kwrest.duckdb.wal"


def log_bytes(data: Path) -> bytearray:
    return bytearray(wal(data).read_bytes())


def place(content: bytearray, part: float) -> int:
    """The start of a log entry at about that part of the log: the low byte of its length."""
    at = int(len(content) * part)
    # An entry is length and checksum (8 bytes each), then the data; lengths here are below 4096.
    while not (0 < int.from_bytes(content[at : at + 8], "little") < 4096 and _entry(content, at)):
        at += 1
    return at


def _entry(content: bytearray, at: int) -> bool:
    """Whether entries follow each other from here to the end."""
    while at + 16 < len(content):
        length = int.from_bytes(content[at : at + 8], "little")
        if not 0 < length < 1 << 20:
            return False
        at += 16 + length
    return at == len(content)


def test_a_log_that_was_not_harmed_is_whole(harmed: Path) -> None:
    bench = Bench("duckdb:", harmed)
    assert len(bench.all(T)) == ROWS
    assert bench.engine.losses() == () and (harmed / "quarantine" / "opening" / "kwrest.duckdb.wal").exists()
    bench.engine.close()  # a checkpoint, and nobody needs the copy of the log any more
    assert not (harmed / "quarantine" / "opening").exists()


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_log_that_lost_its_tail_in_silence_is_noticed(
    harmed: Path, part: float, caplog: pytest.LogCaptureFixture
) -> None:
    """A flipped bit in an entry's length: DuckDB opens without the tail and says nothing."""
    content = log_bytes(harmed)
    content[place(content, part) + 6] ^= 64
    wal(harmed).write_bytes(content)
    with caplog.at_level(logging.ERROR):
        bench = Bench("duckdb:", harmed)
    stored = len(bench.all(T))
    assert stored < ROWS
    (sentence,) = bench.engine.losses()
    # The first commit made the table, each other one is a row.
    assert (
        f"{ROWS - stored} commits are lost, numbers {stored + 2} to {ROWS + 1}" in sentence and sentence in caplog.text
    )
    (kept,) = (harmed / "quarantine").glob("2*")
    assert (kept / "kwrest.duckdb.wal").read_bytes() == content and (kept / "LOSS.txt").read_text().strip() == sentence
    bench.write(batch(T, [(10**12, 1.0, "x", "a", None)]))
    bench.reopen()  # it is named until the operator removes the folder, and found only once
    assert bench.engine.losses() == (sentence,) and len(bench.all(T)) == stored + 1
    shutil.rmtree(kept)
    assert bench.engine.losses() == ()
    bench.reopen()
    assert bench.engine.losses() == ()
    bench.engine.close()


def cut(content: bytearray) -> bytearray:
    return content[: len(content) // 2]


def emptied(content: bytearray) -> bytearray:
    return content[:0]


def header(content: bytearray) -> bytearray:
    content[0] ^= 4
    return content


@pytest.mark.parametrize("harm", [cut, emptied, header])
def test_a_log_that_was_cut_is_noticed(harmed: Path, harm: Callable[[bytearray], bytearray]) -> None:
    wal(harmed).write_bytes(harm(log_bytes(harmed)))
    bench = Bench("duckdb:", harmed)
    assert "commits are lost" in bench.engine.losses()[0]
    bench.engine.close()


def test_a_log_that_is_gone_is_noticed(harmed: Path) -> None:
    wal(harmed).unlink()
    bench = Bench("duckdb:", harmed)
    (sentence,) = bench.engine.losses()
    assert f"{ROWS + 1} commits are lost, numbers 1 to {ROWS + 1}: what was written after the first start" in sentence
    bench.engine.close()


@pytest.mark.parametrize("content", [None, b"", b"\0" * 128, b"kwrest what"])
def test_a_watermark_that_says_nothing_is_said(
    harmed: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is None:
        (harmed / "watermark").unlink()
    else:
        (harmed / "watermark").write_bytes(content)
    bench = Bench("duckdb:", harmed)
    assert "watermark says nothing" in caplog.text and bench.engine.losses() == ()
    assert len(bench.all(T)) == ROWS
    bench.engine.close()
    assert parse((harmed / "watermark").read_bytes())[0].number == ROWS + 1


@pytest.mark.parametrize("kept", [0, 1])
def test_a_slot_that_was_cut_leaves_the_other(tmp_path: Path, kept: int) -> None:
    file = tmp_path / "watermark"
    slots = [slot(Mark(8, 80)), slot(Mark(9, 90))]
    slots[1 - kept] = slots[1 - kept][:20] + bytes(44)
    file.write_bytes(b"".join(slots))
    watermark = Watermark(file)
    assert (watermark.last.number, watermark.readable) == (8 + kept, True)
    watermark.raise_to(Mark(3, 30))  # it only grows
    assert watermark.last.number == 8 + kept
    watermark.raise_to(Mark(12, 120))
    watermark.close()
    assert parse(file.read_bytes())[0] == Mark(12, 120)


def test_a_full_disk_keeps_no_copy_and_starts(harmed: Path, caplog: pytest.LogCaptureFixture) -> None:
    (harmed / "quarantine").mkdir(exist_ok=True)
    shutil.rmtree(harmed / "quarantine")
    (harmed / "quarantine").write_text("a file where the folder should be")
    bench = Bench("duckdb:", harmed)
    assert len(bench.all(T)) == ROWS and "no copy of the log is kept" in caplog.text
    bench.engine.close()


def test_a_damaged_log_is_told_with_its_remedy(harmed: Path) -> None:
    content = log_bytes(harmed)
    content[place(content, 0.5) + 20] ^= 1
    wal(harmed).write_bytes(content)
    for _ in range(2):
        with pytest.raises(StartError, match="cannot be read to its end; `kwrest check --repair --data") as refused:
            Bench("duckdb:", harmed)
        assert refused.value.message.count("\n") == 0 and wal(harmed).read_bytes() == content
    assert os.path.exists(harmed / "LOCK")


FAILING_SYNC = """
from kwrest.errors import Transient
from tests.engines.parts import *
bench = Bench({url!r}, Path({data!r}))
table = relational_table()
bench.make(table)
acknowledged = set()
for k in range(0, 45, 3):
    futures = [(n, bench.engine.write([batch(table, [(n, "x")])], bench.request())) for n in range(k, k + 3)]
    for n, future in futures:
        try:
            future.result(20)
            acknowledged.add(n)
        except Transient:
            pass
stored = [row[0] for row in bench.rows(select(table))]
assert len(stored) == len(set(stored)), "stored twice"
assert acknowledged <= set(stored), "acknowledged and missing"
assert len(acknowledged) > 30
bench.engine.close()
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the system calls fail")
@pytest.mark.parametrize("also", ["", "ftruncate:error=EIO:when=1+"], ids=["log cut back", "log not cut back"])
def test_a_commit_whose_sync_fails_is_stored_once_or_not_at_all(tmp_path: Path, also: str) -> None:
    """DuckDB gives up when the log cannot be synced; whether the rows are in it then, only the reopened file says."""
    data = tmp_path / "data"
    command = ["strace", "-f", "-q", "-o", str(tmp_path / "trace"), "-P", str(data / "kwrest.duckdb.wal")]
    command += ["-e", "trace=fsync,fdatasync,ftruncate", "-e", "inject=fsync,fdatasync:error=EIO:when=5"]
    command += ["-e", f"inject={also}"] if also else []
    script = FAILING_SYNC.format(url="duckdb:", data=str(data))
    done = subprocess.run([*command, sys.executable, "-c", script], capture_output=True, text=True, timeout=110)
    if "Operation not permitted" in done.stderr:
        pytest.skip("no process may be traced here")
    assert done.returncode == 0, done.stderr
    assert "INJECTED" in (tmp_path / "trace").read_text()
