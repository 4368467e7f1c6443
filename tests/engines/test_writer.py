"""The writer from outside: concurrent callers, a bad neighbour, closing, and what waits too long."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pytest

from kwrest.engines.base import Change, Put, Step
from kwrest.engines.duckdb import watchdog
from kwrest.engines.duckdb.changes import Changer
from kwrest.engines.duckdb.storage import Connection, Storage
from kwrest.errors import Busy, EngineRestarting, InternalError, KwrestError, QueryTimeout, ShuttingDown
from kwrest.model import Batch, Outcome
from kwrest.sql.bound import Relation
from kwrest.sql.bound_writes import InsertRows
from kwrest.system import SETTINGS
from tests.engines.parts import Bench, batch, relational_table, select, series_table
from tests.engines.test_queries import ENDLESS

T = series_table()
R = relational_table()
MS = 1_000_000


def hold(bench: Bench, seconds: float = 0.5) -> threading.Thread:
    """Keep the writer at work for a while, so that what comes next waits together."""
    endless = InsertRows(R, R.columns[:1], ENDLESS, ())

    def change() -> None:
        with pytest.raises(QueryTimeout):
            bench.engine.change(Change((endless,)), bench.request(seconds))

    thread = threading.Thread(target=change)
    thread.start()
    time.sleep(seconds / 3)  # until the writer has taken it; there is no event to wait for from outside
    return thread


def test_concurrent_writers_all_get_their_rows(bench: Bench) -> None:
    bench.make(T)

    def client(n: int) -> int:
        return sum(bench.write(batch(T, [(k * MS, float(n), None, f"h{n}", None)])).rows for k in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(client, range(8))) == 160
    assert sorted(row[0::3] for row in bench.all(T)) == sorted((k * MS, f"h{n}") for k in range(20) for n in range(8))


def test_waiting_writes_keep_their_order(bench: Bench) -> None:
    bench.make(T, R)
    holding = hold(bench)
    futures = [
        bench.engine.write([batch(T, [(1 * MS, float(n), f"{n}", "a", f"{n}")])], bench.request()) for n in range(50)
    ]
    holding.join()
    assert [future.result(20).rows for future in futures] == [1] * 50
    assert bench.all(T) == [(1 * MS, 49.0, "49", "a", "0")]


def spoiled(good: Batch) -> Batch:
    """A batch no engine can store: its text is no number. A front end that makes one has a bug."""
    return Batch(good.table, good.rows, {**good.columns, 2: pa.array(["no number"])}, good.tags, good.device)


def test_a_bad_neighbour_fails_alone(bench: Bench) -> None:
    bench.make(T, R)
    holding = hold(bench)
    futures: list[Future[Outcome]] = []
    for n in range(9):
        good = batch(T, [(n * MS, float(n), None, f"h{n}", "first")])
        parts = [batch(R, [(n, None)]), spoiled(good) if n == 4 else good]
        futures.append(bench.engine.write(parts, bench.request()))
    holding.join()
    for n, future in enumerate(futures):
        if n == 4:
            with pytest.raises(InternalError):
                future.result(20)
        else:
            assert future.result(20).rows == 2
    assert [row[0] for row in bench.all(R)] == [n for n in range(9) if n != 4]
    # Nothing of the failed one is remembered: its device gets the tags of who comes next, its time is not taken.
    bench.write(batch(T, [(4 * MS, 0.0, None, "h4", "second"), (0, 0.5, None, "h0", "second")]))
    assert bench.rows(select(T, 4, 2, 5, order_by=[4])) == [
        ("h0", 0.5, "first"),
        *((f"h{n}", float(n) if n != 4 else 0.0, "first" if n != 4 else "second") for n in range(1, 9)),
    ]


def test_closing_finishes_what_was_accepted(bench: Bench) -> None:
    bench.make(T)
    futures = [bench.engine.write([batch(T, [(n * MS, 1.0, None, "a", None)])], bench.request()) for n in range(200)]
    bench.engine.close()
    assert all(future.done() and future.result().rows == 1 for future in futures)
    with pytest.raises(ShuttingDown):
        bench.engine.write([batch(T, [])], bench.request()).result(1)
    with pytest.raises(ShuttingDown):
        bench.engine.change(Change(()), bench.request())
    bench.open()
    assert len(bench.all(T)) == 200


def test_a_change_that_cannot_begin_in_time_does_not_happen(bench: Bench) -> None:
    bench.make(R)
    holding = hold(bench, 1.0)
    with pytest.raises(QueryTimeout):
        bench.engine.change(Change((Put(SETTINGS, {"name": ["x"], "value": ["1"]}),)), bench.request(0.05))
    holding.join()
    bench.write(batch(R, [(1, None)]))  # the writer is past it
    assert bench.engine.read_system(SETTINGS)["name"] == []


def test_a_change_ends_at_its_deadline_and_leaves_nothing(bench: Bench) -> None:
    bench.make(R)
    hold(bench, 0.3).join()
    assert bench.all(R) == []


def test_the_writer_goes_on_after_changes_that_end_at_their_deadline(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "_TICK", 0.0001)  # so that an interrupt comes at every moment it can
    bench.make(R)
    for number in range(20):
        hold(bench, 0.05).join()
        bench.write(batch(R, [(number, None)]))
    assert len(bench.all(R)) == 20


@pytest.mark.parametrize("trouble", [MemoryError, OSError])
def test_the_writer_goes_on_after_a_checkpoint_that_cannot_begin(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, trouble: type[Exception]
) -> None:
    def checkpoint_due(storage: Storage) -> bool:
        raise trouble

    monkeypatch.setattr(Storage, "checkpoint_due", checkpoint_due)
    bench.make(R)
    for number in range(3):
        bench.write(batch(R, [(number, None)]))
    assert len(bench.all(R)) == 3


def test_more_than_the_queue_holds_is_refused(bench: Bench) -> None:
    bench.make(T, R)
    empty, request = batch(T, []), bench.request()
    holding = hold(bench, 1.5)
    futures = [bench.engine.write([empty], request) for _ in range(6000)]
    holding.join()
    refused = [error for error in (future.exception(20) for future in futures) if error is not None]
    assert 0 < len(refused) < 6000
    assert {type(error) for error in refused} == {Busy}
    assert all(isinstance(error, KwrestError) and error.kind.name == "TRANSIENT" for error in refused)


def test_relation_is_endless() -> None:
    assert isinstance(ENDLESS, Relation)


def test_a_fatal_error_is_no_timeout(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a change that dies in its commit nobody knows whether it happened: who asked must not hear that it did not."""
    bench.make(R)

    def die_late(changer: Changer, con: Connection, step: Step) -> int:
        time.sleep(
            max(0.0, request.deadline - time.monotonic()) + 3 * watchdog._TICK
        )  # the watchdog has bitten by then
        raise duckdb.FatalException("database has been invalidated")

    with monkeypatch.context() as patch:
        patch.setattr(Changer, "carry_out", die_late)
        request = bench.request(0.1)
        with pytest.raises(EngineRestarting):
            bench.engine.change(Change((Put(SETTINGS, {"name": ["a"], "value": ["b"]}),)), request)
    assert bench.write(batch(R, [(1, None)])).rows == 1
