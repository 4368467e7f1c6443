"""The shelf: refused lines that no client will send again, kept in the bounded table `kwrest_system.rejected`.

Rows are made here and written by whoever writes the body's good lines, in the same durable step. A line that is there
already (same user, database, text) is only counted. When the shelf is full the user who holds most of it loses the lines that were seen longest ago, so that
nobody can push out the lines of others.
"""

from __future__ import annotations

import hashlib
import heapq
import logging
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kwrest.engines.base import Change, Engine, Remove
from kwrest.errors import KwrestError
from kwrest.model import Batch, Reject, Request
from kwrest.system import REJECTED, own_request
from kwrest.types.arrow import to_arrow
from kwrest.types.values import Value

log = logging.getLogger(__name__)

MAX_ROWS = 10_000
MAX_BYTES = 64 << 20  # of the lines' text: one line may have a megabyte
ROOM = 0.1  # part of the bound that is freed at once, so that a flood of bad lines does not pay for each


@dataclass(slots=True)
class _Kept:
    """What is remembered of a line on the shelf; its text is in the table only. times: how often it was seen."""

    id: int
    user: str
    first_seen: int
    times: int
    size: int


@dataclass(slots=True)
class _Share:
    """What one user has on the shelf: (fingerprint, bytes) of each line, the one seen longest ago first."""

    lines: deque[tuple[str, int]] = field(default_factory=deque)
    bytes: int = 0

    def add(self, print_: str, size: int) -> None:
        self.lines.append((print_, size))
        self.bytes += size


@dataclass(frozen=True, slots=True)
class Shelving:
    """Rows about to be written. batch: of `kwrest_system.rejected`; seen: fingerprint → times in this body."""

    batch: Batch
    seen: Mapping[str, int]


class Shelf:
    """The lines kept so far, read from the engine at the start. Safe from any thread; `trim` waits for the engine."""

    def __init__(self, engine: Engine, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> None:
        self._engine = engine
        self._max_rows, self._max_bytes = max_rows, max_bytes
        self._lock = threading.Lock()
        self._trimming = threading.Lock()  # held over a write
        self._kept = _load(engine)  # the line seen longest ago comes first
        self._bytes = sum(kept.size for kept in self._kept.values())
        self._next_id = max((kept.id for kept in self._kept.values()), default=0) + 1
        self._dropped = 0

    @property
    def rows(self) -> int:
        """Lines on the shelf."""
        return len(self._kept)

    @property
    def dropped(self) -> int:
        """Lines that had to go since the start, because the shelf was full."""
        return self._dropped

    def keep(
        self, rejects: Iterable[Reject], request: Request, database: str, endpoint: str, precision: str, now: int
    ) -> Shelving:
        """Rows for refused lines, at least one, of one request. precision: of its timestamps, as said; now: nanoseconds.

        They count from here on: `forget` when they are not written.
        """
        newest: dict[str, Reject] = {}
        seen: dict[str, int] = {}
        for reject in rejects:
            print_ = fingerprint(request.user.name, database, reject.text)
            newest[print_] = reject
            seen[print_] = seen.get(print_, 0) + 1
        rows: dict[str, list[Value]] = {column.name: [] for column in REJECTED.columns}
        with self._lock:
            for print_, reject in newest.items():
                kept = self._count(print_, request.user.name, seen[print_], len(reject.text.encode()), now)
                row: dict[str, Value] = {
                    "fingerprint": print_,
                    "id": kept.id,
                    "first_seen": kept.first_seen,
                    "last_seen": now,
                    "times": kept.times,
                    "user_name": request.user.name,
                    "database_name": database,
                    "endpoint": endpoint,
                    "reason": reject.reason,
                    "sqlstate": reject.sqlstate,
                    "line": reject.text,
                    "request_id": request.id,
                    "precision": precision,
                    "zone": request.zone.key,
                }
                for name, value in row.items():
                    rows[name].append(value)
        columns = {column.id: to_arrow(rows[column.name], column.type) for column in REJECTED.columns}
        return Shelving(Batch(REJECTED, len(newest), columns), seen)

    def _count(self, print_: str, user: str, times: int, size: int, now: int) -> _Kept:
        """The line as it is after being seen so many times more, moved to the end of those that go."""
        kept = self._kept.pop(print_, None)
        if kept is None:
            kept = _Kept(self._next_id, user, now, 0, size)
            self._next_id += 1
            self._bytes += size
        kept.times += times
        self._kept[print_] = kept
        return kept

    def forget(self, shelving: Shelving) -> None:
        """The rows were not written."""
        with self._lock:
            for print_, times in shelving.seen.items():
                kept = self._kept.get(print_)
                if kept is None:  # it had to go meanwhile
                    continue
                kept.times -= times
                if kept.times <= 0:
                    self._remove(print_)

    def trim(self) -> None:
        """Remove lines when the shelf is over its bound, in order with all writes before. Waits for the engine.

        When the engine cannot now, they stay until the next call.
        """
        with self._trimming:
            self._trim()

    def _trim(self) -> None:
        gone = self._surplus()
        if not gone:
            return
        try:
            self.remove(gone, own_request("shelf"))
        except KwrestError as error:
            log.warning("the shelf of rejected lines is over its bound and could not be trimmed: %s", error.message)
            return
        with self._lock:
            self._dropped += len(gone)
        log.warning("the shelf of rejected lines is full: %d lines were dropped", len(gone))

    def remove(self, fingerprints: Sequence[str], request: Request) -> None:
        """Take lines off the shelf for good. Raises what `Engine.change` raises."""
        self._engine.change(Change((Remove(REJECTED, "fingerprint", fingerprints),)), request)
        with self._lock:
            for print_ in fingerprints:
                self._remove(print_)

    def _surplus(self) -> list[str]:
        """Fingerprints of the lines that have to go: each time the oldest of whoever holds most."""
        with self._lock:
            if len(self._kept) <= self._max_rows and self._bytes <= self._max_bytes:
                return []
            rows, bytes_ = len(self._kept), self._bytes
            shares: dict[str, _Share] = {}
            for print_, kept in self._kept.items():
                shares.setdefault(kept.user, _Share()).add(print_, kept.size)
        largest = [(-self._part(share), user) for user, share in shares.items()]
        heapq.heapify(largest)
        gone: list[str] = []
        while largest and (rows > self._max_rows * (1 - ROOM) or bytes_ > self._max_bytes * (1 - ROOM)):
            _, user = largest[0]
            share = shares[user]
            print_, size = share.lines.popleft()
            share.bytes -= size
            rows, bytes_ = rows - 1, bytes_ - size
            gone.append(print_)
            if share.lines:
                heapq.heapreplace(largest, (-self._part(share), user))
            else:
                heapq.heappop(largest)
        return gone

    def _part(self, share: _Share) -> float:
        """How much of the shelf it is, by the bound it uses more of."""
        return max(len(share.lines) / self._max_rows, share.bytes / self._max_bytes)

    def _remove(self, print_: str) -> None:
        kept = self._kept.pop(print_, None)
        if kept is not None:
            self._bytes -= kept.size


def fingerprint(user: str, database: str, line: str) -> str:
    """What makes two refused lines the same: 64 hex digits. Names cannot contain the NUL that parts them."""
    return hashlib.sha256("\0".join((user, database, line)).encode()).hexdigest()


def _load(engine: Engine) -> dict[str, _Kept]:
    """What is stored, by fingerprint."""
    stored = engine.read_system(REJECTED)
    rows = zip(
        stored["fingerprint"], stored["id"], stored["user_name"], stored["first_seen"], stored["last_seen"],
        stored["times"], stored["line"], strict=True,
    )  # fmt: skip
    found: list[tuple[int, str, _Kept]] = []
    for print_, id_, user, first, last, times, line in rows:
        assert isinstance(print_, str) and isinstance(line, str)  # keys and lines are never NULL
        assert isinstance(id_, int) and isinstance(first, int) and isinstance(last, int) and isinstance(times, int)
        found.append((last, print_, _Kept(id_, str(user), first, times, len(line.encode()))))
    found.sort(key=lambda row: (row[0], row[2].id))
    return {print_: kept for _, print_, kept in found}
