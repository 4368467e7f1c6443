"""Roles in roles: who may give and take them, what they hand on, what they never do."""

from __future__ import annotations

import pytest

from kwrest.access.members import Members
from kwrest.access.state import load
from kwrest.errors import KwrestError
from kwrest.model import Privilege, User
from kwrest.sql.bound import CreateRoleRight, DatabaseRight, RoleRight, TableRight
from kwrest.sql.definitions import DropUsers
from kwrest.system import ROLE_MEMBERS
from tests.access.conftest import Server, new_password

P = Privilege


@pytest.fixture
def people(server: Server) -> Server:
    return peopled(server)


@pytest.fixture(scope="module")
def same_people(shared_server: Server) -> Server:
    return peopled(shared_server)


def peopled(server: Server) -> Server:
    """`boss`, an admin without the ADMIN OPTION; `lead`, who may give `crew`; `ann` in `crew`; `crew` in `staff`; `maker`
    with CREATEROLE; `chiefs`, who are admins; `plain`, who is nothing."""
    for name in ("lead", "ann", "plain", "crew", "staff", "chiefs"):
        server.user(name)
    server.user("maker", createrole=True)
    server.admin("boss")
    server.role("crew", "ann")
    server.role("crew", "lead", option=True)
    server.role("staff", "crew")
    server.role("admin", "chiefs")
    return server


def refusal(server: Server, roles: str, *to: str, by: str, revoke: bool = False, option: bool = False) -> str:
    before = server.engine.read_system(ROLE_MEMBERS)
    with pytest.raises(KwrestError) as refused:
        server.role(roles, *to, by=by, revoke=revoke, option=option)
    assert server.engine.read_system(ROLE_MEMBERS) == before, "all or nothing"
    return f"{refused.value.sqlstate} {refused.value.message}"


@pytest.mark.parametrize("by, roles, to, text", [
    ("root", "nobody", "ann", "42704 role/user nobody does not exist"),
    ("root", "crew", "nobody", "42704 role/user nobody does not exist"),
    ("root", "public", "ann", "42704 role/user public does not exist"),
    ("root", "crew", "public", "42704 role/user public does not exist"),
    ("root", "crew", "crew", "0LP01 crew cannot be a member of itself"),
    ("root", "CREW", "Crew", "0LP01 crew cannot be a member of itself"),
    ("root", "admin", "admin", "0LP01 admin cannot be a member of itself"),
    ("root", "ann", "crew", "0LP01 making crew a member of ann would create a cycle"),
    ("root", "ann", "staff", "0LP01 making staff a member of ann would create a cycle"),
    ("root", "chiefs", "admin", "0LP01 making admin a member of chiefs would create a cycle"),
    ("root", "root", "admin", "0LP01 making admin a member of root would create a cycle"),
    ("plain", "crew", "plain", "42501 plain is not a superuser or role admin for role crew"),
    ("ann", "crew", "plain", "42501 ann is not a superuser or role admin for role crew"),
    ("lead", "crew staff", "plain", "42501 lead is not a superuser or role admin for role staff"),
    ("maker", "crew", "maker", "42501 maker is not a superuser or role admin for role crew"),
    ("maker", "nobody", "maker", "42501 maker is not a superuser or role admin for role nobody"),
    ("plain", "admin", "plain", "42501 plain is not a role admin for role admin"),
    ("boss", "admin", "plain", "42501 boss is not a role admin for role admin"),
    # no other way to make admins either
    ("boss", "chiefs", "plain", "42501 boss is not a role admin for role chiefs"),
    ("boss", "root", "plain", "42501 boss is not a role admin for role root"),
    ("boss", "boss", "plain", "42501 boss is not a role admin for role boss"),
])  # fmt: skip
def test_what_is_refused(same_people: Server, by: str, roles: str, to: str, text: str) -> None:
    assert refusal(same_people, roles, *to.split(), by=by) == text


@pytest.mark.parametrize("option", [False, True])
def test_root_never_leaves_admin(same_people: Server, option: bool) -> None:
    text = "55006 role/user root cannot be removed from role admin or lose the ADMIN OPTION"
    assert refusal(same_people, "crew admin", "ann", "root", by="root", revoke=True, option=option) == text


def test_who_has_the_option_gives_and_takes_the_role(people: Server) -> None:
    people.role("crew", "plain", by="lead", option=True)
    people.role("crew", "maker", by="plain")
    people.role("crew", "lead", by="plain", revoke=True, option=True)
    assert refusal(people, "crew", "boss", by="lead").startswith("42501")
    people.role("crew", "ann", "maker", by="plain", revoke=True)
    assert load(people.engine).members.direct.get("ann") is None
    people.role("crew", "plain", by="plain")  # granted again without it, the option stays
    people.role("crew", "ann", by="boss")  # an admin needs no option
    people.role("admin", "boss", option=True)
    people.role("chiefs", "plain", by="boss")
    assert may(people, "plain", RoleRight("crew")) == ""


def may(server: Server, user: str, *rights: object) -> str:
    try:
        server.access.authorise(User(user), rights)  # type: ignore[arg-type]  # any kind of right
    except KwrestError as refused:
        return refused.message
    return ""


def test_a_role_hands_on_its_grants_and_membership_at_once(people: Server) -> None:
    t, shop = people.table("t"), people.database("shop")
    read, make = TableRight(P.SELECT, t), DatabaseRight(P.CREATE, shop)
    people.grant("SELECT", t, "staff")
    people.grant("CREATE", shop, "crew")
    assert [may(people, who, read) for who in ("staff", "crew", "ann", "lead")] == [""] * 4
    assert may(people, "plain", read) == "user plain does not have SELECT privilege on relation t"
    assert may(people, "ann", make) == "" and may(people, "staff", make)
    assert people.access.may_see(User("ann"), t) and not people.access.may_see(User("plain"), t)
    people.role("staff", "crew", revoke=True)
    assert may(people, "ann", read) == "user ann does not have SELECT privilege on relation t"
    people.role("ann", "plain")  # a user is a role too
    people.grant("SELECT", t, "ann")
    assert may(people, "plain", read) == ""


def test_roles_of_admins_make_admins_and_createrole_is_ones_own(people: Server) -> None:
    people.role("chiefs", "plain")
    people.role("maker", "ann")
    token = people.login("plain", "secret")
    assert people.who(token).admin and may(people, "plain", CreateRoleRight()) == ""
    assert may(people, "ann", CreateRoleRight()) == "user ann does not have CREATEROLE privilege"
    people.role("admin", "chiefs", revoke=True)
    assert not people.who(token).admin, "the same session, at the next request"


def test_createrole_changes_no_role_that_makes_admins(people: Server) -> None:
    for definition in (DropUsers(("chiefs",), False, ()), new_password("chiefs", "mine")):
        with pytest.raises(
            KwrestError, match=r"^only users with the admin role are allowed to (DROP|ALTER) USER chiefs$"
        ):
            people.do(definition, "maker")
    people.do(DropUsers(("staff",), False, ()), "maker")


def test_a_dropped_role_is_in_no_role_and_has_no_members(people: Server) -> None:
    people.do(DropUsers(("crew",), False, ()))
    stored = people.engine.read_system(ROLE_MEMBERS)
    assert "crew" not in [*stored["role"], *stored["member"]]
    people.user("crew")
    people.grant("SELECT", people.table("t"), "crew")
    assert may(people, "ann", TableRight(P.SELECT, people.table("t"))), (
        "a new role of an old name has none of its members"
    )


def test_memberships_survive_a_kill(people: Server) -> None:
    before = people.access.memberships()
    people.kill()
    people.start()
    assert people.access.memberships() == before
    assert [(m.role, m.member, m.admin) for m in before] == [
        ("admin", "boss", False), ("admin", "chiefs", False), ("admin", "root", True),
        ("crew", "ann", False), ("crew", "lead", True), ("staff", "crew", False),
    ]  # fmt: skip


def test_a_deep_chain_of_roles_is_walked_once() -> None:
    members = Members({str(n): {str(n + 1): n == 5_000} for n in range(10_000)})
    assert len(members.roles("0")) == 10_000 and members.roles("0")["5001"] and not members.roles("0")["5000"]


def test_the_option_holds_when_any_way_to_the_role_has_it() -> None:
    for direct in ({"a": True, "b": False}, {"b": False, "a": True}, {"a": False, "b": False}):
        members = Members({"m": direct, "b": {"a": not direct["a"]}})
        assert members.roles("m") == {"a": True, "b": False}
