"""Backups: whole and consistent, private, never over something else; restored only when every byte is what was copied."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from kwrest.engines import back_up, inspect, open_engine, repair, restore
from kwrest.engines.base import EngineOptions
from kwrest.engines.duckdb import manifest
from kwrest.engines.duckdb.checkpoints import checkpoints_held
from kwrest.errors import BackupUnusable, DataTooNew, StartError, StorageUnreachable, UnknownEngine
from kwrest.system import SETTINGS
from tests.engines.parts import Bench, batch, relational_table, series_table

T, R = series_table(), relational_table()


def fill(bench: Bench, first: int, count: int = 500) -> None:
    bench.write(batch(T, [(n * 1_000_000, float(n), "x", "a", None) for n in range(first, first + count)]))


def test_a_backup_holds_what_was_written_before(bench: Bench, tmp_path: Path) -> None:
    bench.make(T)
    fill(bench, 0)
    facts = back_up(bench.url, bench.data, tmp_path / "b")
    fill(bench, 500)
    assert facts.commit == 2 and facts.files >= 4
    made = restore(bench.url, tmp_path / "b", tmp_path / "restored")
    assert made == facts
    copy = Bench(bench.url, tmp_path / "restored")
    assert len(copy.all(T)) == 500 and copy.engine.losses() == ()
    fill(copy, 1000)
    copy.engine.close()
    assert len(bench.all(T)) == 1000


def test_a_backup_without_a_server(bench: Bench, tmp_path: Path) -> None:
    bench.make(T)
    fill(bench, 0)
    bench.engine.close()
    back_up(bench.url, bench.data, tmp_path / "b")
    bench.open()
    restore(bench.url, tmp_path / "b", tmp_path / "restored")
    copy = Bench(bench.url, tmp_path / "restored")
    assert len(copy.all(T)) == 500
    copy.engine.close()


def test_no_checkpoint_while_files_are_copied(tmp_path: Path) -> None:
    bench = Bench("duckdb:", tmp_path / "data", EngineOptions(checkpoint_threshold=1))
    bench.make(T)
    wal, file = bench.data / "kwrest.duckdb.wal", bench.data / "kwrest.duckdb"
    with checkpoints_held(bench.data):
        before = file.read_bytes()
        for n in range(5):
            fill(bench, n * 500)
        bench.engine.close()  # not here either
        assert file.read_bytes() == before and wal.stat().st_size > 1000
    bench.open()
    fill(bench, 5000)
    bench.engine.close()
    assert not wal.exists() or not wal.stat().st_size
    bench.open()
    assert len(bench.all(T)) == 3000
    bench.engine.close()


def test_a_backup_waits_for_the_checkpoint_under_way(bench: Bench, tmp_path: Path) -> None:
    file = os.open(bench.data / "CHECKPOINT", os.O_RDWR)
    fcntl.flock(file, fcntl.LOCK_EX)
    threading.Timer(0.3, lambda: os.close(file)).start()
    back_up(bench.url, bench.data, tmp_path / "b")
    with pytest.raises(OSError):
        os.fstat(file)


def test_only_the_owner_may_look_inside(bench: Bench, tmp_path: Path) -> None:
    (bench.data / "certs").mkdir()
    (bench.data / "certs" / "ca.key").write_text("secret")
    (bench.data / "root-password").write_text("secret")
    back_up(bench.url, bench.data, tmp_path / "b")
    for found in (tmp_path / "b", *(tmp_path / "b").rglob("*")):
        assert found.stat().st_mode & 0o777 == (0o700 if found.is_dir() else 0o600), found
    assert (tmp_path / "b" / "certs" / "ca.key").read_text() == "secret"


def test_nothing_is_overwritten(bench: Bench, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("x")
    with pytest.raises(BackupUnusable, match="it is not empty, and nothing in it is overwritten"):
        back_up(bench.url, bench.data, full)
    back_up(bench.url, bench.data, tmp_path / "b")
    with pytest.raises(BackupUnusable, match="it is not empty"):
        restore(bench.url, tmp_path / "b", full)
    assert [file.name for file in full.iterdir()] == ["mine"]


def test_what_can_be_no_backup(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(BackupUnusable, match="it lies in the data directory"):
        back_up(bench.url, bench.data, bench.data / "b")
    with pytest.raises(StorageUnreachable, match="there is no database in it"):
        back_up(bench.url, tmp_path / "nowhere", tmp_path / "b")
    with pytest.raises(StorageUnreachable, match="there is no database in it"):
        repair(bench.url, tmp_path / "nowhere")
    with pytest.raises(UnknownEngine):
        back_up("mysql:", bench.data, tmp_path / "b")
    assert not (tmp_path / "nowhere").exists()


def flip(file: str) -> Callable[[Path], None]:
    def harm(folder: Path) -> None:
        content = bytearray((folder / file).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / file).write_bytes(content)

    return harm


def without(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).unlink()


def longer(folder: Path) -> None:
    with (folder / "kwrest.duckdb").open("ab") as file:
        file.write(b"x")


def saying(**changes: object) -> Callable[[Path], None]:
    def harm(folder: Path) -> None:
        file = folder / "manifest.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    return harm


OUTSIDE = [{"name": "../elsewhere", "size": 1, "sha256": "0"}]


@pytest.mark.parametrize(
    ("harm", "error", "text"),
    [
        (flip("kwrest.duckdb"), BackupUnusable, "the content of the file kwrest.duckdb is not what was copied"),
        (without("kwrest.duckdb.wal"), BackupUnusable, "the file kwrest.duckdb.wal is missing"),
        (longer, BackupUnusable, "bytes instead of"),
        (without("manifest.json"), BackupUnusable, "there is no manifest.json: it is no backup"),
        (flip("manifest.json"), BackupUnusable, "manifest.json|not what was copied|is missing"),
        (saying(files=OUTSIDE), BackupUnusable, "manifest.json names a file outside"),
        (saying(files=[]), BackupUnusable, "manifest.json does not name the database"),
        (saying(files=3), BackupUnusable, "manifest.json is damaged"),
        (saying(layout=9), DataTooNew, "format 9"),
    ],
)
def test_a_damaged_backup_is_not_restored(
    bench: Bench, tmp_path: Path, harm: Callable[[Path], None], error: type[StartError], text: str
) -> None:
    bench.make(T)
    back_up(bench.url, bench.data, tmp_path / "b")
    harm(tmp_path / "b")
    with pytest.raises(error, match=text):
        restore(bench.url, tmp_path / "b", tmp_path / "restored")
    assert not (tmp_path / "restored").exists() or not any((tmp_path / "restored").iterdir())


def test_a_backup_is_never_served(bench: Bench, tmp_path: Path) -> None:
    back_up(bench.url, bench.data, tmp_path / "b")
    before = {file: file.read_bytes() for file in (tmp_path / "b").iterdir() if file.is_file()}
    with pytest.raises(StorageUnreachable, match="it is a backup, which stays as it is"):
        open_engine(bench.url, tmp_path / "b")
    assert {file: file.read_bytes() for file in (tmp_path / "b").iterdir() if file.is_file()} == before


def test_a_look_changes_nothing(bench: Bench) -> None:
    """Beside a server a copy is looked at, without one the files themselves, which stay as they are."""
    bench.make(T, R)
    fill(bench, 0)
    wrong: list[str] = []
    with inspect(bench.url, bench.data) as inspected:
        assert inspected.contents(T, wrong).rows == 500 and inspected.contents(T, wrong).devices == 1
        assert inspected.contents(R, wrong).rows == 0 and inspected.found == []
        assert inspected.strangers([T]) == ["d101.r300"]
        assert inspected.read_system(SETTINGS) == {"name": [], "value": []}
    assert wrong == [] and list((bench.data / "tmp").iterdir()) == []
    fill(bench, 500)
    bench.engine.close()
    before = {file: file.read_bytes() for file in bench.data.glob("kwrest.*")}
    with inspect(bench.url, bench.data) as inspected:
        assert inspected.contents(T, wrong).rows == 1000
    assert {file: file.read_bytes() for file in bench.data.glob("kwrest.*")} == before
    bench.open()


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("INSERT INTO d101.p200 SELECT * FROM d101.p200 LIMIT 3", "instants of a device stand twice (3)"),
        ("INSERT INTO d101.e200 SELECT * FROM d101.e200", "device numbers stand twice (1)"),
        ("UPDATE d101.p200 SET eid = 77", "rows belong to no device (500)"),
        ("ALTER TABLE d101.p200 DROP COLUMN c2", "columns of its storage d101.p200 are missing or of another type: c2"),
        ("ALTER TABLE d101.p200 ALTER c2 TYPE VARCHAR", "columns of its storage d101.p200 are missing or of another type: c2"),
        ("DROP TABLE d101.p200", "its storage d101.p200 is missing"),
        ("UPDATE d101.p200 SET c1 = NULL", "column ts has NULLs (500)"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_found(bench: Bench, statement: str, text: str) -> None:
    bench.make(T)
    fill(bench, 0)
    bench.engine.close()
    with duckdb.connect(str(bench.data / "kwrest.duckdb")) as con:
        con.execute(statement)
    found: list[str] = []
    with inspect(bench.url, bench.data) as inspected:
        inspected.contents(T, found)
    assert text in found
    bench.data = bench.data.with_name("other")
    bench.open()


def test_a_disk_that_is_too_small_leaves_nothing(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageUnreachable, match="No space left on device; make room on its disk"):
        back_up(bench.url, bench.data, tmp_path / "b")
    assert list((tmp_path / "b").iterdir()) == []


def test_the_order_of_copying_is_the_point(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before each file is copied rows are committed, so many that DuckDB puts them into the file and a reference into the log."""
    bench.make(R)
    copied: list[str] = []
    copy = manifest.copy

    def watched(source: Path, target: Path, name: str) -> manifest.Entry:
        copied.append(name)
        bench.write(batch(R, [(n + len(copied) * 1_000_000, f"{n * 7919}") for n in range(150_000)]))
        with (bench.data / "CHECKPOINT").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return copy(source, target, name)

    monkeypatch.setattr(manifest, "copy", watched)
    back_up(bench.url, bench.data, tmp_path / "b")
    monkeypatch.undo()
    assert copied[:4] == ["watermark", "FORMAT", "kwrest.duckdb.wal", "kwrest.duckdb"]
    restore(bench.url, tmp_path / "b", tmp_path / "restored")
    stored: list[str] = []
    with inspect(bench.url, tmp_path / "restored") as inspected:
        # What was committed before the log was read is there; what came after is not, and nothing is torn.
        assert inspected.contents(R, stored).rows == 3 * 150_000 and stored == []
