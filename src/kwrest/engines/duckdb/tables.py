"""What the writer knows of the tables in the file: versions, physical columns, devices. Read from the file, kept by changes."""

from __future__ import annotations

from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.series import Series
from kwrest.engines.duckdb.storage import Connection
from kwrest.errors import SchemaChanged
from kwrest.model import Table, TableKind


class Tables:
    """Only the writer thread touches it, between `begin` and `commit` or `rollback`."""

    def __init__(self, con: Connection) -> None:
        self._versions: dict[int, int] = {}
        self._columns: dict[int, tuple[str, ...]] = {}
        self._series: dict[int, Series] = {}
        self._begun: list[Series] = []
        self._changed = False
        self._read(con)

    def _read(self, con: Connection) -> None:
        self._versions = dict(con.execute('SELECT id, version FROM kwrest.kwrest."tables"').fetchall())
        self._read_columns(con)

    def _read_columns(self, con: Connection) -> None:
        self._columns = {}
        stored = con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name LIKE 'd%' AND NOT internal"
            " AND regexp_full_match(table_name, '[pr][0-9]+') ORDER BY table_name, column_index"
        ).fetchall()
        for name, column in stored:
            number = int(name[1:])
            self._columns[number] = (*self._columns.get(number, ()), column)

    def begin(self) -> None:
        self._begun.clear()
        self._changed = False

    def rollback(self, con: Connection) -> None:
        """Make memory say again what the file says. con: outside a transaction."""
        for series in self._begun:
            series.rollback()
        self._begun.clear()
        if self._changed:
            self._series.clear()
            self._read(con)
        self._changed = False

    def check(self, table: Table) -> None:
        """Raises SchemaChanged when the table is not the one in the file any more."""
        if table.kind is TableKind.SYSTEM:
            return
        if table.id not in self._columns or self._versions.get(table.id, 1) != table.version:
            raise SchemaChanged(name=table.name)

    def columns(self, table: Table) -> tuple[str, ...]:
        """Physical columns of the table that holds the rows, in their order."""
        return self._columns[table.id]

    def series(self, con: Connection, table: Table) -> Series:
        """Devices and marks, read at the first use; changes to them end with this transaction."""
        series = self._series.get(table.id)
        if series is None:
            series = self._series[table.id] = Series.load(con, table)
        if series not in self._begun:
            series.begin()
            self._begun.append(series)
        return series

    # ------------------------------------------------------------ changes of shape

    def created(self, con: Connection, table: Table) -> None:
        self._reread(con, table)
        self._versions[table.id] = table.version

    def dropped(self, table: Table) -> None:
        self._changed = True
        self._columns.pop(table.id, None)
        self._versions.pop(table.id, None)
        self._series.pop(table.id, None)

    def schema_dropped(self, con: Connection) -> None:
        """A database went with whatever tables it still had."""
        self._changed = True
        self._read_columns(con)

    def altered(self, con: Connection, table: Table) -> None:
        """table: as it was before; its next version is the current one."""
        self._reread(con, table)
        self._versions[table.id] = table.version + 1

    def versioned(self, versions: dict[int, int]) -> None:
        """The catalog wrote these versions: they are what a batch must be bound to."""
        self._changed = True
        self._versions.update(versions)

    def _reread(self, con: Connection, table: Table) -> None:
        self._changed = True
        schema, name = layout.rows_table(table).split(".")
        found = con.execute(
            "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ? ORDER BY column_index",
            [schema, name],
        ).fetchall()
        self._columns[table.id] = tuple(column for (column,) in found)
