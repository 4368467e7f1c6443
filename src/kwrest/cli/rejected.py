"""`kwrest rejected`: the shelf of refused lines: look at it, store what was cured, forget the rest."""

from __future__ import annotations

import argparse
import json
from typing import Any

from rich.table import Table
from rich.text import Text

from kwrest.cli.client import Client, ClientError, add_connection_arguments, connect
from kwrest.cli.sql import plain_console
from kwrest.sql.lexer import quoted_text

DESCRIPTION = """\
Lines of line protocol that no client will send again are kept on a shelf, the table kwrest_system.rejected. An
administrator looks at them, cures the cause (a missing table or column, a right, a type) and replays them: what can be
stored now is stored as it was sent then and leaves the shelf, and of every other line it is said why it stays.

  kwrest rejected list                        the latest, with reason and text
  kwrest rejected list --db plant --json      one JSON object a line, for scripts
  kwrest rejected replay --all
  kwrest rejected replay 12 13 14
  kwrest rejected replay --table boiler       lines of one measurement
  kwrest rejected purge --all                 forget them
"""
SHOWN = 200  # characters of a line in the table


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    parser = commands.add_parser("rejected", help="the shelf of refused lines", description=DESCRIPTION)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for name, run, help_ in (
        ("list", show, "show refused lines"),
        ("replay", replay, "store what can be stored now"),
        ("purge", purge, "forget refused lines"),
    ):
        action = actions.add_parser(name, help=help_, description=DESCRIPTION)
        if run is not show:
            action.add_argument("ids", nargs="*", type=int, metavar="ID", help="lines, by their id")
            action.add_argument("--all", action="store_true", help="every line on the shelf")
        action.add_argument("--db", help="lines for this database only")
        action.add_argument("--table", help="lines of this measurement only")
        if run is show:
            action.add_argument("--limit", type=int, default=50, help="at most so many lines, the latest (default: 50)")
            action.add_argument("--json", action="store_true", help="one JSON object a line, nothing cut")
        add_connection_arguments(action)
        action.set_defaults(run=run)


def show(chosen: argparse.Namespace) -> int:
    """Print the latest lines; of how many, when not all are shown."""
    client = connect(chosen)
    columns = ("id", "last_seen", "times", "user_name", "database_name", "reason", "line")
    where = _where(chosen)
    rows = client.rows(
        f"SELECT {', '.join(columns)} FROM kwrest_system.rejected {where} ORDER BY last_seen DESC, id DESC "
        f"LIMIT {max(0, chosen.limit)}"
    )
    if chosen.json:
        for row in rows:
            print(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False))
        return 0
    ((total,),) = client.rows(f"SELECT count(*) FROM kwrest_system.rejected {where}")
    table = Table("id", "last seen", "times", "user", "database", "reason", "line", show_edge=False)
    for row in rows:
        table.add_row(*(Text(_cut(str(cell))) for cell in row))
    console = plain_console()
    if rows:
        console.print(table)
    console.print(f"{len(rows)} of {total} refused lines", highlight=False)
    return 0


def replay(chosen: argparse.Namespace) -> int:
    """Replay; 0 when all was stored, 2 when some lines stay."""
    client = connect(chosen)
    body = client.send("POST", "rejected", _ids(client, chosen))
    refused = _said(client, body)["refused"]
    print(f"{body.body['rows']} lines stored, {len(refused)} still refused")
    for line in refused:
        print(f"  {line['id']}: {line['reason']}")
    return 2 if refused else 0


def purge(chosen: argparse.Namespace) -> int:
    """Forget lines for good."""
    client = connect(chosen)
    answer = client.send("DELETE", "rejected", _ids(client, chosen))
    print(f"{_said(client, answer)['rows']} lines forgotten")
    return 0


def _said(client: Client, answer: Any) -> dict[str, Any]:
    """The body of an answer that was given; a replay of which lines stay is one."""
    if answer.status != 200:
        raise ClientError(client.explained(answer))
    body: dict[str, Any] = answer.body
    return body


def _ids(client: Client, chosen: argparse.Namespace) -> str:
    """The lines that were asked for, as the endpoint takes them. Raises ClientError when nothing was asked for."""
    where = _where(chosen)
    if chosen.ids and not chosen.all and not where:
        return " ".join(map(str, chosen.ids))
    if chosen.all and not chosen.ids and not where:
        return "all"
    if where and not chosen.ids and not chosen.all:
        found = [str(id_) for (id_,) in client.rows(f"SELECT id FROM kwrest_system.rejected {where}")]
        if not found:
            raise ClientError("no refused line is of that kind")
        return " ".join(found)
    raise ClientError("say which lines: ids, or --all, or --db and --table")


def _where(chosen: argparse.Namespace) -> str:
    parts = []
    if chosen.db is not None:
        parts.append(f"database_name = {quoted_text(chosen.db.lower())}")
    if chosen.table is not None:
        # The measurement ends at the first comma or blank; what LIKE means by % and _ is meant literally.
        name = chosen.table.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parts.append(f"(line LIKE {quoted_text(name + ',%')} OR line LIKE {quoted_text(name + ' %')})")
    return "WHERE " + " AND ".join(parts) if parts else ""


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
