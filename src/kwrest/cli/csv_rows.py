"""CSV as `kwrest import` reads it: a file, gzip or standard input → rows with the line they begin on, and their literals.

What a value means is the server's to say: a field that is no plain number becomes a literal of no type yet (contract
S3), which the server converts to the column's type and refuses in its own words.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from kwrest.cli.client import ClientError
from kwrest.sql.lexer import quoted_name, quoted_text

MAX_FIELD = 16 << 20  # characters
_GZIP = b"\x1f\x8b"
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"-?[0-9]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPORT_COLUMNS = ("line", "reason")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table. kind: its type as SHOW COLUMNS prints it; needed: every row must have a value."""

    name: str
    kind: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file. line: where it begins, from 1; problem: why it is no row that could be sent."""

    line: int
    fields: Sequence[str]
    problem: str | None = None


@dataclass(slots=True)
class Source:
    """Bytes to read. size: None when it cannot be known before."""

    raw: BinaryIO
    stream: BinaryIO
    size: int | None

    def position(self) -> int:
        """How many bytes of `size` were read."""
        return self.raw.tell() if self.size is not None else 0


@contextmanager
def opened(name: str) -> Iterator[Source]:
    """The file, `-` for standard input; unpacked when it begins like gzip. Raises ClientError."""
    if name == "-":
        raw: BinaryIO = sys.stdin.buffer
        size = None
    else:
        try:
            raw = open(name, "rb")  # noqa: SIM115 (closed below)
            size = Path(name).stat().st_size
        except OSError as problem:
            raise ClientError(f"{name}: {problem.strerror}") from problem
    try:
        head = cast(io.BufferedReader, raw).peek(2)[:2]
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if head == _GZIP else raw
        yield Source(raw, stream, size)
    finally:
        if name != "-":
            raw.close()


class Rows:
    """The rows of a source. names: given ones, of a file without a header; else the first row's."""

    def __init__(self, source: Source, delimiter: str, names: Sequence[str] | None) -> None:
        csv.field_size_limit(MAX_FIELD)
        # Bytes that are no UTF-8 are carried along, so that the report can show the row as it was.
        text = io.TextIOWrapper(source.stream, "utf-8-sig", errors="surrogateescape", newline="")
        self._reader = csv.reader(text, delimiter=delimiter, strict=True)
        self._first = next(self._read(), None) if names is None else None
        if names is None and (self._first is None or self._first.problem):
            why = self._first.problem if self._first else "it is empty"
            raise ClientError(f"the file has no header: {why}")
        self.names = [name.strip() for name in (names if names is not None else self._first.fields)]  # type: ignore[union-attr]  # one of them is there

    def __iter__(self) -> Iterator[Row]:
        for row in self._read():
            if not row.fields and row.problem is None:
                continue  # an empty line
            if row.problem is None and len(row.fields) != len(self.names):
                problem = f"the row has {len(row.fields)} fields, {len(self.names)} were expected"
                yield Row(row.line, row.fields, problem)
            else:
                yield row

    def _read(self) -> Iterator[Row]:
        while True:
            line = self._reader.line_num + 1
            try:
                fields = next(self._reader)
            except StopIteration:
                return
            except csv.Error as problem:
                yield Row(line, (), f"malformed CSV: {problem}")
                continue
            except (EOFError, OSError) as problem:
                raise ClientError(f"the file cannot be read on from line {line}: {problem}") from problem
            yield Row(line, fields, "not valid UTF-8" if any(map(_SURROGATE.search, fields)) else None)


def targets(names: Sequence[str], table: Sequence[Column]) -> list[Column | None]:
    """The column each field goes to, None for one that is passed over: `-`, and what a report of refused rows adds.

    Names are matched exactly, then folded. Raises ClientError for a name the table does not have, one that is given
    twice, and a column that must have a value and gets none.
    """
    exact = {column.name: column for column in table}
    folded = {column.name.lower(): column for column in table}
    found: list[Column | None] = []
    for place, name in enumerate(names):
        column = exact.get(name) or folded.get(name.lower())
        if column is None and name != "-" and name not in _REPORT_COLUMNS[place : place + 1]:
            raise ClientError(f'the table has no column "{name}"; it has {", ".join(exact)}')
        if column is not None and column in found:
            raise ClientError(f'column "{column.name}" is given twice')
        found.append(column)
    missing = [column.name for column in table if column.needed and column not in found]
    if missing:
        raise ClientError(f"the file has no value for {', '.join(missing)}, which must have one")
    return found


def literal(field: str, column: Column, null: str) -> str:
    """A field as a literal in VALUES. null: the text that stands for NULL."""
    if field == null:
        return "NULL"
    kind = column.kind
    if kind.startswith(("FLOAT", "DECIMAL")) and _NUMBER.fullmatch(field):
        return field
    if kind.startswith(("INT", "TIMESTAMP")) and not kind.endswith("[]") and _INTEGER.fullmatch(field):
        return field
    if kind.startswith(("VARCHAR", "CHAR", "NCHAR", "NVARCHAR", "STRING")) and not kind.endswith("[]"):
        return quoted_text(field)
    return quoted_name(field)
