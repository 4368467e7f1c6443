"""Failures of a request that is wrong, or can't be served now; the web layer's and the services'."""

from __future__ import annotations

from kwrest.errors.base import Kind, KwrestError, RequestError, SqlError, Transient
from kwrest.errors.names import UndefinedDatabase


class EmptyBody(RequestError):
    text = "invalid request body"


class BodyTooLarge(KwrestError):
    sqlstate, kind = "54000", Kind.TOO_LARGE
    text = "the request body is larger than {limit} bytes"


class BodyTooVaried(KwrestError):
    """Lines of one table whose fields differ so much that as columns they would be nearly all NULL, and far too many."""

    sqlstate, kind = "54000", Kind.TOO_LARGE
    text = 'the lines of "{name}" have too many different fields for one body: {rows} lines, {columns} fields; send them in several'


class InvalidTimeZone(RequestError):
    text = 'invalid value for parameter "timezone": "{name}"'


class WrongEndpoint(RequestError):
    sqlstate = "42601"
    text = "wrong statement for {endpoint} interface and please check"


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


class MalformedRequest(RequestError):
    """What came is not the HTTP this server takes; the connection is closed after the answer."""

    sqlstate, text = "08P01", "{reason}"


class BadParameter(RequestError):
    text = "{reason}"


class NotFound(RequestError):
    sqlstate, text = "08P01", "no such endpoint: {path}"


class NoSuchQuery(NotFound):
    """Also for a query of another user's: nobody learns that it runs."""

    sqlstate, text = "42704", 'there is no running query "{id}"'


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
