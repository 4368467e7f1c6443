"""SQL as KWDB says it, through binder, rules and printer to the engine's rows: every kind of relation there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kwrest.engines.base import CreateSchema, CreateStorage
from kwrest.engines.duckdb.speller import DuckDBSpeller
from kwrest.sql import bound
from kwrest.sql.bind import bind
from kwrest.sql.grammar import parse
from tests.engines.parts import ENGINES, Bench, Row, batch
from tests.sql.world import IOT, SHOP, context, make_world, relation, series

M = series("m", "ts TIMESTAMPTZ(3) NOT NULL, a INT4, x FLOAT8", "id INT4 PRIMARY, area VARCHAR(8)")
N = series("n", "ts TIMESTAMPTZ(3) NOT NULL, b INT4", "id INT4 PRIMARY, kind VARCHAR(8)")
SHOPS = relation("shops", "id INT4, name VARCHAR(8)")
WORLD = make_world(M, N, SHOPS)

S = 1_000_000_000
M_ROWS: list[Row] = [
    (1 * S, 1, 0.5, 1, "north"), (2 * S, 2, None, 1, "north"), (1 * S, 3, 1.5, 2, None), (3 * S, None, 2.5, 2, None),
]  # fmt: skip
N_ROWS: list[Row] = [(1 * S, 10, 1, "k"), (2 * S, 20, 3, "l")]
SHOP_ROWS: list[Row] = [(1, "one"), (2, "two"), (2, "zwei"), (4, None)]


@pytest.fixture(scope="module", params=ENGINES)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(request.param, tmp_path_factory.mktemp("relations") / "data")
    bench.change(CreateSchema(IOT.id), CreateSchema(SHOP.id), *(CreateStorage(table) for table in (M, N, SHOPS)))
    bench.write(batch(M, M_ROWS, devices=[(9, "quiet")]), batch(N, N_ROWS), batch(SHOPS, SHOP_ROWS))
    yield bench
    bench.engine.close()


def bound_query(sql: str) -> bound.Query:
    query = bind(parse(sql), context(WORLD))
    assert isinstance(query, bound.Query)
    return query


ALL_M = "select a, x, id, area from m order by ts, id"


@pytest.mark.parametrize(
    "sql, rows",
    [
        # scans
        ("select a from m order by ts, a", [(1,), (3,), (2,), (None,)]),
        (ALL_M, [(1, 0.5, 1, "north"), (3, 1.5, 2, None), (2, None, 1, "north"), (None, 2.5, 2, None)]),
        ("select count(*) from m", [(4,)]),
        ("select distinct area from m order by area", [(None,), ("north",)]),
        ("select id from m where area = 'north' and a > 1", [(1,)]),
        # order, limit
        ("select a from m order by a", [(None,), (1,), (2,), (3,)]),
        ("select a from m order by a desc", [(3,), (2,), (1,), (None,)]),
        ("select a from m order by a desc limit 1 offset 1", [(2,)]),
        ("select a from m order by x desc limit 2", [(None,), (3,)]),
        ("select a from m order by a limit 0", []),
        ("select distinct a + 1 as b from m order by b desc limit 1", [(4,)]),
        ("select distinct on (id) id, name from shop.shops order by id, name desc", [(1, "one"), (2, "zwei"), (4, None)]),
        # groups
        ("select id, count(*), sum(x) from m group by id order by id", [(1, 2, 0.5), (2, 2, 4.0)]),
        ("select id from m group by id having count(a) > 1", [(1,)]),
        ("select max(a) from m where a > 99", [(None,)]),
        ("select count(*) from m where a > 99 group by id", []),
        ("select id, count(*) from m group by id order by count(*) desc, id desc", [(2, 2), (1, 2)]),
        # joins
        ("select m.a, n.b from m join n on m.id = n.id order by m.ts", [(1, 10), (2, 10)]),
        ("select m.a, n.b from m left join n on m.id = n.id and m.ts = n.ts order by m.ts, m.id",
         [(1, 10), (3, None), (2, None), (None, None)]),
        ("select m.a, n.b from m right join n on m.id = n.id and m.ts = n.ts order by n.ts", [(1, 10), (None, 20)]),
        ("select count(*) from m full join n on m.id = n.id and m.ts = n.ts", [(5,)]),
        ("select count(*) from m, n", [(8,)]),
        ("select count(*) from m cross join n cross join m as o", [(32,)]),
        ("select o.a from m join (n join m as o on n.id = o.id) on m.id = n.id and m.ts = o.ts order by o.a", [(1,), (2,)]),
        ("select p.a, q.a from m p join m q on p.id = q.id and p.ts < q.ts order by p.id", [(1, 2), (3, None)]),
        # subqueries
        ("select y + 1 from (select a as y from m where a is not null) as d order by 1", [(2,), (3,), (4,)]),
        ("select (select max(b) from n where n.id = m.id) from m where a = 1", [(10,)]),
        ("select a from m where id in (select id from n)  order by a", [(1,), (2,)]),
        ("select a from m where exists (select 1 from n where n.id = m.id and n.ts = m.ts)", [(1,)]),
        ("select a from m where not exists (select 1 from n where n.id = m.id) order by a", [(None,), (3,)]),
        ("select a from m where a > all (select b / 10 from n where b < 20)", [(2,), (3,)]),
        ("with w as (select a as k from m where a < 3), v as (select k from w where k > 1) select k from w, v as z(j) order by k",
         [(1,), (2,)]),
        ("select v.n from m, lateral (select m.a + 1 as n) as v where m.a = 2", [(3,)]),
        ("select s from (select sum(a) as s, id from m group by id) as g where id = 1", [(3,)]),
        # set operations
        ("select a from m where a < 3 union all select b from n order by 1", [(1,), (2,), (10,), (20,)]),
        ("select id from m union select id from n order by id desc", [(3,), (2,), (1,)]),
        ("select id from m intersect select id from n", [(1,)]),
        ("select id from m except select id from n", [(2,)]),
        ("(select a from m order by a desc limit 1) union all (select b from n order by b limit 1) order by a", [(3,), (10,)]),
        ("select count(*) from (select id from m union select id from n) as u", [(3,)]),
        ("select 1 union all select 2 union all select 3 order by 1 desc limit 2", [(3,), (2,)]),
        # values, series
        ("values (1, 'a'), (2, 'b')", [(1, "a"), (2, "b")]),
        ("select column1 from (values (1), (2)) as v order by 1 desc", [(2,), (1,)]),
        ("select x from generate_series(1, 3) as g(x) order by x desc", [(3,), (2,), (1,)]),
        ("select count(*) from m, generate_series(1, 3)", [(12,)]),
        ("select 1 where false", []),
        ("select 1", [(1,)]),
        # windows
        ("select name, row_number() over (partition by id order by name desc) from shop.shops order by id, name",
         [("one", 1), ("two", 2), ("zwei", 1), (None, 1)]),
        # the first / last family
        ("select last(a) from m", [(2,)]),
        ("select last(x), id from m group by id order by id", [(0.5, 1), (2.5, 2)]),
        # SHOW
        ("show tag values from m", [(1, "north"), (2, None), (9, "quiet")]),
    ],
)  # fmt: skip
def test_what_a_query_gives(filled: Bench, sql: str, rows: list[Row]) -> None:
    query = bound_query(sql)
    found = filled.rows(query)
    if "order by" not in sql:
        found, rows = sorted(found, key=repr), sorted(rows, key=repr)
    assert found == rows
    # As JSON each row is one text, in the same number and order.
    texts = filled.rows(replace(query, as_json=True))
    assert [len(text) for text in texts] == [1] * len(rows)
    assert all(isinstance(text, str) and text[0] == "[" and text[-1] == "]" for (text,) in texts)


@pytest.mark.parametrize(
    "sql",
    [
        "select 'it''s; drop table x' as \"a\"\"b; drop\" from m",
        "select name from shop.shops where name = '''; drop table x --'",
        'with "w;" as (select a from m) select * from "w;"',
    ],
)
def test_no_name_of_a_users_is_in_the_text(sql: str) -> None:
    """And what is text stays inside its quotes."""
    text = DuckDBSpeller().query(bound_query(sql))
    outside = "".join(text.split("'")[::2])
    assert not any(word in outside for word in ("drop", "shops", "name", "area", ";", "--", '"'))


@pytest.mark.parametrize(
    "sql, tables",
    [
        ("select a from m", "p"),
        ("select id from m", "pe"),
        ("select count(*) from m", "p"),
        ("select a from m where area = 'x'", "pe"),
        ("select a from m order by id", "pe"),
        ("select x from (select * from m) as d", "pe"),
        ("show tag values from m", "e"),
    ],
)
def test_devices_are_joined_only_when_they_are_asked_for(sql: str, tables: str) -> None:
    text = DuckDBSpeller().query(bound_query(sql))
    assert "".join(letter for letter in "pe" if f".{letter}{M.id}" in text) == tables
