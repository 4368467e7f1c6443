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
    """Who gives or takes a role needs the ADMIN OPTION on it, or to be an admin."""

    sqlstate, text = "42501", "{user} is not a superuser or role admin for role {role}"


class NotAdminsAdmin(SqlError):
    """Of a role that makes admins: being one is not enough, it takes the ADMIN OPTION."""

    sqlstate, text = "42501", "{user} is not a role admin for role {role}"


class MemberOfItself(SqlError):
    sqlstate, text = "0LP01", "{name} cannot be a member of itself"


class MembershipCycle(SqlError):
    sqlstate, text = "0LP01", "making {member} a member of {role} would create a cycle"


class LastAdmin(SqlError):
    """A server without an admin who can log in would be nobody's."""

    sqlstate, text = "55006", "no admin would be left who can log in with a password"


class PasswordExpired(KwrestError):
    """Told only to who has given the right password."""

    sqlstate, kind = "28P01", Kind.CREDENTIALS
    text = "the password for user has expired."


class NoObjectMatched(SqlError):
    """Of `db.*`."""

    sqlstate, text = "42704", "no object matched"


class UnknownSchema(SqlError):
    sqlstate, text = "3F000", 'unknown schema "{name}"'


class SchemaPrivileges(SqlError):
    """The schemas that every database has take their rights from it; there are no others."""

    sqlstate, text = "3F000", 'cannot change privileges on schema "{name}"'


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
    """who: `role/user a`, `roles/users a, b`."""

    sqlstate, text = "2BP01", "cannot drop {who}: grants still exist on {objects}"


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
