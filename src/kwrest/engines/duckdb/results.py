"""A query's answer: KWDB-typed columns and a stream of Arrow batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa

from kwrest.engines.duckdb.failures import named
from kwrest.engines.duckdb.watchdog import Watch
from kwrest.model import ResultColumn


class DuckDBResult:
    """Owns its connection until it is read to the end or closed."""

    def __init__(
        self, columns: Sequence[ResultColumn], reader: pa.RecordBatchReader, watch: Watch, release: Callable[[], None]
    ) -> None:
        self._columns = tuple(columns)
        self._reader = reader
        self._watch = watch
        self._release = release

    @property
    def columns(self) -> Sequence[ResultColumn]:
        return self._columns

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in chunks of bounded size. Raises what `Engine.query` raises; closes itself at the end."""
        try:
            yield from self._reader
        except Exception as error:
            raise self._watch.failure() or named(error, self._watch.request.id) from error
        finally:
            self.close()

    def close(self) -> None:
        """Safe to call twice."""
        self._watch.end()
        self._reader.close()  # before the connection: an open stream would live on and hold the file
        self._release()
