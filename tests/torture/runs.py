"""One run of a part: its folder, its state between rounds, its bounds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Run:
    """Rounds from where the last run ended until `last` or until the minutes are over.

    state: what the part keeps between rounds, JSON; it is written after each one, so that a run can be cut and resumed.
    """

    folder: Path
    seed: int
    last: int
    minutes: float
    state: dict[str, Any] = field(default_factory=dict)
    done: int = 0
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._file.exists():
            kept = json.loads(self._file.read_text("utf-8"))
            self.done, self.state = kept["done"], kept["state"]

    @property
    def _file(self) -> Path:
        return self.folder / "state.json"

    def rounds(self) -> Iterator[int]:
        """The numbers of the rounds still to do, from 1; a round that failed is done again by the next run."""
        for number in range(self.done + 1, self.last + 1):
            if time.monotonic() - self.began > self.minutes * 60:
                print(
                    f"stopped after {self.minutes:g} minutes and round {self.done}; the same command goes on",
                    flush=True,
                )
                return
            yield number
            self.done = number
            self._write()

    def keep(self, **state: Any) -> None:
        """What the next round, or the next run, starts from."""
        self.state |= state

    def _write(self) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps({"done": self.done, "state": self.state}), encoding="utf-8")
        draft.replace(self._file)

    def say(self, text: str) -> None:
        """One line of a round."""
        print(f"round {self.done + 1} of {self.last}, {time.monotonic() - self.began:.0f} s: {text}", flush=True)
