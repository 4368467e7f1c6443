"""Query answers: the 5,000,000-byte rule and column_meta (contract B5, B7)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa
import pytest

from kwrest.errors import RowTooLarge
from kwrest.model import ResultColumn
from kwrest.service.answers import QueryAnswer
from kwrest.types.kinds import (
    BOOL,
    BYTES,
    DATE,
    DECIMAL,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    INTERVAL,
    JSONB,
    STRING,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    Family,
    Type,
    array_of,
    varchar,
)
from kwrest.web.encoding import json_rows
from kwrest.web.encoding.column_meta import column_meta
from tests.web.rooms import Rows
from tests.web.server import Server

LIMIT = 5_000_000
KINDS = {"string": pa.string(), "large": pa.large_string(), "view": pa.string_view()}


def result(rows: list[list[str]], kind: str = "string") -> tuple[QueryAnswer, Rows]:
    columns = [ResultColumn("x", STRING)]
    made = Rows(columns, iter(rows), KINDS[kind])
    return QueryAnswer(columns, made, 0.25), made


def row(size: int) -> str:
    return '["' + "é" * ((size - 4) // 2) + "x" * (size % 2) + '"]'


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "batches",
    [
        [],
        [[]],
        [[row(10)]],
        [[row(10), row(12)], [], [row(8)]],
        [[row(1000)] * 1000] * 3,
    ],
)
def test_everything_that_fits_is_sent(kind: str, batches: list[list[str]]) -> None:
    answer, made = result(batches, kind)
    encoded = json_rows.encode(answer, LIMIT)
    body = json.loads(encoded.body)
    assert body["data"] == [json.loads(r) for batch in batches for r in batch]
    assert body["rows"] == encoded.rows == sum(map(len, batches))
    assert list(body) == ["code", "desc", "time", "column_meta", "data", "rows"]
    assert (made.closed, encoded.headers) == (True, ())
    assert 0.25 <= body["time"] < 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "size, count, batch",
    [(100, 60_000, 2048), (1001, 6000, 100), (999, 6000, 6000), (2_600_000, 2, 1), (7, 800_000, 100_000)],
)
def test_more_is_cut_after_a_whole_row(kind: str, size: int, count: int, batch: int) -> None:
    answer, made = result([[row(size)] * min(batch, count - at) for at in range(0, count, batch)], kind)
    encoded = json_rows.encode(answer, LIMIT)
    body = json.loads(encoded.body)
    assert LIMIT - size - 200 < len(encoded.body) <= LIMIT
    assert list(body)[-1] == "truncated" and body["truncated"] is True
    assert body["rows"] == len(body["data"]) < count
    assert encoded.headers == ((b"x-truncated", b"true"),)
    assert made.closed


@pytest.mark.parametrize(
    "batches", [[[row(5_000_001)]], [[row(10), row(5_000_001)]], [[row(10)], [row(5_000_001)]], [[row(4_999_990)]]]
)
def test_a_row_that_fits_into_no_answer_is_an_error(batches: list[list[str]]) -> None:
    answer, made = result(batches)
    with pytest.raises(RowTooLarge):
        json_rows.encode(answer, LIMIT)
    assert made.closed


def test_no_more_is_read_than_is_answered() -> None:
    read = []

    def batches() -> Iterator[list[str]]:
        for number in range(1000):
            read.append(number)
            yield [row(1000)] * 100

    columns = [ResultColumn("x", STRING)]
    json_rows.encode(QueryAnswer(columns, Rows(columns, batches(), pa.string()), 0.0), LIMIT)
    assert len(read) == 50


def test_sliced_batches() -> None:
    class Sliced(Rows):
        def batches(self) -> Iterator[pa.RecordBatch]:
            for batch in super().batches():
                yield batch.slice(1, 2)

    columns = [ResultColumn("x", STRING)]
    made = Sliced(columns, iter([["[0]", "[1]", "[2]", "[3]"]]), pa.string())
    assert json.loads(json_rows.encode(QueryAnswer(columns, made, 0.0), LIMIT).body)["data"] == [[1], [2]]


def test_over_the_wire(server: Server) -> None:
    for kind in KINDS:
        reply = server.post("query", f"rows 9000 of 1000 bytes as {kind}")
        assert (reply.status, reply.headers["x-truncated"], len(reply.body) <= LIMIT) == (200, "true", True)
        assert reply.json["truncated"] is True
    assert server.statements.results[-1].closed
    empty = server.post("query", "nothing").json
    assert (empty["column_meta"], empty["data"], empty["rows"], empty["code"]) == ([], [], 0, 0)


@pytest.mark.parametrize(
    "type_, word, size",
    [
        (BOOL, "BOOL", 1),
        (INT2, "INT2", 2),
        (INT4, "INT4", 4),
        (INT8, "INT8", 8),
        (FLOAT4, "FLOAT4", 4),
        (FLOAT8, "FLOAT", 8),
        (DECIMAL, "DECIMAL", 0),
        (Type(Family.DECIMAL, "DECIMAL", 10, 2), "DECIMAL", 0),
        (TIMESTAMP, "TIMESTAMP", 8),
        (TIMESTAMPTZ, "TIMESTAMPTZ", 8),
        (Type(Family.TIMESTAMPTZ, "TIMESTAMPTZ", precision=9), "TIMESTAMPTZ", 8),
        (DATE, "DATE", 8),
        (TIME, "TIME", 8),
        (INTERVAL, "INTERVAL", 8),
        (varchar(128), "VARCHAR", 128),
        (Type(Family.STRING, "NCHAR", 10), "NCHAR", 10),
        (Type(Family.BYTES, "VARBYTES", 60), "VARBYTES", 60),
        (STRING, "STRING", 0),
        (BYTES, "BYTES", 0),
        (JSONB, "JSONB", 0),
        (array_of(STRING), "_TEXT", 0),
        (array_of(INT8), "_INT8", 0),
    ],
)
def test_column_meta(type_: Type, word: str, size: int) -> None:
    assert column_meta([ResultColumn("a b", type_)]) == [("a b", word, size)]
