"""Every transaction has a number: a row of `kwrest.commits` in the same transaction, then a mark in `DATA/watermark`.

After opening, a number in the watermark that the file does not have is a loss.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

import duckdb

from kwrest.engines.duckdb.watermark import NOTHING, Mark, Watermark

Connection = duckdb.DuckDBPyConnection

TABLE = 'kwrest.kwrest."commits"'


class Commits:
    """Numbers transactions. Only the thread that writes touches it."""

    def __init__(self, watermark: Watermark) -> None:
        self._watermark = watermark
        self._next = watermark.last.number + 1

    def opened(self, con: Connection) -> str | None:
        """After opening: which commits the file should have and has not, in a sentence; None when none.

        Either way the next number is above every one that was ever given, so that a loss is found once.
        """
        stored, known = last(con), self._watermark.last
        self._next = max(stored.number, known.number) + 1
        self._watermark.raise_to(stored)
        return missing(stored, known)

    def add(self, con: Connection) -> Mark:
        """Number the running transaction. Insert, never UPDATE: under an older reader that blocks every checkpoint."""
        mark = Mark(self._next, time.time_ns() // 1000)
        con.execute(f"INSERT INTO {TABLE} VALUES ({mark.number}, make_timestamp({mark.made}))")
        return mark

    def done(self, mark: Mark) -> None:
        """The transaction is committed."""
        self._next = mark.number + 1
        self._watermark.raise_to(mark)

    def holds(self, con: Connection, mark: Mark) -> bool:
        """Whether the transaction of that number is in the file."""
        return bool(con.execute(f"SELECT count(*) FROM {TABLE} WHERE number = {mark.number}").fetchall()[0][0])

    def sync(self) -> None:
        """Have the watermark on the disk soon."""
        self._watermark.sync()


def make_table(con: Connection) -> None:
    """Make the table of a file that has none yet, inside the caller's transaction."""
    con.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (number BIGINT, made TIMESTAMP)")


def last(con: Connection) -> Mark:
    """The last commit in the file."""
    found = con.execute(f"SELECT number, epoch_us(made) FROM {TABLE} ORDER BY number DESC LIMIT 1").fetchall()
    return Mark(*found[0]) if found else NOTHING


def missing(stored: Mark, known: Mark) -> str | None:
    """What is lost when the file ends with `stored` and should end with `known`, in a sentence."""
    if stored.number >= known.number:
        return None
    return (
        f"{known.number - stored.number} commits are lost, numbers {stored.number + 1} to {known.number}: "
        f"what was written after {instant(stored)} until {instant(known)} is not there"
    )


def trim(con: Connection) -> None:
    """Forget all but the last; of use before a checkpoint, which gives the room back."""
    con.execute(f"DELETE FROM {TABLE} WHERE number < (SELECT max(number) FROM {TABLE})")


def instant(mark: Mark) -> str:
    """When a commit was made, for a person; the beginning when there was none."""
    if mark == NOTHING:
        return "the first start"
    return datetime.fromtimestamp(mark.made / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
