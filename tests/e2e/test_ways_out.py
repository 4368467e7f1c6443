"""Ways out of the sandbox, tried as root and as a plain user: files, environment, extensions, other catalogs, the
server's own tables. All are refused, with no word of the engine's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.server import ROOT_TOKEN, Server, basic

PLAIN = basic("plain", "plain123")

QUERIES = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_parquet('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('/etc/passwd')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_tables()",
    "SELECT * FROM duckdb_columns",
    "SELECT * FROM duckdb_extensions()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_database_list()",
    "SELECT * FROM pragma_version()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM query('select 1')",
    "SELECT * FROM query_table('kwrest.users')",
    "SELECT json_execute_serialized_sql('{}')",
    "SELECT json_serialize_sql('select 1')",
    "SELECT sleep_ms(100000)",
    "SELECT pg_sleep(100000)",
    "SELECT nextval('x')",
    "SELECT write_log('x')",
    "SELECT * FROM kwrest.users",
    'SELECT * FROM "kwrest"."users"',
    "SELECT * FROM memory.main.users",
    "SELECT * FROM system.users",
    "SELECT password FROM kwrest_system.users",
    "SELECT secret FROM kwrest_system.sessions",
    "SELECT kwrest_system.users.password FROM kwrest_system.users",
    "SELECT u.* FROM kwrest_system.users AS u WHERE u.password LIKE 'a%'",
    "SELECT * FROM d2.p100",
    "SELECT rowid FROM t",
    "SELECT eid FROM t",
    "SELECT c1 FROM t",
    "SELECT s1.c1 FROM t",
    "SELECT t FROM t",
    "SELECT COLUMNS('.*') FROM t",
    "SELECT * EXCLUDE (v) FROM t",
    "SELECT v FROM t; ATTACH ':memory:' AS x",
    "ATTACH ':memory:' AS x",
    "COPY t TO '/tmp/out.csv'",
    "EXPORT DATABASE '/tmp/out'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "SET memory_limit = '1TB'",
    "CALL pragma_version()",
    "CREATE MACRO f() AS 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CHECKPOINT",
    "VACUUM",
    "SUMMARIZE t",
    "FROM t",
    "PIVOT t ON v",
    "WITH x AS (DELETE FROM t RETURNING v) SELECT * FROM x",
    "EXPLAIN ANALYZE DELETE FROM t",
    "SELECT * FROM t AS OF SYSTEM TIME '-1s' WHERE error('x')",
    "SELECT error('22012|x')",
    "SELECT v, (SELECT password FROM kwrest_system.users LIMIT 1) FROM t",
    "SELECT * FROM [SHOW COLUMNS FROM kwrest_system.users] WHERE column_name = (SELECT password FROM kwrest_system.users LIMIT 1)",
]
DEFINITIONS = [
    "DROP TABLE kwrest_system.users",
    "DELETE FROM kwrest_system.users",
    "UPDATE kwrest_system.users SET admin = true",
    "ALTER TABLE kwrest_system.users ADD COLUMN x int",
    "CREATE TABLE kwrest_system.x (k int)",
    "CREATE TABLE kwrest.x (k int)",
    "CREATE TABLE x AS SELECT * FROM kwrest_system.users",
    "DROP DATABASE kwrest_system CASCADE",
    "DROP DATABASE kwrest CASCADE",
    "CREATE DATABASE kwrest_system",
    "GRANT ALL ON DATABASE kwrest_system TO plain",
    "GRANT SELECT ON TABLE kwrest_system.users TO plain",
    "USE kwrest_system",
    "CREATE TABLE x (k int DEFAULT (SELECT 1))",
    "DROP USER root",
    "REVOKE admin FROM root",
]
INSERTS = [
    "INSERT INTO kwrest_system.users VALUES ('x', 'y', true, true, 1)",
    "INSERT INTO kwrest.users VALUES ('x', 'y', true, true, 1)",
    "INSERT INTO t SELECT * FROM read_csv('/etc/passwd')",
    "UPSERT INTO kwrest_system.settings VALUES ('a', 'b')",
    "INSERT INTO t (ts, v, id) VALUES (getenv('HOME'), 1, 1)",
]
WAYS = [("query", q) for q in QUERIES] + [("ddl", d) for d in DEFINITIONS] + [("insert", i) for i in INSERTS]


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("walled") / "data").start()
    server.ddl(
        "CREATE TABLE t (ts timestamp not null, v int) TAGS (id int not null) PRIMARY TAGS (id);"
        "CREATE USER plain PASSWORD 'plain123'; GRANT ALL ON TABLE t TO plain"
    )
    server.insert("INSERT INTO t VALUES (1000, 7, 1)")
    yield server
    assert server.stop() == 0


@pytest.mark.parametrize(("endpoint", "statement"), WAYS)
@pytest.mark.parametrize("token", [ROOT_TOKEN, PLAIN], ids=["root", "plain"])
def test_no_way_out(walled: Server, endpoint: str, statement: str, token: str) -> None:
    answer = walled.post(endpoint, statement, token=token)
    body = answer.json()
    assert answer.status_code in (400, 500) and body["code"] != 0, answer.text
    described = body["desc"] if isinstance(body["desc"], str) else "; ".join(body["desc"])
    for leak in (
        "root:x",
        "duckdb",
        "DuckDB",
        "Binder Error",
        "Catalog Error",
        "Parser Error",
        "argon2",
        "internal error",
    ):
        assert leak not in described or leak in statement, described
    assert walled.rows("SELECT * FROM t") == [["1970-01-01T00:00:01Z", 7, 1]]


# As a plain user: what root may do and others may not.
PRIVILEGED = [
    ("query", "SELECT * FROM kwrest_system.rejected"),
    ("query", "SELECT name FROM kwrest_system.users"),
    ("query", "SHOW CLUSTER SETTING server.rest.timeout"),
    ("query", "SHOW CLUSTER SETTINGS"),
    ("ddl", "CREATE USER other PASSWORD 'x'"),
    ("ddl", "ALTER USER root WITH PASSWORD 'x'"),
    ("ddl", "DROP USER plain"),
    ("ddl", "GRANT admin TO plain"),
    ("ddl", "SET CLUSTER SETTING server.rest.timeout = 1"),
    ("ddl", "CREATE DATABASE other"),
    ("ddl", "CREATE TABLE other (k int)"),
    ("ddl", "DROP DATABASE postgres"),
    ("ddl", "GRANT ALL ON DATABASE defaultdb TO plain"),
]


@pytest.mark.parametrize(("endpoint", "statement"), PRIVILEGED)
def test_a_plain_user_may_not(walled: Server, endpoint: str, statement: str) -> None:
    answer = walled.post(endpoint, statement, token=PLAIN)
    assert answer.status_code == 500 and answer.headers["x-sqlstate"] == "42501", answer.text


def test_root_reads_the_servers_tables(walled: Server) -> None:
    assert ["plain", False] in walled.rows("SELECT name, admin FROM kwrest_system.users")
    columns = [c[0] for c in walled.query("SELECT * FROM kwrest_system.users")["column_meta"]]
    assert "password" not in columns and "name" in columns
