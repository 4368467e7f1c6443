"""A server with 2 GB of memory and 150 clients that want more; the whole story is `python -m benchmarks.overload`."""

from __future__ import annotations

from benchmarks.overload import overload


def test_it_survives_and_recovers() -> None:
    assert overload(4, before=30) == []
