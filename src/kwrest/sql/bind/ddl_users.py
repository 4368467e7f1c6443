"""CREATE, ALTER, DROP USER and GRANT, REVOKE (facts 4).

What is said is bound here: options, objects, privileges. Whether the users exist, may be dropped or have a proper name is
found out where they are kept, when the change is made (`access`).
"""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.errors import InsufficientPrivilege, RoleOptions, UndefinedTable, UndefinedUser, Unsupported
from kwrest.model import Database, Privilege, Table
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import PUBLIC, written
from kwrest.sql.bind.targets import target_database, target_table
from kwrest.sql.bound import AdminRight, CreateRoleRight, GrantRight, Right
from kwrest.sql.definitions import AlterUser, CreateUser, DropUsers, Grant, GrantAdmin, Nothing
from kwrest.sql.lexer import fold
from kwrest.system import ADMIN, KWDB_SYSTEM

# Options that a later part brings.
_LATER = ("NOLOGIN", "VALID UNTIL")
_OPPOSITES = (("CREATEROLE", "NOCREATEROLE"), ("LOGIN", "NOLOGIN"))
_RIGHTS: tuple[Right, ...] = (CreateRoleRight(),)


def _folded(ident: tree.Ident) -> str:
    """A user's name: case and Unicode's form never count, quoted or not."""
    return fold(ident.name)


def _exists(name: str, context: Context) -> bool:
    return any(user.name == name for user in context.world.users())


def _options(options: Sequence[tuple[str, str | None]]) -> tuple[str | None, bool | None]:
    """(password, createrole) as written, None where not. Raises RoleOptions, Unsupported."""
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
    createrole = True if "CREATEROLE" in said else False if "NOCREATEROLE" in said else None
    return said.get("PASSWORD"), createrole


def bind_create_user(statement: tree.CreateUser, context: Context) -> CreateUser | Nothing:
    """Bind CREATE USER. Raises RoleOptions, Unsupported for CREATE ROLE."""
    if statement.role:
        raise Unsupported(what="CREATE ROLE")
    name = _folded(statement.name)
    password, createrole = _options(statement.options)
    if statement.if_not_exists and _exists(name, context):
        return Nothing(_RIGHTS)
    return CreateUser(name, password, bool(createrole), _RIGHTS)


def bind_alter_user(statement: tree.AlterUser, context: Context) -> AlterUser | Nothing:
    """Bind ALTER USER. Raises RoleOptions, Unsupported for ALTER ROLE."""
    if statement.role:
        raise Unsupported(what="ALTER ROLE")
    name = _folded(statement.name)
    password, createrole = _options(statement.options)
    if statement.if_exists and not _exists(name, context):
        return Nothing(_RIGHTS)
    return AlterUser(name, password, createrole, _RIGHTS)


def bind_drop_user(statement: tree.DropUser, context: Context) -> DropUsers:
    """Bind DROP USER. Raises Unsupported for DROP ROLE."""
    if statement.role:
        raise Unsupported(what="DROP ROLE")
    names = tuple(dict.fromkeys(map(_folded, statement.names)))
    return DropUsers(names, statement.if_exists, _RIGHTS)


# ---------------------------------------------------------------- GRANT, REVOKE


def bind_grant(statement: tree.Grant, context: Context) -> Grant:
    """Bind GRANT or REVOKE of privileges. Raises UndefinedTable, UndefinedDatabase, Unsupported for schemas and
    privileges of later parts."""
    privileges = _privileges(statement.privileges)
    if statement.kind == "SCHEMA":
        raise Unsupported(what="GRANT ON SCHEMA")
    objects: dict[int, Database | Table] = {}
    for name in statement.objects:
        for found in _databases(name, context) if statement.kind == "DATABASE" else _tables(name, context):
            objects[found.id] = found
    grantees = tuple(dict.fromkeys(map(_folded, statement.grantees)))
    rights = tuple(GrantRight(privileges, found) for found in objects.values())
    return Grant(privileges, tuple(objects.values()), grantees, statement.revoke, rights)


def _privileges(words: Sequence[str]) -> tuple[Privilege, ...]:
    for word in words:
        if word not in Privilege.__members__:
            raise Unsupported(what=f"the privilege {word}")
    return tuple(dict.fromkeys(Privilege[word] for word in words))


def _databases(name: Sequence[tree.Ident], context: Context) -> list[Database]:
    database = target_database(name[0], context)
    if database.name == KWDB_SYSTEM:
        raise InsufficientPrivilege(user=context.user.name, privilege="GRANT", object=f"database {database.name}")
    return [database]


def _tables(name: Sequence[tree.Ident], context: Context) -> list[Table]:
    if name[-1].name != "*" or name[-1].quoted:
        return [target_table(name, context, "GRANT")]
    database: Database | None = context.database
    if len(name) == 3 or (len(name) == 2 and name[0].name != PUBLIC):
        database = context.world.database(name[0].name)
    in_public = len(name) < 3 or name[1].name == PUBLIC
    tables = list(context.world.tables(database)) if database is not None and in_public else []
    if not tables:
        raise UndefinedTable(name=written(name))
    return tables


def bind_grant_role(statement: tree.GrantRole, context: Context) -> GrantAdmin:
    """Bind GRANT admin TO users; there are no other roles yet. Raises UndefinedUser for one."""
    names = dict.fromkeys(map(_folded, statement.roles))
    grantees = tuple(dict.fromkeys(map(_folded, statement.grantees)))
    others = [name for name in names if name != ADMIN]
    if others:
        raise UndefinedUser(name=others[0])
    if statement.revoke and statement.admin_option:
        raise Unsupported(what="REVOKE ADMIN OPTION FOR")
    action = "REVOKE admin" if statement.revoke else "GRANT admin"
    return GrantAdmin(grantees, statement.revoke, (AdminRight(action),))
