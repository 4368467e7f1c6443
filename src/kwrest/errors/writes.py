"""Failures of values that do not fit their columns, and writes KWDB refuses."""

from __future__ import annotations

from kwrest.errors.base import SqlError


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


class DuplicateAssignment(SqlError):
    sqlstate, text = "42701", 'multiple assignments to the same column "{name}"'


class WrongValueCount(SqlError):
    """`SET (a, b) = …` with another number of values."""

    sqlstate, text = "42601", "number of columns ({columns}) does not match number of values ({values})"


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


class RelationalIntoSeries(SqlError):
    sqlstate, text = "01000", "insert relational data into time series table is not supported"


class FirstColumnNotTime(SqlError):
    """INSERT … SELECT with something else than a time for the time column."""

    sqlstate = "0A000"
    text = "first column must be timestamp when the target table is table of time series"


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
