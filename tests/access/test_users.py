"""Users as SQL makes, changes and drops them; KWDB's texts; who may do it."""

from __future__ import annotations

import pytest

from kwrest.access.changes import AccessDefinition
from kwrest.access.credentials import Pair
from kwrest.access.users import listed, load
from kwrest.errors import BadToken, KwrestError
from kwrest.model import User
from kwrest.sql.bound import AdminRight
from kwrest.sql.definitions import AlterUser, CreateUser, DropUsers, Grant, GrantAdmin
from kwrest.system import USERS
from tests.access.conftest import Server


@pytest.fixture
def people(server: Server) -> Server:
    """root; the admin `boss`; `maker` with CREATEROLE; `plain`, who has a grant; `free`, who has none."""
    return peopled(server)


@pytest.fixture(scope="module")
def same_people(shared_server: Server) -> Server:
    return peopled(shared_server)


def peopled(server: Server) -> Server:
    server.admin("boss", None)
    server.user("maker", None, createrole=True)
    server.user("plain", None)
    server.user("free")
    server.grant("SELECT", server.table("t"), "plain")
    server.grant("CREATE", server.database("shop"), "plain")
    return server


def create(name: str, password: str | None = "secret", createrole: bool = False) -> CreateUser:
    return CreateUser(name, password, createrole, ())


def alter(name: str, password: str | None = None, createrole: bool | None = None) -> AlterUser:
    return AlterUser(name, password, createrole, ())


def drop(*names: str, if_exists: bool = False) -> DropUsers:
    return DropUsers(names, if_exists, ())


def admin(*names: str, revoke: bool = False) -> GrantAdmin:
    return GrantAdmin(names, revoke, ())


NO_CREATEROLE = "user {} does not have CREATEROLE privilege"


@pytest.mark.parametrize(
    "by, definition, text",
    [
        ("root", create("plain"), "a role/user named plain already exists"),
        ("root", create("PLAIN"), "a role/user named plain already exists"),
        ("root", create("root"), "a role/user named root already exists"),
        ("root", create("admin"), "a role/user named admin already exists"),
        ("root", create("Admin"), "a role/user named admin already exists"),
        ("root", create("public"), 'role name "public" is reserved'),
        ("root", create("node"), 'username "node" reserved'),
        ("root", create(""), "no username specified"),
        ("root", create("-foo"), 'username "-foo" invalid'),
        ("root", create(".foo"), 'username ".foo" invalid'),
        ("root", create("a b"), 'username "a b" invalid'),
        ("root", create("a:b"), 'username "a:b" invalid'),
        ("root", create("a\0"), 'username "a\0" invalid'),
        ("root", create("a\n"), 'username "a\n" invalid'),
        ("root", create("x" * 64), f'username "{"x" * 64}" is too long'),
        ("root", create("new", ""), "empty passwords are not permitted"),
        ("root", create("new", "kwr1_x"), "a password must not begin with kwr1_"),
        ("root", alter("plain", ""), "empty passwords are not permitted"),
        ("root", alter("plain", "kwr1_x"), "a password must not begin with kwr1_"),
        ("root", alter("nobody", "x"), "role/user nobody does not exist"),
        ("root", alter("admin", "x"), "cannot edit admin role"),
        ("root", alter("public", "x"), "role/user public does not exist"),
        ("root", drop("nobody"), "role/user nobody does not exist"),
        ("root", drop("free", "nobody"), "role/user nobody does not exist"),
        ("root", drop("root"), "cannot drop special user root"),
        ("boss", drop("ROOT", if_exists=True), "cannot drop special user root"),
        ("root", drop("admin"), "cannot drop special role admin"),
        ("root", drop("public"), 'role name "public" is reserved'),
        ("root", drop("free", "plain"), "cannot drop role/user plain: grants still exist on shop, shop.public.t"),
        ("root", admin("nobody"), "user or role nobody does not exist"),
        ("root", admin("public"), "user or role public does not exist"),
        ("root", admin("admin"), "admin cannot be a member of itself"),
        ("root", admin("root", revoke=True),
         "role/user root cannot be removed from role admin or lose the ADMIN OPTION"),
        ("boss", admin("boss", "root", revoke=True),
         "role/user root cannot be removed from role admin or lose the ADMIN OPTION"),
        # who may do it at all
        ("plain", create("new"), NO_CREATEROLE.format("plain")),
        ("plain", alter("plain", "x"), NO_CREATEROLE.format("plain")),
        ("plain", alter("root", "x"), NO_CREATEROLE.format("plain")),
        ("plain", drop("free"), NO_CREATEROLE.format("plain")),
        ("plain", drop("nobody", if_exists=True), NO_CREATEROLE.format("plain")),
        ("plain", admin("plain"), "plain is not a role admin for role admin"),
        ("maker", admin("maker"), "maker is not a role admin for role admin"),
        ("maker", admin("boss", revoke=True), "maker is not a role admin for role admin"),
        # CREATEROLE is no way to become an admin
        ("maker", alter("root", "mine"), "only users with the admin role are allowed to ALTER USER root"),
        ("maker", alter("ROOT", "mine"), "only users with the admin role are allowed to ALTER USER root"),
        ("maker", alter("boss", None, False), "only users with the admin role are allowed to ALTER USER boss"),
        ("maker", drop("boss"), "only users with the admin role are allowed to DROP USER boss"),
        # the rights the binder listed are asked too
        ("maker", CreateUser("new", "x", False, (AdminRight("be here"),)),
         "only users with the admin role are allowed to be here"),
    ],
)  # fmt: skip
def test_what_is_refused_and_changes_nothing(
    same_people: Server, by: str, definition: AccessDefinition, text: str
) -> None:
    before, version = same_people.engine.read_system(USERS), same_people.access.version
    with pytest.raises(KwrestError) as refused:
        same_people.do(definition, by)
    assert refused.value.message == text
    assert same_people.engine.read_system(USERS) == before and same_people.access.version == version


@pytest.mark.parametrize(
    "by, definition, after",
    [
        ("maker", create("new"), User("new")),
        ("maker", create("New", createrole=True), User("new", createrole=True)),
        ("boss", create("new", None), User("new")),
        ("root", create("Ünal-1.a_b"), User("ünal-1.a_b")),
        ("root", create("x" * 63), User("x" * 63)),
        ("maker", alter("free", createrole=True), User("free", createrole=True)),
        ("maker", alter("maker", createrole=False), User("maker")),
        ("boss", alter("root", "new"), User("root", admin=True, createrole=True)),
        ("boss", admin("free"), User("free", admin=True)),
        ("boss", admin("BOSS", revoke=True), User("boss")),
        ("root", admin("root"), User("root", admin=True, createrole=True)),
    ],
)
def test_what_is_allowed_holds_at_once_and_is_stored(
    people: Server, by: str, definition: AccessDefinition, after: User
) -> None:
    version = people.access.version
    people.do(definition, by)
    assert after in people.access.users() and people.access.version == version + 1
    assert after in listed(load(people.engine))


def test_users_are_listed_by_name(people: Server) -> None:
    assert [u.name for u in people.access.users()] == ["boss", "free", "maker", "plain", "root"]


def test_if_exists_drops_who_is_there(people: Server) -> None:
    people.do(drop("nobody", "FREE", "free", if_exists=True), "maker")
    assert "free" not in [u.name for u in people.access.users()]
    version = people.access.version
    people.do(drop("free", if_exists=True))
    assert people.access.version == version


def test_a_user_whose_grants_were_revoked_can_be_dropped(people: Server) -> None:
    people.grant("SELECT", people.table("t"), "plain", revoke=True)
    people.grant("ALL", people.database("shop"), "plain", revoke=True)
    people.do(drop("plain"))
    assert "plain" not in [u.name for u in people.access.users()]


def test_a_change_without_a_password_keeps_the_session(people: Server) -> None:
    token = people.login("free", "secret")
    people.do(alter("free", createrole=True))
    people.do(admin("free"))
    assert people.who(token) == User("free", admin=True, createrole=True)
    people.do(admin("free", revoke=True))
    assert people.who(token) == User("free", createrole=True)


def test_whoever_was_dropped_meanwhile_can_do_nothing(people: Server) -> None:
    people.do(drop("maker"))
    for definition in (create("new"), admin("maker"), drop("free")):
        with pytest.raises(BadToken):
            people.do(definition, "maker")
    with pytest.raises(BadToken):
        people.access.authorise(User("maker", admin=True), ())


def test_a_grant_needs_its_own_rights_whatever_the_binder_listed(people: Server) -> None:
    with pytest.raises(KwrestError, match=r"^user free does not have GRANT privilege on relation t$"):
        people.do(Grant((), (people.table("t"),), ("free",), False, ()), "free")


def test_a_new_user_of_an_old_name_has_nothing_of_the_old_one(people: Server) -> None:
    assert people.who(Pair("free", "secret", header=True)).name == "free"
    token = people.login("free", "secret")
    people.do(drop("free"))
    people.user("free", "other")
    for said in (token, Pair("free", "secret", header=True)):
        with pytest.raises(KwrestError):
            people.who(said)
