"""ALTER COLUMN TYPE and ALTER TAG TYPE: which types become which, and what the stored values become (facts 2.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from zoneinfo import ZoneInfo

from kwrest.errors import CannotConvert, DefaultNotConvertible, SqlError, TextTooShort, Unsupported, WiderThanAllowed
from kwrest.model import Column
from kwrest.sql.bind.altering import Altering
from kwrest.sql.bind.casts import cast, castable
from kwrest.sql.bind.columns import column_type, constant_text
from kwrest.sql.bind.defaults import default_value, stored_expression
from kwrest.sql.bind.literals import NotConstant, number_text
from kwrest.sql.bound import OWN_ROW, Call, Cast, ColumnRef, Expr
from kwrest.sql.tree import String, TypeName
from kwrest.types.kinds import Family, Type
from kwrest.types.names import SERIES_LIMIT


@dataclass(frozen=True, slots=True)
class Widening:
    """A time-series type may become these. least: the width a text needs, `base` plus so many bytes or characters for each
    of the old width; in numbers it counts nothing."""

    source: str
    targets: tuple[str, ...]
    base: int = 0
    each: Fraction = Fraction(0)


_NUMBERS = (Family.INT, Family.FLOAT, Family.DECIMAL)
_UTC = ZoneInfo("UTC")
_BYTES_TO_CHARACTERS = Fraction(1, 4)
WIDENINGS = (
    Widening("TIMESTAMP", ("TIMESTAMPTZ",)),
    Widening("TIMESTAMPTZ", ("TIMESTAMP",)),
    Widening("INT2", ("INT4", "INT8")),
    Widening("INT2", ("VARCHAR",), base=6),
    Widening("INT4", ("INT8",)),
    Widening("INT4", ("VARCHAR",), base=11),
    Widening("INT8", ("VARCHAR",), base=20),
    Widening("FLOAT4", ("FLOAT8",)),
    Widening("FLOAT4", ("VARCHAR",), base=30),
    Widening("FLOAT8", ("VARCHAR",), base=30),
    Widening("CHAR", ("CHAR", "VARCHAR"), each=Fraction(1)),
    Widening("CHAR", ("NCHAR", "NVARCHAR"), each=_BYTES_TO_CHARACTERS),
    Widening("VARCHAR", ("VARCHAR", "CHAR"), each=Fraction(1)),
    Widening("VARCHAR", ("NCHAR", "NVARCHAR"), each=_BYTES_TO_CHARACTERS),
    Widening("VARCHAR", ("INT2", "INT4", "INT8", "FLOAT4", "FLOAT8")),
    Widening("NCHAR", ("NCHAR", "NVARCHAR"), each=Fraction(1)),
    Widening("NCHAR", ("CHAR", "VARCHAR"), each=Fraction(4)),
    Widening("NVARCHAR", ("NVARCHAR", "NCHAR"), each=Fraction(1)),
    Widening("NVARCHAR", ("CHAR", "VARCHAR"), each=Fraction(4)),
)
_BY_PAIR = {(row.source, target): row for row in WIDENINGS for target in row.targets}
# ALTER knows a smaller NCHAR than CREATE does (recorded).
_MAXIMUM = {limit.name: limit.maximum for limit in SERIES_LIMIT.values()} | {"NCHAR": 254}


def change_series_type(column: Column, said: TypeName, work: Altering) -> None:
    """Give a data column or ordinary tag another type; nothing when it has that type already.

    Raises CannotConvert, WiderThanAllowed, TextTooShort, DefaultNotConvertible, and what reading a type raises.
    """
    source, target = column.type, column_type(said, True)
    if target.name == "VARBYTES" and not said.arguments:
        target = replace(target, width=0)  # KWDB gives it no default width here (recorded)
    if target == source:
        return
    limit = _MAXIMUM.get(target.name, 0)
    if target.family is Family.STRING and limit and target.width > limit:
        raise WiderThanAllowed(name=column.name, target=target, limit=limit)
    row = _BY_PAIR.get((source.name, target.name))
    if row is None or source.element or target.element or source.precision != target.precision:
        raise CannotConvert(name=column.name, source=source, target=target)
    if target.family is Family.STRING and target.width < row.base + row.each * source.width:
        if row.base:
            raise TextTooShort(name=column.name, source=source, least=row.base)
        raise CannotConvert(name=column.name, source=source, target=target)
    values = _series_values(ColumnRef(OWN_ROW, column.id, source), target)
    default = _converted_default(column, target)
    if values is None:
        work.change(column, type=target, default=default)
    else:
        work.convert(column, values, type=target, default=default)


def _series_values(stored: ColumnRef, target: Type) -> Expr | None:
    """What stored values become. A text stays as it is, and a time: they are stored alike. A text that is no number of the
    new type becomes NULL."""
    source = stored.type
    match source.family, target.family:
        case Family.STRING, Family.INT | Family.FLOAT:
            return Call("text.number", (stored,), target)
        case Family.FLOAT, Family.STRING:
            return Call("float.digits", (stored,), target)
        case (Family.STRING, Family.STRING) | (Family.TIMESTAMP | Family.TIMESTAMPTZ, _):
            return None
    return Cast(stored, target)


def change_relational_type(column: Column, said: TypeName, work: Altering) -> None:
    """Give a column of a relational table another type; nothing when it has that type already.

    Whatever a cast can do: the values that are there must fit, or the statement fails. Raises CannotConvert; ReferencedTable
    and Unsupported for the columns of foreign keys.
    """
    target = column_type(said, False)
    if target == column.type:
        return
    if not castable(column.type, target):
        raise CannotConvert(name=column.name, source=column.type, target=target)
    work.refuse_referenced(column)
    if any(column.id in (*key.columns, *key.referenced) for key in work.table.foreign_keys):
        raise Unsupported(what="ALTER COLUMN TYPE of a column of a foreign key")
    values = cast(ColumnRef(OWN_ROW, column.id, column.type), target, work.context.zone, explicit=False)
    work.convert(column, values, type=target, default=_converted_default(column, target))


def _converted_default(column: Column, target: Type) -> str | None:
    """The column's DEFAULT as one of its new type: a number is put in quotes for a text and taken out of them for a number.

    Raises DefaultNotConvertible.
    """
    text = column.default
    if text is None or column.type.family is target.family:
        return text
    expr = stored_expression(text)
    number = number_text(expr)
    if number is not None and target.family is Family.STRING:
        text = constant_text(String(number))
    elif isinstance(expr, String) and target.family in _NUMBERS:
        text = expr.value
    try:
        default_value(replace(column, type=target, default=text), _UTC, 0)
    except (SqlError, NotConstant):
        raise DefaultNotConvertible(name=column.name, type=target) from None
    return text
