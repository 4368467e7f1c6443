"""`column_meta`: the word and the bytes of a KWDB type (contract B5)."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.model import ResultColumn
from kwrest.types.kinds import Family, Type

# Families with one size whatever was declared; the others answer the declared width, 0 for unlimited.
_BYTES = {
    Family.BOOL: 1,
    Family.DECIMAL: 0,
    Family.TIMESTAMP: 8,
    Family.TIMESTAMPTZ: 8,
    Family.DATE: 8,
    Family.TIME: 8,
    Family.TIMETZ: 8,
    Family.INTERVAL: 8,
    Family.UUID: 16,
    Family.ARRAY: 0,
}
_WORDS = {"FLOAT8": "FLOAT"}  # the seed's word
_ELEMENT_WORDS = {"STRING": "TEXT"}


def column_meta(columns: Sequence[ResultColumn]) -> list[tuple[str, str, int]]:
    """`[name, type, bytes]` of each column."""
    return [(column.name, word(column.type), size(column.type)) for column in columns]


def word(type_: Type) -> str:
    if type_.element is not None:
        element = word(type_.element)
        return "_" + _ELEMENT_WORDS.get(element, element)
    return _WORDS.get(type_.name, type_.name)


def size(type_: Type) -> int:
    return _BYTES.get(type_.family, type_.width)
