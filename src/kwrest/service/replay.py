"""The shelf in use: lines whose cause was cured are stored through the normal path and leave it; lines nobody wants leave it.

A line is read as it was sent then: with its request's precision, time zone and, where it has no time of its own, its
time of arrival. It is stored in the name of the administrator who asks, whoever sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import islice
from zoneinfo import ZoneInfo

from kwrest.engines.base import Engine
from kwrest.errors import KwrestError
from kwrest.model import Request
from kwrest.service.answers import LinesAnswer
from kwrest.service.lines import Lines
from kwrest.service.rejected import Shelf
from kwrest.system import REJECTED

AT_ONCE = 128  # bodies that wait for the engine together
LINES = 1000  # of one body

# What the shelf holds of such a line is not what was sent: replaced bytes, or the beginning of a line that was too long.
NOT_AS_SENT = ("22021", "54000")


@dataclass(frozen=True, slots=True)
class Shelved:
    """A line on the shelf, as far as sending it again needs it. first_seen: nanoseconds since 1970."""

    fingerprint: str
    id: int
    database: str
    endpoint: str
    line: str
    sqlstate: str
    reason: str
    precision: str
    zone: str
    first_seen: int


@dataclass(frozen=True, slots=True)
class Still:
    """A line that stays on the shelf, and why."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """stored: lines that left the shelf; still: those that did not, in their order."""

    stored: int
    still: Sequence[Still]


class Replay:
    """What an administrator does with the shelf. zone: of the name a request's zone was kept under."""

    def __init__(self, engine: Engine, shelf: Shelf, lines: Lines, zone: Callable[[str], ZoneInfo]) -> None:
        self._engine, self._shelf, self._lines, self._zone = engine, shelf, lines, zone

    def purge(self, request: Request, ids: Collection[int] | None) -> int:
        """Take lines off the shelf; how many were there. ids: None for all. Raises what `Engine.change` raises."""
        found = self._shelved(ids)
        if found:
            self._shelf.remove([line.fingerprint for line in found], request)
        return len(found)

    def replay(self, request: Request, ids: Collection[int] | None) -> Replayed:
        """Store what can be stored now. ids: None for all. Raises what taking stored lines off the shelf raises: they are
        stored then and may be replayed again, which changes nothing."""
        found = self._shelved(ids)
        still: dict[int, str] = {}
        bodies = _bodies([line for line in found if not self._kept_back(line, still)])
        while some := list(islice(bodies, AT_ONCE)):
            sent = [(body, self._send(body, request, still)) for body in some]
            stored = [line.fingerprint for body, answer in sent for line in _stored(body, answer, still)]
            if stored:
                self._shelf.remove(stored, request)
        return Replayed(len(found) - len(still), [Still(id_, still[id_]) for id_ in sorted(still)])

    def _shelved(self, ids: Collection[int] | None) -> list[Shelved]:
        stored = self._engine.read_system(REJECTED)
        names = (
            "fingerprint",
            "id",
            "database_name",
            "endpoint",
            "line",
            "sqlstate",
            "reason",
            "precision",
            "zone",
            "first_seen",
        )
        found = []
        for print_, id_, *texts, first in zip(*(stored[name] for name in names), strict=True):
            assert isinstance(id_, int) and isinstance(first, int)
            database, endpoint, line, sqlstate, reason, precision, zone = (
                str(t) if t is not None else "" for t in texts
            )
            if ids is None or id_ in ids:
                found.append(
                    Shelved(str(print_), id_, database, endpoint, line, sqlstate, reason, precision, zone, first)
                )
        return sorted(found, key=lambda line: line.id)

    def _kept_back(self, line: Shelved, still: dict[int, str]) -> bool:
        """Whether the line cannot be sent again at all; says why."""
        if line.sqlstate in NOT_AS_SENT:
            still[line.id] = line.reason
        elif not line.precision:
            still[line.id] = "it was kept by an older server, which did not keep the precision of its time"
        return line.id in still

    def _send(self, body: Sequence[Shelved], request: Request, still: dict[int, str]) -> Future[LinesAnswer] | None:
        first = body[0]
        asked = replace(request, database=first.database, zone=self._zone(first.zone))
        content = "\n".join(line.line for line in body).encode()
        try:
            return self._lines.submit(asked, content, first.precision, first.endpoint, replay_of=first.first_seen)
        except KwrestError as error:
            still.update((line.id, error.message) for line in body)
            return None


def _bodies(lines: Sequence[Shelved]) -> Iterator[list[Shelved]]:
    """Lines that came with the same parameters at the same time, as bodies."""
    together: dict[tuple[str, str, str, int], list[Shelved]] = {}
    for line in lines:
        together.setdefault((line.database, line.precision, line.zone, line.first_seen), []).append(line)
    for group in together.values():
        for start in range(0, len(group), LINES):
            yield group[start : start + LINES]


def _stored(body: Sequence[Shelved], answer: Future[LinesAnswer] | None, still: dict[int, str]) -> Sequence[Shelved]:
    """The lines of a body that are stored; of the others it says why."""
    if answer is None:
        return ()
    try:
        done = answer.result()
    except KwrestError as error:
        still.update((line.id, error.message) for line in body)
        return ()
    if done.transient is not None:
        still.update((line.id, done.transient.message) for line in body)
        return ()
    refused = {reject.text: reject.reason for reject in done.rejects}
    still.update((line.id, refused[line.line]) for line in body if line.line in refused)
    kept = [line for line in body if line.line not in refused]
    if done.stored != len(kept):
        # Comments, or a line that reads as another one now: nothing is lost by keeping what was not counted for sure.
        still.update((line.id, "it is no single line any more") for line in kept)
        return ()
    return kept
