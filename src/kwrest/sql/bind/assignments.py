"""An expression as the value of a column: whether its type may be assigned, and the conversion."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from kwrest.errors import TypeMismatch
from kwrest.model import Column
from kwrest.sql.bind.casts import cast
from kwrest.sql.bind.expressions import settle
from kwrest.sql.bound import Expr
from kwrest.types.kinds import Family
from kwrest.types.names import spoken

# Families whose values go into another family's column without being asked, as in CockroachDB.
_ASSIGNABLE = frozenset({(Family.TIMESTAMP, Family.TIMESTAMPTZ), (Family.TIMESTAMPTZ, Family.TIMESTAMP)})
# A time-series table takes times that a query gives as text or as epochs.
_SERIES_ASSIGNABLE = _ASSIGNABLE | {
    (given, time) for given in (Family.STRING, Family.INT) for time in (Family.TIMESTAMP, Family.TIMESTAMPTZ)
}


def assigned(expr: Expr, column: Column, zone: ZoneInfo, series: bool = False) -> Expr:
    """`expr` as a value of `column`: a constant takes the column's type, an expression must be of its family.

    series: the column is a time-series table's. The conversion within a family is an implicit Cast: too long or out of
    range is an error at run time. Raises TypeMismatch.
    """
    settled = settle(expr, column.type)
    if settled.type == column.type:
        return settled
    have, want = settled.type.family, column.type.family
    allowed = _SERIES_ASSIGNABLE if series else _ASSIGNABLE
    if have is not want and have is not Family.UNKNOWN and (have, want) not in allowed:
        raise TypeMismatch(value=spoken(settled.type), type=spoken(column.type), column=column.name)
    return cast(settled, column.type, zone, explicit=False)
