"""What a running KWDB answered (this project's recordings): names, types, values and error texts of expressions.

`recorded_expressions.jsonl`: a line is a table's statement, or one query with its answer. Cells are KWDB's texts; a
float or decimal is the same within 1e-6, an instant whatever its writing.
"""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from kwrest.errors import KwrestError
from kwrest.types.kinds import Type
from tests.engines.evaluating import Evaluator, raised

LINES = [
    json.loads(line)
    for line in (Path(__file__).parent / "recorded_expressions.jsonl").read_text(encoding="utf-8").splitlines()
]
CASES = [line for line in LINES if "sql" in line]
# what the recording calls a type, where the catalog has another word
NAMES = {"STRING": "TEXT"}
INSTANT = re.compile(r"(-?\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|[+-]\d\d:\d\d)?")


@cache
def evaluator(suite: str) -> Evaluator:
    """The tables of one recorded script, filled."""
    made = Evaluator()
    for line in LINES:
        if line["suite"] == suite and "table" in line:
            statement = line["table"]
            if statement.startswith("CREATE"):
                made.create(statement)
            elif statement == "DELETE 5":
                made.connection.execute("DELETE FROM o WHERE c1 = 5")
            else:
                made.insert(statement)
    return made


@pytest.mark.parametrize("case", CASES, ids=[f"{c['suite']}: {c['sql'][:90]}" for c in CASES])
def test_recorded(case: dict[str, Any]) -> None:
    asked = evaluator(case["suite"])
    asked.zone = ZoneInfo(case.get("zone", "UTC"))
    if "error" in case:
        with pytest.raises((KwrestError, duckdb.Error)) as failure:
            asked.ask(case["sql"])
        assert raised(failure.value) == tuple(case["error"])
        return
    columns, rows = asked.ask(case["sql"])
    assert [column.name for column in columns] == case["names"]
    assert [same_type(c.type, wanted) for c, wanted in zip(columns, case["types"], strict=True)] == [True] * len(
        columns
    )
    assert len(rows) == len(case["rows"])
    for row, wanted_row in zip(rows, case["rows"], strict=True):
        for cell, wanted in zip(row, wanted_row, strict=True):
            value = json.loads(cell, parse_float=Decimal)
            if "_agg(DISTINCT" in case["sql"]:  # SQL does not say in which order, and DuckDB's changes from run to run
                assert parts(value) == parts(wanted)
            else:
                assert same(value, wanted), (cell, wanted)


def parts(collected: str | list[str]) -> list[str]:
    """What an aggregate collected, sorted."""
    return sorted(collected.strip("{}").split(",") if isinstance(collected, str) else collected)


def same_type(type_: Type, recorded: str) -> bool:
    if type_.element is not None:
        return recorded.endswith("[]") or recorded.startswith("_")
    return NAMES.get(type_.name, type_.name) == recorded


def same(cell: Any, recorded: str) -> bool:
    """Whether a JSON value is what KWDB's text says."""
    if cell is None:
        return recorded == "NULL"
    if isinstance(cell, bool):
        return recorded == ("true" if cell else "false")
    if isinstance(cell, list):
        if recorded.startswith("["):
            return bool(json.loads(recorded) == json.loads(json.dumps(cell, default=float)))
        items = next(csv.reader([recorded[1:-1]], escapechar="\\"), [])
        words = {"t": "true", "f": "false"}
        return len(items) == len(cell) and all(same(c, words.get(i, i)) for c, i in zip(cell, items, strict=True))
    if isinstance(cell, dict):
        return bool(json.loads(recorded) == json.loads(json.dumps(cell, default=float)))
    if isinstance(cell, (int, Decimal)):
        try:
            wanted = Decimal(recorded)
        except InvalidOperation:
            return False
        number = Decimal(cell)
        return number == wanted or abs(number - wanted) <= Decimal("1e-6") * max(abs(number), abs(wanted))
    left, right = INSTANT.fullmatch(cell), INSTANT.fullmatch(recorded)
    if left and right:
        return left.groups() == right.groups()
    words = {"Infinity": "Inf", "-Infinity": "-Inf"}
    return singular(cell) == singular(recorded) or words.get(cell, cell) in (
        recorded,
        recorded.replace("Infinity", "Inf"),
    )


def singular(text: str) -> str:
    """Interval units without their plural: both ways of writing them are recorded."""
    return re.sub(r"\b(mon|day|year)s\b", r"\1", text)
