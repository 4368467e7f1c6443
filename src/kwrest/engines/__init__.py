"""Engines store and read. This is the only place that names one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from kwrest.engines.base import BackupFacts, Engine, EngineOptions, Inspected
from kwrest.errors import UnknownEngine

# What is imported inside of the functions is what a server over another engine never loads.


def open_engine(url: str, data: Path, options: EngineOptions = EngineOptions()) -> Engine:  # noqa: B008 (frozen)
    """Open the engine that `url` names: `duckdb:` keeps everything under `data`, which is made when missing.

    Raises UnknownEngine, DataInUse, DataTooNew, StorageDamaged, StorageUnreachable.
    """
    _known(url)
    from kwrest.engines.duckdb.engine import DuckDBEngine

    return DuckDBEngine(data, options)


def back_up(url: str, data: Path, target: Path) -> BackupFacts:
    """Copy the data of a server, which may be running, to the new folder `target`. Raises StartError classes."""
    _known(url)
    from kwrest.engines.duckdb import backup

    return backup.back_up(data, target)


def restore(url: str, source: Path, data: Path) -> BackupFacts:
    """Make the new folder `data` of a backup. Raises StartError classes."""
    _known(url)
    from kwrest.engines.duckdb import backup

    return backup.restore(source, data)


def inspect(url: str, data: Path) -> AbstractContextManager[Inspected]:
    """Look at the data of a server, which may be running, or of a backup. Raises StartError classes on entering."""
    _known(url)
    from kwrest.engines.duckdb import inspection

    return inspection.inspect(data)


def repair(url: str, data: Path) -> str:
    """Make data with a damaged log open again; a sentence about what was done. Raises StartError classes."""
    _known(url)
    from kwrest.engines.duckdb import inspection

    return inspection.repair(data)


def _known(url: str) -> None:
    if url != "duckdb:":
        raise UnknownEngine(url=url)
