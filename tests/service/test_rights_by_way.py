"""Statement × right × user × endpoint: what each statement needs, on whatever way a user came to it, and no less.

A row's `needs` are asked in that order: `t:SELECT` a privilege on a table, `t:any` any, `db:CREATE` one on the database of
the row. Who has them all is served, who lacks one is refused in KWDB's words for it, who has nothing for the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from kwrest.sql import tree
from kwrest.sql.bind import BINDERS
from kwrest.sql.bind.show import SHOWS
from kwrest.sql.grammar import parse
from tests.service.rights_server import GRANTEES, WAYS, RightsServer


class Row(NamedTuple):
    """kind: of the database, `r` or `s`. prepare: makes what the statement changes for good, by the one who makes tables;
    undo: by root, afterwards. owner: what an owner of tables lacks (a right on the database)."""

    endpoint: str
    kind: str
    sql: str
    needs: str = ""
    prepare: str = ""
    undo: str = ""
    owner: str = ""


X = "CREATE TABLE x (a INT, b STRING)"
XS = "CREATE TABLE x (ts TIMESTAMP NOT NULL, v INT, w INT) TAGS (dev INT NOT NULL, site INT) PRIMARY TAGS (dev)"
NO_X = "DROP TABLE IF EXISTS x"

QUERIES = tuple(
    Row("query", *rest)
    for rest in (
        ("r", "SELECT a FROM t", "t:SELECT"),
        ("r", "SELECT count(*) FROM t", "t:SELECT"),
        ("r", "SELECT 1 FROM t LIMIT 0", "t:SELECT"),
        ("r", "TABLE t", "t:SELECT"),
        ("r", "(SELECT a FROM t)", "t:SELECT"),
        ("r", "SELECT t.a FROM t JOIN src ON t.a = src.a", "t:SELECT src:SELECT"),
        ("r", "SELECT t.a FROM t, LATERAL (SELECT a FROM src WHERE src.a = t.a) l", "t:SELECT src:SELECT"),
        ("r", "SELECT a FROM t UNION ALL SELECT a FROM src", "t:SELECT src:SELECT"),
        ("r", "SELECT a FROM t EXCEPT SELECT a FROM src", "t:SELECT src:SELECT"),
        ("r", "WITH w AS (SELECT a FROM src) SELECT 1", "src:SELECT"),
        ("r", "WITH w AS (SELECT a FROM src) SELECT w.a FROM w JOIN t ON t.a = w.a", "src:SELECT t:SELECT"),
        ("r", "SELECT a FROM (SELECT a FROM (TABLE t) x) y", "t:SELECT"),
        ("r", "SELECT a FROM t WHERE a IN (SELECT a FROM src)", "t:SELECT src:SELECT"),
        ("r", "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM src WHERE src.a = t.a)", "t:SELECT src:SELECT"),
        ("r", "SELECT (SELECT max(a) FROM src) FROM t", "t:SELECT src:SELECT"),
        ("r", "SELECT a FROM t GROUP BY a HAVING a > (SELECT min(a) FROM src)", "t:SELECT src:SELECT"),
        ("r", "SELECT a FROM t ORDER BY (SELECT max(a) FROM src)", "t:SELECT src:SELECT"),
        ("r", "SELECT a FROM t LIMIT (SELECT count(*) FROM src)", "t:SELECT src:SELECT"),
        ("r", "SELECT count(*) FILTER (WHERE a IN (SELECT a FROM src)) FROM t", "t:SELECT src:SELECT"),
        ("r", "SELECT ARRAY(SELECT b FROM src)", "src:SELECT"),
        ("r", "VALUES ((SELECT max(a) FROM src))", "src:SELECT"),
        ("r", "SELECT a FROM v", "v:SELECT"),
        ("r", "EXPLAIN SELECT t.a FROM t, src", "t:SELECT src:SELECT"),
        ("r", "SELECT v.a FROM v JOIN t ON v.a = t.a", "v:SELECT t:SELECT"),
        ("s", "SELECT v, dev FROM p WHERE dev = 1", "p:SELECT"),
        ("s", "SELECT last(v), dev FROM p GROUP BY dev", "p:SELECT"),
        ("s", "SELECT dev FROM p", "p:SELECT"),
        ("r", "EXPLAIN SELECT a FROM t WHERE a IN (SELECT a FROM src)", "t:SELECT src:SELECT"),
        # SHOW
        ("r", "SHOW DATABASES"),
        ("r", "SHOW DATABASES WITH COMMENT"),
        ("r", "SHOW CREATE DATABASE {db}"),
        ("r", "SHOW SCHEMAS"),
        ("r", "SHOW SCHEMAS FROM {db}"),
        ("r", "SHOW TABLES"),
        ("r", "SHOW TABLES FROM {db} WITH COMMENT"),
        ("r", "SHOW CREATE TABLE t", "t:any"),
        ("r", "SHOW CREATE VIEW v", "v:any"),
        ("r", "SHOW COLUMNS FROM t", "t:any"),
        ("r", "SHOW COLUMNS FROM v WITH COMMENT", "v:any"),
        ("r", "DESCRIBE t", "t:any"),
        ("r", "SHOW INDEXES FROM t", "t:any"),
        ("r", "SHOW CONSTRAINTS FROM t", "t:any"),
        ("s", "SHOW TAGS FROM p", "p:any"),
        ("s", "SHOW TAG VALUES FROM p", "p:SELECT"),
        ("s", "SHOW RETENTIONS ON TABLE p", "p:any"),
        ("s", "SELECT * FROM [SHOW COLUMNS FROM p]", "p:any"),
        ("r", "SHOW GRANTS"),
        ("r", "SHOW GRANTS FOR other"),
        ("r", "SHOW GRANTS ON DATABASE {db}"),
        ("r", "SHOW GRANTS ON SCHEMA public"),
        ("r", "SHOW GRANTS ON TABLE t", "t:any"),
        ("r", "SHOW GRANTS ON t, src FOR other", "t:any src:any"),
        ("r", "SHOW GRANTS ON TABLE {db}.*"),
        ("r", "SHOW TIME ZONE"),
        ("r", "SHOW QUERIES"),
        ("r", "SHOW SESSIONS"),
        ("r", "SHOW ALL CLUSTER SESSIONS"),
    )
)
WRITES = (
    Row("insert", "r", "INSERT INTO t VALUES (1, 'x')", "t:INSERT"),
    Row("insert", "r", "INSERT INTO t (a) SELECT a FROM src", "t:INSERT src:SELECT"),
    Row("insert", "r", "INSERT INTO t (a) WITH w AS (SELECT a FROM src) SELECT a FROM w", "t:INSERT src:SELECT"),
    Row("insert", "r", "INSERT INTO t (a) SELECT a FROM v", "t:INSERT v:SELECT"),
    Row("insert", "r", "INSERT INTO t (a) VALUES ((SELECT max(a) FROM src))", "t:INSERT src:SELECT"),
    Row("insert", "s", "INSERT INTO p VALUES (now(), 1, 2, 1, 1)", "p:INSERT"),
    Row("insert", "s", "INSERT INTO p (ts, v, dev) SELECT ts, v, dev FROM p", "p:INSERT p:SELECT"),
    Row("insert", "r", "UPSERT INTO t VALUES (1, 'x')", "t:INSERT t:SELECT t:UPDATE"),
    Row("insert", "r", "INSERT INTO t VALUES (1, 'x') ON CONFLICT DO NOTHING", "t:INSERT t:SELECT"),
    Row(
        "insert",
        "r",
        "INSERT INTO k VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
        "k:INSERT k:SELECT k:UPDATE",
    ),
    Row(
        "insert",
        "r",
        "INSERT INTO k VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = (SELECT max(a) FROM src)",
        "k:INSERT k:SELECT k:UPDATE src:SELECT",
    ),
    Row("insert", "r", "INSERT INTO t VALUES (1, 'x') RETURNING a", "t:INSERT t:SELECT"),
    Row("telegraf", "s", "p,dev=1,site=2 v=1i,w=2i", "p:INSERT"),
    Row("ddl", "r", "UPDATE t SET b = 'y'", "t:UPDATE t:SELECT"),
    Row("ddl", "r", "UPDATE t SET b = 'y' WHERE a = 1", "t:UPDATE t:SELECT"),
    Row("ddl", "r", "UPDATE t SET b = (SELECT max(b) FROM src)", "t:UPDATE t:SELECT src:SELECT"),
    Row("ddl", "r", "UPDATE t SET b = 'y' WHERE a IN (SELECT a FROM src)", "t:UPDATE t:SELECT src:SELECT"),
    Row("ddl", "r", "UPDATE t SET b = src.b FROM src WHERE src.a = t.a", "t:UPDATE t:SELECT src:SELECT"),
    Row("ddl", "s", "UPDATE p SET site = 3 WHERE dev = 1", "p:UPDATE p:SELECT"),
    Row("ddl", "r", "DELETE FROM t", "t:DELETE t:SELECT"),
    Row("ddl", "r", "DELETE FROM t WHERE a = 1", "t:DELETE t:SELECT"),
    Row("ddl", "r", "DELETE FROM t WHERE a IN (SELECT a FROM src)", "t:DELETE t:SELECT src:SELECT"),
    Row("ddl", "s", "DELETE FROM p WHERE ts < '2020-01-01'", "p:DELETE p:SELECT"),
    Row("ddl", "s", "DELETE FROM p WHERE dev = 1", "p:DELETE p:SELECT"),
)
DEFINITIONS = (
    Row("ddl", "r", "USE {db}"),
    Row("ddl", "r", X, "db:CREATE", undo=NO_X),
    Row("ddl", "s", XS, "db:CREATE", undo=NO_X),
    Row("ddl", "r", "CREATE TABLE IF NOT EXISTS t (a INT)", "db:CREATE"),
    Row("ddl", "r", "CREATE TABLE x AS SELECT a FROM t", "db:CREATE t:SELECT", undo=NO_X),
    Row("ddl", "r", "CREATE TABLE x (LIKE t)", "db:CREATE t:SELECT", undo=NO_X),
    Row("ddl", "r", "CREATE TABLE x (a INT REFERENCES k (id))", "db:CREATE k:SELECT", undo=NO_X),
    Row("ddl", "r", "CREATE VIEW x AS SELECT a FROM t", "db:CREATE t:SELECT", undo="DROP VIEW IF EXISTS x"),
    Row("ddl", "r", "CREATE VIEW x AS SELECT a FROM v", "db:CREATE v:SELECT", undo="DROP VIEW IF EXISTS x"),
    Row("ddl", "r", "DROP TABLE x", "x:DROP", X, NO_X),
    Row("ddl", "r", "DROP TABLE IF EXISTS x", "x:DROP", X, NO_X),
    Row("ddl", "r", "DROP VIEW x", "x:DROP", "CREATE VIEW x AS SELECT 1 AS one", "DROP VIEW IF EXISTS x"),
    Row("ddl", "s", "DROP TABLE x", "x:DROP", XS, NO_X),
    Row("ddl", "r", "ALTER TABLE x ADD COLUMN c INT", "x:CREATE", X, NO_X),
    Row("ddl", "r", "ALTER TABLE x DROP COLUMN b", "x:CREATE", X, NO_X),
    Row("ddl", "s", "ALTER TABLE x ADD COLUMN c INT", "x:CREATE", XS, NO_X),
    Row("ddl", "s", "ALTER TABLE x DROP COLUMN w", "x:CREATE", XS, NO_X),
    Row("ddl", "s", "ALTER TABLE x ADD TAG c INT", "x:CREATE", XS, NO_X),
    Row("ddl", "s", "ALTER TABLE x ALTER COLUMN v TYPE INT8", "x:CREATE", XS, NO_X),
    Row("ddl", "s", "ALTER TABLE x SET RETENTIONS = 10d", "x:CREATE", XS, NO_X),
    Row("ddl", "r", "ALTER TABLE x RENAME COLUMN b TO c", "x:CREATE", X, NO_X),
    Row("ddl", "r", "ALTER TABLE x ADD CHECK (a > 0)", "x:CREATE", X, NO_X),
    Row("ddl", "r", "ALTER TABLE x ADD FOREIGN KEY (a) REFERENCES k (id)", "x:CREATE k:SELECT", X, NO_X),
    Row("ddl", "r", "ALTER TABLE x RENAME TO y", "x:DROP db:CREATE", X, NO_X + "; DROP TABLE IF EXISTS y"),
    Row("ddl", "r", "CREATE INDEX i ON x (a)", "x:CREATE", X, NO_X),
    Row("ddl", "r", "DROP INDEX x@i", "x:CREATE", X + "; CREATE INDEX i ON x (a)", NO_X),
    Row("ddl", "r", "TRUNCATE x", "x:DROP", X, NO_X),
    Row("ddl", "r", "COMMENT ON TABLE t IS 'x'", "t:CREATE"),
    Row("ddl", "r", "COMMENT ON COLUMN t.a IS 'x'", "t:CREATE"),
    Row("ddl", "r", "COMMENT ON DATABASE {db} IS 'x'", "db:CREATE"),
    Row("ddl", "r", "GRANT SELECT ON t TO other", "t:GRANT t:SELECT", undo="REVOKE ALL ON t FROM other"),
    Row("ddl", "r", "GRANT SELECT, INSERT ON TABLE t, src TO other", "t:GRANT t:SELECT t:INSERT src:GRANT src:SELECT src:INSERT", undo="REVOKE ALL ON t, src FROM other"),
    Row("ddl", "r", "GRANT SELECT ON v TO public", "v:GRANT v:SELECT", undo="REVOKE SELECT ON v FROM public"),
    Row("ddl", "r", "REVOKE SELECT ON t FROM other", "t:GRANT t:SELECT"),
    Row("ddl", "r", "GRANT CREATE ON DATABASE {db} TO other", "db:GRANT db:CREATE", undo="REVOKE ALL ON DATABASE {db} FROM other", owner="GRANT"),
    Row("ddl", "r", "REVOKE CREATE ON DATABASE {db} FROM other", "db:GRANT db:CREATE", owner="GRANT"),
)  # fmt: skip
ROWS = (*QUERIES, *WRITES, *DEFINITIONS)
ENDPOINTS = ("ddl", "insert", "query")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RightsServer]:
    made = RightsServer(tmp_path_factory.mktemp("ways"))
    yield made
    made.close()


def refused(user: str, need: str, database: str) -> str:
    """KWDB's words for who lacks a right."""
    on, privilege = need.split(":")
    if privilege == "any":
        return f"42501 user {user} has no privileges on relation {on}"
    where = f"database {database}" if on == "db" else f"relation {on}"
    return f"42501 user {user} does not have {privilege} privilege on {where}"


def grant(server: RightsServer, way: str, database: str, needs: list[str]) -> None:
    for need in needs:
        on, privilege = need.split(":")
        what = f"DATABASE {database}" if on == "db" else on
        privilege = "DROP" if privilege == "any" else privilege
        server.done("root", database, f"GRANT {privilege} ON {what} TO {GRANTEES[way]}")


def take(server: RightsServer, database: str, needs: list[str]) -> None:
    for on in dict.fromkeys(need.split(":")[0] for need in needs):
        what = f"DATABASE {database}" if on == "db" else on
        server.done("root", database, f"REVOKE ALL ON {what} FROM granted")


def ask(server: RightsServer, row: Row, way: str) -> str:
    """What the user of this way hears; what the statement needs is there before, and gone afterwards."""
    database = f"{row.kind}_{way}"
    return server.run(row.endpoint, server.user(way), database, row.sql.format(db=database))


def prepared(server: RightsServer, row: Row, way: str) -> None:
    database = f"{row.kind}_{way}"
    if row.prepare:
        server.done("owner" if way == "owner" else "root", database, row.prepare)
        if way in ("role", "nested", "public"):
            server.done("root", database, f"GRANT ALL ON x TO {GRANTEES[way]}")


def undone(server: RightsServer, row: Row, way: str) -> None:
    database = f"{row.kind}_{way}"
    if row.undo:
        server.done("root", database, row.undo.format(db=database))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.endpoint} {row.kind} {row.sql}"[:80])
def test_who_has_the_rights_is_served_and_who_lacks_one_is_refused(server: RightsServer, row: Row) -> None:
    needs = row.needs.split()
    for way in WAYS:
        prepared(server, row, way)
        user, database = server.user(way), f"{row.kind}_{way}"
        wanted = refused(user, needs[0], database) if way == "none" and needs else ""
        if way == "owner" and row.owner:
            wanted = refused(user, f"db:{row.owner}", database)
        if way == "granted":
            for missing in needs:
                others = [need for need in needs if need != missing]
                grant(server, way, database, others)
                assert ask(server, row, way) == refused(user, missing, database), f"without {missing}"
                take(server, database, needs)
            grant(server, way, database, needs)
        assert ask(server, row, way) == wanted, way
        if way == "granted":
            take(server, database, [need for need in needs if not need.startswith("x:")])  # x goes with its grants
        undone(server, row, way)


@pytest.mark.parametrize("row", [row for row in ROWS if row.endpoint in ENDPOINTS], ids=lambda row: row.sql[:60])
def test_another_endpoint_takes_it_from_nobody(server: RightsServer, row: Row) -> None:
    for endpoint in ENDPOINTS:
        if endpoint != row.endpoint:
            heard = {
                server.run(endpoint, user, f"{row.kind}_owner", row.sql.format(db="r_owner"))
                for user in ("owner", "none", "root")
            }
            assert len(heard) == 1 and heard.pop().startswith("42601 wrong statement")


# ---------------------------------------------------------------- rights that no grant gives

ADMINS = ("root", "admin2", "chief")  # itself, by the role, by a role that is in the role
NOBODIES = ("owner", "udatabase", "maker", "none")


@pytest.mark.parametrize("endpoint, sql, undo, text", [
    ("ddl", "CREATE DATABASE made", "DROP DATABASE made", "only users with the admin role are allowed to CREATE DATABASE"),
    ("ddl", "CREATE TS DATABASE made", "DROP DATABASE made", "only users with the admin role are allowed to CREATE DATABASE"),
    ("ddl", "CREATE DATABASE IF NOT EXISTS r_owner", "", "only users with the admin role are allowed to CREATE DATABASE"),
    ("ddl", "SET CLUSTER SETTING ts.dedup.rule = 'override'", "", "only users with the admin role are allowed to SET CLUSTER SETTING"),
    ("ddl", "RESET CLUSTER SETTING ts.dedup.rule", "", "only users with the admin role are allowed to SET CLUSTER SETTING"),
    ("ddl", "ALTER DATABASE s_owner RENAME TO s_another", "ALTER DATABASE s_another RENAME TO s_owner", "only users with the admin role are allowed to ALTER DATABASE"),
    ("ddl", "ALTER TS DATABASE s_owner SET RETENTIONS = 10d", "", "only users with the admin role are allowed to ALTER DATABASE"),
    ("query", "SHOW TS PARTITIONS", "", "only users with the admin role are allowed to SHOW TS PARTITIONS"),
    ("query", "SHOW CLUSTER SETTING ts.dedup.rule", "", "only users with the admin role are allowed to SHOW CLUSTER SETTINGS"),
    ("query", "SHOW ALL CLUSTER SETTINGS", "", "only users with the admin role are allowed to SHOW CLUSTER SETTINGS"),
    ("query", "SHOW USERS", "", "user {} does not have SELECT privilege on relation users"),
    ("query", "SHOW ROLES", "", "user {} does not have SELECT privilege on relation users"),
    ("query", "SELECT username FROM [SHOW USERS]", "", "user {} does not have SELECT privilege on relation users"),
    ("query", "SHOW GRANTS ON ROLE", "", "user {} does not have SELECT privilege on relation role_members"),
    ("query", "SHOW GRANTS ON ROLE spare FOR lead", "", "user {} does not have SELECT privilege on relation role_members"),
    ("query", "SELECT name FROM kwrest_system.users", "", "only users with the admin role are allowed to read kwrest_system"),
    ("query", "SHOW TABLES FROM kwrest_system", "", "only users with the admin role are allowed to read kwrest_system"),
    ("query", "SHOW COLUMNS FROM kwrest_system.users", "", "only users with the admin role are allowed to read kwrest_system"),
    ("ddl", "GRANT spare TO other", "REVOKE spare FROM other", "{} is not a superuser or role admin for role spare"),
    ("ddl", "REVOKE spare FROM other", "", "{} is not a superuser or role admin for role spare"),
])  # fmt: skip
def test_what_is_for_admins(server: RightsServer, endpoint: str, sql: str, undo: str, text: str) -> None:
    for user in NOBODIES:
        assert server.run(endpoint, user, "r_owner", sql) == f"42501 {text.format(user)}"
    for user in ADMINS:
        assert server.run(endpoint, user, "r_owner", sql) == "", user
        if undo:
            server.root(undo)


@pytest.mark.parametrize("sql, undo", [
    ("CREATE USER made PASSWORD 'x'", "DROP USER made"),
    ("CREATE ROLE made", "DROP ROLE made"),
    ("CREATE USER IF NOT EXISTS other", ""),
    ("ALTER USER other WITH PASSWORD 'y'", ""),
    ("ALTER ROLE spare NOLOGIN", ""),
    ("DROP ROLE IF EXISTS nobody_at_all", ""),
])  # fmt: skip
def test_what_takes_createrole(server: RightsServer, sql: str, undo: str) -> None:
    for user in ("owner", "udatabase", "lead", "none"):
        assert server.run("ddl", user, "r_owner", sql) == f"42501 user {user} does not have CREATEROLE privilege"
    for user in (*ADMINS, "maker"):
        assert server.run("ddl", user, "r_owner", sql) == ""
        if undo:
            server.root(undo)


def test_who_has_the_admin_option_gives_the_role_and_nothing_else(server: RightsServer) -> None:
    assert server.run("ddl", "lead", "r_owner", "GRANT spare TO other; REVOKE spare FROM other") == ""
    for user in ("lead", "maker", "admin2", "none"):
        for sql in ("GRANT admin TO other", "REVOKE admin FROM chiefs", "GRANT chiefs TO other"):
            role = sql.split()[1]
            assert server.run("ddl", user, "r_owner", sql) == f"42501 {user} is not a role admin for role {role}"


def test_a_database_goes_with_the_right_to_drop_it_and_everything_in_it(server: RightsServer) -> None:
    server.root("CREATE DATABASE going")
    server.done("root", "going", X)
    drop = "DROP DATABASE going CASCADE"
    assert (
        server.run("ddl", "other", "r_none", drop) == "42501 user other does not have DROP privilege on database going"
    )
    server.root("GRANT DROP ON DATABASE going TO other")
    assert server.run("ddl", "other", "r_none", drop) == "42501 user other does not have DROP privilege on relation x"
    server.root("GRANT DROP ON TABLE going.x TO other")
    assert server.run("ddl", "other", "r_none", drop) == ""


# ---------------------------------------------------------------- whether the table is whole


def test_every_statement_has_a_row() -> None:
    admin_only = {
        tree.CreateDatabase,
        tree.AlterDatabase,
        tree.DropDatabase,
        tree.SetSetting,
        tree.CreateUser,
        tree.AlterUser,
        tree.DropUser,
        tree.GrantRole,
        tree.AlterDatabase,
    }
    refused_by_name = {tree.OtherStatement}
    said = {type(parse(row.sql.format(db="d"))) for row in ROWS if row.endpoint != "telegraf"}
    missing = set(BINDERS) - said - admin_only - refused_by_name
    assert not missing, "a statement needs its rights, and a row that says which"


def test_every_show_has_a_row() -> None:
    shows = [parse(row.sql.format(db="d")) for row in ROWS if row.sql.startswith(("SHOW", "DESCRIBE"))]
    said = {show.what for show in shows if isinstance(show, tree.Show)}
    assert set(SHOWS) - said == {"CLUSTER SETTING", "CLUSTER SETTINGS", "USERS", "ROLES", "PARTITIONS"}, (
        "those are for admins"
    )
