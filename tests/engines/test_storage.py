"""The data directory: one process at a time, a known layout, a clear sentence when something is wrong with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kwrest.engines import open_engine
from kwrest.engines.base import EngineOptions, Put
from kwrest.errors import (
    DataInUse,
    DataTooNew,
    DataTooOld,
    EngineRestarting,
    KwrestError,
    StorageDamaged,
    StorageUnreachable,
    UnknownEngine,
)
from kwrest.system import SETTINGS
from kwrest.types.values import Value
from tests.engines.parts import Bench, ask, batch, series_table
from tests.engines.test_queries import MANY

T = series_table()


def test_an_engine_is_named_by_its_url(tmp_path: Path) -> None:
    with pytest.raises(UnknownEngine, match='unknown engine "mysql://x"'):
        open_engine("mysql://x", tmp_path, EngineOptions())


def test_a_setting_the_engine_refuses_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageUnreachable, match="threads cannot be -1"):
        open_engine("duckdb:", tmp_path / "data", EngineOptions(threads=-1))


def test_closing_ends_what_is_still_being_read(bench: Bench) -> None:
    stream = bench.engine.query(ask(MANY), bench.request()).batches()
    next(stream)
    bench.engine.close()
    with pytest.raises(EngineRestarting):
        next(stream)
    bench.open()


def test_only_the_owner_may_look_inside(bench: Bench) -> None:
    assert bench.data.stat().st_mode & 0o777 == 0o700
    assert (bench.data / "LOCK").read_text() == f"{os.getpid()}\n"


def test_a_directory_in_use_names_the_process(bench: Bench) -> None:
    with pytest.raises(DataInUse) as refused:
        open_engine(bench.url, bench.data)
    assert f"in use by process {os.getpid()} ({sys.executable}" in refused.value.message


def test_a_lock_file_of_a_dead_process_is_no_obstacle(bench: Bench) -> None:
    bench.engine.close()
    (bench.data / "LOCK").write_text("1\n")
    bench.open()


def newer(data: Path) -> None:
    (data / "FORMAT").write_text("kwrest duckdb layout 3\n")


def older(data: Path) -> None:
    (data / "FORMAT").write_text("kwrest duckdb layout 1\n")


def garbled(data: Path) -> None:
    (data / "FORMAT").write_bytes(b"\xff\xfe\0")


def emptied(data: Path) -> None:
    (data / "FORMAT").write_bytes(b"")


def unformatted(data: Path) -> None:
    (data / "FORMAT").unlink()


def lost(data: Path) -> None:
    (data / "kwrest.duckdb").unlink()


def overwritten(data: Path) -> None:
    (data / "kwrest.duckdb").write_bytes(b"not a database at all\n" * 1000)


def cut(data: Path) -> None:
    os.truncate(data / "kwrest.duckdb", 5000)


def scratched(data: Path) -> None:
    file = data / "kwrest.duckdb"
    content = bytearray(file.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    file.write_bytes(content)


def no_folder(data: Path) -> None:
    (data / "tmp").rmdir()
    (data / "tmp").write_text("")


@pytest.mark.parametrize(
    "harm, error, text",
    [
        (newer, DataTooNew, "has format 3, this server reads up to 2"),
        (older, DataTooOld, "has format 1, this server reads from 2 on"),
        (garbled, StorageDamaged, "the file FORMAT cannot be read"),
        (emptied, StorageDamaged, "the file FORMAT cannot be read"),
        (unformatted, StorageDamaged, "the file FORMAT is missing"),
        (lost, StorageDamaged, "the file kwrest.duckdb is missing"),
        (overwritten, StorageDamaged, "the database cannot be read"),
        (cut, StorageDamaged, "the database cannot be read"),
        (scratched, StorageDamaged, "the database cannot be read"),
        (no_folder, StorageUnreachable, "cannot be used"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    bench: Bench, harm: Callable[[Path], None], error: type[KwrestError], text: str
) -> None:
    bench.make(T)
    bench.write(batch(T, [(n, float(n), "x", "a", None) for n in range(2000)]))
    bench.engine.close()
    harm(bench.data)
    with pytest.raises(error) as refused:
        bench.open()
    assert text in refused.value.message and str(bench.data) in refused.value.message
    with pytest.raises(error):  # the failed opening has let go of the directory, and changed nothing
        bench.open()


def test_a_damaged_log_is_said(bench: Bench) -> None:
    bench.make(T)
    script = f"""
from tests.engines.parts import *
bench = Bench({bench.url!r}, Path({str(bench.data)!r}))
table = series_table()
for n in range(50):
    bench.write(batch(table, [(n, float(n), "x", "a", None)]))
print("written", flush=True)
import time; time.sleep(60)
"""
    bench.engine.close()
    with running(script) as process:
        assert process.stdout is not None and process.stdout.readline() == "written\n"
    log = bench.data / "kwrest.duckdb.wal"
    content = bytearray(log.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    log.write_bytes(content)
    with pytest.raises(StorageDamaged):
        bench.open()
    assert log.read_bytes() == content
    log.unlink()
    bench.open()


def running(script: str) -> subprocess.Popen[str]:
    """A process of its own; at the end of `with` it is gone."""

    class Killed(subprocess.Popen[str]):
        def __exit__(self, *error: object) -> None:
            self.kill()
            self.wait()
            super().__exit__(None, None, None)

    return Killed([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env={**os.environ})


def test_an_interrupted_first_start_is_started_again(bench: Bench) -> None:
    bench.engine.close()
    (bench.data / "FORMAT").unlink()
    bench.open()
    assert (bench.data / "FORMAT").exists()


def test_left_over_spill_files_go(bench: Bench) -> None:
    bench.engine.close()
    (bench.data / "tmp" / "duckdb_temp_storage-0.tmp").write_bytes(b"x")
    bench.open()
    assert list((bench.data / "tmp").iterdir()) == []


def test_closing_twice_is_safe_and_keeps_everything(bench: Bench) -> None:
    bench.change(Put(SETTINGS, {"name": ["a"], "value": ["1"]}))
    bench.engine.close()
    bench.engine.close()
    bench.open()
    assert bench.engine.read_system(SETTINGS) == {"name": ["a"], "value": ["1"]}


WRITER = """
from tests.engines.parts import *
bench = Bench({url!r}, Path({data!r}))
table = series_table()
for n in range({start}, 10**9):
    ms = 1_000_000
    bench.write(batch(table, [(n * ms, 1.0, "x", "a", None), ((n - 1) * ms, 1.0, "again", "a", None)]))
    print(n, flush=True)
"""


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_kill(bench: Bench) -> None:
    bench.make(T)
    bench.engine.close()
    start, last = 1000, 999
    expected: dict[int, Value] = {}
    for _ in range(3):
        with running(WRITER.format(url=bench.url, data=str(bench.data), start=start)) as process:
            assert process.stdout is not None
            for line in process.stdout:
                last = int(line)
                if last >= start + 40:
                    break
            process.send_signal(signal.SIGKILL)
        bench.open()
        stored = {int(str(row[0])) // 1_000_000: row[2] for row in bench.all(T)}
        # One more may be stored whose acknowledgement did not reach us; then it is whole.
        final = max(stored)
        assert final in (last, last + 1, last + 2)
        expected |= dict.fromkeys(range(start - 1, final), "again")
        expected[final] = "x"
        assert stored == expected
        bench.engine.close()
        start = last + 3
    bench.open()


FULL = """
import resource, signal
from kwrest.errors import Transient
from tests.engines.parts import *

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
bench = Bench({url!r}, Path({data!r}), EngineOptions(checkpoint_threshold={threshold}))
table = series_table()

def write(k):
    try:
        bench.write(batch(table, [((k * 1000 + n) * 1_000_000, float(n * k), f"{{n * k * 7919}}", "a", None) for n in range(1000)]))
    except Transient:
        return False
    return True

resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
kept = [k for k in range(40) if write(k)]
assert 0 < len(kept) < 40, kept
assert bench.engine.problem() == "the disk is full, writes are refused"
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
kept += [k for k in range(40, 45) if write(k)]
assert kept[-5:] == [40, 41, 42, 43, 44], kept
assert bench.engine.problem() is None
stored = [row[0] // 1_000_000 for row in bench.all(table)]
assert stored == [k * 1000 + n for k in kept for n in range(1000)], kept
bench.reopen()
assert [row[0] // 1_000_000 for row in bench.all(table)] == stored
bench.engine.close()
"""


@pytest.mark.parametrize("threshold", [150_000, 64 << 20], ids=["in a checkpoint", "in the log"])
def test_a_full_disk_refuses_writes_until_there_is_room(bench: Bench, threshold: int) -> None:
    """What was refused is not there, what was acknowledged is, and nobody has to restart anything."""
    bench.make(T)
    bench.engine.close()
    script = FULL.format(url=bench.url, data=str(bench.data), threshold=threshold)
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    bench.open()


FATAL = """
import resource, signal
from concurrent.futures import ThreadPoolExecutor
from kwrest.errors import EngineRestarting, Transient
from tests.engines.parts import *
from tests.engines.test_queries import ENDLESS, MANY

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
bench = Bench({url!r}, Path({data!r}), EngineOptions(checkpoint_threshold=150_000))
table = series_table()
stored = 0

def write():
    global stored
    rows = [((stored + n) * 1_000_000, float(n), f"{{n * stored * 7919}}", "a", None) for n in range(1000)]
    try:
        stored += bench.write(batch(table, rows)).rows
    except Transient:
        return False
    return True

def read():
    try:
        list(bench.engine.query(ask(ENDLESS), bench.request()).batches())
    except EngineRestarting:
        return "told"

assert all(write() for _ in range(3))
half = bench.engine.query(ask(MANY), bench.request()).batches()
next(half)
with ThreadPoolExecutor(2) as pool:
    readers = [pool.submit(read) for _ in range(2)]
    time.sleep(0.3)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    while write():
        pass
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert [reader.result(15) for reader in readers] == ["told", "told"]
try:
    list(half)
except EngineRestarting:
    pass
else:
    raise AssertionError("the half-read result went on")
end = time.monotonic() + 15
while not write():
    assert time.monotonic() < end
    time.sleep(0.1)
assert len(bench.all(table)) == stored
bench.engine.close()
"""


def test_readers_are_told_when_the_database_must_be_reopened(bench: Bench) -> None:
    bench.make(T)
    bench.engine.close()
    script = FATAL.format(url=bench.url, data=str(bench.data))
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    bench.open()
