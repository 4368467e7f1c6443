"""Guessing is slow, and nobody who knows the password is kept waiting for it (contract A5)."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from kwrest.access import passwords
from kwrest.access.passwords import QUEUE, REMEMBERED, WORKERS, Passwords
from kwrest.access.throttle import BURST, EVERY, FairQueue, Rank, Turn, source_of
from kwrest.errors import Busy
from tests.access.conftest import Clock, done

HERE, THERE = "192.0.2.1", "198.51.100.7"


class Hashing:
    """Stands for argon2: says what was looked at; `go_on` unset holds it up. A password is right when it says `right`."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, kept: str, password: str) -> bool:
        self.go_on.wait(30)
        self.seen.append(password)
        return password == "right"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Hashing:
    made = Hashing()
    monkeypatch.setattr(passwords, "matches", made)
    return made


@pytest.fixture
def checks(clock: Clock, hashing: Hashing) -> Iterator[Passwords]:
    made = Passwords(clock.seconds)
    yield made
    hashing.go_on.set()
    made.close()


def guess(checks: Passwords, user: str, address: str, count: int, known: bool = True) -> None:
    for n in range(count):
        assert done(checks.check(user, 1, "kept" if known else None, f"guess {n}", address)) is False


@pytest.mark.parametrize("known", [True, False], ids=["a user", "nobody"])
def test_after_some_failures_a_user_is_refused_at_that_address_unseen(
    checks: Passwords, hashing: Hashing, clock: Clock, known: bool
) -> None:
    guess(checks, "ann", HERE, BURST, known)
    assert len(hashing.seen) == BURST
    assert checks.check("ann", 1, "kept", "one more", HERE) is False
    assert checks.check("ann", 1, "kept", "right", HERE) is False, "at once, whatever it is"
    assert len(hashing.seen) == BURST
    clock.now += int(EVERY * 10**9) + 1
    assert not done(checks.check("ann", 1, "kept", "one more", HERE)), "with time one more is looked at"
    assert len(hashing.seen) == BURST + 1
    assert checks.check("ann", 1, "kept", "and one", HERE) is False
    assert len(hashing.seen) == BURST + 1


@pytest.mark.parametrize("user, address", [("root", THERE), ("bob", HERE)])
def test_who_is_somewhere_else_or_somebody_else_is_looked_at(checks: Passwords, user: str, address: str) -> None:
    guess(checks, "root", HERE, 5 * BURST)
    assert done(checks.check(user, 1, "kept", "right", address)) is True


@pytest.mark.parametrize("later", [0, REMEMBERED + 1], ids=["remembered", "after five minutes"])
def test_a_password_that_was_right_is_taken_while_others_guess_from_the_same_address(
    checks: Passwords, clock: Clock, later: float
) -> None:
    assert done(checks.check("root", 1, "kept", "right", THERE))
    clock.now += int(later * 10**9)
    guess(checks, "root", HERE, 5 * BURST)
    assert done(checks.check("root", 1, "kept", "right", HERE)) is True
    assert done(checks.check("root", 2, "kept", "right", HERE)) is False, "until the credential changes"


def test_a_password_that_was_just_set_is_looked_at_whatever_was_guessed(checks: Passwords) -> None:
    guess(checks, "root", HERE, 5 * BURST)
    checks.expect("root", 2, "right")
    assert done(checks.check("root", 2, "kept", "right", HERE)) is True


def test_right_passwords_are_no_failures(checks: Passwords, clock: Clock) -> None:
    for version in range(5 * BURST):  # each a credential of its own: none is remembered
        assert done(checks.check("ann", version, "kept", "right", HERE)) is True


def test_tries_under_way_are_paid_for(checks: Passwords, hashing: Hashing) -> None:
    hashing.go_on.clear()
    asked = [checks.check("ann", 1, "kept", str(n), HERE) for n in range(50)]
    hashing.go_on.set()
    assert [done(a) for a in asked] == [False] * 50
    assert len(hashing.seen) == BURST


def test_who_was_turned_away_by_a_full_queue_has_not_failed(checks: Passwords, hashing: Hashing) -> None:
    hashing.go_on.clear()
    for n in range(WORKERS + QUEUE):
        checks.check(f"u{n}", 1, "kept", "guess", HERE)
    for n in range(5 * BURST):
        with pytest.raises(Busy):
            done(checks.check("late", 1, "kept", f"guess {n}", HERE))
    hashing.go_on.set()
    assert checks.check("late", 1, "kept", "right", HERE) is not False


@pytest.mark.parametrize(
    "user, address, served_within",
    [
        ("root", HERE, 2),  # from the flood's own address: the name everybody knows goes first
        ("ann", THERE, 2),  # from another: addresses take turns
        ("known", HERE, 1),  # a password that was right goes first of all
    ],
)
def test_a_flood_of_many_names_waits_behind_itself(
    checks: Passwords, hashing: Hashing, clock: Clock, user: str, address: str, served_within: int
) -> None:
    if user == "known":
        done(checks.check(user, 1, "kept", "right", THERE))
        clock.now += int(REMEMBERED * 10**9)
    hashing.seen.clear()
    hashing.go_on.clear()
    flood = [checks.check(f"u{n}", 1, "kept", f"guess {n}", HERE) for n in range(200)]
    late = checks.check(user, 1, "kept", "right", address)
    hashing.go_on.set()
    assert done(late) is True
    assert hashing.seen.index("right") <= WORKERS + served_within
    turned_away = 0
    for answer in flood:
        try:
            done(answer)
        except Busy:
            turned_away += 1
    assert turned_away == 200 - WORKERS - QUEUE + 1


@pytest.mark.parametrize(
    "arrivals, order",
    [
        (["a1 A", "a2 A", "a3 A", "b1 B"], "a1 b1 a2 a3"),
        (["a1 A", "a2 A", "b1 B", "b2 B", "c1 C"], "a1 b1 c1 a2 b2"),
        (["a1 A", "root A root", "b1 B", "mine A known"], "mine root a1 b1"),
        (["a1 A", "a2 A", "a3 A", "a4 A", "a5 A", "a6 A"], "a1 a2 a3 a4 a5"),
        (["a1 A", "a2 A", "a3 A", "a4 A", "a5 A", "b1 B"], "a1 b1 a2 a3 a4"),
    ],
)
def test_turns(arrivals: list[str], order: str) -> None:
    """Who comes is `name source [rank]`; a queue of 5."""

    class Named(Turn):
        name = ""

    queue: FairQueue[Named] = FairQueue(5)
    for arrival in arrivals:
        name, source, *rank = arrival.split()
        turn = Named(Rank[rank[0].upper()] if rank else Rank.OTHER, source)
        turn.name = name
        queue.enter(turn)
    assert [turn.name for turn in iter(queue.next, None)] == order.split()


def test_who_comes_later_is_not_behind_all_that_was_served_before() -> None:
    queue: FairQueue[Turn] = FairQueue(64)
    for _ in range(60):
        queue.enter(Turn(Rank.OTHER, "A"))
    for _ in range(40):
        queue.next()
    queue.enter(b := Turn(Rank.OTHER, "B"))
    assert b in (queue.next(), queue.next())


def test_who_comes_again_and_again_lets_others_through() -> None:
    queue: FairQueue[Turn] = FairQueue(64)
    waiting = [Turn(Rank.OTHER, "A") for _ in range(3)]
    for turn in waiting:
        queue.enter(turn)
    served: list[Turn | None] = [None]
    for _ in range(8):
        if served[-1] not in waiting:
            queue.enter(Turn(Rank.OTHER, "B"))
        served.append(queue.next())
    assert set(waiting) <= set(served)


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::1", "::2", False),
        ("-", "-", True),
    ],
)
def test_what_one_address_is(one: str, other: str, same: bool) -> None:
    assert (source_of(one) == source_of(other)) is same
