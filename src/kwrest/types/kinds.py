"""KWDB's types as values: families, widths and how they are shown (facts 2.4, contract B5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Family(Enum):
    """Types that compare and combine with each other (facts 3.5)."""

    UNKNOWN = "unknown"  # NULL, and nothing else
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    DECIMAL = "decimal"
    STRING = "string"  # CHAR, VARCHAR, NCHAR, NVARCHAR, STRING
    BYTES = "bytes"  # BYTES, VARBYTES
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    DATE = "date"
    TIME = "time"
    TIMETZ = "timetz"
    INTERVAL = "interval"
    UUID = "uuid"
    INET = "inet"
    JSON = "jsonb"
    BIT = "varbit"
    GEOMETRY = "geometry"
    ARRAY = "array"
    TUPLE = "tuple"


@dataclass(frozen=True, slots=True)
class Type:
    """One KWDB type.

    name: KWDB's word in capitals, `INT4`, `VARCHAR`, `TIMESTAMPTZ`, `STRING`;
    width: bytes of an INT or FLOAT; n of CHAR(n), VARCHAR(n), … (0: unlimited); digits of DECIMAL(p, s) (0: any);
    scale: s of DECIMAL(p, s); precision: decimals of a second of a timestamp (3, 6, 9; 0: not said);
    element: of an array.
    """

    family: Family
    name: str
    width: int = 0
    scale: int = 0
    precision: int = 0
    element: Type | None = None

    def __str__(self) -> str:
        """As SHOW COLUMNS and KWDB's errors print it: `VARCHAR(25)`, `INT4`, `TIMESTAMPTZ(3)`."""
        if self.element is not None:
            return f"{self.element}[]"
        if self.family in (Family.BOOL, Family.INT, Family.FLOAT) or not (self.width or self.precision):
            return self.name
        if self.width == 1 and self.name in ("CHAR", "NCHAR", "BIT"):
            return self.name
        if self.family is Family.DECIMAL:
            return f"{self.name}({self.width},{self.scale})"
        return f"{self.name}({self.precision or self.width})"


UNKNOWN = Type(Family.UNKNOWN, "UNKNOWN")
BOOL = Type(Family.BOOL, "BOOL", 1)
INT2 = Type(Family.INT, "INT2", 2)
INT4 = Type(Family.INT, "INT4", 4)
INT8 = Type(Family.INT, "INT8", 8)
FLOAT4 = Type(Family.FLOAT, "FLOAT4", 4)
FLOAT8 = Type(Family.FLOAT, "FLOAT8", 8)
DECIMAL = Type(Family.DECIMAL, "DECIMAL")
STRING = Type(Family.STRING, "STRING")
BYTES = Type(Family.BYTES, "BYTES")
TIMESTAMP = Type(Family.TIMESTAMP, "TIMESTAMP", precision=3)
TIMESTAMPTZ = Type(Family.TIMESTAMPTZ, "TIMESTAMPTZ", precision=3)
DATE = Type(Family.DATE, "DATE")
TIME = Type(Family.TIME, "TIME")
TIMETZ = Type(Family.TIMETZ, "TIMETZ")
INTERVAL = Type(Family.INTERVAL, "INTERVAL")
UUID = Type(Family.UUID, "UUID")
INET = Type(Family.INET, "INET")
JSONB = Type(Family.JSON, "JSONB")
GEOMETRY = Type(Family.GEOMETRY, "GEOMETRY")


def varchar(n: int) -> Type:
    """VARCHAR(n)."""
    return Type(Family.STRING, "VARCHAR", n)


def array_of(element: Type) -> Type:
    """`element[]`."""
    return Type(Family.ARRAY, "ARRAY", element=element)
