"""`kwrest backup`: a copy of a data folder, beside the running server or without one."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from kwrest.cli.files import add_data_argument, configured, shown_size
from kwrest.engines import back_up

DESCRIPTION = """\
Copy a data folder to the new folder DIR. The server may run and write meanwhile: every row that was acknowledged before
the call is in the copy, which is checked before it counts. It can be run by the user of the server and by root, since it
reads the folder itself; the copy is readable by its owner only. It holds certificates and keys when they lie in
DATA/certs, and the password file of the first start.

  kwrest backup /backups/2026-11-24 --data /var/lib/kwrest
  kwrest restore /backups/2026-11-24 --data /var/lib/kwrest-restored
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    parser = commands.add_parser(
        "backup",
        help="copy a data folder, also of a running server",
        description=DESCRIPTION,
    )
    parser.add_argument("target", type=Path, metavar="DIR", help="the copy: a new or an empty folder")
    add_data_argument(parser, "data folder of the server")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Make the copy; one line about it."""
    config = configured(chosen)
    started = time.monotonic()
    facts = back_up(config.engine, config.data, chosen.target.absolute())
    print(
        f"backed up {config.data} to {chosen.target}: {facts.files} files, {shown_size(facts.size)}, "
        f"every commit up to number {facts.commit}, in {time.monotonic() - started:.1f} s"
    )
    if config.data not in config.certs.parents:
        print(f"the certificates in {config.certs} are not part of it")
    return 0
