"""`kwrest restore`: a data folder from a backup."""

from __future__ import annotations

import argparse
from pathlib import Path

from kwrest.cli.files import add_data_argument, configured, shown_size
from kwrest.engines import restore

DESCRIPTION = """\
Make a data folder of a backup. Each file is compared with the checksum it was copied with; nothing is overwritten, so the
data folder must be new or empty. The backup stays as it is.

  kwrest restore /backups/2026-11-24 --data /var/lib/kwrest-restored
  kwrest serve --data /var/lib/kwrest-restored
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    parser = commands.add_parser(
        "restore",
        help="make a data folder of a backup",
        description=DESCRIPTION,
    )
    parser.add_argument("source", type=Path, metavar="DIR", help="the folder that `kwrest backup` made")
    add_data_argument(parser, "the data folder to make: a new or an empty one")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Make the folder; one line about it."""
    config = configured(chosen)
    facts = restore(config.engine, chosen.source.absolute(), config.data)
    print(
        f"restored {config.data} from the backup of {facts.made:%Y-%m-%d %H:%M:%S}Z: {facts.files} files, "
        f"{shown_size(facts.size)}, every commit up to number {facts.commit}; start it with: kwrest serve --data {config.data}"
    )
    return 0
