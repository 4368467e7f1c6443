"""EXPLAIN: the steps of a query as a tree, and nothing that the reader of a view may not see."""

from __future__ import annotations

import pytest

from kwrest.errors import KwrestError
from kwrest.sql import bound
from kwrest.sql.bind import bind
from kwrest.sql.bound import Const, TableRight
from kwrest.sql.grammar import parse
from tests.sql.world import context, make_world, relation, series

METERS = series("meters", "ts TIMESTAMPTZ(3) NOT NULL, a INT4, b FLOAT8", "id INT4 PRIMARY, site VARCHAR(8)")
PARTS = relation("parts", "id INT4, name STRING")
WORLD = make_world(METERS, PARTS)


def explained(sql: str) -> bound.Query:
    query = bind(parse(f"EXPLAIN {sql}"), context(WORLD))
    assert isinstance(query, bound.Query)
    return query


def lines(sql: str) -> list[str]:
    """The plan, a line for each row."""
    rows = explained(sql).relation
    assert isinstance(rows, bound.Values)
    cells = [[c.value for c in row if isinstance(c, Const)] for row in rows.rows]
    return [" ".join(str(cell) for cell in row if cell).rstrip() for row in cells]


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("SELECT 1", ["render", " │ column ?column? = 1", " └── one row"]),
        ("SELECT a FROM meters", ["render", " │ column a = a", " └── scan", "      table meters", "      reads points", "      columns a"]),
        ("SELECT site FROM meters WHERE a > 1 AND site = 'x'", ["render", " │ column site = site", " └── filter", "      │ condition ((a > 1) AND (site = 'x'))", "      └── scan", "           table meters", "           reads points and devices", "           columns a, site"]),
        ("SELECT site, max(a) AS m FROM meters GROUP BY site HAVING count(*) > 1 ORDER BY m DESC LIMIT 3", ["limit", " │ count 3", " └── sort", "      │ order -max(a)", "      └── render", "           │ column site = site", "           │ column m = max(a)", "           └── filter", "                │ condition (count(*) > 1)", "                └── group", "                     │ group by site", "                     │ aggregates max(a)", "                     └── scan", "                          table meters", "                          reads points and devices", "                          columns a, site"]),
        ("SELECT DISTINCT name FROM shop.parts p JOIN meters m ON m.id = p.id", ["distinct", " └── render", "      │ column name = name", "      └── join", "           │ type inner", "           │ on (id = id)", "           ├── scan", "           │    table parts", "           │    reads rows", "           │    columns id, name", "           └── scan", "                table meters", "                reads points and devices", "                columns id"]),
        ("VALUES (1, 'it''s'), (2, NULL) ORDER BY 2", ["sort", " │ order +column2", " └── values", "      size 2 columns, 2 rows"]),
        ("SELECT name FROM shop.parts UNION ALL SELECT unnest(ARRAY['x'])", ["union all", " ├── render", " │    │ column name = name", " │    └── scan", " │         table parts", " │         reads rows", " │         columns name", " └── render", "      │ column unnest = each(ARRAY['x'])", "      └── one row"]),
    ],
)  # fmt: skip
def test_steps(sql: str, expected: list[str]) -> None:
    assert [" ".join(line.split()) for line in lines(sql)] == [" ".join(line.split()) for line in expected]


def test_a_plan_takes_the_rights_of_the_query_and_shows_names_as_they_are_written() -> None:
    query = explained("SELECT a FROM meters WHERE b < 1.5 OR ts > now() - INTERVAL '1 hour'")
    assert [right.table.name for right in query.rights if isinstance(right, TableRight)] == ["meters"]
    text = "\n".join(lines("SELECT a FROM meters WHERE b < 1.5 OR ts > now() - INTERVAL '1 hour'"))
    assert "((b < 1.5) OR (ts > (now() - '01:00:00')))" in text
    assert not any(word in text for word in ("s1.", "c1", "p2", "DuckDB", "SELECT"))


def test_a_long_description_is_cut() -> None:
    assert (
        max(len(line) for line in lines("SELECT a FROM meters WHERE id IN (" + ", ".join(map(str, range(9999))) + ")"))
        < 600
    )


def test_what_a_plan_is_not_made_of() -> None:
    with pytest.raises(KwrestError) as failure:
        explained("DELETE FROM meters")
    assert failure.value.sqlstate == "0A000"
