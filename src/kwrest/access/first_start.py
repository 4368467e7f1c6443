"""The first start: `root`, with a password that was given or one that is made and left in a file (contract A6)."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from kwrest.access.changes import first_root
from kwrest.access.passwords import matches
from kwrest.engines.base import Change, Engine
from kwrest.system import ROOT, USERS, own_request

FILE = "root-password"


@dataclass(frozen=True, slots=True)
class RootPassword:
    """path: the file with root's password, None when there is none or it is out of date; created: this was the first
    start; stale: a file that no longer holds the password."""

    path: Path | None
    created: bool
    stale: Path | None = None


def first_start(engine: Engine, data: Path, given_password: str | None) -> RootPassword:
    """Make `root` when there are no users yet; else only say where the generated password was left, if it still is.

    data: the data directory. The file is there before the user is: a crash in between leaves a file that the next start
    replaces, never a `root` whose password nobody knows. Raises EmptyPassword, TokenAsPassword for what was given.
    """
    path = data / FILE
    users = engine.read_system(USERS)
    if users["name"]:
        return _found(path, dict(zip(users["name"], users["password"], strict=True)).get(ROOT))
    if given_password is not None:
        steps = first_root(engine, given_password)
        path.unlink(missing_ok=True)  # of a start that was cut off; it would name a password that is nobody's
        engine.change(Change(steps), own_request("first-start"))
        return RootPassword(None, created=True)
    password = secrets.token_urlsafe(18)
    steps = first_root(engine, password)
    write_privately(path, password + "\n")
    engine.change(Change(steps), own_request("first-start"))
    return RootPassword(path, created=True)


def _found(path: Path, kept: object) -> RootPassword:
    """What the file of an earlier start says now. kept: root's hash. SQL changes a password without knowing of the file."""
    try:
        password = path.read_text(encoding="utf-8").strip()
    except OSError:
        return RootPassword(None, created=False)
    if kept is not None and matches(str(kept), password):
        return RootPassword(path, created=False)
    return RootPassword(None, created=False, stale=path)


def write_privately(path: Path, text: str) -> None:
    """Write a file only its owner can read, all of it or nothing, and durably."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
