"""Checking passwords: what is remembered, for how long, how many wait, and that nobody is told who exists."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait

import pytest

from kwrest.access import passwords
from kwrest.access.passwords import QUEUE, WORKERS, Passwords, hashed
from kwrest.errors import Busy, EmptyPassword, KwrestError, ShuttingDown, TokenAsPassword
from tests.access.conftest import HERE, Clock, done

KEPT = hashed("right")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def checks(clock: Clock) -> Iterator[Passwords]:
    made = Passwords(clock.seconds)
    yield made
    made.close()


@pytest.mark.parametrize(
    "password, error, text",
    [
        ("", EmptyPassword, "empty passwords are not permitted"),
        ("kwr1_", TokenAsPassword, "a password must not begin with kwr1_"),
        ("kwr1_" + "a" * 43, TokenAsPassword, "a password must not begin with kwr1_"),
    ],
)
def test_what_may_not_be_a_password(password: str, error: type[KwrestError], text: str) -> None:
    with pytest.raises(error) as refused:
        hashed(password)
    assert refused.value.message == text


def test_a_hash_is_argon2id_with_a_salt_of_its_own() -> None:
    assert hashed("right") != KEPT and KEPT.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("password, right, seconds", [("right", True, 300), ("wrong", False, 30)])
def test_a_checked_pair_is_remembered_for_a_while(
    checks: Passwords, clock: Clock, password: str, right: bool, seconds: int
) -> None:
    first = checks.check("u", 1, KEPT, password, HERE)
    assert isinstance(first, Future) and first.result(30) is right
    clock.now += seconds * 10**9 - 1000
    assert checks.check("u", 1, KEPT, password, HERE) is right
    clock.now += 2000
    assert isinstance(checks.check("u", 1, KEPT, password, HERE), Future), "and not longer, though it was asked for"


@pytest.mark.parametrize(
    "user, version, kept, password",
    [("v", 1, KEPT, "right"), ("u", 2, KEPT, "right"), ("u", 1, None, "right"), ("u", 1, KEPT, "right "), ("u", 11, KEPT, "right")],
    ids=list(range(5)),
)  # fmt: skip
def test_no_other_pair_is_taken_for_it(
    checks: Passwords, user: str, version: int, kept: str | None, password: str
) -> None:
    assert done(checks.check("u", 1, KEPT, "right", HERE))
    assert isinstance(checks.check(user, version, kept, password, HERE), Future)


def test_whoever_is_unknown_is_checked_against_a_hash_like_all_others(
    checks: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    matches = passwords.matches

    def watched(kept: str, password: str) -> bool:
        seen.append(kept)
        return matches(kept, password)

    monkeypatch.setattr(passwords, "matches", watched)
    assert not done(checks.check("nobody", 0, None, "guess", HERE))
    assert not done(checks.check("u", 1, KEPT, "guess", HERE))
    assert [kept.rpartition("$")[0].rpartition("$")[0] for kept in seen] == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


def test_the_queue_is_bounded_and_one_pair_is_checked_once(checks: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, calls = threading.Event(), []

    def slow(kept: str, password: str) -> bool:
        calls.append(password)
        go_on.wait(30)
        return password == "0"

    monkeypatch.setattr(passwords, "matches", slow)
    asked = [checks.check(f"u{n}", 1, KEPT, str(n), HERE) for n in range(WORKERS + QUEUE)]
    with pytest.raises(Busy):
        done(checks.check("u", 1, KEPT, "one more", HERE))
    same = [checks.check("u0", 1, KEPT, "0", HERE) for _ in range(200)]
    first = same[0]
    assert isinstance(first, Future) and first.cancel(), "of one who leaves, the others know nothing"
    go_on.set()
    assert [done(a) for a in asked] == [True] + [False] * (WORKERS + QUEUE - 1)
    assert all(done(a) for a in same[1:])
    assert sorted(calls) == sorted({str(n) for n in range(WORKERS + QUEUE)})


def test_remembered_pairs_are_answered_while_the_queue_is_full(
    checks: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert done(checks.check("root", 1, KEPT, "right", HERE))
    go_on = threading.Event()
    monkeypatch.setattr(passwords, "matches", lambda kept, password: go_on.wait(30))
    for n in range(WORKERS + QUEUE):
        checks.check(f"u{n}", 1, KEPT, str(n), HERE)
    assert checks.check("root", 1, KEPT, "right", HERE) is True
    go_on.set()


def test_guesses_push_no_verified_pair_out(checks: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PAIRS", 10)
    assert done(checks.check("u", 1, KEPT, "right", HERE))
    monkeypatch.setattr(passwords, "matches", lambda kept, password: False)
    for n in range(50):
        done(checks.check(f"u{n}", 1, KEPT, str(n), HERE))
    assert checks.check("u", 1, KEPT, "right", HERE) is True
    assert isinstance(checks.check("u0", 1, KEPT, "0", HERE), Future), "the oldest failure was let go"


def test_a_damaged_hash_lets_nobody_in_and_is_told_to_who_waits(checks: Passwords) -> None:
    asked = checks.check("u", 1, "damaged", "right", HERE)
    assert isinstance(asked, Future)
    wait([asked], 30)
    assert asked.exception() is not None


def test_after_the_end_nothing_is_checked(checks: Passwords) -> None:
    checks.close()
    with pytest.raises(ShuttingDown):
        checks.check("u", 1, KEPT, "right", HERE)
    checks.close()
