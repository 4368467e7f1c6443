"""150 connections at work, the 151st, freed and idle ones (issue line 1.21)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.connection import Connection
from tests.e2e.server import Server, wait_until

LIMIT = 150


@pytest.fixture
def connect(server: Server) -> Callable[[], Connection]:
    tls = server.tls()
    return lambda: Connection(server, tls)


def test_the_limit(connect: Callable[[], Connection]) -> None:
    working = [connect() for _ in range(LIMIT)]
    for connection in working:
        connection.begin()

    def refused() -> bool:
        late = connect()
        late.begin()
        status = late.status()
        late.close()
        return status == 503

    wait_until(refused)
    health = connect()
    assert health.get("/health") == 200
    health.close()
    assert working.pop().finish() == 200  # a freed one is usable at once: it is idle now and gives way
    fresh = connect()
    fresh.begin()
    assert fresh.finish() == 200
    assert [connection.finish() for connection in working] == [200] * len(working)


def test_idle_ones_give_way(connect: Callable[[], Connection]) -> None:
    idle = []
    for _ in range(LIMIT):
        idle.append(connect())
        idle[-1].begin()
        assert idle[-1].finish() == 200
    late = connect()
    late.begin()
    assert late.finish() == 200
    assert idle[0].socket.recv(1) == b""  # the longest idle one was closed
    idle[-1].begin()
    assert idle[-1].finish() == 200
