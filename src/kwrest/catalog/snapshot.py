"""The catalog at one moment: immutable, so a statement that holds one sees one world from bind to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from kwrest.errors import UndefinedDatabase
from kwrest.model import Database, Table
from kwrest.sql.lexer import fold
from kwrest.system import SYSTEM, SYSTEM_TABLES


@dataclass(frozen=True)
class Snapshot:
    """All databases and tables, by id. version: higher for every later snapshot; counters: next free numbers by name."""

    version: int = 0
    database_ids: Mapping[int, Database] = field(default_factory=dict)
    table_ids: Mapping[int, Table] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def _names(self) -> Mapping[str, Database]:
        return {d.name: d for d in self.database_ids.values()}

    @cached_property
    def _contents(self) -> Mapping[int, Mapping[str, Table]]:
        found: dict[int, dict[str, Table]] = {d: {} for d in self.database_ids}
        found[SYSTEM.id] = {t.name: t for t in SYSTEM_TABLES}
        for table in self.table_ids.values():
            found[table.database][table.name] = table
        return MappingProxyType(found)

    @cached_property
    def _referring(self) -> Mapping[int, Sequence[Table]]:
        """Id of a table → the tables with a foreign key to it."""
        found: dict[int, list[Table]] = {}
        for _, table in sorted(self.table_ids.items()):
            for referenced in dict.fromkeys(key.table for key in table.foreign_keys):
                found.setdefault(referenced, []).append(table)
        return found

    def database(self, name: str) -> Database | None:
        """The database of exactly that name, `kwrest_system` included."""
        return SYSTEM if name == SYSTEM.name else self._names.get(name)

    def databases(self) -> Sequence[Database]:
        """What SHOW DATABASES lists, by name: without `kwrest_system`."""
        return sorted(self.database_ids.values(), key=lambda d: d.name)

    def find_database(self, written: str) -> Database:
        """The database a client wrote in `db=`: exactly, then folded (contract S4). Raises UndefinedDatabase."""
        found = self._names.get(written) or self._names.get(fold(written))
        if found is None:
            raise UndefinedDatabase(name=written)
        return found

    def table(self, database: Database, name: str) -> Table | None:
        """The table of exactly that name."""
        return self._contents.get(database.id, {}).get(name)

    def tables(self, database: Database) -> Sequence[Table]:
        """All tables of a database, by name."""
        return sorted(self._contents.get(database.id, {}).values(), key=lambda t: t.name)

    @cached_property
    def _dependants(self) -> Mapping[int, Sequence[Table]]:
        found: dict[int, list[Table]] = {}
        for table in self.table_ids.values():
            for used in table.view.uses if table.view is not None else ():
                found.setdefault(used, []).append(table)
        return found

    def dependants(self, table: Table) -> Sequence[Table]:
        """The views whose query names the table or view, by id."""
        return self._dependants.get(table.id, ())

    def referring(self, table: Table) -> Sequence[Table]:
        """The tables with a foreign key to the table, itself among them, by id."""
        return self._referring.get(table.id, ())

    def find_table(self, database: Database, written: str) -> Table | None:
        """The table a line's measurement means: exactly, then folded (contract S4)."""
        return self.table(database, written) or self.table(database, fold(written))

    def with_database(self, database: Database, counters: Mapping[str, int]) -> Snapshot:
        return Snapshot(
            self.version + 1,
            {**self.database_ids, database.id: database},
            self.table_ids,
            {**self.counters, **counters},
        )

    def with_table(self, table: Table, counters: Mapping[str, int]) -> Snapshot:
        """With the table added, or in place of the one with its id."""
        return Snapshot(
            self.version + 1, self.database_ids, {**self.table_ids, table.id: table}, {**self.counters, **counters}
        )

    def with_tables(self, tables: Sequence[Table]) -> Snapshot:
        """With each table in place of the one with its id; still one change."""
        return replace(self, table_ids={**self.table_ids, **{t.id: t for t in tables}}) if tables else self

    def without(self, databases: Iterable[Database], tables: Iterable[Table], counters: Iterable[str]) -> Snapshot:
        gone, left, ended = {d.id for d in databases}, {t.id for t in tables}, set(counters)
        return Snapshot(
            self.version + 1,
            {i: d for i, d in self.database_ids.items() if i not in gone},
            {i: t for i, t in self.table_ids.items() if i not in left},
            {n: v for n, v in self.counters.items() if n not in ended},
        )
