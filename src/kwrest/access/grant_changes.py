"""GRANT and REVOKE, of privileges and of roles."""

from __future__ import annotations

from dataclasses import replace

from kwrest.access import members, privileges
from kwrest.access.members import Members
from kwrest.access.privileges import Object, Objects
from kwrest.access.state import AccessChange, Asked
from kwrest.access.user_changes import keep_an_admin
from kwrest.engines.base import Step
from kwrest.errors import (
    AdminKeepsAll,
    MemberOfItself,
    MembershipCycle,
    RootKeepsAdmin,
    UndefinedDatabase,
    UndefinedGrantee,
    UndefinedTable,
    UndefinedUser,
)
from kwrest.model import Database
from kwrest.sql.bind.show_create import quoted
from kwrest.sql.definitions import Grant, GrantRoles
from kwrest.sql.lexer import fold
from kwrest.system import ADMIN, PUBLIC, ROOT


def grant(wanted: Grant, asked: Asked) -> AccessChange:
    """Privileges on objects, for all grantees or none."""
    now, grants = asked.now, asked.now.grants
    grantees = list(dict.fromkeys(map(fold, wanted.grantees)))
    for name in grantees:
        if name not in now.accounts and name != PUBLIC:
            raise UndefinedGrantee(name=quoted(name))
    changed: dict[int, Object] = {}
    for object_ in wanted.objects:
        _still_there(object_, asked.objects)
        on = dict(grants.on(object_))
        for name in grantees:
            if not privileges.special(name):
                change = privileges.revoked if wanted.revoke else privileges.granted
                on[name] = change(on.get(name, privileges.NOTHING), wanted.privileges)
            elif wanted.revoke:
                raise AdminKeepsAll(name=name, id=object_.id)
        grants = grants.with_object(object_.id, on)
        changed[object_.id] = object_
    steps = [s for o in changed.values() for s in privileges.replacement(o, grants.on(o))]
    return AccessChange(tuple(steps), replace(now, version=now.version + 1, grants=grants))


def _still_there(object_: Object, objects: Objects) -> None:
    """Drops take the lock we hold, so what is there now stays until the grant is stored."""
    if isinstance(object_, Database):
        if objects.database_by_id(object_.id) is None:
            raise UndefinedDatabase(name=object_.name)
    elif objects.table_by_id(object_.id) is None:
        raise UndefinedTable(name=object_.name)


def grant_roles(wanted: GrantRoles, asked: Asked) -> AccessChange:
    """Members in or out of roles, all or none."""
    now = asked.now
    roles, grantees = (list(dict.fromkeys(map(fold, names))) for names in (wanted.roles, wanted.grantees))
    for name in (*roles, *grantees):
        if name not in now.accounts:
            raise UndefinedUser(name=name)
    memberships = now.members
    for role in roles:
        for member in grantees:
            change = _without if wanted.revoke else _within
            memberships = change(memberships, role, member, wanted.admin_option)
    after = replace(now, version=now.version + 1, members=memberships, _standings={})
    if wanted.revoke:
        keep_an_admin(now, after)
    steps: list[Step] = []
    for member in grantees:
        steps += members.replacement(member, memberships.direct_roles(member))
    return AccessChange(tuple(steps), after)


def _within(memberships: Members, role: str, member: str, admin_option: bool) -> Members:
    if role == member:
        raise MemberOfItself(name=member)
    if member in memberships.roles(role):
        raise MembershipCycle(member=member, role=role)
    direct = memberships.direct_roles(member)
    # Granted again without the option, the option stays.
    return memberships.with_member(member, {**direct, role: admin_option or direct.get(role, False)})


def _without(memberships: Members, role: str, member: str, only_option: bool) -> Members:
    if (role, member) == (ADMIN, ROOT):
        raise RootKeepsAdmin()  # so there is always one admin
    direct = dict(memberships.direct_roles(member))
    if only_option and role in direct:
        direct[role] = False
    elif not only_option:
        direct.pop(role, None)
    return memberships.with_member(member, direct)
