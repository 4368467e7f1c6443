"""Failures of expressions whose parts do not go together."""

from __future__ import annotations

from kwrest.errors.base import SqlError


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


class WrongParameterCount(SqlError):
    sqlstate, text = "42883", "invalid parameter number in {name} function"


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


class NotSupportedHere(SqlError):
    """Known, but not in this kind of query; reason: KWDB's sentence."""

    sqlstate, text = "0A000", "{reason}"


class LikePatternEnds(SqlError):
    sqlstate, text = "22025", "LIKE pattern must not end with escape character"


class InvalidPattern(SqlError):
    sqlstate, text = "2201B", "error parsing regexp"


class InvalidPatternOption(SqlError):
    sqlstate, text = "22023", "invalid regexp flag"


class WrongTimeFormat(SqlError):
    """Of experimental_strftime and experimental_strptime: the format itself, or a text that does not follow it."""

    sqlstate, text = "22007", "the time and its format do not fit together"
