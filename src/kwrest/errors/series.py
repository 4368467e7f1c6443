"""Failures of queries over whole series: gap filling, group windows, time-weighted aggregates (facts 3.1 to 3.3)."""

from __future__ import annotations

from kwrest.errors.base import SqlError


class GapfillUngrouped(SqlError):
    sqlstate, text = "0A000", "time_bucket_gapfill should be use with group by time_bucket_gapfill"


class GapfillRepeated(SqlError):
    sqlstate, text = "01000", "time_bucket_gapfill can only be used once in the select list"


class InterpolateUngrouped(SqlError):
    sqlstate, text = "0A000", "interpolate should be used with group by time_bucket_gapfill"


class InterpolateAlone(SqlError):
    sqlstate, text = "0A000", "interpolate should be used with time_bucket_gapfill"


class WrongInterpolation(SqlError):
    """What is filled in must be a number that an aggregate of columns gives; reason: KWDB's sentence."""

    sqlstate, text = "01000", "{reason}"


class WrongFilling(SqlError):
    """KWDB raises it without a class of its own."""

    sqlstate, text = "XXUUU", "{reason}"


class AmbiguousCall(SqlError):
    """A NULL where overloads differ; candidates: one a line."""

    sqlstate, text = "42725", "ambiguous call: {name}({types}), candidates are:\n{candidates}"
