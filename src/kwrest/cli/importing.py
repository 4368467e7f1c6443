"""`kwrest import`: a CSV file into a table, in batches through the server's own API."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from kwrest.cli.client import Answer, Client, ClientError, add_connection_arguments, connect
from kwrest.cli.csv_rows import Column, Row, Rows, Source, literal, opened, targets
from kwrest.cli.import_report import Report
from kwrest.sql.lexer import quoted_name

DESCRIPTION = """\
Insert the rows of a CSV file into a table that is there. The header names the columns, in any order and case; tags are
columns too. An empty field is NULL. Files packed with gzip are unpacked; `-` reads standard input.

  kwrest import boiler.csv --table boiler --db plant
  gzip -dc old.csv.gz | kwrest import - --table boiler --db plant --report refused.csv
  kwrest import export.tsv --table boiler --delimiter tab --columns ts,temperature,-,id
  kwrest import boiler.csv --table boiler --tz +8            times without a zone are Beijing's

Rows that the server refuses go to FILE.refused.csv with their line and the reason. Mend them there and import that file:
its first two columns are passed over. An import that was broken off goes on with --resume. Time-series rows that are sent
twice are stored once (ts.dedup.rule = override); in a relational table without a key they would be there twice.

Exit status: 0 when every row is stored, 2 when some were refused, 1 when it was broken off.
"""
STATEMENT_BYTES = 8 << 20  # of one INSERT, whatever the number of rows
NOT_THEIRS = ("42501", "42P01")  # nothing is wrong with the rows: the table is not there, or not for this user


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    parser = commands.add_parser(
        "import",
        help="a CSV file into a table",
        description=DESCRIPTION,
    )
    parser.add_argument("file", help="CSV in UTF-8, perhaps packed with gzip; - for standard input")
    parser.add_argument("--table", required=True, help="the table; db.table is possible")
    parser.add_argument("--db", help="database (default: defaultdb)")
    parser.add_argument("--tz", help="zone of times without one (default: the server's, cluster.connection.timezone)")
    parser.add_argument("--delimiter", default=",", help="one character, or tab (default: ,)")
    parser.add_argument("--columns", help="the file has no header; the columns in its order, - for one to pass over")
    parser.add_argument("--null", default="", metavar="TEXT", help="the text that stands for NULL (default: empty)")
    parser.add_argument("--batch", type=int, default=2000, metavar="ROWS", help="rows of one request (default: 2000)")
    parser.add_argument("--report", type=Path, help="file of refused rows (default: FILE.refused.csv)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="go on where an earlier import was broken off")
    how.add_argument("--restart", action="store_true", help="begin again, whatever an earlier import did")
    add_connection_arguments(parser)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Import the file; see the exit status in DESCRIPTION."""
    delimiter = "\t" if chosen.delimiter.lower() == "tab" else chosen.delimiter
    if len(delimiter) != 1:
        raise ClientError("--delimiter takes one character, or tab")
    if chosen.file == "-" and chosen.report is None:
        raise ClientError("standard input has no name: say with --report where refused rows go")
    client = connect(chosen)
    table = _columns(client, chosen.table, chosen.db)
    given = None if chosen.columns is None else [name.strip() for name in chosen.columns.split(",")]
    path = chosen.report or Path(chosen.file + ".refused.csv")
    with opened(chosen.file) as source:
        rows = Rows(source, delimiter, given)
        fields = targets(rows.names, table)
        with Report(path, rows.names) as report, client.connected():
            report.begin(resume=chosen.resume, restart=chosen.restart)
            sender = Sender(client, chosen, fields, report)
            _send_all(sender, _batches(rows, report.progress.done, max(1, chosen.batch)), source)
            report.finish()
    done = report.progress
    print(f"{done.stored + done.refused} rows read, {done.stored} stored, {done.refused} refused")
    for notice in sender.notices:
        print(notice)
    if done.refused:
        print(f"the refused rows and their reasons are in {path}", file=sys.stderr)
    return 2 if done.refused else 0


def _send_all(sender: Sender, batches: Iterator[list[Row]], source: Source) -> None:
    bar = Progress(
        TextColumn("{task.percentage:>3.0f}%" if source.size else ""),
        BarColumn(),
        TextColumn("{task.fields[stored]} stored, {task.fields[refused]} refused"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("", total=source.size, stored=0, refused=0)
        for batch in batches:
            try:
                sender.send(batch)
            except (ClientError, KeyboardInterrupt) as problem:
                why = "interrupted" if isinstance(problem, KeyboardInterrupt) else str(problem)
                first, last = batch[0].line, batch[-1].line
                raise ClientError(
                    f"{why}\nbroken off: all up to line {sender.report.progress.done} is done, the rows of lines "
                    f"{first} to {last} may be stored; --resume goes on and sends these again"
                ) from problem
            done = sender.report.progress
            bar.update(task, completed=source.position(), stored=done.stored, refused=done.refused)


class Sender:
    """Sends batches of rows; which of them are refused, and why, goes to the report."""

    def __init__(
        self, client: Client, chosen: argparse.Namespace, fields: Sequence[Column | None], report: Report
    ) -> None:
        self._client, self._fields, self.report = client, fields, report
        self._table, self._database, self._null = chosen.table, chosen.db, chosen.null
        self._parameters = {"tz": chosen.tz} if chosen.tz else {}
        self._refused: list[tuple[Row, str]] = []  # of the batch under way
        self.notices: dict[str, None] = {}

    def send(self, batch: Sequence[Row]) -> None:
        """Raises ClientError when the server cannot be reached, has no time, or refuses the user or the table."""
        good = []
        for row in batch:
            if row.problem is None:
                good.append((row, self._values(row)))
            else:
                self._refused.append((row, row.problem))
        stored = 0
        while good:
            some = _prefix(good)
            stored += self._insert(good[:some])
            del good[:some]
        for row, reason in sorted(self._refused, key=lambda refused: refused[0].line):
            self.report.refuse(row, reason)
        self._refused.clear()
        self.report.advance(batch[-1].line, stored)

    def _insert(self, rows: Sequence[tuple[Row, str]]) -> int:
        """Rows stored of one INSERT; when it fails, each row is tried on its own, to learn which ones are to blame."""
        answer = self._post([self._statement([values for _, values in rows])])
        if not answer.failed:
            return self._counted(answer)
        if len(rows) == 1:
            self._refused.append((rows[0][0], answer.problem))
            return 0
        answer = self._post([self._statement([values]) for _, values in rows])
        for (row, _), said in zip(rows, answer.body["desc"], strict=True):
            if said != "success":
                self._refused.append((row, said))
        return self._counted(answer)

    def _post(self, statements: Sequence[str]) -> Answer:
        answer = self._client.patient("insert", ";".join(statements), self._database, **self._parameters)
        if answer.failed and (answer.status != 500 or answer.sqlstate in NOT_THEIRS):
            raise ClientError(self._client.explained(answer))
        return answer

    def _counted(self, answer: Answer) -> int:
        notice = answer.body.get("notice")
        if notice and "failed" not in notice:
            self.notices[notice] = None
        rows: int = answer.body["rows"]
        return rows

    def _values(self, row: Row) -> str:
        cells = (
            literal(field, column, self._null)
            for field, column in zip(row.fields, self._fields, strict=True)
            if column is not None
        )
        return f"({','.join(cells)})"

    def _statement(self, values: Sequence[str]) -> str:
        names = ",".join(quoted_name(column.name) for column in self._fields if column is not None)
        return f"INSERT INTO {_path(self._table)} ({names}) VALUES {','.join(values)}"


def _batches(rows: Rows, done: int, size: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        if row.line <= done:
            continue
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _prefix(rows: Sequence[tuple[Row, str]]) -> int:
    """How many of the rows fit one statement; at least one."""
    size = 0
    for count, (_, values) in enumerate(rows):
        size += len(values)
        if size > STATEMENT_BYTES and count:
            return count
    return len(rows)


def _columns(client: Client, table: str, database: str | None) -> list[Column]:
    """The table's columns and tags that may be written. Raises ClientError when it is not there."""
    answer = client.require("query", f"SHOW COLUMNS FROM {_path(table)}", database)
    names = [name for name, _, _ in answer["column_meta"]]
    facts = [dict(zip(names, row, strict=True)) for row in answer["data"]]
    return [
        Column(f["column_name"], f["data_type"], not f["is_nullable"] and f["column_default"] is None)
        for f in facts
        if not f["is_hidden"]
    ]


def _path(name: str) -> str:
    """`db.table` with each part quoted; parts that are quoted already stay as they are."""
    return name if '"' in name else ".".join(quoted_name(part) for part in name.split("."))
