"""ALTER TABLE and ALTER DATABASE from their SQL: what they ask for, the rights they need, KWDB's words of refusal."""

from __future__ import annotations

import pytest

from kwrest.errors import SqlError
from kwrest.model import Column, Privilege
from kwrest.sql import tree
from kwrest.sql.bind.alter_types import WIDENINGS
from kwrest.sql.bind.ddl import bind_definition
from kwrest.sql.bound import OWN_ROW, AdminRight, Call, ColumnRef, DatabaseRight, Expr, TableRight
from kwrest.sql.definitions import AddedColumn, AlterDatabase, AlterTable, Definition, DroppedColumn, Nothing
from kwrest.sql.grammar import parse
from kwrest.sql.rules.walk import walk
from kwrest.types.names import SERIES_LIMIT, type_from_text
from tests.sql.world import DEFAULTDB, IOT, SHOP, context, make_world, relation, series

S = series(
    "s", "ts TIMESTAMPTZ(3) NOT NULL, a INT4, b FLOAT8, n INT4 NOT NULL", "id INT4 PRIMARY, area VARCHAR(8), no INT4"
)
ONE = series("one", "ts TIMESTAMPTZ(3) NOT NULL, a INT4", "id INT4 PRIMARY")
MIXED = series("m", "ts TIMESTAMPTZ(3) NOT NULL, a INT4", "id INT4 PRIMARY", DEFAULTDB)
D = series(
    "d", "ts TIMESTAMPTZ(3) NOT NULL, a INT4 DEFAULT 5, t VARCHAR(20) DEFAULT '7', w VARCHAR(20) DEFAULT 'x'", "id INT4 PRIMARY"
)  # fmt: skip
R = relation("r", "a INT4, b STRING")
DATABASES = {"defaultdb": DEFAULTDB, "iot": IOT, "shop": SHOP}
WORLD = make_world(S, ONE, MIXED, D, R)


def bind(sql: str) -> Definition:
    statement = parse(sql)
    assert isinstance(statement, tree.Statement)
    return bind_definition(statement, context(WORLD, IOT))


def shown(made: AlterTable) -> list[str]:
    """What changes, a line each; `<- …` is what stored values become."""
    old = {column.id: column for column in made.table.columns}
    values = {work.column.id: work.values for work in made.stored if isinstance(work, AddedColumn)}
    gone = [work.column for work in made.stored if isinstance(work, DroppedColumn)]
    left = {column.id for column in made.after.columns}
    converted = {column.id for column in gone if any(_reads(v, column.id) for v in values.values())}
    lines = [f"- {column.name}" for column in gone if column.id not in converted]
    for column in made.after.columns:
        becomes = values.get(column.id)
        before = next((n for n in converted if _reads(becomes, n)), None)
        if before is not None:
            lines.append(f"{before} = {described(column)} <- {becomes.op if isinstance(becomes, Call) else 'cast'}")
        elif column.id not in old:
            lines.append(f"+ {described(column)}" + ("" if becomes is None else " <- default"))
        elif column != old[column.id]:
            lines.append(f"{column.id} = {described(column)}")
    assert left.isdisjoint(column.id for column in gone)
    if (made.after.database, made.after.name) != (made.table.database, made.table.name):
        lines.append(f"{next(n for n, d in DATABASES.items() if d.id == made.after.database)}.{made.after.name}")
    lines += [f"{name} {text}" for name, text in made.after.options.items()]
    return lines


def _reads(values: Expr | None, number: int) -> bool:
    return values is not None and any(
        isinstance(node, ColumnRef) and (node.source, node.column) == (OWN_ROW, number) for node in walk(values)
    )


def described(column: Column) -> str:
    words = [column.name, str(column.type), *(["TAG"] if column.tag else [])]
    return " ".join(words + ([f"DEFAULT {column.default}"] if column.default is not None else []))


@pytest.mark.parametrize("sql, expected", [
    ("s ADD COLUMN c VARCHAR", "+ c VARCHAR(254)"),
    ("s ADD c INT8 NULL", "+ c INT8"),
    ("s ADD IF NOT EXISTS c TIMESTAMP(9)", "+ c TIMESTAMP(9)"),
    ("s ADD COLUMN c INT DEFAULT 5", "+ c INT4 DEFAULT 5"),
    ("s ADD TAG color VARCHAR(30)", "+ color VARCHAR(30) TAG"),
    ("s ADD ATTRIBUTE color NCHAR(4)", "+ color NCHAR(4) TAG"),
    ("s DROP b", "- b"),
    ("s DROP COLUMN IF EXISTS b", "- b"),
    ("s DROP TAG area", "- area"),
    ("s DROP ATTRIBUTE area", "- area"),
    ("s RENAME COLUMN a TO c", "2 = c INT4"),
    ("s RENAME COLUMN ts TO k", "1 = k TIMESTAMPTZ(3)"),
    ("s RENAME TAG area TO place", "6 = place VARCHAR(8) TAG"),
    ("s RENAME ATTRIBUTE area TO place", "6 = place VARCHAR(8) TAG"),
    ("s ALTER COLUMN a TYPE INT8", "2 = a INT8 <- cast"),
    ("s ALTER a SET DATA TYPE VARCHAR(11)", "2 = a VARCHAR(11) <- cast"),
    ("s ALTER b TYPE VARCHAR(30)", "3 = b VARCHAR(30) <- float.digits"),
    ("s ALTER TAG area TYPE VARCHAR(50)", "6 = area VARCHAR(50) TAG"),
    ("s ALTER ATTRIBUTE area TYPE VARCHAR(50)", "6 = area VARCHAR(50) TAG"),
    ("s ALTER area TYPE VARCHAR(50)", "6 = area VARCHAR(50) TAG"),
    ("s ALTER TAG area TYPE INT2", "6 = area INT2 TAG <- text.number"),
    ("s ALTER TAG no TYPE INT8", "7 = no INT8 TAG <- cast"),
    ("s ALTER COLUMN a SET DEFAULT 7", "2 = a INT4 DEFAULT 7"),
    ("d ALTER COLUMN a DROP DEFAULT", "2 = a INT4"),
    ("d ALTER COLUMN a TYPE INT8", "2 = a INT8 DEFAULT 5 <- cast"),
    ("d ALTER COLUMN a TYPE VARCHAR(20)", "2 = a VARCHAR(20) DEFAULT '5' <- cast"),
    ("d ALTER COLUMN t TYPE INT2", "3 = t INT2 DEFAULT 7 <- text.number"),
    ("d ALTER COLUMN t TYPE NVARCHAR(30)", "3 = t NVARCHAR(30) DEFAULT '7'"),
    ("s RENAME TO t", "iot.t"),
    ("s RENAME TO defaultdb.t", "defaultdb.t"),
    ("defaultdb.m RENAME TO t", "defaultdb.t"),  # where the table is, not where the request runs
    ("defaultdb.m RENAME TO iot.public.t", "iot.t"),
    ("shop.r RENAME TO q", "shop.q"),
    ("shop.r RENAME TO defaultdb.q", "defaultdb.q"),
    ("s SET RETENTIONS = 20d", "retentions 20d"),
    ("s SET RETENTIONS = 0s", "retentions 0s"),
    ("s SET ACTIVETIME = 2h", "activetime 2h"),
    ("s SET PARTITION INTERVAL = 2 day", "partition interval 2d"),
    ("shop.r ADD COLUMN c STRING", "+ c STRING"),
    ("shop.r RENAME COLUMN a TO c", "1 = c INT4"),
    ("shop.r ALTER COLUMN a TYPE STRING", "1 = a STRING <- cast"),
])  # fmt: skip
def test_one_action(sql: str, expected: str) -> None:
    made = bind(f"ALTER TABLE {sql}")
    assert isinstance(made, AlterTable)
    assert shown(made) == [expected]


@pytest.mark.parametrize("sql", [
    "s ADD COLUMN IF NOT EXISTS a INT",
    "s ADD TAG IF NOT EXISTS area INT",
    "s DROP COLUMN IF EXISTS nope",
    "s DROP TAG IF EXISTS nope",
    "s RENAME COLUMN a TO a",
    "s RENAME TO s",
    "s ALTER COLUMN a TYPE INT",
    "s ALTER TAG area TYPE VARCHAR(8)",
    "IF EXISTS nosuch DROP COLUMN a",
])  # fmt: skip
def test_nothing_to_do(sql: str) -> None:
    assert isinstance(bind(f"ALTER TABLE {sql}"), Nothing)


def test_several_actions_of_a_relational_table() -> None:
    made = bind("ALTER TABLE shop.r ADD COLUMN c INT, DROP COLUMN b, RENAME COLUMN a TO d")
    assert isinstance(made, AlterTable)
    assert shown(made) == ["- b", "1 = d INT4", "+ c INT4"]
    assert made.rights == (TableRight(Privilege.CREATE, R),)


@pytest.mark.parametrize("sql, rights", [
    ("ALTER TABLE s ADD TAG color INT", (TableRight(Privilege.CREATE, S),)),
    ("ALTER TABLE s SET RETENTIONS = 1d", (TableRight(Privilege.CREATE, S),)),
    ("ALTER TABLE s RENAME TO t", (TableRight(Privilege.DROP, S), DatabaseRight(Privilege.CREATE, IOT))),
    ("ALTER TABLE shop.r RENAME TO defaultdb.q", (TableRight(Privilege.DROP, R), DatabaseRight(Privilege.CREATE, DEFAULTDB))),
    ("ALTER TABLE s RENAME TO s", (TableRight(Privilege.DROP, S), DatabaseRight(Privilege.CREATE, IOT))),
    ("ALTER TABLE s ADD IF NOT EXISTS a INT", (TableRight(Privilege.CREATE, S),)),
    ("ALTER TS DATABASE iot SET RETENTIONS = 1d", (AdminRight("ALTER DATABASE"),)),
    ("ALTER DATABASE iot RENAME TO iot", (AdminRight("ALTER DATABASE"),)),
])  # fmt: skip
def test_rights(sql: str, rights: object) -> None:
    assert bind(sql).rights == rights


@pytest.mark.parametrize("sql, after", [
    ("ALTER DATABASE iot RENAME TO plant", ("plant", 0, 0)),
    ("ALTER TS DATABASE iot SET RETENTIONS = 10 day", ("iot", 10 * 86400, 0)),
    ("ALTER TS DATABASE iot SET PARTITION INTERVAL = 2 day", ("iot", 0, 2 * 86400)),
    ("ALTER TS DATABASE shop SET RETENTIONS = 10d", ("shop", 10 * 86400, 0)),  # recorded
])  # fmt: skip
def test_alter_database(sql: str, after: tuple[str, int, int]) -> None:
    made = bind(sql)
    assert isinstance(made, AlterDatabase)
    assert (made.after.name, made.after.retention, made.after.partition_interval) == after
    assert made.after.id == made.database.id


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("TABLE nosuch ADD COLUMN a INT", "42P01", 'relation "nosuch" does not exist'),
    ("TABLE kwrest_system.users ADD COLUMN a INT", "42501", "user root does not have CREATE privilege on relation users"),
    ("TABLE s ADD COLUMN c INT, DROP COLUMN a", "0A000", "alter timeseries table with multiple commands is not supported"),
    # ADD
    ("TABLE s ADD COLUMN a INT", "42701", 'duplicate column name: "a"'),
    ("TABLE s ADD COLUMN area INT", "42701", 'duplicate column name: "area"'),
    ("TABLE s ADD COLUMN c INT NOT NULL", "0A000", "add NOT-NULL column c for timeseries table is not supported"),
    ("TABLE s ADD COLUMN c DECIMAL", "42809", "column c: unsupported column type decimal in timeseries table"),
    ("TABLE s ADD COLUMN c SERIAL", "0A000", "SERIAL column is not supported in timeseries table"),
    ("TABLE s ADD COLUMN c CHAR(2000)", "42611", "column c: unsupported width of CHAR"),
    (f"TABLE s ADD COLUMN {'c' * 129} INT", "42622", f'ts column name "{"c" * 129}" exceeds max length (128)'),
    ("TABLE s ADD TAG a INT", "42701", 'column/tag named "a" already exists'),
    ("TABLE s ADD TAG area INT", "42701", 'column/tag named "area" already exists'),
    ("TABLE s ADD TAG x INT NOT NULL", "0A000", "cannot add a NOT NULL tag in timeseries table (tag x)"),
    ("TABLE s ADD TAG x TIMESTAMP", "42809", "tag x: unsupported tag type timestamp in timeseries table"),
    ("TABLE s ADD TAG x SERIAL2", "0A000", "serial tag x is not supported in timeseries table"),
    ("TABLE shop.r ADD TAG x INT", "42809", '"r" is not a timeseries table'),
    # DROP
    ("TABLE s DROP COLUMN ts", "42P16", "cannot drop the first timestamp column ts"),
    ("TABLE one DROP COLUMN a", "42P16", "cannot drop the only data column besides the timestamp column on table one"),
    ("TABLE s DROP COLUMN nope", "42703", 'column "nope" does not exist'),
    ("TABLE s DROP COLUMN area", "42809", '"area" is a tag, not a column, try use "drop tag" clause in DDL'),
    ("TABLE s DROP TAG id", "42809", 'tag "id" is a primary tag'),
    ("TABLE s DROP TAG nope", "42704", 'tag "nope" does not exist'),
    ("TABLE s DROP TAG a", "42809", '"a" is not a tag'),
    ("TABLE one DROP TAG id", "42P16", "cannot drop the only tag on table one"),
    # RENAME
    ("TABLE s RENAME COLUMN a TO b", "42701", 'column/tag name "b" already exists'),
    ("TABLE s RENAME COLUMN a TO area", "42701", 'column/tag name "area" already exists'),
    ("TABLE s RENAME COLUMN nope TO x", "42703", 'column "nope" does not exist'),
    ("TABLE s RENAME COLUMN area TO x", "42809", '"area" is a tag'),
    ('TABLE s RENAME COLUMN a TO "列"', "42602", "invalid name: 列, naming of time series objects only supports letters, numbers and symbols"),
    ("TABLE s RENAME TAG id TO x", "42809", "can not rename primary tag name: id"),
    ("TABLE s RENAME TAG a TO x", "42809", '"a" is not a tag'),
    ("TABLE s RENAME TAG nope TO x", "42704", 'tag "nope" does not exist'),
    ("TABLE s RENAME TAG area TO a", "42701", 'column/tag name "a" already exists'),
    ("TABLE s RENAME TO one", "42P07", 'relation "one" already exists'),
    ('TABLE s RENAME TO ""', "42602", 'invalid table name: ""'),
    ("TABLE s RENAME TO nosuch.t", "3F000", 'cannot create "nosuch.t" because the target database or schema does not exist'),
    ("TABLE s RENAME TO system.t", "42501", "user root does not have CREATE privilege on database system"),
    ("TABLE s RENAME TO shop.t", "42809", "can not change ts table s to relational database shop"),
    ("TABLE shop.r RENAME TO iot.t", "42809", "can not change relational table r to ts database iot"),
    # TYPE
    ("TABLE s ALTER COLUMN ts TYPE TIMESTAMP", "42P16", "cannot alter the first ts column ts"),
    ("TABLE s ALTER COLUMN nope TYPE INT", "42703", 'column "nope" does not exist'),
    ("TABLE s ALTER COLUMN a TYPE INT2", "42846", 'column: "a": cannot convert INT4 to INT2'),
    ("TABLE s ALTER COLUMN a TYPE VARCHAR(10)", "42611", 'column "a": when INT4 is converted to VARCHAR, the minimum length is 11'),
    ("TABLE s ALTER COLUMN a TYPE CHAR(40)", "42846", 'column: "a": cannot convert INT4 to CHAR(40)'),
    ("TABLE s ALTER TAG id TYPE INT8", "42809", 'tag "id" is a primary tag'),
    ("TABLE s ALTER id TYPE INT8", "42809", 'tag "id" is a primary tag'),
    ("TABLE s ALTER TAG a TYPE INT8", "42809", '"a" is not a tag'),
    ("TABLE s ALTER TAG area TYPE VARCHAR(4)", "42846", 'column: "area": cannot convert VARCHAR(8) to VARCHAR(4)'),
    ("TABLE s ALTER TAG area TYPE NCHAR(255)", "42846", 'column: "area": NCHAR(255) exceeds the maximum width: 254'),
    ("TABLE s ALTER TAG area TYPE VARCHAR(65537)", "42846", 'column: "area": VARCHAR(65537) exceeds the maximum width: 65536'),
    ("TABLE d ALTER COLUMN w TYPE INT4", "42804", 'default for column "w" cannot be cast automatically to type INT4'),
    ("TABLE shop.r ALTER COLUMN a TYPE UUID", "42846", 'column: "a": cannot convert INT4 to UUID'),
    # DEFAULT and NOT NULL
    ("TABLE s ALTER COLUMN a SET DEFAULT now()", "42601", "column a with type INT4 can only be set constant as default value"),
    ("TABLE s ALTER COLUMN n SET DEFAULT NULL", "23502", "default value NULL violates NOT NULL constraint on column n"),
    ("TABLE s ALTER COLUMN area SET DEFAULT 'x'", "0A000", "default value of tag is not supported in timeseries table"),
    ("TABLE s ALTER COLUMN a SET NOT NULL", "0A000", "alter column not null is not supported in timeseries table"),
    # SET
    ("TABLE s SET RETENTIONS = 1001y", "22023", "retention 1001y is out of range"),
    ("TABLE s SET PARTITION INTERVAL = 5h", "22023", "unsupported partition interval unit: h"),
    ("TABLE s SET PARTITION INTERVAL = 1001y", "22023", "partition interval 1001y is invalid, the time range is [1day, 1000year]"),
    ("TABLE shop.r SET RETENTIONS = 1d", "42809", '"r" is not a timeseries table'),
    # DATABASE
    ("DATABASE nosuch RENAME TO d", "3D000", 'database "nosuch" does not exist'),
    ("DATABASE kwrest_system RENAME TO d", "3D000", 'database "kwrest_system" does not exist'),
    ("DATABASE iot RENAME TO shop", "42P04", 'the new database name "shop" already exists'),
    ("DATABASE iot RENAME TO kwrest_system", "42P04", 'the new database name "kwrest_system" already exists'),
    ("DATABASE defaultdb RENAME TO d", "42501", "cannot rename special database defaultdb"),
    ('DATABASE iot RENAME TO ""', "42601", "empty database name"),
    ("TS DATABASE iot SET RETENTIONS = 1001y", "22023", "lifetime is out of range: 1001y"),
    ("TS DATABASE iot SET PARTITION INTERVAL = 1h", "22023", "unsupported partition interval unit: h"),
])  # fmt: skip
def test_refused(sql: str, sqlstate: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        bind(f"ALTER {sql}")
    assert (error.value.sqlstate, error.value.message) == (sqlstate, message)


WIDTHS = {"CHAR": 8, "VARCHAR": 8, "NCHAR": 8, "NVARCHAR": 8}
PAIRS = [(row.source, target) for row in WIDENINGS for target in row.targets]


@pytest.mark.parametrize("source", [name for name in SERIES_LIMIT if name != "GEOMETRY"])
@pytest.mark.parametrize("target", [name for name in SERIES_LIMIT if name != "GEOMETRY"])
def test_the_matrix_of_types_and_nothing_else(source: str, target: str) -> None:
    """Wide enough, a pair of the matrix is taken; another one never."""
    old, new = (type_from_text(f"{n}({w})" if (w := width(n, size)) else n) for n, size in ((source, 8), (target, 200)))
    table = series("x", f"ts TIMESTAMPTZ(3) NOT NULL, v {old}", "id INT4 PRIMARY")
    statement = parse(f"ALTER TABLE x ALTER COLUMN v TYPE {new}")
    assert isinstance(statement, tree.Statement)
    if (source, target) in PAIRS or old == new:
        bind_definition(statement, context(make_world(table), IOT))
        return
    with pytest.raises(SqlError) as error:
        bind_definition(statement, context(make_world(table), IOT))
    assert (error.value.sqlstate, error.value.message) == ("42846", f'column: "v": cannot convert {old} to {new}')


def width(name: str, size: int) -> int:
    return size if SERIES_LIMIT[name].maximum else 3 if name.startswith("TIME") else 0


@pytest.mark.parametrize("old, least", [
    ("INT2", "VARCHAR(6)"), ("INT4", "VARCHAR(11)"), ("INT8", "VARCHAR(20)"), ("FLOAT4", "VARCHAR(30)"), ("FLOAT8", "VARCHAR(30)"),
    ("CHAR(8)", "CHAR(9)"), ("CHAR(8)", "VARCHAR(8)"), ("CHAR(9)", "NCHAR(3)"), ("CHAR(9)", "NVARCHAR(3)"),
    ("VARCHAR(8)", "VARCHAR(9)"), ("VARCHAR(8)", "CHAR(8)"), ("VARCHAR(801)", "NVARCHAR(201)"), ("VARCHAR(8)", "NCHAR(2)"),
    ("NCHAR(8)", "NCHAR(9)"), ("NCHAR(8)", "CHAR(32)"), ("NCHAR(8)", "VARCHAR(32)"), ("NCHAR(8)", "NVARCHAR(8)"),
    ("NVARCHAR(8)", "NVARCHAR(9)"), ("NVARCHAR(8)", "CHAR(32)"), ("NVARCHAR(8)", "VARCHAR(32)"), ("NVARCHAR(8)", "NCHAR(8)"),
])  # fmt: skip
def test_the_narrowest_text(old: str, least: str) -> None:
    world = make_world(series("x", f"ts TIMESTAMPTZ(3) NOT NULL, v {old}", "id INT4 PRIMARY"))
    name, size = least[:-1].split("(")

    def alter(width: int) -> Definition:
        statement = parse(f"ALTER TABLE x ALTER COLUMN v TYPE {name}({width})")
        assert isinstance(statement, tree.Statement)
        return bind_definition(statement, context(world, IOT))

    assert isinstance(alter(int(size)), AlterTable)
    too_narrow = int(size) - (2 if old.startswith(f"{name}(") else 1)  # of the same width it is the same type
    with pytest.raises(SqlError, match=r"cannot convert|the minimum length is"):
        alter(too_narrow)
