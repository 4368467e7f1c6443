"""The first hour of a user: one row a statement, numbered as in the facts (section 7). `expected` is

- "ok": code 0;  a list: the rows;  a dict: keys of the answer that must be equal;
- a string that begins with "!": the error's text (a regular expression).

The rows run in order on one server. Numbers that repeat are further looks at the same row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.server import ROOT_TOKEN, Server, basic

REST_USER = basic("rest_user", "user123456")
METERS = (
    "CREATE TABLE meters (ts timestamp not null, power int) tags(location varchar not null) primary tags (location)"
)
WIND = "CREATE TABLE wind (ts timestamp not null, speed int) tags(location varchar not null) primary tags (location)"
SENSOR_DATA = (
    "CREATE TABLE sensor_data (k_timestamp TIMESTAMP NOT NULL, temperature FLOAT NOT NULL, humidity FLOAT, "
    "pressure FLOAT) TAGS (sensor_id INT NOT NULL, sensor_type VARCHAR(30) NOT NULL) PRIMARY TAGS (sensor_id)"
)
# As a running KWDB 3.2.1 prints it (recorded in the corpus); the manual of 2.0 leaves out `(3)` and `retentions 0s`.
SENSOR_DATA_SHOWN = (
    "CREATE TABLE sensor_data (\n\tk_timestamp TIMESTAMPTZ(3) NOT NULL,\n\ttemperature FLOAT8 NOT NULL,\n\thumidity FLOAT8 NULL,"
    "\n\tpressure FLOAT8 NULL\n) TAGS (\n\tsensor_id INT4 NOT NULL,\n\tsensor_type VARCHAR(30) NOT NULL ) "
    "PRIMARY TAGS(sensor_id)\n\tretentions 0s"
)
NINE = ";".join(
    f"INSERT INTO ts_db.t1 VALUES ({t}, {a}, {b}, {tag1}, {tag2})"
    for t, (a, b, tag1, tag2) in enumerate(
        [
            (11, 11, 33, 44),
            (22, 22, 33, 44),
            (11, 33, 33, 44),
            (22, 44, 33, 44),
            (33, 55, 44, 44),
            (22, 44, 44, 44),
            (33, 44, 55, 44),
            ("null", "null", 66, 66),
            ("null", "null", 66, 77),
        ],
        1,
    )
)

# number, endpoint, db, statement, expected, token
FIRST_HOUR: list[tuple[int, str, str | None, str, Any] | tuple[int, str, str | None, str, Any, str]] = [
    (5, "ddl", None, "create user rest_user password 'user123456'", "ok"),
    (6, "ddl", None, "CREATE TS DATABASE ts_db;", "ok"),
    (7, "ddl", None, "CREATE TS DATABASE ts_db", '!database "ts_db" already exists'),
    (8, "ddl", None, "CREATE TS DATABASE iot RETENTIONS 50d PARTITION INTERVAL 2d", "ok"),
    (9, "ddl", None, "CREATE DATABASE device_info", "ok"),
    (10, "query", None, "SHOW DATABASES;", [
        ["defaultdb", "RELATIONAL"], ["device_info", "RELATIONAL"], ["iot", "TIME SERIES"], ["postgres", "RELATIONAL"],
        ["system", "RELATIONAL"], ["ts_db", "TIME SERIES"]]),
    (11, "ddl", "ts_db", f"{METERS}; {WIND}", {"desc": ["success", "success"]}),
    (11, "ddl", "device_info", METERS, '!can not create timeseries table in relational database "device_info"'),
    (11, "ddl", None, METERS, "ok"),  # S1: defaultdb holds both kinds
    (12, "ddl", "ts_db", "CREATE TABLE ts_table(ts timestamp not null, power int) tags(location varchar(15) not null) "
        "primary tags (location)", "ok"),
    (13, "ddl", None, "CREATE TABLE ts_table(ts timestamp not null, power int) tags(location varchar(15))", "ok"),  # S2
    (14, "ddl", "ts_db", SENSOR_DATA, "ok"),
    (15, "ddl", "ts_db", "CREATE TABLE power (ts TIMESTAMP NOT NULL, value FLOAT) TAGS (sensor_id INT NOT NULL) "
        "PRIMARY TAGS (sensor_id) ACTIVETIME 20D", "ok"),
    (16, "ddl", "ts_db", "CREATE TABLE temp (ts TIMESTAMP NOT NULL, value FLOAT) TAGS (sensor_id INT NOT NULL) "
        "PRIMARY TAGS (sensor_id) RETENTIONS 20D PARTITION INTERVAL 5D", "ok"),
    (17, "ddl", "ts_db", "CREATE TABLE water (ts TIMESTAMP NOT NULL, value FLOAT) TAGS (sensor_id INT NOT NULL) "
        "PRIMARY TAGS (sensor_id) DICT ENCODING", "ok"),
    (18, "query", "ts_db", "SHOW TABLES", [[name, "TIME SERIES TABLE"] for name in
        ("meters", "power", "sensor_data", "temp", "ts_table", "water", "wind")]),
    (19, "query", "ts_db", "SHOW CREATE TABLE sensor_data", [["sensor_data", SENSOR_DATA_SHOWN]]),
    (19, "query", "ts_db", "SHOW CREATE sensor_data", [["sensor_data", SENSOR_DATA_SHOWN]]),
    (20, "query", "ts_db", "SHOW COLUMNS FROM sensor_data", [
        ["k_timestamp", "TIMESTAMPTZ(3)", False, None, "", ["primary"], False, False],
        ["temperature", "FLOAT8", False, None, "", [], False, False],
        ["humidity", "FLOAT8", True, None, "", [], False, False],
        ["pressure", "FLOAT8", True, None, "", [], False, False],
        ["sensor_id", "INT4", False, None, "", [], False, True],
        ["sensor_type", "VARCHAR(30)", False, None, "", [], False, True]]),
    (21, "query", "ts_db", "SHOW TAGS FROM sensor_data", [
        ["sensor_id", "INT4", True, False], ["sensor_type", "VARCHAR(30)", False, False]]),
    (22, "query", "ts_db", "SHOW RETENTIONS ON TABLE temp", [["temp", "20d", None]]),
    (23, "insert", "ts_db", "insert into meters values('2023-07-30T06:44:40.32Z', 198352498, 'beijing');"
        "insert into meters values('2023-07-30T06:45:40.32Z', 198352495, 'beijing')",
        {"desc": ["success", "success"], "rows": 2, "notice": None}),
    (24, "insert", None, 'insert into meters values("2023-07-30T06:44:40.32Z", "198352498", "beijing");'
        'insert into meters values("2023-07-30T06:45:40.32Z", "198352495", "beijing");', {"rows": 2}),
    (25, "ddl", "ts_db", "CREATE TABLE ts4 (k_timestamp TIMESTAMP NOT NULL, e1 FLOAT, e2 INT, e3 FLOAT) "
        "TAGS (id INT NOT NULL, site INT) PRIMARY TAGS (id)", "ok"),
    (25, "insert", "ts_db", "INSERT INTO ts4 VALUES ('2023-07-13 14:06:32.272', 10.2, 219, 0.32, 1,1)", {"rows": 1}),
    (26, "insert", "ts_db", "INSERT INTO ts4 VALUES ('2023-07-13 14:06:33.272', 10.2, 219, 0.32, 1,1), "
        "('2023-07-13 14:06:34.272', 10.2, 219, 0.32, 1,1)", {"rows": 2}),
    (27, "insert", "ts_db", "INSERT INTO ts4 (e1, e2, e3, id, k_timestamp) VALUES (11.2, 220, 0.42, 1,'2023-07-13 14:06:32.272')",
        {"rows": 1}),
    (27, "query", "ts_db", "SELECT e1, e2 FROM ts4 WHERE k_timestamp = '2023-07-13 14:06:32.272'", [[11.2, 220]]),
    (28, "insert", "ts_db", "INSERT INTO ts4 (k_timestamp, e1,id) VALUES (now(), 10.2,1), "
        "('2023-07-13 14:06:32.272', 10.15,2), (1681972496619, 10.4,3)", {"rows": 3}),
    (28, "query", "ts_db", "SELECT k_timestamp FROM ts4 WHERE id = 3", [["2023-04-20T06:34:56.619Z"]]),
    (29, "insert", "ts_db", "INSERT INTO ts4 (k_timestamp, e1) VALUES (now(), 1.5)", "!need to specify all primary tag \\[id\\]"),
    (30, "insert", "ts_db", "INSERT INTO sensor_data VALUES (now(), NULL, 1.0, 1.0, 1, 'a')",
        '!null value in column "temperature" violates not-null constraint'),
    (31, "insert", "ts_db", "INSERT INTO ts4 (k_timestamp, e1, id) VALUES (now(), 1.5)",
        "!insert \\(row 1\\) has more target columns than expressions, 2 expressions for 3 targets"),
    (32, "insert", "ts_db", "INSERT INTO nope VALUES (1, 2)", '!relation "nope" does not exist'),
    (33, "insert", "ts_db", "INSERT INTO meters VALUES (now(), 2147483648, 'x')",
        '!integer "2147483648" out of range for type INT4 \\(column power\\)'),
    (34, "insert", "ts_db", "INSERT INTO wind VALUES (1000, 1, 'a'); INSERT INTO wind VALUES (2000, 'x', 'a')",
        {"code": -1, "rows": 1}),
    (34, "query", "ts_db", "SELECT speed FROM wind", [[1]]),
    (35, "ddl", None, "CREATE TABLE ts_db.t1 (ts timestamp not null, a int, b int) tags(tag1 int not null, tag2 int) "
        "primary tags(tag1)", "ok"),
    (35, "insert", None, NINE, {"rows": 9, "desc": ["success"] * 9}),
    (36, "query", None, "SELECT a, b, tag1, tag2 FROM ts_db.t1 ORDER BY ts", [
        [11, 11, 33, 44], [22, 22, 33, 44], [11, 33, 33, 44], [22, 44, 33, 44], [33, 55, 44, 44], [22, 44, 44, 44],
        [33, 44, 55, 44], [None, None, 66, 66], [None, None, 66, 66]]),
    (36, "query", None, "SELECT * FROM ts_db.t1", {"rows": 9}),
    (37, "query", None, "SELECT sum(a) FROM ts_db.t1", {"data": [[154]], "column_meta": [["sum", "DECIMAL", 0]]}),
    (38, "query", None, "SELECT DISTINCT a FROM ts_db.t1 ORDER BY a DESC", [[33], [22], [11], [None]]),
    (39, "query", None, "SELECT tag1 FROM ts_db.t1 WHERE a =11", [[33], [33]]),
    (40, "query", None, "SELECT a, max(b) FROM ts_db.t1 GROUP BY a ORDER BY a", [[None, None], [11, 33], [22, 44], [33, 55]]),
    (41, "ddl", "ts_db", "CREATE TABLE nulls (ts timestamp not null, power int) TAGS (id int not null) PRIMARY TAGS (id)", "ok"),
    (41, "insert", "ts_db", "INSERT INTO nulls VALUES (1,10,1),(2,11,1),(3,14,1),(4,NULL,1),(5,NULL,1)", {"rows": 5}),
    (41, "query", "ts_db", "SELECT count(*) FROM nulls", [[5]]),
    (42, "query", "ts_db", "SELECT AVG(power) FROM nulls", "~11.666666666666666667"),
    (43, "query", "ts_db", "SELECT power FROM nulls WHERE power > NULL", []),
    (44, "query", "ts_db", "SELECT power FROM nulls WHERE power IS NULL", [[None], [None]]),
    (45, "query", "ts_db", "SELECT power+1 FROM nulls ORDER BY ts",
        {"data": [[11], [12], [15], [None], [None]], "column_meta": [["?column?", "INT8", 8]]}),
    (46, "insert", "ts_db", "INSERT INTO nulls VALUES (now(), 77, 2)", {"rows": 1}),
    (46, "query", "ts_db", "SELECT power FROM nulls WHERE ts+1h > now()", [[77]]),
    (47, "ddl", "ts_db", "CREATE TABLE floats (ts timestamp not null, c1 float) TAGS (id int not null) PRIMARY TAGS (id)", "ok"),
    (47, "insert", "ts_db", "INSERT INTO floats VALUES (1, 2.718281828459, 1)", {"rows": 1}),
    (47, "query", "ts_db", "SELECT cast(c1 as decimal(8,6)) FROM floats", [[2.718282]]),
    (48, "ddl", "ts_db", "CREATE TABLE picks (ts timestamp not null, e1 float) TAGS (id int not null) PRIMARY TAGS (id)", "ok"),
    (48, "insert", "ts_db", "INSERT INTO picks VALUES (1, 3.1, 1)", {"rows": 1}),
    (48, "query", "ts_db", "SELECT first(e1), last(e1), first_row(e1), last_row(e1) FROM picks", {
        "data": [[3.1, 3.1, 3.1, 3.1]],
        "column_meta": [[n, "FLOAT", 8] for n in ("first", "last", "first_row", "last_row")]}),
    (50, "insert", "ts_db", "INSERT INTO sensor_data VALUES (1000, 20.5, 1.0, 1.0, 1, 'a'), (2000, 21.5, 1.0, 1.0, 1, 'a'), "
        "(1500, 30.5, 1.0, 1.0, 2, 'b')", {"rows": 3}),
    (50, "query", "ts_db", "SELECT last(temperature), sensor_id FROM sensor_data GROUP BY sensor_id ORDER BY sensor_id",
        [[21.5, 1], [30.5, 2]]),
    (51, "ddl", "ts_db", "CREATE TABLE buckets (ts timestamp not null, v float) TAGS (id int not null) PRIMARY TAGS (id)", "ok"),
    (51, "insert", "ts_db", "INSERT INTO buckets VALUES (1000, 1.0, 1), (9000, 3.0, 1), (10000, 5.0, 1)", {"rows": 3}),
    (51, "query", "ts_db", "SELECT time_bucket(ts,'10s') AS b, avg(v) FROM buckets GROUP BY b ORDER BY b",
        [["1970-01-01T00:00:00Z", 2.0], ["1970-01-01T00:00:10Z", 5.0]]),
    (60, "query", "ts_db", "select*from t1;", {"rows": 9}),
    (61, "query", None, "select * from nope", {"code": 500, "desc": "No table named nope found", "data": None}),
    (62, "query", None, "selec 1", '!at or near "selec": syntax error'),
    (63, "query", "ts_db", "SHOW TAG VALUES FROM sensor_data", [[1, "a"], [2, "b"]]),
    (64, "ddl", None, "CREATE TS DATABASE alter_db", "ok"),
    (64, "ddl", "alter_db", "CREATE TABLE ts_table (ts timestamp not null, c1 int, c2 float) TAGS (id int not null, site varchar(8)) "
        "PRIMARY TAGS (id)", "ok"),
    (64, "insert", "alter_db", "INSERT INTO ts_table VALUES (1, 2, 3.5, 4, 'north')", {"rows": 1}),
    (64, "ddl", "alter_db", "ALTER TABLE ts_table ADD COLUMN c3 INT NULL", "ok"),
    (64, "query", "alter_db", "SELECT * FROM ts_table", [["1970-01-01T00:00:00.001Z", 2, 3.5, None, 4, "north"]]),
    (64, "ddl", "alter_db", "ALTER TABLE ts_table ALTER COLUMN c3 TYPE INT8", "ok"),
    (64, "ddl", "alter_db", "ALTER TABLE ts_table DROP c3", "ok"),
    (64, "ddl", "alter_db", "ALTER TABLE ts_table RENAME COLUMN c2 TO c4", "ok"),
    (65, "ddl", "alter_db", "ALTER TABLE ts_table ADD TAG color VARCHAR(30)", "ok"),
    (65, "ddl", "alter_db", "ALTER TABLE ts_table ALTER color TYPE VARCHAR(50)", "ok"),
    (65, "ddl", "alter_db", "ALTER TABLE ts_table RENAME TAG site TO location", "ok"),
    (65, "query", "alter_db", "SELECT c1, c4, color, location FROM ts_table", [[2, 3.5, None, "north"]]),
    (65, "ddl", "alter_db", "ALTER TABLE ts_table DROP TAG color", "ok"),
    (66, "ddl", "alter_db", "ALTER TABLE ts_table SET RETENTIONS = 20d; ALTER TABLE ts_table SET ACTIVETIME = 20d; "
        "ALTER TABLE ts_table SET PARTITION INTERVAL = 2d; ALTER TABLE ts_table RENAME TO tstable", {"desc": ["success"] * 4}),
    (66, "query", "alter_db", "SHOW RETENTIONS ON TABLE tstable", [["tstable", "20d", None]]),
    (67, "ddl", None, "ALTER TS DATABASE alter_db SET RETENTIONS = 10 day", "ok"),
    (67, "ddl", None, "ALTER DATABASE alter_db RENAME TO tsdb", "ok"),
    (67, "ddl", None, "ALTER DATABASE tsdb RENAME TO x", "!only users with the admin role are allowed to ALTER DATABASE", REST_USER),
    (67, "query", "tsdb", "SELECT location FROM tstable", [["north"]]),
    (67, "ddl", None, "DROP DATABASE tsdb CASCADE", "ok"),
    (68, "ddl", "ts_db", "CREATE TABLE table1 (ts timestamp not null, e1 int) TAGS (tag1 int not null, tag2 int not null, "
        "tag3 bool) PRIMARY TAGS (tag1, tag2)", "ok"),
    (68, "insert", "ts_db", "INSERT INTO table1 VALUES (1,1,1,1,false),(2,2,1,1,false),(3,3,2,2,false),(4,4,3,3,false)", {"rows": 4}),
    (68, "ddl", "ts_db", "UPDATE table1 SET tag3 = true WHERE tag1 = 1 AND tag2 = 1", "ok"),
    (68, "query", "ts_db", "SELECT e1, tag3 FROM table1 ORDER BY e1", [[1, True], [2, True], [3, False], [4, False]]),
    (69, "ddl", "ts_db", "UPDATE table1 SET e1 = 5 WHERE tag1 = 1 AND tag2 = 1",
        "!unsupported conditions in update: primary tags and columns cannot be set"),
    (70, "ddl", "ts_db", "DELETE FROM table1 WHERE tag1 = 1 AND tag2 = 1", "ok"),
    (70, "query", "ts_db", "SHOW TAG VALUES FROM table1", [[2, 2, False], [3, 3, False]]),
    (71, "ddl", "ts_db", "DELETE FROM table1 WHERE ts > '1970-01-01 00:00:00.003'", "ok"),
    (71, "query", "ts_db", "SELECT e1 FROM table1", [[3]]),
    (71, "query", "ts_db", "SHOW TAG VALUES FROM table1", [[2, 2, False], [3, 3, False]]),
    (72, "ddl", "ts_db", "DELETE FROM table1", "ok"),
    (72, "query", "ts_db", "SHOW TAG VALUES FROM table1", [[2, 2, False], [3, 3, False]]),
    (73, "ddl", None, "CREATE USER operatora; CREATE USER user11; CREATE DATABASE db1", {"desc": ["success"] * 3}),
    (75, "query", None, "SELECT * FROM ts_db.t1", "!user rest_user does not have SELECT privilege on relation t1", REST_USER),
    (73, "ddl", None, "GRANT CREATE ON DATABASE db1, defaultdb TO operatora", "ok"),
    (73, "ddl", None, "GRANT SELECT, INSERT ON TABLE ts_db.t1 TO rest_user", "ok"),
    (73, "ddl", None, "REVOKE CREATE ON DATABASE db1, defaultdb FROM user11", "ok"),
    (75, "query", None, "SELECT count(*) FROM ts_db.t1", [[9]], REST_USER),
    (76, "ddl", None, "CREATE TS DATABASE x", "!only users with the admin role are allowed to CREATE DATABASE", REST_USER),
    (77, "query", None, "SHOW USERS", {"column_meta": [["username", "STRING", 0], ["options", "STRING", 0], ["member_of", "_TEXT", 0]]}),
    (78, "query", None, "SHOW CLUSTER SETTING server.rest.timeout", [[60]]),
    (79, "ddl", None, "SET CLUSTER SETTING server.rest.timeout=120", "ok"),
    (79, "query", None, "SHOW CLUSTER SETTING server.rest.timeout", [[120]]),
    (83, "ddl", "iot", "create table meters (ts timestamp not null, current float, voltage int, phase float) "
        "tags (location varchar(20) not null) primary tags (location)", "ok"),
    (83, "telegraf", "iot", "meters,location=Beijing current=17.01,voltage=220,phase=0.29 1556813561098000000", {"rows": 1}),
    (83, "query", "iot", "SELECT * FROM meters", [["2019-05-02T16:12:41.098Z", 17.01, 220, 0.29, "Beijing"]]),
    (84, "ddl", "iot", "create table myMeasurement (ts timestamp not null, fieldKey varchar) tags (tag1 varchar not null, "
        "tag2 varchar) primary tags (tag1)", "ok"),
    (84, "telegraf", "iot", 'myMeasurement,tag1=value1,tag2=value2 fieldKey="fieldValue" 1556813561098000000', {"rows": 1}),
    (84, "query", "iot", "SELECT fieldkey FROM mymeasurement", [["fieldValue"]]),
    (85, "telegraf", "ts_db", "nothing,location=Beijing current=17.01 1556813561098000000", '!line 1: relation "nothing" does not exist: .*'),
    (88, "ddl", "ts_db", "DROP TABLE ts_table", "ok"),
    (88, "ddl", None, "DROP DATABASE iot CASCADE", "ok"),
    (88, "query", None, "SHOW TABLES FROM iot", "!target database or schema does not exist"),
    (89, "ddl", None, "DROP USER rest_user", "!cannot drop role/user rest_user: grants still exist on .*"),
]  # fmt: skip


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("hour") / "data").start()
    yield server
    assert server.stop() == 0


@pytest.mark.parametrize("row", FIRST_HOUR, ids=[f"{r[0]}-{i}" for i, r in enumerate(FIRST_HOUR)])
def test_first_hour(hour: Server, row: Any) -> None:
    _, endpoint, database, statement, expected, *token = row
    answer = hour.post(endpoint, statement, database, *token or [ROOT_TOKEN])
    body = answer.json()
    described = body["desc"] if isinstance(body["desc"], str) else "; ".join(body["desc"] or [])
    if isinstance(expected, str) and expected.startswith("!"):
        assert body["code"] != 0 and answer.status_code >= 400, body
        assert re.fullmatch(expected[1:], described), described
        return
    if isinstance(expected, dict):
        assert {key: body[key] for key in expected} == expected, body
        return
    assert body["code"] == 0 and answer.status_code == 200, body
    if isinstance(expected, list):
        assert body["data"] == expected
    elif expected.startswith("~"):
        # Decimals are exact in the text of the answer, beyond what a float holds.
        assert f"[{expected[1:]}]" in answer.text


@pytest.mark.parametrize(
    ("number", "user", "password", "status", "described"),
    [
        (1, "root", "kwdbpassword", 200, None),
        (2, "root", "wrong", 401, "the provided username and password did not match any credentials on the server"),
    ],
)
def test_login(hour: Server, number: int, user: str, password: str, status: int, described: str | None) -> None:
    answer = hour.send("GET", "/restapi/login", Username=user, Password=password)
    assert (answer.status_code, answer.json().get("desc")) == (status, described)


def test_3_plain_http_is_sent_to_https(hour: Server) -> None:
    url = hour.url.replace("https:", "http:") + "/restapi/login"
    answer = hour.http.get(url, headers={"Username": "root", "Password": "kwdbpassword"})
    assert (answer.status_code, answer.headers["location"]) == (307, hour.url + "/restapi/login")


def test_4_a_bad_token(hour: Server) -> None:
    answer = hour.post("query", "select 1", token="bad")
    assert (answer.status_code, answer.json()["desc"]) == (401, "Incorrect authentication token")


def test_86_87_sessions(hour: Server) -> None:
    hour.ddl("CREATE USER watcher PASSWORD 'watching'")
    hour.login("watcher", "watching")
    own = hour.send("GET", "/restapi/session", Username="watcher", Password="watching").json()["session"]
    assert [set(s) for s in own] == [{"SessionId", "MaxLifeTime", "LastLoginTime", "LoginValid", "ExpirationTime"}]
    everyone = hour.send("GET", "/restapi/session", Username="root", Password="kwdbpassword").json()["session"]
    assert {"Username", "Token"} <= set(everyone[0])
    refused = hour.send("DELETE", "/restapi/session", own[0]["SessionId"], Username="watcher", Password="watching")
    assert (refused.status_code, refused.json()) == (401, {"code": -1, "desc": "do not have authority, please check."})
    done = hour.send("DELETE", "/restapi/session", own[0]["SessionId"], Username="root", Password="kwdbpassword")
    assert done.json() == {"code": 0, "desc": "delete success"}
