"""CREATE, ALTER, DROP USER and GRANT, REVOKE (facts 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kwrest.errors import (
    AdminKeepsAll,
    EmptyPassword,
    GrantsExist,
    InsufficientPrivilege,
    InvalidUserName,
    NoUserName,
    ReservedRoleName,
    ReservedUserName,
    RoleOptions,
    RootKeepsAdmin,
    SpecialUser,
    UndefinedGrantee,
    UndefinedTable,
    UndefinedUser,
    Unsupported,
    UserExists,
    UserNameTooLong,
)
from kwrest.model import Database, Privilege, Table, User
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import PUBLIC, written
from kwrest.sql.bind.targets import target_database, target_table
from kwrest.sql.bound import AdminRight, CreateRoleRight, GrantRight, Right
from kwrest.sql.definitions import AlterUser, CreateUser, DropUsers, Grant, GrantAdmin, Nothing

ADMIN = "admin"
ROOT = "root"
_NAME = re.compile(r"[^\W\d_A-Z][\w.-]*|_[\w.-]*|\d[\w.-]*")
_LONGEST = 63
# Options that a later part brings.
_LATER = ("NOLOGIN", "VALID UNTIL")
_OPPOSITES = (("CREATEROLE", "NOCREATEROLE"), ("LOGIN", "NOLOGIN"))


def user_name(ident: tree.Ident) -> str:
    """A user's name, folded. Raises NoUserName, UserNameTooLong, InvalidUserName, ReservedRoleName, ReservedUserName."""
    name = ident.name.lower()
    if not name:
        raise NoUserName()
    if len(name) > _LONGEST:
        raise UserNameTooLong(name=name)
    if not _NAME.fullmatch(name):
        raise InvalidUserName(name=name)
    if name == "public":
        raise ReservedRoleName(name=name)
    if name == "node":
        raise ReservedUserName(name=name)
    return name


def _options(options: Sequence[tuple[str, str | None]]) -> tuple[str | None, bool | None]:
    """(password, createrole) as written, None where not. Raises RoleOptions, EmptyPassword, Unsupported."""
    said = dict(options)
    if len(said) != len(options):
        raise RoleOptions(reason="redundant role options")
    if any(one in said and other in said for one, other in _OPPOSITES):
        raise RoleOptions(reason="conflicting role options")
    for option in _LATER:
        if option in said:
            raise Unsupported(what=option)
    if "PASSWORD" in said and said["PASSWORD"] is None:
        raise Unsupported(what="PASSWORD NULL")
    if said.get("PASSWORD") == "":
        raise EmptyPassword()
    createrole = True if "CREATEROLE" in said else False if "NOCREATEROLE" in said else None
    return said.get("PASSWORD"), createrole


def _find(name: str, context: Context) -> User | None:
    return next((user for user in context.world.users() if user.name == name), None)


def bind_create_user(statement: tree.CreateUser, context: Context) -> CreateUser | Nothing:
    """Bind CREATE USER. Raises Unsupported for CREATE ROLE."""
    rights: tuple[Right, ...] = (CreateRoleRight(),)
    if statement.role:
        raise Unsupported(what="CREATE ROLE")
    name = user_name(statement.name)
    password, createrole = _options(statement.options)
    if name == ADMIN or _find(name, context) is not None:
        if statement.if_not_exists:
            return Nothing(rights)
        raise UserExists(name=name)
    return CreateUser(name, password, bool(createrole), rights)


def bind_alter_user(statement: tree.AlterUser, context: Context) -> AlterUser | Nothing:
    """Bind ALTER USER. Only an admin changes an admin: CREATEROLE alone would be a way to root's password."""
    name = user_name(statement.name)
    if name == ADMIN:
        raise SpecialUser(reason="cannot edit admin role")
    if statement.role:
        raise Unsupported(what="ALTER ROLE")
    password, createrole = _options(statement.options)
    user = _find(name, context)
    if user is None:
        if statement.if_exists:
            return Nothing((CreateRoleRight(),))
        raise UndefinedUser(name=name)
    return AlterUser(name, password, createrole, _rights_over([user], "ALTER USER"))


def bind_drop_user(statement: tree.DropUser, context: Context) -> DropUsers:
    """Bind DROP USER. Raises SpecialUser, UndefinedUser, GrantsExist."""
    names: dict[str, User] = {}
    for ident in statement.names:
        name = user_name(ident)
        if name == ADMIN:
            raise SpecialUser(reason="cannot drop special role admin")
        if name == ROOT:
            raise SpecialUser(reason="cannot drop special user root")
        user = _find(name, context)
        if user is not None:
            names[name] = user
        elif not statement.if_exists:
            raise UndefinedUser(name=name)
    if statement.role:
        raise Unsupported(what="DROP ROLE")
    for name in names:
        held = dict.fromkeys(granted.object.name for granted in context.world.grants() if granted.grantee == name)
        if held:
            raise GrantsExist(name=name, objects=", ".join(held))
    return DropUsers(tuple(names), statement.if_exists, _rights_over(names.values(), "DROP USER"))


def _rights_over(users: Iterable[User], action: str) -> tuple[Right, ...]:
    return (AdminRight(action),) if any(user.admin for user in users) else (CreateRoleRight(),)


# ---------------------------------------------------------------- GRANT, REVOKE


def bind_grant(statement: tree.Grant, context: Context) -> Grant:
    """Bind GRANT or REVOKE of privileges. Raises Unsupported for schemas, roles and privileges of later parts."""
    privileges = _privileges(statement.privileges)
    if statement.kind == "SCHEMA":
        raise Unsupported(what="GRANT ON SCHEMA")
    objects: dict[int, Database | Table] = {}
    for name in statement.objects:
        for found in _databases(name, context) if statement.kind == "DATABASE" else _tables(name, context):
            objects[found.id] = found
    grantees = _grantees(statement.grantees, context, UndefinedGrantee)
    if statement.revoke and ROOT in grantees:
        raise AdminKeepsAll(name=ROOT, id=next(iter(objects), 0))
    rights = tuple(GrantRight(privileges, found) for found in objects.values())
    return Grant(privileges, tuple(objects.values()), grantees, statement.revoke, rights)


def _privileges(words: Sequence[str]) -> tuple[Privilege, ...]:
    made: dict[Privilege, None] = {}
    for word in words:
        if word not in Privilege.__members__:
            raise Unsupported(what=f"the privilege {word}")
        made[Privilege[word]] = None
    return tuple(made)


def _databases(name: Sequence[tree.Ident], context: Context) -> list[Database]:
    database = target_database(name[0], context)
    if database.name == "system":
        raise InsufficientPrivilege(user=context.user.name, privilege="GRANT", object=f"database {database.name}")
    return [database]


def _tables(name: Sequence[tree.Ident], context: Context) -> list[Table]:
    if name[-1].name != "*" or name[-1].quoted:
        return [target_table(name, context, "GRANT")]
    database: Database | None = context.database
    if len(name) == 3 or (len(name) == 2 and name[0].name != PUBLIC):
        database = context.world.database(name[0].name)
    tables = list(context.world.tables(database)) if database is not None else []
    if not tables:
        raise UndefinedTable(name=written(name))
    return tables


def _grantees(
    idents: Sequence[tree.Ident], context: Context, missing: type[UndefinedGrantee] | type[UndefinedUser]
) -> tuple[str, ...]:
    names = dict.fromkeys(ident.name.lower() for ident in idents)
    for name in names:
        if name in (ADMIN, "public"):
            raise Unsupported(what=f"GRANT to the role {name}")
        if _find(name, context) is None:
            raise missing(name=name)
    return tuple(names)


def bind_grant_role(statement: tree.GrantRole, context: Context) -> GrantAdmin:
    """Bind GRANT admin TO users; other roles come later. root never leaves admin."""
    names = {ident.name.lower() for ident in statement.roles}
    grantees = _grantees(statement.grantees, context, UndefinedUser)
    if names != {ADMIN}:
        raise UndefinedUser(name=", ".join(sorted(names - {ADMIN})))
    if statement.revoke and ROOT in grantees:
        raise RootKeepsAdmin()
    if statement.revoke and statement.admin_option:
        raise Unsupported(what="REVOKE ADMIN OPTION FOR")
    action = "REVOKE admin" if statement.revoke else "GRANT admin"
    return GrantAdmin(grantees, statement.revoke, (AdminRight(action),))
