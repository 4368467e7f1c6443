"""Ways out of the sandbox, tried as root and as a plain user: files, environment, extensions, other catalogs, the
server's own tables. All are refused, with no word of the engine's."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from kwrest.sql.functions import AGGREGATES, PICKS, SCALARS, SERIES, WINDOWS, system
from tests.e2e.server import ROOT_TOKEN, Server, basic
from tests.e2e.ways_out import WAYS

PLAIN = basic("plain", "plain123")


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


# What no answer may hold: a file's first line, words of the engine's, a hash, a defect of ours.
LEAKS = (
    "root:x",
    "duckdb",
    "DuckDB",
    "Binder Error",
    "Catalog Error",
    "Parser Error",
    "argon2",
    "internal error",
    "Traceback",
)
USERS = pytest.mark.parametrize("token", [ROOT_TOKEN, PLAIN], ids=["root", "plain"])


@USERS
@pytest.mark.parametrize(("endpoint", "statement"), WAYS)
def test_no_way_out(walled: Server, endpoint: str, statement: str, token: str) -> None:
    answer = walled.post(endpoint, statement, token=token)
    body = answer.json()
    assert answer.status_code in (400, 500) and body["code"] != 0, answer.text
    described = body["desc"] if isinstance(body["desc"], str) else "; ".join(body["desc"])
    for leak in LEAKS:
        assert leak not in described or leak in statement, described
    assert walled.rows("SELECT * FROM t") == [["1970-01-01T00:00:01Z", 7, 1]]


def engine_functions() -> list[str]:
    """Names of everything that can be called in the engine and is not in our tables."""
    with duckdb.connect() as con:
        names = con.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_name SIMILAR TO '\\w+'"
        )
        ours = {*SCALARS, *AGGREGATES, *WINDOWS, *PICKS, *SERIES, *system.SESSION}
        return sorted(name for (name,) in names.fetchall() if name not in ours)


CALLS = {
    "root": ('SELECT "{}"()', "SELECT \"{}\"('x', 1) FROM t", "SELECT * FROM \"{}\"('x')"),
    "plain": ('SELECT "{}"()',),
}


@pytest.mark.parametrize("user", CALLS)
def test_a_function_of_the_engine_that_has_no_row_cannot_be_called(walled: Server, user: str) -> None:
    reached = []
    for name in engine_functions():
        for call in CALLS[user]:
            statement = call.format(name)
            answer = walled.post("query", statement, token=ROOT_TOKEN if user == "root" else PLAIN)
            described = str(answer.json()["desc"])
            if answer.status_code != 500 or any(leak in described and leak not in statement for leak in LEAKS):
                reached.append((statement, answer.text[:200]))
    assert not reached, f"{len(reached)}: {reached[:20]}"


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
    assert ["plain", True] in walled.rows("SELECT name, login FROM kwrest_system.users")
    columns = [c[0] for c in walled.query("SELECT * FROM kwrest_system.users")["column_meta"]]
    assert "password" not in columns and "name" in columns
