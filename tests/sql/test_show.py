"""SHOW: columns, rows, rights and refusals. One row a case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwrest.errors import KwrestError
from kwrest.model import Database, DatabaseKind, Privilege
from kwrest.sql import bound
from kwrest.sql.bind import bind
from kwrest.sql.bind.constraints import with_row_numbers
from kwrest.sql.bind.context import Granted, QueryFacts, SessionFacts, SettingFacts, UserFacts
from kwrest.sql.bound import AdminRight, Right, TableRight
from kwrest.sql.grammar import parse
from kwrest.system import ROLE_MEMBERS, USERS
from tests.sql.world import (
    ALICE,
    DEFAULTDB,
    IOT,
    POSTGRES,
    ROOT,
    SHOP,
    SYSTEM,
    SmallWorld,
    context,
    make_world,
    relation,
    series,
)

A1 = series("a1", "ts TIMESTAMPTZ(3) NOT NULL, v INT4", "id INT4 PRIMARY")
A3 = replace(
    series("a3", "ts TIMESTAMPTZ(6) NOT NULL, v INT4, w FLOAT8 NOT NULL", "id INT4 PRIMARY, g VARCHAR(10)"),
    options={"retentions": "20d"}, retention=1_728_000,
)  # fmt: skip
A4 = series("a4", "ts TIMESTAMPTZ(9) NOT NULL, v INT4", "a INT4 PRIMARY, b VARCHAR(10) PRIMARY, c INT4")
A5 = series(
    "a5", "ts TIMESTAMPTZ(3) NOT NULL, v INT4 DEFAULT 5, t TIMESTAMP(3) DEFAULT now():::TIMESTAMP", "id INT4 PRIMARY"
)
A11 = series(
    "a11",
    'ts TIMESTAMPTZ(3) NOT NULL, value FLOAT8, "timestamp" INT4, current FLOAT8',
    "location VARCHAR(10) PRIMARY, user1 INT4",
)
BIG = series("Big", 'ts TIMESTAMPTZ(3) NOT NULL, "Val" INT4, "a.b" INT4', '"Id" INT4 PRIMARY')
B1 = series("b1", "ts TIMESTAMPTZ(3) NOT NULL, c CHAR", "id CHAR PRIMARY, n NCHAR")
W2 = with_row_numbers(relation("w2", "rowid INT4"))
W0 = relation("w0", "id INT4 PRIMARY, v FLOAT8 NOT NULL")
W1 = with_row_numbers(relation("w1", "a INT4, s STRING DEFAULT 'x':::STRING"))
OLD = Database(103, "old", DatabaseKind.TIME_SERIES, retention=864_000, partition_interval=777_600)
CAPS = Database(104, "Caps", DatabaseKind.RELATIONAL)
OLD_T = series("t", "ts TIMESTAMPTZ(3) NOT NULL, v INT4", "id INT4 PRIMARY", database=OLD)
SETTINGS = (
    SettingFacts("server.rest.timeout", "60", "i", "minutes a token lives unused"),
    SettingFacts("ts.dedup.rule", "override", "s", "what a second row with the same key does"),
    SettingFacts("audit.enabled", "false", "b", "whether …"),
)
GRANTS = (
    (A3, Granted("alice", Privilege.SELECT)),
    (A3, Granted("alice", Privilege.INSERT)),
    (A1, Granted("bob", Privilege.ALL)),
    (OLD, Granted("alice", Privilege.CREATE)),
)
WORLD = replace(
    make_world(A1, A3, A4, A5, A11, BIG, B1, W0, W1, W2, OLD_T, settings=SETTINGS, grants=GRANTS),
    queries_=(QueryFacts("q1", "s1", "alice", 7, "SELECT 1", "::1", "executing"),),
    sessions_=(
        SessionFacts("s1", "alice", "::1", ("SELECT 1", "SELECT 2"), "", 5, 7),
        SessionFacts("s2", "bob", "", (), "SELECT 3", 6, None),
    ),
    databases_=(DEFAULTDB, IOT, POSTGRES, SHOP, SYSTEM, OLD, CAPS), unseen=frozenset({("alice", A1.id)}),
)  # fmt: skip
ANY_A3 = TableRight(None, A3)


def show(sql: str, database: Database = IOT, world: SmallWorld = WORLD, user: str = "root") -> bound.Query:
    query = bind(parse(sql), context(world, database, ROOT if user == "root" else ALICE))
    assert isinstance(query, bound.Query)
    return query


def rows(query: bound.Query) -> list[tuple[object, ...]]:
    assert isinstance(query.relation, bound.Values)
    return [tuple(_value(cell) for cell in row) for row in query.relation.rows]


def _value(cell: bound.Expr) -> object:
    if isinstance(cell, bound.ArrayOf):
        return [_value(item) for item in cell.items]
    assert isinstance(cell, bound.Const)
    return cell.value


@pytest.mark.parametrize(
    "sql, columns",
    [
        ("SHOW DATABASES", "database_name STRING, engine_type STRING"),
        ("SHOW CREATE DATABASE iot", "database_name STRING, create_statement STRING"),
        ("SHOW SCHEMAS", "schema_name STRING"),
        ("SHOW TABLES", "table_name STRING, table_type STRING"),
        ("SHOW TABLES WITH COMMENT", "table_name STRING, table_type STRING, comment STRING"),
        ("SHOW CREATE TABLE a1", "table_name STRING, create_statement STRING"),
        ("SHOW COLUMNS FROM a1", "column_name STRING, data_type STRING, is_nullable BOOL, column_default STRING, generation_expression STRING, indices STRING[], is_hidden BOOL, is_tag BOOL"),
        ("SHOW INDEX FROM a1 WITH COMMENT", "table_name STRING, index_name STRING, non_unique BOOL, seq_in_index INT8, column_name STRING, direction STRING, storing BOOL, implicit BOOL, comment STRING"),
        ("SHOW CONSTRAINTS FROM shop.w0", "table_name STRING, constraint_name STRING, constraint_type STRING, details STRING, validated BOOL"),
        ("SHOW ALL CLUSTER SETTINGS", "variable STRING, value STRING, setting_type STRING, public BOOL, description STRING"),
        ("SHOW TAGS FROM a4", "tag STRING, type STRING, is_primary BOOL, nullable BOOL"),
        ("SHOW TAG VALUES FROM a4", "a INT4, b VARCHAR(10), c INT4"),
        ("SHOW RETENTIONS ON TABLE a3", "name STRING, retentions STRING, sample STRING"),
        ("SHOW CLUSTER SETTING server.rest.timeout", "server.rest.timeout INT8"),
        ("SHOW CLUSTER SETTING ts.dedup.rule", "ts.dedup.rule STRING"),
        ("SHOW CLUSTER SETTINGS", "variable STRING, value STRING, setting_type STRING, description STRING"),
        ("SHOW QUERIES", "query_id STRING, node_id INT8, session_id STRING, user_name STRING, start TIMESTAMP(3), query STRING, client_address STRING, application_name STRING, distributed BOOL, phase STRING"),
        ("SHOW ALL CLUSTER SESSIONS", "node_id INT8, session_id STRING, user_name STRING, client_address STRING, application_name STRING, active_queries STRING, last_active_query STRING, session_start TIMESTAMP(3), oldest_query_start TIMESTAMP(3)"),
        ("SHOW USERS", "username STRING, options STRING, member_of STRING[]"),
        ("SHOW ROLES", "username STRING, options STRING, member_of STRING[]"),
        ("SHOW INDEXES FROM a1", "table_name STRING, index_name STRING, non_unique BOOL, seq_in_index INT8, column_name STRING, direction STRING, storing BOOL, implicit BOOL"),
    ],
)  # fmt: skip
def test_columns(sql: str, columns: str) -> None:
    assert ", ".join(f"{c.name} {c.type}" for c in show(sql).columns) == columns


SERIES, BASE = "TIME SERIES TABLE", "BASE TABLE"


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("SHOW DATABASES", [("Caps", "RELATIONAL"), ("defaultdb", "RELATIONAL"), ("iot", "TIME SERIES"), ("old", "TIME SERIES"), ("postgres", "RELATIONAL"), ("shop", "RELATIONAL"), ("system", "RELATIONAL")]),
        ("SHOW QUERIES", [("q1", 1, "s1", "alice", 7, "SELECT 1", "::1", "", False, "executing")]),
        ("SHOW CLUSTER QUERIES", [("q1", 1, "s1", "alice", 7, "SELECT 1", "::1", "", False, "executing")]),
        ("SHOW LOCAL SESSIONS", [(1, "s1", "alice", "::1", "", "SELECT 1; SELECT 2", "", 5, 7), (1, "s2", "bob", "", "", "", "SELECT 3", 6, None)]),
        ("SHOW TABLES", [("Big", SERIES), ("a1", SERIES), ("a11", SERIES), ("a3", SERIES), ("a4", SERIES), ("a5", SERIES), ("b1", SERIES)]),
        ("SHOW TABLES FROM shop", [("w0", BASE), ("w1", BASE), ("w2", BASE)]),
        ("SHOW TABLES FROM shop.public", [("w0", BASE), ("w1", BASE), ("w2", BASE)]),
        ("SHOW TABLES FROM old WITH COMMENT", [("t", SERIES, "")]),
        ("SHOW CREATE DATABASE old", [("old", "CREATE TS DATABASE old\n\t retentions 864000s \n\t partition interval 9d ")]),
        ("SHOW CREATE DATABASE iot", [("iot", "CREATE TS DATABASE iot\n\t retentions 0s \n\t partition interval 10d ")]),
        ('SHOW CREATE DATABASE "Caps"', [('"Caps"', 'CREATE DATABASE "Caps"')]),
        ("SHOW COLUMNS FROM a3", [
            ("ts", "TIMESTAMPTZ(6)", False, None, "", ["primary"], False, False), ("v", "INT4", True, None, "", [], False, False),
            ("w", "FLOAT8", False, None, "", [], False, False), ("id", "INT4", False, None, "", [], False, True),
            ("g", "VARCHAR(10)", True, None, "", [], False, True),
        ]),
        ("SHOW COLUMNS FROM shop.w1", [
            ("a", "INT4", True, None, "", [], False, False), ("s", "STRING", True, "'x':::STRING", "", [], False, False),
            ("rowid", "INT8", False, "unique_rowid()", "", ["primary"], True, False),
        ]),
        ("SHOW TAGS FROM a4", [("a", "INT4", True, False), ("b", "VARCHAR(10)", True, False), ("c", "INT4", False, True)]),
        ("SHOW ATTRIBUTES FROM a1", [("id", "INT4", True, False)]),
        ("SHOW RETENTIONS ON TABLE a3", [("a3", "20d", None)]),
        ("SHOW RETENTIONS ON TABLE a1", [("a1", None, None)]),
        ("SHOW RETENTIONS ON TABLE old.t", [("t", "864000s", None)]),
        ("SHOW CLUSTER SETTING server.rest.timeout", [(60,)]),
        ("SHOW CLUSTER SETTING Audit.Enabled", [(False,)]),
        ("SHOW USERS", [("admin", "CREATEROLE", []), ("alice", "", []), ("root", "CREATEROLE", ["admin"])]),
        ("SHOW GRANTS ON TABLE a3", [
            ("iot", "public", "a3", "admin", "ALL"), ("iot", "public", "a3", "alice", "INSERT"),
            ("iot", "public", "a3", "alice", "SELECT"), ("iot", "public", "a3", "root", "ALL"),
        ]),
        ("SHOW GRANTS ON SCHEMA public, old.pg_catalog FOR alice, root", [
            ("iot", "public", "root", "ALL"), ("old", "pg_catalog", "alice", "CREATE"), ("old", "pg_catalog", "root", "ALL"),
        ]),
        ("SHOW GRANTS ON TABLE old.* FOR root", [("old", "public", "t", "root", "ALL")]),
        ("SHOW GRANTS ON nodb.*", []),
        ("SHOW GRANTS FOR alice, bob", [
            ("iot", "public", "a1", "bob", "ALL"), ("iot", "public", "a3", "alice", "INSERT"),
            ("iot", "public", "a3", "alice", "SELECT"),
        ]),
        ("SHOW GRANTS ON ROLE", [("admin", "root", True)]),
        ("SHOW GRANTS ON ROLE Admin FOR ROOT, alice", [("admin", "root", True)]),
        ("SHOW GRANTS ON ROLE FOR alice", []),
        ('SHOW GRANTS ON iot.a1, a3 FOR "Bob"', [("iot", "public", "a1", "bob", "ALL")]),
        ("SHOW GRANTS ON iot.a1, a3 FOR bob", [("iot", "public", "a1", "bob", "ALL")]),
        ("SHOW GRANTS ON DATABASE old FOR alice", [
            ("old", "information_schema", "alice", "CREATE"), ("old", "kwdb_internal", "alice", "CREATE"),
            ("old", "pg_catalog", "alice", "CREATE"), ("old", "public", "alice", "CREATE"),
        ]),
        ("SHOW INDEXES FROM shop.w0", [("w0", "primary", False, 1, "id", "ASC", False, False)]),
        ("SHOW CONSTRAINTS FROM shop.w0", [("w0", "primary", "PRIMARY KEY", "PRIMARY KEY (id ASC)", True)]),
        ("SHOW TIME ZONE", [("UTC",)]),
        ("SHOW SCHEMAS FROM iot", [("information_schema",), ("kwdb_internal",), ("pg_catalog",), ("public",)]),
        ("SHOW KEYS FROM a1", [("a1", "primary", False, 1, "ts", "ASC", False, False)]),
    ],
)  # fmt: skip
def test_rows(sql: str, expected: list[tuple[object, ...]]) -> None:
    assert rows(show(sql)) == expected


# Layout as KWDB V3.2.1 prints it (recorded).
@pytest.mark.parametrize(
    "sql, name, text",
    [
        ("SHOW CREATE TABLE a1", "a1", "CREATE TABLE a1 (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\tv INT4 NULL\n) TAGS (\n\tid INT4 NOT NULL ) PRIMARY TAGS(id)\n\tretentions 0s"),
        ("SHOW CREATE a1", "a1", "CREATE TABLE a1 (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\tv INT4 NULL\n) TAGS (\n\tid INT4 NOT NULL ) PRIMARY TAGS(id)\n\tretentions 0s"),
        ("SHOW CREATE TABLE iot.a1", "iot.public.a1", "CREATE TABLE a1 (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\tv INT4 NULL\n) TAGS (\n\tid INT4 NOT NULL ) PRIMARY TAGS(id)\n\tretentions 0s"),
        ("SHOW CREATE TABLE a3", "a3", "CREATE TABLE a3 (\n\tts TIMESTAMPTZ(6) NOT NULL,\n\tv INT4 NULL,\n\tw FLOAT8 NOT NULL\n) TAGS (\n\tid INT4 NOT NULL,\n\tg VARCHAR(10) ) PRIMARY TAGS(id)\n\tretentions 20d"),
        ("SHOW CREATE TABLE a4", "a4", "CREATE TABLE a4 (\n\tts TIMESTAMPTZ(9) NOT NULL,\n\tv INT4 NULL\n) TAGS (\n\ta INT4 NOT NULL,\n\tb VARCHAR(10) NOT NULL,\n\tc INT4 ) PRIMARY TAGS(a, b)\n\tretentions 0s"),
        ("SHOW CREATE TABLE a5", "a5", "CREATE TABLE a5 (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\tv INT4 NULL DEFAULT 5,\n\tt TIMESTAMP(3) NULL DEFAULT now():::TIMESTAMP\n) TAGS (\n\tid INT4 NOT NULL ) PRIMARY TAGS(id)\n\tretentions 0s"),
        ("SHOW CREATE TABLE a11", "a11", 'CREATE TABLE a11 (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\tvalue FLOAT8 NULL,\n\t"timestamp" INT4 NULL,\n\tcurrent FLOAT8 NULL\n) TAGS (\n\tlocation VARCHAR(10) NOT NULL,\n\tuser1 INT4 ) PRIMARY TAGS(location)\n\tretentions 0s'),
        ('SHOW CREATE TABLE "Big"', '"Big"', 'CREATE TABLE "Big" (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\t"Val" INT4 NULL,\n\t"a.b" INT4 NULL\n) TAGS (\n\t"Id" INT4 NOT NULL ) PRIMARY TAGS("Id")\n\tretentions 0s'),
        ("SHOW CREATE TABLE old.t", "old.public.t", "CREATE TABLE t (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\tv INT4 NULL\n) TAGS (\n\tid INT4 NOT NULL ) PRIMARY TAGS(id)\n\tretentions 864000s"),
        ("SHOW CREATE TABLE shop.w0", "shop.public.w0", 'CREATE TABLE w0 (\n\tid INT4 NOT NULL,\n\tv FLOAT8 NOT NULL,\n\tCONSTRAINT "primary" PRIMARY KEY (id ASC),\n\tFAMILY "primary" (id, v)\n)'),
        ("SHOW CREATE TABLE b1", "b1", "CREATE TABLE b1 (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\tc CHAR NULL\n) TAGS (\n\tid CHAR(1) NOT NULL,\n\tn NCHAR(1) ) PRIMARY TAGS(id)\n\tretentions 0s"),
        ("SHOW CREATE TABLE shop.w2", "shop.public.w2", 'CREATE TABLE w2 (\n\trowid INT4 NULL,\n\tFAMILY "primary" (rowid, rowid_1)\n)'),
        ("SHOW CREATE TABLE shop.w1", "shop.public.w1", "CREATE TABLE w1 (\n\ta INT4 NULL,\n\ts STRING NULL DEFAULT 'x':::STRING,\n\tFAMILY \"primary\" (a, s, rowid)\n)"),
    ],
)  # fmt: skip
def test_create_table(sql: str, name: str, text: str) -> None:
    assert rows(show(sql)) == [(name, text)]


@pytest.mark.parametrize(
    "sql, sqlstate, message",
    [
        ("SHOW TABLES FROM nodb", "3F000", "target database or schema does not exist"),
        ("SHOW TABLES FROM iot.other", "3F000", "target database or schema does not exist"),
        ("SHOW CREATE DATABASE nodb", "3D000", 'database "nodb" does not exist'),
        ("SHOW COLUMNS FROM nosuch", "42P01", 'relation "nosuch" does not exist'),
        ("SHOW TAGS FROM nosuch", "42P01", 'relation "nosuch" does not exist'),
        ("SHOW CREATE TABLE big", "42P01", 'relation "big" does not exist'),
        ("SHOW TAGS FROM shop.w0", "42809", "relational table w0 does not have tag"),
        ("SHOW TAG VALUES FROM shop.w0", "42809", '"w0" is not a timeseries table'),
        ("SHOW RETENTIONS ON TABLE shop.w0", "0A000", "table w0 does not support downsampling"),
        ("SHOW CLUSTER SETTING no.such", "42704", 'unknown setting: "no.such"'),
        ("SHOW CONSTRAINTS FROM a1", "0A000", "show constraints is not supported in timeseries table"),
        ("SHOW GRANTS ON TABLE nosuch", "42P01", 'relation "nosuch" does not exist'),
        ("SHOW GRANTS ON DATABASE nodb", "3D000", 'database "nodb" does not exist'),
        ("SHOW GRANTS ON SCHEMA nosuch", "3F000", 'unknown schema "nosuch"'),
        ("SHOW GRANTS ON SCHEMA nodb.public", "3D000", 'database "nodb" does not exist'),
        ("SHOW STATISTICS FOR TABLE a1", "0A000", "SHOW STATISTICS is not supported"),
    ],
)  # fmt: skip
def test_refusals(sql: str, sqlstate: str, message: str) -> None:
    with pytest.raises(KwrestError) as failure:
        show(sql)
    assert (failure.value.sqlstate, failure.value.message) == (sqlstate, message)


@pytest.mark.parametrize(
    "sql, right",
    [
        ("SHOW DATABASES", None),
        ("SHOW TABLES", None),
        ("SHOW CREATE TABLE a3", ANY_A3),
        ("SHOW COLUMNS FROM a3", ANY_A3),
        ("SHOW TAGS FROM a3", ANY_A3),
        ("SHOW RETENTIONS ON TABLE a3", ANY_A3),
        ("SHOW GRANTS ON TABLE a3", ANY_A3),
        ("SHOW GRANTS ON ROLE", TableRight(Privilege.SELECT, ROLE_MEMBERS)),
        ("SHOW TAG VALUES FROM a3", TableRight(Privilege.SELECT, A3)),
        ("SHOW CLUSTER SETTING ts.dedup.rule", AdminRight("SHOW CLUSTER SETTINGS")),
        ("SHOW CLUSTER SETTINGS", AdminRight("SHOW CLUSTER SETTINGS")),
        ("SHOW USERS", TableRight(Privilege.SELECT, USERS)),
        ("SHOW TABLES FROM kwrest_system", AdminRight("read kwrest_system")),
        ("SHOW COLUMNS FROM kwrest_system.users", AdminRight("read kwrest_system")),
    ],
)
def test_rights(sql: str, right: Right | None) -> None:
    assert show(sql).rights == (() if right is None else (right,))


def test_tables_a_user_has_no_right_on_are_not_listed() -> None:
    assert "a1" not in [row[0] for row in rows(show("SHOW TABLES", user="alice"))]


def test_grants_of_everything_begin_with_the_databases_schemas() -> None:
    found = rows(show("SHOW GRANTS", OLD))
    assert found[0] == ("old", "information_schema", None, "admin", "ALL")
    assert ("old", "public", None, "alice", "CREATE") in found and ("old", "public", "t", "root", "ALL") in found
    assert [c.name for c in show("SHOW GRANTS").columns][2] == "table_name"


def test_options_of_users() -> None:
    people = (
        UserFacts("admin", createrole=True),
        UserFacts("role4", login=False, valid_until=1704067200 * 10**9, member_of=("a", "b")),
        UserFacts("role2", createrole=True, login=False),
    )
    assert rows(show("SHOW ROLES", world=replace(WORLD, users_=people))) == [
        ("admin", "CREATEROLE", []),
        ("role4", "NOLOGIN, VALID UNTIL=2024-01-01 00:00:00+00:00", ["a", "b"]),
        ("role2", "CREATEROLE, NOLOGIN", []),
    ]


def test_secret_columns_are_not_shown() -> None:
    assert "password" not in [row[0] for row in rows(show("SHOW COLUMNS FROM kwrest_system.users"))]


def test_tag_values_read_the_devices() -> None:
    relation = show("SHOW TAG VALUES FROM a4").relation
    assert isinstance(relation, bound.Select) and isinstance(relation.source, bound.Devices)
    assert len(relation.order_by) == 2
