"""Users, privileges and settings from their SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kwrest.errors import NoObjectMatched, SqlError
from kwrest.model import Privilege
from kwrest.sql.bind.context import SettingFacts
from kwrest.sql.bind.ddl import bind_definition
from kwrest.sql.bound import AdminRight, CreateRoleRight, GrantRight, RoleRight
from kwrest.sql.definitions import (
    AlterUser,
    CreateUser,
    Definition,
    DropUsers,
    Grant,
    GrantRoles,
    SetSetting,
    UserOptions,
)
from kwrest.sql.grammar import parse
from tests.sql.world import ALICE, IOT, SHOP, context, make_world, relation, series

S = series("s", "ts TIMESTAMPTZ(3) NOT NULL, a INT4", "id INT4 PRIMARY")
R = relation("r", "a INT4")
SETTINGS = (
    SettingFacts("server.rest.timeout", "60", "i", "minutes a token lives unused"),
    SettingFacts("ts.dedup.rule", "override", "s", "what a second row does"),
    SettingFacts("sql.notices.enabled", "true", "b", "notices"),
    SettingFacts("server.web_session_timeout", "168h0m0s", "d", "web sessions"),
)
WORLD = make_world(S, R, settings=SETTINGS)
CREATEROLE = (CreateRoleRight(),)


def bind(sql: str) -> Definition:
    return bind_definition(parse(sql), context(WORLD))


NEW_YEAR = 1704067200 * 10**9  # 2024-01-01 00:00:00 UTC


def said(**options: Any) -> UserOptions:
    return UserOptions(**options)


def secret(password: str | None, **options: Any) -> UserOptions:
    return UserOptions(sets_password=True, password=password, **options)


@pytest.mark.parametrize("sql, expected", [
    ("CREATE USER bob", CreateUser("bob", said(login=True), CREATEROLE)),
    ("CREATE ROLE bob", CreateUser("bob", said(login=False), CREATEROLE)),
    ("CREATE ROLE bob WITH LOGIN", CreateUser("bob", said(login=True), CREATEROLE)),
    ("CREATE USER bob NOLOGIN", CreateUser("bob", said(login=False), CREATEROLE)),
    ("CREATE USER Bob WITH PASSWORD 'Secret' CREATEROLE", CreateUser("bob", secret("Secret", login=True, createrole=True), CREATEROLE)),
    ("CREATE USER bob WITH PASSWORD NULL", CreateUser("bob", secret(None, login=True), CREATEROLE)),
    ("CREATE USER bob VALID UNTIL '2024-01-01'", CreateUser("bob", said(login=True, sets_end=True, valid_until=NEW_YEAR), CREATEROLE)),
    ("CREATE USER IF NOT EXISTS alice", CreateUser("alice", said(login=True), CREATEROLE, if_not_exists=True)),
    ('CREATE USER IF NOT EXISTS "Ame\u0301lie"', CreateUser("am\u00e9lie", said(login=True), CREATEROLE, if_not_exists=True)),
    ("ALTER USER alice WITH PASSWORD 'x'", AlterUser("alice", secret("x"), CREATEROLE)),
    ("ALTER ROLE alice WITH PASSWORD NULL", AlterUser("alice", secret(None), CREATEROLE)),
    ("ALTER USER alice NOCREATEROLE", AlterUser("alice", said(createrole=False), CREATEROLE)),
    ("ALTER ROLE alice LOGIN", AlterUser("alice", said(login=True), CREATEROLE)),
    ("ALTER USER alice VALID UNTIL NULL", AlterUser("alice", said(sets_end=True), CREATEROLE)),
    ("ALTER USER alice VALID UNTIL '2024-01-01 08:00:00+08:00'", AlterUser("alice", said(sets_end=True, valid_until=NEW_YEAR), CREATEROLE)),
    ("ALTER USER ROOT WITH PASSWORD 'x'", AlterUser("root", secret("x"), CREATEROLE)),
    ("ALTER ROLE IF EXISTS nosuch WITH PASSWORD 'x'", AlterUser("nosuch", secret("x"), CREATEROLE, if_exists=True)),
    ("DROP USER alice", DropUsers(("alice",), False, CREATEROLE)),
    ("DROP ROLE IF EXISTS alice, Bob, alice", DropUsers(("alice", "bob"), True, CREATEROLE)),
    ('DROP USER "CAFE\u0301"', DropUsers(("caf\u00e9",), False, CREATEROLE)),
    ("GRANT SELECT, INSERT ON TABLE s TO alice",
     Grant((Privilege.SELECT, Privilege.INSERT), (S,), ("alice",), False, (GrantRight((Privilege.SELECT, Privilege.INSERT), S),))),
    ("GRANT ALL ON s TO alice", Grant((Privilege.ALL,), (S,), ("alice",), False, (GrantRight((Privilege.ALL,), S),))),
    ("GRANT ALL PRIVILEGES ON s, shop.r TO PUBLIC",
     Grant((Privilege.ALL,), (S, R), ("public",), False, (GrantRight((Privilege.ALL,), S), GrantRight((Privilege.ALL,), R)))),
    ("GRANT SELECT ON TABLE iot.* TO alice", Grant((Privilege.SELECT,), (S,), ("alice",), False, (GrantRight((Privilege.SELECT,), S),))),
    ("GRANT SELECT ON shop.public.*, * TO alice, bob",
     Grant((Privilege.SELECT,), (R, S), ("alice", "bob"), False, (GrantRight((Privilege.SELECT,), R), GrantRight((Privilege.SELECT,), S)))),
    ("REVOKE CREATE ON DATABASE iot, shop FROM alice",
     Grant((Privilege.CREATE,), (IOT, SHOP), ("alice",), True, (GrantRight((Privilege.CREATE,), IOT), GrantRight((Privilege.CREATE,), SHOP)))),
    ("GRANT admin TO alice", GrantRoles(("admin",), ("alice",), False, False, (RoleRight("admin"),))),
    ("GRANT Plumbers, admin TO alice, bob WITH ADMIN OPTION",
     GrantRoles(("plumbers", "admin"), ("alice", "bob"), False, True, (RoleRight("plumbers"), RoleRight("admin")))),
    ("REVOKE admin FROM alice", GrantRoles(("admin",), ("alice",), True, False, (RoleRight("admin"),))),
    ("REVOKE ADMIN OPTION FOR plumbers FROM alice", GrantRoles(("plumbers",), ("alice",), True, True, (RoleRight("plumbers"),))),
])  # fmt: skip
def test_users(sql: str, expected: Definition) -> None:
    assert bind(sql) == expected


@pytest.mark.parametrize("sql, sqlstate, message", [
    ("CREATE USER bob WITH CREATEROLE NOCREATEROLE", "42601", "conflicting role options"),
    ("CREATE ROLE bob WITH LOGIN NOLOGIN", "42601", "conflicting role options"),
    ("CREATE USER bob WITH CREATEROLE CREATEROLE", "42601", "redundant role options"),
    ("ALTER USER bob WITH PASSWORD 'a' PASSWORD NULL", "42601", "redundant role options"),
    ("ALTER USER bob VALID UNTIL 'soon'", "22007", 'parsing as type timestamp: could not parse "soon"'),
    ("GRANT SELECT ON TABLE nosuch TO alice", "42P01", 'relation "nosuch" does not exist'),
    ("GRANT CREATE ON DATABASE nosuch TO alice", "3D000", 'database "nosuch" does not exist'),
    ("GRANT SELECT ON TABLE kwrest_system.users TO alice", "42501", "user root does not have GRANT privilege on relation users"),
    ("GRANT SELECT ON TABLE kwrest_system.* TO alice", "42704", "no object matched"),
    ("GRANT SELECT ON TABLE shop.nosuch.* TO alice", "42704", "no object matched"),
    ("GRANT SELECT ON TABLE nodb.* TO alice", "42704", "no object matched"),
    ("GRANT CREATE ON SCHEMA public TO alice", "3F000", 'cannot change privileges on schema "public"'),
    ("REVOKE CREATE ON SCHEMA shop.public FROM alice", "3F000", 'cannot change privileges on schema "shop.public"'),
    ("GRANT CREATE ON SCHEMA nosuch TO alice", "3F000", 'unknown schema "nosuch"'),
    ("GRANT CREATE ON SCHEMA nodb.public TO alice", "3D000", 'database "nodb" does not exist'),
    ("GRANT ZONECONFIG ON TABLE s TO alice", "0A000", "the privilege ZONECONFIG is not supported"),
    ("GRANT FLY ON TABLE s TO alice", "42601", 'not a valid privilege: "fly"'),
])  # fmt: skip
def test_users_refused(sql: str, sqlstate: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        bind(sql)
    assert (error.value.sqlstate, error.value.message) == (sqlstate, message)


def test_a_pattern_means_the_tables_that_the_user_may_see() -> None:
    world = replace(WORLD, unseen=frozenset({("alice", S.id)}))
    with pytest.raises(NoObjectMatched):
        bind_definition(parse("GRANT SELECT ON TABLE iot.* TO bob"), context(world, user=ALICE))


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
