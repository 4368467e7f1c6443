"""Where the metrics that are read come from: each room's own numbers, under the names of `metrics.READ`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from kwrest.engines.base import Engine, Measured
from kwrest.errors import Transient
from kwrest.service.answers import State
from kwrest.service.metrics import Reading


class Sessions(Protocol):
    def counts(self) -> tuple[int, int]:
        """Live sessions, and passwords that wait to be checked."""
        ...


class LineQueue(Protocol):
    def waiting(self) -> tuple[int, int]:
        """Bodies, and their bytes."""
        ...


class Shelved(Protocol):
    @property
    def rows(self) -> int: ...
    @property
    def dropped(self) -> int: ...


class Running(Protocol):
    def running(self) -> Sequence[object]: ...
    @property
    def abandoned(self) -> int: ...


class Ready(Protocol):
    def state(self) -> State: ...


class Measures:
    """A source of `Metrics`."""

    def __init__(
        self, version: str, engine: Engine, access: Sessions, queries: Running, lines: LineQueue, shelf: Shelved,
        readiness: Ready,
    ) -> None:  # fmt: skip
        self._version = version
        self._engine, self._access, self._queries, self._lines = engine, access, queries, lines
        self._shelf, self._readiness = shelf, readiness

    def __call__(self) -> Iterator[Reading]:
        yield Reading("kwrest_build_info", 1, (self._version,))
        yield Reading("kwrest_ready", self._readiness.state().ready)
        sessions, passwords = self._access.counts()
        yield Reading("kwrest_sessions", sessions)
        yield Reading("kwrest_password_checks_waiting", passwords)
        yield Reading("kwrest_queries_running", len(self._queries.running()))
        yield Reading("kwrest_threads_abandoned", self._queries.abandoned)
        bodies, size = self._lines.waiting()
        yield Reading("kwrest_lines_bodies_waiting", bodies)
        yield Reading("kwrest_lines_bytes_waiting", size)
        yield Reading("kwrest_rejected_lines", self._shelf.rows)
        yield Reading("kwrest_rejected_lines_dropped_total", self._shelf.dropped)
        yield from self._of_engine()

    def _of_engine(self) -> Iterator[Reading]:
        if not isinstance(self._engine, Measured):
            return
        try:
            found = self._engine.measures()
        except Transient:
            return  # it is being reopened: a gap in the curve says so, a zero would lie
        yield Reading("kwrest_writes_waiting", found.waiting)
        yield Reading("kwrest_rows_waiting", found.waiting_rows)
        yield Reading("kwrest_storage_bytes", found.database, ("database",))
        yield Reading("kwrest_storage_bytes", found.log, ("log",))
        yield Reading("kwrest_storage_bytes", found.spill, ("spill",))
        yield Reading("kwrest_storage_free_bytes", found.free)
        yield Reading("kwrest_engine_memory_bytes", found.memory)
        yield Reading("kwrest_engine_memory_limit_bytes", found.memory_limit)
