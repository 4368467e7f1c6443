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


class MultipleClauses(SqlError):
    """`(… LIMIT 1) LIMIT 1`"""

    sqlstate, text = "42601", "multiple {clause} clauses not allowed"


class UnimplementedSyntax(SyntaxError_):
    """What KWDB's grammar knows and refuses by itself: DELETE … USING."""

    sqlstate, text = "0A000", 'at or near "{token}": syntax error: unimplemented: this syntax'


class InvalidPrivilege(SqlError):
    sqlstate, text = "42601", 'not a valid privilege: "{name}"'


class MultipleWith(SqlError):
    sqlstate, text = "0A000", "unimplemented: multiple WITH clauses in parentheses"


class UnsupportedDatabaseOption(SqlError):
    """CREATE DATABASE with a template, an encoding, … other than the only one there is."""

    sqlstate, text = "0A000", "unsupported {what}: {value}"
