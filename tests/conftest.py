"""Which tests are slow: those of the rooms that start a server, an engine or a listener. `make check` leaves them out."""

from __future__ import annotations

import os

import pytest

SLOW_ROOMS = frozenset({"access", "e2e", "engines", "service", "web"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by room, so that no test can be forgotten."""
    for item in items:
        if SLOW_ROOMS & set(item.path.parts):
            item.add_marker(pytest.mark.slow)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With TEST_ALL=1 (CI) a skipped test is a failure: there everything can be installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("TEST_ALL") == "1" and exitstatus == 0 and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
