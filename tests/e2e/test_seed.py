"""Every example of the seed, with curl (examples/seed.sh) and once more with an HTTP library."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.seed_answers import ANSWERS, same
from tests.e2e.server import ROOT_PASSWORD, Server

SCRIPT = Path(__file__).parents[2] / "examples" / "seed.sh"


class Played(NamedTuple):
    """One request of the script and the answer curl printed."""

    curl: list[str]
    status: int
    body: object


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that only these examples share: one of them lists all sessions there are."""
    server = Server(tmp_path_factory.mktemp("seed") / "data").start()
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def played(seeded: Server) -> dict[str, Played]:
    """What examples/seed.sh prints, by the name of the example."""
    run = subprocess.run(
        [SCRIPT, str(seeded.data)], capture_output=True, text=True, timeout=110,
        env={"PATH": "/usr/bin:/bin", "KWREST_PASSWORD": ROOT_PASSWORD},
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    return dict(_parts(run.stdout))


def _parts(output: str) -> Iterator[tuple[str, Played]]:
    for part in output.split("\n### ")[1:]:
        name, command, status, body = part.split("\n", 3)
        yield name, Played(shlex.split(command.removeprefix("$ ")), int(status.removeprefix("HTTP ")), json.loads(body))


def test_the_script_plays_every_example(played: dict[str, Played]) -> None:
    assert list(played) == list(ANSWERS)


@pytest.mark.parametrize("name", ANSWERS)
def test_curl_gets_the_seeds_answer(played: dict[str, Played], name: str) -> None:
    expected, got = ANSWERS[name], played[name]
    assert got.status == expected.status, got
    assert same(expected.body, got.body), got.body


def _request(curl: list[str]) -> tuple[str, str, dict[str, str], str]:
    """Method, URL, headers and body of one printed curl command."""
    method, headers, body, url = "GET", {}, "", ""
    words = iter(curl[1:])
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            key, _, value = next(words).partition(":")
            headers[key] = value.strip()
        elif word in ("--data-binary", "-d"):
            body = next(words)
        elif word != "-L":
            url = word
    return method, url if "://" in url else f"http://{url}", headers, body


# Requests that read and so can be sent again after the script has ended, from the state it leaves.
REPEATABLE = ("login-refused", "insert-refused", "query-failed", "telegraf-refused", "curl-login", "lifetime")


@pytest.mark.parametrize("name", REPEATABLE)
def test_an_http_library_gets_the_same(seeded: Server, played: dict[str, Played], name: str) -> None:
    method, url, headers, body = _request(played[name].curl)
    got = seeded.http.request(method, url, headers=headers, content=body.encode(), follow_redirects=True)
    assert got.status_code == ANSWERS[name].status
    assert same(ANSWERS[name].body, got.json()), got.json()


def test_an_http_library_plays_the_writing_examples(seeded: Server, played: dict[str, Played]) -> None:
    """The statements of ddl, insert, query, telegraf and session once more, in the seed's order."""
    seeded.ddl(
        "DROP TABLE IF EXISTS meters; DROP TABLE IF EXISTS wind; DROP TABLE IF EXISTS ts_table; DROP TABLE IF EXISTS mymeasurement"
    )
    between = {
        "query": (
            "CREATE TABLE ts_table (ts timestamp, id varchar(128), electricity float)",
            "INSERT INTO ts_table VALUES ('2023-07-30T06:44:40.32Z', '198352498', 0.31), "
            "('2023-07-30T06:44:41.32Z', '234758890', 0.33)",
        ),
        "telegraf-line": (
            "DROP TABLE meters; CREATE TABLE meters (ts timestamp not null, current float, voltage int, phase float) "
            "TAGS (location varchar(20) not null) PRIMARY TAGS (location)",
            "",
        ),
        "telegraf": (
            "CREATE TABLE myMeasurement (ts timestamp not null, fieldKey varchar) TAGS (tag1 varchar not null, tag2 varchar) "
            "PRIMARY TAGS (tag1)",
            "",
        ),
        "by-token": ("DROP TABLE ts_table", ""),
    }
    for name in ("ddl", "insert", "query", "telegraf-line", "telegraf", "by-token"):
        definitions, rows = between.get(name, ("", ""))
        if definitions:
            seeded.ddl(definitions)
        if rows:
            seeded.insert(rows)
        method, url, headers, body = _request(played[name].curl)
        got = seeded.http.request(method, url, headers=headers, content=body.encode())
        assert got.status_code == ANSWERS[name].status, (name, got.text)
        assert same(ANSWERS[name].body, got.json()), (name, got.json())
    assert seeded.rows("SELECT fieldkey, tag1, tag2 FROM mymeasurement") == [["fieldValue", "value1", "value2"]]


def test_an_http_library_plays_the_examples_about_users(seeded: Server, played: dict[str, Played]) -> None:
    """Login, sessions, authentication by password and the certificate chapter once more, in the seed's order."""
    seeded.ddl("DROP USER IF EXISTS rest_user; DROP TABLE IF EXISTS ts_table; DROP DATABASE IF EXISTS db1 CASCADE")
    seeded.ddl("ALTER USER kwdbuser WITH PASSWORD 'kwdbpassword'")  # ends the sessions it had
    before = {
        "session-admin": "GRANT admin TO kwdbuser",
        "by-password": "REVOKE admin FROM kwdbuser; ALTER USER kwdbuser WITH PASSWORD 'pass123'",
        "curl-query": "CREATE TS DATABASE db1; USE db1; CREATE TABLE t1 (ts timestamp not null, v int) "
        "TAGS (id int not null) PRIMARY TAGS (id); GRANT SELECT ON TABLE t1 TO rest_user",
    }
    session = ""
    for name in ("login", "session", "session-admin", "session-delete", "by-password", "create-user", "curl-query"):
        if name in before:
            seeded.ddl(before[name])
        if name == "curl-query":
            seeded.insert("INSERT INTO t1 VALUES ('2023-07-30T06:44:40.32Z', 1, 7)", "db1")
        method, url, headers, body = _request(played[name].curl)
        content = session if name == "session-delete" else body
        got = seeded.http.request(method, url, headers=headers, content=content.encode(), follow_redirects=True)
        assert got.status_code == ANSWERS[name].status, (name, got.text)
        if name == "session-admin":  # root's sessions of other tests are seen too
            answer = {**got.json(), "session": [s for s in got.json()["session"] if s["Username"] == "kwdbuser"]}
            session = answer["session"][0]["SessionId"]
        else:
            answer = got.json()
        assert same(ANSWERS[name].body, answer), (name, answer)


def test_what_the_seed_wrote_is_the_seeds_data(seeded: Server) -> None:
    seeded.ddl("DROP TABLE IF EXISTS meters")
    seeded.ddl(
        "CREATE TABLE meters (ts timestamp not null, power int) tags(location varchar not null) primary tags (location)"
    )
    seeded.insert('insert into meters values("2023-07-30T06:44:40.32Z", "198352498", "beijing")')
    assert seeded.rows("SELECT * FROM meters") == [["2023-07-30T06:44:40.32Z", 198352498, "beijing"]]
