"""The database file: opened in one order, locked down, reopened when DuckDB gives it up."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from kwrest.engines.base import EngineOptions, Measures
from kwrest.engines.duckdb import layout
from kwrest.engines.duckdb.directory import Directory
from kwrest.errors import EngineRestarting, ShuttingDown, StorageDamaged, StorageUnreachable
from kwrest.system import SYSTEM_TABLES

log = logging.getLogger(__name__)

Connection = duckdb.DuckDBPyConnection
PATIENCE = 5.0  # seconds for interrupted queries to end before a database is closed


class Storage:
    """The one DuckDB instance over a data directory. Every connection to it is a cursor made here.

    Raises what `Directory` raises.
    """

    def __init__(self, path: Path, options: EngineOptions) -> None:
        self._directory = Directory(path)
        self._options = options
        self._changed = threading.Condition()
        self._root: Connection | None = None
        self._held: dict[Connection, Callable[[], None]] = {}
        self._closed = False
        try:
            self._root = self._open()
            self._make_system_tables(self._root)
        except duckdb.Error as error:
            log.error("the database in %s cannot be read: %s", path, error)
            self.close()
            raise StorageDamaged(path=path, what="the database cannot be read, the log says why") from error
        except BaseException:
            self.close()
            raise

    def _open(self) -> Connection:
        """Connect, then settings, then the locks; the order is the point."""
        root = duckdb.connect(str(self._directory.database))
        memory = self._options.memory_limit or machine_memory() // 2
        spill = self._options.spill_limit or free_space(self._directory.path) // 2
        for setting, value in (
            # By SET: given to connect(), the spill limit would be shown but not enforced.
            ("memory_limit", f"'{memory}B'"),
            ("temp_directory", f"'{str(self._directory.spill).replace(chr(39), chr(39) * 2)}'"),
            ("max_temp_directory_size", f"'{spill}B'"),
            # Never as part of a commit: one that failed there would be an answer "not stored" for what is stored.
            ("checkpoint_threshold", "'1000TB'"),
            ("threads", str(self._options.threads or len(os.sched_getaffinity(0)))),
            ("TimeZone", "'UTC'"),
            ("allow_community_extensions", "false"),
            ("autoinstall_known_extensions", "false"),
            ("autoload_known_extensions", "false"),
            # Last, because they forbid what stands above.
            ("enable_external_access", "false"),
            ("lock_configuration", "true"),
        ):
            try:
                root.execute(f"SET {setting} = {value}")
            except duckdb.Error as error:
                root.close()
                log.error("DuckDB refuses %s = %s: %s", setting, value, error)
                raise StorageUnreachable(path=self._directory.path, reason=f"{setting} cannot be {value}") from error
        return root

    def _make_system_tables(self, root: Connection) -> None:
        """Make the server's own tables, and the columns a newer server added to them."""
        if self._directory.fresh:
            (tables,) = root.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name <> 'kwrest'").fetchall()[0]
            if tables:
                raise StorageDamaged(path=self._directory.path, what="the file FORMAT is missing")
        stored = {
            (table, column)
            for table, column in root.execute(
                "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'kwrest'"
            ).fetchall()
        }
        root.execute("BEGIN TRANSACTION")
        root.execute(f"CREATE SCHEMA IF NOT EXISTS {layout.SYSTEM_SCHEMA}")
        for table in SYSTEM_TABLES:
            if table.name not in {name for name, _ in stored}:
                for statement in layout.create_table(table):
                    root.execute(statement)
                continue
            for column in table.columns:
                if (table.name, column.name) not in stored:
                    root.execute(layout.add_column(table, column))
        root.execute("COMMIT")
        if self._directory.fresh:
            self._directory.settle_format()

    @property
    def is_open(self) -> bool:
        """False between a fatal error and a reopening that succeeds."""
        return self._root is not None

    def log_size(self) -> int:
        """Bytes that a checkpoint would move into the file."""
        return size_of(Path(f"{self._directory.database}.wal"))

    def measures(self, waiting: int, waiting_rows: int) -> Measures:
        """Sizes as they are now. Raises EngineRestarting, ShuttingDown."""
        cursor = self.cursor(give_up=lambda: None)  # too short a query to be told
        try:
            memory = cursor.execute("SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()").fetchall()[0][0]
        finally:
            self.release(cursor)
        directory = self._directory
        return Measures(
            database=directory.database.stat().st_size,
            log=self.log_size(),
            spill=sum(size_of(file) for file in directory.spill.iterdir()),
            free=free_space(directory.path),
            memory=memory,
            memory_limit=self._options.memory_limit or machine_memory() // 2,
            waiting=waiting,
            waiting_rows=waiting_rows,
        )

    def checkpoint_due(self) -> bool:
        """Whether the log has grown past what the operator set."""
        return self.log_size() > self._options.checkpoint_threshold

    def cursor(self, give_up: Callable[[], None]) -> Connection:
        """A connection of its own, to be handed back with `release`.

        give_up: called when the database must be closed, perhaps often; hands it back when nobody is using it just now.

        Raises EngineRestarting, ShuttingDown.
        """
        with self._changed:
            if self._closed:
                raise ShuttingDown()
            if self._root is None:
                raise EngineRestarting()
            cursor = self._root.cursor()
            self._held[cursor] = give_up
            return cursor

    def release(self, cursor: Connection) -> None:
        """Close a cursor; only who uses it may do that, since a busy one refuses. Safe to call twice."""
        cursor.close()
        with self._changed:
            self._held.pop(cursor, None)
            self._changed.notify_all()

    def reopen(self) -> None:
        """After a FATAL error every connection is dead until all are closed; then the file opens as it was committed.

        Raises duckdb.Error when it does not open: the storage then stays closed and says EngineRestarting.
        """
        self._let_go()
        root = self._open()
        with self._changed:
            self._root = root
        log.warning("the database was reopened after a fatal error")

    def _let_go(self) -> None:
        """Close all connections: with one of them left, connecting again would return the dead instance."""
        with self._changed:
            root, self._root = self._root, None
        patience = time.monotonic() + PATIENCE
        while time.monotonic() < patience:
            with self._changed:
                held = list(self._held.items())
            if not held:
                break
            for cursor, give_up in held:
                cursor.interrupt()
                give_up()
            with self._changed:
                if self._held:
                    self._changed.wait(0.05)
        else:
            log.warning("%d queries do not end, though they were interrupted", len(self._held))
        if root is not None:
            root.close()

    def close(self) -> None:
        """Close the database (DuckDB checkpoints) and let others use the directory. Safe to call twice."""
        self._closed = True
        self._let_go()
        self._directory.close()


def machine_memory() -> int:
    """Bytes of memory this process may have: the machine's, or its control group's when that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text("ascii").strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def free_space(path: Path) -> int:
    """Bytes an ordinary user may still write where `path` lies."""
    facts = os.statvfs(path)
    return facts.f_bavail * facts.f_frsize


def size_of(file: Path) -> int:
    """Bytes; 0 when it is gone, as spill files and the log may be at any moment."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
