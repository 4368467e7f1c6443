"""What the SQL line lets a user do and hear of: one row a statement, on a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kwrest.errors import InsufficientPrivilege, KwrestError
from kwrest.model import Request, User
from kwrest.service.statements import Statements
from kwrest.sql.bind import bind
from kwrest.sql.bind.context import Context
from kwrest.sql.grammar import parse
from kwrest.system import own_request
from tests.service.sql_server import SqlServer

SET_UP = """
    CREATE USER alice; CREATE TABLE secret (a INT NOT NULL, b STRING); CREATE TABLE mine (a INT, b STRING);
    CREATE TABLE points (ts TIMESTAMP NOT NULL, v INT) TAGS (dev INT NOT NULL) PRIMARY TAGS (dev);
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE mine TO alice;
    CREATE USER bob; CREATE USER carol; CREATE USER dave; CREATE USER maker CREATEROLE; CREATE TABLE open (a INT);
    GRANT SELECT ON open TO public; GRANT INSERT ON open TO bob; GRANT SELECT ON secret TO carol; CREATE TABLE gone (a INT);
    CREATE DATABASE work; GRANT CREATE ON DATABASE work TO alice;
    CREATE TABLE keyed (id INT PRIMARY KEY); CREATE TABLE own (id INT PRIMARY KEY, n INT); GRANT ALL ON own TO alice;
    GRANT CREATE ON DATABASE defaultdb TO carol
"""
UNSEEN = "42501"


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Statements]:
    data = tmp_path_factory.mktemp("rights")
    with ExitStack() as stack:
        served = SqlServer(data, stack).statements
        assert served.define(_request("root"), SET_UP).failed is None
        yield served


def _request(user: str) -> Request:
    return replace(own_request("test"), user=User(user), database="defaultdb")


def outcome(statements: Statements, user: str, endpoint: str, sql: str) -> KwrestError | None:
    """The first failure."""
    request = _request(user)
    if endpoint != "query":
        run = statements.define if endpoint == "ddl" else statements.insert
        return run(request, sql).failed
    try:
        answer = statements.query(request, sql)
    except KwrestError as refusal:
        return refusal
    if answer.result is not None:
        answer.result.close()
    return None


def failure_of(statements: Statements, user: str, endpoint: str, sql: str) -> KwrestError:
    failed = outcome(statements, user, endpoint, sql)
    assert failed is not None, sql
    return failed


def rows_of(statements: Statements, user: str, sql: str) -> list[str]:
    """The rows of an answer, each as its JSON text."""
    result = statements.query(_request(user), sql).result
    assert result is not None
    try:
        return [text for batch in result.batches() for text in batch.column(0).to_pylist()]
    finally:
        result.close()


def state_of(statements: Statements, endpoint: str, sql: str) -> str:
    """SQLSTATE of what alice gets, `00000` when it is done."""
    failed = outcome(statements, "alice", endpoint, sql)
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
        *(
            ("ddl", sql, UNSEEN)
            for sql in (
                "UPDATE mine SET b = secret.b FROM secret",
                "UPDATE mine SET (a, b) = (SELECT a, b FROM secret)",
                "UPDATE mine SET a = 1 ORDER BY (SELECT max(b) FROM secret) LIMIT 1",
                "DELETE FROM mine ORDER BY (SELECT max(b) FROM secret) LIMIT 1",
                "DELETE FROM mine LIMIT (SELECT max(a) FROM secret)",
                "DELETE FROM mine RETURNING (SELECT max(b) FROM secret)",
                "TRUNCATE mine, secret",
                "CREATE TABLE work.x (LIKE defaultdb.secret)",
                "CREATE TABLE work.x AS SELECT * FROM defaultdb.secret",
                "CREATE TABLE work.x (a INT REFERENCES defaultdb.keyed (id))",
                "CREATE VIEW work.x AS SELECT * FROM defaultdb.secret",
                "GRANT alice TO bob",
                "GRANT root TO alice",
                "ALTER USER alice CREATEROLE",
                "ALTER USER alice WITH PASSWORD 'mine'",
            )
        ),
        *(
            ("insert", sql, UNSEEN)
            for sql in (
                "INSERT INTO mine (a) VALUES (1) RETURNING (SELECT max(b) FROM secret)",
                "WITH w AS (SELECT * FROM secret) INSERT INTO mine SELECT * FROM w",
                "INSERT INTO own VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = (SELECT max(a) FROM secret)",
                "INSERT INTO own VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = 1 WHERE n > (SELECT max(a) FROM secret)",
                "UPSERT INTO secret VALUES (1, 'x')",
            )
        ),
        ("query", "WITH RECURSIVE r AS (SELECT a FROM secret UNION ALL SELECT a FROM r) SELECT * FROM r", UNSEEN),
        ("ddl", "GRANT admin TO alice", UNSEEN),
        ("ddl", "GRANT SELECT ON TABLE mine TO public", UNSEEN),
        ("ddl", "USE kwrest_system", "3D000"),
        # what is there already is told to those who may make something
        ("ddl", "CREATE TABLE secret (a INT)", UNSEEN),
        ("ddl", "CREATE VIEW secret AS SELECT 1 AS one", UNSEEN),
        ("ddl", "CREATE DATABASE defaultdb", UNSEEN),
        ("ddl", "DROP DATABASE postgres RESTRICT", UNSEEN),
        ("ddl", "SET CLUSTER SETTING no.such = 1", UNSEEN),
        ("query", "SHOW CLUSTER SETTING no.such", UNSEEN),
        ("ddl", "COMMENT ON COLUMN secret.nosuch IS 'x'", UNSEEN),
        ("ddl", "DROP VIEW secret", UNSEEN),
        ("query", "SHOW TAGS FROM secret", UNSEEN),
        ("query", "SHOW TAG VALUES FROM secret", UNSEEN),
        ("query", "SHOW CONSTRAINTS FROM points", UNSEEN),
        ("query", "SHOW GRANTS ON TABLE secret, nosuch", UNSEEN),
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
                "TABLE mine ADD CONSTRAINT k CHECK (a > 0)",
                "TABLE mine DROP CONSTRAINT IF EXISTS k",
                "TABLE mine ALTER COLUMN a SET NOT NULL",
                "TABLE mine ALTER COLUMN a SET DEFAULT 1",
                "TABLE mine RENAME TO mine",
                "TABLE points ADD TAG x INT",
                "TABLE points ALTER COLUMN v TYPE INT8",
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


# ---------------------------------------------------------------- what refusals and lists tell


@pytest.mark.parametrize(
    "endpoint, there, not_there",
    [
        ("query", "SELECT a FROM secret", "SELECT nosuch FROM secret"),
        ("query", "SELECT a FROM secret WHERE b = 'x'", "SELECT a FROM secret WHERE b = 1"),
        ("query", "SELECT secret.a FROM secret", "SELECT secret.nosuch FROM secret"),
        ("query", "SELECT (SELECT a FROM secret) FROM mine", "SELECT (SELECT nosuch FROM secret) FROM mine"),
        (
            "query",
            "SELECT mine.a FROM mine JOIN secret USING (a)",
            "SELECT mine.a FROM mine JOIN secret USING (nosuch)",
        ),
        ("query", "SELECT v FROM points", "SELECT w FROM points"),
        ("insert", "INSERT INTO secret (a) VALUES (1)", "INSERT INTO secret (nosuch) VALUES (1)"),
        ("insert", "INSERT INTO secret (a, b) VALUES (1, 'x')", "INSERT INTO secret (a, b) VALUES ('x', 1)"),
        ("insert", "INSERT INTO points VALUES (now(), 1, 1)", "INSERT INTO points VALUES (now(), 1, 1, 1)"),
        ("insert", "INSERT INTO mine SELECT a, b FROM secret", "INSERT INTO mine SELECT b, a FROM secret"),
        ("ddl", "UPDATE secret SET a = 1", "UPDATE secret SET nosuch = 1"),
        ("ddl", "DELETE FROM secret WHERE a = 1", "DELETE FROM secret WHERE nosuch = 1"),
        ("ddl", "DELETE FROM points WHERE dev = 1", "DELETE FROM points WHERE nosuch = 1"),
        ("ddl", "ALTER TABLE secret ADD COLUMN c INT", "ALTER TABLE secret ADD COLUMN a INT"),
        ("ddl", "ALTER TABLE secret DROP COLUMN a", "ALTER TABLE secret DROP COLUMN nosuch"),
        ("ddl", "COMMENT ON COLUMN secret.a IS 'x'", "COMMENT ON COLUMN secret.nosuch IS 'x'"),
        ("ddl", "CREATE TABLE secret (a INT)", "CREATE TABLE nosuch (a INT)"),
        ("query", "SHOW CREATE TABLE secret", "SHOW CREATE VIEW secret"),
        ("ddl", "GRANT SELECT ON secret TO nobody", "GRANT SELECT ON secret TO alice"),
    ],
)
def test_a_refusal_is_the_same_whatever_a_hidden_table_holds(
    statements: Statements, endpoint: str, there: str, not_there: str
) -> None:
    heard = {failure_of(statements, "alice", endpoint, sql).message for sql in (there, not_there)}
    assert len(heard) == 1 and heard.pop().startswith(
        "user alice does not have " if "SHOW" not in there else "user alice has no "
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW TABLES", "SHOW TABLES WITH COMMENT", "SHOW GRANTS", "SHOW GRANTS FOR alice, bob, carol", "SHOW GRANTS ON TABLE *",
        "SHOW GRANTS ON TABLE defaultdb.*", "SHOW GRANTS ON TABLE open", "SHOW GRANTS ON DATABASE defaultdb",
    ],
)  # fmt: skip
def test_lists_name_nothing_that_is_hidden(statements: Statements, sql: str) -> None:
    """`open` is for bob and public, `secret` for carol: alice sees that she may read `open`, and of nobody else."""
    seen = " ".join(rows_of(statements, "alice", sql))
    assert "secret" not in seen and "points" not in seen and "bob" not in seen and "carol" not in seen


def test_who_may_see_everything_is_shown_everything(statements: Statements) -> None:
    seen = " ".join(rows_of(statements, "root", "SHOW GRANTS"))
    assert '"secret","carol","SELECT"' in seen and '"open","bob","INSERT"' in seen


def test_who_holds_a_right_of_its_own_sees_who_else_does(statements: Statements) -> None:
    assert rows_of(statements, "bob", "SHOW GRANTS ON TABLE open") == [
        f'["defaultdb","public","open","{who}","{what}"]'
        for who, what in (("admin", "ALL"), ("bob", "INSERT"), ("public", "SELECT"), ("root", "ALL"))
    ]


def test_a_pattern_grants_what_the_granter_may_see(statements: Statements) -> None:
    assert failure_of(statements, "bob", "ddl", "GRANT INSERT ON TABLE defaultdb.* TO carol").message == (
        "user bob does not have GRANT privilege on relation open"
    )
    assert (
        failure_of(statements, "dave", "ddl", "GRANT INSERT ON TABLE postgres.* TO carol").message
        == "no object matched"
    )


def test_the_objects_that_keep_a_user_from_being_dropped_are_named_to_those_who_may_see_them(
    statements: Statements,
) -> None:
    text = "cannot drop role/user carol: grants still exist on"
    assert failure_of(statements, "maker", "ddl", "DROP USER carol").message == f"{text} defaultdb, 1 other table"
    assert (
        failure_of(statements, "root", "ddl", "DROP USER carol").message == f"{text} defaultdb, defaultdb.public.secret"
    )


# ---------------------------------------------------------------- a USE that failed


def descriptions(statements: Statements, user: str, sql: str) -> list[str]:
    return list(statements.define(_request(user), sql).descriptions)


def test_nothing_runs_in_another_database_after_a_use_that_failed(statements: Statements) -> None:
    no = 'database "typo" does not exist'
    assert descriptions(statements, "root", """
        CREATE DATABASE lab; USE lab; CREATE TABLE t (a INT); CREATE TABLE defaultdb.t (a INT);
        USE typo; DROP TABLE t; CREATE TABLE u (a INT); DELETE FROM t; GRANT SELECT ON t TO alice; GRANT SELECT ON * TO alice;
        DELETE FROM lab.t; CREATE USER eve; DROP TABLE public.t; USE defaultdb; DROP TABLE t; USE; DROP TABLE lab.t; DROP TABLE mine
    """)[4:] == [
        no, no, no, no, no, no, "success", "success", no, "success", "success",
        'at or near "EOF": syntax error', "success", 'at or near "EOF": syntax error',
    ]  # fmt: skip
    assert rows_of(statements, "root", "SHOW TABLES FROM lab") == []
    assert '["mine","BASE TABLE"]' in rows_of(statements, "root", "SHOW TABLES")


# ---------------------------------------------------------------- a REVOKE between the check and the change


def test_a_definition_is_refused_when_its_right_went_meanwhile(statements: Statements) -> None:
    """What the binder made and access passed waits for a REVOKE that was first at the lock."""
    context = Context(statements._world, User("alice"), statements._catalog.find_database("defaultdb"), ZoneInfo("UTC"))
    for sql, needs in (
        ("CREATE TABLE late (a INT)", "CREATE ON DATABASE defaultdb"),
        ("DROP TABLE gone", "DROP ON gone"),
    ):
        bound = bind(parse(sql), context)
        assert statements.define(_request("root"), f"GRANT {needs} TO alice").failed is None
        statements._access.authorise(User("alice"), bound.rights)
        assert statements.define(_request("root"), f"REVOKE {needs} FROM alice").failed is None
        with pytest.raises(InsufficientPrivilege):
            statements._definitions.apply(bound, _request("alice"))


class RevokingOnce:
    """Access that answers a REVOKE behind its first check."""

    def __init__(self, statements: Statements, sql: str) -> None:
        self._access, self._statements, self._sql = statements._access, statements, sql

    def __getattr__(self, name: str) -> Any:
        return getattr(self._access, name)

    def authorise(self, user: User, rights: Any) -> None:
        self._access.authorise(user, rights)
        if self._sql:
            self._sql, sql = "", self._sql
            assert self._statements.define(_request("root"), sql).failed is None


def test_rows_are_not_written_when_the_right_went_while_the_body_was_bound(statements: Statements) -> None:
    statements.define(_request("root"), "CREATE TABLE body (a INT); GRANT INSERT ON body TO alice")
    access: Any = RevokingOnce(statements, "REVOKE INSERT ON body FROM alice")
    late = Statements(statements._catalog, statements._settings, access, statements._engine, statements._queries)
    answer = late.insert(_request("alice"), "INSERT INTO body VALUES (1)")
    assert answer.descriptions == ["user alice does not have INSERT privilege on relation body"]
    assert rows_of(statements, "root", "SELECT count(*) FROM body") == ["[0]"]


def test_whoever_makes_a_table_holds_all_on_it_until_it_is_revoked(statements: Statements) -> None:
    root, mine = _request("root"), "CREATE TABLE own (a INT); GRANT SELECT ON own TO alice; DROP TABLE own"
    statements.define(root, "CREATE ROLE makers; GRANT makers TO dave; GRANT CREATE ON DATABASE work TO makers")
    request = replace(_request("dave"), database="work")
    assert statements.define(request, mine).failed is None
    assert statements.define(request, "CREATE TABLE own (a INT); CREATE TABLE other (a INT)").failed is None
    assert rows_of(statements, "root", "SHOW GRANTS ON TABLE work.* FOR dave, makers") == [
        f'["work","public","{table}","{who}","{what}"]'
        for table in ("other", "own") for who, what in (("dave", "ALL"), ("makers", "CREATE"))
    ]  # fmt: skip
    statements.define(root, "REVOKE ALL ON TABLE work.own FROM dave")
    assert failure_of(statements, "dave", "query", "SELECT a FROM work.own").sqlstate == "42501"
    assert "work.public.other" in failure_of(statements, "root", "ddl", "DROP USER dave").message
