"""Users as SQL makes, changes and drops them; KWDB's texts; who may do it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwrest.access.changes import AccessDefinition
from kwrest.access.credentials import Pair
from kwrest.access.state import load
from kwrest.errors import BadCredentials, BadToken, KwrestError, NotSessionAdmin, PasswordExpired
from kwrest.model import User
from kwrest.sql.bind.context import UserFacts
from kwrest.sql.bound import AdminRight
from kwrest.sql.definitions import AlterUser, CreateUser, DropUsers, Grant, GrantRoles, UserOptions
from kwrest.system import USERS
from tests.access.conftest import Clock, Server, options, refused


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


def create(name: str, password: str | None = "secret", **said: bool) -> CreateUser:
    return CreateUser(name, options(password, **said), ())


def alter(name: str, password: str | None = None, **said: bool) -> AlterUser:
    return AlterUser(name, options(password, **said), ())


def until(name: str, seconds: int | None) -> AlterUser:
    """An end that many seconds after the test begins; None takes it away."""
    end = None if seconds is None else Clock().now + seconds * 10**9
    return AlterUser(name, UserOptions(sets_end=True, valid_until=end), ())


def drop(*names: str, if_exists: bool = False) -> DropUsers:
    return DropUsers(names, if_exists, ())


def admin(*names: str, revoke: bool = False) -> GrantRoles:
    return GrantRoles(("admin",), names, revoke, False, ())


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
        ("maker", drop("plain"), "cannot drop role/user plain: grants still exist on shop, 1 other table"),
        ("root", drop("plain"), "cannot drop role/user plain: grants still exist on shop, shop.public.t"),
        ("root", drop("free", "plain"), "cannot drop roles/users free, plain: grants still exist on shop, shop.public.t"),
        ("root", admin("nobody"), "role/user nobody does not exist"),
        ("root", admin("public"), "role/user public does not exist"),
        ("root", admin("admin"), "admin cannot be a member of itself"),
        ("root", admin("root", revoke=True),
         "role/user root cannot be removed from role admin or lose the ADMIN OPTION"),
        ("boss", admin("boss", "root", revoke=True), "boss is not a role admin for role admin"),
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
        ("maker", alter("boss", createrole=False), "only users with the admin role are allowed to ALTER USER boss"),
        ("maker", drop("boss"), "only users with the admin role are allowed to DROP USER boss"),
        # the rights the binder listed are asked too
        ("maker", CreateUser("new", options("x"), (AdminRight("be here"),)),
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
        ("maker", create("new"), UserFacts("new")),
        ("maker", create("New", createrole=True), UserFacts("new", createrole=True)),
        ("boss", create("new", None), UserFacts("new")),
        ("maker", create("new", login=False), UserFacts("new", login=False)),
        ("root", create("Ünal-1.a_b"), UserFacts("ünal-1.a_b")),
        ("root", create("x" * 63), UserFacts("x" * 63)),
        ("maker", alter("free", createrole=True), UserFacts("free", createrole=True)),
        ("maker", alter("maker", createrole=False), UserFacts("maker")),
        ("maker", alter("free", login=False), UserFacts("free", login=False)),
        ("maker", until("free", 0), UserFacts("free", valid_until=Clock().now)),
        ("boss", alter("root", "new"), UserFacts("root", createrole=True, member_of=("admin",))),
        ("root", admin("free"), UserFacts("free", member_of=("admin",))),
        ("root", admin("BOSS", revoke=True), UserFacts("boss")),
        ("root", admin("root"), UserFacts("root", createrole=True, member_of=("admin",))),
    ],
)
def test_what_is_allowed_holds_at_once_and_is_stored(
    people: Server, by: str, definition: AccessDefinition, after: UserFacts
) -> None:
    version = people.access.version
    people.do(definition, by)
    assert after in people.access.users() and people.access.version == version + 1
    assert after in load(people.engine).listed_users()


def test_users_are_listed_by_name(people: Server) -> None:
    assert [u.name for u in people.access.users()] == ["admin", "boss", "free", "maker", "plain", "root"]


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
    who = people.who(token)
    assert (who.name, who.admin, who.createrole) == ("free", True, True)
    people.do(admin("free", revoke=True))
    assert people.who(token) == replace(who, admin=False)


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


# ---------------------------------------------------------------- who may log in, and how long


PASSWORD = Pair("free", "secret", header=True)


@pytest.mark.parametrize(
    "end, text, back",
    [
        (alter("free", login=False), BadCredentials.text, alter("free", login=True)),
        (AlterUser("free", UserOptions(sets_password=True), ()), BadCredentials.text, alter("free", "secret")),
        (until("free", -1), PasswordExpired.text, until("free", None)),
        (until("free", 0), PasswordExpired.text, until("free", 3600)),
    ],
)
def test_what_ends_a_login_ends_the_sessions_at_the_next_request_and_none_comes_back(
    people: Server, end: AlterUser, text: str, back: AlterUser
) -> None:
    token = people.login("free", "secret")
    people.do(end, "maker")
    with pytest.raises(KwrestError, match=f"^{text}$"):
        people.who(PASSWORD)
    with pytest.raises(KwrestError, match=f"^{text}$"):
        people.login("free", "secret")
    assert refused(people, token) is BadToken
    assert [s["Username"] for s in people.access.list_sessions(User("root"))] == []
    people.do(back, "maker")
    assert refused(people, token) is BadToken, "it is over for good"
    assert people.who(people.login("free", "secret")).name == "free"


def test_an_end_comes_by_itself(people: Server) -> None:
    people.do(until("free", 60))
    token = people.login("free", "secret")
    people.clock.now += 59 * 10**9
    assert people.who(token).name == people.who(PASSWORD).name == "free"
    people.clock.now += 10**9
    assert refused(people, token) is BadToken
    with pytest.raises(PasswordExpired):
        people.who(PASSWORD)
    with pytest.raises(BadCredentials):
        people.who(Pair("free", "wrong", header=True))
    people.do(until("free", 120))
    assert refused(people, token) is BadToken
    assert people.who(PASSWORD).name == "free"


def test_an_end_far_ahead_ends_nothing(people: Server) -> None:
    token = people.login("free", "secret")
    people.do(until("free", 3600))
    assert people.who(token).name == "free"


def test_a_role_is_a_user_that_cannot_log_in(people: Server) -> None:
    people.do(create("crew", "secret", login=False), "maker")
    with pytest.raises(BadCredentials):
        people.login("crew", "secret")
    people.do(alter("crew", login=True), "maker")
    assert people.login("crew", "secret")


NO_ADMIN_LEFT = "no admin would be left who can log in with a password"


@pytest.mark.parametrize(
    "definition",
    [
        alter("root", login=False),
        AlterUser("root", UserOptions(sets_password=True), ()),
        until("root", 3600),
    ],
)
def test_the_last_admin_who_can_log_in_stays(people: Server, definition: AlterUser) -> None:
    with pytest.raises(KwrestError, match=f"^{NO_ADMIN_LEFT}$"):
        people.do(definition)
    people.admin("second", "secret")
    people.do(definition, "second")
    for last in (admin("second", revoke=True), drop("second"), alter("second", login=False), until("second", 1)):
        with pytest.raises(KwrestError, match=f"^{NO_ADMIN_LEFT}$"):
            people.do(last)


def test_an_earlier_request_of_a_dropped_user_is_not_a_new_users(people: Server) -> None:
    early = people.who(PASSWORD)
    people.do(drop("free"))
    people.admin("free", "other")
    for asked in (lambda: people.access.authorise(early, ()), lambda: people.access.grants(early, people.table("t"))):
        with pytest.raises(BadToken):
            asked()
    with pytest.raises(BadToken):
        people.access.apply(create("new"), replace(people.request(), user=early))
    with pytest.raises(NotSessionAdmin):
        people.access.delete_session(early, "any", people.request())
    assert not people.access.may_see(early, people.table("t"))
    people.login("free", "other")
    assert people.access.list_sessions(early) == [] and len(people.access.list_sessions(User("free"))) == 1
    with pytest.raises(BadToken):
        people.access.as_now(early)


def test_if_exists_and_if_not_exists_are_decided_where_users_are_kept(people: Server) -> None:
    version = people.access.version
    people.do(CreateUser("PLAIN", options("x"), (), if_not_exists=True), "maker")
    people.do(CreateUser("admin", options("x"), (), if_not_exists=True), "maker")
    people.do(AlterUser("nobody", options("x"), (), if_exists=True), "maker")
    assert people.access.version == version
    with pytest.raises(KwrestError, match="CREATEROLE"):
        people.do(CreateUser("plain", options("x"), (), if_not_exists=True), "plain")
