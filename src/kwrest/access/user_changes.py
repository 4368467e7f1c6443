"""CREATE, ALTER and DROP of users and roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kwrest.access import members, sessions, users
from kwrest.access.state import AccessChange, Asked, State, put_counter
from kwrest.access.users import Account, new_name
from kwrest.engines.base import Remove, Step
from kwrest.errors import (
    AdminOnly,
    GrantsExist,
    LastAdmin,
    ReservedRoleName,
    SpecialUser,
    UndefinedUser,
    UserExists,
)
from kwrest.sql.definitions import AlterUser, CreateUser, DropUsers
from kwrest.sql.lexer import fold
from kwrest.system import ADMIN, PUBLIC, ROOT, USERS


def create_user(wanted: CreateUser, asked: Asked) -> AccessChange:
    """A new user or role, which holds nothing."""
    now, options = asked.now, wanted.options
    if wanted.if_not_exists and fold(wanted.name) in now.accounts:
        return AccessChange((), now)
    name = new_name(wanted.name)
    if name in now.accounts:
        raise UserExists(name=name)
    number = now.next_credential
    login = True if options.login is None else options.login
    made = Account(name, number, asked.password, number, login, bool(options.createrole), options.valid_until)
    return _stored(now, made)


def alter_user(wanted: AlterUser, asked: Asked) -> AccessChange:
    """A user with other options. What takes its login or its password ends its sessions, and so does an end in the past,
    which also leaves none to come back when the end is moved."""
    now, options, name = asked.now, wanted.options, fold(wanted.name)
    if name == ADMIN:
        raise SpecialUser(reason="cannot edit admin role")
    if wanted.if_exists and name not in now.accounts:
        return AccessChange((), now)
    before = _user(now, name)
    _spare_admins(before, asked, "ALTER USER")
    after = replace(
        before,
        password=asked.password if options.sets_password else before.password,
        createrole=before.createrole if options.createrole is None else options.createrole,
        login=before.login if options.login is None else options.login,
        valid_until=options.valid_until if options.sets_end else before.valid_until,
    )
    if options.sets_password or before.expired(asked.clock) or not after.may_enter(asked.clock):
        return _stored(now, replace(after, version=now.next_credential))
    changed = replace(now, version=now.version + 1, accounts={**now.accounts, name: after}, _standings={})
    keep_an_admin(now, changed)
    return AccessChange((users.put([after]),), changed)


def _stored(now: State, account: Account) -> AccessChange:
    """A user with a new credential: sessions by an earlier one are over."""
    after = replace(
        now,
        version=now.version + 1,
        accounts={**now.accounts, account.name: account},
        next_credential=now.next_credential + 1,
        _standings={},
    )
    keep_an_admin(now, after)
    steps = (users.put([account]), put_counter(after.next_credential), sessions.removal_of([account.name]))
    return AccessChange(steps, after, (account.name,))


def drop_users(wanted: DropUsers, asked: Asked) -> AccessChange:
    """Users and roles that nothing is granted to any more; memberships go with them."""
    now = asked.now
    gone: list[str] = []
    for name in dict.fromkeys(map(fold, wanted.names)):
        if name == ROOT:
            raise SpecialUser(reason=f"cannot drop special user {name}")
        if name == ADMIN:
            raise SpecialUser(reason=f"cannot drop special role {name}")
        if name == PUBLIC:
            raise ReservedRoleName(name=name)
        if name not in now.accounts and wanted.if_exists:
            continue
        _spare_admins(_user(now, name), asked, "DROP USER")
        gone.append(name)
    if not gone:
        return AccessChange((), now)
    _refuse_grantees(gone, asked)
    after = replace(
        now,
        version=now.version + 1,
        accounts={name: account for name, account in now.accounts.items() if name not in gone},
        members=now.members.without(gone),
        _standings={},
    )
    keep_an_admin(now, after)
    steps: list[Step] = [Remove(USERS, "name", list(gone)), sessions.removal_of(gone), *members.removal(gone)]
    return AccessChange(tuple(steps), after, tuple(gone))


def _user(now: State, name: str) -> Account:
    found = now.accounts.get(name)
    if found is None:
        raise UndefinedUser(name=name)
    return found


def _spare_admins(target: Account, asked: Asked, action: str) -> None:
    """CREATEROLE is no way to become an admin: an admin's password and life are other admins' business only, and so are
    those of a role that makes admins."""
    if asked.now.standing(target.name).admin and not asked.by.admin:
        raise AdminOnly(action=f"{action} {target.name}")


def keep_an_admin(before: State, after: State) -> None:
    """Raises LastAdmin when a change leaves no admin who can log in, for good and with a password."""
    if _some_admin(before) and not _some_admin(after):
        raise LastAdmin()


def _some_admin(state: State) -> bool:
    return any(
        account.login and account.password is not None and account.valid_until is None and state.standing(name).admin
        for name, account in state.accounts.items()
    )


def _refuse_grantees(names: Sequence[str], asked: Asked) -> None:
    """Raises GrantsExist. What the asker may not see is counted, not named."""
    numbers = sorted({number for name in names for number in asked.now.grants.objects_of(name)})
    if not numbers:
        return
    databases, tables, hidden = [], [], 0
    for number in numbers:
        table = asked.objects.table_by_id(number)
        database = asked.objects.database_by_id(number if table is None else table.database)
        if table is None:
            databases.append(database.name if database else str(number))
        elif asked.by.admin or asked.now.grants.of(table, asked.by.names):
            tables.append(f"{database.name}.public.{table.name}" if database else table.name)
        else:
            hidden += 1
    rest = [f"{hidden} other {'table' if hidden == 1 else 'tables'}"] if hidden else []
    who = "role/user" if len(names) == 1 else "roles/users"
    raise GrantsExist(who=f"{who} {', '.join(names)}", objects=", ".join((*databases, *tables, *rest)))
