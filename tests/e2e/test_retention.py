"""Retentions of a real server: its own clock, its own period."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.server import Server, wait_until


def test_expired_partitions_go_by_themselves(make_server: Callable[..., Server]) -> None:
    server = make_server("--retention-interval", "0.2")
    server.ddl("CREATE TS DATABASE plant RETENTIONS 30d PARTITION INTERVAL 1d")
    server.ddl("CREATE TABLE t (ts TIMESTAMP NOT NULL, n INT) TAGS (id INT NOT NULL) PRIMARY TAGS (id)", "plant")
    server.insert(
        "INSERT INTO t VALUES ('2020-01-01 00:00:00', 1, 1), ('2020-01-02 00:00:00', 2, 2), (now(), 3, 1)", "plant"
    )
    wait_until(lambda: server.rows("SELECT n FROM t", "plant") == [[3]])
    assert server.rows("SHOW TAG VALUES FROM t", "plant") == [[1], [2]]
    assert "points of plant.public.t from before 2020-01-0" in server.log
    server.kill()
    server.start()
    assert server.rows("SELECT n FROM t", "plant") == [[3]]
