"""Failures of queries."""

from __future__ import annotations

from kwrest.errors.base import SqlError


class TooComplex(SqlError):
    sqlstate, text = "54001", "the statement is too complex: more than {limit} queries in one statement"


class TooManyResultColumns(SqlError):
    sqlstate, text = "54011", "a result can have at most {limit} columns"


class TooManyParts(SqlError):
    """More expressions in one statement than the engine reads without harm."""

    sqlstate = "54001"
    text = "statement is too large: it has more than {limit} expressions"


class WrongColumnCount(SqlError):
    sqlstate, text = "42P10", 'source "{name}" has {available} columns available but {specified} columns specified'


class StarWithoutFrom(SqlError):
    sqlstate, text = "42602", 'cannot use "*" without a FROM clause'


class AliasedStar(SqlError):
    sqlstate, text = "42601", '"{name}" cannot be aliased'


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


class NotAWindow(SqlError):
    sqlstate = "42809"
    text = "OVER specified, but {name}() is neither a window function nor an aggregate function"


class UndefinedWindow(SqlError):
    sqlstate, text = "42704", 'window "{name}" does not exist'


class WrongWindow(SqlError):
    sqlstate, text = "42P20", "{reason}"
