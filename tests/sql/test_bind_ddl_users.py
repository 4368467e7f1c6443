"""Users, privileges and settings from their SQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwrest.errors import SqlError
from kwrest.model import Privilege, User
from kwrest.sql.bind.context import SettingFacts
from kwrest.sql.bind.ddl import bind_definition
from kwrest.sql.bound import AdminRight, CreateRoleRight, GrantRight
from kwrest.sql.definitions import AlterUser, CreateUser, Definition, DropUsers, Grant, GrantAdmin, Nothing, SetSetting
from kwrest.sql.grammar import parse
from tests.sql.world import ALICE, IOT, ROOT, SHOP, context, make_world, relation, series

S = series("s", "ts TIMESTAMPTZ(3) NOT NULL, a INT4", "id INT4 PRIMARY")
R = relation("r", "a INT4")
SETTINGS = (
    SettingFacts("server.rest.timeout", "60", "i", "minutes a token lives unused"),
    SettingFacts("ts.dedup.rule", "override", "s", "what a second row does"),
    SettingFacts("sql.notices.enabled", "true", "b", "notices"),
    SettingFacts("server.web_session_timeout", "168h0m0s", "d", "web sessions"),
)
WORLD = replace(make_world(S, R, settings=SETTINGS), users_=(ROOT, ALICE, User("am\u00e9lie")))
CREATEROLE = (CreateRoleRight(),)


def bind(sql: str) -> Definition:
    return bind_definition(parse(sql), context(WORLD))


@pytest.mark.parametrize("sql, expected", [
    ("CREATE USER bob", CreateUser("bob", None, False, CREATEROLE)),
    ("CREATE USER Bob WITH PASSWORD 'Secret' CREATEROLE", CreateUser("bob", "Secret", True, CREATEROLE)),
    ("CREATE USER IF NOT EXISTS alice", Nothing(CREATEROLE)),
    ("ALTER USER alice WITH PASSWORD 'x'", AlterUser("alice", "x", None, CREATEROLE)),
    ("ALTER USER alice NOCREATEROLE", AlterUser("alice", None, False, CREATEROLE)),
    ("ALTER USER ROOT WITH PASSWORD 'x'", AlterUser("root", "x", None, CREATEROLE)),
    ("ALTER USER IF EXISTS nosuch WITH PASSWORD 'x'", Nothing(CREATEROLE)),
    ("DROP USER alice", DropUsers(("alice",), False, CREATEROLE)),
    ("DROP USER IF EXISTS alice, Bob, alice", DropUsers(("alice", "bob"), True, CREATEROLE)),
    ('DROP USER "CAFE\u0301"', DropUsers(("caf\u00e9",), False, CREATEROLE)),
    ('CREATE USER IF NOT EXISTS "Ame\u0301lie"', Nothing(CREATEROLE)),
    ("GRANT SELECT, INSERT ON TABLE s TO alice",
     Grant((Privilege.SELECT, Privilege.INSERT), (S,), ("alice",), False, (GrantRight((Privilege.SELECT, Privilege.INSERT), S),))),
    ("GRANT ALL ON s TO alice", Grant((Privilege.ALL,), (S,), ("alice",), False, (GrantRight((Privilege.ALL,), S),))),
    ("GRANT SELECT ON TABLE iot.* TO alice", Grant((Privilege.SELECT,), (S,), ("alice",), False, (GrantRight((Privilege.SELECT,), S),))),
    ("REVOKE CREATE ON DATABASE iot, shop FROM alice",
     Grant((Privilege.CREATE,), (IOT, SHOP), ("alice",), True, (GrantRight((Privilege.CREATE,), IOT), GrantRight((Privilege.CREATE,), SHOP)))),
    ("GRANT admin TO alice", GrantAdmin(("alice",), False, (AdminRight("GRANT admin"),))),
    ("REVOKE admin FROM alice", GrantAdmin(("alice",), True, (AdminRight("REVOKE admin"),))),
])  # fmt: skip
def test_users(sql: str, expected: Definition) -> None:
    assert bind(sql) == expected


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("CREATE USER bob WITH CREATEROLE NOCREATEROLE", "42601", "conflicting role options"),
    ("CREATE USER bob WITH CREATEROLE CREATEROLE", "42601", "redundant role options"),
    ("CREATE USER bob WITH NOLOGIN", "0A000", "NOLOGIN is not supported"),
    ("CREATE ROLE bob", "0A000", "CREATE ROLE is not supported"),
    ("GRANT SELECT ON TABLE nosuch TO alice", "42P01", 'relation "nosuch" does not exist'),
    ("GRANT CREATE ON DATABASE nosuch TO alice", "3D000", 'database "nosuch" does not exist'),
    ("GRANT SELECT ON TABLE kwrest_system.users TO alice", "42501", "user root does not have GRANT privilege on relation users"),
    ("GRANT SELECT ON TABLE shop.nosuch.* TO alice", "42P01", 'relation "shop.nosuch.*" does not exist'),
    ("GRANT SELECT ON SCHEMA public TO alice", "0A000", "GRANT ON SCHEMA is not supported"),
    ("GRANT plumbers TO alice", "42704", "role/user plumbers does not exist"),
])  # fmt: skip
def test_users_refused(sql: str, sqlstate: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        bind(sql)
    assert (error.value.sqlstate, error.value.message) == (sqlstate, message)


@pytest.mark.parametrize("sql, name, value", [
    ("SET CLUSTER SETTING server.rest.timeout = 30", "server.rest.timeout", 30),
    ("SET CLUSTER SETTING server.rest.timeout TO '30'", "server.rest.timeout", 30),
    ("SET CLUSTER SETTING ts.dedup.rule = 'merge'", "ts.dedup.rule", "merge"),
    ("SET CLUSTER SETTING ts.dedup.rule = merge", "ts.dedup.rule", "merge"),
    ("SET CLUSTER SETTING sql.notices.enabled = false", "sql.notices.enabled", False),
    ("SET CLUSTER SETTING sql.notices.enabled = off", "sql.notices.enabled", False),
    ("SET CLUSTER SETTING server.web_session_timeout = '24h'", "server.web_session_timeout", "24:00:00"),
    ("SET CLUSTER SETTING server.rest.timeout = DEFAULT", "server.rest.timeout", None),
    ("RESET CLUSTER SETTING server.rest.timeout", "server.rest.timeout", None),
])  # fmt: skip
def test_settings(sql: str, name: str, value: object) -> None:
    made = bind(sql)
    assert isinstance(made, SetSetting)
    assert (made.name, made.value, made.rights) == (name, value, (AdminRight("SET CLUSTER SETTING"),))


@pytest.mark.parametrize("sql, message", [
    ("SET CLUSTER SETTING no.such = 1", "unknown cluster setting 'no.such'"),
    ("SET CLUSTER SETTING server.rest.timeout = true", "argument of SET CLUSTER SETTING server.rest.timeout must be type int, not type bool"),
    ("SET CLUSTER SETTING server.rest.timeout = 'x'", 'could not parse "x" as type int: strconv.ParseInt: parsing "x": invalid syntax'),
    ("SET CLUSTER SETTING ts.dedup.rule = 1", "argument of SET CLUSTER SETTING ts.dedup.rule must be type string, not type int"),
])  # fmt: skip
def test_settings_refused(sql: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        bind(sql)
    assert error.value.message == message
