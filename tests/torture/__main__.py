"""`python -m tests.torture PART --seed N --rounds N`: one part, resumed where it was left."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.torture import backups, damage, kills, statements
from tests.torture.runs import Run


@dataclass(frozen=True)
class Part:
    """run: does the rounds and returns a sentence with the figures; fails with AssertionError. rounds: when none are said."""

    name: str
    run: Callable[[Run], str]
    rounds: int
    help: str


PARTS = (
    Part("kills", kills.run, 1000, "kill -9 under all kinds of writes: no acknowledged row is missing, none is torn"),
    Part(
        "damage",
        damage.run,
        damage.ROUNDS,
        "every harm to the files, 200 places of the log, 40 of the database: it starts or says why not",
    ),
    Part("backup", backups.run, 20, "backups under full writing, restored: every row acknowledged before is there"),
    Part(
        "statements",
        statements.run,
        100,
        "2000 random statements and noises a round, as root and as a plain user: every answer has a name, nothing gets in",
    ),
)


def main() -> None:
    """Run one part; exits with 1 and the first thing that is wrong when something is."""
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument(
        "part", choices=[part.name for part in PARTS], help="; ".join(f"{p.name}: {p.help}" for p in PARTS)
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed does the same (default: 1)")
    parser.add_argument("--rounds", type=int, default=None, help="how many in all, those of earlier runs included")
    parser.add_argument("--minutes", type=float, default=38.0, help="no round begins after so many (default: 38)")
    parser.add_argument("--folder", type=Path, default=Path(".torture"), help="where state and data are kept")
    chosen = parser.parse_args()
    part = next(part for part in PARTS if part.name == chosen.part)
    folder = (chosen.folder / f"{part.name}-{chosen.seed}").absolute()
    run = Run(folder, chosen.seed, chosen.rounds or part.rounds, chosen.minutes)
    print(
        f"{part.name}: {part.help}; seed {run.seed}, from round {run.done + 1} to {run.last}, in {folder}", flush=True
    )
    print(f"{part.name}: {part.run(run)}", flush=True)


main()
