"""What became of an import: the refused rows as a file that can be mended and imported again, and how far it came."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TextIO

from kwrest.cli.client import ClientError
from kwrest.cli.csv_rows import Row


@dataclass(slots=True)
class Progress:
    """done: lines of the file that are dealt with, the header's included; rows: stored and refused so far."""

    done: int = 0
    stored: int = 0
    refused: int = 0


class Report:
    """`<file>.refused.csv` with columns line and reason before the file's own, and beside it, while an import is not
    finished, how far it is. The first refused row makes the file."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.path = path
        self._state = path.with_name(path.name + ".state.json")
        self._names = names
        self._file: TextIO | None = None
        self.progress = Progress()

    def begin(self, *, resume: bool, restart: bool) -> None:
        """Where to go on. Raises ClientError when an earlier import was broken off and nothing was said about it."""
        try:
            found = json.loads(self._state.read_text(encoding="utf-8"))
            earlier = Progress(**found)
        except FileNotFoundError:
            earlier = None
        except (OSError, ValueError, TypeError) as problem:
            raise ClientError(f"{self._state} cannot be read: --restart begins again") from problem
        if resume:
            if earlier is None:
                raise ClientError(f"there is nothing to resume: {self._state} does not exist")
            self.progress = earlier
        elif earlier is not None and not restart:
            raise ClientError(
                f"an earlier import was broken off after line {earlier.done}: --resume goes on, --restart begins again"
            )
        else:
            self.path.unlink(missing_ok=True)

    def refuse(self, row: Row, reason: str) -> None:
        """Write a row that was not stored."""
        self.progress.refused += 1
        if self._file is None:
            fresh = not self.path.exists()
            # As read: bytes that are no UTF-8 are written back as they were.
            self._file = self.path.open("a", encoding="utf-8", errors="surrogateescape", newline="")
            if fresh:
                csv.writer(self._file).writerow(("line", "reason", *self._names))
        csv.writer(self._file).writerow((row.line, reason, *row.fields))

    def advance(self, line: int, stored: int) -> None:
        """Everything up to `line` is dealt with; kept on disk, so that a broken import can go on from here."""
        self.progress.done = line
        self.progress.stored += stored
        if self._file is not None:
            self._file.flush()
        draft = self._state.with_name(self._state.name + ".new")
        draft.write_text(json.dumps(asdict(self.progress)) + "\n", encoding="utf-8")
        draft.replace(self._state)

    def finish(self) -> None:
        """The whole file is dealt with."""
        self._state.unlink(missing_ok=True)

    def __enter__(self) -> Report:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
