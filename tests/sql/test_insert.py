"""The fast path takes plain INSERT … VALUES and answers None to everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwrest.model import Batch
from kwrest.sql.bind.inserts import bind_insert
from kwrest.sql.bound_writes import InsertBatch
from kwrest.sql.grammar import parse
from kwrest.sql.insert import insert_batch
from kwrest.sql.tree import Insert
from tests.sql.world import DEFAULTDB, context, make_world, relation, series

WORLD = make_world(
    series(
        "s",
        "ts TIMESTAMPTZ(3) NOT NULL, a INT4, b FLOAT8 NOT NULL, c VARCHAR(8)",
        "id INT4 PRIMARY, area VARCHAR(8), k INT4 NOT NULL",
    ),
    series("two", "ts TIMESTAMPTZ(3) NOT NULL, a INT4", "p VARCHAR(8) PRIMARY, q INT4 PRIMARY"),
    series("Big", 'ts TIMESTAMPTZ(3) NOT NULL, "Val" BOOL, t TIMESTAMP(3)', '"Id" INT4 PRIMARY'),
    series("d", "ts TIMESTAMPTZ(3) NOT NULL, a INT4 DEFAULT 5", "id INT4 PRIMARY"),
    relation("r", "a INT4"),
)


def batch(sql: str, zone: str = "UTC") -> Batch:
    made = insert_batch(sql, context(WORLD, zone=zone))
    assert made is not None, sql
    return made.batch


def shown(made: Batch) -> tuple[list[list[object]], list[list[object]], list[int]]:
    """(data columns, tags, devices) as Python values."""
    assert made.device is not None
    return (
        [array.to_pylist() for array in made.columns.values()],
        [array.to_pylist() for array in made.tags.values()],
        made.device.tolist(),
    )


def test_rows_become_columns_and_devices_are_numbered() -> None:
    made = batch(
        "INSERT INTO s VALUES (1000, 1, 1.5, 'x', 1, 'n', 10), (2000, NULL, 2, 'y''s', 2, NULL, 20),(3000,3,-3.5,NULL,1,'other',11);"
    )
    data, tags, device = shown(made)
    assert made.rows == 3
    assert data[1:] == [[1, None, 3], [1.5, 2.0, -3.5], ["x", "y's", None]]
    assert device == [0, 1, 0]
    assert tags == [[1, 2], ["n", None], [10, 20]]  # the first row of a device gives its tags


@pytest.mark.parametrize("sql, rows, tags", [
    ("insert   into   s(ts,b,id,k)values('2024-01-01 00:00:00',1,1,2)", 1, [[1], [None], [2]]),
    ("INSERT INTO iot.s (k, ts, id, b) VALUES (2, now(), 1, 1)", 1, [[1], [None], [2]]),
    ("INSERT INTO public.s (k, ts, id, b) VALUES (2, 1, 1, 1)", 1, [[1], [None], [2]]),
    ('INSERT INTO iot.public."s" (k, ts, id, b) VALUES (2, 1, 1, 1)', 1, [[1], [None], [2]]),
    ('INSERT INTO s VALUES ("1000", "1", "1.5", "x", "198352498", "n", "10")', 1, [[198352498], ["n"], [10]]),
    ("INSERT INTO s (id, k, area) VALUES (50, 1, 'tag'), (51, 2, NULL)", 0, [[50, 51], ["tag", None], [1, 2]]),
    ("INSERT INTO two VALUES (1, 1, 'x', 1), (2, 1, 'x', 2), (3, 1, 'x', 1)", 3, [["x", "x"], [1, 2]]),
    ("INSERT INTO S (TS, B, ID, K) VALUES (1, 1, 1, 2)", 1, [[1], [None], [2]]),
])  # fmt: skip
def test_forms(sql: str, rows: int, tags: list[list[object]]) -> None:
    made = batch(sql)
    assert made.rows == rows
    assert shown(made)[1] == tags


@pytest.mark.parametrize("literal, zone, expected", [
    ("1709618828123", "UTC", 1709618828123),
    ("-1", "UTC", -1),
    ("'2024-03-05 06:07:08.1239999'", "UTC", 1709618828124),
    ("'2024-03-05 06:07:08'", "Asia/Shanghai", 1709590028000),
    ("'2024-03-05T06:07:08Z'", "Asia/Shanghai", 1709618828000),
])  # fmt: skip
def test_times(literal: str, zone: str, expected: int) -> None:
    made = batch(f"INSERT INTO two VALUES ({literal}, 1, 'x', 1)", zone=zone)
    assert made.columns[1].cast("int64").to_pylist() == [expected * 1000]


def test_names_in_double_quotes_and_booleans() -> None:
    made = batch(
        'INSERT INTO "Big" (ts, "Val", t, "Id") VALUES (1, 1, NULL, 7), (2, \'t\', 0, 7), (3, false, now(), 8)'
    )
    assert made.columns[2].to_pylist() == [True, True, False]
    assert made.tags[4].to_pylist() == [7, 8]


@pytest.mark.parametrize("sql", [
    "INSERT INTO nosuch VALUES (1)",
    "INSERT INTO r VALUES (1)",
    "INSERT INTO d (ts, id) VALUES (1, 1)",
    "INSERT INTO svalues(1)",
    "INSERT INTO s VALUES (1, 1, 1, 'x', 1, 'n')",
    "INSERT INTO s VALUES (1, 1, 1, 'x', 1, 'n', 1, 1)",
    "INSERT INTO s VALUES (1, 1, 1, 'x', 1, 'n', 1),",
    "INSERT INTO s VALUES (1, 1, 1, 'x', 1, 'n', 1) x",
    "INSERT INTO s VALUES (1, 1, 1, 'x', 1, 'n', 1); SELECT 1",
    "INSERT INTO s VALUES (1, 1, 1, 'x', 1, 'n', 1) (1, 1, 1, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, 1 + 1, 1, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, 1-1, 1, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, '1', 1, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, 1.5, 1, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, 2147483648, 1, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, 1, 1e309, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, 1, 1, 'abcdefghi', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, 1, 1, 'äöüäö', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, 1, NULL, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, 1, 1, 5, 1, 'n', 1)",
    "INSERT INTO s VALUES (31556995200001, 1, 1, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES ('nonsense', 1, 1, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, 1, 1, 'x', now(), 'n', 1)",
    "INSERT INTO s (ts, b, id) VALUES (1, 1, 1)",
    "INSERT INTO s (ts, b, k) VALUES (1, 1, 1)",
    "INSERT INTO s (ts, b, b, id, k) VALUES (1, 1, 1, 1, 1)",
    "INSERT INTO s (ts, nope, b, id, k) VALUES (1, 1, 1, 1, 1)",
    "INSERT INTO s VALUES (1, /* x */ 1, 1, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1, ١, 1, 'x', 1, 'n', 1)",
    "INSERT\u00a0INTO s VALUES (1, 1, 1, 'x', 1, 'n', 1)",
    "INSERT INTO s VALUES (1,\u20031, 1, 'x', 1, 'n', 1)",
    "INSERT INTO s SELECT * FROM s",
    "UPSERT INTO s VALUES (1, 1, 1, 'x', 1, 'n', 1)",
    "SELECT 1",
    "",
])  # fmt: skip
def test_doubt_is_for_the_parser(sql: str) -> None:
    assert insert_batch(sql, context(WORLD)) is None


def test_the_current_database_counts() -> None:
    assert insert_batch("INSERT INTO two VALUES (1, 1, 'x', 1)", context(WORLD, DEFAULTDB)) is None
    assert insert_batch("INSERT INTO iot.two VALUES (1, 1, 'x', 1)", context(WORLD, DEFAULTDB)) is not None


CELLS = st.one_of(
    st.integers(-(2**33), 2**33).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(max_size=9).filter(lambda text: "\0" not in text).map(lambda text: "'" + text.replace("'", "''") + "'"),
    st.sampled_from(
        ["NULL", "true", "FALSE", '"7"', '"x"', "'2024-01-01 12:00:00'", "1e309", "-0", ".5", "1.", "''", "'t'"]
    ),
)


@given(rows=st.lists(st.lists(CELLS, min_size=7, max_size=7), min_size=1, max_size=3))
def test_what_the_fast_path_takes_is_what_the_tree_means(rows: list[list[str]]) -> None:
    sql = "INSERT INTO s VALUES " + ", ".join("(" + ", ".join(row) + ")" for row in rows)
    fast = insert_batch(sql, context(WORLD))
    if fast is None:
        return
    statement = parse(sql)
    assert isinstance(statement, Insert)
    slow = bind_insert(statement, context(WORLD))
    assert isinstance(slow, InsertBatch)
    assert (fast.batch.columns, fast.batch.tags, fast.rights) == (slow.batch.columns, slow.batch.tags, slow.rights)


@given(
    cells=st.tuples(
        st.integers(0, 10**12), st.none() | st.integers(-(2**31), 2**31 - 1), st.floats(-1e300, 1e300), st.text("abä'", max_size=4),
        st.integers(0, 3), st.none() | st.text("xy", max_size=8), st.integers(0, 9),
    ),
)  # fmt: skip
def test_what_fits_is_taken(cells: tuple[object, ...]) -> None:
    shown = [
        "NULL" if c is None else "'" + c.replace("'", "''") + "'" if isinstance(c, str) else repr(c) for c in cells
    ]
    made = insert_batch(f"INSERT INTO s VALUES ({', '.join(shown)})", context(WORLD))
    assert made is not None
    stored = [*made.batch.columns.values(), *made.batch.tags.values()]
    assert [array.to_pylist()[0] for array in stored][1:] == list(cells[1:])
