"""Whether the server can do its work, and the facts an operator asks for first."""

from __future__ import annotations

from typing import Protocol

from kwrest.service.answers import State
from kwrest.service.queries import Queries
from kwrest.service.rejected import Shelf


class Checked(Protocol):
    """What is asked of the engine."""

    def problem(self) -> str | None:
        """One sentence when reads or writes can't be served now; None when all is well."""
        ...

    def losses(self) -> tuple[str, ...]:
        """What was lost to a damaged file, a sentence each."""
        ...


class Readiness:
    """Answers /ready."""

    def __init__(self, engine: Checked, shelf: Shelf, queries: Queries) -> None:
        self._engine = engine
        self._shelf = shelf
        self._queries = queries

    def state(self) -> State:
        """Never blocks for long and never raises."""
        problem = self._engine.problem()
        details = {
            "storage": problem or "ok",
            "queries": len(self._queries.running()),
            "queries_abandoned": self._queries.abandoned,
            "lost": list(self._engine.losses()),
            "rejected_lines": self._shelf.rows,
            "rejected_lines_dropped": self._shelf.dropped,
        }
        return State(problem is None, details)
