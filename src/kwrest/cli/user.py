"""`kwrest user`: passwords, asked for or read from standard input, never taken from the command line."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from kwrest.cli.client import PASSWORD_FILE, ClientError, connect
from kwrest.cli.sql import add_connection_arguments

DESCRIPTION = """\
Set a user's password on a running server: asked for twice, or one line of standard input. Its sessions end.

  kwrest user set-password ann
  kwrest user set-password root < new-password
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    shown = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("user", help="set a user's password", description=DESCRIPTION, formatter_class=shown)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    action = actions.add_parser(
        "set-password",
        help="ask for a password, or read one line of standard input, and set it",
        description=DESCRIPTION,
        formatter_class=shown,
    )
    action.add_argument("name", help="the user whose password is set")
    add_connection_arguments(action)
    action.set_defaults(run=set_password)


def set_password(chosen: argparse.Namespace) -> int:
    """Set the password of a user on a running server; keeps the file of root's password true."""
    client = connect(chosen.data, chosen.url, chosen.ca, chosen.user, None)
    password = _ask(chosen.name)
    name = '"' + chosen.name.replace('"', '""') + '"'
    value = "'" + password.replace("'", "''") + "'"
    stored = chosen.data / PASSWORD_FILE
    kept = chosen.name == "root" and stored.exists()  # the server removes it: the password in it is root's no more
    answer = client.post("ddl", f"ALTER USER {name} WITH PASSWORD {value}")
    if answer.failed:
        described = answer.body.get("desc")
        raise ClientError("; ".join(described) if isinstance(described, list) else str(described))
    if kept:
        fresh = stored.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(password + "\n")
        fresh.replace(stored)
    print(f"the password of {chosen.name} is set; its sessions have ended")
    return 0


def _ask(name: str) -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass(f"new password of {name}: ")
        if getpass.getpass("once more: ") != password:
            raise ClientError("the two passwords differ")
    if not password:
        raise ClientError("empty passwords are not permitted")
    return password
