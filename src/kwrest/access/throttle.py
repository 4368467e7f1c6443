"""Who may try another password now, and whose turn it is: the two bounds of guessing (contract A5).

A user and an address share a budget of failures, so guesses at one user from one place are few, and nobody elsewhere is
kept out. What has to be hashed waits in a queue that is fair between addresses, so a flood waits behind itself.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

BURST = 10  # wrong passwords of one user from one address before the next is refused unseen
EVERY = 6.0  # seconds after which one more is looked at
PAIRS = 10_000  # users and addresses with failures that are remembered; the oldest go


def source_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the network of 64 bits that one IPv6 host has for itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and not found.is_loopback:
        return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
    return address


class Failures:
    """How many wrong passwords a user gave at a source lately: a budget of BURST that comes back, one every EVERY seconds.

    A try is paid for before its outcome is known: else as many as fit into the queue would be one failure.
    """

    def __init__(self) -> None:
        self._owed: OrderedDict[tuple[str, str], float] = OrderedDict()  # the moment all is paid back

    def pay(self, user: str, source: str, now: float) -> bool:
        """Pay for one try; False when the budget is used up, and then nothing is paid."""
        owed = max(self._owed.get((user, source), now), now) + EVERY
        if owed - now > BURST * EVERY:
            return False
        self._owed[user, source] = owed
        self._owed.move_to_end((user, source))
        while self._owed and (len(self._owed) > PAIRS or next(iter(self._owed.values())) <= now):
            self._owed.popitem(last=False)
        return True

    def pay_back(self, user: str, source: str) -> None:
        """The try was no failure: the password was right, or nobody looked at it."""
        owed = self._owed.get((user, source))
        if owed is not None:
            self._owed[user, source] = owed - EVERY


class Rank(IntEnum):
    """Who goes first. Whether a user exists plays no part, or a flood would tell who does."""

    KNOWN = 0  # it looks like the password that was right last time
    ROOT = 1  # every server has this user, so preferring it tells nothing
    OTHER = 2


@dataclass(slots=True, eq=False)
class Turn:
    """A place in the queue. number: later for those whose source has others waiting."""

    rank: Rank
    source: str
    number: int = 0
    arrival: int = 0

    @property
    def order(self) -> tuple[int, int, int]:
        return self.rank, self.number, self.arrival


T = TypeVar("T", bound=Turn)


class FairQueue(Generic[T]):
    """At most `limit` turns. Sources take turns, whatever each has waiting; when it is full the best of them stay."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: list[T] = []  # few enough to be looked through
        self._served = self._arrivals = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, turn: T) -> T | None:
        """Queue `turn`; the one that has to leave for it, perhaps itself, or None when there was room."""
        others = [t.number for t in self._waiting if t.source == turn.source and t.rank == turn.rank]
        self._arrivals += 1
        turn.number, turn.arrival = max([self._served, *others]) + 1, self._arrivals
        self._waiting.append(turn)
        if len(self._waiting) <= self._limit:
            return None
        last = max(self._waiting, key=lambda t: t.order)
        self._waiting.remove(last)
        return last

    def next(self) -> T | None:
        """Take out whose turn it is."""
        if not self._waiting:
            return None
        first = min(self._waiting, key=lambda t: t.order)
        self._waiting.remove(first)
        self._served = max(self._served, first.number)
        return first
