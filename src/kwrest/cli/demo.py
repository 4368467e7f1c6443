"""`kwrest demo`: a small simulated plant, written as a real one would write, and three questions to it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from kwrest.cli.charts import bars, curve
from kwrest.cli.client import Client, ClientError, add_connection_arguments, connect
from kwrest.cli.plant import DATABASE, TABLES, Plant
from kwrest.cli.sql import plain_console

DESCRIPTION = f"""\
Write a day of a small simulated plant, five boilers with a point every ten seconds, through line protocol into the new
database {DATABASE}, and show the last values, the hourly maximum and a series whose gap was filled, each with the
statement that asked for it. The database stays, to try statements on; --drop removes it.

  kwrest demo
  kwrest sql --db {DATABASE}
  kwrest demo --drop
"""
LINES = 2000  # of one request
WIDTH = 40  # of a bar

LAST = "SELECT id, hall, last(ts) AS seen, last(temperature) AS temperature, last(pressure) AS pressure FROM boiler GROUP BY id, hall ORDER BY id"
HOURLY = "SELECT time_bucket(ts, '1h') AS hour, max(temperature) AS hottest FROM boiler WHERE hall = 'north' GROUP BY hour ORDER BY hour"
FILLED = (
    "SELECT time_bucket_gapfill(ts, '20m') AS at, avg(temperature) AS measured, "
    "interpolate(avg(temperature), LINEAR) AS filled FROM boiler WHERE id = 1 GROUP BY at ORDER BY at"
)


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    parser = commands.add_parser(
        "demo",
        help="a small simulated plant to look at",
        description=DESCRIPTION,
    )
    parser.add_argument("--drop", action="store_true", help=f"remove the database {DATABASE} again")
    add_connection_arguments(parser)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Write the plant, ask the questions."""
    client, console = connect(chosen), plain_console()
    if chosen.drop:
        client.require("ddl", f"DROP DATABASE {DATABASE} CASCADE")
        console.print(f"the database {DATABASE} is gone", highlight=False)
        return 0
    if [DATABASE] in [row[:1] for row in client.rows("SHOW DATABASES")]:
        raise ClientError(f"there is a database {DATABASE} already; `kwrest demo --drop` removes it")
    client.require("ddl", TABLES)
    with client.connected():
        _write(client, Plant(int(time.time()) // 600 * 600), console)
        _title(console, "The last values", LAST)
        console.print(_table(client.require("query", LAST, DATABASE)))
        _title(console, "The hottest boiler of the hall north, hour by hour", HOURLY)
        _lines(console, bars([(hour[11:16], float(v)) for hour, v in client.rows(HOURLY, DATABASE)], WIDTH))
        _title(console, "A sensor was silent for three hours: its series with the gap filled (dots)", FILLED)
        series = [(_number(filled), measured is not None) for _, measured, filled in client.rows(FILLED, DATABASE)]
        _lines(console, curve(series, 8))
    console.print(f"\nGo on with: kwrest sql --db {DATABASE}      Remove it with: kwrest demo --drop", highlight=False)
    return 0


def _write(client: Client, plant: Plant, console: Console) -> None:
    bar = Progress(
        TextColumn("writing points"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    began = time.monotonic()
    with bar:
        task = bar.add_task("", total=plant.lines)
        for body in plant.bodies(LINES):
            client.require("telegraf", "\n".join(body), DATABASE, precision="s")
            bar.advance(task, len(body))
    seconds = time.monotonic() - began
    console.print(
        f"{plant.lines} points written in {seconds:.1f} s, every request durable before it was answered",
        highlight=False,
    )


def _title(console: Console, title: str, statement: str) -> None:
    console.print(f"\n[bold]{title}[/bold]", highlight=False)
    console.print(statement, style="dim", highlight=False, markup=False)


def _lines(console: Console, lines: Sequence[str]) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False)


def _table(body: dict[str, Any]) -> Table:
    table = Table(show_edge=False)
    for name, kind, _ in body["column_meta"]:
        table.add_column(name, justify="right" if kind.startswith(("FLOAT", "INT")) else "left")
    for row in body["data"]:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table


def _number(value: Decimal | int | None) -> float | None:
    return None if value is None else float(value)
