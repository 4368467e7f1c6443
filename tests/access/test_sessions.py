"""Sessions: how long they live, what ends them, who sees them, how many there are."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable

import pytest

from kwrest.access.credentials import Pair
from kwrest.errors import BadCredentials, BadToken, NotSessionAdmin, UnknownSession
from kwrest.model import User
from kwrest.sql.definitions import DropUsers
from kwrest.system import SESSIONS
from tests.access.conftest import MINUTE, Server, new_password, refused, token_of

MakeServer = Callable[..., Server]


# ---------------------------------------------------------------- expiry


@pytest.mark.parametrize("timeout", [1, 60, 2**63 - 1])
def test_a_token_lives_as_long_as_it_is_used(server: Server, timeout: int) -> None:
    server.set("server.rest.timeout", timeout)
    token = server.login()
    for _ in range(3):
        server.clock.now += min(timeout, 10**9) * MINUTE - 1
        assert server.who(token).name == "root"
    if timeout < 10**9:
        server.clock.now += timeout * MINUTE
        assert refused(server, token) is BadToken
        assert server.access.list_sessions(User("root")) == []


def test_the_timeout_is_read_at_each_check(server: Server) -> None:
    token = server.login()
    server.clock.now += 30 * MINUTE
    server.set("server.rest.timeout", 10)
    assert refused(server, token) is BadToken
    server.set("server.rest.timeout", 31)
    assert server.who(token).name == "root"


def test_a_clock_that_goes_back_ends_nothing(server: Server) -> None:
    token = server.login()
    server.clock.now -= 1000 * MINUTE
    assert server.who(token).name == "root"


def test_a_failed_use_does_not_restart_the_clock(server: Server) -> None:
    secret = b64decode(server.login()).decode().partition(":")[2]
    server.clock.now += 59 * MINUTE
    assert refused(server, token_of("other", secret)) is BadToken
    server.clock.now += MINUTE
    assert refused(server, token_of("root", secret)) is BadToken


# ---------------------------------------------------------------- restarts


def test_a_session_survives_a_restart_with_its_last_use(make_server: MakeServer) -> None:
    server = make_server()
    server.start()
    token = server.login()
    server.clock.now += 59 * MINUTE
    server.who(token)
    server.stop()
    server.clock.now += 59 * MINUTE
    server.start()
    assert server.who(token).name == "root"
    server.clock.now += 60 * MINUTE
    server.stop()
    server.start()
    assert refused(server, token) is BadToken
    server.access.upkeep()
    assert server.engine.read_system(SESSIONS)["id"] == []
    server.stop()


def test_a_login_that_was_answered_survives_a_kill(make_server: MakeServer) -> None:
    server = make_server()
    server.start()
    token = server.login()
    server.kill()
    server.start()
    assert server.who(token).name == "root"
    server.stop()


def test_last_uses_are_stored_once_a_minute(server: Server) -> None:
    token = server.login()
    start = server.clock.now

    def stored() -> int:
        value = server.engine.read_system(SESSIONS)["last_used"][0]
        assert isinstance(value, int)
        return value - start

    for seconds, kept in [(10, 0), (59, 0), (60, 60), (61, 60), (119, 60), (121, 121)]:
        server.clock.now = start + seconds * 10**9
        server.who(token)
        server.access.upkeep()
        assert stored() == kept * 10**9, f"after {seconds} s"


# ---------------------------------------------------------------- what ends a session


@pytest.mark.parametrize(
    "end, back",
    [
        (lambda s: s.do(DropUsers(("u",), False, ())), None),
        (lambda s: s.do(DropUsers(("u",), False, ())), lambda s: s.user("u", "secret")),
        (lambda s: s.do(new_password("u", "other")), None),
        (lambda s: s.do(new_password("u", "other")), lambda s: s.do(new_password("u", "secret"))),
    ],
)
def test_a_users_end_and_a_new_password_end_the_sessions(
    make_server: MakeServer, end: Callable[[Server], None], back: Callable[[Server], None] | None
) -> None:
    server = make_server()
    server.start()
    server.user("u", "secret")
    token, pair = server.login("u", "secret"), Pair("u", "secret", header=True)
    end(server)
    assert refused(server, token) is BadToken
    assert refused(server, pair) is BadCredentials
    assert server.engine.read_system(SESSIONS)["id"] == []
    if back:
        back(server)
        assert refused(server, token) is BadToken
        assert server.who(pair).name == "u"
    server.stop()
    server.start()
    assert refused(server, token) is BadToken
    server.stop()


def test_an_admin_deletes_a_session_for_good(make_server: MakeServer) -> None:
    server = make_server()
    server.start()
    server.user("u")
    mine, other = server.login("u", "secret"), server.login()
    number = str(server.access.list_sessions(User("u"))[0]["SessionId"])
    for user in (User("u"), User("u", admin=True), User("gone", admin=True)):
        with pytest.raises(NotSessionAdmin, match=r"^do not have authority, please check.$"):
            server.access.delete_session(user, number, server.request())
    for unknown in ("", "x", number[:-1], "%", number.upper() + "'"):
        with pytest.raises(UnknownSession):
            server.access.delete_session(User("root"), unknown, server.request())
    assert server.who(mine).name == "u"
    server.access.delete_session(User("root"), f" {number}\n", server.request())
    assert refused(server, mine) is BadToken
    assert server.who(other).name == "root"
    with pytest.raises(UnknownSession, match=r"^no sessionid matching the given one was found.$"):
        server.access.delete_session(User("root"), number, server.request())
    server.kill()
    server.start()
    assert refused(server, mine) is BadToken
    server.stop()


# ---------------------------------------------------------------- the list


def test_an_admin_sees_all_sessions_and_others_their_own(server: Server) -> None:
    server.user("u")
    mine = server.login("u", "secret")
    server.clock.now += MINUTE
    token = server.login()
    server.who(token)
    all_, own = server.access.list_sessions(User("root")), server.access.list_sessions(User("u"))
    assert [(s["Username"], s["Token"]) for s in all_] == [("u", f"{mine[:8]}*"), ("root", f"{token[:8]}*")]
    assert own == [{k: v for k, v in all_[0].items() if k not in ("Username", "Token")}]
    assert list(own[0].items())[1:] == [
        ("MaxLifeTime", 3600),
        ("LastLoginTime", "2026-11-24 08:00:00"),
        ("LoginValid", True),
        ("ExpirationTime", "2026-11-24 09:00:00"),
    ]
    assert list(all_[0]) == [
        "SessionId", "Username", "Token", "MaxLifeTime", "LastLoginTime", "LoginValid", "ExpirationTime",
    ]  # fmt: skip
    server.role("admin", "u")
    assert server.access.list_sessions(User("u")) == all_
    assert server.access.list_sessions(User("nobody", admin=True)) == []


@pytest.mark.parametrize(
    "timeout, lifetime, expires",
    [
        (1, 60, "2026-11-24 08:01:00"),
        (4193446559, 251606793540, "9999-12-31 23:59:00"),
        (4193446560, 251606793600, "9999-12-31 23:59:59"),
        (2**63 - 1, 2**63 - 1, "9999-12-31 23:59:59"),
    ],
)
def test_a_long_lifetime_saturates(server: Server, timeout: int, lifetime: int, expires: str) -> None:
    server.login()
    server.set("server.rest.timeout", timeout)
    (shown,) = server.access.list_sessions(User("root"))
    assert (shown["MaxLifeTime"], shown["ExpirationTime"]) == (lifetime, expires)


def test_a_user_has_at_most_a_hundred_sessions(server: Server) -> None:
    server.user("u")
    others = server.login("u", "secret")
    tokens = []
    for _ in range(100):
        server.clock.now += 10**9
        tokens.append(server.login())
    server.clock.now += 10**9
    server.who(tokens[0])
    server.login()
    assert server.who(tokens[0]).name == "root"
    assert refused(server, tokens[1]) is BadToken
    assert server.who(tokens[2]).name == "root"
    assert server.who(others).name == "u"
    assert len(server.engine.read_system(SESSIONS)["id"]) == 101


def test_there_is_a_bound_on_all_sessions(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kwrest.access.sessions.IN_ALL", 2)
    server.user("u")
    first = server.login()
    server.clock.now += 1
    second, third = server.login("u", "secret"), server.login("u", "secret")
    assert refused(server, first) is BadToken
    assert (server.who(second).name, server.who(third).name) == ("u", "u")
