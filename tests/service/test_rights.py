"""What the SQL line lets a user do and hear of: one row a statement, on a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest

from kwrest.access.access import Access
from kwrest.access.first_start import first_start
from kwrest.catalog.schema import Catalog
from kwrest.catalog.settings import Settings
from kwrest.engines import open_engine
from kwrest.errors import KwrestError
from kwrest.model import Request, User
from kwrest.service.statements import Statements
from kwrest.system import own_request

SET_UP = """
    CREATE USER alice; CREATE TABLE secret (a INT NOT NULL, b STRING); CREATE TABLE mine (a INT, b STRING);
    CREATE TABLE points (ts TIMESTAMP NOT NULL, v INT) TAGS (dev INT NOT NULL) PRIMARY TAGS (dev);
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE mine TO alice
"""
UNSEEN = "42501"


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Statements]:
    data = tmp_path_factory.mktemp("rights")
    with ExitStack() as stack:
        engine = stack.enter_context(closing(open_engine("duckdb:", data)))
        catalog, settings = Catalog(engine), Settings(engine)
        first_start(engine, data, "root's own")
        access = stack.enter_context(closing(Access(engine, catalog, lambda: 60)))
        served = Statements(catalog, settings, access, engine)
        assert served.define(_request("root"), SET_UP).failed is None
        yield served


def _request(user: str) -> Request:
    return replace(own_request("test"), user=User(user), database="defaultdb")


def state_of(statements: Statements, endpoint: str, sql: str) -> str:
    """SQLSTATE of what alice gets, `00000` when it is done."""
    request = _request("alice")
    if endpoint == "query":
        try:
            answer = statements.query(request, sql)
        except KwrestError as refusal:
            return refusal.sqlstate
        if answer.result is not None:
            answer.result.close()
        return "00000"
    run = statements.define if endpoint == "ddl" else statements.insert
    failed = run(request, sql).failed
    return "00000" if failed is None else failed.sqlstate


@pytest.mark.parametrize(
    "endpoint, sql, sqlstate",
    [
        ("query", "SELECT a FROM mine", "00000"),
        # wherever another's table stands, it needs the right to read it
        *(
            ("query", sql, UNSEEN)
            for sql in (
                "TABLE secret",
                "SELECT 1 FROM mine WHERE EXISTS (SELECT 1 FROM secret)",
                "SELECT (SELECT max(b) FROM secret)",
                "SELECT a FROM mine GROUP BY a HAVING a IN (SELECT a FROM secret)",
                "SELECT a FROM mine ORDER BY (SELECT max(a) FROM secret)",
                "SELECT a FROM mine LIMIT (SELECT count(*) FROM secret)",
                "SELECT a FROM mine UNION ALL SELECT a FROM secret",
                "SELECT x.a FROM mine x JOIN mine y ON x.a = y.a AND x.a IN (SELECT a FROM secret)",
                "WITH w AS (SELECT a FROM secret) SELECT 1",
                "SELECT count(*) FILTER (WHERE a IN (SELECT a FROM secret)) FROM mine",
                "VALUES ((SELECT max(a) FROM secret))",
                "SELECT ARRAY(SELECT b FROM secret)",
                "SELECT * FROM [SHOW COLUMNS FROM secret]",
                "SELECT * FROM [SHOW TAG VALUES FROM points]",
                "SHOW GRANTS ON TABLE secret",
                "SHOW RETENTIONS ON TABLE points",
                "SHOW TS PARTITIONS",
                "SHOW TS PARTITIONS FROM TABLE points",
                "SELECT size FROM [SHOW TS PARTITIONS FROM DATABASE defaultdb]",
                "SELECT * FROM kwrest_system.users",
            )
        ),
        ("insert", "INSERT INTO mine SELECT a, b FROM secret", UNSEEN),
        ("insert", "INSERT INTO mine VALUES (1, (SELECT max(b) FROM secret))", UNSEEN),
        ("insert", "INSERT INTO points VALUES (1, 1, 1)", UNSEEN),
        ("ddl", "DELETE FROM mine WHERE a IN (SELECT a FROM secret)", UNSEEN),
        ("ddl", "UPDATE mine SET b = (SELECT max(b) FROM secret)", UNSEEN),
        ("ddl", "UPDATE mine SET b = 'x' WHERE a = (SELECT max(a) FROM secret)", UNSEEN),
        ("ddl", "GRANT admin TO alice", UNSEEN),
        ("ddl", "GRANT SELECT ON TABLE mine TO public", UNSEEN),
        ("ddl", "USE kwrest_system", "3D000"),
        # more than the engine can read: refused, whatever it is made of
        ("query", f"SELECT '{{{'1,' * 100_000}1}}'::INT[]", "54001"),
        ("query", f"SELECT 1 WHERE 1 IN (1{',2' * 100_000})", "54001"),
        ("query", f"VALUES (1){',(1)' * 100_000}", "54001"),
        ("query", f"SELECT ARRAY[1{',1' * 100_000}]", "54001"),
        ("ddl", f"DELETE FROM mine WHERE a IN (1{',2' * 100_000})", "54001"),
        ("insert", f"INSERT INTO mine (a) VALUES (1){',(1)' * 100_000}", "00000"),
        # the binder's errors name columns and their types: not those of a table that is not alice's
        ("query", "SELECT nosuch FROM mine", "42703"),
        ("query", "SELECT nosuch FROM secret", UNSEEN),
        ("query", "SELECT a || 1 FROM secret", UNSEEN),
        ("query", "SELECT nosuch FROM kwrest_system.users", UNSEEN),
        ("insert", "INSERT INTO secret (nosuch) VALUES (1)", UNSEEN),
        ("insert", "INSERT INTO secret (b) VALUES ('x')", UNSEEN),
        ("insert", "INSERT INTO points VALUES ('x', 'y', 'z')", UNSEEN),
        ("ddl", "DELETE FROM points WHERE nosuch = 1", UNSEEN),
        ("ddl", "ALTER TABLE secret DROP COLUMN nosuch", UNSEEN),
        ("ddl", "ALTER TABLE secret ADD COLUMN a INT", UNSEEN),
        # changing takes CREATE on the table, another name DROP on it and CREATE on the database, a database the role admin
        *(
            ("ddl", f"ALTER {change}", UNSEEN)
            for change in (
                "TABLE mine ADD COLUMN c INT",
                "TABLE mine ADD COLUMN IF NOT EXISTS a INT",
                "TABLE mine DROP COLUMN b",
                "TABLE mine RENAME COLUMN b TO c",
                "TABLE mine ALTER COLUMN a TYPE INT8",
                "TABLE mine RENAME TO yours",
                "TABLE mine RENAME TO mine",
                "TABLE points ADD TAG x INT",
                "TABLE points SET RETENTIONS = 1d",
                "TABLE points SET PARTITION INTERVAL = 1d",
                "TABLE points RENAME TO nosuch.points",
                "DATABASE defaultdb RENAME TO d",
                "DATABASE postgres RENAME TO postgres",
                "TS DATABASE defaultdb SET RETENTIONS = 1d",
                "TS DATABASE defaultdb SET PARTITION INTERVAL = 1d",
            )
        ),
    ],
)
def test_what_a_user_without_rights_gets(statements: Statements, endpoint: str, sql: str, sqlstate: str) -> None:
    assert state_of(statements, endpoint, sql) == sqlstate
