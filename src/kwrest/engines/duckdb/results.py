"""A query's answer: KWDB-typed columns and a stream of Arrow batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa

from kwrest.engines.duckdb.failures import named
from kwrest.engines.duckdb.watchdog import Watch
from kwrest.errors import EngineRestarting
from kwrest.model import ResultColumn


class DuckDBResult:
    """Owns its connection until it is read to the end or closed. One thread reads; `close` may come from any."""

    def __init__(
        self, columns: Sequence[ResultColumn], reader: pa.RecordBatchReader, watch: Watch, release: Callable[[], None]
    ) -> None:
        self._columns = tuple(columns)
        self._reader = reader
        self._watch = watch
        self._release = release
        self._lock = threading.Lock()
        self._closed = False
        self._given_up = False

    @property
    def columns(self) -> Sequence[ResultColumn]:
        return self._columns

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in chunks of bounded size. Raises what `Engine.query` raises; closes itself at the end."""
        try:
            while (batch := self._next()) is not None:
                yield batch
        finally:
            self.close()

    def _next(self) -> pa.RecordBatch | None:
        with self._lock:  # so that nobody closes the stream under the reader
            if self._given_up:
                raise EngineRestarting()
            if self._closed:
                return None
            self._watch.check()
            try:
                return self._reader.read_next_batch()
            except StopIteration:
                return None
            except Exception as error:
                raise self._watch.failure() or named(error, self._watch.request.id) from error

    def give_up(self) -> None:
        """The database is being closed: what was not read yet is lost. Whoever is reading just now closes it himself."""
        self._given_up = True
        if self._lock.acquire(blocking=False):
            self._lock.release()
            self.close()

    def close(self) -> None:
        """Safe to call twice."""
        self._watch.end()
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._reader.close()  # before the connection: an open stream would live on and hold the file
        self._release()
