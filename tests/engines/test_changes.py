"""Changes: all steps or none, in order with the writes; rows and devices deleted, updated, copied."""

from __future__ import annotations

import pytest

from kwrest.engines.base import (
    AddStorageColumn,
    Change,
    Changed,
    CreateSchema,
    CreateStorage,
    DropSchema,
    DropStorage,
    DropStorageColumn,
    Put,
    Remove,
    Step,
)
from kwrest.errors import KwrestError, NullViolation, SchemaChanged, SqlError, UniqueViolation
from kwrest.model import Batch, Column, Dedup, Index, ResultColumn, Table
from kwrest.sql.bound import ROW, Call, ColumnRef, Const, Expr, Scan, Select, Value
from kwrest.sql.bound_writes import DeletePoints, DeleteRows, InsertRows, UpdateRows, UpdateTags
from kwrest.system import COUNTERS, SESSIONS, SETTINGS, TABLES
from kwrest.types.kinds import BOOL, FLOAT8, INT8, TIMESTAMPTZ, varchar
from tests.engines.parts import DATABASE, Bench, Row, batch, number, relational_table, select, series_table

T = series_table()
R = relational_table()
R_TEXT = tuple(ResultColumn(column.name, column.type) for column in R.columns)
AT = [1_000_000, 2_000_000, 3_000_000]
ROWS: list[Row] = [
    (AT[0], 1.0, "one", "a", "cellar"),
    (AT[1], 2.0, "two", "a", "cellar"),
    (AT[2], 3.0, "three", "b", None),
]


def versioned(table: Table, version: int, *columns: Column) -> Table:
    return Table(table.id, table.database, table.name, table.kind, columns or table.columns, version)


def compare(op: str, column: Column, value: Value) -> Expr:
    return Call(op, (ColumnRef(1, column.id, column.type), Const(value, column.type)), BOOL)


# ---------------------------------------------------------------- the server's own tables


def test_rows_are_put_by_key_and_removed(bench: Bench) -> None:
    assert bench.change(
        Put(SESSIONS, {"id": ["a", "b", "c"], "created": [1_690_699_480_320_000_000, None, 0]}),
        Put(COUNTERS, {"name": ["table"], "value": [100]}),
        Put(SESSIONS, {"id": ["b"], "user_name": ["root"]}),
        Remove(SESSIONS, "id", ["c", "nobody"]),
    ) == (3, 1, 1, 1)
    bench.reopen()
    stored = bench.engine.read_system(SESSIONS)
    assert sorted(zip(stored["id"], stored["user_name"], stored["created"], strict=True)) == [
        ("a", None, 1_690_699_480_320_000_000), ("b", "root", None),
    ]  # fmt: skip
    assert bench.engine.read_system(COUNTERS) == {"name": ["table"], "value": [100]}


def test_the_last_of_two_rows_with_one_key_is_put(bench: Bench) -> None:
    bench.change(Put(SETTINGS, {"name": ["x", "x"], "value": ["1", "2"]}))
    assert bench.engine.read_system(SETTINGS) == {"name": ["x"], "value": ["2"]}


def test_a_batch_of_a_system_table_replaces_by_key(bench: Bench) -> None:
    bench.write(batch(SETTINGS, [("x", "1"), ("y", "1")]))
    assert bench.write(batch(SETTINGS, [("x", "2")])).rows == 1
    assert bench.rows(select(SETTINGS)) == [("x", "2"), ("y", "1")]


# ---------------------------------------------------------------- storage


def test_a_change_happens_whole_or_not_at_all(bench: Bench) -> None:
    bench.make(T)
    bench.write(batch(T, ROWS))
    with pytest.raises(KwrestError):
        bench.change(
            Put(SETTINGS, {"name": ["x"], "value": ["1"]}),
            AddStorageColumn(T, Column(6, "y", FLOAT8)),
            DeletePoints(versioned(T, 2), {4: "a"}, None, ()),
            CreateStorage(R),
            CreateStorage(R),  # the second one fails
        )
    assert bench.engine.read_system(SETTINGS)["name"] == []
    bench.write(batch(T, ROWS[:1]))  # as before: its version, its devices, its marks
    assert bench.all(T) == ROWS
    bench.change(CreateStorage(R))


def test_columns_come_and_go(bench: Bench) -> None:
    bench.make(T)
    bench.write(batch(T, ROWS[:1]))
    y, kind = Column(6, "y", FLOAT8), Column(7, "kind", varchar(20), tag=True)
    bench.change(AddStorageColumn(T, y), AddStorageColumn(versioned(T, 2), kind))
    third = versioned(T, 3, *T.data_columns, y, *T.tags, kind)
    bench.write(
        batch(third, [(AT[1], 2.0, "two", 0.5, "a", "roof", "ignored"), (AT[2], 3.0, "x", None, "b", "r", "k")])
    )
    assert bench.all(third) == [
        (AT[0], 1.0, "one", None, "a", "cellar", None),
        (AT[1], 2.0, "two", 0.5, "a", "cellar", None),
        (AT[2], 3.0, "x", None, "b", "r", "k"),
    ]
    bench.change(DropStorageColumn(third, T.columns[1]), DropStorageColumn(versioned(third, 4), T.columns[4]))
    fifth = versioned(T, 5, T.columns[0], T.columns[2], y, T.columns[3], kind)
    bench.write(batch(fifth, [(AT[2], "new", 1.5, "b", "other")]))
    bench.engine.close()
    bench.open()
    bench.change(Put(TABLES, {"id": [T.id], "version": [5]}))
    bench.write(batch(fifth, [(AT[0], "last", 1.5, "a", "other")]))
    assert bench.all(fifth) == [
        (AT[0], "last", 1.5, "a", None), (AT[1], "two", 0.5, "a", None), (AT[2], "new", 1.5, "b", "k"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "meanwhile",
    [
        [AddStorageColumn(T, Column(6, "y", FLOAT8))],
        [Put(TABLES, {"id": [T.id], "version": [2]})],
        [DropStorage(T)],
        [DropStorage(T), DropSchema(DATABASE)],
        [DropSchema(DATABASE)],
        [DropStorage(T), CreateStorage(series_table(number=201))],
    ],
)
def test_a_batch_of_an_older_table_is_refused(bench: Bench, meanwhile: list[Step]) -> None:
    bench.make(T)
    bench.write(batch(T, ROWS))
    bench.change(*meanwhile)
    with pytest.raises(SchemaChanged, match='table "t" was changed meanwhile'):
        bench.write(batch(T, ROWS))
    with pytest.raises(SchemaChanged):
        bench.change(DeletePoints(T, None, None, ()))
    bench.reopen()
    if not isinstance(meanwhile[0], AddStorageColumn):  # whose version the catalog did not put down
        with pytest.raises(SchemaChanged):
            bench.write(batch(T, ROWS))


def test_a_query_of_a_dropped_table_is_to_be_bound_again(bench: Bench) -> None:
    bench.make(T, R)
    bench.change(DropStorage(T), DropStorageColumn(R, R.columns[1]))
    for table in (T, R):
        with pytest.raises(SchemaChanged, match=f'table "{table.name}" was changed meanwhile'):
            bench.rows(select(table))


def test_a_database_goes_and_its_number_may_be_made_again(bench: Bench) -> None:
    bench.make(T)
    bench.change(DropStorage(T), DropSchema(DATABASE), CreateSchema(DATABASE), CreateStorage(T))
    bench.write(batch(T, ROWS))
    assert bench.all(T) == ROWS


# ---------------------------------------------------------------- rows of time-series tables


@pytest.mark.parametrize(
    "device, when, removed, rows_left, places_left",
    [
        (None, None, 3, [], ["cellar", None]),
        (None, ("lt", AT[1]), 1, ROWS[1:], ["cellar", None]),
        ({4: "a"}, None, 2, ROWS[2:], [None]),
        ({4: "a"}, ("gt", AT[0]), 1, [ROWS[0], ROWS[2]], ["cellar", None]),
        ({4: "nobody"}, None, 0, ROWS, ["cellar", None]),
        ({4: "nobody"}, ("gt", AT[0]), 0, ROWS, ["cellar", None]),
    ],
)
def test_deleting(
    bench: Bench,
    device: dict[int, Value] | None,
    when: tuple[str, int] | None,
    removed: int,
    rows_left: list[Row],
    places_left: list[str | None],
) -> None:
    bench.make(T)
    bench.write(batch(T, ROWS))
    condition = compare(when[0], T.time_column, when[1]) if when else None
    assert bench.change(DeletePoints(T, device, condition, ())) == (removed,)
    assert bench.all(T) == rows_left
    # What a device's tags are shows when it is written again: those that stayed, or the new ones of one that went.
    bench.write(batch(T, [(9_000_000, None, None, "a", "new"), (9_000_000, None, None, "b", "new")]))
    places = {row[3]: row[4] for row in bench.all(T) if row[0] == 9_000_000}
    assert places == {"a": "cellar" if "cellar" in places_left else "new", "b": None}
    bench.write(batch(T, ROWS))
    assert sorted(row[:4] for row in bench.all(T) if row[0] in AT) == [row[:4] for row in ROWS]


def test_deleting_by_some_of_the_primary_tags(bench: Bench) -> None:
    columns = (*T.columns[:4], Column(5, "place", varchar(20), nullable=False, tag=True, primary=True))
    table = Table(210, DATABASE, "t", T.kind, columns)
    bench.make(table)
    rows: list[Row] = [
        (AT[0], n, None, host, place) for n, (host, place) in enumerate([("a", "x"), ("a", "y"), ("b", "x")])
    ]
    bench.write(batch(table, rows, devices=[]))
    before = compare("lt", table.time_column, AT[0])
    assert bench.change(DeletePoints(table, {5: "x"}, before, ())) == (0,)
    assert bench.change(DeletePoints(table, {4: "a"}, None, ()), DeletePoints(table, {5: "z"}, None, ())) == (2, 0)
    assert bench.change(DeletePoints(table, {4: None, 5: "x"}, None, ())) == (0,)
    assert bench.all(table) == rows[2:]
    bench.write(batch(table, rows))
    assert bench.all(table) == rows


def test_tags_are_updated_of_one_device(bench: Bench) -> None:
    bench.make(T)
    bench.write(batch(T, ROWS))
    assert bench.change(
        UpdateTags(T, {4: "a"}, {5: "roof"}, ()),
        UpdateTags(T, {4: "nobody"}, {5: "roof"}, ()),
        UpdateTags(T, {4: "b"}, {5: None}, ()),
    ) == (1, 0, 1)
    bench.write(batch(T, [(AT[2], None, None, "a", "ignored")]))
    assert bench.rows(select(T, 4, 5, order_by=[1, 4])) == [("a", "roof"), ("a", "roof"), ("a", "roof"), ("b", None)]


def test_rows_of_a_query_are_written_like_others(bench: Bench) -> None:
    copy = series_table(number=201)
    bench.make(T, copy)
    bench.write(batch(T, ROWS), batch(copy, [(AT[0], 9.0, "kept", "a", "roof")]))
    for rule, rows, discarded in ((Dedup.DISCARD, 2, 1), (Dedup.OVERRIDE, 3, 0)):
        step = InsertRows(copy, T.columns[:1] + T.columns[2:], select(T, 1, 3, 4, 5, order_by=[1]).relation, (), rule)
        assert bench.engine.change(Change((step,)), bench.request()) == Changed((rows,), discarded)
    assert bench.all(copy) == [
        (AT[0], None, "one", "a", "roof"), (AT[1], None, "two", "a", "roof"), (AT[2], None, "three", "b", None),
    ]  # fmt: skip
    with pytest.raises(NullViolation, match='null value in column "host"'):
        bench.change(InsertRows(copy, (T.columns[0], T.columns[3]), select(T, 1, 5).relation, ()))


def test_a_table_can_be_copied_into_itself(bench: Bench) -> None:
    bench.make(T)
    bench.write(batch(T, ROWS))
    assert bench.change(InsertRows(T, T.columns, select(T).relation, ())) == (3,)
    assert bench.all(T) == ROWS


# ---------------------------------------------------------------- relational tables


def picked(table: Table, values: tuple[Expr, ...], where: Expr | None) -> Select:
    """ROW and `values` of the rows that a condition picks."""
    outputs: tuple[Expr, ...] = (ColumnRef(1, ROW, INT8), *values)
    return Select(tuple(ResultColumn("", o.type) for o in outputs), outputs, Scan(1, table), where)


def update(table: Table, values: dict[int, Expr], where: Expr | None = None) -> UpdateRows:
    return UpdateRows(table, table.columns_of(tuple(values)), picked(table, tuple(values.values()), where), ())


def test_rows_are_copied_updated_deleted(bench: Bench) -> None:
    bench.make(R)
    bench.write(batch(R, [(1, "one"), (2, "two"), (3, None)]))
    key, value = R.columns
    ten_more = Call("add.int", (ColumnRef(1, 1, INT8), number(10)), INT8)
    assert bench.change(
        InsertRows(R, R.columns, select(R, 1, 2, where=compare("lt", key, 3)).relation, ()),
        update(R, {2: Const("more", value.type)}, compare("gt", key, 2)),
        update(R, {1: ten_more}, compare("eq", key, 1)),
        DeleteRows(R, picked(R, (), compare("eq", key, 2)), ()),
    ) == (2, 1, 2, 2)
    assert bench.all(R) == [(3, "more"), (11, "one"), (11, "one")]
    assert bench.change(DeleteRows(R, None, ())) == (3,)
    assert bench.all(R) == []


@pytest.mark.parametrize(
    "step",
    [
        InsertRows(R, R.columns[1:], select(R, 2).relation, ()),
        InsertRows(R, R.columns, Select(R_TEXT, (Const(None, INT8), Const("x", varchar(20)))), ()),
        update(R, {1: Const(None, INT8)}),
    ],
)
def test_null_is_refused_where_a_column_has_none(bench: Bench, step: Step) -> None:
    bench.make(R)
    bench.write(batch(R, [(1, "one")]))
    with pytest.raises(SqlError, match='null value in column "k" violates not-null constraint') as refused:
        bench.change(step)
    assert refused.value.sqlstate == "23502"
    assert bench.all(R) == [(1, "one")]


KEYED = Table(
    302, DATABASE, "k", R.kind, (Column(1, "a", INT8, False), Column(2, "b", varchar(9), False), Column(3, "v", INT8)),
    indexes=(Index("primary", (1, 2), unique=True, primary=True),),
)  # fmt: skip
OTHER = Table(303, DATABASE, "o", R.kind, KEYED.columns)


@pytest.mark.parametrize(
    "write, refused",
    [
        (batch(KEYED, [(3, "x", 1)]), None),
        (batch(KEYED, [(1, "y", 1)]), None),
        (batch(KEYED, [(1, "x", 1)]), "(a,b)=(1,'x')"),
        (batch(KEYED, [(3, "x", 1), (3, "x", 2)]), "(a,b)=(3,'x')"),
        (InsertRows(KEYED, KEYED.columns, select(OTHER, 1, 2, 3).relation, ()), None),
        (InsertRows(KEYED, KEYED.columns, select(KEYED, 1, 2, 3).relation, ()), "(a,b)=("),
        (update(KEYED, {1: number(7)}), "(a,b)=(7,'x')"),
        (update(KEYED, {1: number(7)}, compare("eq", KEYED.columns[0], 1)), None),
        (update(KEYED, {3: number(7)}), None),
    ],
)
def test_a_primary_key_stands_once(bench: Bench, write: Batch | Step, refused: str | None) -> None:
    bench.make(KEYED, OTHER)
    bench.write(batch(KEYED, [(1, "x", 1), (2, "x", None)]), batch(OTHER, [(4, "x", 1), (5, "x", 1)]))
    before = bench.all(KEYED)
    if refused is None:
        assert bench.write(write).rows if isinstance(write, Batch) else bench.change(write)[0]
        assert bench.all(KEYED) != before
        return
    if isinstance(write, Batch):
        (written,) = bench.write(write).batches
        failed = written.refused
        assert written.rows == 0
    else:
        with pytest.raises(UniqueViolation) as raised:
            bench.change(write)
        failed = raised.value
    assert isinstance(failed, UniqueViolation)
    assert f"duplicate key value {refused}" in failed.message
    assert failed.message.endswith('violates unique constraint "primary"')
    assert bench.all(KEYED) == before


def test_time_columns_are_instants(bench: Bench) -> None:
    table = Table(301, DATABASE, "times", R.kind, (Column(1, "at", TIMESTAMPTZ), Column(2, "n", INT8)))
    bench.make(table)
    bench.write(batch(table, [(1_690_699_480_320_000_000, 1)]))
    assert bench.all(table) == [(1_690_699_480_320_000_000, 1)]
