"""docs/line-protocol.md says what the code does: its tables and figures are compared with the ones the code reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kwrest import errors
from kwrest.errors import KwrestError
from kwrest.ingest import columns, scanner
from kwrest.ingest.flaws import Flaw
from kwrest.ingest.scanned import MAX_REFUSED, Precision
from kwrest.service import rejected

DOCUMENT = (Path(__file__).parents[2] / "docs" / "line-protocol.md").read_text()


@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_is_listed(flaw: Flaw) -> None:
    assert f"| {flaw.sqlstate} | {flaw.reason('…')} |\n" in DOCUMENT


@pytest.mark.parametrize("precision", Precision)
def test_every_precision_is_listed(precision: Precision) -> None:
    assert f"\n| `{precision.value[0]}` |" in DOCUMENT


@pytest.mark.parametrize(
    "sentence",
    [
        f"may have {columns.MAX_COLUMNS} different fields",
        f"A line may have {scanner.MAX_LINE} bytes.",
        f"It holds {rejected.MAX_ROWS} lines and {rejected.MAX_BYTES >> 20} MiB of text",
        f"at most {MAX_REFUSED} refused lines",
    ],
)
def test_the_bounds_are_the_codes(sentence: str) -> None:
    assert sentence in DOCUMENT


@pytest.mark.parametrize(
    "error, curable",
    [
        (errors.UndefinedTable, "yes"), (errors.UndefinedColumn, "yes"), (errors.NotForLines, "yes"),
        (errors.InsufficientPrivilege, "yes"), (errors.MissingPrimaryTags, "no"), (errors.DuplicateAssignment, "no"),
        (errors.NullViolation, "no"), (errors.CouldNotResolve, "no"), (errors.IntegerOutOfRange, "no"),
        (errors.FloatOutOfRange, "no"), (errors.ConstantOutOfRange, "no"), (errors.ValueTooLong, "no"),
        (errors.TimestampOutOfRange, "no"), (errors.InvalidShape, "no"),
    ],
)  # fmt: skip
def test_every_reason_of_the_tables_is_listed(error: type[KwrestError], curable: str) -> None:
    text = re.sub(r"\{object\}", "relation …", error.text.replace("{privilege}", "INSERT"))
    assert f"| {error.sqlstate} | {re.sub(r'{[a-z]+}', '…', text)} | {curable} |\n" in DOCUMENT
    assert error.curable is (curable == "yes")
