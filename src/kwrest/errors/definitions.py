"""Failures of CREATE, ALTER and DROP."""

from __future__ import annotations

from kwrest.errors.base import SqlError


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


class MultipleDefaults(SqlError):
    """DEFAULT of a SERIAL column."""

    sqlstate, text = "42601", 'multiple default values specified for column "{name}"'


class VariableDefault(SqlError):
    """A column or a subquery in DEFAULT."""

    sqlstate, text = "42601", "variable sub-expressions are not allowed in DEFAULT"


class NotAllowedInDefault(SqlError):
    """what: `aggregate functions`, `window functions`."""

    sqlstate, text = "42803", "{what} are not allowed in DEFAULT"


class PrecisionOutOfRange(SqlError):
    sqlstate, text = "42611", "{reason}"


class DropSeveralSeries(SqlError):
    sqlstate, text = "0A000", "drop multiple time-series tables at once is not supported"


class WrongKind(SqlError):
    """kind: `a table`, `a view`, `not` before it where it is one too many."""

    sqlstate, text = "42809", '"{name}" is not {kind}'


class ViewNotUpdatable(SqlError):
    sqlstate, text = "42809", 'cannot run {verb} on view "{name}" - views are not updateable'


class WrongColumnNames(SqlError):
    sqlstate = "42601"
    text = "CREATE VIEW specifies {names} column names, but data source has {columns} columns"


class Depended(SqlError):
    """action: `drop`, `rename`; kind: `relation`, `column`; view: the one that reads it, with its database when that is another."""

    sqlstate, text = "2BP01", 'cannot {action} {kind} "{name}" because view "{view}" depends on it'


class DatabaseDepended(SqlError):
    """Of ALTER DATABASE RENAME TO: the text of a view may name the database."""

    sqlstate, text = "2BP01", 'cannot rename database because view "{view}" depends on table "{table}"'


class NoTableNamed(SqlError):
    sqlstate, text = "42P01", "column name must be qualified"
