"""Passwords: what may be one, how it is kept, and how it is checked without letting anyone block the server.

argon2id takes about 20 ms here (t=2, 19 MiB, p=1), so two threads of their own do it, a bounded queue waits, and pairs
that were checked are remembered under a keyed hash for a while. An unknown user costs what a known one costs.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError

from kwrest.errors import Busy, EmptyPassword, ShuttingDown, TokenAsPassword

TOKEN_PREFIX = "kwr1_"  # of a token's secret; such a value is only ever looked up (contract A2)
WORKERS = 2
QUEUE = 64
REMEMBERED = 300.0  # seconds a verified pair is believed without hashing
REFUSED = 30.0  # seconds a failed pair is refused without hashing
PAIRS = 10_000  # of each kind; failures have their own bound, so guessing pushes no verified pair out

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)


def hashed(password: str) -> str:
    """The argon2id hash to keep. Raises EmptyPassword, TokenAsPassword."""
    if not password:
        raise EmptyPassword()
    if password.startswith(TOKEN_PREFIX):
        raise TokenAsPassword(prefix=TOKEN_PREFIX)
    return _HASHER.hash(_bytes(password))


class Passwords:
    """Checks pairs. clock: seconds, only ever forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(WORKERS, "passwords")
        self._key = secrets.token_bytes(32)
        self._verified = _Remembered(REMEMBERED)
        self._failed = _Remembered(REFUSED)
        self._under_way: dict[bytes, list[Future[bool]]] = {}  # one check for all who sent the same pair meanwhile
        self._nobody = hashed(secrets.token_urlsafe())  # what unknown users are checked against

    def check(self, user: str, version: int, kept: str | None, password: str) -> bool | Future[bool]:
        """Whether `password` is the user's: at once when the pair is remembered, else in a future.

        version: of the user's credential, so that a remembered pair ends with it; kept: the stored hash, None for an
        unknown user or one without a password, who is refused after the same work. Never blocks. Raises Busy, ShuttingDown.
        """
        pair = self._pair(user, version, kept is not None, password)
        with self._lock:
            now = self._clock()
            if self._verified.holds(pair, now):
                return True
            if self._failed.holds(pair, now):
                return False
            answer: Future[bool] = Future()
            waiting = self._under_way.get(pair)
            if waiting is not None:
                waiting.append(answer)
                return answer
            if len(self._under_way) >= WORKERS + QUEUE:
                raise Busy(what="too many passwords are being checked")
            self._under_way[pair] = [answer]
            try:
                self._pool.submit(self._work, pair, kept, password)
            except RuntimeError:  # the pool is closed
                del self._under_way[pair]
                raise ShuttingDown() from None
            return answer

    def waiting(self) -> int:
        """Different pairs that are being checked or wait for it."""
        with self._lock:
            return len(self._under_way)

    def close(self) -> None:
        """Finish what is under way. Safe to call twice."""
        self._pool.shutdown()

    def _work(self, pair: bytes, kept: str | None, password: str) -> None:
        right, failure = False, None
        try:
            right = matches(kept or self._nobody, password) and kept is not None
        except Exception as unforeseen:  # given to those who wait, who would else wait for ever
            failure = unforeseen
        with self._lock:
            if failure is None:
                (self._verified if right else self._failed).add(pair, self._clock())
            waiting = self._under_way.pop(pair)
        for answer in waiting:
            if not answer.set_running_or_notify_cancel():
                continue
            if failure is None:
                answer.set_result(right)
            else:
                answer.set_exception(failure)

    def _pair(self, user: str, version: int, known: bool, password: str) -> bytes:
        """What is remembered of a pair: nothing that could be turned back without this process's key."""
        # The password comes last and a user's name has no NUL, so no two pairs give the same bytes.
        said = f"{version}\0{known}\0{user}\0".encode() + _bytes(password)
        return hashlib.blake2b(said, key=self._key, digest_size=32).digest()


class _Remembered:
    """Pairs for `seconds`, the oldest going first when there are too many."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def holds(self, pair: bytes, now: float) -> bool:
        return self._until.get(pair, now) > now

    def add(self, pair: bytes, now: float) -> None:
        self._until[pair] = now + self._seconds
        self._until.move_to_end(pair)
        # All live equally long, so the first is the first to end.
        while self._until and (len(self._until) > PAIRS or next(iter(self._until.values())) <= now):
            self._until.popitem(last=False)


def matches(kept: str, password: str) -> bool:
    """Whether a kept hash is the password's; takes 20 ms."""
    try:
        return _HASHER.verify(kept, _bytes(password))
    except VerificationError:  # a wrong password; a damaged hash (InvalidHashError) is no such thing and is raised
        return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # JSON or a literal may give half a surrogate pair
