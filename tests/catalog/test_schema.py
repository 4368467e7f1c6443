"""The catalog on a real engine: what definitions do, what is refused, what a restart finds."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kwrest.catalog.schema import Catalog
from kwrest.engines import open_engine
from kwrest.engines.base import Change, Engine, Put, Remove, Step
from kwrest.errors import (
    DatabaseExists,
    KwrestError,
    NewDatabaseExists,
    NoTargetDatabase,
    ReferencedTable,
    RelationExists,
    RenameSpecialDatabase,
    SchemaChanged,
    SpecialDatabase,
    UndefinedColumn,
    UndefinedDatabase,
    UndefinedTable,
)
from kwrest.model import Action, Column, Database, DatabaseKind, ForeignKey, Index, Table, TableKind
from kwrest.sql.bound_writes import DeleteRows
from kwrest.sql.definitions import (
    AlterDatabase,
    AlterTable,
    CreateDatabase,
    CreateTable,
    DropDatabase,
    DropTables,
)
from kwrest.system import GRANTS, SYSTEM_TABLES, own_request
from kwrest.types.kinds import FLOAT8, INT4, INT8, STRING, TIMESTAMPTZ, array_of, varchar
from tests.altering import altering

REQUEST = own_request("test", seconds=3600)


class Alone:
    """A companion that has nothing to add."""

    def created(self, table: Table) -> Sequence[Step]:
        return []

    def dropped(self, databases: Sequence[Database], tables: Sequence[Table]) -> Sequence[Step]:
        return []


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with closing(open_engine("duckdb:", tmp_path)) as engine:
        yield engine


@pytest.fixture
def catalog(engine: Engine) -> Catalog:
    return Catalog(engine)


def relation(name: str, database: Database, key: ForeignKey | None = None) -> CreateTable:
    made = Table(
        0, database.id, name, TableKind.RELATIONAL, (Column(1, "a", INT4, nullable=False),),
        indexes=(Index("primary", (1,), unique=True, primary=True),), foreign_keys=(key,) if key else (),
    )  # fmt: skip
    return CreateTable(made, ())


def database(catalog: Catalog, name: str) -> Database:
    found = catalog.database(name)
    assert found is not None
    return found


def table(catalog: Catalog, name: str, inside: str = "iot") -> Table:
    found = catalog.table(database(catalog, inside), name)
    assert found is not None
    return found


def create_database(catalog: Catalog, name: str = "iot") -> Database:
    wanted = CreateDatabase(name, DatabaseKind.TIME_SERIES, 864000, 86400, ())
    catalog.apply(wanted, REQUEST, Alone())
    return database(catalog, name)


SERIES = Table(
    0,
    0,
    "t",
    TableKind.TIME_SERIES,
    (
        Column(1, "ts", replace(TIMESTAMPTZ, precision=9), nullable=False),
        Column(2, "a", FLOAT8, default="1.5"),
        Column(3, "id", varchar(20), nullable=False, tag=True, primary=True),
        Column(4, "place", varchar(8), tag=True),
    ),
    retention=3600,
    active_time=60,
    partition_interval=86400,
    options={"retentions": "1h"},
)
RELATION = Table(
    0,
    0,
    "r",
    TableKind.RELATIONAL,
    (
        Column(1, "k", INT4, nullable=False, primary=True),
        Column(2, "v", STRING),
        Column(3, "list", array_of(INT4)),
        Column(4, "rowid", INT4, hidden=True),
    ),
)


def create_table(catalog: Catalog, inside: Database, made: Table = SERIES, name: str = "t") -> Table:
    wanted = replace(made, database=inside.id, name=name)
    catalog.apply(CreateTable(wanted, ()), REQUEST, Alone())
    return table(catalog, name, inside.name)


def test_the_first_start_makes_the_built_in_databases(catalog: Catalog) -> None:
    assert [(d.name, d.kind, d.mixed) for d in catalog.databases()] == [
        ("defaultdb", DatabaseKind.RELATIONAL, True),
        ("postgres", DatabaseKind.RELATIONAL, False),
        ("system", DatabaseKind.RELATIONAL, False),
    ]


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with closing(open_engine("duckdb:", tmp_path)) as engine:
        before = Catalog(engine)
        iot = create_database(before)
        create_table(before, iot)
        create_table(before, database(before, "defaultdb"), RELATION, "r")
        before.apply(altering(before, "ALTER TABLE t ADD b INT"), REQUEST, Alone())
    with closing(open_engine("duckdb:", tmp_path)) as engine:
        after = Catalog(engine)
        assert after.databases() == before.databases()
        assert after.tables(iot) == before.tables(iot)
        assert after.now.table_ids == before.now.table_ids
        assert after.now.counters == before.now.counters


@pytest.mark.parametrize(
    "written, found",
    [("defaultdb", "defaultdb"), ("DEFAULTDB", "defaultdb"), ("Iot", "Iot"), ("iot", "iot"), ("IOT", "iot")],
)
def test_a_written_database_is_matched_exactly_then_folded(catalog: Catalog, written: str, found: str) -> None:
    create_database(catalog, "iot")
    create_database(catalog, "Iot")
    assert catalog.find_database(written).name == found


@pytest.mark.parametrize("written", ["", "nosuch", "kwrest_system", "KWREST_SYSTEM", "kwrest"])
def test_no_request_runs_in_a_database_that_is_not_listed(catalog: Catalog, written: str) -> None:
    with pytest.raises(UndefinedDatabase, match=f'^database "{written}" does not exist$'):
        catalog.find_database(written)


def test_sql_finds_the_servers_own_tables_under_one_name(catalog: Catalog) -> None:
    own = database(catalog, "kwrest_system")
    assert list(catalog.tables(own)) == sorted(SYSTEM_TABLES, key=lambda t: t.name)
    assert catalog.table(own, "users") in SYSTEM_TABLES
    assert own not in catalog.databases()


def test_ids_are_never_used_again(catalog: Catalog) -> None:
    iot = create_database(catalog)
    first = create_table(catalog, iot)
    catalog.apply(DropTables((first,), ()), REQUEST, Alone())
    second = create_table(catalog, iot)
    catalog.apply(DropDatabase(iot, (second,), ()), REQUEST, Alone())
    again = create_database(catalog)
    assert [iot.id, first.id, second.id, again.id] == [103, 104, 105, 106]


def alter(catalog: Catalog, change: str, inside: str = "iot") -> None:
    catalog.apply(altering(catalog, f"ALTER TABLE {change}", inside), REQUEST, Alone())


def test_column_ids_are_never_used_again(catalog: Catalog) -> None:
    create_table(catalog, create_database(catalog))
    for name in ("b", "c"):
        alter(catalog, f"t ADD {name} INT")
        alter(catalog, f"t DROP {name}")
    alter(catalog, "t ADD d INT")
    assert [(c.id, c.name) for c in table(catalog, "t").columns] == [
        (1, "ts"), (2, "a"), (7, "d"), (3, "id"), (4, "place"),
    ]  # fmt: skip
    assert table(catalog, "t").version == 6


def test_a_tag_is_added_behind_the_tags(catalog: Catalog) -> None:
    create_table(catalog, create_database(catalog))
    alter(catalog, "t ADD TAG e INT")
    alter(catalog, "t ADD f INT")
    assert [c.name for c in table(catalog, "t").columns] == ["ts", "a", "f", "id", "place", "e"]


def test_a_column_whose_values_change_gets_another_id_in_its_place(catalog: Catalog) -> None:
    create_table(catalog, create_database(catalog))
    alter(catalog, "t ADD b INT")
    alter(catalog, "t ALTER a TYPE VARCHAR(30)")
    changed = table(catalog, "t")
    assert [(c.id, c.name, str(c.type)) for c in changed.columns[:3]] == [
        (1, "ts", "TIMESTAMPTZ(9)"), (6, "a", "VARCHAR(30)"), (5, "b", "INT4"),
    ]  # fmt: skip
    alter(catalog, "t RENAME COLUMN a TO c")
    assert (table(catalog, "t").columns[1].id, table(catalog, "t").columns[1].default) == (6, "'1.5'")
    assert (changed.version, table(catalog, "t").version) == (4, 5)


def test_actions_see_what_the_ones_before_them_left(catalog: Catalog) -> None:
    create_table(catalog, database(catalog, "defaultdb"), RELATION, "r")
    before = table(catalog, "r", "defaultdb")
    with pytest.raises(UndefinedColumn, match=r'^column "v" does not exist$'):
        alter(catalog, "r DROP COLUMN v, RENAME COLUMN v TO w", "defaultdb")
    assert table(catalog, "r", "defaultdb") == before
    alter(
        catalog,
        "r DROP v, ALTER k TYPE INT8, RENAME COLUMN k TO key, ADD v INT UNIQUE, ADD CHECK (key > v)",
        "defaultdb",
    )
    after = table(catalog, "r", "defaultdb")
    assert [(c.id, c.name) for c in after.columns] == [(5, "key"), (3, "list"), (4, "rowid"), (6, "v")]
    assert (after.version, after.columns[0].type) == (5, INT8)
    assert [index.columns for index in after.indexes if not index.primary] == [(6,)]
    assert [(check.condition, check.columns) for check in after.checks] == [("key > v", (5, 6))]


def test_names_of_tables_and_databases_change(catalog: Catalog, engine: Engine) -> None:
    iot = create_database(catalog)
    made = create_table(catalog, iot)
    alter(catalog, "t RENAME TO defaultdb.moved")
    moved = table(catalog, "moved", "defaultdb")
    assert (moved.id, catalog.tables(iot)) == (made.id, [])
    catalog.apply(AlterDatabase(iot, replace(iot, name="plant", retention=60), ()), REQUEST, Alone())
    assert database(catalog, "plant").retention == 60 and catalog.database("iot") is None
    assert Catalog(engine).databases() == catalog.databases()


def test_a_dropped_database_takes_its_tables_along(catalog: Catalog, engine: Engine) -> None:
    iot = create_database(catalog)
    made = create_table(catalog, iot)
    catalog.apply(DropDatabase(iot, (made,), ()), REQUEST, Alone())
    assert catalog.database("iot") is None and catalog.table_by_id(made.id) is None and not catalog.tables(iot)
    for stored in SYSTEM_TABLES:
        rows = engine.read_system(stored)
        if "table_id" in rows or stored.name == "tables":
            assert not rows["name"]
        if stored.name == "counters":
            assert rows["name"] == ["objects"]


def test_what_the_binder_saw_is_checked_again(catalog: Catalog) -> None:
    iot = create_database(catalog)
    made = create_table(catalog, iot)
    gone = create_table(catalog, iot, name="gone")
    catalog.apply(DropTables((gone,), ()), REQUEST, Alone())
    unknown = replace(iot, id=9999, name="unknown")
    own, other = database(catalog, "kwrest_system"), database(catalog, "postgres")
    create_database(catalog, "shop")
    create_table(catalog, iot, name="u")
    added, renamed = (altering(catalog, f"ALTER TABLE t {change}") for change in ("ADD x INT", "RENAME TO v"))
    version = catalog.version
    rows: list[tuple[CreateDatabase | DropDatabase | CreateTable | DropTables | AlterTable | AlterDatabase, type[KwrestError], str]] = [
        (CreateDatabase("iot", iot.kind, 0, 0, ()), DatabaseExists, 'database "iot" already exists'),
        (CreateDatabase("defaultdb", iot.kind, 0, 0, ()), DatabaseExists, 'database "defaultdb" already exists'),
        (CreateDatabase("kwrest_system", iot.kind, 0, 0, ()), DatabaseExists, 'database "kwrest_system" already exists'),
        (DropDatabase(unknown, (), ()), UndefinedDatabase, 'database "unknown" does not exist'),
        (DropDatabase(own, (), ()), UndefinedDatabase, 'database "kwrest_system" does not exist'),
        (DropDatabase(catalog.find_database("defaultdb"), (), ()), SpecialDatabase, "cannot drop special database defaultdb"),
        (DropDatabase(catalog.find_database("system"), (), ()), SpecialDatabase, "cannot drop special database system"),
        (DropDatabase(iot, (), ()), SchemaChanged, 'table "iot" was changed meanwhile, please try again'),
        (CreateTable(replace(made, id=0), ()), RelationExists, 'relation "t" already exists'),
        (CreateTable(replace(made, id=0, database=9999), ()), NoTargetDatabase,
         'cannot create "t" because the target database or schema does not exist'),
        (CreateTable(replace(made, id=0, database=own.id), ()), NoTargetDatabase,
         'cannot create "t" because the target database or schema does not exist'),
        (DropTables((made, gone), ()), UndefinedTable, 'relation "gone" does not exist'),
        (DropTables((SYSTEM_TABLES[0],), ()), UndefinedTable, 'relation "counters" does not exist'),
        (AlterDatabase(replace(iot, id=999), iot, ()), UndefinedDatabase, 'database "iot" does not exist'),
        (AlterDatabase(replace(iot, retention=1), iot, ()), SchemaChanged, 'table "iot" was changed meanwhile, please try again'),
        (AlterDatabase(iot, replace(iot, name="shop"), ()), NewDatabaseExists, 'the new database name "shop" already exists'),
        (AlterDatabase(other, replace(other, name="x"), ()), RenameSpecialDatabase, "cannot rename special database postgres"),
        (replace(renamed, after=replace(renamed.after, name="u")), RelationExists, 'relation "u" already exists'),
        (replace(renamed, after=replace(renamed.after, database=9999)), NoTargetDatabase,
         'cannot create "v" because the target database or schema does not exist'),
        (replace(added, table=gone), UndefinedTable, 'relation "gone" does not exist'),
        (replace(added, table=replace(made, version=7)), SchemaChanged, 'table "t" was changed meanwhile, please try again'),
    ]  # fmt: skip
    for definition, error, text in rows:
        with pytest.raises(error) as refused:
            catalog.apply(definition, REQUEST, Alone())
        assert refused.value.message == text
    assert catalog.version == version
    assert table(catalog, "t") is made


def test_of_two_who_create_the_same_table_one_is_refused(catalog: Catalog) -> None:
    iot = create_database(catalog)
    start = threading.Barrier(4)

    def create() -> bool:
        start.wait()
        try:
            create_table(catalog, iot)
        except RelationExists:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        results = [f.result() for f in [pool.submit(create) for _ in range(4)]]
    assert sorted(results) == [False, False, False, True]
    assert [t.name for t in catalog.tables(iot)] == ["t"]


def test_a_companions_steps_are_stored_with_the_change_or_not_at_all(catalog: Catalog, engine: Engine) -> None:
    class Grants(Alone):
        def created(self, table: Table) -> Sequence[Step]:
            return [
                Put(
                    GRANTS,
                    {"object_kind": ["table"], "object_id": [table.id], "grantee": ["a"], "privilege": ["ALL"]},
                )
            ]

        def dropped(self, databases: Sequence[Database], tables: Sequence[Table]) -> Sequence[Step]:
            return [Remove(GRANTS, "no such column", [1])]

    iot = create_database(catalog)
    catalog.apply(CreateTable(replace(SERIES, database=iot.id), ()), REQUEST, Grants())
    made = table(catalog, "t")
    assert engine.read_system(GRANTS)["object_id"] == [made.id]
    version = catalog.version
    with pytest.raises(KwrestError):
        catalog.apply(DropTables((made,), ()), REQUEST, Grants())
    assert catalog.version == version and table(catalog, "t") is made
    assert len(engine.read_system(SYSTEM_TABLES[2])["id"]) == 1


def test_a_snapshot_does_not_change_under_its_reader(catalog: Catalog) -> None:
    now = catalog.now
    create_database(catalog)
    assert now.database("iot") is None and catalog.database("iot") is not None
    assert catalog.version == now.version + 1


# ---------------------------------------------------------------- foreign keys


def test_what_a_foreign_key_refers_to_is_another_table_from_then_on(engine: Engine, catalog: Catalog) -> None:
    """A DELETE that was bound without the key must be bound again, and the file says so after a restart too."""
    default = database(catalog, "defaultdb")
    catalog.apply(relation("p", default), REQUEST, Alone())
    before = table(catalog, "p", "defaultdb")
    wanted = replace(relation("c", default, ForeignKey("k", (1,), before.id, (1,))), read=(before,))
    catalog.apply(wanted, REQUEST, Alone())
    parent, child = table(catalog, "p", "defaultdb"), table(catalog, "c", "defaultdb")
    assert parent.version == before.version + 1 and catalog.referring(parent) == [child]
    with pytest.raises(SchemaChanged):
        engine.change(Change((DeleteRows(before, None, ()),)), REQUEST)
    again = Catalog(engine)
    assert again.referring(parent) == [child] and table(again, "p", "defaultdb") == parent
    with pytest.raises(ReferencedTable, match='"p" is referenced by foreign key from table "c"'):
        catalog.apply(DropTables((parent,), ()), REQUEST, Alone())
    with pytest.raises(SchemaChanged):  # with CASCADE, but nobody was asked about c
        catalog.apply(DropTables((parent,), (), ()), REQUEST, Alone())
    catalog.apply(DropTables((parent,), (), (child,)), REQUEST, Alone())
    assert table(catalog, "c", "defaultdb").foreign_keys == ()


def test_a_key_to_the_table_itself_has_its_id(catalog: Catalog) -> None:
    default = database(catalog, "defaultdb")
    catalog.apply(relation("t", default, ForeignKey("k", (1,), 0, (1,), Action.CASCADE)), REQUEST, Alone())
    made = table(catalog, "t", "defaultdb")
    assert made.foreign_keys == (ForeignKey("k", (1,), made.id, (1,), Action.CASCADE),)
    catalog.apply(DropTables((made,), ()), REQUEST, Alone())
    assert catalog.table(default, "t") is None
