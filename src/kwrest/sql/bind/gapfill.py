"""time_bucket_gapfill and interpolate: what they may be given and where they may stand (facts 3.2).

Both are bound to calls that `rules/gapfill.py` takes out of the query again, `GAPFILL` over the clock that is cut and
`interpolate.<how>` over an aggregate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from zoneinfo import ZoneInfo

from kwrest.errors import (
    AmbiguousCall,
    GapfillRepeated,
    GapfillUngrouped,
    GroupingError,
    InterpolateAlone,
    InterpolateUngrouped,
    InvalidParameter,
    UnknownSignature,
    WrongFilling,
    WrongInterpolation,
)
from kwrest.sql import tree
from kwrest.sql.bind.casts import cast, instant
from kwrest.sql.bind.constants import fold_unary, is_null, literal, number_from_text, settle, untyped
from kwrest.sql.bind.protocol import Scope
from kwrest.sql.bind.times import bucket_clock, checked_width, seconds_width, width_from_text
from kwrest.sql.bound import Aggregate, Call, Const, Expr, Interval
from kwrest.sql.rules.gapfill import GAPFILL, gapfills, interpolations
from kwrest.types import kinds
from kwrest.types.kinds import Family

Bind = Callable[[tree.Expr, Scope], Expr]

_NAME = "time_bucket_gapfill"
_INTERNAL = "time_bucket_gapfill_internal"
_MOMENTS = (Family.TIMESTAMP, Family.TIMESTAMPTZ)
_NUMBERS = (Family.INT, Family.FLOAT, Family.DECIMAL)
# How the buckets that no row is in get a value; `NULL` and a constant are the others.
_METHODS = ("prev", "next", "linear")
# Clauses in which groups do not exist yet, and so no buckets between them.
_UNGROUPED = ("WHERE", "ON", "VALUES", "LIMIT", "OFFSET", "FROM")


def gapfill(call: tree.Call, scope: Scope, bind: Bind) -> Expr:
    """`time_bucket_gapfill(time, width)`, a time cut to its bucket.

    Raises UnknownSignature (42883), AmbiguousCall (42725), InvalidParameter (22023), InvalidDatetime (22007).
    """
    if scope.clause in _UNGROUPED:
        raise GapfillUngrouped()
    arguments = [bind(argument, scope) for argument in call.arguments]
    shown = ", ".join("UNKNOWN" if is_null(a) else str(settle(a).type) for a in arguments)
    if len(arguments) != 2:
        raise UnknownSignature(name=_INTERNAL, types=shown)
    moment, width = arguments
    if is_null(moment):
        types = " ".join({Family.STRING: "string", Family.INT: "int"}.get(width.type.family, "interval").split())
        candidates = "\n".join(f"{_INTERNAL}({t}, {types}) -> {t}" for t in ("timestamptz", "timestamp"))
        raise AmbiguousCall(name=_INTERNAL, types=shown, candidates=f"{candidates}\n")
    if untyped(moment) or moment.type.family not in _MOMENTS:
        raise UnknownSignature(name=_INTERNAL, types=shown)
    length = _width(width, shown)
    clock = bucket_clock(moment, length, scope.context.zone)
    cut = Call(GAPFILL, (clock, Const(length, kinds.INTERVAL)), clock.type)
    return instant(cut, scope.context.zone) if moment.type.family is Family.TIMESTAMPTZ else cut


def _width(argument: Expr, shown: str) -> Interval:
    """The constant width: whole seconds, or an interval, of months or of a fixed length."""
    if is_null(argument):
        raise InvalidParameter(reason=f"{_NAME}(): second arg is error")
    value = literal(argument)
    before = f"{_NAME}(): "
    if isinstance(value, str):
        return width_from_text(value, before, "")
    if isinstance(value, Interval):
        return checked_width(value, before, "")
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnknownSignature(name=_INTERNAL, types=shown)
    return checked_width(seconds_width(value), before, "")


def interpolate(call: tree.Call, scope: Scope, bind: Bind) -> Expr:
    """`interpolate(aggregate, how)`: the aggregate's value, or what `how` says in a bucket without rows.

    Raises WrongInterpolation (01000), WrongFilling (XXUUU), GroupingError (42803).
    """
    if scope.clause in (*_UNGROUPED, "HAVING", "GROUP BY"):
        raise GroupingError(reason=f"interpolate is not allowed in {scope.clause}")
    value = bind(call.arguments[0], scope)
    how = call.arguments[1]
    if not isinstance(value, Aggregate):
        raise WrongInterpolation(reason="the first parameter of interpolate must be agg func")
    if not value.arguments:
        raise WrongInterpolation(
            reason="count_rows as a parameter of the interpolate function, only supports columns as its parameters"
        )
    if value.type.family not in _NUMBERS:
        raise WrongInterpolation(
            reason="The type of the first parameter of interpolate must be of IntFamily, FloatFamily or DecimalFamily"
        )
    method = _method(how)
    if method is not None:
        return Call(f"interpolate.{method}", (value,), value.type)
    return Call("interpolate.with", (value, _filling(how, value, scope.context.zone)), value.type)


def _method(how: tree.Expr) -> str | None:
    """`prev`, `next`, `linear`, `null`, as a bare word or a text; None for anything else."""
    match how:
        case tree.Null():
            return "null"
        case tree.Name((only,)):
            word = only.name.lower()
        case tree.String(text):
            word = text.strip().lower()
        case _:
            return None
    return word if word in (*_METHODS, "null") else None


def _filling(how: tree.Expr, value: Aggregate, zone: ZoneInfo) -> Expr:
    """The constant that fills in, in the aggregate's type."""
    match how:
        case tree.Number(text):
            written = text
        case tree.Unary("-", tree.Number(text)):
            written = f"-{text}"
        case tree.String(text):
            written = text.strip()
        case _:
            raise WrongFilling(reason="Second argument type must be int, float or string")
    try:
        number = number_from_text(written.lstrip("+-"))
    except ValueError:
        raise WrongFilling(reason="Interpolate/imputation method not supported, please check spelling") from None
    signed = fold_unary("-", number) if written.startswith("-") else number
    assert signed is not None  # a number has a negative
    return cast(signed, value.type, zone)


def check_gapfill(shown: Sequence[Expr], keys: Sequence[Expr]) -> None:
    """At most one gap filling a query, grouped by; interpolation only beside it. shown: select list and sort keys.

    Raises GapfillRepeated (01000), GapfillUngrouped, InterpolateUngrouped, InterpolateAlone (0A000).
    """
    calls = _distinct(call for expr in (*shown, *keys) for call in gapfills(expr))
    interpolated = any(True for expr in shown for _ in interpolations(expr))
    if not calls and interpolated:
        raise InterpolateAlone()
    if len(calls) > 1:
        raise GapfillRepeated()
    if calls and not any(_is_bucket(key) for key in keys):
        raise InterpolateUngrouped() if interpolated else GapfillUngrouped()


def _is_bucket(key: Expr) -> bool:
    """Whether a grouping key is the call itself: an instant is its clock, read in a zone."""
    while not (isinstance(key, Call) and key.op == GAPFILL):
        inner = getattr(key, "operand", None) if not isinstance(key, Call) else key.arguments[0]
        if not isinstance(inner, Expr) or (isinstance(key, Call) and key.op != "zone.instant"):
            return False
        key = inner
    return True


def _distinct(calls: Iterable[Call]) -> list[Call]:
    found: list[Call] = []
    for call in calls:
        if call not in found:
            found.append(call)
    return found
