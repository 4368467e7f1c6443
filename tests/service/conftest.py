"""Servers without a port, one a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.line_server import LineServer
from tests.service.plant import Plant


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LineServer]:
    """Lines into tables that are there already."""
    server = LineServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """Statements and lines."""
    plant = Plant(tmp_path)
    yield plant
    plant.stop()
