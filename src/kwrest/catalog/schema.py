"""Databases, tables, columns: what a definition does to them, one durable change at a time.

Readers take `Catalog.now`, an immutable snapshot; a change is stored first and seen afterwards. Changes run one at a
time under the catalog's lock, and what the binder saw is checked again under it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Protocol

from kwrest.catalog import keys, rows
from kwrest.catalog.alterations import altered
from kwrest.catalog.snapshot import Snapshot
from kwrest.catalog.turns import Turns
from kwrest.engines.base import (
    Change,
    ClearRows,
    CreateSchema,
    CreateStorage,
    DropSchema,
    DropStorage,
    Engine,
    Remove,
    Step,
    VerifyRows,
)
from kwrest.errors import (
    DatabaseDepended,
    DatabaseExists,
    Depended,
    EngineRestarting,
    KwrestError,
    NewDatabaseExists,
    NoTargetDatabase,
    RelationExists,
    RenameSpecialDatabase,
    SchemaChanged,
    SpecialDatabase,
    UndefinedDatabase,
    UndefinedTable,
)
from kwrest.model import Column, Database, Request, Table
from kwrest.sql.bound_writes import InsertRows
from kwrest.sql.definitions import (
    AlterDatabase,
    AlterTable,
    CreateDatabase,
    CreateIndex,
    CreateTable,
    DropDatabase,
    DropIndexes,
    DropTables,
    SetComment,
    TruncateTables,
)
from kwrest.system import BUILT_IN, COLUMNS, COUNTERS, DATABASES, FIRST_FREE_ID, SCHEMA, TABLES, own_request

CatalogDefinition = (
    CreateDatabase | AlterDatabase | DropDatabase | CreateTable | AlterTable | DropTables | CreateIndex | DropIndexes
    | TruncateTables | SetComment
)  # fmt: skip

_OBJECTS = "objects"  # the counter of the ids of databases and tables, which share one sequence


class Companion(Protocol):
    """What must be stored together with a change of the catalog, said by those who keep it: the grants."""

    def created(self, table: Table) -> Sequence[Step]:
        """Steps for a new table, which has its final id."""
        ...

    def dropped(self, databases: Sequence[Database], tables: Sequence[Table]) -> Sequence[Step]:
        """Steps for objects that go."""
        ...


class Catalog:
    """The databases and tables of one engine. Reads what is stored, or makes the built-in databases on the first start."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Turns()
        self._doubtful = False
        self.now = _load(engine)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing of the catalog changes meanwhile: what is bound and handed to the engine in here is not overtaken."""
        with self._lock:
            yield

    @property
    def version(self) -> int:
        return self.now.version

    def database(self, name: str) -> Database | None:
        return self.now.database(name)

    def find_database(self, written: str) -> Database:
        """The database of `db=`; raises UndefinedDatabase."""
        return self.now.find_database(written)

    def databases(self) -> Sequence[Database]:
        return self.now.databases()

    def table(self, database: Database, name: str) -> Table | None:
        return self.now.table(database, name)

    def find_table(self, database: Database, written: str) -> Table | None:
        return self.now.find_table(database, written)

    def tables(self, database: Database) -> Sequence[Table]:
        return self.now.tables(database)

    def dependants(self, table: Table) -> Sequence[Table]:
        return self.now.dependants(table)

    def referring(self, table: Table) -> Sequence[Table]:
        return self.now.referring(table)

    def database_by_id(self, number: int) -> Database | None:
        return self.now.database_ids.get(number)

    def next_column(self, table: Table) -> int:
        """The id of the next column of a table. Raises SchemaChanged when it has gone meanwhile."""
        number = self.now.counters.get(_column_counter(table))
        if number is None:
            raise SchemaChanged(name=table.name)
        return number

    def table_by_id(self, number: int) -> Table | None:
        return self.now.table_ids.get(number)

    def apply(self, definition: CatalogDefinition, request: Request, companion: Companion) -> None:
        """Carry out a definition; durable and seen by everyone when this returns.

        Raises DatabaseExists, NewDatabaseExists, RelationExists, UndefinedDatabase, UndefinedTable, NoTargetDatabase, SpecialDatabase;
        SchemaChanged when the table, or what the database holds, is not what was bound: bind again.
        """
        with self._lock:
            self._reread()
            match definition:
                case CreateDatabase():
                    steps, after = self._create_database(definition)
                case DropDatabase():
                    steps, after = self._drop_database(definition, companion)
                case CreateTable():
                    steps, after = self._create_table(definition, companion)
                case DropTables():
                    steps, after = self._drop_tables(definition, companion)
                case AlterTable():
                    steps, after = self._alter_table(definition)
                case AlterDatabase():
                    steps, after = self._alter_database(definition)
                case CreateIndex():
                    steps, after = self._create_index(definition)
                case DropIndexes():
                    steps, after = self._drop_indexes(definition)
                case TruncateTables():
                    steps, after = self._truncate(definition)
                case SetComment():
                    steps, after = self._set_comment(definition)
            try:
                self._engine.change(Change(tuple(steps)), request)
            except EngineRestarting:
                self._doubtful = True
                with suppress(KwrestError):  # then the next change asks again, before it decides anything
                    self._reread()
                raise
            self.now = after

    def _reread(self) -> None:
        """When a change was lost in the middle of its commit, only the file knows whether it happened."""
        if self._doubtful:
            self.now = replace(_load(self._engine), version=self.now.version + 1)
            self._doubtful = False

    # -------------------------------------------------------------- one method a definition: steps and what is then

    def _create_database(self, wanted: CreateDatabase) -> tuple[list[Step], Snapshot]:
        if self.now.database(wanted.name) is not None:
            raise DatabaseExists(name=wanted.name)
        number, counters = self._next(_OBJECTS)
        database = Database(
            number, wanted.name, wanted.kind, retention=wanted.retention,
            partition_interval=wanted.partition_interval, comment=wanted.comment,
        )  # fmt: skip
        steps: list[Step] = [CreateSchema(number), rows.put_database(database), rows.put_counters(counters.items())]
        return steps, self.now.with_database(database, counters)

    def _drop_database(self, wanted: DropDatabase, companion: Companion) -> tuple[list[Step], Snapshot]:
        database = self._database(wanted.database)
        if database.id in [d.id for d in BUILT_IN]:
            raise SpecialDatabase(name=database.name)
        tables = self.now.tables(database)
        # Views of other databases go with the tables they read.
        tables = [
            *tables,
            *(v for t in wanted.tables if t.view and (v := self.table_by_id(t.id)) and v.database != database.id),
        ]
        if {t.id for t in tables} - {t.id for t in wanted.tables}:
            raise SchemaChanged(name=database.name)  # a table nobody checked the right to drop
        self._refuse_dependants("drop", tables)
        others = keys.without_references(self.now, tables, wanted.referring)
        steps: list[Step] = [
            *_removal(tables),
            Remove(DATABASES, "id", [database.id]),
            DropSchema(database.id),
            *companion.dropped([database], tables),
            *keys.put_constraints(others),
        ]
        return steps, self.now.without([database], tables, map(_column_counter, tables)).with_tables(others)

    def _create_table(self, wanted: CreateTable, companion: Companion) -> tuple[list[Step], Snapshot]:
        self._check_place(wanted.table)
        for read in wanted.read:
            self._table(read)
        number, counters = self._next(_OBJECTS)
        table = keys.with_own_id(wanted.table, number)
        counters[_column_counter(table)] = max(c.id for c in table.columns) + 1
        parents = list(keys.touched([t for t in wanted.read if any(k.table == t.id for k in table.foreign_keys)]))
        steps: list[Step] = [
            *([CreateStorage(table)] if table.view is None else []),
            *rows.put_table(table),
            rows.put_counters(counters.items()),
            *companion.created(table),
            *keys.put_constraints(parents),
        ]
        if wanted.rows is not None:
            visible = tuple(c for c in table.columns if not c.hidden)
            steps.append(InsertRows(table, visible, wanted.rows, ()))
        return steps, self.now.with_table(table, counters).with_tables(parents)

    def _drop_tables(self, wanted: DropTables, companion: Companion) -> tuple[list[Step], Snapshot]:
        tables = [self._table(t, exactly=False) for t in {t.id: t for t in wanted.tables}.values()]
        self._refuse_dependants("drop", tables)
        others = keys.without_references(self.now, tables, wanted.referring)
        steps: list[Step] = [*_removal(tables), *companion.dropped([], tables), *keys.put_constraints(others)]
        return steps, self.now.without([], tables, map(_column_counter, tables)).with_tables(others)

    def _create_index(self, wanted: CreateIndex) -> tuple[list[Step], Snapshot]:
        before = self._table(wanted.table)
        after = keys.with_index(before, wanted.index)
        verify = [VerifyRows(before, (wanted.index,))] if wanted.index.unique else []
        return [*verify, *keys.put_constraints([after])], self.now.with_table(after, {})

    def _drop_indexes(self, wanted: DropIndexes) -> tuple[list[Step], Snapshot]:
        changed: dict[int, Table] = {}
        for bound, name in wanted.indexes:
            table = changed.get(bound.id) or self._table(bound)
            changed[bound.id] = keys.without_index(table, name)
        after = list(changed.values())
        return keys.put_constraints(after), self.now.with_tables(after)

    def _truncate(self, wanted: TruncateTables) -> tuple[list[Step], Snapshot]:
        tables = [self._table(table) for table in wanted.tables]
        return [ClearRows(table) for table in tables], self.now

    def _alter_table(self, wanted: AlterTable) -> tuple[list[Step], Snapshot]:
        before = self._table(wanted.table)
        for action, column in wanted.touched:
            self._refuse_dependants(action, [before], column)
        after, steps = altered(before, wanted)
        if (after.database, after.name) != (before.database, before.name):
            self._refuse_dependants("rename", [before])
            self._check_place(after)
        parents = list(keys.touched([self._table(parent) for parent in wanted.parents]))
        counters = {_column_counter(before): wanted.next_column}
        steps += [*_replacement(after), rows.put_counters(counters.items()), *keys.put_constraints(parents)]
        return steps, self.now.with_table(after, counters).with_tables(parents)

    def _check_place(self, table: Table) -> None:
        """Whether a table may be called so in its database. Raises NoTargetDatabase, RelationExists."""
        database = self.database_by_id(table.database)
        if database is None:  # dropped meanwhile, or the server's own
            raise NoTargetDatabase(name=table.name)
        if self.now.table(database, table.name) is not None:
            raise RelationExists(name=table.name)

    def _alter_database(self, wanted: AlterDatabase) -> tuple[list[Step], Snapshot]:
        before = self._database(wanted.database)
        if before != wanted.database:
            raise SchemaChanged(name=before.name)
        if wanted.after.name != before.name:
            if before.id in [d.id for d in BUILT_IN]:
                raise RenameSpecialDatabase(name=before.name)
            if self.now.database(wanted.after.name) is not None:
                raise NewDatabaseExists(name=wanted.after.name)
            for table in self.now.tables(before):
                for view in self.now.dependants(table):
                    raise DatabaseDepended(view=self._beside(table, view), table=table.name)
        return [rows.put_database(wanted.after)], self.now.with_database(wanted.after, {})

    def _set_comment(self, wanted: SetComment) -> tuple[list[Step], Snapshot]:
        if isinstance(wanted.on, Database):
            database = replace(self._database(wanted.on), comment=wanted.comment)
            return [rows.put_database(database)], self.now.with_database(database, {})
        table = self._table(wanted.on)
        if wanted.column is None:
            table = replace(table, comment=wanted.comment)
        else:
            number = wanted.column.id
            columns = (replace(c, comment=wanted.comment) if c.id == number else c for c in table.columns)
            table = replace(table, columns=tuple(columns))
        return _replacement(table), self.now.with_table(table, {})

    # -------------------------------------------------------------- what was bound, as it is now

    def _database(self, bound: Database) -> Database:
        """The database as it is now. The server's own is not there: nothing is made in it, nothing dropped."""
        now = self.database_by_id(bound.id)
        if now is None:
            raise UndefinedDatabase(name=bound.name)
        return now

    def _table(self, bound: Table, *, exactly: bool = True) -> Table:
        """The table as it is now. exactly: what was decided depends on its columns."""
        now = self.table_by_id(bound.id)
        if now is None:
            raise UndefinedTable(name=bound.name)
        if exactly and now.version != bound.version:
            raise SchemaChanged(name=bound.name)
        return now

    def _refuse_dependants(self, action: str, tables: Sequence[Table], column: Column | None = None) -> None:
        """Raises Depended (2BP01) when a view that is not among the tables reads one of them, or its column.

        Asked here and not by the binder: only who may change the table hears of the view. action: `drop`, `rename`.
        """
        going = {t.id for t in tables}
        for table in tables:
            for view in self.now.dependants(table):
                assert view.view is not None
                if view.id not in going and (column is None or column.id in view.view.uses[table.id].named):
                    kind, name = ("relation", table.name) if column is None else ("column", column.name)
                    raise Depended(action=action, kind=kind, name=name, view=self._beside(table, view))

    def _beside(self, table: Table, view: Table) -> str:
        """A view's name as a message about the table shows it: with its database when that is another one."""
        if view.database == table.database:
            return view.name
        return f"{self.now.database_ids[view.database].name}.{SCHEMA}.{view.name}"

    def _next(self, counter: str) -> tuple[int, dict[str, int]]:
        """The next number and the counter as it is afterwards; used up only when the change is stored."""
        number = self.now.counters[counter]
        return number, {counter: number + 1}


def _column_counter(table: Table) -> str:
    """A table's column ids are never used again, so the next one is kept, not computed."""
    return f"columns/{table.id}"


def _removal(tables: Sequence[Table]) -> list[Step]:
    if not tables:
        return []
    ids = [t.id for t in tables]
    return [
        *(DropStorage(t) for t in tables if t.view is None),
        Remove(TABLES, "id", ids),
        Remove(COLUMNS, "table_id", ids),
        Remove(COUNTERS, "name", [_column_counter(t) for t in tables]),
    ]


def _replacement(table: Table) -> list[Step]:
    """The rows of a changed table: all columns anew, for their positions move."""
    return [Remove(COLUMNS, "table_id", [table.id]), *rows.put_table(table)]


def _load(engine: Engine) -> Snapshot:
    databases = {d.id: d for d in rows.databases(engine.read_system(DATABASES))}
    if not databases:
        return _first_start(engine)
    tables = {t.id: t for t in rows.tables(engine.read_system(TABLES), engine.read_system(COLUMNS))}
    return Snapshot(1, databases, tables, rows.counters(engine.read_system(COUNTERS)))


def _first_start(engine: Engine) -> Snapshot:
    counters = {_OBJECTS: FIRST_FREE_ID + len(BUILT_IN)}
    steps: list[Step] = [rows.put_counters(counters.items())]
    for database in BUILT_IN:
        steps += [CreateSchema(database.id), rows.put_database(database)]
    engine.change(Change(tuple(steps)), own_request("first-start"))
    return Snapshot(1, {d.id: d for d in BUILT_IN}, {}, counters)
