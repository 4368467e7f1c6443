"""What KWDB's types are in DuckDB. Both timestamp types are TIMESTAMP in UTC; zones are conversions in the SQL."""

from __future__ import annotations

from kwrest.errors import Unsupported
from kwrest.types.kinds import Family, Type

# families whose values are stored in one type whatever the width
_PLAIN: dict[Family, str] = {
    Family.UNKNOWN: "INTEGER",
    Family.BOOL: "BOOLEAN",
    Family.STRING: "VARCHAR",
    Family.BYTES: "BLOB",
    Family.DATE: "DATE",
    Family.TIME: "TIME",
    Family.TIMETZ: "TIME",
    Family.INTERVAL: "INTERVAL",
    Family.UUID: "VARCHAR",
    Family.INET: "VARCHAR",
    Family.JSON: "JSON",
    Family.BIT: "VARCHAR",
    Family.GEOMETRY: "VARCHAR",
}
_INTS = {2: "SMALLINT", 4: "INTEGER", 8: "BIGINT"}
MAX_DIGITS = 38


def type_name(type_: Type) -> str:
    """DuckDB's type that stores values of `type_`. DECIMAL without digits is DECIMAL(38,12)."""
    if type_.element is not None:
        return f"{type_name(type_.element)}[]"
    if type_.family is Family.INT:
        return _INTS[type_.width]
    if type_.family is Family.FLOAT:
        return "FLOAT" if type_.width == 4 else "DOUBLE"
    if type_.family is Family.DECIMAL:
        if not type_.width:
            return "DECIMAL(38,12)"
        return f"DECIMAL({min(type_.width, MAX_DIGITS)},{min(type_.scale, MAX_DIGITS)})"
    if type_.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ):
        return "TIMESTAMP_NS" if type_.precision == 9 else "TIMESTAMP"
    plain = _PLAIN.get(type_.family)
    if plain is None:
        raise Unsupported(what=f"type {type_}")
    return plain
