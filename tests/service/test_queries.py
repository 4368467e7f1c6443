"""What runs, and how it ends early. The work here is Python's own, so that a test decides when it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, suppress
from zoneinfo import ZoneInfo

import pytest

from kwrest.errors import Busy, KwrestError, NoSuchQuery, QueryCanceled, QueryTimeout, UndefinedTable
from kwrest.model import Request, User
from kwrest.service.queries import MOST_ABANDONED, Ended, Queries, Use

ANN, BOB, ROOT = User("ann"), User("bob"), User("root", admin=True)
LIMIT = 60.0


@pytest.fixture
def ended() -> list[Ended]:
    return []


@pytest.fixture
def queries(ended: list[Ended]) -> Iterator[Queries]:
    with closing(Queries(lambda: LIMIT, 2, ended.append)) as queries:
        yield queries


def request(user: User = ANN, number: str = "q", seconds: float = 30.0) -> Request:
    return Request(
        number, user, "defaultdb", ZoneInfo("UTC"), time.monotonic() + seconds, threading.Event(), "127.0.0.1", "s1"
    )


def polite(asked: Request) -> Callable[[], str]:
    """Work that asks in between whether to go on, as most of a statement does."""

    def work() -> str:
        while True:
            asked.check()
            time.sleep(0.005)

    return work


def failure(answer: Future[str]) -> BaseException | None:
    return answer.exception(5)


@pytest.mark.parametrize("asked, given", [(None, LIMIT), (1.5, 1.5), (1e9, LIMIT)])
def test_a_client_may_ask_for_less_time(queries: Queries, asked: float | None, given: float) -> None:
    assert queries.seconds(asked) == given


@pytest.mark.parametrize("by, ends", [(ANN, True), (ROOT, True), (BOB, False)])
def test_who_may_end_a_query_of_anns(queries: Queries, by: User, ends: bool) -> None:
    asked = request()
    answer = queries.submit(asked, "query", Use.READ, polite(asked))
    if not ends:
        with pytest.raises(NoSuchQuery, match='there is no running query "q"'):
            queries.cancel("q", by)
        assert not answer.done() and not asked.cancel.is_set()
        queries.cancel("q", ANN)
    else:
        queries.cancel("q", by)
    assert isinstance(failure(answer), QueryCanceled)


def test_a_query_that_has_ended_is_as_unknown_as_one_that_never_was(queries: Queries) -> None:
    assert queries.submit(request(), "query", Use.READ, lambda: "rows").result(5) == "rows"
    for number in ("q", "never"):
        with pytest.raises(NoSuchQuery):
            queries.cancel(number, ROOT)
    assert queries.running() == []


def test_requests_of_one_id_are_ended_together_but_only_ones_own(queries: Queries) -> None:
    asked = [request(user) for user in (ANN, BOB)]
    answers = [queries.submit(r, "query", Use.READ, polite(r)) for r in asked]
    assert [r.request.user.name for r in queries.running(ROOT)] == ["ann", "bob"]
    assert [r.request.user.name for r in queries.running(BOB)] == ["bob"]
    queries.cancel("q", BOB)
    assert isinstance(failure(answers[1]), QueryCanceled)
    assert not asked[0].cancel.is_set()
    queries.cancel("q", ANN)
    assert isinstance(failure(answers[0]), QueryCanceled)


@pytest.mark.parametrize("how, error", [("deadline", QueryTimeout), ("cancel", QueryCanceled)])
def test_a_query_that_does_not_end_is_answered_without(
    queries: Queries, how: str, error: type[KwrestError], ended: list[Ended]
) -> None:
    go_on = threading.Event()
    asked = request(seconds=0.05 if how == "deadline" else 30)
    started = time.monotonic()
    answer = queries.submit(asked, "query", Use.READ, lambda: str(go_on.wait(20)))
    if how == "cancel":
        queries.cancel("q", ANN)
    assert isinstance(failure(answer), error)
    assert time.monotonic() - started < 3
    assert queries.abandoned == 1 and ended == []
    go_on.set()
    eventually(lambda: ended and not queries.abandoned and not queries.running())


def test_writes_are_never_answered_without_their_end(queries: Queries) -> None:
    go_on = threading.Event()
    answer = queries.submit(request(seconds=0.01), "insert", Use.WRITE, lambda: str(go_on.wait(20)))
    time.sleep(1.5)
    assert not answer.done() and not queries.abandoned
    go_on.set()
    assert answer.result(5) == "True"


def test_so_many_may_be_caught_and_no_more(queries: Queries) -> None:
    go_on = threading.Event()
    caught = [
        queries.submit(request(seconds=0.01), "query", Use.READ, lambda: str(go_on.wait(20)))
        for _ in range(MOST_ABANDONED)
    ]
    assert all(isinstance(failure(answer), QueryTimeout) for answer in caught)
    assert queries.abandoned == MOST_ABANDONED
    with pytest.raises(Busy, match="could not be ended"):
        queries.submit(request(), "query", Use.READ, lambda: "rows")
    # Writes go on: there are as many threads more as may be caught.
    assert queries.submit(request(), "insert", Use.WRITE, lambda: "written").result(5) == "written"
    go_on.set()
    eventually(lambda: not queries.abandoned)
    assert queries.submit(request(), "query", Use.READ, lambda: "rows").result(5) == "rows"


def test_what_gets_no_thread_by_its_deadline_is_never_begun(queries: Queries) -> None:
    go_on, began = threading.Event(), threading.Event()
    busy = [
        queries.submit(request(), "insert", Use.WRITE, lambda: str(go_on.wait(20))) for _ in range(2 + MOST_ABANDONED)
    ]

    def begin() -> str:
        began.set()
        return "begun"

    late = queries.submit(request(number="late", seconds=0.05), "insert", Use.WRITE, begin)
    assert isinstance(failure(late), QueryTimeout)
    go_on.set()
    assert [answer.result(5) for answer in busy] == ["True"] * len(busy)
    assert queries.submit(request(), "insert", Use.WRITE, lambda: "next").result(5) == "next"
    assert not began.is_set()


def test_who_watches_is_told_of_each_end(queries: Queries, ended: list[Ended]) -> None:
    def work(rows: int, text: str) -> Callable[[], str]:
        def run() -> str:
            asked.progress.rows, asked.progress.statement = rows, text
            return "done"

        return run

    def fail() -> str:
        raise UndefinedTable(name="t")

    for do in (work(7, "SELECT 1"), fail):
        asked = request()
        queries.submit(asked, "query", Use.READ, do).exception(5)
    eventually(lambda: len(ended) == 2)
    assert [(e.request_id, e.user, e.endpoint, e.rows, e.outcome, e.statement) for e in ended] == [
        ("q", "ann", "query", 7, "ok", "SELECT 1"),
        ("q", "ann", "query", 0, "42P01", ""),
    ]
    assert queries.last("s1") == ("", "127.0.0.1") and queries.last("s2") == ("", "")


def test_a_storm_of_cancels_leaves_nothing_behind(queries: Queries) -> None:
    asked = [request(number=f"q{n % 7}") for n in range(200)]
    answers = [queries.submit(r, "query", Use.READ, polite(r)) for r in asked]
    storm = [threading.Thread(target=_cancel_all, args=(queries,)) for _ in range(4)]
    for thread in storm:
        thread.start()
    assert all(isinstance(failure(answer), QueryCanceled) for answer in answers)
    for thread in storm:
        thread.join()
    assert queries.running() == [] and not queries.abandoned


def _cancel_all(queries: Queries) -> None:
    for n in range(70):
        with suppress(NoSuchQuery):
            queries.cancel(f"q{n % 7}", ROOT)


def eventually(met: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)
