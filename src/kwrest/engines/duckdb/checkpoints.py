"""When the log may be moved into the file: `DATA/CHECKPOINT`, a lock between the server and whoever copies its files.

The server holds it exclusively while it checkpoints, a backup holds it shared while it copies: then the log only grows
and the database file stays as it is, whatever is written meanwhile. It ends with the process that holds it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kwrest.errors import StorageUnreachable

NAME = "CHECKPOINT"
PATIENCE = 600.0  # seconds that a backup waits for a checkpoint under way
_PAUSE = 0.02  # seconds between its looks


class CheckpointLock:
    """The server's side. Raises OSError when the file cannot be opened."""

    def __init__(self, data: Path) -> None:
        self._file = os.open(data / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """Whether checkpoints are allowed now; while it is held no backup begins."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Safe to call twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


@contextmanager
def checkpoints_held(data: Path) -> Iterator[None]:
    """No checkpoint happens inside. Waits for one that is under way. Raises OSError, StorageUnreachable."""
    file = os.open(data / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise StorageUnreachable(path=data, reason="a checkpoint does not end") from None
                time.sleep(_PAUSE)
        yield
    finally:
        os.close(file)
