"""Failures of databases, tables and columns that are not there, or are there already."""

from __future__ import annotations

from kwrest.errors.base import SqlError


class UndefinedDatabase(SqlError):
    sqlstate, text, curable = "3D000", 'database "{name}" does not exist', True


class UndefinedTable(SqlError):
    sqlstate, text, curable = "42P01", 'relation "{name}" does not exist', True


class UndefinedColumn(SqlError):
    sqlstate, text, curable = "42703", 'column "{name}" does not exist', True


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


class WrongRecursion(SqlError):
    """A recursive query that is no union of a beginning and a step."""

    sqlstate, text = "42P19", "{reason}"


class RepeatedColumn(SqlError):
    sqlstate, text = "42701", 'column "{name}" appears more than once in USING clause'


class UndefinedTarget(SqlError):
    sqlstate, text = "3F000", "target database or schema does not exist"


class NoTags(SqlError):
    sqlstate, text = "42809", "relational table {name} does not have tag"


class NotTimeSeries(SqlError):
    sqlstate, text = "42809", '"{name}" is not a timeseries table'


class NoDownsampling(SqlError):
    sqlstate, text = "0A000", "table {name} does not support downsampling"


class NoTargetDatabase(SqlError):
    sqlstate, text = "3F000", 'cannot create "{name}" because the target database or schema does not exist'


class SpecialDatabase(SqlError):
    """`defaultdb`, `postgres` and `system` are always there."""

    sqlstate, text = "42501", "cannot drop special database {name}"


class DatabaseExists(SqlError):
    sqlstate, text = "42P04", 'database "{name}" already exists'


class RelationExists(SqlError):
    sqlstate, text = "42P07", 'relation "{name}" already exists'


class NotForLines(NotTimeSeries):
    """Lines go into time-series tables only; the operator can make one of that name."""

    curable = True


class EmptyName(SqlError):
    """kind: `database`, `table`, `column`, `tag`."""

    sqlstate, text = "42601", "empty {kind} name"


class DatabaseNotEmpty(SqlError):
    sqlstate, text = "2BP01", 'database "{name}" is not empty and RESTRICT was specified'
