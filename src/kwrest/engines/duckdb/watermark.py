"""`DATA/watermark`: the last committed number outside of the database, so that a silently shortened log is noticed."""

from __future__ import annotations

import logging
import os
import re
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

NAME = "watermark"
SYNC_EVERY = 1.0  # seconds
_SLOT = 64  # bytes: far below a disk's sector, so one is written whole or not at all
_LINE = re.compile(rb"kwrest ([0-9]{20}) ([0-9]{20}) ([0-9a-f]{8})\n")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """One commit. number: 1, 2, …; made: microseconds since 1970, by the clock of that moment."""

    number: int
    made: int


NOTHING = Mark(0, 0)


class Watermark:
    """The greatest number ever committed; it only grows. Only the writer raises it, after COMMIT and before the answer.

    Two slots are written by turns: a write that was cut leaves the other one. `kill -9` loses nothing of it; of a power
    cut it may be a second behind, which makes it miss a loss, never report one that is none.
    Raises OSError when the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._dirty = self._failing = False
        self._synced = 0.0
        self.last, self.readable = parse(os.pread(self._file, 2 * _SLOT, 0))

    def raise_to(self, mark: Mark) -> None:
        """Never raises: the rows are stored, and whoever wrote them must be told so."""
        if mark.number <= self.last.number:
            return
        self.last = mark
        try:
            os.pwrite(self._file, slot(mark), _SLOT * (mark.number % 2))
        except OSError as error:
            if not self._failing:
                log.warning("%s cannot be written, a loss of later rows may go unnoticed: %s", self._path, error)
            self._failing = True
        else:
            self._dirty, self._failing = True, False

    def sync(self, *, now: bool = False) -> None:
        """Have it on the disk, at most once a second unless `now`. Never raises."""
        if not self._dirty or not (now or time.monotonic() - self._synced >= SYNC_EVERY):
            return
        self._dirty = False
        self._synced = time.monotonic()
        try:
            os.fdatasync(self._file)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error)

    def close(self) -> None:
        """Safe to call twice."""
        if self._file >= 0:
            self.sync(now=True)
            os.close(self._file)
            self._file = -1


def slot(mark: Mark) -> bytes:
    """The 64 bytes of one slot: number, time and their checksum as text, filled up with blanks."""
    text = b"%020d %020d" % (mark.number, mark.made)
    return (b"kwrest %b %08x\n" % (text, zlib.crc32(text))).ljust(_SLOT, b" ")


def parse(content: bytes) -> tuple[Mark, bool]:
    """The greatest mark of both slots, and whether the file says one at all: an empty or a garbled one does not."""
    found = [NOTHING]
    for start in (0, _SLOT):
        line = _LINE.match(content[start : start + _SLOT])
        if line and zlib.crc32(b"%b %b" % (line[1], line[2])) == int(line[3], 16):
            found.append(Mark(int(line[1]), int(line[2])))
    return max(found), len(found) > 1
