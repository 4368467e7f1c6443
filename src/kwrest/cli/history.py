"""The shell's history: what was typed, kept between two shells in the user's state folder, for its owner only.

A statement that may hold a password or a token is not kept, neither in the file nor behind the arrow keys.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

try:
    import readline
except ImportError:  # a Python without it: lines can be typed, not edited
    readline = None  # type: ignore[assignment]

ENTRIES = 2000
# Also inside names, comments and half statements: rather one statement too few than one password too many.
_SECRET = re.compile(r"passw|kwr1_|identified\s+by", re.IGNORECASE)


def history_file() -> Path:
    """$XDG_STATE_HOME/kwrest/history, by default under ~/.local/state."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "kwrest" / "history"


class History:
    """The history of one shell. A file that cannot be read or written is no reason to have no shell."""

    def __init__(self, file: Path) -> None:
        self._file = file
        if readline is None:
            return
        readline.set_auto_history(False)
        readline.set_history_length(ENTRIES)
        with contextlib.suppress(OSError):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
            file.chmod(0o600)
            readline.read_history_file(file)

    def add(self, typed: str) -> None:
        """Keep what was typed, as one entry, at once: a shell that is killed has kept it too."""
        if readline is None or not typed.strip() or _SECRET.search(typed):
            return
        # A comment ends with its line, so lines with one cannot be joined.
        entries = typed.splitlines() if "--" in typed else [" ".join(typed.split("\n")).strip()]
        for entry in entries:
            readline.add_history(entry)
        with contextlib.suppress(OSError):
            readline.write_history_file(self._file)
