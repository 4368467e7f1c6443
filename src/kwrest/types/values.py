"""How a value of each family stands in Python while it is a constant: the binder, the batches and the settings agree on it."""

from __future__ import annotations

from decimal import Decimal

from kwrest.types.intervals import Interval

# BOOL bool · INT int · FLOAT float · DECIMAL Decimal · STRING, UUID, INET, JSON, BIT, GEOMETRY str · BYTES bytes ·
# TIMESTAMP and TIMESTAMPTZ int nanoseconds since 1970 UTC · DATE int days since 1970 · TIME, TIMETZ int microseconds ·
# INTERVAL Interval · ARRAY, TUPLE tuple
Value = None | bool | int | float | Decimal | str | bytes | Interval | tuple["Value", ...]
