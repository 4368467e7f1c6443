"""The one type of several expressions: CASE, COALESCE, ARRAY, UNION, VALUES."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kwrest.errors import DatatypeMismatch, InvalidDatetime, InvalidText, SqlError
from kwrest.sql.bind.casts import cast
from kwrest.sql.bind.constants import Numeral, accepts, is_null, settle, untyped
from kwrest.sql.bind.names import described
from kwrest.sql.bound import Aggregate, Call, Const, Expr
from kwrest.types import kinds
from kwrest.types.kinds import Family, Type


@dataclass(frozen=True, slots=True)
class Mismatch:
    """How KWDB says that expressions have no common type. before: `greatest(): `, `incompatible COALESCE expressions: `;
    names: the expressions as written, where the sentence names them."""

    before: str = ""
    names: Sequence[str] = ()
    error: type[SqlError] = DatatypeMismatch

    def of(self, position: int, wanted: Type, found: Type) -> SqlError:
        """The error of the expression at `position`."""
        name = f"{self.names[position]} to be of " if self.names else ""
        return self.error(reason=f"{self.before}expected {name}type {described(wanted)}, found type {described(found)}")


def common_of(exprs: Sequence[Expr], mismatch: Mismatch) -> Type:
    """The type all of them take: the first typed one's; of constants only, their own; UNKNOWN when all are NULL.

    Raises what `mismatch` says (42804, 22023).
    """
    typed = [expr for expr in exprs if not untyped(expr) and expr.type.family is not Family.UNKNOWN]
    if typed:
        first = typed[0].type
        for position, expr in enumerate(exprs):
            if expr in typed and expr.type.family is not first.family:
                raise mismatch.of(position, first, expr.type)
        return _widest([expr.type for expr in typed])
    constants = [expr for expr in exprs if untyped(expr) and not is_null(expr)]
    if not constants:
        return kinds.UNKNOWN
    # Beside a number a text is read as one: COALESCE(1, 'foo') is an error.
    numbers = [expr for expr in constants if isinstance(expr, Numeral)]
    if numbers:
        whole = all(accepts(expr, Family.INT) and expr.type.family is Family.INT for expr in numbers)
        return kinds.INT8 if whole else kinds.DECIMAL
    return constants[0].type


def common_type(left: Type, right: Type) -> Type | None:
    """The type that holds the values of both, as UNION and VALUES need it; None when the families differ."""
    if Family.UNKNOWN in (left.family, right.family):
        return right if left.family is Family.UNKNOWN else left
    return _widest((left, right)) if left.family is right.family else None


def _widest(types: Sequence[Type]) -> Type:
    """Of one family: the type that holds them all."""
    first = types[0]
    if first.family in (Family.INT, Family.FLOAT):
        return max(types, key=lambda type_: type_.width)
    if all(type_ == first for type_ in types):
        return first
    if first.family is Family.STRING:
        return kinds.STRING
    if first.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ):
        return max(types, key=lambda type_: type_.precision)
    if first.family is Family.DECIMAL:
        return kinds.DECIMAL
    return first


def as_common(exprs: Sequence[Expr], zone: ZoneInfo, mismatch: Mismatch | None = None) -> tuple[tuple[Expr, ...], Type]:
    """All of them in their common type, and that type. Raises what `mismatch` says."""
    mismatch = mismatch or Mismatch()
    common = common_of(exprs, mismatch)
    made = []
    for position, expr in enumerate(exprs):
        if untyped(expr) and not accepts(expr, common.family) and common.family is not Family.UNKNOWN:
            raise mismatch.of(position, common, expr.type)
        try:
            made.append(as_type(expr, common, zone))
        except (InvalidText, InvalidDatetime) as error:
            raise mismatch.error(reason=f"{mismatch.before}{error.message}") from None
    return tuple(made), common


def as_type(expr: Expr, common: Type, zone: ZoneInfo) -> Expr:
    """An expression in the common type: constants settle, a typed value of the same family is widened where it has to be."""
    if untyped(expr):
        return settle(expr, None if common.family is Family.UNKNOWN else common)
    if common.family is Family.DECIMAL and not common.width and not _keeps_digits(expr):
        return Call("one_scale", (expr,), kinds.DECIMAL)
    if expr.type.family is common.family and expr.type.family not in (
        Family.INT,
        Family.FLOAT,
        Family.TIMESTAMP,
        Family.TIMESTAMPTZ,
    ):
        return expr
    return expr if expr.type == common else cast(expr, common, zone)


def _keeps_digits(expr: Expr) -> bool:
    """Whether an engine loses nothing when it makes one type of this decimal and another: constants and declared decimals
    are short, exact quotients have more digits behind the point than any other. A product or a rounded value is neither."""
    if isinstance(expr, Const) or expr.type.width:
        return True
    return isinstance(expr, Aggregate | Call) and expr.op in ("avg.int", "div.int", "one_scale")
