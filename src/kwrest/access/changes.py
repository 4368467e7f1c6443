"""What a definition does to users, memberships and grants: who may ask for it, and which function decides."""

from __future__ import annotations

from collections.abc import Iterable

from kwrest.access import privileges
from kwrest.access.grant_changes import grant, grant_roles
from kwrest.access.passwords import hashed
from kwrest.access.privileges import Objects
from kwrest.access.state import AccessChange, Asked, State, load, put_counter
from kwrest.access.user_changes import alter_user, create_user, drop_users
from kwrest.access.users import Account, put
from kwrest.engines.base import Engine, Step
from kwrest.model import Request
from kwrest.sql.bound import CreateRoleRight, GrantRight, Right, RoleRight
from kwrest.sql.definitions import AlterUser, CreateUser, DropUsers, Grant, GrantRoles
from kwrest.sql.lexer import fold
from kwrest.system import ROOT

AccessDefinition = CreateUser | AlterUser | DropUsers | Grant | GrantRoles


def password_hash(definition: AccessDefinition) -> str | None:
    """The hash of the password a definition sets, if it sets one; takes 20 ms. Raises EmptyPassword, TokenAsPassword."""
    if isinstance(definition, CreateUser | AlterUser) and definition.options.password is not None:
        return hashed(definition.options.password)
    return None


def change_of(
    now: State, definition: AccessDefinition, password: str | None, request: Request, objects: Objects, clock: int
) -> AccessChange:
    """What a definition does, decided against the state now. password: of `password_hash`; clock: nanoseconds since 1970.

    The rights are asked here once more, those of the kind of definition whatever the binder listed: this is the last
    place before users and grants change.
    """
    by = now.who(request.user)
    privileges.require(by, now.grants, (*definition.rights, *_needed(definition)))
    asked = Asked(now, by, objects, clock, password)
    match definition:
        case CreateUser():
            return create_user(definition, asked)
        case AlterUser():
            return alter_user(definition, asked)
        case DropUsers():
            return drop_users(definition, asked)
        case Grant():
            return grant(definition, asked)
        case GrantRoles():
            return grant_roles(definition, asked)


def _needed(definition: AccessDefinition) -> Iterable[Right]:
    match definition:
        case CreateUser() | AlterUser() | DropUsers():
            return (CreateRoleRight(),)
        case Grant():
            return [GrantRight(definition.privileges, o) for o in definition.objects]
        case GrantRoles():
            return [RoleRight(fold(role)) for role in definition.roles]


def first_root(engine: Engine, password: str) -> tuple[Step, ...]:
    """The steps that make `root` with this password. Raises EmptyPassword, TokenAsPassword."""
    number = load(engine).next_credential
    return (put([Account(ROOT, number, hashed(password), number, createrole=True)]), put_counter(number + 1))
