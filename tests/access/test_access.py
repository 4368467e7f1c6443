"""Who gets in: passwords and tokens, and what may happen while they are checked."""

from __future__ import annotations

import threading
from base64 import b64decode
from collections.abc import Callable

import pytest

from kwrest.access.credentials import Pair, Token
from kwrest.engines.base import Change, Changed
from kwrest.errors import (
    BadCredentials,
    BadToken,
    EngineRestarting,
    ShuttingDown,
)
from kwrest.model import Request, User
from kwrest.sql.definitions import DropUsers
from kwrest.system import SESSIONS, USERS
from tests.access.conftest import HERE, ROOT_PASSWORD, Server, done, new_password, refused, token_of

MakeServer = Callable[..., Server]


# ---------------------------------------------------------------- passwords


@pytest.mark.parametrize("user", ["root", "ROOT", "Root"])
@pytest.mark.parametrize("header", [True, False])
def test_the_right_password_lets_in(shared_server: Server, user: str, header: bool) -> None:
    assert shared_server.who(Pair(user, ROOT_PASSWORD, header)) == User("root", admin=True, createrole=True, id=1)


@pytest.mark.parametrize(
    "user, password",
    [
        ("root", "wrong"),
        ("root", ""),
        ("root", ROOT_PASSWORD + " "),
        ("root", ROOT_PASSWORD.upper()),
        ("nobody", ROOT_PASSWORD),
        ("nobody", ""),
        ("", ""),
        ("admin", ROOT_PASSWORD),
        ("admin", ""),
        ("public", ""),
        ("mute", ""),
        ("mute", "None"),
        ("root\0", ROOT_PASSWORD),
        ("root", ROOT_PASSWORD + "\0"),
    ],
)
def test_a_wrong_pair_stays_out_the_first_and_the_second_time(shared_server: Server, user: str, password: str) -> None:
    server = shared_server
    if user == "mute":
        server.user("mute", None)
    for _ in range(2):
        assert refused(server, Pair(user, password, header=True)) is BadCredentials
        assert refused(server, Pair(user, password, header=False)) is BadToken
        with pytest.raises(BadCredentials):
            done(server.access.login(Pair(user, password, header=False), HERE))
    if user == "mute":
        server.do(DropUsers(("mute",), False, ()))


@pytest.mark.parametrize("password", ["a:b:c", "/@^#%", "pässwörd", "密码", "x" * 5000, " blank ", "\\'\""])
def test_any_password_works(server: Server, password: str) -> None:
    server.user("u", password)
    assert server.who(Pair("u", password, header=True)).name == "u"
    assert server.who(server.login("u", password)).name == "u"


def test_no_credential_at_all(server: Server) -> None:
    with pytest.raises(BadToken, match=r"^Incorrect authentication token$"):
        server.access.authenticate(None, HERE)
    with pytest.raises(BadCredentials, match=r"^the provided username and password did not match any credentials"):
        server.access.login(None, HERE)


def test_a_changed_password_holds_at_once(server: Server) -> None:
    server.user("u", "old")
    assert server.who(Pair("u", "old", header=True)).name == "u"
    assert refused(server, Pair("u", "new", header=True)) is BadCredentials
    server.do(new_password("u", "new"))
    assert refused(server, Pair("u", "old", header=True)) is BadCredentials
    assert server.who(Pair("u", "new", header=True)).name == "u"


def test_no_password_and_no_token_is_kept_in_clear(server: Server) -> None:
    server.user("u", "very secret")
    token = server.login("u", "very secret")
    secret = b64decode(token).decode().partition(":")[2]
    kept = [str(server.engine.read_system(table)) for table in (USERS, SESSIONS)]
    kept += [p.read_bytes().decode("latin-1") for p in server.data.rglob("*") if p.is_file()]
    assert not [text for text in kept if "very secret" in text or secret in text or token in text]
    assert str(server.engine.read_system(USERS)["password"]).count("$argon2id$v=19$m=19456,t=2,p=1$") == 2


# ---------------------------------------------------------------- tokens


def test_a_token_has_the_seeds_form_and_gives_no_password_away(server: Server) -> None:
    token = server.login()
    user, _, secret = b64decode(token, validate=True).decode().partition(":")
    assert user == "root" and secret.startswith("kwr1_") and len(secret) == 48
    assert server.login() != token


def test_login_with_a_valid_token_answers_that_token(server: Server) -> None:
    token = server.login()
    secret = b64decode(token).decode().partition(":")[2]
    assert server.access.login(Token("root", secret, header=False), HERE) == token
    assert len(server.access.list_sessions(User("root"))) == 1
    with pytest.raises(BadToken):
        server.access.login(Token("root", secret + "x", header=False), HERE)


def test_only_logins_by_password_make_sessions(server: Server) -> None:
    for _ in range(3):
        server.who(Pair("root", ROOT_PASSWORD, header=True))
    assert server.access.list_sessions(User("root")) == []


def test_a_token_of_anyone_elses_is_refused(server: Server) -> None:
    server.user("u")
    secret = b64decode(server.login("u", "secret")).decode().partition(":")[2]
    stored = str(server.engine.read_system(SESSIONS)["secret"][0])
    for wrong in (
        token_of("root", secret),
        token_of("", secret),
        token_of("u", secret[:-1]),
        token_of("u", secret + "a"),
        token_of("u", secret.swapcase()),
        token_of("u", "kwr1_"),
        token_of("u", "kwr1_" + stored),
        token_of("u", stored),
    ):
        assert refused(server, wrong) is BadToken
    assert server.who(token_of("U", secret)).name == "u"


def test_a_token_of_another_server_is_refused(server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Server(tmp_path_factory.mktemp("other"), server.clock)
    other.start()
    try:
        assert refused(server, other.login()) is BadToken
    finally:
        other.stop()


# ---------------------------------------------------------------- what happens in between


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda s: s.do(DropUsers(("u",), False, ())),
        lambda s: s.do(new_password("u", "other")),
        lambda s: (s.do(DropUsers(("u",), False, ())), s.user("u", "secret")),
    ],
)
def test_a_password_that_changed_while_it_was_checked_lets_nobody_in(
    server: Server, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Server], None]
) -> None:
    server.user("u", "secret")
    go_on = threading.Event()
    monkeypatch.setattr("kwrest.access.passwords.matches", lambda kept, password: go_on.wait(30))
    asked = server.access.authenticate(Pair("u", "secret", header=True), HERE)
    login = server.access.login(Pair("u", "secret", header=True), HERE)
    meanwhile(server)
    go_on.set()
    for answer in (asked, login):
        with pytest.raises(BadCredentials):
            done(answer)
    assert server.engine.read_system(SESSIONS)["id"] == []


def test_a_session_that_was_being_made_when_its_user_went_is_worth_nothing(server: Server) -> None:
    server.user("u", "secret")
    account = server.access._now.accounts["u"]
    server.do(new_password("u", "other"))
    secret = server.access._sessions.open(account).result(30)
    assert refused(server, token_of("u", secret)) is BadToken
    server.access.upkeep()
    assert server.engine.read_system(SESSIONS)["id"] == []


def test_logins_at_once_each_get_a_session_of_their_own(server: Server) -> None:
    server.login()
    asked = [server.access.login(Pair("root", ROOT_PASSWORD, header=True), HERE) for _ in range(50)]
    tokens = {done(token) for token in asked}
    assert len(tokens) == 50 and all(server.who(token).name == "root" for token in tokens)
    assert len({str(s["SessionId"]) for s in server.access.list_sessions(User("root"))}) == 51


def test_a_change_whose_answer_was_lost_is_read_from_the_file(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine dies in the middle of the commit: what it stored counts, whatever it said."""
    change = server.engine.change

    def lost(steps: Change, request: Request) -> Changed:
        change(steps, request)
        raise EngineRestarting()

    server.user("u", "old")
    token = server.login("u", "old")
    with monkeypatch.context() as patch:
        patch.setattr(server.engine, "change", lost)
        with pytest.raises(EngineRestarting):
            server.do(new_password("u", "new"))
        with pytest.raises(EngineRestarting):
            server.database("shop")
        with pytest.raises(EngineRestarting):
            server.set("server.rest.timeout", 5)
    assert server.settings.number("server.rest.timeout") == 5
    assert refused(server, token) is BadToken
    assert refused(server, Pair("u", "old", header=True)) is BadCredentials
    assert server.who(Pair("u", "new", header=True)).name == "u"
    shop = server.catalog.database("shop")
    assert shop is not None and server.table("t").id > shop.id


def test_after_the_end_nobody_gets_in_anew(make_server: MakeServer) -> None:
    server = make_server()
    server.start()
    server.login()
    server.access.close()
    server.access.close()
    for said in (Pair("root", ROOT_PASSWORD, header=True), Pair("root", "x", header=True)):
        with pytest.raises(ShuttingDown):
            done(server.access.login(said, HERE))
    server.engine.close()
