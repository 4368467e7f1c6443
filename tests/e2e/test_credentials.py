"""Every endpoint × every sort of credentials (issue line 1.20)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

import duckdb
import httpx
import pytest

from tests.e2e.server import ROOT_PASSWORD, Server, basic, wait_until

PASSWORDS = {"colon": "a:b:c", "umlaut": "pässwörd 中文", "plain": "secret99"}

# endpoint → (method, path, body, code of a refusal, keys of the body)
ENDPOINTS = {
    "login": ("GET", "/restapi/login", "", -1, ["code", "desc"]),
    "ddl": ("POST", "/restapi/ddl", "CREATE DATABASE nothing_ran", -1, ["code", "desc", "time"]),
    "insert": (
        "POST",
        "/restapi/insert",
        "INSERT INTO nothing VALUES (1)",
        -1,
        ["code", "desc", "rows", "notice", "time"],
    ),
    "query": ("POST", "/restapi/query", "SHOW DATABASES", 401, ["code", "desc", "time", "column_meta", "data", "rows"]),
    "telegraf": ("POST", "/restapi/telegraf", "m,t=1 v=1 1", 500, ["code", "desc", "rows", "time"]),
    "session": ("GET", "/restapi/session", "", -1, ["code", "desc"]),
    "session-delete": ("DELETE", "/restapi/session", "0339f5b5-c492-11ee-a7c9-000c29066670", -1, ["code", "desc"]),
}


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, str]]]:
    """A server and tokens that must not open it."""
    server = Server(tmp_path_factory.mktemp("credentials") / "data").start()
    other = Server(tmp_path_factory.mktemp("other") / "data").start()
    for name, password in PASSWORDS.items():
        server.ddl(f"CREATE USER {name} PASSWORD '{password}'")
    revoked = server.login("plain", PASSWORDS["plain"])
    changed = server.login("colon", PASSWORDS["colon"])
    server.ddl(f"ALTER USER colon WITH PASSWORD '{PASSWORDS['colon']}'")
    identifier = next(
        s["SessionId"]
        for s in server.send("GET", "/restapi/session", Username="root", Password=ROOT_PASSWORD).json()["session"]
        if s["Username"] == "plain"
    )
    server.send("DELETE", "/restapi/session", identifier, Username="root", Password=ROOT_PASSWORD)
    secret = base64.b64decode(server.login("umlaut", PASSWORDS["umlaut"])).decode().split(":")[1]
    expired = server.login()
    _age_sessions(server)
    made = {
        "none": "",
        "expired": "Basic " + expired,
        "empty": "Basic",
        "wrong password": "Basic " + basic("root", "wrong"),
        "no such user": "Basic " + basic("nobody", "wrong"),
        "revoked": "Basic " + revoked,
        "password changed": "Basic " + changed,
        "another user's secret": "Basic " + basic("root", secret),
        "token of another server": "Basic " + other.login(),
        "wrong scheme": "Digest " + basic("root", ROOT_PASSWORD),
        "not base64": "Basic !!!",
        "no colon": "Basic " + base64.b64encode(b"root").decode(),
        "made-up secret": "Basic " + basic("root", "kwr1_" + "A" * 43),
    }
    yield server, made
    other.stop()
    assert server.stop() == 0


def _age_sessions(server: Server) -> None:
    """Two hours pass for every session: the file is changed while the server is down."""
    assert server.stop() == 0
    with duckdb.connect(server.data / "kwrest.duckdb") as con:
        con.execute('UPDATE kwrest.kwrest."sessions" SET "last_used" = "last_used" - INTERVAL 2 HOURS')
    server.restart()


KINDS = (
    "none", "expired", "empty", "wrong password", "no such user", "revoked", "password changed", "another user's secret",
    "token of another server", "wrong scheme", "not base64", "no colon", "made-up secret",
)  # fmt: skip


def _send(server: Server, endpoint: str, headers: dict[str, str] | list[tuple[str, str]]) -> httpx.Response:
    method, path, body, _, _ = ENDPOINTS[endpoint]
    pairs = headers.items() if isinstance(headers, dict) else headers
    given = [(name.encode(), value.encode()) for name, value in pairs]
    return server.http.request(method, path, headers=given, content=body.encode())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_refused(tokens: tuple[Server, dict[str, str]], endpoint: str, kind: str) -> None:
    server, made = tokens
    answer = _send(server, endpoint, {"Authorization": made[kind]} if made[kind] else {})
    _, _, _, code, keys = ENDPOINTS[endpoint]
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"] == 'Basic realm="kwrest", charset="UTF-8"'
    assert (answer.json()["code"], list(answer.json())) == (code, keys)


def test_nothing_of_it_ran(tokens: tuple[Server, dict[str, str]]) -> None:
    server, _ = tokens
    assert "nothing_ran" not in str(server.rows("SHOW DATABASES"))


def _pair(user: str, password: str) -> dict[str, str]:
    return {"Username": user, "Password": password}


GOOD: dict[str, Callable[[Server], dict[str, str]]] = {
    "headers": lambda s: _pair("plain", PASSWORDS["plain"]),
    "headers, colon": lambda s: _pair("colon", PASSWORDS["colon"]),
    "headers, not ASCII": lambda s: _pair("umlaut", PASSWORDS["umlaut"]),
    "basic password": lambda s: {"Authorization": "Basic " + basic("plain", PASSWORDS["plain"])},
    "basic password, colon": lambda s: {"Authorization": "Basic " + basic("colon", PASSWORDS["colon"])},
    "basic password, not ASCII": lambda s: {"Authorization": "Basic " + basic("umlaut", PASSWORDS["umlaut"])},
    "basic token": lambda s: {"Authorization": "Basic " + s.login()},
    "bearer token": lambda s: {"Authorization": "Bearer " + s.login()},
    "token token": lambda s: {"Authorization": "Token " + s.login()},
    "scheme in lower case": lambda s: {"Authorization": "basic " + s.login()},
}


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("endpoint", ["login", "query", "session"])
def test_accepted(tokens: tuple[Server, dict[str, str]], endpoint: str, kind: str) -> None:
    server, _ = tokens
    answer = _send(server, endpoint, GOOD[kind](server))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "Basic " + basic("root", ROOT_PASSWORD))] * 2,
        [("Username", "root"), ("Username", "root"), ("Password", ROOT_PASSWORD)],
        # With two forms Authorization counts, without fall-back.
        [("Authorization", "Basic " + basic("root", "wrong")), ("Username", "root"), ("Password", ROOT_PASSWORD)],
        [("Username", "root")],
        [("Password", ROOT_PASSWORD)],
    ],
)
def test_ambiguous_credentials_are_refused(
    tokens: tuple[Server, dict[str, str]], headers: list[tuple[str, str]]
) -> None:
    server, _ = tokens
    assert _send(server, "query", headers).status_code == 401


def test_a_token_ends_with_its_user(server: Server) -> None:
    server.ddl("CREATE USER guest PASSWORD 'guesting'")
    token = server.login("guest", "guesting")
    assert server.post("query", "SHOW DATABASES", token=token).status_code == 200
    server.ddl("DROP USER guest")
    assert server.post("query", "SHOW DATABASES", token=token).status_code == 401


def test_a_token_outlives_a_restart_and_a_kill(server: Server) -> None:
    token = server.login()
    server.kill()
    server.restart()
    assert server.query("select 1", token=token)["data"] == [[1]]
    assert server.stop() == 0
    server.restart()
    assert server.query("select 1", token=token)["data"] == [[1]]


def test_the_lifetime_acts_at_once(server: Server) -> None:
    server.ddl(f"SET CLUSTER SETTING server.rest.timeout = {2**63 - 1}")
    token = server.login()
    session = server.send("GET", "/restapi/session", Authorization=f"Basic {token}").json()["session"][-1]
    assert session["ExpirationTime"] == "9999-12-31 23:59:59"
    server.ddl("SET CLUSTER SETTING server.rest.timeout = 1")
    session = server.send("GET", "/restapi/session", Authorization=f"Basic {token}").json()["session"][-1]
    assert session["MaxLifeTime"] == 60
    for value in ("0", "-1", str(2**63), "'x'"):
        assert server.post("ddl", f"SET CLUSTER SETTING server.rest.timeout = {value}").status_code == 500


def test_no_secret_reaches_the_log(server: Server) -> None:
    server.ddl("CREATE USER quiet PASSWORD 'verysecret1'")
    token = server.login("quiet", "verysecret1")
    server.post("query", "select nonsense", token=token)
    server.post("ddl", "ALTER USER quiet WITH PASSWORD 'verysecret2' nonsense")
    wait_until(lambda: server.log.count("/restapi/") >= 4)
    assert server.stop() == 0
    for secret in ("verysecret1", "verysecret2", token, base64.b64decode(token).decode().split(":")[1], ROOT_PASSWORD):
        assert secret not in server.log
