"""A declared column or tag as the catalog keeps it: its type with the limits of its kind of table (facts 2.3, 2.4)."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from kwrest.errors import (
    DefaultNotConstant,
    DefaultNotNow,
    DefaultNull,
    DefaultType,
    EmptyName,
    InvalidText,
    MultipleDefaults,
    NotAllowedInDefault,
    PrecisionOutOfRange,
    PrimaryTagTooWide,
    SerialInSeries,
    SerialTag,
    SeriesNameInvalid,
    SeriesNameTooLong,
    TagTooWide,
    TypeArgument,
    TypeMismatch,
    UndefinedColumn,
    UnknownTypeName,
    Unsupported,
    UnsupportedColumnType,
    UnsupportedFunctionInput,
    UnsupportedInput,
    UnsupportedInSeries,
    UnsupportedPrimaryTag,
    UnsupportedRelationInput,
    UnsupportedTagType,
    UnsupportedWidth,
    VariableDefault,
)
from kwrest.model import UNIQUE_ROWID, Column
from kwrest.sql import tree
from kwrest.sql.bind.assignments import assigned
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.expressions import bind_expression
from kwrest.sql.bind.literals import NotConstant, number_text, series_value, typed_value
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bind.tables import Reads
from kwrest.sql.bound import Aggregate, Relation, WindowCall
from kwrest.sql.lexer import quoted_text
from kwrest.sql.rules.walk import walk
from kwrest.types.assign import assign
from kwrest.types.kinds import INT8, Family, Type
from kwrest.types.names import SERIAL_WORDS, SERIES_LIMIT, UnknownType, WrongTypeArgument, declared_type, spoken

NAME_LIMITS = {"database": 63, "table": 128, "column": 128, "tag": 128}
_UTC = ZoneInfo("UTC")


def check_name(kind: str, name: str) -> None:
    """What holds for names of both kinds of table. kind: a key of NAME_LIMITS. Raises EmptyName."""
    if not name:
        raise EmptyName(kind=kind)


def check_series_name(kind: str, name: str) -> None:
    """Names of time-series objects: printable ASCII, bytes limited by kind.

    Raises EmptyName, SeriesNameTooLong, SeriesNameInvalid.
    """
    check_name(kind, name)
    limit = NAME_LIMITS[kind]
    if len(name.encode()) > limit:
        raise SeriesNameTooLong(kind=kind, name=name, limit=limit)
    if not (name.isascii() and name.isprintable()):
        raise SeriesNameInvalid(name=name)


def column_type(said: tree.TypeName, time_series: bool) -> Type:
    """The type written. Raises UnknownTypeName, TypeArgument, PrecisionOutOfRange."""
    try:
        return declared_type(said.name, said.arguments, said.array, time_series)
    except UnknownType:
        raise UnknownTypeName(token=said.name.lower()) from None
    except WrongTypeArgument as error:
        reason = str(error)
        raise (PrecisionOutOfRange if "out of range" in reason else TypeArgument)(reason=reason) from None


def _worded(type: Type) -> str:
    """The type with its width, `varchar(200)`, as the width errors print it."""
    return str(type).lower()


def _word(type: Type) -> str:
    """The type without width or precision, `timestamp`, as the errors about types print it."""
    return spoken(type) if type.element is not None else spoken(replace(type, precision=0))


def series_column(said: tree.ColumnDefinition, number: int) -> Column:
    """A data column of a time-series table, the first one (number 1) not treated apart.

    Raises SerialInSeries, UnsupportedColumnType, UnsupportedWidth, UnsupportedInSeries for a constraint, and for DEFAULT
    DefaultNotConstant, DefaultNotNow, DefaultNull.
    """
    name = said.name.name
    check_series_name("column", name)
    _check_plain(said)
    if said.type.name in SERIAL_WORDS:
        raise SerialInSeries()
    type = column_type(said.type, True)
    limit = SERIES_LIMIT.get(type.name)
    if limit is None or type.element is not None:
        raise UnsupportedColumnType(name=name, type=_word(type))
    if limit.maximum and type.width > limit.maximum:
        raise UnsupportedWidth(name=name, type=type.name)
    column = Column(number, name, type, said.nullable is not False, comment=said.comment)
    return replace(column, default=None if said.default is None else series_default(said.default, column))


def tag(said: tree.ColumnDefinition, number: int) -> Column:
    """A tag, not yet primary. Raises SerialTag, UnsupportedTagType, TagTooWide, UnsupportedInSeries."""
    name = said.name.name
    check_series_name("tag", name)
    _check_plain(said)
    if said.default is not None:
        raise UnsupportedInSeries(what="default value of tag")
    if said.type.name in SERIAL_WORDS:
        raise SerialTag(name=name)
    type = column_type(said.type, True)
    limit = SERIES_LIMIT.get(type.name)
    if limit is None or not limit.tag or type.element is not None:
        raise UnsupportedTagType(name=name, type=_word(type))
    if limit.maximum and type.width > limit.maximum:
        raise TagTooWide(name=name, width=type.width, type=_worded(type))
    return Column(number, name, type, said.nullable is not False, tag=True, comment=said.comment)


def check_primary(column: Column) -> None:
    """Whether a tag of this type may be part of a device's identity. Raises UnsupportedPrimaryTag."""
    if not SERIES_LIMIT[column.type.name].primary:
        raise UnsupportedPrimaryTag(name=column.name, type=spoken(column.type))


def primary_type(column: Column, width_written: bool) -> Type:
    """The type of a tag that is primary. width_written: whether its declaration gave a width; VARCHAR has another default
    here. Raises UnsupportedPrimaryTag, PrimaryTagTooWide."""
    check_primary(column)
    type = column.type
    limit = SERIES_LIMIT[type.name]
    if limit.primary_default and not width_written:
        return replace(type, width=limit.primary_default)
    if limit.primary_maximum and type.width > limit.primary_maximum:
        raise PrimaryTagTooWide(name=column.name, width=type.width, type=_worded(type))
    return type


def _check_plain(said: tree.ColumnDefinition) -> None:
    """What a column of a time-series table may not be, as KWDB calls it."""
    if said.other:
        raise UnsupportedInSeries(what=said.other[0])


def series_default(expr: tree.Expr, column: Column) -> str | None:
    """The text of a DEFAULT of a time-series column; None for NULL. Raises DefaultNull, DefaultNotNow, DefaultNotConstant."""
    name, type = column.name, column.type
    if isinstance(expr, tree.Null):
        if not column.nullable:
            raise DefaultNull(name=name)
        return None
    times = type.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ)
    if isinstance(expr, tree.Call):
        if times and expr.name == "now" and not expr.arguments:
            return f"now():::{type.name}"
        raise (DefaultNotNow if times else DefaultNotConstant)(name=name, type=type)
    try:
        series_value(expr, column, _UTC, 0)
    except (UnsupportedInput, UnsupportedFunctionInput, UnsupportedRelationInput):
        raise DefaultNotConstant(name=name, type=type) from None
    return constant_text(expr)


def constant_text(expr: tree.Expr) -> str:
    """A literal as DEFAULT shows it: `5`, `'it''s'`, `true`."""
    text = number_text(expr)
    if text is not None:
        return text
    match expr:
        case tree.Boolean():
            return "true" if expr.value else "false"
        case tree.String() | tree.QuotedValue():
            return quoted_text(expr.value)
        case tree.BytesLiteral():
            return f"'\\x{expr.value.hex()}'"
    raise Unsupported(what=f"DEFAULT {type(expr).__name__}")


def relational_column(said: tree.ColumnDefinition, number: int, context: Context) -> Column:
    """A column of a relational table. A constant DEFAULT is checked against the type, another bound and kept as written.

    Its constraints are the table's (`bind/constraints.py`). Raises Unsupported for a computed column, and for DEFAULT
    DefaultType, VariableDefault, NotAllowedInDefault, MultipleDefaults; EmptyName.
    """
    name = said.name.name
    check_name("column", name)
    if said.computed is not None:
        raise Unsupported(what="a computed column")
    if said.type.name in SERIAL_WORDS:
        # KWDB makes every SERIAL an INT8 of large numbers, whatever its width (serial_normalization = rowid).
        if said.default is not None:
            raise MultipleDefaults(name=name)
        return Column(number, name, INT8, nullable=False, default=UNIQUE_ROWID)
    type = column_type(said.type, False)
    if type.element is not None and type.element.family is Family.JSON:
        raise InvalidText(reason=f"arrays of {spoken(type.element)} not allowed")
    column = Column(number, name, type, said.nullable is not False, comment=said.comment)
    if said.default is None:
        return column
    return replace(column, default=relational_default(said.default, said.default_text, column, context))


def relational_default(expr: tree.Expr, written: str, column: Column, context: Context) -> str | None:
    """The text of a DEFAULT of a relational column; None for NULL. Raises DefaultType, VariableDefault, NotAllowedInDefault."""
    if isinstance(expr, tree.Null):
        return None
    if isinstance(expr, tree.Call) and expr.name == "now" and not expr.arguments and column.type.family in _NOW:
        # now() has the type of its column, as long as that is a time.
        return f"now():::{column.type.name}"
    try:
        assign(typed_value(expr, column.type, column.name, _UTC), column.type, column.name)
    except TypeMismatch as error:
        raise DefaultType(type=spoken(column.type), written=written, given=error.facts["value"]) from None
    except NotConstant:
        _check_default(expr, written, column, context)
        return written
    return constant_text(expr) if isinstance(expr, _SHOWN_AS_CONSTANT) else written


_NOW = frozenset({Family.TIMESTAMP, Family.TIMESTAMPTZ, Family.DATE})
_SHOWN_AS_CONSTANT = tree.Number | tree.Unary | tree.String | tree.Boolean


def _check_default(expr: tree.Expr, written: str, column: Column, context: Context) -> None:
    """Whether an expression may be a DEFAULT: of the column's type, with nothing that needs a row or a group of rows."""
    scope = Scope(context, Reads(), _no_query, clause="DEFAULT")
    try:
        made = assigned(bind_expression(expr, scope), column, context.zone)
    except UndefinedColumn:
        raise VariableDefault() from None
    except TypeMismatch as error:
        raise DefaultType(type=spoken(column.type), written=written, given=error.facts["value"]) from None
    for node in walk(made):
        if isinstance(node, Aggregate | WindowCall):
            what = "aggregate" if isinstance(node, Aggregate) else "window"
            raise NotAllowedInDefault(what=f"{what} functions")


def _no_query(query: tree.Query, scope: Scope) -> Relation:
    raise VariableDefault()
