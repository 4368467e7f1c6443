"""What waits in the writer's queue."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import duckdb

from kwrest.engines.base import Change, Changed
from kwrest.errors import KwrestError
from kwrest.model import Batch, Outcome, Request
from kwrest.sql.bound_writes import InsertBatch, InsertRows, UpdateRows


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


def brings_rows(job: Job) -> bool:
    """Whether it fills the disk: definitions and DELETE are taken below the reserve too, they may be what helps."""
    if isinstance(job, WriteJob):
        return True
    return isinstance(job, ChangeJob) and any(
        isinstance(step, InsertBatch | InsertRows | UpdateRows) for step in job.change.steps
    )


def too_late(job: Job) -> bool:
    """Whether nobody waits for a write any more: its client has left, or its deadline has come. It is told so."""
    if isinstance(job, WriteJob):
        try:
            job.request.check()
        except KwrestError as reason:
            job.future.set_exception(reason)
            return True
    return False
