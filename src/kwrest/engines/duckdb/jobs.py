"""What waits in the writer's queue."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import duckdb

from kwrest.engines.base import Change, Changed
from kwrest.model import Batch, Outcome, Request


@dataclass(eq=False, slots=True)
class WriteJob:
    """Batches of one request; those of several are stored in one transaction. rows, size (bytes): of all of them."""

    batches: tuple[Batch, ...]
    request: Request
    future: Future[Outcome] = field(default_factory=Future)
    rows: int = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.rows = sum(batch.rows for batch in self.batches)
        self.size = sum(batch.size for batch in self.batches)


@dataclass(eq=False, slots=True)
class ChangeJob:
    """A change, in a transaction of its own."""

    change: Change
    request: Request
    future: Future[Changed] = field(default_factory=Future)
    rows = size = 0


@dataclass(eq=False, slots=True)
class WorkJob:
    """Something the engine itself wants done between transactions."""

    work: Callable[[duckdb.DuckDBPyConnection], None]
    future: Future[None] = field(default_factory=Future)
    rows = size = 0


Job = WriteJob | ChangeJob | WorkJob
