"""`kwrest check`: whether a data folder or a backup is whole, and the repair of a damaged log."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kwrest.catalog.invariants import stored_catalog
from kwrest.cli.files import add_data_argument, configured
from kwrest.engines import inspect, repair
from kwrest.model import TableKind
from kwrest.system import SYSTEM_TABLES

DESCRIPTION = """\
Look whether a data folder is whole, without changing it: every value is read, the catalog is compared with what is
stored, devices with their rows, keys and instants are counted, the last commit is compared with the watermark. Of a
running server a copy is looked at, which takes as much room again; a backup can be named as --data too.
Exits with 0 when nothing is wrong and with 1 otherwise.

  kwrest check --data /var/lib/kwrest
  kwrest check --data /backups/2026-11-24
  kwrest check --repair --data /var/lib/kwrest      of a stopped server whose log is damaged
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    parser = commands.add_parser(
        "check",
        help="look whether a data folder or a backup is whole",
        description=DESCRIPTION,
    )
    add_data_argument(parser, "data folder or backup")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="first keep a damaged log in DATA/quarantine and cut it before the damage; what that loses is named",
    )
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Print what is stored and what is wrong with it; 1 when something is."""
    config = configured(chosen)
    console = Console(soft_wrap=True, highlight=False)
    if chosen.repair:
        console.print(repair(config.engine, config.data), markup=False)
    wrong: list[str] = []
    with inspect(config.engine, config.data) as inspected:
        catalog = stored_catalog(inspected.read_system)
        wrong += [*inspected.found, *catalog.found]
        databases = {database.id: database.name for database in catalog.databases}
        counts = Table("table", "rows", "devices")
        for table in (*SYSTEM_TABLES, *sorted(catalog.tables, key=lambda t: (t.database, t.name))):
            if table.kind is TableKind.VIEW:
                continue
            name = f"{databases.get(table.database, 'kwrest_system')}.{table.name}"
            found: list[str] = []
            contents = inspected.contents(table, found)
            wrong += [f"{name}: {sentence}" for sentence in found]
            counts.add_row(Text(name), str(contents.rows), "" if contents.devices is None else str(contents.devices))
        wrong += [f"{name} is stored but belongs to no table" for name in inspected.strangers(catalog.tables)]
    console.print(counts)
    for sentence in wrong:
        console.print(f"wrong: {sentence}", markup=False)
    console.print(f"{config.data}: {f'{len(wrong)} findings' if wrong else 'nothing is wrong'}", markup=False)
    return 1 if wrong else 0
