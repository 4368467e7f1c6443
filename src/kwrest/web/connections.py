"""Who is connected: those that count (contract T3), which of them are idle, and those that do not count yet or no more."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field
from typing import Protocol

from kwrest.web.config import ListenerConfig

PATIENCE = 5.0  # seconds a client may keep the server waiting for its body when others want its place
HEADER_PATIENCE = 0.5  # seconds for a header: it is one packet, or somebody means ill
READING_PATIENCE = 0.5  # seconds a client may leave its answer unread when others want its place, or its memory


class Cuttable(Protocol):
    def cut(self) -> None:
        """End it at once, without an answer."""
        ...


class Guest(Protocol):
    def evict(self) -> None:
        """Close it politely: it waits for a request that has not come."""
        ...

    def cut(self) -> None:
        """End it at once, without an answer."""
        ...

    def overdue(self) -> float:
        """Seconds for which the server has waited for the client, beyond its patience; below 0: it does not, or not yet."""
        ...

    def unread(self) -> float:
        """Seconds for which the client has left its answer unread; 0: it does not."""
        ...


class Waiting:
    """Connections that are not counted: before their first header, refused, or on their way out.

    They are bound in number and in time, so that nobody who says nothing keeps others from being served: when one comes
    too many, the oldest is cut.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int, seconds: float) -> None:
        self._loop, self._limit, self._seconds = loop, limit, seconds
        self._timers: dict[Cuttable, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._timers)

    def add(self, guest: Cuttable) -> None:
        """Start the clock of `guest`, from the beginning when it is here already."""
        self.remove(guest)
        if len(self._timers) >= self._limit:
            self._cut(next(iter(self._timers)))
        self._timers[guest] = self._loop.call_later(self._seconds, self._cut, guest)

    def remove(self, guest: Cuttable) -> None:
        timer = self._timers.pop(guest, None)
        if timer is not None:
            timer.cancel()

    def _cut(self, guest: Cuttable) -> None:
        self.remove(guest)
        guest.cut()

    def cut_all(self) -> None:
        for guest in list(self._timers):
            self._cut(guest)


class Connections:
    """The connections that count. At the limit one makes room for a newcomer: the one that has kept the server waiting for
    longest beyond its patience, else the longest-idle one; when there is none of either there is no room."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._members: set[Guest] = set()
        self._idle: dict[Guest, None] = {}  # in the order they fell idle

    def __len__(self) -> int:
        return len(self._members)

    def enter(self, guest: Guest) -> bool:
        """Count `guest`; False when all places are taken by connections at work."""
        if len(self._members) >= self.limit:
            if (slowest := self._stalled()) is not None:
                self.leave(slowest)
                slowest.cut()
            elif (longest := next(iter(self._idle), None)) is not None:
                self.leave(longest)
                longest.evict()
            else:
                return False
        self._members.add(guest)
        return True

    @property
    def crowded(self) -> bool:
        """One more would need somebody's place, and there is one who could give it."""
        return len(self._members) >= self.limit and (bool(self._idle) or self._stalled() is not None)

    def _stalled(self) -> Guest | None:
        found = max(self._members, key=lambda guest: guest.overdue(), default=None)
        return found if found is not None and found.overdue() >= 0 else None

    def cut_slowest_reader(self) -> bool:
        """Cut who has left an answer unread for longest, so that its memory is free; False when nobody is that slow."""
        found = max(self._members, key=lambda guest: guest.unread(), default=None)
        if found is None or found.unread() < READING_PATIENCE:
            return False
        self.leave(found)
        found.cut()
        return True

    def leave(self, guest: Guest) -> None:
        self._members.discard(guest)
        self._idle.pop(guest, None)

    def fell_idle(self, guest: Guest) -> None:
        if guest in self._members:
            self._idle[guest] = None

    def woke(self, guest: Guest) -> None:
        self._idle.pop(guest, None)

    def idle(self) -> list[Guest]:
        return list(self._idle)


class Arrival:
    """An accepted socket until it counts, and again from when it counts no more."""

    __slots__ = ("sock", "transport")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.transport: asyncio.Transport | None = None

    def cut(self) -> None:
        """End it at once. Works in every stage: a shut-down socket ends a peek and a handshake as a vanished client does."""
        with contextlib.suppress(OSError):  # it is gone already
            self.sock.shutdown(socket.SHUT_RDWR)
        if self.transport is not None:
            self.transport.abort()


@dataclass(slots=True)
class House:
    """What all connections of a listener share."""

    config: ListenerConfig
    connections: Connections
    waiting: Waiting
    draining: bool = False
    empty: asyncio.Event = field(default_factory=asyncio.Event)  # set when the last connection is gone while draining
