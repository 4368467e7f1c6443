"""Every failure a client may see: its text, its SQLSTATE and what kind of answer it becomes.

A failure is raised where it is known and turned into an answer in one place (`web/responses.py`).
Texts are KWDB's where KWDB has one (facts, section 8). Each class is one row of `docs/errors.md`.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar


class Kind(Enum):
    """What a failure means for the request as a whole; the web layer maps it to a status."""

    STATEMENT = "a statement failed"  # 500
    REQUEST = "nothing ran because the request is wrong"  # 400
    CREDENTIALS = "who is asking is not known"  # 401
    TRANSIENT = "nothing ran; the same request may succeed later"  # 503
    TOO_LARGE = "the body is larger than the server takes"  # 413


class KwrestError(Exception):
    """A failure with a name. `text` is a format string over the keyword arguments.

    sqlstate: five characters, sent as `X-SQLSTATE`; kind: decides the HTTP status;
    curable: on the line endpoints, whether an operator can make the same line storable (contract, line endpoints).
    """

    sqlstate: ClassVar[str] = "XX000"
    text: ClassVar[str] = "internal error"
    kind: ClassVar[Kind] = Kind.STATEMENT
    curable: ClassVar[bool] = False

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.text.format(**facts))

    @property
    def message(self) -> str:
        """The one clear sentence a client reads."""
        return str(self.args[0])


class InternalError(KwrestError):
    """Something we did not foresee; the details go to the log under the request id, never to the client."""

    text = "internal error, see the server's log for request {request_id}"


# ---------------------------------------------------------------- the request


class RequestError(KwrestError):
    sqlstate, kind = "22023", Kind.REQUEST
    text = "{reason}"


class EmptyBody(RequestError):
    text = "invalid request body"


class BodyTooLarge(KwrestError):
    sqlstate, kind = "54000", Kind.TOO_LARGE
    text = "the request body is larger than {limit} bytes"


class InvalidTimeZone(RequestError):
    text = 'invalid value for parameter "timezone": "{name}"'


class WrongEndpoint(RequestError):
    sqlstate = "42601"
    text = "wrong statement for {endpoint} interface and please check"


# ---------------------------------------------------------------- who is asking


class BadCredentials(KwrestError):
    sqlstate, kind = "28P01", Kind.CREDENTIALS
    text = "the provided username and password did not match any credentials on the server"


class BadToken(KwrestError):
    sqlstate, kind = "28000", Kind.CREDENTIALS
    text = "Incorrect authentication token"


# ---------------------------------------------------------------- transient


class Transient(KwrestError):
    sqlstate, kind = "53000", Kind.TRANSIENT
    text = "{reason}"


class OutOfMemory(Transient):
    sqlstate = "53200"
    text = "out of memory: the query needs more than the server may use"


class DiskFull(Transient):
    sqlstate = "53100"
    text = "the disk is full"


class TooManyConnections(Transient):
    sqlstate = "53300"
    text = "too many connections, the limit is {limit}"


class ShuttingDown(Transient):
    sqlstate = "57P01"
    text = "the server is shutting down"


class Busy(Transient):
    sqlstate = "53400"
    text = "the server is busy: {what}"


# ---------------------------------------------------------------- running a statement


class SqlError(KwrestError):
    """A statement that failed; the base of everything said in SQL."""

    sqlstate = "XX000"
    text = "{reason}"


class SyntaxError_(SqlError):
    """KWDB names the first wrong token, lower case when it is a keyword; `EOF` at the end."""

    sqlstate = "42601"
    text = 'at or near "{token}": syntax error'


class Unsupported(SqlError):
    sqlstate = "0A000"
    text = "{what} is not supported"


class QueryTimeout(SqlError):
    sqlstate = "57014"
    text = "query execution canceled due to statement timeout"


class QueryCanceled(SqlError):
    sqlstate = "57014"
    text = "query execution canceled"


class SchemaChanged(SqlError):
    """The table was altered between bind and write: bind again."""

    sqlstate = "40001"
    text = 'table "{name}" was changed meanwhile, please try again'


class UndefinedDatabase(SqlError):
    sqlstate, text, curable = "3D000", 'database "{name}" does not exist', True


class UndefinedTable(SqlError):
    sqlstate, text, curable = "42P01", 'relation "{name}" does not exist', True


class UndefinedColumn(SqlError):
    sqlstate, text, curable = "42703", 'column "{name}" does not exist', True


class InsufficientPrivilege(SqlError):
    sqlstate, text, curable = "42501", "user {user} does not have {privilege} privilege on {object}", True


class AdminOnly(SqlError):
    sqlstate, text = "42501", "only users with the admin role are allowed to {action}"


# ---- web


class MalformedRequest(RequestError):
    """What came is not the HTTP this server takes; the connection is closed after the answer."""

    sqlstate, text = "08P01", "{reason}"


class BadParameter(RequestError):
    text = "{reason}"


class NotFound(RequestError):
    sqlstate, text = "08P01", "no such endpoint: {path}"


class WrongMethod(RequestError):
    sqlstate, text = "08P01", "only support {allowed} method"


class ForeignOrigin(RequestError):
    """Basic credentials a browser holds are no licence for another site's page (contract T8)."""

    sqlstate, text = "08P01", "requests from pages of another site are refused"


class UnknownDatabase(UndefinedDatabase):
    """The `db` of a SQL endpoint: nothing ran. On a line endpoint it is UndefinedDatabase, which the operator can cure."""

    kind = Kind.REQUEST


class RowTooLarge(KwrestError):
    sqlstate, text = "54000", "a row of the result is larger than the {limit} bytes of an answer"


# ---- access


class DatabaseExists(SqlError):
    sqlstate, text = "42P04", 'database "{name}" already exists'


class RelationExists(SqlError):
    sqlstate, text = "42P07", 'relation "{name}" already exists'


class SpecialDatabase(SqlError):
    """`defaultdb`, `postgres` and `system` are always there."""

    sqlstate, text = "42501", "cannot drop special database {name}"


class UnknownSetting(SqlError):
    sqlstate, text = "42704", "unknown cluster setting '{name}'"


class WrongSettingType(SqlError):
    sqlstate, text = "42804", "argument of {name} must be type {wanted}, not type {given}"


class UnreadableSetting(SqlError):
    sqlstate, text = "22P02", 'could not parse "{value}" as type {wanted}'


class SettingOutOfRange(SqlError):
    sqlstate, text = "22023", "invalid value, the range of {name} is [{low}, {high}]"


class SettingNotBetween(SqlError):
    sqlstate, text = "22023", "{name} must be set between {low} and {high}"


class SettingNotOneOf(SqlError):
    sqlstate, text = "22023", "invalid value, {name} must be one of {choices}"


class WrongDedupRule(SqlError):
    sqlstate, text = "22023", "ts.dedup.rule setting value is not right"


class KeepNotSupported(SqlError):
    sqlstate = "0A000"
    text = "ts.dedup.rule = keep is not supported, use one of {choices}"


class NotATimeZone(SqlError):
    sqlstate, text = "22023", "invalid value, could not parse {value} as time zone"


class ReadOnlySetting(SqlError):
    sqlstate, text = "42501", "the cluster setting {name} cannot be changed"


class AnyPrivilegeNeeded(SqlError):
    sqlstate, text, curable = "42501", "user {user} has no privileges on {object}", True


class CreateRoleNeeded(SqlError):
    sqlstate, text = "42501", "user {user} does not have CREATEROLE privilege"


class UserExists(SqlError):
    sqlstate, text = "42710", "a role/user named {name} already exists"


class UndefinedUser(SqlError):
    sqlstate, text = "42704", "role/user {name} does not exist"


class UndefinedGrantee(SqlError):
    sqlstate, text = "42704", "user or role {name} does not exist"


class GrantsExist(SqlError):
    sqlstate, text = "2BP01", "cannot drop role/user {name}: grants still exist on {objects}"


class SpecialUser(SqlError):
    """what: `user root`, `role admin`."""

    sqlstate, text = "42501", "cannot drop special {what}"


class AdminRoleFixed(SqlError):
    sqlstate, text = "42501", "cannot edit admin role"


class RootStaysAdmin(SqlError):
    sqlstate = "42501"
    text = "role/user root cannot be removed from role admin or lose the ADMIN OPTION"


class MemberOfItself(SqlError):
    sqlstate, text = "42501", "{name} cannot be a member of itself"


class AdminKeepsAll(SqlError):
    sqlstate, text = "42501", "{name} always has ALL privileges on {object}"


class ReservedRole(SqlError):
    sqlstate, text = "42939", 'role name "{name}" is reserved'


class ReservedUser(SqlError):
    sqlstate, text = "42939", 'username "{name}" reserved'


class InvalidUserName(SqlError):
    sqlstate, text = "42602", 'username "{name}" invalid'


class UserNameTooLong(SqlError):
    sqlstate, text = "42602", 'username "{name}" is too long'


class NoUserName(SqlError):
    sqlstate, text = "42602", "no username specified"


class EmptyPassword(SqlError):
    sqlstate, text = "28P01", "empty passwords are not permitted"


class TokenAsPassword(SqlError):
    """A value of that form is only ever looked up as a token (contract A2)."""

    sqlstate, text = "28P01", "a password must not begin with {prefix}"


class UnknownSession(RequestError):
    text = "no sessionid matching the given one was found."


class NotSessionAdmin(KwrestError):
    """Deleting a session is for admins (contract A7)."""

    sqlstate, kind = "28000", Kind.CREDENTIALS
    text = "do not have authority, please check."


# ---- types: a value that does not fit its column


class CouldNotResolve(SqlError):
    """A literal of another kind than the time-series column takes (facts 2.7)."""

    sqlstate, text = "42804", 'could not resolve "{value}" as {type} type (column {column})'


class IntegerOutOfRange(SqlError):
    sqlstate, text = "22003", 'integer "{value}" out of range for type {type} (column {column})'


class FloatOutOfRange(SqlError):
    sqlstate, text = "22003", 'float "{value}" out of range for type {type} (column {column})'


class ConstantOutOfRange(SqlError):
    sqlstate, text = "22003", "numeric constant out of int64 range"


class ValueTooLong(SqlError):
    sqlstate, text = "22001", "value '{value}' too long for type {type} (column {column})"


class TimestampOutOfRange(SqlError):
    sqlstate, text = "22026", 'value "{value}" out of range for type {type} (column {column})'


class InvalidShape(SqlError):
    sqlstate, text = "22000", "value '{value}' is invalid for type GEOMETRY (column {column})"


class NullViolation(SqlError):
    sqlstate, text = "23502", 'null value in column "{column}" violates not-null constraint'


class RelationalIntegerOutOfRange(SqlError):
    sqlstate, text = "22003", 'integer out of range for type {type} (column "{column}")'


class RelationalValueTooLong(SqlError):
    sqlstate, text = "22001", 'value too long for type {type} (column "{column}")'


class BitLengthMismatch(SqlError):
    sqlstate, text = "22026", 'bit string length {length} does not match type {type} (column "{column}")'


class BitTooLong(SqlError):
    sqlstate, text = "22001", 'bit string length {length} too large for type {type} (column "{column}")'


class DecimalOutOfRange(SqlError):
    sqlstate = "22003"
    text = (
        'type {type} (column "{column}"): value with precision {precision}, scale {scale} '
        "must round to an absolute value less than 10^{digits}"
    )


class TypeMismatch(SqlError):
    """A value of another type than the relational column (facts 8.5)."""

    sqlstate, text = "42804", 'value type {value} doesn\'t match type {type} of column "{column}"'


class InvalidText(SqlError):
    """A text that is no value of the type; the reason is KWDB's."""

    sqlstate, text = "22P02", "{reason}"


class InvalidDatetime(InvalidText):
    sqlstate = "22007"


# ---- types: INSERT, UPDATE, DELETE


class DuplicateAssignment(SqlError):
    sqlstate, text = "42701", 'multiple assignments to the same column "{name}"'


class MissingPrimaryTags(SqlError):
    sqlstate, text = "42601", "need to specify all primary tag [{names}]"


class TooFewExpressions(SqlError):
    sqlstate = "42601"
    text = (
        "insert (row {row}) has more target columns than expressions, {expressions} expressions for {targets} targets"
    )


class TooManyExpressions(SqlError):
    sqlstate = "42601"
    text = (
        "insert (row {row}) has more expressions than target columns, {expressions} expressions for {targets} targets"
    )


class UnsupportedInput(SqlError):
    """An expression where a time-series INSERT takes constants only."""

    sqlstate, text = "42601", "unsupported input type {kind}"


class UnsupportedFunctionInput(SqlError):
    sqlstate, text = "42601", 'unsupported function input "{name}"'


class UnsupportedRelationInput(SqlError):
    sqlstate, text = "42804", 'unsupported input type relation "{name}" (column {column})'


class UnsupportedInSeries(SqlError):
    """`<thing> is not supported in timeseries table`."""

    sqlstate, text = "0A000", "{what} is not supported in timeseries table"
