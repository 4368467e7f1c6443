from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.parts import ENGINES, Bench


@pytest.fixture(params=ENGINES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Each engine in turn, on an empty data directory."""
    bench = Bench(request.param, tmp_path / "data")
    yield bench
    bench.engine.close()
