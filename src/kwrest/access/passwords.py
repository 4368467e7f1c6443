"""Passwords: what may be one, how it is kept, and how it is checked without letting anyone block the server.

argon2id takes about 20 ms here (t=2, 19 MiB, p=1), so two threads of their own do it, a bounded queue waits, and pairs
that were checked are remembered under a keyed hash for a while. An unknown user costs what a known one costs. Who may
make us hash, and in which order, is `throttle.py`.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError

from kwrest.access.throttle import Failures, FairQueue, Rank, Turn, source_of
from kwrest.errors import Busy, EmptyPassword, ShuttingDown, TokenAsPassword
from kwrest.system import ROOT

TOKEN_PREFIX = "kwr1_"  # of a token's secret; such a value is only ever looked up (contract A2)
WORKERS = 2
QUEUE = 64
REMEMBERED = 300.0  # seconds a verified pair is believed without hashing
REFUSED = 30.0  # seconds a failed pair is refused without hashing
PAIRS = 10_000  # of each kind; failures have their own bound, so guessing pushes no verified pair out
# Bytes kept of the keyed hash of each user's last right password: enough to tell it from nearly every guess, so that it
# is looked at while guesses are not, and far too few to find it by.
TRACE = 2

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)


def hashed(password: str) -> str:
    """The argon2id hash to keep. Raises EmptyPassword, TokenAsPassword."""
    if not password:
        raise EmptyPassword()
    if password.startswith(TOKEN_PREFIX):
        raise TokenAsPassword(prefix=TOKEN_PREFIX)
    return _HASHER.hash(_bytes(password))


@dataclass(slots=True, eq=False)
class _Check(Turn):
    """A pair to be hashed, and all who wait for the outcome."""

    pair: bytes = b""
    user: str = ""
    version: int = 0
    kept: str | None = None
    password: str = field(default="", repr=False)
    paid: bool = False  # a failure counts against the user at this address
    waiting: list[Future[bool]] = field(default_factory=list)


class Passwords:
    """Checks pairs. clock: seconds, only ever forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(WORKERS, "passwords")
        self._key = secrets.token_bytes(32)
        self._verified = _Remembered(REMEMBERED)
        self._failed = _Remembered(REFUSED)
        self._failures = Failures()
        self._traces: dict[str, tuple[int, bytes]] = {}  # user → credential's version, trace of its password
        self._queue: FairQueue[_Check] = FairQueue(QUEUE)
        self._free = WORKERS
        self._under_way: dict[bytes, _Check] = {}  # one check for all who sent the same pair meanwhile
        self._nobody = hashed(secrets.token_urlsafe())  # what unknown users are checked against

    def check(self, user: str, version: int, kept: str | None, password: str, address: str) -> bool | Future[bool]:
        """Whether `password` is the user's: at once when the pair is remembered, else in a future.

        version: of the user's credential, so that a remembered pair ends with it; kept: the stored hash, None for an
        unknown user or one without a password, who is refused after the same work; address: where it comes from. After
        too many failures of the user at that address the answer is False, unseen. Never blocks. Raises Busy, or the
        future does, and ShuttingDown.
        """
        pair = self._pair(user, version, kept is not None, password)
        with self._lock:
            now = self._clock()
            if self._verified.holds(pair, now):
                return True
            if self._failed.holds(pair, now):
                return False
            answer: Future[bool] = Future()
            same = self._under_way.get(pair)
            if same is not None:
                same.waiting.append(answer)
                return answer
            source = source_of(address)
            # A password that was right last time is looked at again whatever others guess from the same address.
            known = self._traces.get(user) == (version, pair[:TRACE])
            paid = not known
            if paid and not self._failures.pay(user, source, now):
                return False
            rank = Rank.KNOWN if known else Rank.ROOT if user == ROOT else Rank.OTHER
            check = _Check(rank, source, pair=pair, user=user, version=version, kept=kept, password=password, paid=paid)
            check.waiting.append(answer)
            left = self._begin(check)
        if left is not None:
            _settle(left.waiting, Busy(what="too many passwords are being checked"))
        return answer

    def expect(self, user: str, version: int, password: str) -> None:
        """The user has this password from now on: it is hashed when it comes, whatever is guessed meanwhile."""
        pair = self._pair(user, version, True, password)
        with self._lock:
            self._traces[user] = (version, pair[:TRACE])

    def waiting(self) -> int:
        """Different pairs that are being checked or wait for it."""
        with self._lock:
            return len(self._under_way)

    def close(self) -> None:
        """Finish what is under way. Safe to call twice."""
        self._pool.shutdown()

    def _begin(self, check: _Check) -> _Check | None:
        """Give a check to a free thread, or queue it; the one that has to leave for it, if any. Raises ShuttingDown."""
        left: _Check | None = None
        if self._free:
            try:
                self._pool.submit(self._work, check)
            except RuntimeError:  # the pool is closed
                raise ShuttingDown() from None
            self._free -= 1
        else:
            left = self._queue.enter(check)
        self._under_way[check.pair] = check
        if left is not None:
            del self._under_way[left.pair]
            if left.paid:
                self._failures.pay_back(left.user, left.source)
        return left

    def _work(self, check: _Check | None) -> None:
        """Hash one check after the other until none waits."""
        while check is not None:
            outcome: bool | Exception
            try:
                outcome = matches(check.kept or self._nobody, check.password) and check.kept is not None
            except Exception as unforeseen:  # given to those who wait, who would else wait for ever
                outcome = unforeseen
            with self._lock:
                del self._under_way[check.pair]
                if outcome is True:
                    self._verified.add(check.pair, self._clock())
                    self._traces[check.user] = (check.version, check.pair[:TRACE])
                elif outcome is False:
                    self._failed.add(check.pair, self._clock())
                if check.paid and outcome is not False:
                    self._failures.pay_back(check.user, check.source)
                done, check = check, self._queue.next()
                self._free += check is None
            _settle(done.waiting, outcome)

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


def _settle(waiting: Sequence[Future[bool]], outcome: bool | Exception) -> None:
    """Tell all who wait and have not left."""
    for answer in waiting:
        if not answer.set_running_or_notify_cancel():
            continue
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)


def matches(kept: str, password: str) -> bool:
    """Whether a kept hash is the password's; takes 20 ms."""
    try:
        return _HASHER.verify(kept, _bytes(password))
    except VerificationError:  # a wrong password; a damaged hash (InvalidHashError) is no such thing and is raised
        return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # JSON or a literal may give half a surrogate pair
