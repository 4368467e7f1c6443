"""Reading a data directory, a running server's too, without changing it; and the one repair there is: of the log."""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from kwrest.engines.base import Contents
from kwrest.engines.duckdb import commits, layout, manifest, quarantine, watermark
from kwrest.engines.duckdb.backup import copy_database
from kwrest.engines.duckdb.directory import DATABASE, MANIFEST, Directory, take_lock
from kwrest.engines.duckdb.quarantine import Quarantine
from kwrest.engines.duckdb.spelling_types import type_name
from kwrest.engines.duckdb.start_failures import refused_by_duckdb, refused_by_system
from kwrest.engines.duckdb.system_rows import values_of
from kwrest.errors import DataInUse, StorageUnreachable
from kwrest.model import Column, Table, TableKind
from kwrest.sql.bound import Value

log = logging.getLogger(__name__)

Connection = duckdb.DuckDBPyConnection


class Inspection:
    """An opened database that is only looked at. found: sentences about what is wrong with files and log."""

    def __init__(self, con: Connection, found: Sequence[str]) -> None:
        self._con = con
        self.found = found
        self._stored: dict[tuple[str, str], dict[str, str]] = {}
        for schema, table, column, type in con.execute(
            "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        ).fetchall():
            self._stored.setdefault((schema, table), {})[column] = type

    def read_system(self, table: Table) -> dict[str, list[Value]]:
        """As `Engine.read_system`; a column that an older server did not have yet is NULL."""
        stored = self._stored.get(("kwrest", table.name), {})
        names = ", ".join(f'"{c.name}"' if c.name in stored else f'NULL AS "{c.name}"' for c in table.columns)
        if not stored:
            return {column.name: [] for column in table.columns}
        rows = self._con.sql(f"SELECT {names} FROM {layout.rows_table(table)}").to_arrow_table()
        return {c.name: values_of(array, c.type) for c, array in zip(table.columns, rows.columns, strict=True)}

    def contents(self, table: Table, found: list[str]) -> Contents:
        """Read every value of a table; what contradicts the catalog or itself is added to `found`, a sentence each."""
        try:
            if table.kind is TableKind.TIME_SERIES:
                return self._series(table, found)
            return self._rows(table, found)
        except duckdb.Error as error:
            log.error("table %s cannot be read: %s", table.id, error)
            found.append("it cannot be read whole")
            return Contents(0)

    def strangers(self, tables: Sequence[Table]) -> list[str]:
        """Storage that belongs to no table of the catalog."""
        known = {tuple(name(t).split(".")) for t in tables for name in (layout.rows_table, layout.devices_table)}
        return [
            f"{schema}.{name}"
            for schema, name in sorted(self._stored)
            if schema != "kwrest" and (schema, name) not in known
        ]

    # ------------------------------------------------------------ one table

    def _series(self, table: Table, found: list[str]) -> Contents:
        devices, points = layout.devices_table(table), layout.rows_table(table)
        whole = self._shape(table, devices, table.tags, found)
        if not (self._shape(table, points, table.data_columns, found) and whole):
            return Contents(0)
        primary = ", ".join(layout.column_name(table, tag) for tag in table.primary_tags)
        time = layout.column_name(table, table.time_column)
        self._none(f"SELECT 1 FROM {devices} GROUP BY eid HAVING count(*) > 1", "device numbers stand twice", found)
        self._none(f"SELECT 1 FROM {devices} GROUP BY {primary} HAVING count(*) > 1", "devices stand twice", found)
        self._none(f"SELECT 1 FROM {points} ANTI JOIN {devices} USING (eid)", "rows belong to no device", found)
        self._none(
            f"SELECT 1 FROM {points} GROUP BY eid, {time} HAVING count(*) > 1",
            "instants of a device stand twice",
            found,
        )
        self._required(table, points, table.data_columns, found)
        return Contents(self._read(points), self._read(devices))

    def _rows(self, table: Table, found: list[str]) -> Contents:
        rows = layout.rows_table(table)
        if not self._shape(table, rows, table.columns, found):
            return Contents(0)
        if table.key:
            of = {column.id: column for column in table.columns}
            key = ", ".join(layout.column_name(table, of[number]) for number in table.key)
            self._none(f"SELECT 1 FROM {rows} GROUP BY {key} HAVING count(*) > 1", "primary keys stand twice", found)
        self._required(table, rows, table.columns, found)
        return Contents(self._read(rows))

    def _shape(self, table: Table, name: str, columns: Sequence[Column], found: list[str]) -> bool:
        schema, _, stored_as = name.replace("kwrest.kwrest", "kwrest").replace('"', "").partition(".")
        stored = self._stored.get((schema, stored_as))
        if stored is None:
            found.append(f"its storage {name} is missing")
            return False
        wanted = {layout.column_name(table, c).replace('"', ""): _plain(type_name(c.type)) for c in columns}
        missing = [c for c, type in wanted.items() if _plain(stored.get(c, "")) != type]
        if missing:
            found.append(f"columns of its storage {name} are missing or of another type: {', '.join(missing)}")
        return not missing

    def _required(self, table: Table, name: str, columns: Sequence[Column], found: list[str]) -> None:
        """NOT NULL is ours to keep: the file has no constraints."""
        for column in columns:
            if not column.nullable:
                stored_as = layout.column_name(table, column)
                self._none(f"SELECT 1 FROM {name} WHERE {stored_as} IS NULL", f"column {column.name} has NULLs", found)

    def _none(self, query: str, sentence: str, found: list[str]) -> None:
        (count,) = self._con.execute(f"SELECT count(*) FROM ({query})").fetchall()[0]
        if count:
            found.append(f"{sentence} ({count})")

    def _read(self, name: str) -> int:
        """Every value of it, so that every block's checksum is looked at; the number of rows."""
        count, _ = self._con.execute(f"SELECT count(*), bit_xor(hash(t)) FROM {name} AS t").fetchall()[0]
        return int(count)


def _plain(type: str) -> str:
    return type.upper().replace(" ", "")


@contextmanager
def inspect(data: Path) -> Iterator[Inspection]:
    """Open what is in `data` without changing it: a data directory, a running server's (a copy is looked at), a backup.

    Raises StorageDamaged, StorageUnreachable when it does not open at all.
    """
    with ExitStack() as stack:
        try:
            folder, found = _where(data, stack)
            con = stack.enter_context(duckdb.connect(str(folder / DATABASE), read_only=True))
            con.execute("SET TimeZone = 'UTC'")
            found += _commits_missing(folder, con)
            inspection = Inspection(con, found)
        except duckdb.Error as error:
            raise refused_by_duckdb(data, error) from error
        except OSError as error:
            raise refused_by_system(data, error) from error
        yield inspection


def _where(data: Path, stack: ExitStack) -> tuple[Path, list[str]]:
    """The folder whose database may be opened, and what is wrong beside it."""
    if not (data / DATABASE).exists():
        raise StorageUnreachable(path=data, reason="there is no database in it")
    if (data / MANIFEST).exists():
        wrong = manifest.wrong(data, manifest.read(data))
        return data, [wrong] if wrong else []
    losses = list(Quarantine(data / quarantine.NAME, data / DATABASE).losses())
    try:
        lock = take_lock(data)
    except DataInUse:
        # A server has it open. What is looked at is what a backup would be.
        copy = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=data / "tmp", prefix="check-")))
        copy_database(data, copy)
        return copy, losses
    stack.callback(os.close, lock)
    return data, losses


def _commits_missing(folder: Path, con: Connection) -> list[str]:
    try:
        known, readable = watermark.parse((folder / watermark.NAME).read_bytes())
    except FileNotFoundError:
        known, readable = watermark.NOTHING, False
    if not readable:
        return ["the file watermark says nothing: whether the last commits are all there cannot be told"]
    missing = commits.missing(commits.last(con), known)
    return [missing] if missing else []


def repair(data: Path) -> str:
    """Make a data directory with a damaged log open again: the log is kept aside, and cut before the damage.

    What that loses is named by the next start. Returns a sentence about what was done. Raises StartError classes.
    """
    if not (data / DATABASE).exists():
        raise StorageUnreachable(path=data, reason="there is no database in it")
    directory = Directory(data)
    try:
        kept = Quarantine(data / quarantine.NAME, directory.database)
        size = directory.log.stat().st_size if directory.log.exists() else 0
        aside: Path | None = None
        while True:
            try:
                with duckdb.connect(str(directory.database), read_only=True) as con:
                    con.execute("SELECT 1")
                break
            except duckdb.Error as error:
                if aside is None:
                    if "WAL" not in str(error):
                        raise refused_by_duckdb(data, error) from error
                    aside = kept.aside()
                elif not directory.log.stat().st_size:
                    raise refused_by_duckdb(data, error) from error
                place = re.search(r"at byte position (\d+)", str(error))
                end = int(place[1]) if place else 0
                # Always shorter than before, so this ends.
                os.truncate(directory.log, end if end < directory.log.stat().st_size else 0)
    except OSError as error:
        raise refused_by_system(data, error) from error
    finally:
        directory.close()
    if aside is None:
        return "the database opens, nothing was repaired"
    return f"the log was cut from {size} to {directory.log.stat().st_size} bytes, {aside} keeps it as it was; the next start names what is lost"
