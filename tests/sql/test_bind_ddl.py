"""Definitions from their SQL: what they ask for, the rights they need, KWDB's words when they are refused."""

from __future__ import annotations

import pytest

from kwrest.errors import SqlError
from kwrest.model import Column, DatabaseKind, Privilege, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.ddl import bind_definition
from kwrest.sql.bound import AdminRight, CreateRoleRight, DatabaseRight, TableRight
from kwrest.sql.definitions import (
    CreateDatabase,
    CreateTable,
    Definition,
    DropDatabase,
    DropTables,
    Nothing,
    UseDatabase,
)
from kwrest.sql.grammar import parse
from tests.sql.world import DEFAULTDB, IOT, SHOP, context, make_world, relation, series

S = series("s", "ts TIMESTAMPTZ(3) NOT NULL, a INT4, b FLOAT8", "id INT4 PRIMARY, area VARCHAR(8)")
ONE = series("one", "ts TIMESTAMPTZ(3) NOT NULL, a INT4", "id INT4 PRIMARY")
R = relation("r", "a INT4, b STRING")
WORLD = make_world(S, ONE, R)
DATABASES = {"defaultdb": DEFAULTDB, "iot": IOT, "shop": SHOP}


def bind(sql: str, database: str = "iot") -> Definition:
    statement = parse(sql)
    assert isinstance(statement, tree.Statement)
    return bind_definition(statement, context(WORLD, DATABASES[database]))


def refused(sql: str, database: str = "iot") -> tuple[str, str]:
    with pytest.raises(SqlError) as error:
        bind(sql, database)
    return error.value.sqlstate, error.value.message


def columns(sql: str, database: str = "iot") -> list[str]:
    """Each column of a CREATE TABLE in one line: name, type, NOT NULL, TAG or PRIMARY, DEFAULT."""
    made = bind(sql, database)
    assert isinstance(made, CreateTable)
    assert [c.id for c in made.table.columns] == list(range(1, len(made.table.columns) + 1))
    return [_shown(c) for c in made.table.columns]


def _shown(column: Column) -> str:
    words = [column.name, str(column.type)]
    words += ["NOT NULL"] if not column.nullable else []
    words += ["PRIMARY"] if column.primary else ["TAG"] if column.tag else []
    words += [f"DEFAULT {column.default}"] if column.default is not None else []
    return " ".join(words)


# ---------------------------------------------------------------- databases


@pytest.mark.parametrize("sql, kind, retention, interval", [
    ("CREATE DATABASE d", DatabaseKind.RELATIONAL, 0, 0),
    ("CREATE TS DATABASE d", DatabaseKind.TIME_SERIES, 0, 0),
    ("CREATE TS DATABASE d RETENTIONS 50d PARTITION INTERVAL 2d", DatabaseKind.TIME_SERIES, 50 * 86400, 2 * 86400),
    ("CREATE TS DATABASE d RETENTIONS 2w", DatabaseKind.TIME_SERIES, 14 * 86400, 0),
    ("CREATE TS DATABASE d RETENTIONS 1000y", DatabaseKind.TIME_SERIES, 1000 * 365 * 86400, 0),
])  # fmt: skip
def test_create_database(sql: str, kind: DatabaseKind, retention: int, interval: int) -> None:
    assert bind(sql) == CreateDatabase("d", kind, retention, interval, (AdminRight("CREATE DATABASE"),))


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("CREATE DATABASE shop", "42P04", 'database "shop" already exists'),
    ('CREATE DATABASE ""', "42601", "empty database name"),
    ("CREATE DATABASE kwrest_system", "42P04", 'database "kwrest_system" already exists'),
    (f"CREATE TS DATABASE {'d' * 64}", "42622", f'ts database name "{"d" * 64}" exceeds max length (63)'),
    ('CREATE TS DATABASE "库"', "42602", "invalid name: 库, naming of time series objects only supports letters, numbers and symbols"),
    ("CREATE TS DATABASE d RETENTIONS 1001y", "22023", "retention 1001y is out of range"),
    ("CREATE TS DATABASE d PARTITION INTERVAL 1001y", "22023", "partition interval 1001y is invalid, the time range is [1day, 1000year]"),
    ("CREATE TS DATABASE d PARTITION INTERVAL 5h", "22023", "unsupported partition interval unit: h"),
    ("DROP DATABASE nosuch", "3D000", 'database "nosuch" does not exist'),
    ("DROP DATABASE system", "42501", "user root does not have DROP privilege on database system"),
    ("DROP DATABASE defaultdb", "42501", "cannot drop special database defaultdb"),
    ("DROP DATABASE shop RESTRICT", "2BP01", 'database "shop" is not empty and RESTRICT was specified'),
    ("USE nosuch", "3D000", 'database "nosuch" does not exist'),
    ("USE kwrest_system", "3D000", 'database "kwrest_system" does not exist'),
])  # fmt: skip
def test_databases_refused(sql: str, sqlstate: str, message: str) -> None:
    assert refused(sql) == (sqlstate, message)


def test_databases_that_come_and_go() -> None:
    dropped = bind("DROP DATABASE shop CASCADE")
    assert dropped == DropDatabase(SHOP, (R,), (DatabaseRight(Privilege.DROP, SHOP), TableRight(Privilege.DROP, R)))
    assert bind("DROP DATABASE IF EXISTS nosuch") == Nothing()
    assert bind("CREATE DATABASE IF NOT EXISTS shop") == Nothing((AdminRight("CREATE DATABASE"),))
    assert bind("USE shop") == UseDatabase(SHOP, ())


# ---------------------------------------------------------------- CREATE TABLE, time series


@pytest.mark.parametrize("sql, expected", [
    ("CREATE TABLE t (ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id)",
     ["ts TIMESTAMPTZ(3) NOT NULL", "v INT4", "id INT4 NOT NULL PRIMARY"]),
    ("CREATE TABLE t (ts TIMESTAMP(9) NOT NULL, v TIMESTAMP(6) NOT NULL, w TIMESTAMP) TAGS (a INT NOT NULL, b VARCHAR(10) NOT NULL, c INT) PRIMARY TAGS (a, b)",
     ["ts TIMESTAMPTZ(9) NOT NULL", "v TIMESTAMP(6) NOT NULL", "w TIMESTAMP(3)", "a INT4 NOT NULL PRIMARY", "b VARCHAR(10) NOT NULL PRIMARY", "c INT4 TAG"]),
    ("CREATE TABLE t (ts TIMESTAMPTZ NOT NULL, a CHAR, b CHAR(5), c NCHAR, d VARCHAR, e NVARCHAR, f VARBYTES, g FLOAT, h DOUBLE, i REAL, j BOOLEAN, k BIGINT, l SMALLINT, m GEOMETRY) ATTRIBUTES (id VARCHAR NOT NULL, x VARCHAR) PRIMARY ATTRIBUTES (id)",
     ["ts TIMESTAMPTZ(3) NOT NULL", "a CHAR", "b CHAR(5)", "c NCHAR", "d VARCHAR(254)", "e NVARCHAR(63)", "f VARBYTES(254)", "g FLOAT8",
      "h FLOAT8", "i FLOAT4", "j BOOL", "k INT8", "l INT2", "m GEOMETRY", "id VARCHAR(64) NOT NULL PRIMARY", "x VARCHAR(254) TAG"]),
    ("CREATE TABLE a5 (ts TIMESTAMP NOT NULL, v INT DEFAULT 5, w VARCHAR(8) DEFAULT 'x''y', b BOOL DEFAULT true, f FLOAT8 DEFAULT -1.5, t TIMESTAMP DEFAULT now(), n INT DEFAULT NULL) TAGS (id INT NOT NULL) PRIMARY TAGS (id)",
     ["ts TIMESTAMPTZ(3) NOT NULL", "v INT4 DEFAULT 5", "w VARCHAR(8) DEFAULT 'x''y'", "b BOOL DEFAULT true", "f FLOAT8 DEFAULT -1.5",
      "t TIMESTAMP(3) DEFAULT now():::TIMESTAMP", "n INT4", "id INT4 NOT NULL PRIMARY"]),
    # The seed's statement without PRIMARY TAGS (contract S2): all tags are the identity, which has no NULLs.
    ("CREATE TABLE ts_table(ts timestamp not null, power int) tags(location varchar(15))",
     ["ts TIMESTAMPTZ(3) NOT NULL", "power INT4", "location VARCHAR(15) NOT NULL PRIMARY"]),
    ("CREATE TABLE t(ts timestamp not null, power int) tags(a varchar(200), b int, c int, d int, e int)",
     ["ts TIMESTAMPTZ(3) NOT NULL", "power INT4", "a VARCHAR(200) NOT NULL PRIMARY", *(f"{x} INT4 NOT NULL PRIMARY" for x in "bcde")]),
])  # fmt: skip
def test_create_series(sql: str, expected: list[str]) -> None:
    assert columns(sql) == expected


@pytest.mark.parametrize("clauses, retention, active, interval, options", [
    ("", 0, 0, 0, {}),
    ("RETENTIONS 20d", 20 * 86400, 0, 0, {"retentions": "20d"}),
    ("RETENTIONS 20d ACTIVETIME 2h DICT ENCODING PARTITION INTERVAL 2d", 20 * 86400, 7200, 2 * 86400,
     {"retentions": "20d", "activetime": "2h", "partition interval": "2d", "dict": "encoding"}),
])  # fmt: skip
def test_series_options(clauses: str, retention: int, active: int, interval: int, options: dict[str, str]) -> None:
    made = bind(f"CREATE TABLE t (ts TIMESTAMPTZ NOT NULL, v INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id) {clauses}")
    assert isinstance(made, CreateTable)
    table = made.table
    assert (table.retention, table.active_time, table.partition_interval, table.options) == (
        retention,
        active,
        interval,
        options,
    )
    assert made.rights == (DatabaseRight(Privilege.CREATE, IOT),)


@pytest.mark.parametrize("body, sqlstate, message", [
    ("(ts TIMESTAMP NOT NULL) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "42P16", "ts table must have at least 2 columns"),
    ("(a INT NOT NULL, v INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "42804",
     "column a: the 1st column's type in timeseries table must be TimestampTZ"),
    ("(ts TIMESTAMP, v INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "23502", "the 1st TimestampTZ column ts must be not null"),
    ("(ts TIMESTAMP NOT NULL, v DECIMAL) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "42809",
     "column v: unsupported column type decimal in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v STRING) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "42809",
     "column v: unsupported column type string in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v INT[]) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "42809",
     "column v: unsupported column type int4[] in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v CHAR(1024)) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "42611", "column v: unsupported width of CHAR"),
    ("(ts TIMESTAMP NOT NULL, v SERIAL) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "0A000",
     "SERIAL column is not supported in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v TIMESTAMP(7)) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "42611", "precision 7 out of range"),
    ("(ts TIMESTAMP NOT NULL, v INT, v INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "42701", 'duplicate column name: "v"'),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (v INT NOT NULL) PRIMARY TAGS (v)", "42701", 'duplicate column name: "v"'),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL, id INT) PRIMARY TAGS (id)", "42701", 'duplicate tag name: "id"'),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL, t TIMESTAMP) PRIMARY TAGS (id)", "42809",
     "tag t: unsupported tag type timestamp in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL, t BLOB) PRIMARY TAGS (id)", "42809",
     "tag t: unsupported tag type blob in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL, t BYTEA) PRIMARY TAGS (id)", "42809",
     "tag t: unsupported tag type bytes in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL, t NVARCHAR) PRIMARY TAGS (id)", "42809",
     "tag t: unsupported tag type nvarchar in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL, t SERIAL2) PRIMARY TAGS (id)", "0A000",
     "serial type for tag t is not supported in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (id INT) PRIMARY TAGS (id)", "23502", "tag id can not be a nullable tag as primary tag"),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL) PRIMARY TAGS (x)", "42704", "primary tag x is not a tag"),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (k FLOAT4 NOT NULL) PRIMARY TAGS (k)", "42809", "data type float4 is not supported for primary tag k"),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (k VARCHAR(200) NOT NULL) PRIMARY TAGS (k)", "42611",
     "tag k: 200 exceeded the maximum width limit of the type varchar(200) as primary tag"),
    ("(ts TIMESTAMP NOT NULL, v INT) TAGS (a INT NOT NULL, b INT NOT NULL, c INT NOT NULL, d INT NOT NULL, e INT NOT NULL) PRIMARY TAGS (a, b, c, d, e)",
     "54011", "the max number of primary tags is 4"),
    ("(ts TIMESTAMP NOT NULL, v INT DEFAULT 'x') TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "42804", 'could not resolve "x" as INT4 type (column v)'),
    ("(ts TIMESTAMP NOT NULL, v INT DEFAULT now()) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "42601",
     "column v with type INT4 can only be set constant as default value"),
    ("(ts TIMESTAMP NOT NULL, v INT NOT NULL DEFAULT NULL) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "23502",
     "default value NULL violates NOT NULL constraint on column v"),
    ("(ts TIMESTAMP NOT NULL, v INT PRIMARY KEY) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "0A000",
     "primary key is not supported in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v INT UNIQUE) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "0A000",
     "unique constraint is not supported in timeseries table"),
    ("(ts TIMESTAMP NOT NULL, v INT CHECK (v > 1)) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "0A000",
     "check constraint is not supported in timeseries table"),
])  # fmt: skip
def test_create_series_refused(body: str, sqlstate: str, message: str) -> None:
    assert refused(f"CREATE TABLE t {body}") == (sqlstate, message)


SERIES = "(ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id)"


@pytest.mark.parametrize("sql, database, sqlstate, message", [
    (f"CREATE TABLE s {SERIES}", "iot", "42P07", 'relation "s" already exists'),
    (f"CREATE TABLE t {SERIES}", "shop", "42809", 'can not create timeseries table in relational database "shop"'),
    ("CREATE TABLE t (a INT)", "iot", "42809", 'can not create relational table in timeseries database "iot"'),
    ("CREATE TABLE nosuch.t (a INT)", "iot", "3F000", 'cannot create "nosuch.t" because the target database or schema does not exist'),
    ("CREATE TABLE kwrest_system.t (a INT)", "iot", "3F000",
     'cannot create "kwrest_system.t" because the target database or schema does not exist'),
    (f"CREATE TABLE {'t' * 129} {SERIES}", "iot", "42622", f'ts table name "{"t" * 129}" exceeds max length (128)'),
    (f'CREATE TABLE "" {SERIES}', "iot", "42601", "empty table name"),
    ('CREATE TABLE "" (a INT)', "shop", "42601", "empty table name"),
    ('CREATE TABLE t (ts TIMESTAMP NOT NULL, "" INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id)', "iot", "42601", "empty column name"),
    ('CREATE TABLE t (ts TIMESTAMP NOT NULL, v INT) TAGS (id INT NOT NULL, "" INT) PRIMARY TAGS (id)', "iot", "42601", "empty tag name"),
    ('CREATE TABLE t ("" INT)', "shop", "42601", "empty column name"),
    ("CREATE TABLE t (a INT, a INT)", "shop", "42701", 'duplicate column name: "a"'),
])  # fmt: skip
def test_create_table_refused(sql: str, database: str, sqlstate: str, message: str) -> None:
    assert refused(sql, database) == (sqlstate, message)


@pytest.mark.parametrize("default, sqlstate, message", [
    ("false", "42804", "expected DEFAULT expression to have type int4, but 'false' has type bool"),
    ("'x'", "22P02", 'could not parse "x" as type int: strconv.ParseInt: parsing "x": invalid syntax'),
    ("upper('x')", "42804", "expected DEFAULT expression to have type int4, but 'upper('x')' has type string"),
    ("(SELECT 1)", "42601", "variable sub-expressions are not allowed in DEFAULT"),
    ("b", "42601", "variable sub-expressions are not allowed in DEFAULT"),
    ("count(1)", "42803", "aggregate functions are not allowed in DEFAULT"),
    ("99999999999", "22003", 'integer out of range for type int4 (column "a")'),
])  # fmt: skip
def test_defaults_refused(default: str, sqlstate: str, message: str) -> None:
    assert refused(f"CREATE TABLE t (a INT DEFAULT {default}, b INT)", "shop") == (sqlstate, message)


def test_defaultdb_holds_both_kinds() -> None:
    made = bind(f"CREATE TABLE t {SERIES}", "defaultdb")
    assert isinstance(made, CreateTable)
    assert (made.table.kind, made.table.database) == (TableKind.TIME_SERIES, DEFAULTDB.id)
    made = bind("CREATE TABLE t (a INT)", "defaultdb")
    assert isinstance(made, CreateTable) and made.table.kind is TableKind.RELATIONAL


def test_if_not_exists() -> None:
    assert bind(f"CREATE TABLE IF NOT EXISTS s {SERIES}") == Nothing((DatabaseRight(Privilege.CREATE, IOT),))


@pytest.mark.parametrize("declared, shown", [
    ("INTEGER", "INT4"), ("BIGINT", "INT8"), ("FLOAT", "FLOAT8"), ("FLOAT(53)", "FLOAT8"), ("FLOAT(24)", "FLOAT4"), ("DECIMAL", "DECIMAL"),
    ("NUMERIC(10,2)", "DECIMAL(10,2)"), ("CHAR(1023)", "CHAR(1023)"), ("CHAR", "CHAR"), ("VARCHAR(70000)", "VARCHAR(70000)"),
    ("VARCHAR", "VARCHAR"), ("NCHAR(254)", "NCHAR(254)"), ("NVARCHAR(16384)", "NVARCHAR(16384)"), ("VARBYTES", "VARBYTES"), ("BLOB", "BLOB"),
    ("TEXT", "STRING"), ("DATE", "DATE"), ("TIMESTAMP", "TIMESTAMP"), ("TIMESTAMP(5)", "TIMESTAMP(5)"), ("TIMESTAMPTZ(6)", "TIMESTAMPTZ(6)"),
    ("TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP"), ("INET", "INET"), ("JSON", "JSONB"), ("INT[]", "INT4[]"), ("GEOMETRY", "GEOMETRY"), ("OID", "OID"),
    ("BOOL", "BOOL"), ("BIT(3)", "BIT(3)"), ("BIT", "BIT"), ("VARBIT", "VARBIT"), ("INTERVAL", "INTERVAL"), ("UUID", "UUID"), ("BYTES", "BYTES"),
])  # fmt: skip
def test_relational_types(declared: str, shown: str) -> None:
    assert columns(f"CREATE TABLE t (v {declared})", "shop")[:1] == [f"v {shown}"]


def test_relational_columns() -> None:
    made = columns("CREATE TABLE t (a INT NOT NULL, b STRING DEFAULT 'x', c INT8 DEFAULT 1 + 1, d BOOL NULL)", "shop")
    assert made == [
        "a INT4 NOT NULL", "b STRING DEFAULT 'x'", "c INT8 DEFAULT 1 + 1", "d BOOL", "rowid INT8 NOT NULL DEFAULT unique_rowid()",
    ]  # fmt: skip


# ---------------------------------------------------------------- DROP, ALTER TABLE


def test_drop_table() -> None:
    assert bind("DROP TABLE s") == DropTables((S,), (TableRight(Privilege.DROP, S),))
    assert bind("DROP TABLE IF EXISTS nosuch") == Nothing()


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("DROP TABLE s, one", "0A000", "drop multiple time-series tables at once is not supported"),
    ("DROP TABLE nosuch", "42P01", 'relation "nosuch" does not exist'),
    ("DROP TABLE kwrest_system.users", "42501", "user root does not have DROP privilege on relation users"),
    ("TRUNCATE s", "0A000", "truncate is not supported in timeseries table"),
])  # fmt: skip
def test_changes_of_tables_refused(sql: str, sqlstate: str, message: str) -> None:
    assert refused(sql) == (sqlstate, message)


def test_rights_of_users_are_for_those_who_may_create_them() -> None:
    assert bind("CREATE USER u").rights == (CreateRoleRight(),)
