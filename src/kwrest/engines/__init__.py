"""Engines store and read. `open_engine` is the only place that names one."""

from __future__ import annotations

from pathlib import Path

from kwrest.engines.base import Engine, EngineOptions
from kwrest.errors import UnknownEngine


def open_engine(url: str, data: Path, options: EngineOptions = EngineOptions()) -> Engine:  # noqa: B008 (frozen)
    """Open the engine that `url` names: `duckdb:` keeps everything under `data`, which is made when missing.

    Raises UnknownEngine, DataInUse, DataTooNew, StorageDamaged, StorageUnreachable.
    """
    if url != "duckdb:":
        raise UnknownEngine(url=url)
    # Imported here, so that a server over another engine never loads this one's driver.
    from kwrest.engines.duckdb.engine import DuckDBEngine

    return DuckDBEngine(data, options)
