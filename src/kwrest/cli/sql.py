"""`kwrest sql`: a shell, and `-c` for one call from a script."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kwrest.cli.client import Client, ClientError, add_connection_arguments, connect
from kwrest.cli.history import History, history_file
from kwrest.errors import KwrestError
from kwrest.sql.endpoints import endpoint_of_text
from kwrest.sql.lexer import split

HELP = """\
Statements end with `;`. Arrow keys edit a line and bring back earlier ones, except those that name a password.
Besides SQL:
  \\c NAME   work in database NAME      \\l   list databases
  \\d        list tables                \\q   leave (also Ctrl-D)
"""
SHORTHANDS = {"\\l": "SHOW DATABASES", "\\d": "SHOW TABLES"}
DESCRIPTION = """\
A SQL shell on a running server. With -c, or statements on standard input, it runs these and leaves; it ends at the
first one that fails and exits with 1.

  kwrest sql                                    a shell on the server of ./kwrest-data
  kwrest sql --db plant -c "SHOW TABLES"        one statement, a readable table
  kwrest sql --db plant --csv -c "SELECT * FROM boiler WHERE ts > now() - 1d" > boiler.csv
  KWREST_PASSWORD=... kwrest sql --user ann --url https://host:8080 --ca ca.crt
"""
NUMERIC = ("INT", "FLOAT", "DECIMAL", "NUMERIC")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    parser = commands.add_parser(
        "sql",
        help="a SQL shell on a running server, and -c for scripts",
        description=DESCRIPTION,
    )
    parser.add_argument(
        "-c", dest="command", metavar="SQL", help="run these statements and leave; exits 1 when one failed"
    )
    parser.add_argument("--csv", action="store_true", help="print rows as CSV instead of tables")
    add_connection_arguments(parser)
    parser.add_argument("--db", default=None, help="database to work in (default: defaultdb)")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """The shell, or the statements of -c, or of standard input when that is no terminal."""
    client = connect(chosen)
    shell = Shell(client, chosen.db, plain_console(), as_csv=chosen.csv)
    if chosen.command is not None:
        return shell.run(chosen.command)
    if not sys.stdin.isatty():
        return shell.run(sys.stdin.read())
    return shell.interact()


def plain_console() -> Console:
    """Standard output; into a pipe or a file a table is as wide as it needs to be, so that nothing is cut or folded."""
    return Console(soft_wrap=True, width=None if sys.stdout.isatty() else 10_000)


class Shell:
    """Sends statements to the endpoint that takes them and prints what comes back."""

    def __init__(self, client: Client, database: str | None, console: Console, *, as_csv: bool = False) -> None:
        self._client = client
        self._database = database
        self._console = console
        self._as_csv = as_csv

    def run(self, text: str) -> int:
        """Run statements one after the other; returns 1 when one failed, which ends it."""
        try:
            statements = split(text)
        except KwrestError as problem:
            return self._complain(problem.message)
        return next((1 for statement in statements if not self._one(statement)), 0)

    def interact(self) -> int:
        """Read, run, print, until the person leaves."""
        history = History(history_file())
        self._console.print(HELP, highlight=False)
        pending = ""
        while True:
            try:
                line = input("      -> " if pending else f"{self._database or 'defaultdb'}=> ")
            except EOFError:
                return 0
            except KeyboardInterrupt:  # drops what was typed; leaving is \q
                self._console.print()
                pending = ""
                continue
            command = line.strip()
            if not pending and command.startswith("\\"):
                history.add(command)
                if command == "\\q":
                    return 0
                self._guarded(self._shorthand, command)
                continue
            pending += line + "\n"
            if command.endswith(";"):
                history.add(pending)
                self._guarded(self.run, pending)
                pending = ""

    def _guarded(self, step: Callable[[str], object], text: str) -> None:
        """A step of the shell: a server that is away for a while, or Ctrl-C during an answer, does not end it."""
        try:
            step(text)
        except ClientError as problem:
            self._complain(str(problem))
        except KeyboardInterrupt:
            self._complain("not waited for; the server may have run it")

    def _shorthand(self, command: str) -> None:
        if command.startswith("\\c "):
            self._database = command[3:].strip()
        elif command in SHORTHANDS:
            self._one(SHORTHANDS[command])
        else:
            self._console.print(HELP, highlight=False)

    def _one(self, statement: str) -> bool:
        endpoint = endpoint_of_text(statement) or "query"
        answer = self._client.post(endpoint, statement, self._database)
        if answer.failed:
            return not self._complain(self._client.explained(answer))
        if endpoint == "query":
            (self._print_csv if self._as_csv else self._print_rows)(answer.body)
        elif endpoint == "insert":
            self._console.print(f"{answer.body['rows']} rows written", highlight=False)
            if answer.body["notice"]:
                self._console.print(answer.body["notice"], highlight=False, markup=False)
        else:
            self._console.print("success", highlight=False)
            words = statement.split()
            if words[0].lower() == "use" and len(words) > 1:
                self._database = words[1].strip('";')
        return True

    def _print_csv(self, body: dict[str, Any]) -> None:
        """As `kwrest import` takes it: a header, NULL as an empty field."""
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow([name for name, _, _ in body["column_meta"]])
        out.writerows(["" if cell is None else _shown(cell) for cell in row] for row in body["data"])
        if body.get("truncated"):
            self._complain(f"the answer was cut at the size limit, after {body['rows']} rows")

    def _print_rows(self, body: dict[str, Any]) -> None:
        table = Table(show_edge=False)
        for name, kind, _ in body["column_meta"]:
            table.add_column(Text(name), justify="right" if kind.startswith(NUMERIC) else "left", overflow="fold")
        for row in body["data"]:
            table.add_row(*(Text("NULL", "dim") if cell is None else Text(_shown(cell)) for cell in row))
        self._console.print(table)
        rows = body["rows"]
        cut = " (the answer was cut at the size limit)" if body.get("truncated") else ""
        self._console.print(f"{rows} row{'' if rows == 1 else 's'}{cut}", highlight=False)

    def _complain(self, text: str) -> int:
        Console(stderr=True, soft_wrap=True).print(f"error: {text}", style="red", highlight=False, markup=False)
        return 1


def _shown(cell: object) -> str:
    """Text and exact numbers as they are, JSON and arrays as JSON."""
    return (
        cell if isinstance(cell, str) else str(cell) if isinstance(cell, Decimal) else json.dumps(cell, default=float)
    )
