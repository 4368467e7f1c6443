"""The database file: opened in one order, locked down, reopened when DuckDB gives it up."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from kwrest.engines.base import EngineOptions, Measures
from kwrest.engines.duckdb import commits, layout, quarantine, watermark
from kwrest.engines.duckdb.checkpoints import CheckpointLock
from kwrest.engines.duckdb.commits import Commits
from kwrest.engines.duckdb.directory import Directory
from kwrest.engines.duckdb.failures import is_fatal
from kwrest.engines.duckdb.quarantine import Quarantine
from kwrest.engines.duckdb.start_failures import RESTORE, refused_by_duckdb, refused_by_system
from kwrest.engines.duckdb.watermark import Watermark
from kwrest.errors import EngineRestarting, ShuttingDown, StorageDamaged, StorageUnreachable
from kwrest.system import SYSTEM_TABLES

log = logging.getLogger(__name__)

Connection = duckdb.DuckDBPyConnection
FREE_ASKED_EVERY = 0.5  # seconds
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
        self._free_asked, self._low = 0.0, False
        self._held: dict[Connection, Callable[[], None]] = {}
        self._closed = False
        self._quarantine = Quarantine(path / quarantine.NAME, self._directory.database)
        self._watermark: Watermark | None = None
        self._checkpoints: CheckpointLock | None = None
        try:
            self._checkpoints = CheckpointLock(path)
            self._watermark = Watermark(path / watermark.NAME)
            self.commits = Commits(self._watermark)
            if not (self._directory.fresh or self._watermark.readable):
                log.warning("%s says nothing: whether the last commits are all there cannot be told", watermark.NAME)
            self._root = self._open()
        except duckdb.Error as error:
            self.close()
            raise refused_by_duckdb(path, error) from error
        except OSError as error:
            self.close()
            raise refused_by_system(path, error) from error
        except BaseException:
            self.close()
            raise

    def _open(self) -> Connection:
        """The file as it was committed: connect, settings, locks, system tables, losses; the order is the point."""
        self._quarantine.copy_log()
        root = self._connect()
        try:
            self._make_system_tables(root)
            self._note_loss(root)
        except BaseException:
            root.close()
            raise
        return root

    def _connect(self) -> Connection:
        """Settings, then the locks."""
        root = duckdb.connect(str(self._directory.database))
        memory = self._options.memory_limit or machine_memory() // 2
        spill = self._options.spill_limit or free_space(self._directory.path) // 2
        root.execute(
            "PRAGMA disable_checkpoint_on_shutdown"
        )  # `checkpoint` does it, which asks whether a backup is under way
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
                raise StorageDamaged(path=self._directory.path, what=f"the file FORMAT is missing; {RESTORE}")
        stored = {
            (table, column)
            for table, column in root.execute(
                "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'kwrest'"
            ).fetchall()
        }
        if not (stored or self._directory.fresh):
            raise StorageDamaged(path=self._directory.path, what=f"the database lost everything; {RESTORE}")
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
        commits.make_table(root)
        root.execute("COMMIT")
        # Whatever of them cannot be read is said now, as damage, and not by whom asks first.
        for table in SYSTEM_TABLES:
            root.execute(f"SELECT bit_xor(hash(t)) FROM {layout.rows_table(table)} AS t")
        if self._directory.fresh:
            root.execute("CHECKPOINT")  # beside FORMAT the file has the tables, whatever becomes of the log
            self._directory.settle_format()

    def _note_loss(self, root: Connection) -> None:
        """Say what the watermark has and the file has not, once: the transaction that follows has a number above both."""
        loss = self.commits.opened(root)
        if loss is None:
            return
        log.error("%s", self._quarantine.keep(loss))
        root.execute("BEGIN TRANSACTION")
        mark = self.commits.add(root)
        root.execute("COMMIT")
        self.commits.done(mark)

    @property
    def is_open(self) -> bool:
        """False between a fatal error and a reopening that succeeds."""
        return self._root is not None

    @property
    def losses(self) -> tuple[str, ...]:
        """What was found to be lost, a sentence each, as long as its folder in the quarantine is there."""
        return self._quarantine.losses()

    def log_size(self) -> int:
        """Bytes that a checkpoint would move into the file."""
        return size_of(self._directory.log)

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

    def below_reserve(self) -> bool:
        """Whether so little of the disk is free that no more rows are taken: what is left is for reads, DROP and the log."""
        now = time.monotonic()
        if now >= self._free_asked + FREE_ASKED_EVERY:
            self._free_asked, self._low = now, free_space(self._directory.path) < self._options.reserve
        return self._low

    def checkpoint_due(self) -> bool:
        """Whether the log has grown past what the operator set."""
        return self.log_size() > self._options.checkpoint_threshold

    def checkpoint(self, con: Connection) -> bool:
        """Move the log into the file; False when a backup is copying both and it is left to another time.

        Only the writer thread, outside of a transaction, may ask for it; raises duckdb.Error.
        """
        assert self._checkpoints is not None
        with self._checkpoints.taken() as allowed:
            if allowed:
                try:
                    commits.trim(con)
                except duckdb.Error as error:
                    if is_fatal(error):
                        raise
                    # On a full disk the log cannot grow; the checkpoint may still make room of it.
                    log.info("the numbers of commits are not trimmed: %s", error)
                con.execute("CHECKPOINT")
                self._quarantine.drop()
        return allowed

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

    def _let_go(self, *, last: bool = False) -> None:
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
            if last:
                self._final_checkpoint(root)
            root.close()

    def close(self) -> None:
        """Checkpoint, unless a backup is copying; close the database and let others use the directory. Safe to call twice."""
        self._closed = True
        self._let_go(last=True)
        for held in (self._watermark, self._checkpoints, self._directory):
            if held is not None:
                held.close()

    def _final_checkpoint(self, root: Connection) -> None:
        try:
            if self.log_size():
                self.checkpoint(root)
        except duckdb.Error as error:  # the log stays, and is replayed by the next start
            log.warning("the last checkpoint failed, the log stays for the next start: %s", error)


def machine_memory() -> int:
    """Bytes of memory this process may have: the machine's, or a control group's of its own or above when that is less."""
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_group_limits()])


def _group_limits() -> Iterator[int]:
    """The memory limits of the control groups this process is in, of both versions; in a container the groups' paths are
    those outside, and the limit stands at the root."""
    try:
        lines = Path("/proc/self/cgroup").read_text("ascii").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        name = "memory.limit_in_bytes" if controllers else "memory.max"
        root = Path("/sys/fs/cgroup") / controllers
        for group in (root / path.lstrip("/"), *(root / path.lstrip("/")).parents):
            if group.is_relative_to(root):
                with contextlib.suppress(OSError):
                    limit = (group / name).read_text("ascii").strip()
                    if limit.isdigit():
                        yield int(limit)


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
