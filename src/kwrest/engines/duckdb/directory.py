"""The data directory: who may use it (`LOCK`), which layout it has (`FORMAT`), where things lie."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from pathlib import Path
from types import TracebackType

from kwrest.engines.duckdb.start_failures import RESTORE, refused_by_system
from kwrest.errors import DataInUse, DataTooNew, DataTooOld, StorageDamaged, StorageUnreachable

DATABASE = "kwrest.duckdb"
MANIFEST = "manifest.json"  # makes a folder a backup
LAYOUT = 2  # raised when an older server could not read what this one writes, or this one what an older wrote
OLDEST = 2  # 1 was never released: its users had no roles
_FORMAT_TEXT = "kwrest duckdb layout {layout}\n"
_FORMAT = re.compile(r"kwrest duckdb layout ([0-9]{1,9})\n")


class Directory:
    """A data directory this process holds until `close`.

    database: the DuckDB file; spill: folder of files that live as long as a query; fresh: nothing was ever stored here.
    Raises DataInUse, DataTooNew, DataTooOld, StorageDamaged, StorageUnreachable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / DATABASE
        self.log = path / f"{DATABASE}.wal"
        self.spill = path / "tmp"
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not any(path.iterdir()):
                path.chmod(0o700)  # of a folder that was there and is used otherwise, the rights stay as they are
            if (path / MANIFEST).exists():
                raise StorageUnreachable(path=path, reason=f"it is a backup, which stays as it is; {RESTORE}")
            self._lock = take_lock(path)
        except OSError as error:
            raise refused_by_system(path, error) from error
        try:
            self.fresh = self._check_format()
            self._check_files()
            self._clear_spill()
        except OSError as error:
            self.close()
            raise refused_by_system(path, error) from error
        except BaseException:
            self.close()
            raise

    def _check_format(self) -> bool:
        """Whether the directory is a new one; an old one must have a layout we know and its database."""
        file = self.path / "FORMAT"
        if not file.exists():
            # FORMAT is written after the first start has made the tables. A database without it is either an
            # interrupted first start, which the storage recognises by its emptiness, or a damaged copy.
            return True
        try:
            found = _FORMAT.fullmatch(file.read_text("ascii"))
        except UnicodeDecodeError:
            found = None
        if found is None:
            raise StorageDamaged(path=self.path, what=f"the file FORMAT cannot be read; {RESTORE}")
        if int(found[1]) > LAYOUT:
            raise DataTooNew(path=self.path, found=found[1], known=LAYOUT)
        if int(found[1]) < OLDEST:
            raise DataTooOld(path=self.path, found=found[1], known=OLDEST)
        if (
            not self.database.exists() or not self.database.stat().st_size
        ):  # of an empty one DuckDB would make a new one
            raise StorageDamaged(path=self.path, what=f"the file {self.database.name} is missing or empty; {RESTORE}")
        return False

    def _check_files(self) -> None:
        """Raises OSError for a file we may not read and write, and names it, which DuckDB's texts would not.

        In the folder itself too: where no file can be made or removed every checkpoint would close the database.
        """
        probe = self.path / "FORMAT.new"  # what `settle_format` makes and replaces
        try:
            os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            probe.unlink()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):  # a full disk can be read from, and be emptied
                raise
        for file in sorted(self.path.glob(f"{DATABASE}*")):
            os.close(os.open(file, os.O_RDWR | os.O_CLOEXEC))

    def _clear_spill(self) -> None:
        """Spill files of a process that died are of no use to anyone."""
        self.spill.mkdir(mode=0o700, exist_ok=True)
        for left_over in self.spill.iterdir():
            if left_over.is_dir():
                shutil.rmtree(left_over)  # the copy that `kwrest check` looked at
            else:
                left_over.unlink()

    def settle_format(self) -> None:
        """Write FORMAT, durably, once the database has its tables."""
        draft = self.path / "FORMAT.new"
        with draft.open("w", encoding="ascii") as file:
            file.write(_FORMAT_TEXT.format(layout=LAYOUT))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path / "FORMAT")
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.fresh = False

    def close(self) -> None:
        """Let others use the directory. Safe to call twice."""
        if self._lock >= 0:
            os.close(self._lock)  # the lock goes with the descriptor; the file stays, or two could hold two of them
            self._lock = -1

    def __enter__(self) -> Directory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def take_lock(path: Path) -> int:
    """Take `LOCK` for as long as the descriptor is open, and write our pid into it. Raises DataInUse, OSError.

    DuckDB's own lock vanishes when the process itself opens and closes the database file; this one does not.
    """
    descriptor = os.open(path / "LOCK", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise DataInUse(path=path, pid=holder or "unknown", command=command_of(holder)) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def command_of(pid: str) -> str:
    """The command line of a process, at most 200 characters; "unknown" when it cannot be told."""
    if not pid.isdigit():
        return "unknown"
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "unknown"
    return b" ".join(words).decode("utf-8", "replace").strip()[:200] or "unknown"
