"""`DATA/quarantine`: DuckDB's log as it was before it was opened, kept when something of it was lost."""

from __future__ import annotations

import logging
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

NAME = "quarantine"
_OPENING = "opening"  # the copy of this start's log
_LOSS = "LOSS.txt"  # the sentence, in a folder that is kept


class Quarantine:
    """Copies of the log of `database`. Those of a loss stay until the operator removes their folder."""

    def __init__(self, path: Path, database: Path) -> None:
        self.path = path
        self._database = database

    def logs(self) -> list[Path]:
        """The log, and what DuckDB writes beside it during a checkpoint."""
        return sorted(self._database.parent.glob(f"{self._database.name}.wal*"))

    def copy_log(self) -> None:
        """Keep the log as it is, until `drop` or `keep`. Never raises: a full disk must not keep the server from reading."""
        try:
            self.drop()
            found = [file for file in self.logs() if file.stat().st_size]
            if not found:
                return
            folder = self._folder(_OPENING)
            for file in found:
                shutil.copyfile(file, folder / file.name)
                (folder / file.name).chmod(0o600)
        except OSError as error:
            log.warning("no copy of the log is kept in %s while it is opened: %s", self.path, error)
            self.drop()

    def drop(self) -> None:
        """The log was opened and its rows are in the file: nobody needs the copy any more."""
        shutil.rmtree(self.path / _OPENING, ignore_errors=True)

    def keep(self, sentence: str) -> str:
        """Keep the copy of this opening with the sentence about what was lost; the sentence, with the folder's name in it."""
        try:
            folder = self._folder(_now())
            opening = self.path / _OPENING
            for file in sorted(opening.glob("*")):
                file.rename(folder / file.name)
            sentence += f"; {folder} keeps {'the log as it was found' if any(folder.iterdir()) else 'this sentence'}"
            with (folder / _LOSS).open("w", encoding="utf-8") as note:
                note.write(sentence + "\n")
                note.flush()
                os.fsync(note.fileno())
        except OSError as error:
            log.error("%s: the loss cannot be noted: %s", self.path, error)
        return sentence

    def aside(self) -> Path:
        """A copy of the log in a folder of its own, before it is repaired. Raises OSError."""
        folder = self._folder(_now())
        for file in self.logs():
            shutil.copyfile(file, folder / file.name)
        return folder

    def losses(self) -> tuple[str, ...]:
        """What was lost so far, oldest first: one sentence each, until the operator removes the folder."""
        try:
            found = sorted(self.path.glob(f"*/{_LOSS}"))
            return tuple(file.read_text("utf-8", "replace").strip() for file in found)
        except OSError as error:
            return (f"{self.path} cannot be read: {error.strerror}",)

    def _folder(self, name: str) -> Path:
        self.path.mkdir(mode=0o700, exist_ok=True)
        folder = self.path / name
        folder.mkdir(mode=0o700)
        return folder


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
