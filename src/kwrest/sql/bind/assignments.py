"""An expression as the value of a column: whether its type may be assigned, and the conversion."""

from __future__ import annotations

from kwrest.errors import TypeMismatch
from kwrest.model import Column
from kwrest.sql.bind.expressions import settle
from kwrest.sql.bound import Cast, Expr
from kwrest.types.kinds import Family
from kwrest.types.names import spoken

# Families whose values go into another family's column without being asked, as in CockroachDB.
_ASSIGNABLE = frozenset({(Family.TIMESTAMP, Family.TIMESTAMPTZ), (Family.TIMESTAMPTZ, Family.TIMESTAMP)})


def assigned(expr: Expr, column: Column) -> Expr:
    """`expr` as a value of `column`: a constant takes the column's type, an expression must be of its family.

    The conversion within a family is an implicit Cast: too long or out of range is an error at run time. Raises TypeMismatch.
    """
    settled = settle(expr, column.type)
    if settled.type == column.type:
        return settled
    have, want = settled.type.family, column.type.family
    if have is not want and have is not Family.UNKNOWN and (have, want) not in _ASSIGNABLE:
        raise TypeMismatch(value=spoken(settled.type), type=spoken(column.type), column=column.name)
    return Cast(settled, column.type)
