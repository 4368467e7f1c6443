"""CREATE, ALTER, DROP USER and ROLE, GRANT and REVOKE (facts 4).

What is said is bound here: options, objects, privileges. Whether the users exist, may be dropped or have a proper name is
found out where they are kept, when the change is made (`access`).
"""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.errors import (
    InsufficientPrivilege,
    NoObjectMatched,
    RoleOptions,
    SchemaPrivileges,
    Unsupported,
)
from kwrest.model import Database, Privilege, Table
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.literals import read_text
from kwrest.sql.bind.tables import visible_tables, written
from kwrest.sql.bind.targets import named_schema, target_database, target_table
from kwrest.sql.bound import CreateRoleRight, GrantRight, Right, RoleRight
from kwrest.sql.definitions import AlterUser, CreateUser, DropUsers, Grant, GrantRoles, UserOptions
from kwrest.sql.lexer import fold
from kwrest.system import KWDB_SYSTEM
from kwrest.types.kinds import TIMESTAMPTZ

_OPPOSITES = (("CREATEROLE", "NOCREATEROLE"), ("LOGIN", "NOLOGIN"))
_RIGHTS: tuple[Right, ...] = (CreateRoleRight(),)


def _folded(ident: tree.Ident) -> str:
    """A user's name: case and Unicode's form never count, quoted or not."""
    return fold(ident.name)


def _names(idents: Sequence[tree.Ident]) -> tuple[str, ...]:
    """Users' names, each once."""
    return tuple(dict.fromkeys(map(_folded, idents)))


def _options(options: Sequence[tuple[str, str | None]], context: Context, login: bool | None = None) -> UserOptions:
    """What was said about a user. login: when nothing is said of it. Raises RoleOptions; InvalidText for a time."""
    said = dict(options)
    if len(said) != len(options):
        raise RoleOptions(reason="redundant role options")
    if any(one in said and other in said for one, other in _OPPOSITES):
        raise RoleOptions(reason="conflicting role options")
    until = said.get("VALID UNTIL")
    end = None if until is None else read_text(until, TIMESTAMPTZ, context.zone)
    assert end is None or isinstance(end, int)
    return UserOptions(
        createrole=_flag("CREATEROLE", said),
        login=login if (flag := _flag("LOGIN", said)) is None else flag,
        sets_password="PASSWORD" in said,
        password=said.get("PASSWORD"),
        sets_end="VALID UNTIL" in said,
        valid_until=end,
    )


def _flag(name: str, said: dict[str, str | None]) -> bool | None:
    return True if name in said else False if f"NO{name}" in said else None


def bind_create_user(statement: tree.CreateUser, context: Context) -> CreateUser:
    """Bind CREATE USER and CREATE ROLE, which differ in who may log in unless something else is said."""
    options = _options(statement.options, context, login=not statement.role)
    return CreateUser(_folded(statement.name), options, _RIGHTS, statement.if_not_exists)


def bind_alter_user(statement: tree.AlterUser, context: Context) -> AlterUser:
    """Bind ALTER USER and ALTER ROLE, which are the same."""
    return AlterUser(_folded(statement.name), _options(statement.options, context), _RIGHTS, statement.if_exists)


def bind_drop_user(statement: tree.DropUser, context: Context) -> DropUsers:
    """Bind DROP USER and DROP ROLE, which are the same."""
    return DropUsers(_names(statement.names), statement.if_exists, _RIGHTS)


# ---------------------------------------------------------------- GRANT, REVOKE


def bind_grant(statement: tree.Grant, context: Context) -> Grant:
    """Bind GRANT or REVOKE of privileges. Raises UndefinedTable, UndefinedDatabase, NoObjectMatched, UnknownSchema,
    SchemaPrivileges for any schema there is, Unsupported for privileges that kwrest has nothing for."""
    privileges = _privileges(statement.privileges)
    if statement.kind == "SCHEMA":
        _refuse_schema(statement.objects[0], context)
    objects: dict[int, Database | Table] = {}
    for name in statement.objects:
        for found in _databases(name, context) if statement.kind == "DATABASE" else _tables(name, context):
            objects[found.id] = found
    grantees = _names(statement.grantees)
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
    """`t`, or all tables of `db.*` that the user may see: what it may not see is not named by a refusal either."""
    if name[-1].name != "*" or name[-1].quoted:
        return [target_table(name, context, "GRANT")]
    tables = visible_tables(name, context)
    if not tables:
        raise NoObjectMatched()
    return tables


def _refuse_schema(name: Sequence[tree.Ident], context: Context) -> None:
    """Raises UndefinedDatabase, UnknownSchema; SchemaPrivileges for one that is there."""
    named_schema(name, context)
    raise SchemaPrivileges(name=written(name))


def bind_grant_role(statement: tree.GrantRole, context: Context) -> GrantRoles:
    """Bind GRANT and REVOKE of roles; every user is a role too."""
    roles = _names(statement.roles)
    rights = tuple(map(RoleRight, roles))
    return GrantRoles(roles, _names(statement.grantees), statement.revoke, statement.admin_option, rights)
