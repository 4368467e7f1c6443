"""Failures of credentials, sessions, users and rights."""

from __future__ import annotations

from kwrest.errors.base import Kind, KwrestError, RequestError, SqlError


class BadCredentials(KwrestError):
    sqlstate, kind = "28P01", Kind.CREDENTIALS
    text = "the provided username and password did not match any credentials on the server"


class BadToken(KwrestError):
    sqlstate, kind = "28000", Kind.CREDENTIALS
    text = "Incorrect authentication token"


class InsufficientPrivilege(SqlError):
    sqlstate, text, curable = "42501", "user {user} does not have {privilege} privilege on {object}", True


class AdminOnly(SqlError):
    sqlstate, text = "42501", "only users with the admin role are allowed to {action}"


class AnyPrivilegeNeeded(SqlError):
    sqlstate, text, curable = "42501", "user {user} has no privileges on {object}", True


class CreateRoleNeeded(SqlError):
    sqlstate, text = "42501", "user {user} does not have CREATEROLE privilege"


class NotRoleAdmin(SqlError):
    sqlstate, text = "42501", "{user} is not a role admin for role admin"


class MemberOfItself(SqlError):
    sqlstate, text = "42501", "{name} cannot be a member of itself"


class TokenAsPassword(SqlError):
    """A value of that form is only ever looked up as a token (contract A2)."""

    sqlstate, text = "28P01", "a password must not begin with {prefix}"


class UnknownSession(RequestError):
    text = "no sessionid matching the given one was found."


class NotSessionAdmin(KwrestError):
    """Deleting a session and reading the metrics are for admins (contract A7)."""

    sqlstate, kind = "28000", Kind.CREDENTIALS
    text = "do not have authority, please check."


class UserExists(SqlError):
    sqlstate, text = "42710", "a role/user named {name} already exists"


class UndefinedUser(SqlError):
    sqlstate, text = "42704", "role/user {name} does not exist"


class UndefinedGrantee(SqlError):
    sqlstate, text = "42704", "user or role {name} does not exist"


class GrantsExist(SqlError):
    sqlstate, text = "2BP01", "cannot drop role/user {name}: grants still exist on {objects}"


class SpecialUser(SqlError):
    """reason: KWDB's sentence, `cannot drop special user root`."""

    sqlstate, text = "42501", "{reason}"


class AdminKeepsAll(SqlError):
    sqlstate, text = "42501", "user {name} must have exactly ALL privileges on system object with ID={id}"


class InvalidUserName(SqlError):
    sqlstate, text = "42602", 'username "{name}" invalid'


class UserNameTooLong(SqlError):
    sqlstate, text = "42602", 'username "{name}" is too long'


class NoUserName(SqlError):
    sqlstate, text = "42602", "no username specified"


class EmptyPassword(SqlError):
    sqlstate, text = "28P01", "empty passwords are not permitted"


class InvalidPrivilege(SqlError):
    sqlstate, text = "42601", 'not a valid privilege: "{name}"'


class RoleOptions(SqlError):
    """reason: `redundant role options`, `conflicting role options`."""

    sqlstate, text = "42601", "{reason}"


class ReservedRoleName(SqlError):
    sqlstate, text = "42939", 'role name "{name}" is reserved'


class ReservedUserName(SqlError):
    sqlstate, text = "42939", 'username "{name}" reserved'


class RootKeepsAdmin(SqlError):
    sqlstate, text = "55006", "role/user root cannot be removed from role admin or lose the ADMIN OPTION"
