"""A flood of bad logins: healthy clients and root hardly notice it (issue line 2.3). Longer: `python -m benchmarks.login_flood`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.login_flood import FLOODS, measure, prepared
from tests.e2e.server import Server


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: its users, sessions and failures are nobody else's."""
    server = Server(tmp_path_factory.mktemp("flooded") / "data").start()
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def boss(flooded: Server) -> str:
    return prepared(flooded)


@pytest.mark.parametrize("flood", [n for n, f in enumerate(FLOODS) if f.user], ids=[f.name for f in FLOODS if f.user])
def test_a_flood(flooded: Server, boss: str, flood: int) -> None:
    try:
        seen = measure(flooded, boss, flood, 2)
    finally:
        flooded.ddl("ALTER USER root WITH PASSWORD 'kwdbpassword'", token=boss)
    assert not seen.healthy.failures
    assert seen.healthy.quantile(0.99) < 1, "seconds"
    assert seen.logins and max(seen.logins) < 5
    assert seen.guesses.keys() <= {401, 503} and seen.guesses[401] > 20


def test_nobody_locks_root_out(server: Server) -> None:
    """Guesses at root from the same address; the right password was used before, then guesses are refused unseen."""
    server.login()
    for n in range(40):
        assert server.send("GET", "/restapi/login", Username="root", Password=f"guess {n}").status_code == 401
    assert server.login()
    assert server.rows("select 1", token=server.login()) == [[1]]
