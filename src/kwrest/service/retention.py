"""Retentions: partitions whose points have all expired are dropped, oldest first, each in one transaction (facts 2.2)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pyarrow as pa

from kwrest.catalog.schema import Catalog
from kwrest.engines.base import Change, Engine
from kwrest.errors import KwrestError
from kwrest.model import Database, Request, Table, TableKind
from kwrest.sql import partitions
from kwrest.system import SCHEMA, own_request

log = logging.getLogger(__name__)

# Seconds one partition may take. It holds up the writes behind it, at ten million points by about a second.
PATIENCE = 600.0


class Retention:
    """Drops what has expired when `run` is called. clock: seconds since 1970."""

    def __init__(self, catalog: Catalog, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._engine = engine
        self._clock = clock
        self._ended = threading.Event()

    def run(self) -> int:
        """Drop every partition that has expired as a whole; how many. One that cannot be dropped now is met again next time.

        A query sees a partition whole or not at all.
        """
        now, dropped = int(self._clock()), 0
        for database in self._catalog.databases():
            for table in self._catalog.tables(database):
                kept = partitions.lifetime(database, table) if table.kind is TableKind.TIME_SERIES else 0
                if kept and not self._ended.is_set():
                    interval = partitions.interval(database, table)
                    dropped += self._clear(database, table, partitions.live_since(now, kept, interval), interval)
        return dropped

    def close(self) -> None:
        """End a run that is at work: the partition it is at stays whole."""
        self._ended.set()

    def _clear(self, database: Database, table: Table, border: int, interval: int) -> int:
        """Drop the partitions of one table that end at the border or before it."""
        name = f"{database.name}.{SCHEMA}.{table.name}"
        dropped = 0
        try:
            while (oldest := self._oldest(table, border)) is not None:
                end = min(partitions.end_of(oldest, interval), border)
                removal = partitions.removal_before(table, end)
                rows = self._engine.change(Change((removal,)), self._request()).rows[0]
                log.info("retention: %d points of %s from before %s are dropped", rows, name, partitions.shown(end))
                dropped += 1
        except KwrestError as problem:
            if not self._ended.is_set():
                log.warning("retention: expired points of %s stay until the next look: %s", name, problem.message)
        return dropped

    def _oldest(self, table: Table, border: int) -> int | None:
        """When the oldest point before the border was, in whole seconds since 1970."""
        with closing(self._engine.query(partitions.oldest_before(table, border), self._request())) as result:
            found = pa.Table.from_batches(list(result.batches())).column(0)[0]
        if not found.is_valid:
            return None
        units = {"us": 10**6, "ns": 10**9}
        return int(found.value) // units[found.type.unit]

    def _request(self) -> Request:
        return replace(own_request("retention", PATIENCE), cancel=self._ended)
