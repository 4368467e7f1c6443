"""Queries: read only, streamed, ended in time; a query that fails or is too big fails alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pyarrow as pa
import pytest

from kwrest.engines.base import EngineOptions, Put
from kwrest.engines.duckdb.speller import DuckDBSpeller
from kwrest.errors import KwrestError, OutOfMemory, QueryCanceled, QueryTimeout, SqlError
from kwrest.model import ResultColumn
from kwrest.sql.bound import (
    Aggregate,
    Call,
    ColumnRef,
    Const,
    Expr,
    Join,
    JoinKind,
    Order,
    Query,
    Select,
    Series,
)
from kwrest.system import SETTINGS
from kwrest.types.kinds import INT8, STRING, array_of
from tests.engines.parts import Bench, ask, batch, number, select, series_table

T = series_table()
COUNT = ResultColumn("count", INT8)


def numbers(source: int, count: int) -> Series:
    """`generate_series(1, count)`."""
    return Series(source, (Call("generate_series.int", (number(1), number(count)), array_of(INT8)),))


def ref(source: int, column: int = 1) -> ColumnRef:
    return ColumnRef(source, column, INT8)


def one(*outputs: Expr) -> Query:
    """`SELECT outputs`."""
    return ask(Select(tuple(ResultColumn("?column?", output.type) for output in outputs), outputs))


# 10^15 rows, none of which is less than nothing.
ENDLESS = Select(
    (ResultColumn("n", INT8),),
    (ref(1),),
    Join(
        JoinKind.CROSS,
        Join(JoinKind.CROSS, numbers(1, 100_000), numbers(2, 100_000)),
        numbers(3, 100_000),
    ),
    Call("lt", (Call("add.int", (ref(1), Call("add.int", (ref(2), ref(3)), INT8)), INT8), number(0)), INT8),
)


# 10^10 rows.
MANY = Select((COUNT,), (ref(1),), Join(JoinKind.CROSS, numbers(1, 100_000), numbers(2, 100_000)))


def test_rows_are_streamed_in_order(bench: Bench) -> None:
    relation = Select((COUNT,), (ref(1),), numbers(1, 200_000), order_by=(Order(ref(1), descending=True),))
    result = bench.engine.query(ask(relation), bench.request())
    chunks = list(result.batches())
    assert result.columns == (COUNT,)
    assert len(chunks) > 5 and max(chunk.num_rows for chunk in chunks) <= 20_000
    assert pa.Table.from_batches(chunks).column(0).to_pylist() == list(range(200_000, 0, -1))


def test_each_row_as_json_in_order(bench: Bench) -> None:
    columns = (COUNT, ResultColumn("s", STRING))
    order = (Order(ref(1), descending=True),)
    relation = Select(columns, (ref(1), Const('say "x"', STRING)), numbers(1, 50_000), order_by=order, offset=number(1))
    rows = bench.rows(ask(relation, as_json=True))
    assert rows == [(f'[{n},"say \\"x\\""]',) for n in range(49_999, 0, -1)]


def test_a_query_ends_at_its_deadline(bench: Bench) -> None:
    began = time.monotonic()
    with pytest.raises(QueryTimeout):
        list(bench.engine.query(ask(ENDLESS), bench.request(0.3)).batches())
    assert 0.25 < time.monotonic() - began < 5
    with pytest.raises(QueryTimeout):
        bench.engine.query(ask(ENDLESS), bench.request(-1))


def test_a_query_ends_when_its_client_leaves(bench: Bench) -> None:
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    with pytest.raises(QueryCanceled):
        list(bench.engine.query(ask(ENDLESS), bench.request(20, cancel)).batches())


def test_a_result_can_be_left_half_read(bench: Bench) -> None:
    bench.make(T)
    for _ in range(20):
        result = bench.engine.query(ask(MANY), bench.request())
        next(result.batches())
        result.close()
        result.close()
    bench.write(batch(T, [(0, 1.0, None, "a", None)]))


def test_an_open_result_does_not_hold_up_writes_or_see_them(bench: Bench) -> None:
    bench.make(T)
    rows = [(n * 1_000_000, 1.0, None, "a", None) for n in range(100_000)]
    bench.write(batch(T, rows))
    result = bench.engine.query(select(T, 1), bench.request())
    stream = result.batches()
    seen = next(stream).num_rows
    bench.write(batch(T, [(n * 1_000_000, 2.0, None, "b", None) for n in range(1000)]))
    assert seen + sum(chunk.num_rows for chunk in stream) == 100_000


def test_a_guard_speaks_for_itself(bench: Bench) -> None:
    divided = Call("div.decimal", (number(1), number(0)), INT8)
    with pytest.raises(SqlError) as failed:
        bench.rows(one(divided))
    assert (failed.value.sqlstate, failed.value.message) == ("22012", "division by zero")


def test_a_guard_speaks_in_the_middle_of_a_stream(bench: Bench) -> None:
    divided = Call("div.decimal", (number(1), Call("sub.int", (number(50_000), ref(1)), INT8)), INT8)
    result = bench.engine.query(ask(Select((COUNT,), (divided,), numbers(1, 100_000))), bench.request())
    with pytest.raises(SqlError) as failed:
        list(result.batches())
    assert (failed.value.sqlstate, failed.value.message) == ("22012", "division by zero")


@pytest.mark.parametrize("bench_options", [EngineOptions(memory_limit=120 << 20, spill_limit=8 << 20, threads=2)])
def test_a_query_that_is_too_big_fails_alone(bench: Bench, bench_options: EngineOptions) -> None:
    bench.engine.close()
    bench.options = bench_options
    bench.open()
    bench.make(T)
    many = Join(JoinKind.CROSS, numbers(1, 10_000), numbers(2, 3_000))
    big = Select((COUNT,), (ref(1), ref(2)), many, order_by=(Order(ref(2)), Order(ref(1), descending=True)))
    small = one(number(1))
    running = bench.engine.query(ask(Select((COUNT,), (ref(1),), many)), bench.request())
    stream = running.batches()
    next(stream)
    with pytest.raises(OutOfMemory) as failed:
        list(bench.engine.query(ask(big), bench.request()).batches())
    assert failed.value.kind.name == "TRANSIENT" and "DuckDB" not in failed.value.message
    next(stream)
    running.close()
    bench.write(batch(T, [(0, 1.0, None, "a", None)]))
    assert bench.rows(small) == [(1,)]


def test_settings_decide_nothing_after_the_start(bench: Bench) -> None:
    """Files are out of reach even of generated text."""
    for op in ("read_text", "getenv"):
        with pytest.raises(KwrestError):
            bench.rows(one(Call(op, (Const("/etc/passwd", STRING),), STRING)))
    bench.change(Put(SETTINGS, {"name": ["a"], "value": ["1"]}))


@pytest.mark.parametrize(
    "columns, expected",
    [
        ((1, 2), [(0, 1.0), (0, 2.0)]),
        ((4,), [("a",), ("b",)]),
        ((2, 5), [(1.0, "cellar"), (2.0, None)]),
    ],
)
def test_points_with_and_without_their_devices(
    bench: Bench, columns: Sequence[int], expected: list[tuple[object, ...]]
) -> None:
    bench.make(T)
    bench.write(batch(T, [(0, 1.0, None, "a", "cellar"), (0, 2.0, None, "b", None)], devices=[("quiet", None)]))
    assert bench.rows(select(T, *columns, order_by=[columns[0], 2])) == expected
    counted = Select((COUNT,), (Aggregate("count.rows", (), INT8),), select(T).relation.source, group_by=())  # type: ignore[attr-defined]  # select makes a Select
    assert bench.rows(ask(counted, T)) == [(2,)]


class Writing(DuckDBSpeller):
    """A printer gone wrong: it gives a query's text that writes."""

    def query(self, query: Query) -> str:
        return 'DELETE FROM kwrest.kwrest."settings" RETURNING 1'


def test_a_query_cannot_write_whatever_its_text_is(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.change(Put(SETTINGS, {"name": ["a"], "value": ["1"]}))
    monkeypatch.setattr(bench.engine, "_speller", Writing())
    with pytest.raises(KwrestError):
        bench.rows(one(number(1)))
    assert bench.engine.read_system(SETTINGS)["name"] == ["a"]
