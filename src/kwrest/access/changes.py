"""What a definition does to users and grants: pure functions from the state now to the steps and the state after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kwrest.access import privileges, sessions, users
from kwrest.access.passwords import hashed
from kwrest.access.privileges import Grants, Object, Objects
from kwrest.access.users import Account, new_name
from kwrest.engines.base import Engine, Put, Remove, Step
from kwrest.errors import (
    AdminKeepsAll,
    AdminOnly,
    BadToken,
    GrantsExist,
    MemberOfItself,
    NotRoleAdmin,
    ReservedRoleName,
    RootKeepsAdmin,
    SpecialUser,
    UndefinedDatabase,
    UndefinedGrantee,
    UndefinedTable,
    UndefinedUser,
    UserExists,
)
from kwrest.model import Database, Request, User
from kwrest.sql.bound import CreateRoleRight, GrantRight, Right
from kwrest.sql.definitions import AlterUser, CreateUser, DropUsers, Grant, GrantAdmin
from kwrest.sql.lexer import fold
from kwrest.system import ADMIN, COUNTERS, PUBLIC, ROOT, USERS

AccessDefinition = CreateUser | AlterUser | DropUsers | Grant | GrantAdmin
_CREDENTIALS = "credentials"  # the counter of credential versions: no two credentials ever have the same


@dataclass(frozen=True, slots=True)
class State:
    """Users and grants at one moment. version: higher for every later one; next_credential: the next credential's version."""

    version: int
    accounts: Mapping[str, Account]
    grants: Grants
    next_credential: int

    def account(self, user: User) -> Account:
        """The user as it is now; raises BadToken when it has gone since it was authenticated."""
        found = self.accounts.get(user.name)
        if found is None:
            raise BadToken()
        return found


@dataclass(frozen=True, slots=True)
class AccessChange:
    """steps: to be stored together; after: what then holds; ended: users whose sessions are over."""

    steps: tuple[Step, ...]
    after: State
    ended: tuple[str, ...] = ()


def load(engine: Engine) -> State:
    """Users and grants as stored."""
    counters = engine.read_system(COUNTERS)
    by_name = dict(zip(counters["name"], counters["value"], strict=True))
    return State(1, users.load(engine), privileges.load(engine), int(str(by_name.get(_CREDENTIALS, 1))))


def password_hash(definition: AccessDefinition) -> str | None:
    """The hash of the password a definition sets, if it sets one; takes 20 ms. Raises EmptyPassword, TokenAsPassword."""
    if isinstance(definition, CreateUser | AlterUser) and definition.password is not None:
        return hashed(definition.password)
    return None


def change_of(
    now: State, definition: AccessDefinition, password: str | None, request: Request, objects: Objects
) -> AccessChange:
    """What a definition does, decided against the state now. password: of `password_hash`.

    The rights are asked here once more, those of the kind of definition whatever the binder listed: this is the last
    place before users and grants change.
    """
    by = now.account(request.user)
    privileges.require(by, now.grants, (*definition.rights, *_needed(definition)))
    match definition:
        case CreateUser():
            return _create_user(now, definition, password)
        case AlterUser():
            return _alter_user(now, definition, password, by)
        case DropUsers():
            return _drop_users(now, definition, by, objects)
        case Grant():
            return _grant(now, definition, objects)
        case GrantAdmin():
            return _grant_admin(now, definition, by)


def first_root(engine: Engine, password: str) -> tuple[Step, ...]:
    """The steps that make `root` with this password. Raises EmptyPassword, TokenAsPassword."""
    state = load(engine)
    root = Account(ROOT, hashed(password), admin=True, createrole=True, version=state.next_credential)
    return (users.put([root]), _put_counter(state.next_credential + 1))


def _needed(definition: AccessDefinition) -> Iterable[Right]:
    match definition:
        case CreateUser() | AlterUser() | DropUsers():
            return (CreateRoleRight(),)
        case Grant():
            return [GrantRight(definition.privileges, o) for o in definition.objects]
        case GrantAdmin():
            return ()  # `_grant_admin` asks, in KWDB's words


# ---------------------------------------------------------------- users


def _create_user(now: State, wanted: CreateUser, password: str | None) -> AccessChange:
    name = new_name(wanted.name)
    if name in now.accounts or name == ADMIN:
        raise UserExists(name=name)
    return _with_account(now, Account(name, password, False, wanted.createrole, now.next_credential))


def _alter_user(now: State, wanted: AlterUser, password: str | None, by: Account) -> AccessChange:
    name = fold(wanted.name)
    if name == ADMIN:
        raise SpecialUser(reason="cannot edit admin role")
    before = _user(now, name)
    _spare_admins(before, by, "ALTER USER")
    createrole = before.createrole if wanted.createrole is None else wanted.createrole
    if password is None:
        after = replace(before, createrole=createrole)
        accounts = {**now.accounts, name: after}
        return AccessChange((users.put([after]),), replace(now, version=now.version + 1, accounts=accounts))
    return _with_account(now, replace(before, password=password, createrole=createrole, version=now.next_credential))


def _with_account(now: State, account: Account) -> AccessChange:
    """A user with a new credential: sessions by an earlier one are over."""
    after = State(
        now.version + 1, {**now.accounts, account.name: account}, now.grants, now.next_credential + 1
    )  # fmt: skip
    steps = (users.put([account]), _put_counter(after.next_credential), sessions.removal_of([account.name]))
    return AccessChange(steps, after, (account.name,))


def _drop_users(now: State, wanted: DropUsers, by: Account, objects: Objects) -> AccessChange:
    gone = []
    for name in dict.fromkeys(map(fold, wanted.names)):
        if name == ROOT:
            raise SpecialUser(reason=f"cannot drop special user {name}")
        if name == ADMIN:
            raise SpecialUser(reason=f"cannot drop special role {name}")
        if name == PUBLIC:
            raise ReservedRoleName(name=name)
        if name not in now.accounts and wanted.if_exists:
            continue
        _spare_admins(_user(now, name), by, "DROP USER")
        held = now.grants.objects_of(name)
        if held:
            raise GrantsExist(name=name, objects=", ".join(_named(number, objects) for number in held))
        gone.append(name)
    if not gone:
        return AccessChange((), now)
    after = replace(
        now, version=now.version + 1, accounts={n: a for n, a in now.accounts.items() if n not in gone}
    )  # fmt: skip
    return AccessChange((Remove(USERS, "name", gone), sessions.removal_of(gone)), after, tuple(gone))


def _user(now: State, name: str) -> Account:
    found = now.accounts.get(name)
    if found is None:
        raise UndefinedUser(name=name)
    return found


def _spare_admins(target: Account, by: Account, action: str) -> None:
    """CREATEROLE is no way to become an admin: an admin's password and life are other admins' business only."""
    if target.admin and not by.admin:
        raise AdminOnly(action=f"{action} {target.name}")


def _named(number: int, objects: Objects) -> str:
    """A database's or table's name as the refusal to drop a user lists it."""
    table = objects.table_by_id(number)
    if table is None:
        database = objects.database_by_id(number)
        return database.name if database else str(number)
    database = objects.database_by_id(table.database)
    return f"{database.name}.public.{table.name}" if database else table.name


# ---------------------------------------------------------------- grants


def _grant(now: State, wanted: Grant, objects: Objects) -> AccessChange:
    changed: dict[int, Object] = {}
    grants = now.grants
    for object_ in wanted.objects:
        _still_there(object_, objects)
        on = dict(grants.on(object_))
        for name in map(fold, wanted.grantees):
            _known_grantee(now, name)
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


def _known_grantee(now: State, name: str) -> None:
    if name not in now.accounts and name not in (ADMIN, PUBLIC):
        raise UndefinedGrantee(name=name)


def _grant_admin(now: State, wanted: GrantAdmin, by: Account) -> AccessChange:
    if not by.admin:
        raise NotRoleAdmin(user=by.name)
    changed: dict[str, Account] = {}
    for name in map(fold, wanted.grantees):
        if name == ADMIN:
            raise MemberOfItself(name=name)
        if name == ROOT and wanted.revoke:
            raise RootKeepsAdmin()  # so there is always one admin
        if name not in now.accounts:
            raise UndefinedGrantee(name=name)
        changed[name] = replace(now.accounts[name], admin=not wanted.revoke)
    after = replace(now, version=now.version + 1, accounts={**now.accounts, **changed})
    return AccessChange((users.put(list(changed.values())),), after)


def _put_counter(value: int) -> Put:
    return Put(COUNTERS, {"name": [_CREDENTIALS], "value": [value]})
