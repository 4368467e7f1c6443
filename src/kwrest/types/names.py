"""KWDB's type words: what a declaration means, and reading back what `str(Type)` wrote.

Facts 2.3 and 2.4 as rows. A time-series table takes the types with a `Limit`; its widths have defaults, and CHAR,
VARCHAR and VARBYTES count bytes there while NCHAR and NVARCHAR count characters. Relational widths count characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from kwrest.types.kinds import Family, Type, array_of


@dataclass(frozen=True, slots=True)
class Word:
    """One type word. words: all spellings, the canonical one first; takes: how many arguments it may have.

    series_width: the width a column or tag of a time-series table has when none is written.
    """

    words: tuple[str, ...]
    family: Family
    takes: int = 0
    width: int = 0
    series_width: int = 0


WORDS = (
    Word(("BOOL", "BOOLEAN"), Family.BOOL, 0, 1),
    Word(("INT2", "SMALLINT"), Family.INT, 0, 2),
    Word(("INT4", "INT", "INTEGER"), Family.INT, 0, 4),
    Word(("INT8", "BIGINT", "INT64"), Family.INT, 0, 8),
    Word(("OID",), Family.INT, 0, 8),
    Word(("FLOAT4", "REAL"), Family.FLOAT, 0, 4),
    Word(("FLOAT8", "DOUBLE PRECISION", "DOUBLE"), Family.FLOAT, 0, 8),
    Word(("DECIMAL", "NUMERIC", "DEC"), Family.DECIMAL, 2),
    Word(("CHAR", "CHARACTER"), Family.STRING, 1, 1, 1),
    Word(("NCHAR",), Family.STRING, 1, 1, 1),
    Word(("VARCHAR", "CHARACTER VARYING", "CHAR VARYING"), Family.STRING, 1, 0, 254),
    Word(("NVARCHAR",), Family.STRING, 1, 0, 63),
    Word(("STRING", "TEXT"), Family.STRING, 1),
    Word(("NAME",), Family.STRING),
    Word(("CLOB",), Family.STRING),
    Word(("VARBYTES",), Family.BYTES, 1, 0, 254),
    Word(("BYTES", "BYTEA"), Family.BYTES),
    Word(("BLOB",), Family.BYTES),
    Word(("TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE"), Family.TIMESTAMP, 1),
    Word(("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"), Family.TIMESTAMPTZ, 1),
    Word(("DATE",), Family.DATE),
    Word(("TIME", "TIME WITHOUT TIME ZONE"), Family.TIME, 1),
    Word(("TIMETZ", "TIME WITH TIME ZONE"), Family.TIMETZ, 1),
    Word(("INTERVAL",), Family.INTERVAL, 1),
    Word(("UUID",), Family.UUID),
    Word(("INET",), Family.INET),
    Word(("JSONB", "JSON"), Family.JSON),
    Word(("BIT",), Family.BIT, 1, 1),
    Word(("VARBIT", "BIT VARYING"), Family.BIT, 1),
    Word(("GEOMETRY",), Family.GEOMETRY),
)
_BY_WORD = {spelling: word for word in WORDS for spelling in word.words}

# SERIAL words: an INT with a DEFAULT, relational tables only; a time-series table refuses them by name.
SERIAL_WORDS = {"SERIAL": 8, "SERIAL2": 2, "SMALLSERIAL": 2, "SERIAL4": 4, "SERIAL8": 8, "BIGSERIAL": 8}


@dataclass(frozen=True, slots=True)
class Limit:
    """What a time-series table allows of a type. maximum: of the width, 0 = has none; tag, primary: may stand there;
    primary_default, primary_maximum: widths of a primary tag where they differ."""

    name: str
    tag: bool = True
    primary: bool = True
    maximum: int = 0
    primary_default: int = 0
    primary_maximum: int = 0


# Where the chapters of KWDB's manual differ the larger documented width counts (facts 9, trap 30).
SERIES_LIMITS = (
    Limit("BOOL"),
    Limit("INT2"),
    Limit("INT4"),
    Limit("INT8"),
    Limit("FLOAT4", primary=False),
    Limit("FLOAT8", primary=False),
    Limit("CHAR", maximum=1023),
    Limit("NCHAR", maximum=255),
    Limit("VARCHAR", maximum=65536, primary_default=64, primary_maximum=128),
    Limit("NVARCHAR", tag=False, primary=False, maximum=16384),
    Limit("VARBYTES", primary=False, maximum=65536),
    Limit("TIMESTAMP", tag=False, primary=False),
    Limit("TIMESTAMPTZ", tag=False, primary=False),
    Limit("GEOMETRY", tag=False, primary=False),
)
SERIES_LIMIT = {limit.name: limit for limit in SERIES_LIMITS}
SERIES_PRECISIONS = (3, 6, 9)


class UnknownType(ValueError):
    """No type of KWDB's; the word is the argument."""


class WrongTypeArgument(ValueError):
    """A type with an argument it does not take; the sentence is the argument."""


def declared_type(name: str, arguments: tuple[int, ...], array: bool, time_series: bool) -> Type:
    """The type a declaration means. name: capitals, its words joined by one blank.

    time_series: in a time-series table, where widths and precisions have defaults. SERIAL words give their INT.
    Raises UnknownType, WrongTypeArgument.
    """
    if name in SERIAL_WORDS:
        return _plain(f"INT{SERIAL_WORDS[name]}")
    if name == "FLOAT":
        return _wrap(_float(arguments), array)
    word = _BY_WORD.get(name)
    if word is None:
        raise UnknownType(name)
    if len(arguments) > word.takes:
        raise WrongTypeArgument("syntax error")
    made = _plain(word.words[0])
    if word.family in (Family.STRING, Family.BYTES, Family.BIT):
        made = _with_width(word, made, arguments, time_series)
    elif word.family is Family.DECIMAL and arguments:
        made = _decimal(arguments)
    elif word.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ):
        made = replace(made, precision=_precision(arguments, time_series))
    elif arguments:
        made = replace(made, precision=_precision(arguments, False))
    return _wrap(made, array)


def _plain(name: str) -> Type:
    word = _BY_WORD[name]
    return Type(word.family, word.words[0], word.width)


def _wrap(element: Type, array: bool) -> Type:
    return array_of(element) if array else element


def _float(arguments: tuple[int, ...]) -> Type:
    bits = arguments[0] if arguments else 53
    if bits < 1:
        raise WrongTypeArgument("precision for type float must be at least 1 bit")
    if bits > 53:
        raise WrongTypeArgument("precision for type float must be less than 54 bits")
    return _plain("FLOAT4" if bits <= 24 else "FLOAT8")


def _with_width(word: Word, made: Type, arguments: tuple[int, ...], time_series: bool) -> Type:
    if not arguments:
        return replace(made, width=word.series_width) if time_series and word.series_width else made
    if arguments[0] < 1:
        raise WrongTypeArgument(f"length for type {made.name} must be at least 1")
    return replace(made, width=arguments[0])


def _decimal(arguments: tuple[int, ...]) -> Type:
    precision, scale = arguments[0], arguments[1] if len(arguments) > 1 else 0
    if precision < 1 and scale > 0:
        raise WrongTypeArgument("invalid NUMERIC precision 0")
    if scale > precision:
        raise WrongTypeArgument(f"scale ({scale}) must be between 0 and precision ({precision})")
    return Type(Family.DECIMAL, "DECIMAL", precision, scale)


def _precision(arguments: tuple[int, ...], time_series: bool) -> int:
    if not arguments:
        return 3 if time_series else 0
    precision = arguments[0]
    if (precision > 6 and precision != 9) or (time_series and precision not in SERIES_PRECISIONS):
        raise WrongTypeArgument(f"precision {precision} out of range")
    return precision


_WRITTEN = re.compile(r"([A-Z][A-Z0-9 ]*?)(?:\((\d+)(?:,(\d+))?\))?")


def type_from_text(text: str) -> Type:
    """The type whose `str()` is `text`, as the catalog stores it. Raises UnknownType."""
    if text.endswith("[]"):
        return array_of(type_from_text(text[:-2]))
    found = _WRITTEN.fullmatch(text)
    if found is None or found[1] not in _BY_WORD:
        raise UnknownType(text)
    made = _plain(found[1])
    if found[2] is None:
        return made
    if made.family is Family.DECIMAL:
        return replace(made, width=int(found[2]), scale=int(found[3] or 0))
    if made.family in (Family.STRING, Family.BYTES, Family.BIT):
        return replace(made, width=int(found[2]))
    return replace(made, precision=int(found[2]))


# KWDB's words in errors, where they are not the type's name in lower case.
_SPOKEN = {"INT8": "int", "FLOAT8": "float", "JSONB": "jsonb"}


def spoken(type: Type) -> str:
    """A type in KWDB's error texts: `int`, `int4`, `float`, `varchar`, `timestamptz(3)`, `int4[]`."""
    if type.element is not None:
        return f"{spoken(type.element)}[]"
    word = _SPOKEN.get(type.name, type.name.lower())
    if type.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ) and type.precision:
        return f"{word}({type.precision})"
    return word
