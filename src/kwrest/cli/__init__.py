"""The command line: one file a command; the only code that reads the configuration."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from kwrest import __version__
from kwrest.cli import (
    backup,
    cert,
    check,
    configuration,
    demo,
    importing,
    rejected,
    restore,
    serve,
    sql,
    user,
)  # fmt: skip
from kwrest.cli.client import ClientError
from kwrest.config import ConfigError
from kwrest.errors import StartError

COMMANDS = (serve, sql, demo, importing, rejected, user, configuration, cert, backup, restore, check)

DESCRIPTION = """\
A time-series and relational SQL server that speaks KWDB's RESTful API over HTTPS.

  kwrest serve                           start a server on ./kwrest-data, port 8080
  kwrest sql                             a shell on the server of ./kwrest-data
  kwrest sql -c "SHOW DATABASES"         one statement, a readable table
  kwrest demo                            a small simulated plant to look at
  kwrest import FILE.csv --table T       rows of a CSV file into a table
  kwrest rejected list                   lines that were refused; `replay` stores what was cured
  kwrest user set-password NAME          ask for a password and set it
  kwrest backup DIR                      copy the data, also of a running server
  kwrest restore DIR --data NEW          make a data folder of a backup
  kwrest check                           look whether the data is whole
  kwrest config show                     what is configured, and why
  kwrest cert show                       the server's certificate: its names, its end
"""


class CommandParser(argparse.ArgumentParser):
    """Prints a description as it is laid out; argparse makes the parsers of commands of the same class."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"formatter_class": argparse.RawDescriptionHelpFormatter} | given)


def main(arguments: list[str] | None = None) -> None:
    """Run one command; exits with 0, or with 1 and one sentence on standard error."""
    parser = CommandParser(prog="kwrest", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"kwrest {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    chosen = parser.parse_args(arguments)
    try:
        sys.exit(chosen.run(chosen))
    except (ConfigError, ClientError) as problem:
        print(f"kwrest: {problem}", file=sys.stderr)
        sys.exit(1)
    except StartError as problem:
        print(f"kwrest: {problem.message}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # `kwrest … | head`: nobody reads on, which is no failure to tell of
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
