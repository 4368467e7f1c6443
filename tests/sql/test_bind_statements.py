"""The one table from statement to binder."""

from __future__ import annotations

import pytest

from kwrest.errors import Unsupported
from kwrest.model import Dedup
from kwrest.sql import bound, bound_writes, definitions
from kwrest.sql.bind import bind
from kwrest.sql.grammar import parse
from tests.sql.world import context, make_world, series

WORLD = make_world(series("s", "ts TIMESTAMPTZ(3) NOT NULL, a INT4", "id INT4 PRIMARY, area VARCHAR(8)"))


@pytest.mark.parametrize(
    "sql, kind",
    [
        ("SELECT 1", bound.Query),
        ("VALUES (1)", bound.Query),
        ("SHOW TABLES", bound.Query),
        ("INSERT INTO s VALUES ('2024-01-01', 1, 1, 'x')", bound_writes.InsertBatch),
        ("DELETE FROM s WHERE id = 1", bound_writes.DeletePoints),
        ("INSERT INTO s SELECT * FROM s", bound_writes.InsertRows),
        ("UPDATE s SET area = 'y' WHERE id = 1", bound_writes.UpdateTags),
        ("CREATE TS DATABASE d", definitions.CreateDatabase),
        ("CREATE TABLE t (ts TIMESTAMP NOT NULL, a INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", definitions.CreateTable),
        ("ALTER TABLE s ADD COLUMN b INT", definitions.AlterTable),
        ("DROP TABLE s", definitions.DropTables),
        ("USE iot", definitions.UseDatabase),
        ("CREATE USER bob WITH PASSWORD 'x'", definitions.CreateUser),
        ("GRANT SELECT ON TABLE s TO alice", definitions.Grant),
    ],
)  # fmt: skip
def test_what_a_statement_becomes(sql: str, kind: type) -> None:
    assert type(bind(parse(sql), context(WORLD))) is kind


@pytest.mark.parametrize("sql", ["BEGIN", "CREATE SEQUENCE s", "IMPORT DATABASE CSV DATA ('x')"])
def test_what_has_no_entry_is_refused(sql: str) -> None:
    with pytest.raises(Unsupported):
        bind(parse(sql), context(WORLD))


def test_insert_select_keeps_the_rule_for_repeated_rows() -> None:
    insert = bind(parse("INSERT INTO s SELECT * FROM s"), context(WORLD, dedup=Dedup.DISCARD))
    assert isinstance(insert, bound_writes.InsertRows)
    assert insert.dedup is Dedup.DISCARD
