"""What a relational column stores of a value of its family."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kwrest.errors import SqlError
from kwrest.types.assign import assign
from kwrest.types.names import type_from_text
from kwrest.types.values import Value


@pytest.mark.parametrize("type, value, stored", [
    ("INT2", -32768, -32768),
    ("FLOAT4", 3.5e38, float("inf")),
    ("FLOAT4", 1e38, 9.999999680285692e37),
    ("FLOAT8", 1e39, 1e39),
    ("DECIMAL(3,2)", Decimal("3.145"), Decimal("3.15")),
    ("DECIMAL", Decimal("1.2345678901"), Decimal("1.2345678901")),
    ("VARCHAR(5)", "äöüäö", "äöüäö"),
    ("VARCHAR", "x" * 1000, "x" * 1000),
    ("BIT(3)", "101", "101"),
    ("VARBIT", "10101", "10101"),
    ("TIMESTAMP", 1704110400123456789, 1704110400123457000),
    ("TIMESTAMP(3)", 1704110400123456789, 1704110400123000000),
    ("INT4[]", (1, None), (1, None)),
    ("INT4", None, None),
    ("DATE", 5, 5),
])  # fmt: skip
def test_stored(type: str, value: Value, stored: Value) -> None:
    assert assign(value, type_from_text(type), "c") == stored


@pytest.mark.parametrize("type, value, sqlstate, message", [
    ("INT2", 32768, "22003", 'integer out of range for type int2 (column "c")'),
    ("INT4", -2147483649, "22003", 'integer out of range for type int4 (column "c")'),
    ("VARCHAR(5)", "abcdef", "22001", 'value too long for type VARCHAR(5) (column "c")'),
    ("CHAR(4)", "ááááß", "22001", 'value too long for type CHAR(4) (column "c")'),
    ("BIT(3)", "1010", "22026", 'bit string length 4 does not match type BIT(3) (column "c")'),
    ("BIT(3)", "", "22026", 'bit string length 0 does not match type BIT(3) (column "c")'),
    ("VARBIT(4)", "01010", "22001", 'bit string length 5 too large for type VARBIT(4) (column "c")'),
    ("DECIMAL(3,2)", Decimal("13.1415"), "22003",
     'type DECIMAL(3,2) (column "c"): value with precision 3, scale 2 must round to an absolute value less than 10^1'),
    ("DECIMAL(3,2)", Decimal("9.999"), "22003",
     'type DECIMAL(3,2) (column "c"): value with precision 3, scale 2 must round to an absolute value less than 10^1'),
    ("DECIMAL", Decimal("1e999999"), "22003",
     'type DECIMAL (column "c"): value with precision 38, scale 12 must round to an absolute value less than 10^26'),
    ("INT2[]", (1, 99999), "22003", 'integer out of range for type int2 (column "c")'),
])  # fmt: skip
def test_refused(type: str, value: Value, sqlstate: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        assign(value, type_from_text(type), "c")
    assert (error.value.sqlstate, error.value.message) == (sqlstate, message)
