"""Who may do what: every right, granted and not, in KWDB's words; and how grants come and go."""

from __future__ import annotations

from typing import cast

import pytest

from kwrest.access.privileges import EACH, NOTHING, Held, granted, revoked
from kwrest.errors import KwrestError
from kwrest.model import Database, Privilege, Table, User
from kwrest.sql.bound import AdminRight, CreateRoleRight, DatabaseRight, GrantRight, Right, TableRight
from kwrest.sql.definitions import DropDatabase, DropTables, Grant
from kwrest.system import GRANTS, SYSTEM_TABLES
from tests.access.conftest import Server
from tests.altering import altering

P = Privilege
NAMES = ("ALL", "CREATE", "DROP", "GRANT", "SELECT", "INSERT", "DELETE", "UPDATE")


@pytest.fixture
def shop(same_shop: Server) -> Server:
    """Tables t and s in `shop` without any grant; `boss` an admin, `u` and `v` nobody special. Only grants change."""
    for on in (same_shop.table("t"), same_shop.table("s"), same_shop.database("shop")):
        same_shop.grant("ALL", on, "u", "v", "public", revoke=True)
    return same_shop


@pytest.fixture
def own_shop(server: Server) -> Server:
    """The same for one test alone, which may restart it, drop tables and make others."""
    return opened(server)


@pytest.fixture(scope="module")
def same_shop(shared_server: Server) -> Server:
    return opened(shared_server)


def opened(server: Server) -> Server:
    server.table("t")
    server.table("s")
    server.admin("boss", None)
    server.user("u", None)
    server.user("v", None)
    return server


def may(server: Server, user: str, *rights: Right) -> str:
    """The refusal, empty when there is none. The admin flag of the request is a lie on purpose."""
    try:
        server.access.authorise(User(user, admin=True, createrole=True), rights)
    except KwrestError as refused:
        assert refused.sqlstate == "42501"
        return refused.message
    return ""


def held_by(server: Server) -> list[tuple[str, str, str]]:
    """(object, grantee, privilege) of every grant on `shop`, t and s, as root is shown them."""
    database = server.catalog.database("shop")
    if database is None:
        return []
    on: list[Database | Table] = [database, *server.catalog.tables(database)]
    return sorted((o.name, g.grantee, g.privilege.value) for o in on for g in server.access.grants(User("root"), o))


# ---------------------------------------------------------------- one right at a time


@pytest.mark.parametrize("held", ["", *NAMES])
def test_a_privilege_is_held_or_covered_by_all(shop: Server, held: str) -> None:
    t, database = shop.table("t"), shop.database("shop")
    if held:
        shop.grant(held, t, "u")
        shop.grant(held, database, "u")
    for wanted in NAMES:
        rights: list[tuple[Right, str]] = [
            (TableRight(P(wanted), t), "relation t"),
            (DatabaseRight(P(wanted), database), "database shop"),
        ]
        for right, where in rights:
            text = "" if held in (wanted, "ALL") else f"user u does not have {wanted} privilege on {where}"
            assert may(shop, "u", right) == text
            assert may(shop, "v", right) == f"user v does not have {wanted} privilege on {where}"
            assert may(shop, "root", right) == may(shop, "boss", right) == ""


def test_a_grant_on_one_object_is_one_on_no_other(shop: Server) -> None:
    shop.grant("ALL", shop.table("t"), "u")
    assert (
        may(shop, "u", TableRight(P.SELECT, shop.table("s"))) == "user u does not have SELECT privilege on relation s"
    )
    assert may(shop, "u", DatabaseRight(P.CREATE, shop.database("shop")))
    shop.grant("ALL", shop.database("shop"), "v")
    assert may(shop, "v", TableRight(P.SELECT, shop.table("t"))), "later grants on the database reach no table"
    assert may(shop, "v", DatabaseRight(P.CREATE, shop.database("defaultdb")))


def test_every_right_is_asked_and_the_first_missing_one_is_told(shop: Server) -> None:
    shop.grant("SELECT", shop.table("t"), "u")
    t, s = shop.table("t"), shop.table("s")
    assert may(shop, "u", TableRight(P.SELECT, t), TableRight(P.INSERT, s), TableRight(P.DELETE, t)) == (
        "user u does not have INSERT privilege on relation s"
    )
    assert may(shop, "u", TableRight(P.SELECT, t), TableRight(P.SELECT, t)) == ""
    assert may(shop, "u") == ""


@pytest.mark.parametrize(
    "right, text",
    [
        (AdminRight("CREATE DATABASE"), "only users with the admin role are allowed to CREATE DATABASE"),
        (CreateRoleRight(), "user u does not have CREATEROLE privilege"),
    ],
)
def test_rights_that_no_grant_gives(shop: Server, right: Right, text: str) -> None:
    shop.grant("ALL", shop.table("t"), "u", "public")
    shop.grant("ALL", shop.database("shop"), "u", "public")
    assert may(shop, "u", right) == text
    assert may(shop, "root", right) == may(shop, "boss", right) == ""


@pytest.mark.parametrize("held", NAMES)
def test_show_needs_any_privilege(shop: Server, held: str) -> None:
    t = shop.table("t")
    assert may(shop, "u", TableRight(None, t)) == "user u has no privileges on relation t"
    assert not shop.access.may_see(User("u", admin=True), t)
    shop.grant(held, t, "u")
    assert may(shop, "u", TableRight(None, t)) == ""
    assert [shop.access.may_see(User(n), t) for n in ("u", "v", "boss", "nobody")] == [True, False, True, False]


def test_public_is_everyone(shop: Server) -> None:
    t = shop.table("t")
    shop.grant("SELECT", t, "PUBLIC")
    assert may(shop, "u", TableRight(P.SELECT, t)) == "" and shop.access.may_see(User("v"), t)
    shop.grant("SELECT", t, "u", revoke=True)
    assert may(shop, "u", TableRight(P.SELECT, t)) == ""
    shop.grant("SELECT", t, "public", revoke=True)
    assert may(shop, "u", TableRight(P.SELECT, t))


def test_the_servers_own_tables_are_read_by_admins_and_changed_by_nobody(shop: Server) -> None:
    for table in SYSTEM_TABLES:
        check_own_table(shop, table)


def check_own_table(shop: Server, table: Table) -> None:
    for user in ("root", "boss"):
        for wanted in NAMES:
            assert bool(may(shop, user, TableRight(P(wanted), table))) is (wanted != "SELECT")
        assert may(shop, user, TableRight(None, table)) == ""
    assert (
        may(shop, "u", TableRight(P.SELECT, table)) == f"user u does not have SELECT privilege on relation {table.name}"
    )
    assert may(shop, "u", TableRight(None, table)) == f"user u has no privileges on relation {table.name}"
    assert not shop.access.may_see(User("u"), table) and shop.access.may_see(User("boss"), table)
    with pytest.raises(KwrestError, match=r"^user root does not have GRANT privilege on relation"):
        shop.grant("SELECT", table, "u")


@pytest.mark.parametrize("name", ["system", "kwrest_system"])
def test_the_servers_own_databases_are_changed_by_nobody(shop: Server, name: str) -> None:
    database = shop.catalog.database(name)
    assert database is not None
    for wanted in ("CREATE", "DROP", "ALL"):
        text = f"user root does not have {wanted} privilege on database {name}"
        assert may(shop, "root", DatabaseRight(P(wanted), database)) == text
    with pytest.raises(KwrestError, match=f"^user root does not have GRANT privilege on database {name}$"):
        shop.grant("CREATE", database, "u")


def test_a_right_nobody_wrote_a_rule_for_is_refused_for_everyone(shop: Server) -> None:
    class Unheard:
        pass

    for unheard in (Unheard(), None, TableRight(cast(Privilege, "SELECT"), shop.table("t"))):
        with pytest.raises(TypeError):
            shop.access.authorise(User("root"), [cast(Right, unheard)])


# ---------------------------------------------------------------- granting


@pytest.mark.parametrize(
    "held, wanted, missing",
    [
        ("", "SELECT", "GRANT"),
        ("SELECT", "SELECT", "GRANT"),
        ("GRANT", "SELECT", "SELECT"),
        ("GRANT SELECT", "SELECT INSERT", "INSERT"),
        ("GRANT SELECT", "ALL", "ALL"),
        ("CREATE DROP GRANT SELECT INSERT DELETE UPDATE", "ALL", "ALL"),
        ("GRANT SELECT", "SELECT", ""),
        ("GRANT SELECT", "GRANT", ""),
        ("ALL", "ALL", ""),
        ("ALL", "INSERT GRANT", ""),
    ],
)
def test_who_grants_needs_grant_and_what_is_granted(shop: Server, held: str, wanted: str, missing: str) -> None:
    t = shop.table("t")
    if held:
        shop.grant(held, t, "u")
    text = f"user u does not have {missing} privilege on relation t" if missing else ""
    assert may(shop, "u", GrantRight(tuple(map(P, wanted.split())), t)) == text
    for revoke in (False, True):
        if text:
            with pytest.raises(KwrestError) as refused:
                shop.grant(wanted, t, "v", by="u", revoke=revoke)
            assert refused.value.message == text and may(shop, "v", TableRight(None, t))
        else:
            shop.grant(wanted, t, "v", by="u", revoke=revoke)
            assert bool(may(shop, "v", TableRight(None, t))) is revoke


def held(*names: str) -> Held:
    return frozenset(map(P, names))


@pytest.mark.parametrize(
    "before, given, after",
    [
        (NOTHING, ("SELECT",), held("SELECT")),
        (held("SELECT"), ("SELECT", "INSERT"), held("SELECT", "INSERT")),
        (held("SELECT"), ("ALL",), held("ALL")),
        (held("ALL"), ("SELECT",), held("ALL")),
    ],
)
def test_granted(before: Held, given: tuple[str, ...], after: Held) -> None:
    assert granted(before, held(*given)) == after


@pytest.mark.parametrize(
    "before, taken, after",
    [
        (NOTHING, ("SELECT",), NOTHING),
        (held("SELECT", "INSERT"), ("SELECT",), held("INSERT")),
        (held("ALL"), ("SELECT",), EACH - held("SELECT")),
        (held("ALL"), ("ALL",), NOTHING),
        (held("SELECT"), ("ALL",), NOTHING),
    ],
)
def test_revoked(before: Held, taken: tuple[str, ...], after: Held) -> None:
    assert revoked(before, held(*taken)) == after


@pytest.mark.parametrize(
    "to, revoke, text",
    [
        ("nobody", False, "user or role nobody does not exist"),
        ("nobody", True, "user or role nobody does not exist"),
        ("root", True, "user root must have exactly ALL privileges on system object with ID="),
        ("admin", True, "user admin must have exactly ALL privileges on system object with ID="),
    ],
)
def test_grantees_that_are_refused(shop: Server, to: str, revoke: bool, text: str) -> None:
    with pytest.raises(KwrestError) as refused:
        shop.grant("SELECT", shop.table("t"), "u", to, revoke=revoke)
    assert refused.value.message.startswith(text)
    assert held_by(shop) == [], "nobody got anything"


def test_grants_are_listed_as_stored_and_survive_a_restart(own_shop: Server) -> None:
    own_shop.grant("SELECT INSERT", own_shop.table("t"), "u", "v", "root")
    own_shop.grant("CREATE", own_shop.database("shop"), "u")
    own_shop.grant("SELECT", own_shop.table("t"), "v", revoke=True)

    def listed() -> list[tuple[str, str, str]]:
        return held_by(own_shop)

    expected = [("shop", "u", "CREATE"), ("t", "u", "INSERT"), ("t", "u", "SELECT"), ("t", "v", "INSERT")]
    assert listed() == expected
    own_shop.kill()
    own_shop.start()
    assert listed() == expected
    assert may(own_shop, "v", TableRight(P.INSERT, own_shop.table("t"))) == ""
    assert may(own_shop, "v", TableRight(P.SELECT, own_shop.table("t")))


def test_several_objects_and_grantees_at_once(shop: Server) -> None:
    t, s = shop.table("t"), shop.table("s")
    shop.do(Grant((P.SELECT, P.INSERT), (t, s, t), ("u", "v", "U"), False, ()))
    assert len(held_by(shop)) == 8
    shop.do(Grant((P.ALL,), (t, s), ("u", "v"), True, ()))
    assert held_by(shop) == [] and shop.engine.read_system(GRANTS)["grantee"] == []


def test_an_altered_table_keeps_its_grants(own_shop: Server) -> None:
    own_shop.grant("SELECT", own_shop.table("t"), "u")
    own_shop.define(altering(own_shop.catalog, "ALTER TABLE t ADD b INT", "shop"))
    assert may(own_shop, "u", TableRight(P.SELECT, own_shop.table("t"))) == ""


# ---------------------------------------------------------------- with the catalog


def test_a_new_table_takes_the_grants_of_its_database_at_that_time(own_shop: Server) -> None:
    own_shop.grant("CREATE SELECT", own_shop.database("shop"), "u")
    own_shop.grant("INSERT", own_shop.database("shop"), "public")
    new = own_shop.table("new")
    assert may(own_shop, "u", TableRight(P.CREATE, new), TableRight(P.SELECT, new), TableRight(P.INSERT, new)) == ""
    assert may(own_shop, "v", TableRight(P.SELECT, new)) and not may(own_shop, "v", TableRight(P.INSERT, new))
    assert may(own_shop, "u", TableRight(P.DROP, new)), "who creates something gets no more than that"
    own_shop.grant("SELECT", own_shop.database("shop"), "u", revoke=True)
    assert may(own_shop, "u", TableRight(P.SELECT, new)) == "", "what was inherited stays"
    own_shop.kill()
    own_shop.start()
    assert may(own_shop, "u", TableRight(P.SELECT, own_shop.table("new"))) == ""


def test_dropped_objects_take_their_grants_along(own_shop: Server) -> None:
    own_shop.grant("ALL", own_shop.table("t"), "u")
    own_shop.grant("ALL", own_shop.table("s"), "u")
    own_shop.grant("ALL", own_shop.database("shop"), "u")
    version = own_shop.access.version
    own_shop.define(DropTables((own_shop.table("t"),), ()))
    assert [name for name, *_ in held_by(own_shop)] == ["s", "shop"] and own_shop.access.version > version
    assert may(own_shop, "u", TableRight(P.SELECT, own_shop.table("t"))) == "", (
        "the new one inherited from the database"
    )
    tables = tuple(own_shop.catalog.tables(own_shop.database("shop")))
    own_shop.define(DropDatabase(own_shop.database("shop"), tables, ()))
    assert held_by(own_shop) == [] and own_shop.engine.read_system(GRANTS)["grantee"] == []
    assert may(own_shop, "u", DatabaseRight(P.CREATE, own_shop.database("shop"))), (
        "a new database of an old name is another"
    )


def test_a_grant_on_what_was_dropped_meanwhile_is_refused(own_shop: Server) -> None:
    t, database = own_shop.table("t"), own_shop.database("shop")
    own_shop.define(DropTables((t,), ()))
    with pytest.raises(KwrestError, match=r'^relation "t" does not exist$'):
        own_shop.grant("SELECT", t, "u")
    own_shop.define(DropDatabase(database, (own_shop.table("s"),), ()))
    with pytest.raises(KwrestError, match=r'^database "shop" does not exist$'):
        own_shop.grant("CREATE", database, "u")


def test_a_failed_definition_changes_no_grant(own_shop: Server) -> None:
    t = own_shop.table("t")
    own_shop.grant("ALL", t, "u")
    version, before = own_shop.access.version, own_shop.engine.read_system(GRANTS)
    own_shop.define(DropTables((own_shop.table("s"),), ()))
    with pytest.raises(KwrestError):
        own_shop.define(DropDatabase(own_shop.database("shop"), (), ()))
    assert own_shop.engine.read_system(GRANTS) == before and may(own_shop, "u", TableRight(P.ALL, t)) == ""
    assert own_shop.access.version >= version
