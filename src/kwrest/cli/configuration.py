"""`kwrest config`: which configuration a server that is started here and now would have, and why."""

from __future__ import annotations

import argparse
import os
import sys

from rich.table import Table
from rich.text import Text

from kwrest.cli.serve import add_option_arguments, flags_and_file
from kwrest.cli.sql import plain_console
from kwrest.config import Held, resolve

DESCRIPTION = """\
Show the configuration that `kwrest serve` with the same arguments would have: each key, its value, and where the value
comes from (the default, the file, a variable or a flag). Nothing is started.

  kwrest config show
  kwrest config show --config kwrest.toml --port 8443
  KWREST_CONNECTIONS=50 kwrest config show
"""
WORKED_OUT = "(worked out at the start)"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    parser = commands.add_parser("config", help="what is configured, and why", description=DESCRIPTION)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    action = actions.add_parser("show", help="each key, its value and its source", description=DESCRIPTION)
    add_option_arguments(action)
    action.set_defaults(run=show)


def show(chosen: argparse.Namespace) -> int:
    """Print what holds and why; warnings go to standard error."""
    held, warnings = resolve(*flags_and_file(chosen))
    table = Table("key", "value", "from", show_edge=False)
    for each in held:
        table.add_row(each.option.name, _value(each), Text(_source(each), "dim" if each.source == "default" else ""))
    for variable in ("KWREST_ROOT_PASSWORD", "KWREST_PASSWORD"):
        if os.environ.get(variable):
            table.add_row(variable, "(set, not shown)", "environment")
    plain_console().print(table)
    for warning in warnings:
        print(f"kwrest: {warning}", file=sys.stderr)
    return 0


def _value(held: Held) -> Text:
    if held.value is None:
        return Text(WORKED_OUT if held.option.name != "certs" else "DATA/certs", "dim")
    return Text(held.option.written(held.value))


def _source(held: Held) -> str:
    return held.source + (f" (instead of {', '.join(held.covered)})" if held.covered else "")
