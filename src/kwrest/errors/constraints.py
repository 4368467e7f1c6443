"""Failures of keys, checks and foreign keys: broken by a write, or declared wrongly."""

from __future__ import annotations

from kwrest.errors.base import SqlError

# ---------------------------------------------------------------- broken by a write


class UniqueViolation(SqlError):
    sqlstate, text = "23505", 'duplicate key value ({columns})=({values}) violates unique constraint "{name}"'


class CheckViolation(SqlError):
    sqlstate, text = "23514", "failed to satisfy CHECK constraint ({condition})"


class ForeignKeyViolation(SqlError):
    """verb: `insert`, `update`, `delete`, `upsert`; table: the one that refers or, for a row that is referred to, that row's."""

    sqlstate, text = "23503", '{verb} on table "{table}" violates foreign key constraint "{name}"{where}'


class AffectedTwice(SqlError):
    sqlstate, text = "21000", "UPSERT or INSERT...ON CONFLICT command cannot affect row a second time"


class NoMatchingConstraint(SqlError):
    """ON CONFLICT (…) names no key."""

    sqlstate = "42P10"
    text = "there is no unique or exclusion constraint matching the ON CONFLICT specification"


# ---------------------------------------------------------------- declared wrongly


class MultiplePrimaryKeys(SqlError):
    sqlstate, text = "42P16", 'multiple primary keys for table "{name}" are not allowed'


class NotIndexable(SqlError):
    sqlstate, text = "0A000", "column {name} is of type {type} and thus is not indexable"


class RepeatedIndexColumn(SqlError):
    sqlstate, text = "42701", 'index "{index}" contains duplicate column "{name}"'


class UndefinedIndexColumn(SqlError):
    sqlstate, text = "42703", 'column "{name}" does not exist'


class DuplicateConstraint(SqlError):
    sqlstate, text = "42710", 'duplicate constraint name: "{name}"'


class DuplicateIndex(SqlError):
    sqlstate, text = "42P07", 'relation "{name}" already exists'


class UndefinedIndex(SqlError):
    sqlstate, text = "42704", 'index "{name}" does not exist'


class AmbiguousIndex(SqlError):
    sqlstate, text = "42P09", 'index name "{name}" is ambiguous'


class IndexInUse(SqlError):
    """what: `unique constraint`, `foreign key constraint`."""

    sqlstate, text = "2BP01", 'index "{name}" is in use as {what}'


class PrimaryIndex(SqlError):
    sqlstate, text = "0A000", 'cannot drop the primary index of a table, "{name}"'


class VariableCheck(SqlError):
    """A query or an aggregate in CHECK."""

    sqlstate, text = "42601", "variable sub-expressions are not allowed in CHECK"


class NotAllowedInCheck(SqlError):
    """what: `aggregate functions`, `window functions`, `generator functions`."""

    sqlstate, text = "42803", "{what} are not allowed in CHECK"


class CheckType(SqlError):
    sqlstate, text = "42804", "expected CHECK expression to have type bool, but '{written}' has type {given}"


class CheckColumn(SqlError):
    sqlstate, text = "42703", 'column "{name}" not found, referenced in "{written}"'


class NoReferencedKey(SqlError):
    sqlstate = "42830"
    text = "there is no unique constraint matching given keys for referenced table {table}"


class ReferenceCount(SqlError):
    sqlstate = "42830"
    text = "{given} columns must reference exactly {given} columns in referenced table (found {found})"


class ReferenceType(SqlError):
    sqlstate = "42804"
    text = 'type of "{column}" ({type}) does not match foreign key "{table}"."{referenced}" ({found})'


class ReferencedTable(SqlError):
    sqlstate, text = "2BP01", '"{name}" is referenced by foreign key from table "{by}"'


class SetNullImpossible(SqlError):
    sqlstate = "42P16"
    text = 'cannot add a SET NULL cascading action on column "{column}" which has a NOT NULL constraint'


class TableColumnNames(SqlError):
    """CREATE TABLE t (a, b) AS: not one name for each column of the query."""

    sqlstate = "42601"
    text = "CREATE TABLE specifies {given} column name{plural}, but data source has {found} column{plurals}"


class TableColumnType(SqlError):
    """A column of CREATE TABLE AS of a type that no table has."""

    sqlstate, text = "42P16", "value type {type} cannot be used for table columns"


class NotRelational(SqlError):
    """REFERENCES of a time-series table."""

    sqlstate, text = "42809", 'referenced relation "{name}" is not a relational table'


class SeriesIndexColumn(SqlError):
    sqlstate = "0A000"
    text = 'creating index on column or primary tag "{name}" is not supported in timeseries table'


class SeriesIndexType(SqlError):
    sqlstate = "0A000"
    text = 'creating index on tag "{name}" with type varchar/varbytes is not supported in timeseries table'


class NestedArrayColumn(SqlError):
    sqlstate, text = "0A000", "nested array unsupported as column type: {type}"
