"""Why a data directory cannot be opened, in one sentence with the remedy: one table for DuckDB's texts, one for the system's."""

from __future__ import annotations

import errno
import getpass
import logging
import re
from pathlib import Path

import duckdb

from kwrest.errors import StartError, StorageDamaged, StorageUnreachable

log = logging.getLogger(__name__)

RESTORE = "restore a backup into a new folder with `kwrest restore BACKUP --data FOLDER`"
REPAIR = "`kwrest check --repair --data {path}` keeps the damaged log aside and everything before the damage, or restore a backup"
MAKE_ROOM = "make room on its disk"
GIVE_BACK = "give the folder and all in it to the user that runs the server, or run it as their owner"

# What the system says → what to do. Anything else is said without a remedy.
REMEDIES = {
    errno.EACCES: GIVE_BACK,
    errno.EPERM: GIVE_BACK,
    errno.EROFS: "mount its file system writable",
    errno.ENOSPC: MAKE_ROOM,
    errno.EDQUOT: "raise the disk quota of the server's user, or make room within it",
    errno.EFBIG: "raise the limit on file sizes of the server's user",
    errno.ENOTDIR: "name a folder with --data",
    errno.EISDIR: "move away the folder that stands where a file should be",
    errno.EEXIST: "move away the file that stands where a folder should be",
    errno.EIO: f"look after the disk; if its files cannot be read any more, {RESTORE}",
}

# What DuckDB says while it opens → (is it damage?, what is wrong, what to do). The first row that is found counts.
OPENING = (
    (r"Permission denied|Read-only file system", False, "its files cannot be written", GIVE_BACK),
    (r"No space left|[Dd]isk quota|File too large|Could not write", False, "there is no room left", MAKE_ROOM),
    (r"Conflicting lock is held", False, "another program has the database open", "end that program"),
    (r"WAL does not match|WAL checkpoint iteration", True,
     "the log kwrest.duckdb.wal belongs to another database file", "put the two files that belong together there, or " + REPAIR),
    (r"WAL", True, "the log kwrest.duckdb.wal cannot be read to its end", REPAIR),
    (r"newer version|can only read version|version number", True,
     "the database was written by another version of DuckDB or is damaged", f"use the server that wrote it, or {RESTORE}"),
    (r"", True, "the database cannot be read", RESTORE),
)  # fmt: skip


def refused_by_system(path: Path, error: OSError) -> StorageUnreachable:
    """The sentence for something the operating system refused, in the folder `path`."""
    file = f"{Path(error.filename).name}: " if error.filename and Path(error.filename) != path else ""
    reason = f"{file}{error.strerror or error}"
    if error.errno in (errno.EACCES, errno.EPERM):
        reason += f" for user {_user()}"
    remedy = REMEDIES.get(error.errno or 0)
    return StorageUnreachable(path=path, reason=f"{reason}; {remedy}" if remedy else reason)


def refused_by_duckdb(path: Path, error: duckdb.Error) -> StartError:
    """The sentence for a database that does not open; DuckDB's own text goes to the log."""
    log.error("the database in %s cannot be opened: %s", path, error)
    text = str(error)
    _, damaged, what, remedy = next(row for row in OPENING if re.search(row[0], text))
    said = f"{what}; {remedy.format(path=path)}"
    return StorageDamaged(path=path, what=said) if damaged else StorageUnreachable(path=path, reason=said)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "without a name"
