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


# ---- expressions


class UnsupportedBinary(SqlError):
    sqlstate, text = "22023", "unsupported binary operator: <{left}> {op} <{right}>"


class UnsupportedComparison(SqlError):
    sqlstate, text = "22023", "unsupported comparison operator: <{left}> {op} <{right}>"


class UnsupportedUnary(SqlError):
    sqlstate, text = "22023", "unsupported unary operator: {op} <{operand}>"


class InvalidParameter(SqlError):
    sqlstate, text = "22023", "{reason}"


class DatatypeMismatch(SqlError):
    """A boolean, a number or one common type was asked for; reason: KWDB's sentence."""

    sqlstate, text = "42804", "{reason}"


class UnknownFunction(SqlError):
    sqlstate, text = "42883", "unknown function: {name}()"


class UnknownSignature(SqlError):
    """types: the arguments' types, comma separated, in capitals."""

    sqlstate, text = "42883", "unknown signature: {name}({types})"


class InvalidCast(SqlError):
    sqlstate, text = "42846", "invalid cast: {source} -> {target}"


class DivisionByZero(SqlError):
    sqlstate, text = "22012", "{reason}"


class OutOfRange(SqlError):
    sqlstate, text = "22003", "{reason}"


class GroupingError(SqlError):
    sqlstate, text = "42803", "{reason}"


class WrongSyntax(SqlError):
    """Grammar that KWDB checks while it binds; reason: KWDB's sentence."""

    sqlstate, text = "42601", "{reason}"


class WrongColumnCountOfSubquery(SqlError):
    sqlstate, text = "42601", "subquery must return {expected} columns, found {found}"


class InvalidRegex(SqlError):
    """reason: what is wrong with it."""

    sqlstate, text = "2201B", "error parsing regexp: {reason}"


class InvalidEscape(SqlError):
    sqlstate, text = "22025", "LIKE pattern must not end with escape character"


class NotSupportedHere(SqlError):
    """Known, but not in this kind of query; reason: KWDB's sentence."""

    sqlstate, text = "0A000", "{reason}"


class LimitExceeded(SqlError):
    sqlstate, text = "54000", "{reason}"


# ---- queries


class TooComplex(SqlError):
    sqlstate, text = "54001", "the statement is too complex: more than {limit} queries in one statement"


class AmbiguousColumn(SqlError):
    sqlstate, text = "42702", 'column reference "{name}" is ambiguous (candidates: {candidates})'


class AmbiguousSource(SqlError):
    sqlstate, text = "42P09", 'ambiguous source name: "{name}"'


class AmbiguousOrder(SqlError):
    sqlstate, text = "42702", '{clause} "{name}" is ambiguous'


class NoSourceMatches(SqlError):
    """what: `prefix` (`x.a`) or `pattern` (`x.*`)."""

    sqlstate, text = "42P01", "no data source matches {what}: {name}"


class RepeatedSource(SqlError):
    sqlstate, text = "42712", 'source name "{name}" specified more than once (missing AS clause)'


class RepeatedQueryName(SqlError):
    sqlstate, text = "42712", "WITH query name {name} specified more than once"


class WrongColumnCount(SqlError):
    sqlstate, text = "42P10", 'source "{name}" has {available} columns available but {specified} columns specified'


class StarWithoutFrom(SqlError):
    sqlstate, text = "42602", 'cannot use "*" without a FROM clause'


class AliasedStar(SqlError):
    sqlstate, text = "42601", '"{name}" cannot be aliased'


class RepeatedColumn(SqlError):
    sqlstate, text = "42701", 'column "{name}" appears more than once in USING clause'


class NoOrder(SqlError):
    sqlstate, text = "0A000", "unimplemented: can't order by column type {type}"


class NotGrouped(SqlError):
    sqlstate = "42803"
    text = 'column "{name}" must appear in the GROUP BY clause or be used in an aggregate function'


class AggregateInGroupBy(SqlError):
    """GROUP BY of a position or alias whose value is an aggregate."""

    sqlstate, text = "42803", "{function}(): aggregate functions are not allowed in GROUP BY"


class PositionNotInList(SqlError):
    sqlstate, text = "42P10", "{clause} position {position} is not in select list"


class NonIntegerConstant(SqlError):
    sqlstate, text = "42601", "non-integer constant in {clause}: {constant}"


class WrongOrderOfDistinct(SqlError):
    sqlstate, text = "42P10", "for SELECT DISTINCT, ORDER BY expressions must appear in select list"


class WrongOrderOfDistinctOn(SqlError):
    sqlstate, text = "42P10", "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"


class WrongCountType(SqlError):
    sqlstate, text = "42804", "argument of {clause} must be type int, not type {type}"


class NegativeCount(SqlError):
    sqlstate, text = "2201W", "negative value for {clause}"


class UnequalColumns(SqlError):
    sqlstate, text = "42601", "each {op} query must have the same number of columns: {left} vs {right}"


class UnmatchedTypes(SqlError):
    sqlstate, text = "42804", "{op} types {left} and {right} cannot be matched"


class UnequalValues(SqlError):
    sqlstate, text = "42601", "VALUES lists must all be the same length, expected {expected} columns, found {found}"


class UndefinedTarget(SqlError):
    sqlstate, text = "3F000", "target database or schema does not exist"


class NoTags(SqlError):
    sqlstate, text = "42809", "relational table {name} does not have tag"


class NotTimeSeries(SqlError):
    sqlstate, text = "42809", '"{name}" is not a timeseries table'


class NoDownsampling(SqlError):
    sqlstate, text = "0A000", "table {name} does not support downsampling"


class UnknownShownSetting(SqlError):
    sqlstate, text = "42704", 'unknown setting: "{name}"'


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


class NoTargetDatabase(SqlError):
    sqlstate, text = "3F000", 'cannot create "{name}" because the target database or schema does not exist'


class SpecialDatabase(SqlError):
    """`defaultdb`, `postgres` and `system` are always there."""

    sqlstate, text = "42501", "cannot drop special database {name}"


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
    """Deleting a session is for admins (contract A7)."""

    sqlstate, kind = "28000", Kind.CREDENTIALS
    text = "do not have authority, please check."


# ---- expressions


# ---- queries


# ---- access


class DatabaseExists(SqlError):
    sqlstate, text = "42P04", 'database "{name}" already exists'


class RelationExists(SqlError):
    sqlstate, text = "42P07", 'relation "{name}" already exists'


class UnknownSetting(SqlError):
    sqlstate, text = "42704", "unknown cluster setting '{name}'"


class WrongSettingType(SqlError):
    sqlstate, text = "42804", "argument of {name} must be type {wanted}, not type {given}"


class UnreadableSetting(SqlError):
    sqlstate, text = "22P02", 'could not parse "{value}" as type {wanted}'


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


class AdminRoleFixed(SqlError):
    sqlstate, text = "42501", "cannot edit admin role"


class RootStaysAdmin(SqlError):
    sqlstate = "42501"
    text = "role/user root cannot be removed from role admin or lose the ADMIN OPTION"


class AdminKeepsAll(SqlError):
    sqlstate, text = "42501", "user {name} must have exactly ALL privileges on system object with ID={id}"


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


# ---- engine


class StartError(KwrestError):
    """The server cannot start; the sentence is for the person at the console."""

    text = "{reason}"


class UnknownEngine(StartError):
    text = 'unknown engine "{url}": this server knows "duckdb:"'


class DataInUse(StartError):
    text = "the data directory {path} is in use by process {pid} ({command})"


class DataTooNew(StartError):
    text = "the data directory {path} has format {found}, this server reads up to {known}: use the newer server that wrote it"


class StorageDamaged(StartError):
    """The cause goes to the log; nothing is repaired or deleted without being asked."""

    text = "the data in {path} is damaged: {what}"


class StorageUnreachable(StartError):
    text = "the data directory {path} cannot be used: {reason}"


class EngineRestarting(Transient):
    sqlstate = "57P03"
    text = "the storage is being reopened, please try again"


class NotNullViolation(SqlError):
    sqlstate, text = "23502", 'null value in column "{column}" violates not-null constraint'


class RunTimeError(SqlError):
    """A guard in the generated text: KWDB's own words and SQLSTATE, decided where the guard was made."""

    def __init__(self, sqlstate: str, reason: str) -> None:
        super().__init__(reason=reason)
        self.sqlstate = sqlstate  # type: ignore[misc]  # a class constant elsewhere; here the guard names it


class ValueOutOfRange(SqlError):
    sqlstate, text = "22003", "value out of range"


class UnreadableText(SqlError):
    """A conversion that no guard foresaw."""

    sqlstate, text = "22P02", "could not parse a value as the type that was asked for"


class MoreThanOneRow(SqlError):
    sqlstate, text = "21000", "more than one row returned by a subquery used as an expression"


class InsertFailed(SqlError):
    """What KWDB says when the rows come from elsewhere than VALUES."""

    sqlstate, text = "23502", 'insert failed, reason:null value in column "{column}" violates not-null constraint'


class RelationalIntoSeries(SqlError):
    sqlstate, text = "01000", "insert relational data into time series table is not supported"


class UnsupportedDelete(SqlError):
    """A condition that DELETE of a time-series table does not take (facts 2.10)."""

    sqlstate, text = "0A000", "unsupported conditions found in the deletion operation: {reason}"


class UnsupportedUpdate(SqlError):
    """A condition or assignment that UPDATE of a time-series table does not take (facts 2.10)."""

    sqlstate, text = "0A000", "unsupported conditions in update: {reason}"


class TagIntegerOutOfRange(SqlError):
    sqlstate, text = "22003", "integer out of range for type {type} (column {column})"


class TooManyColumnsGiven(SqlError):
    """INSERT … SELECT with more columns than the target."""

    sqlstate, text = (
        "42601",
        "INSERT has more expressions than target columns, {expressions} expressions for {targets} targets",
    )


class TooFewColumnsGiven(SqlError):
    sqlstate, text = (
        "42601",
        "INSERT has more target columns than expressions, {expressions} expressions for {targets} targets",
    )


# ---- ingest


class NotForLines(NotTimeSeries):
    """Lines go into time-series tables only; the operator can make one of that name."""

    curable = True


# ---- sql: the lexer and the grammar


class UnterminatedText(RequestError):
    """A quote or comment without its end: where the next statement would begin is anyone's guess, so nothing runs."""

    sqlstate, text = "42601", "lexical error: unterminated {what}, opened at character {at}"


class NulInText(RequestError):
    sqlstate, text = "42601", "lexical error: a NUL character at position {at}"


class TooManyStatements(RequestError):
    sqlstate, text = "54000", "more than {limit} statements in one request"


class LexicalError(SqlError):
    """A token that is none; `at`: its offset."""

    sqlstate, text = "42601", "lexical error: {reason}"


class SyntaxDetail(SyntaxError_):
    """A syntax error that KWDB explains."""

    text = 'at or near "{token}": syntax error: {detail}'


class NestedTooDeeply(SqlError):
    sqlstate, text = "54001", "statement is nested too deeply"


class MissingParameter(SqlError):
    """`$1`: the REST interface has no way to send values beside the text."""

    sqlstate, text = "42P02", "no value provided for placeholder: {name}"


class UniqueViolation(SqlError):
    sqlstate, text = "23505", 'duplicate key value ({columns})=({values}) violates unique constraint "primary"'


class MultipleClauses(SqlError):
    """`(… LIMIT 1) LIMIT 1`"""

    sqlstate, text = "42601", "multiple {clause} clauses not allowed"


class UnimplementedSyntax(SyntaxError_):
    """What KWDB's grammar knows and refuses by itself: DELETE … USING."""

    sqlstate, text = "0A000", 'at or near "{token}": syntax error: unimplemented: this syntax'


class InvalidPrivilege(SqlError):
    sqlstate, text = "42601", 'not a valid privilege: "{name}"'


# ---- engine


# ---- types: databases and tables


class EmptyDatabaseName(SqlError):
    sqlstate, text = "42601", "empty database name"


class DatabaseNotEmpty(SqlError):
    sqlstate, text = "2BP01", 'database "{name}" is not empty and RESTRICT was specified'


class SeriesNameTooLong(SqlError):
    """kind: `database`, `table`, `column`, `tag`."""

    sqlstate, text = "42622", 'ts {kind} name "{name}" exceeds max length ({limit})'


class SeriesNameInvalid(SqlError):
    sqlstate = "42602"
    text = "invalid name: {name}, naming of time series objects only supports letters, numbers and symbols"


class RetentionOutOfRange(SqlError):
    sqlstate, text = "22023", "retention {value} is out of range"


class PartitionOutOfRange(SqlError):
    sqlstate, text = "22023", "partition interval {value} is invalid, the time range is [1day, 1000year]"


class UnsupportedSpanUnit(SqlError):
    """what: `partition interval`, `retention`, `activetime`."""

    sqlstate, text = "22023", "unsupported {what} unit: {unit}"


class SeriesInRelational(SqlError):
    sqlstate, text = "42809", 'can not create timeseries table in relational database "{name}"'


class RelationalInSeries(SqlError):
    sqlstate, text = "42809", 'can not create relational table in timeseries database "{name}"'


class TooFewColumns(SqlError):
    sqlstate, text = "42P16", "ts table must have at least 2 columns"


class TooManyColumns(SqlError):
    sqlstate = "54011"
    text = "table {name} has too many columns, each timeseries table can have maximum 4096 columns"


class TooManyTags(SqlError):
    sqlstate, text = "54011", "table {name} has too many tags, each timeseries table can have maximum 128 tags"


class FirstColumnType(SqlError):
    sqlstate, text = "42804", "column {name}: the 1st column's type in timeseries table must be TimestampTZ"


class FirstColumnNullable(SqlError):
    sqlstate, text = "23502", "the 1st TimestampTZ column {name} must be not null"


class DuplicateColumn(SqlError):
    sqlstate, text = "42701", 'duplicate column name: "{name}"'


class DuplicateTag(SqlError):
    sqlstate, text = "42701", 'duplicate tag name: "{name}"'


class UnsupportedColumnType(SqlError):
    sqlstate, text = "42809", "column {name}: unsupported column type {type} in timeseries table"


class UnsupportedTagType(SqlError):
    sqlstate, text = "42809", "tag {name}: unsupported tag type {type} in timeseries table"


class UnsupportedWidth(SqlError):
    sqlstate, text = "42611", "column {name}: unsupported width of {type}"


class TagTooWide(SqlError):
    sqlstate, text = "42611", "tag {name}: {width} exceeded the maximum width limit of the type: {type}"


class PrimaryTagTooWide(SqlError):
    sqlstate, text = "42611", "tag {name}: {width} exceeded the maximum width limit of the type {type} as primary tag"


class SerialInSeries(SqlError):
    sqlstate, text = "0A000", "SERIAL column is not supported in timeseries table"


class SerialTag(SqlError):
    sqlstate, text = "0A000", "serial type for tag {name} is not supported in timeseries table"


class TooManyPrimaryTags(SqlError):
    sqlstate, text = "54011", "the max number of primary tags is 4"


class NotATag(SqlError):
    sqlstate, text = "42704", "primary tag {name} is not a tag"


class NullablePrimaryTag(SqlError):
    sqlstate, text = "23502", "tag {name} can not be a nullable tag as primary tag"


class UnsupportedPrimaryTag(SqlError):
    sqlstate, text = "42809", "data type {type} is not supported for primary tag {name}"


class DefaultNotConstant(SqlError):
    sqlstate, text = "42601", "column {name} with type {type} can only be set constant as default value"


class DefaultNotNow(SqlError):
    sqlstate, text = "42601", "column {name} with type {type} can only be set now() as default function"


class DefaultNull(SqlError):
    sqlstate, text = "23502", "default value NULL violates NOT NULL constraint on column {name}"


class DefaultType(SqlError):
    sqlstate, text = "42804", "expected DEFAULT expression to have type {type}, but '{written}' has type {given}"


class VariableDefault(SqlError):
    """A column or a subquery in DEFAULT."""

    sqlstate, text = "42601", "variable sub-expressions are not allowed in DEFAULT"


class NotAllowedInDefault(SqlError):
    """what: `aggregate functions`, `window functions`."""

    sqlstate, text = "42803", "{what} are not allowed in DEFAULT"


class UnknownTypeName(SyntaxError_):
    text = 'at or near "{token}": syntax error: type does not exist'


class TypeArgument(SyntaxError_):
    """A type with a width or precision that it does not take."""

    text = 'at or near ")": syntax error: {reason}'


class PrecisionOutOfRange(SqlError):
    sqlstate, text = "42611", "{reason}"


class DropSeveralSeries(SqlError):
    sqlstate, text = "0A000", "drop multiple time-series tables at once is not supported"


class AlterSeveral(SqlError):
    sqlstate, text = "0A000", "alter timeseries table with multiple commands is not supported"


class AddNotNull(SqlError):
    sqlstate, text = "0A000", "add NOT-NULL column {name} for timeseries table is not supported"


class DropFirstColumn(SqlError):
    sqlstate, text = "42P16", "cannot drop the first timestamp column {name}"


class DropOnlyColumn(SqlError):
    sqlstate = "42P16"
    text = "cannot drop the only data column besides the timestamp column on table {table}"


class TagNotColumn(SqlError):
    sqlstate, text = "42809", '"{name}" is a tag, not a column, try use "drop tag" clause in DDL'


# ---- types: users, rights, settings


class RoleOptions(SqlError):
    """reason: `redundant role options`, `conflicting role options`."""

    sqlstate, text = "42601", "{reason}"


class MultipleWith(SqlError):
    sqlstate, text = "0A000", "unimplemented: multiple WITH clauses in parentheses"


class UnsupportedDatabaseOption(SqlError):
    """CREATE DATABASE with a template, an encoding, … other than the only one there is."""

    sqlstate, text = "0A000", "unsupported {what}: {value}"


class LikePatternEnds(SqlError):
    sqlstate, text = "22025", "LIKE pattern must not end with escape character"


class InvalidPattern(SqlError):
    sqlstate, text = "2201B", "error parsing regexp"


# ---- web


class CannotCreate(SqlError):
    sqlstate, text = "3F000", 'cannot create "{name}" because the target database or schema does not exist'


class NameTaken(SqlError):
    sqlstate, text = "42701", 'column/tag named "{name}" already exists'


class ReservedRoleName(SqlError):
    sqlstate, text = "42939", 'role name "{name}" is reserved'


class ReservedUserName(SqlError):
    sqlstate, text = "42939", 'username "{name}" reserved'


class RootKeepsAdmin(SqlError):
    sqlstate, text = "55006", "role/user root cannot be removed from role admin or lose the ADMIN OPTION"


class UnknownClusterSetting(SqlError):
    sqlstate, text = "42704", "unknown cluster setting '{name}'"


class SettingType(SqlError):
    sqlstate = "42804"
    text = "argument of SET CLUSTER SETTING {name} must be type {type}, not type {given}"


class TooManyParts(SqlError):
    """More expressions in one statement than the engine reads without harm."""

    sqlstate = "54001"
    text = "statement is too large: it has more than {limit} expressions"
