"""One listener for all tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwrest.web.certificates import Folder, ensure_certificates
from tests.web.server import Server, serving


@pytest.fixture(scope="session")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("certs")
    ensure_certificates(Folder(folder))
    return folder


@pytest.fixture(scope="session")
def server(certs: Path) -> Iterator[Server]:
    with serving(certs) as running:
        yield running
