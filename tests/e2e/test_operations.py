"""The server as a process: start, health, log, memory, data directory, end."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.connection import Connection
from tests.e2e.server import ROOT_PASSWORD, Server, wait_until


def test_the_start_prints_what_a_newcomer_pastes(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", environment={"KWREST_ROOT_PASSWORD": ""}).start()
    wait_until(lambda: "outputs.http" in server.log)
    listening = [line for line in server.output if line.startswith("listening on https://")]
    assert len(listening) == 1
    for shown in (
        "root-password",
        "curl",
        "/restapi/login",
        "/restapi/insert",
        "non_retryable_statuscodes = [400, 413]",
        "omit_hostname = true",
        "EMQX",
    ):
        assert shown in server.log
    stored = server.data / "root-password"
    password = stored.read_text().strip()
    assert stored.stat().st_mode & 0o777 == 0o600 and password not in server.log
    assert server.login("root", password)
    assert server.stop() == 0


def test_pasted_lines_work(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", environment={"KWREST_ROOT_PASSWORD": ""}).start()
    wait_until(lambda: "kwrest sql --data" in server.log)
    pasted = [line.strip() for line in server.log.replace("\\\n", " ").splitlines() if line.strip().startswith("curl ")]
    assert len(pasted) == 4
    for command in pasted:
        run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
        assert json.loads(run.stdout)["code"] == 0, (command, run.stdout, run.stderr)
    assert '21.5,"d1"' in run.stdout
    assert server.stop() == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_drains_and_exits_0(server: Server, how: signal.Signals) -> None:
    server.ddl("CREATE TABLE drained (k int8)")
    body = b"INSERT INTO drained VALUES " + b", ".join(b"(%d)" % n for n in range(5000))
    running = Connection(server, server.tls())
    running.begin_insert(len(body))
    assert server.process is not None
    server.process.send_signal(how)
    assert running.finish(body) == 200
    assert server.stop(how) == 0
    server.restart()
    assert server.rows("SELECT count(*) FROM drained") == [[5000]]


def test_health_and_readiness(server: Server) -> None:
    health = server.send("GET", "/health")
    assert health.status_code == 200
    assert (health.json()["name"], health.json()["status"]) == ("kwrest", "pass")
    anyone, admin = server.send("GET", "/ready"), server.send("GET", "/ready", Username="root", Password=ROOT_PASSWORD)
    assert (anyone.status_code, admin.status_code) == (200, 200)
    assert set(anyone.json()) < set(admin.json())


@pytest.mark.parametrize("form", ["text", "json"])
def test_one_log_line_a_request(make_server: Callable[..., Server], form: str) -> None:
    server = make_server("--log-format", form)
    answer = server.post("query", "select 1")
    wait_until(lambda: answer.headers["x-request-id"] in server.log)
    line = next(line for line in server.output if answer.headers["x-request-id"] in line)
    if form == "json":
        assert {"time", "id", "user", "address", "method", "path", "status", "ms", "rows"} <= set(json.loads(line))
    for shown in ("root", "127.0.0.1", "POST", "/restapi/query", "200"):
        assert shown in line


def test_a_data_directory_in_use_names_its_holder(server: Server) -> None:
    second = _serve(server.data)
    assert second.returncode == 1 and str(server.process and server.process.pid) in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_in_use_is_said_with_the_remedy(server: Server, tmp_path: Path) -> None:
    second = _serve(tmp_path / "other", "--port", server.url.rpartition(":")[2])
    assert second.returncode == 1 and "choose another with --port or KWREST_PORT" in second.stderr, second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("FORMAT", b"kwrest duckdb layout 999999\n", "newer"),
        ("FORMAT", b"\x00garbage", "FORMAT"),
        ("kwrest.duckdb", b"this is no database" * 1000, "kwrest.duckdb"),
    ],
)
def test_a_data_directory_that_cannot_be_used(server: Server, file: str, content: bytes, said: str) -> None:
    assert server.stop() == 0
    (server.data / file).write_bytes(content)
    second = _serve(server.data)
    assert second.returncode == 78 and said in second.stderr and "Traceback" not in second.stderr, second.stderr


def _serve(data: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kwrest", "serve", "--data", str(data), "--port", "0", *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("flags", "file", "said"),
    [
        (["--nonsense", "1"], "", "--nonsense"),
        (["--port", "70000"], "", "--port"),
        ([], "nonsense = 1", "nonsense"),
        ([], 'port = "x"', "port: 'x' is not a port from 0"),
        (["--memory-limit", "lots"], "", "'lots' is not a size such as 64MiB"),
        (["--threads", "two"], "", "'two' is not a whole number from 1"),
        ([], "port = [", "kwrest.toml"),
        (["--config", "nowhere.toml"], "", "nowhere.toml: there is no such file; `kwrest serve --example-config`"),
        (["--engine", "oracle:"], "", "oracle"),
    ],
)
def test_a_wrong_configuration_is_refused_by_name(tmp_path: Path, flags: list[str], file: str, said: str) -> None:
    if file:
        (tmp_path / "kwrest.toml").write_text(file)
        flags = ["--config", str(tmp_path / "kwrest.toml")]
    run = _serve(tmp_path / "data", *flags)
    assert run.returncode != 0 and said in run.stderr and "Traceback" not in run.stderr, run.stderr


def test_an_unknown_variable_is_only_warned_about(make_server: Callable[..., Server]) -> None:
    server = make_server(KWREST_NONSENSE="1")
    assert "KWREST_NONSENSE" in server.log


def test_a_query_that_is_too_big_fails_alone(make_server: Callable[..., Server]) -> None:
    server = make_server("--memory-limit", "150MB", "--spill-limit", "1MB")
    server.ddl("CREATE TABLE big (k int8, s string)")
    for first in range(0, 60_000, 10_000):
        server.insert("INSERT INTO big VALUES " + ", ".join(f"({n}, '{n:0100}')" for n in range(first, first + 10_000)))
    answer = server.post(
        "query", "SELECT a.s, b.s, count(*) FROM big a, big b GROUP BY a.s, b.s ORDER BY 3, 1, 2 LIMIT 1"
    )
    assert answer.status_code == 503 and answer.headers["retry-after"], answer.text
    assert server.rows("SELECT count(*) FROM big") == [[60_000]]
    assert server.insert("INSERT INTO big VALUES (-1, 'still here')")["rows"] == 1


@pytest.mark.parametrize(
    ("statements", "code", "shown"),
    [
        ("SHOW DATABASES", 0, "defaultdb"),
        ("CREATE TABLE shell (k int, s string); INSERT INTO shell VALUES (1, '[red]x')", 0, "1 rows written"),
        ("SELECT k, s FROM shell", 0, "[red]x"),
        ("SELECT k FROM nope", 1, "nope"),
        ("SELECT 'a", 1, "unterminated"),
    ],
)
def test_the_shell(shared: Server, statements: str, code: int, shown: str) -> None:
    run = shared.cli("sql", "-c", statements)
    assert run.returncode == code, run.stderr
    assert shown in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("localhost:1", "no answer from https://localhost:1: Connection refused; is it running?"),
        ("http://localhost:1", "--url: 'http://localhost:1' is not an address such as https://"),
        ("https://localhost:abc", "--url: 'https://localhost:abc' is not an address such as https://"),
    ],
)
def test_the_shell_says_why_no_server_answers(shared: Server, url: str, said: str) -> None:
    run = shared.cli("sql", "--url", url, "-c", "SELECT 1")
    assert run.returncode == 1 and said in run.stderr and "Traceback" not in run.stderr, run.stderr


def test_an_address_needs_no_scheme(shared: Server) -> None:
    assert "42" in shared.cli("sql", "--url", shared.url.removeprefix("https://"), "-c", "SELECT 42").stdout


@pytest.mark.parametrize(
    ("command", "shown"),
    [("sql", 'kwrest sql --db plant -c "SHOW TABLES"'), ("user", "kwrest user set-password ann"), ("serve", "64MiB")],
)
def test_help_has_an_example(command: str, shown: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "kwrest", command, "--help"], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0 and shown in run.stdout


def test_an_open_shell_outlives_ctrl_c_and_its_server(server: Server) -> None:
    terminal, inside = pty.openpty()
    command = [sys.executable, "-m", "kwrest", "sql", "--data", str(server.data)]
    environment = os.environ | {"KWREST_PASSWORD": ROOT_PASSWORD, "TERM": "dumb"}
    shell = subprocess.Popen(
        command, stdin=inside, stdout=inside, stderr=inside, env=environment, preexec_fn=lambda: os.login_tty(inside)
    )
    os.close(inside)
    _typed(terminal, b"", b"=> ")
    _typed(terminal, b"SELECT nonsense\n", b"-> ")
    _typed(terminal, b"\x03", b"=> ")
    _typed(terminal, b"SELECT 6 * 7;\n", b"42")
    assert server.stop() == 0
    _typed(terminal, b"SELECT 1;\n", b"no answer from")
    server.restart()
    os.write(terminal, b"\\q\n")
    assert shell.wait(30) == 0
    os.close(terminal)


def _typed(terminal: int, keys: bytes, expected: bytes) -> None:
    """Type into the shell and read until it shows what is expected."""
    os.write(terminal, keys)
    seen = b""
    while expected not in seen:
        assert select.select([terminal], [], [], 30)[0], seen
        seen += os.read(terminal, 4096)


def test_the_shell_reads_standard_input(shared: Server) -> None:
    assert "42" in shared.cli("sql", standard_input="SELECT 42;\n").stdout


def test_a_password_is_set_from_standard_input(server: Server) -> None:
    server.ddl("CREATE USER changed PASSWORD 'before'")
    token = server.login("changed", "before")
    run = server.cli("user", "set-password", "changed", standard_input="aft'er\n")
    assert run.returncode == 0, run.stderr
    assert server.post("query", "select 1", token=token).status_code == 401
    assert server.login("changed", "aft'er")


@pytest.mark.parametrize(
    ("setting", "value", "zone"),
    [
        ("cluster.connection.timezone", "'Asia/Shanghai'", "+08:00"),
        ("server.restful_service.default_request_timezone", "8", "+08:00"),
        ("server.restful_service.default_request_timezone", "-3", "-03:00"),
    ],
)
def test_requests_that_name_no_zone_have_the_settings(shared: Server, setting: str, value: str, zone: str) -> None:
    question = "SELECT timestamptz '2024-05-01 00:00:00+00:00'"
    shared.ddl(f"SET CLUSTER SETTING {setting} = {value}")
    try:
        assert str(shared.rows(question)[0][0]).endswith(zone)
        assert shared.rows(question, tz="UTC") == [["2024-05-01T00:00:00Z"]]
    finally:
        shared.ddl(f"RESET CLUSTER SETTING {setting}")
    assert shared.rows(question) == [["2024-05-01T00:00:00Z"]]
