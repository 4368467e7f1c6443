"""What a row of the function table says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kwrest.types import kinds
from kwrest.types.kinds import Type

# `ANY` takes every type; the result of a row may be computed from the types of the arguments.
ANY = kinds.UNKNOWN
Result = Type | Callable[[Sequence[Type]], Type]


def same(position: int) -> Callable[[Sequence[Type]], Type]:
    """The result has the type of the argument at that position."""
    return lambda types: types[position]


@dataclass(frozen=True, slots=True)
class Function:
    """One overload of a scalar function.

    key: what the bound call is called, and the row of the engine's spelling; variadic: the last argument may repeat or be
    absent; volatile: gives another value each time; cap: bytes or rows it may make at most, 0 = cannot grow;
    facts: the section of the facts that says so.
    """

    name: str
    arguments: tuple[Type, ...]
    result: Result
    key: str
    facts: str
    variadic: bool = False
    volatile: bool = False
    cap: int = 0


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """One overload of an aggregate. star: may be called as `name(*)`; ordered: its value depends on the rows' order."""

    name: str
    arguments: tuple[Type, ...]
    result: Result
    key: str
    facts: str
    star: bool = False
    ordered: bool = False
    cap: int = 0


@dataclass(frozen=True, slots=True)
class WindowFunction:
    """One overload of a function that needs OVER."""

    name: str
    arguments: tuple[Type, ...]
    result: Result
    key: str
    facts: str


@dataclass(frozen=True, slots=True)
class Pick:
    """A member of the first / last family: picks a row by time. gives_time: returns the row's time, not its value."""

    name: str
    gives_time: bool
    deadline: bool  # a constant time may be the second argument
    facts: str


@dataclass(frozen=True, slots=True)
class Series:
    """A function that gives rows. results: types of its columns; the call that gives the list of column i, of several, is
    `key.i`; columns: their names in FROM, the function's where there is none."""

    name: str
    arguments: tuple[Type, ...]
    results: tuple[Result, ...]
    key: str
    facts: str
    cap: int = 0
    columns: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """What the call of each column's list is called."""
        if len(self.results) == 1:
            return (self.key,)
        return tuple(f"{self.key}.{place}" for place in range(1, len(self.results) + 1))
