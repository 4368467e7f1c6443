"""Tables that lines are bound to in these tests, written as short rows."""

from __future__ import annotations

from kwrest.model import Column, Table, TableKind
from kwrest.types.kinds import (
    BOOL,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    TIMESTAMPTZ,
    Family,
    Type,
    varchar,
)

TIMESTAMPTZ6 = Type(Family.TIMESTAMPTZ, "TIMESTAMPTZ", precision=6)
TIMESTAMPTZ9 = Type(Family.TIMESTAMPTZ, "TIMESTAMPTZ", precision=9)
NCHAR2 = Type(Family.STRING, "NCHAR", 2)
VARBYTES4 = Type(Family.BYTES, "VARBYTES", 4)


def series(
    number: int,
    name: str,
    columns: dict[str, Type],
    primary: dict[str, Type],
    tags: dict[str, Type] | None = None,
    not_null: tuple[str, ...] = (),
) -> Table:
    """A time-series table: its data columns, its primary tags, its other tags."""
    rows = [(n, t, False, False) for n, t in columns.items()]
    rows += [(n, t, True, True) for n, t in primary.items()]
    rows += [(n, t, True, False) for n, t in (tags or {}).items()]
    required = {next(iter(columns)), *primary, *not_null}
    made = tuple(
        Column(at, n, t, nullable=n not in required, tag=tag, primary=p) for at, (n, t, tag, p) in enumerate(rows, 1)
    )
    return Table(number, 2, name, TableKind.TIME_SERIES, made)


METERS = series(
    101, "meters", {"ts": TIMESTAMPTZ, "current": FLOAT8, "voltage": INT4, "phase": FLOAT8}, {"location": varchar(20)}
)
KINDS = series(
    102,
    "kinds",
    {
        "ts": TIMESTAMPTZ, "i2": INT2, "i4": INT4, "i8": INT8, "f4": FLOAT4, "f8": FLOAT8, "b": BOOL, "s": varchar(5),
        "n": NCHAR2, "y": VARBYTES4, "t3": TIMESTAMPTZ, "t9": TIMESTAMPTZ9,
    },
    {"host": varchar(8)},
    {"rack": INT4, "ok": BOOL, "weight": FLOAT8, "room": varchar(6)},
)  # fmt: skip
MICRO = series(103, "micro", {"k_timestamp": TIMESTAMPTZ6, "v": FLOAT8}, {"host": varchar(8)})
NANO = series(104, "nano", {"time": TIMESTAMPTZ9, "v": FLOAT8}, {"host": varchar(8)})
STRICT = series(
    105, "strict", {"ts": TIMESTAMPTZ, "v": FLOAT8}, {"a": varchar(8), "b": INT4}, {"c": varchar(8)}, ("v", "c")
)
CASED = series(106, "Cased", {"ts": TIMESTAMPTZ, "Value": FLOAT8, "value": INT4, "low": INT4}, {"Host": varchar(8)})
PLAIN = Table(107, 2, "plain", TableKind.RELATIONAL, (Column(1, "ts", TIMESTAMPTZ), Column(2, "v", INT4)))

TABLES = {t.name: t for t in (METERS, KINDS, MICRO, NANO, STRICT, CASED, PLAIN)}


def lookup(name: str) -> Table | None:
    """By the exact name, then by the folded one, as the catalog does."""
    return TABLES.get(name) or TABLES.get(name.lower())
