"""Failures of ALTER TABLE and ALTER DATABASE (facts 2.2, 2.5)."""

from __future__ import annotations

from kwrest.errors.base import SqlError


class AlterSeveral(SqlError):
    sqlstate, text = "0A000", "alter timeseries table with multiple commands is not supported"


class AddNotNull(SqlError):
    sqlstate, text = "0A000", "add NOT-NULL column {name} for timeseries table is not supported"


class AddNotNullTag(SqlError):
    sqlstate, text = "0A000", "cannot add a NOT NULL tag in timeseries table (tag {name})"


class AddSerialTag(SqlError):
    sqlstate, text = "0A000", "serial tag {name} is not supported in timeseries table"


class TagExists(SqlError):
    """Of ADD TAG: columns and tags share their names."""

    sqlstate, text = "42701", 'column/tag named "{name}" already exists'


class NewNameExists(SqlError):
    """Of RENAME COLUMN and RENAME TAG."""

    sqlstate, text = "42701", 'column/tag name "{name}" already exists'


class DropFirstColumn(SqlError):
    sqlstate, text = "42P16", "cannot drop the first timestamp column {name}"


class DropOnlyColumn(SqlError):
    sqlstate = "42P16"
    text = "cannot drop the only data column besides the timestamp column on table {table}"


class DropOnlyTag(SqlError):
    sqlstate, text = "42P16", "cannot drop the only tag on table {table}"


class AlterFirstColumn(SqlError):
    sqlstate, text = "42P16", "cannot alter the first ts column {name}"


class TagNotColumn(SqlError):
    """Of DROP COLUMN."""

    sqlstate, text = "42809", '"{name}" is a tag, not a column, try use "drop tag" clause in DDL'


class IsATag(SqlError):
    sqlstate, text = "42809", '"{name}" is a tag'


class IsNoTag(SqlError):
    """A column where a tag was meant."""

    sqlstate, text = "42809", '"{name}" is not a tag'


class IsPrimaryTag(SqlError):
    sqlstate, text = "42809", 'tag "{name}" is a primary tag'


class RenamePrimaryTag(SqlError):
    sqlstate, text = "42809", "can not rename primary tag name: {name}"


class UndefinedTag(SqlError):
    sqlstate, text = "42704", 'tag "{name}" does not exist'


class CannotConvert(SqlError):
    """Of ALTER COLUMN TYPE and ALTER TAG TYPE."""

    sqlstate, text = "42846", 'column: "{name}": cannot convert {source} to {target}'


class WiderThanAllowed(SqlError):
    sqlstate, text = "42846", 'column: "{name}": {target} exceeds the maximum width: {limit}'


class TextTooShort(SqlError):
    """A number whose longest text would not fit."""

    sqlstate, text = "42611", 'column "{name}": when {source} is converted to VARCHAR, the minimum length is {least}'


class DefaultNotConvertible(SqlError):
    sqlstate, text = "42804", 'default for column "{name}" cannot be cast automatically to type {type}'


class InvalidTableName(SqlError):
    sqlstate, text = "42602", 'invalid table name: "{name}"'


class SeriesToRelational(SqlError):
    sqlstate, text = "42809", "can not change ts table {name} to relational database {database}"


class RelationalToSeries(SqlError):
    sqlstate, text = "42809", "can not change relational table {name} to ts database {database}"


class LifetimeOutOfRange(SqlError):
    """Of ALTER TS DATABASE SET RETENTIONS."""

    sqlstate, text = "22023", "lifetime is out of range: {value}"


class NewDatabaseExists(SqlError):
    """Of ALTER DATABASE RENAME TO."""

    sqlstate, text = "42P04", 'the new database name "{name}" already exists'


class RenameSpecialDatabase(SqlError):
    """`defaultdb`, `postgres` and `system` keep their names."""

    sqlstate, text = "42501", "cannot rename special database {name}"


class ReferencedByIndex(SqlError):
    """Of a tag that an index is on."""

    sqlstate, text = "2BP01", 'column "{name}" is referenced by existing index "{index}"'


class ReferencedByKey(SqlError):
    sqlstate, text = "42P10", 'column "{name}" is referenced by the primary key'


class InPrimaryIndex(SqlError):
    sqlstate, text = "42P16", 'column "{name}" is in a primary index'


class PrimaryKeyGone(SqlError):
    """DROP CONSTRAINT of a primary key without a new one in the same statement."""

    sqlstate = "0A000"
    text = "unimplemented: primary key dropped without subsequent addition of new primary key in same transaction"


class UniqueNeedsDropIndex(SqlError):
    sqlstate = "0A000"
    text = 'cannot drop UNIQUE constraint "{name}" using ALTER TABLE DROP CONSTRAINT, use DROP INDEX CASCADE instead'


class UndefinedConstraint(SqlError):
    sqlstate, text = "42704", 'constraint "{name}" does not exist'


class NullableInKey(SqlError):
    """A column of a new primary key that may be NULL."""

    sqlstate, text = "42P16", 'cannot use nullable column "{name}" in primary key'
