"""`kwrest user`: passwords, asked for or read from standard input, never taken from the command line."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
from contextlib import closing
from pathlib import Path

from kwrest.access.access import Access
from kwrest.access.first_start import write_privately
from kwrest.catalog.schema import Catalog
from kwrest.cli.client import PASSWORD_FILE, ClientError, add_connection_arguments, connect
from kwrest.engines import open_engine
from kwrest.errors import KwrestError
from kwrest.sql.definitions import AlterUser, UserOptions
from kwrest.sql.lexer import quoted_name, quoted_text
from kwrest.system import ROOT, own_request

DESCRIPTION = """\
Set a user's password on a running server: asked for twice, or one line of standard input. Its sessions end.

  kwrest user set-password ann
  kwrest user set-password root < new-password
"""
RESET_DESCRIPTION = """\
When nobody knows root's password any more: stop the server, run this as the owner of the data folder, start the server.
A new password is made and left in DATA/root-password; --ask takes one from the terminal or standard input instead. Root's
sessions end; no other user and no data is touched. Whoever can read the folder can do this: that is what protects it.

  kwrest user reset-root --data kwrest-data
  kwrest user reset-root --data kwrest-data --ask < new-password
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    parser = commands.add_parser(
        "user",
        help="set a user's password; reset a lost one of root",
        description=f"{DESCRIPTION}\n{RESET_DESCRIPTION}",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    action = actions.add_parser(
        "set-password",
        help="ask for a password, or read one line of standard input, and set it",
        description=DESCRIPTION,
    )
    action.add_argument("name", help="the user whose password is set")
    add_connection_arguments(action)
    action.set_defaults(run=set_password)
    reset = actions.add_parser(
        "reset-root",
        help="give root a new password while the server is stopped",
        description=RESET_DESCRIPTION,
    )
    reset.add_argument("--data", type=Path, default=Path("kwrest-data"), help="data folder (default: kwrest-data)")
    reset.add_argument("--engine", default="duckdb:", help="as the option of `kwrest serve` (default: duckdb:)")
    reset.add_argument("--ask", action="store_true", help="ask for the password instead of making one")
    reset.set_defaults(run=reset_root)


def set_password(chosen: argparse.Namespace) -> int:
    """Set the password of a user on a running server; keeps the file of root's password true."""
    client = connect(chosen)
    password = _ask(chosen.name)
    client.require("ddl", f"ALTER USER {quoted_name(chosen.name)} WITH PASSWORD {quoted_text(password)}")
    stored = chosen.data / PASSWORD_FILE
    if chosen.name == ROOT and stored.exists():
        write_privately(stored, password + "\n")
    print(f"the password of {chosen.name} is set; its sessions have ended")
    return 0


def reset_root(chosen: argparse.Namespace) -> int:
    """Give root a new password. The engine refuses while a server holds the folder."""
    if not (chosen.data / "FORMAT").exists():
        raise ClientError(f"{chosen.data} is no data folder of kwrest")
    password = _ask(ROOT) if chosen.ask else secrets.token_urlsafe(18)
    file = chosen.data / PASSWORD_FILE
    try:
        with (
            closing(open_engine(chosen.engine, chosen.data)) as engine,
            closing(Access(engine, Catalog(engine), lambda: 60)) as access,
        ):
            # The file is there before the password holds: a crash in between leaves one to try again with.
            if not chosen.ask:
                write_privately(file, password + "\n")
            # Whatever kept root from logging in: it is root who asks.
            able = UserOptions(login=True, sets_password=True, password=password, sets_end=True)
            access.apply(AlterUser(ROOT, able, ()), own_request("reset-root"))
    except KwrestError as problem:
        raise ClientError(problem.message) from problem
    if chosen.ask:
        file.unlink(missing_ok=True)  # it would name a password that is nobody's
        print("the password of root is set; start the server again")
    else:
        print(f"root has a new password, in {file}; start the server again")
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
