"""A copy of a data directory, beside a running server or without one, and a data directory from a copy.

Beside a running server nothing is asked of it but to leave out checkpoints (`checkpoints.py`): whoever may read the data
directory may copy it, nobody else, so there is no request for it. The log is copied first, then the file: a checkpoint
in between would lose what was moved, and none happens.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from kwrest.engines.base import BackupFacts
from kwrest.engines.duckdb import commits, manifest, watermark
from kwrest.engines.duckdb.checkpoints import checkpoints_held
from kwrest.engines.duckdb.directory import DATABASE, MANIFEST, take_lock
from kwrest.engines.duckdb.manifest import Entry
from kwrest.engines.duckdb.start_failures import refused_by_system
from kwrest.errors import BackupUnusable, DataInUse, StorageUnreachable

log = logging.getLogger(__name__)

_BESIDE = ("root-password", "certs/ca.crt", "certs/ca.key", "certs/server.crt", "certs/server.key")


def back_up(data: Path, target: Path) -> BackupFacts:
    """Copy the data directory `data` to `target`, a new or an empty folder; every commit before the call is in it.

    Raises BackupUnusable, StorageUnreachable.
    """
    if not (data / DATABASE).exists():
        raise StorageUnreachable(path=data, reason="there is no database in it")
    if target.resolve().is_relative_to(data.resolve()):
        raise BackupUnusable(path=target, what="it lies in the data directory and would be lost with it")
    with _refusals(target):
        _make_empty(target)
    with _undone(target), _refusals(data), _held(data):
        made = datetime.now(UTC)
        entries = tuple(_copy_all(data, target))
        # Whatever the watermark said was committed before the log was read.
        known, _ = watermark.parse((target / watermark.NAME).read_bytes())
        stored = last_commit(target)
        if stored < known.number:
            raise BackupUnusable(path=target, what=f"commit {known.number} is not in it, the last one is {stored}")
        written = manifest.manifest_of(known, made, entries)
        manifest.write(target, written)
        return written.facts


def restore(backup: Path, data: Path) -> BackupFacts:
    """Make `data`, a new or an empty folder, of a backup whose files are what its manifest says.

    Raises BackupUnusable, DataTooNew, StorageUnreachable.
    """
    wanted = manifest.read(backup)
    with _refusals(backup):
        wrong = manifest.wrong(backup, wanted)
    if wrong:
        raise BackupUnusable(path=backup, what=wrong)
    with _refusals(data):
        _make_empty(data)
        with _undone(data):
            # With it no server starts there: a restore that was cut off is not taken for data.
            manifest.write(data, wanted)
            for entry in wanted.files:
                if manifest.copy(backup / entry.name, data / entry.name, entry.name) != entry:
                    raise BackupUnusable(path=backup, what=f"the file {entry.name} changed while it was copied")
            last_commit(data)
            (data / MANIFEST).unlink()
            manifest.sync_folder(data)
    return wanted.facts


def last_commit(folder: Path) -> int:
    """The number of the last commit of a copied database, opened without changing it. Raises BackupUnusable."""
    try:
        with duckdb.connect(str(folder / DATABASE), read_only=True) as con:
            return commits.last(con).number
    except duckdb.Error as error:
        log.error("the copy in %s cannot be opened: %s", folder, error)
        raise BackupUnusable(path=folder, what="the copied database cannot be opened") from error


def copy_database(data: Path, target: Path) -> None:
    """Copy the database of a running server to the empty folder `target`. Raises OSError, StorageUnreachable."""
    with checkpoints_held(data):
        for _ in _copy_files(data, target):
            pass


def _copy_all(data: Path, target: Path) -> Iterator[Entry]:
    yield from _copy_files(data, target)
    for name in _BESIDE:
        if (data / name).is_file():
            yield manifest.copy(data / name, target / name, name)
    manifest.sync_folder(target)


def _copy_files(data: Path, target: Path) -> Iterator[Entry]:
    # The watermark first: what it says is in the log that is read after it. The file last, see above.
    for name in (watermark.NAME, "FORMAT"):
        yield manifest.copy(data / name, target / name, name)
    for file in sorted(data.glob(f"{DATABASE}.wal*")):
        yield manifest.copy(file, target / file.name, file.name)
    yield manifest.copy(data / DATABASE, target / DATABASE, DATABASE)


@contextmanager
def _held(data: Path) -> Iterator[None]:
    """Nothing but the log changes: a running server makes no checkpoint; without one, none can start."""
    lock = -1
    try:
        lock = take_lock(data)
    except DataInUse:
        log.debug("a server runs on %s", data)
    try:
        with checkpoints_held(data):
            yield
    finally:
        if lock >= 0:
            os.close(lock)


def _make_empty(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BackupUnusable(path=folder, what="it is not empty, and nothing in it is overwritten")
    folder.chmod(0o700)


@contextmanager
def _undone(folder: Path) -> Iterator[None]:
    """What was made in the folder goes again when it could not be finished."""
    try:
        yield
    except BaseException:
        for left in folder.iterdir():
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()
        raise


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise refused_by_system(folder, error) from error
