"""Names and types as written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ident:
    """A name. Unquoted ones arrive folded to lower case; `quoted` remembers `"…"`."""

    name: str
    quoted: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: name folded to upper case with its words joined by one blank (`DOUBLE PRECISION`)."""

    name: str
    arguments: tuple[int, ...] = ()
    array: bool = False
    at: int = 0
