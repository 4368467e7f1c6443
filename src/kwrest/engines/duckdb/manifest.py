"""`manifest.json` of a backup: which files belong to it, and what is in them."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from kwrest import __version__
from kwrest.engines.base import BackupFacts
from kwrest.engines.duckdb.directory import DATABASE, LAYOUT, MANIFEST, OLDEST
from kwrest.engines.duckdb.watermark import Mark
from kwrest.errors import BackupUnusable, DataTooNew, DataTooOld

_CHUNK = 1 << 20
# Nothing that leads out of the folder.
_NAME = re.compile(r"(?:certs/)?\w[\w.-]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file. name: relative, with `/`; size: bytes; sha256: 64 hex digits."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """made: when the copying began, UTC; commit: the last one that was certainly acknowledged before, number and µs since 1970."""

    kwrest: str
    layout: int
    made: str
    commit: Mark
    files: tuple[Entry, ...]

    @property
    def facts(self) -> BackupFacts:
        return BackupFacts(
            len(self.files),
            sum(file.size for file in self.files),
            self.commit.number,
            datetime.fromisoformat(self.made),
        )


def manifest_of(commit: Mark, made: datetime, files: tuple[Entry, ...]) -> Manifest:
    return Manifest(__version__, LAYOUT, made.isoformat(timespec="milliseconds"), commit, files)


def write(folder: Path, manifest: Manifest) -> None:
    """Durably, whole or not at all. Raises OSError."""
    draft = folder / f"{MANIFEST}.new"
    text = json.dumps(asdict(manifest), indent=1) + "\n"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / MANIFEST)
    sync_folder(folder)


def read(folder: Path) -> Manifest:
    """Raises BackupUnusable, DataTooNew, DataTooOld."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
    except FileNotFoundError:
        raise BackupUnusable(
            path=folder, what=f"there is no {MANIFEST}: it is no backup, or one that was not finished"
        ) from None
    except (OSError, ValueError) as error:
        raise BackupUnusable(path=folder, what=f"{MANIFEST} cannot be read") from error
    try:
        files = tuple(Entry(str(e["name"]), int(e["size"]), str(e["sha256"])) for e in found["files"])
        commit = Mark(int(found["commit"]["number"]), int(found["commit"]["made"]))
        manifest = Manifest(str(found["kwrest"]), int(found["layout"]), str(found["made"]), commit, files)
        datetime.fromisoformat(manifest.made).astimezone(UTC)
    except (KeyError, TypeError, ValueError) as error:
        raise BackupUnusable(path=folder, what=f"{MANIFEST} is damaged") from error
    if any(not _NAME.fullmatch(file.name) for file in files):
        raise BackupUnusable(path=folder, what=f"{MANIFEST} names a file outside of the backup")
    if DATABASE not in {file.name for file in files}:
        raise BackupUnusable(path=folder, what=f"{MANIFEST} does not name the database")
    if manifest.layout > LAYOUT:
        raise DataTooNew(path=folder, found=manifest.layout, known=LAYOUT)
    if manifest.layout < OLDEST:
        raise DataTooOld(path=folder, found=manifest.layout, known=OLDEST)
    return manifest


def copy(source: Path, target: Path, name: str) -> Entry:
    """Copy what the file holds now, durably, for its owner only; what it is in a manifest. Raises OSError."""
    digest = hashlib.sha256()
    copied = 0
    target.parent.mkdir(mode=0o700, exist_ok=True)
    with (
        source.open("rb") as reader,
        open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as writer,
    ):
        size = os.fstat(reader.fileno()).st_size  # a log that grows meanwhile would be followed for ever
        while copied < size and (chunk := reader.read(min(_CHUNK, size - copied))):
            digest.update(chunk)
            writer.write(chunk)
            copied += len(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return Entry(name, copied, digest.hexdigest())


def wrong(folder: Path, manifest: Manifest) -> str | None:
    """The first file of a backup that is not what the manifest says, in a sentence. Raises OSError."""
    for entry in manifest.files:
        file = folder / entry.name
        if not file.is_file():
            return f"the file {entry.name} is missing"
        if file.stat().st_size != entry.size:
            return f"the file {entry.name} has {file.stat().st_size} bytes instead of {entry.size}"
        with file.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != entry.sha256:
                return f"the content of the file {entry.name} is not what was copied"
    return None


def sync_folder(folder: Path) -> None:
    """Have the names of the files in it on the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
