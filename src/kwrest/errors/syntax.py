"""Failures of text that is no statement."""

from __future__ import annotations

from kwrest.errors.base import RequestError, SqlError


class SyntaxError_(SqlError):
    """KWDB names the first wrong token, lower case when it is a keyword; `EOF` at the end."""

    sqlstate = "42601"
    text = 'at or near "{token}": syntax error'


class Unsupported(SqlError):
    sqlstate = "0A000"
    text = "{what} is not supported"


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


class UnknownTypeName(SyntaxError_):
    text = 'at or near "{token}": syntax error: type does not exist'


class TypeArgument(SyntaxError_):
    """A type with a width or precision that it does not take."""

    text = 'at or near ")": syntax error: {reason}'


class MultipleWith(SqlError):
    sqlstate, text = "0A000", "unimplemented: multiple WITH clauses in parentheses"


class UnsupportedDatabaseOption(SqlError):
    """CREATE DATABASE with a template, an encoding, … other than the only one there is."""

    sqlstate, text = "0A000", "unsupported {what}: {value}"


class TooManyTokens(SqlError):
    sqlstate = "54001"
    text = "statement is too large: it has more than {limit} words and symbols, send it in several"


class StatementTooLong(SqlError):
    sqlstate = "54001"
    text = "statement is too large: it has more than {limit} characters, send it in several"
