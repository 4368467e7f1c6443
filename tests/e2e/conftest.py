"""Servers for the tests: a shared one to talk to, and fresh ones to be rude to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.server import Server


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that tests share: each uses names of its own and leaves it running."""
    server = Server(tmp_path_factory.mktemp("shared") / "data").start()
    yield server
    assert server.stop() == 0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own."""
    server = Server(tmp_path / "data").start()
    yield server
    server.stop()


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers with flags; all are ended."""
    made: list[Server] = []

    def make(*flags: str, name: str = "data", **environment: str) -> Server:
        made.append(Server(tmp_path / name, flags, environment).start())
        return made[-1]

    yield make
    for server in made:
        server.stop()
