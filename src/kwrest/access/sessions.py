"""Sessions: one a login by password, known by the hash of its token's secret, ended by time, deletion or their user's end.

Checking a token touches memory only and takes no lock that is held over a write. A new session is durable before its
token is answered; when it was last used is written at most once a minute, by `flush`, and at close.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kwrest.access.credentials import token_text
from kwrest.access.passwords import TOKEN_PREFIX
from kwrest.access.users import Account
from kwrest.engines.base import Change, Engine, Put, Remove, Step
from kwrest.errors import Busy, ShuttingDown, UnknownSession
from kwrest.model import Request
from kwrest.system import SESSIONS, own_request

PER_USER = 100
IN_ALL = 10_000
WAITING = 256  # logins whose session is being written; more get 503
FLUSH_EVERY = 60 * 10**9  # nanoseconds between two writes of one session's last use
INT8_MAX = 2**63 - 1
_MINUTE = 60 * 10**9
_LAST_INSTANT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Session:
    """A session in memory. Times: nanoseconds since 1970 UTC; shown: the token's first 8 characters, which hold the
    user's name and nothing of the secret; flushed: the last use that is stored."""

    id: str
    hash: str = field(repr=False)
    shown: str
    user: str
    user_version: int
    created: int
    last_used: int
    flushed: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as GET session shows it (contract A7). created: nanoseconds since 1970; lifetime: seconds, saturated at 2^63-1."""

    id: str
    user: str
    shown: str
    created: int
    lifetime: int
    last_use: datetime
    expires: datetime

    def fields(self, *, admin: bool) -> dict[str, object]:
        """The seed's keys in the seed's order; who has it and its token's beginning are for admins."""
        whose: dict[str, object] = {"Username": self.user, "Token": f"{self.shown}*"} if admin else {}
        return {
            "SessionId": self.id,
            **whose,
            "MaxLifeTime": self.lifetime,
            "LastLoginTime": f"{self.last_use:%Y-%m-%d %H:%M:%S}",
            "LoginValid": True,
            "ExpirationTime": f"{self.expires:%Y-%m-%d %H:%M:%S}",
        }


class Sessions:
    """All sessions of the server.

    lifetime: minutes a session lives unused, asked at every check; clock: nanoseconds since 1970 UTC;
    valid: whether the session's user is still there with the same credential.
    """

    def __init__(
        self, engine: Engine, lifetime: Callable[[], int], clock: Callable[[], int], valid: Callable[[Session], bool]
    ) -> None:
        self._engine, self._lifetime, self._clock, self._valid = engine, lifetime, clock, valid
        self._writing = threading.Lock()  # held over a write; changes of the dictionaries happen under it
        self._by_hash = {s.hash: s for s in _stored(engine)}
        self._pool = ThreadPoolExecutor(1, "sessions")
        self._waiting: list[tuple[Session, str, Future[str]]] = []
        self._queue = threading.Lock()
        self._closed = False

    def use(self, user: str, secret: str) -> Session | None:
        """The live session with this secret of this user (folded name), its clock restarted; None when there is none."""
        session = self._by_hash.get(_hash(secret))
        if session is None or session.user != user:
            return None
        now = self._clock()
        if not self._lives(session, now):
            return None
        session.last_used = max(session.last_used, now)
        return session

    def id_of(self, secret: str) -> str:
        """The id of the session with this secret, empty when there is none."""
        session = self._by_hash.get(_hash(secret))
        return session.id if session is not None else ""

    def open(self, account: Account) -> Future[str]:
        """Make a session; the future gives its secret once it is durable. Raises Busy, ShuttingDown.

        The user's longest unused session goes when there are too many, then the longest unused of all.
        """
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        now = self._clock()
        # uuid1 as in the seed, with a random node: the id tells no hardware address.
        number = str(uuid.uuid1(node=secrets.randbits(48) | 1 << 40))
        session = Session(
            number, _hash(secret), _shown(account.name, secret), account.name, account.version, now, now, flushed=now
        )
        answer: Future[str] = Future()
        with self._queue:
            if self._closed:
                raise ShuttingDown()
            if len(self._waiting) >= WAITING:
                raise Busy(what="too many logins")
            self._waiting.append((session, secret, answer))
            self._pool.submit(self._write_waiting)
        return answer

    def listed(self, user: str | None) -> Sequence[Listed]:
        """Live sessions of one user (folded name) or, with None, of all; the oldest first."""
        now, minutes = self._clock(), self._lifetime()
        live = [s for s in list(self._by_hash.values()) if self._lives(s, now) and user in (None, s.user)]
        return [_listed(s, minutes) for s in sorted(live, key=lambda s: (s.created, s.id))]

    def delete(self, number: str, request: Request) -> None:
        """End a session at once and for good. Raises UnknownSession."""
        with self._writing:
            now = self._clock()
            found = next((s for s in self._by_hash.values() if s.id == number and self._lives(s, now)), None)
            if found is None:
                raise UnknownSession()
            self._engine.change(Change((_removal([found]),)), request)
            del self._by_hash[found.hash]

    def flush(self, *, all_: bool = False) -> None:
        """Store last uses that are a minute old, or all, and remove what has ended. Called by the service's clock."""
        with self._writing:
            now = self._clock()
            known = list(self._by_hash.values())
            ended = {s for s in known if not self._lives(s, now)}
            used = [
                (s, s.last_used)
                for s in known
                if s not in ended and s.last_used > s.flushed and (all_ or now - s.flushed >= FLUSH_EVERY)
            ]
            steps: list[Step] = [_removal(list(ended))] if ended else []
            if used:
                steps.append(_put(used))
            if not steps:
                return
            self._engine.change(Change(tuple(steps)), own_request("sessions"))
            for session, last_used in used:
                session.flushed = last_used
            for session in ended:
                del self._by_hash[session.hash]

    def forget(self, user: str) -> None:
        """Let go of a user's sessions, whose rows went with the user or the password (`removal_of`)."""
        with self._writing:
            for session in [s for s in self._by_hash.values() if s.user == user and not self._valid(s)]:
                del self._by_hash[session.hash]

    def close(self) -> None:
        """Finish the logins under way and store every last use. Safe to call twice."""
        with self._queue:
            if self._closed:
                return
            self._closed = True
        self._pool.shutdown()
        self.flush(all_=True)

    def _lives(self, session: Session, now: int) -> bool:
        return now - session.last_used < self._lifetime() * _MINUTE and self._valid(session)

    def _write_waiting(self) -> None:
        """One durable change for all logins that wait."""
        with self._writing:
            with self._queue:
                waiting, self._waiting = self._waiting, []
            if not waiting:
                return  # an earlier run took them
            new = [session for session, _, _ in waiting]
            surplus = self._surplus(new)
            kept = [s for s in new if s not in surplus]
            old = surplus.difference(new)
            steps: list[Step] = [_put([(s, s.last_used) for s in kept])]
            if old:
                steps.append(_removal(list(old)))
            failure: Exception | None = None
            try:
                self._engine.change(Change(tuple(steps)), own_request("login"))
            except Exception as refused:  # given to those who wait, who would else wait for ever
                failure = refused
            else:
                for session in old:
                    del self._by_hash[session.hash]
                self._by_hash.update({s.hash: s for s in kept})
        for _, secret, answer in waiting:
            if not answer.set_running_or_notify_cancel():
                continue
            if failure is None:
                answer.set_result(secret)
            else:
                answer.set_exception(failure)

    def _surplus(self, new: Sequence[Session]) -> set[Session]:
        """Which sessions have to go so that `new` fit: a user's longest unused first, then the longest unused of all."""
        everyone = [*self._by_hash.values(), *new]
        users = {s.user for s in new}
        have = Counter(s.user for s in everyone)
        if len(everyone) <= IN_ALL and all(have[user] <= PER_USER for user in users):
            return set()
        by_use = sorted(everyone, key=lambda s: s.last_used)
        surplus, rest = [], []
        for session in by_use:
            if session.user in users and have[session.user] > PER_USER:
                have[session.user] -= 1
                surplus.append(session)
            else:
                rest.append(session)
        return {*surplus, *rest[: max(0, len(rest) - IN_ALL)]}


def removal_of(users: Iterable[str]) -> Remove:
    """The step that ends all sessions of these users."""
    return Remove(SESSIONS, "user_name", list(users))


def _removal(sessions: Sequence[Session]) -> Remove:
    return Remove(SESSIONS, "id", [s.id for s in sessions])


def _put(sessions: Sequence[tuple[Session, int]]) -> Put:
    """The step that stores sessions, each with its last use as it was read once."""
    return Put(
        SESSIONS,
        {
            "id": [s.id for s, _ in sessions],
            "secret": [s.hash for s, _ in sessions],
            "shown": [s.shown for s, _ in sessions],
            "user_name": [s.user for s, _ in sessions],
            "user_version": [s.user_version for s, _ in sessions],
            "created": [s.created for s, _ in sessions],
            "last_used": [last_used for _, last_used in sessions],
        },
    )


def _stored(engine: Engine) -> list[Session]:
    rows = engine.read_system(SESSIONS)
    found = []
    for number, hash_, shown, user, version, created, used in zip(
        *(rows[c.name] for c in SESSIONS.columns), strict=True
    ):
        last = int(str(used))
        found.append(
            Session(str(number), str(hash_), str(shown), str(user), int(str(version)), int(str(created)), last, last)
        )
    return found


def _listed(session: Session, minutes: int) -> Listed:
    last = datetime.fromtimestamp(session.last_used // 10**9, UTC)
    seconds = min(minutes * 60, INT8_MAX)
    # Compared before it is added: a lifetime of 2^63-1 minutes is beyond every calendar.
    expires = last + timedelta(seconds=seconds) if seconds < (_LAST_INSTANT - last).total_seconds() else _LAST_INSTANT
    return Listed(session.id, session.user, session.shown, session.created, seconds, last, expires)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _shown(user: str, secret: str) -> str:
    return token_text(user, secret)[:8]
