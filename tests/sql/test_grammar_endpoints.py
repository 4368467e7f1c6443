"""Which endpoint takes which statement: the parsed one and the one that is none."""

import pytest

from kwrest.sql import tree
from kwrest.sql.endpoints import STATEMENTS, about_databases, endpoint_of, endpoint_of_text
from kwrest.sql.grammar import parse


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("CREATE TABLE t (a INT)", "ddl"),
        ("CREATE TS DATABASE d", "ddl"),
        ("CREATE USER u", "ddl"),
        ("CREATE VIEW v AS SELECT 1", "ddl"),
        ("DROP TABLE t", "ddl"),
        ("DROP VIEW v", "ddl"),
        ("ALTER TABLE t DROP c", "ddl"),
        ("DELETE FROM t", "ddl"),
        ("UPDATE t SET a = 1", "ddl"),
        ("USE d", "ddl"),
        ("GRANT a TO b", "ddl"),
        ("REVOKE SELECT ON t FROM b", "ddl"),
        ("TRUNCATE t", "ddl"),
        ("COMMENT ON TABLE t IS 'x'", "ddl"),
        ("SET CLUSTER SETTING a.b = 1", "ddl"),
        ("RESET CLUSTER SETTING a.b", "ddl"),
        ("INSERT INTO t VALUES (1)", "insert"),
        ("UPSERT INTO t VALUES (1)", "insert"),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "insert"),
        ("SELECT 1", "query"),
        ("select*from updates", "query"),
        ("(SELECT 1)", "query"),
        ("((SELECT 1))", "query"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "query"),
        ("VALUES (1)", "query"),
        ("TABLE t", "query"),
        ("SHOW CREATE TABLE t", "query"),
        ("SHOW JOBS", "query"),
        ("DESCRIBE t", "query"),
        ("EXPLAIN INSERT INTO t VALUES (1)", "query"),
        ("-- insert\n/* drop */ SELECT 'create'", "query"),
        ("BEGIN", None),
        ("SET a = 1", None),
        ("IMPORT INTO t CSV DATA ('x')", None),
    ],
)
def test_endpoint(text: str, endpoint: str | None) -> None:
    assert endpoint_of_text(text) == endpoint
    assert endpoint_of(parse(text)) == endpoint


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("SELECT FROM", "query"),
        ("create foo", "ddl"),
        ("CREATE", "ddl"),
        ("insert", "insert"),
        ("select 'a", "query"),
        ("insert into t values (1h30m)", "insert"),
        ("WITH a AS (SELECT 1) DELETE FROM t", "ddl"),
        ("WITH a AS (SELECT 1) UPDATE t SET b = 1", "ddl"),
        ("WITH a AS", "query"),
        ("comment", None),
        ("selec 1", None),
        ("", None),
        ("-- nothing", None),
        ("'select'", None),
        ('"select"', None),
        ("(((", None),
    ],
)
def test_endpoint_of_no_statement(text: str, endpoint: str | None) -> None:
    assert endpoint_of_text(text) == endpoint


def test_every_statement_of_the_tree_has_a_row() -> None:
    """A new statement is a decision: without a row nobody would take it."""
    known = {cls for row in STATEMENTS for cls in row.classes} | {tree.OtherStatement}
    every = {cls for cls in vars(tree).values() if isinstance(cls, type) and issubclass(cls, tree.Statement)}
    assert known == every - {tree.Statement}


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("CREATE DATABASE a", True),
        ("create ts database a retentions 1d", True),
        ("/* */ DROP DATABASE IF EXISTS a CASCADE", True),
        ("ALTER TS DATABASE a SET RETENTIONS = 1d", True),
        ("USE a", True),
        ("CREATE TABLE database (a INT)", False),
        ("DROP TABLE database", False),
        ("create", False),
        ("", False),
        ("'", False),
        ("SHOW DATABASES", False),
    ],
)
def test_statements_that_need_no_current_database(text: str, about: bool) -> None:
    assert about_databases(text) is about
