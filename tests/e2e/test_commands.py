"""The commands beside a server: a lost password, the shelf, import and demo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.server import ROOT_PASSWORD, Server


def test_a_lost_root_password_is_reset_while_the_server_is_stopped(server: Server) -> None:
    server.ddl("CREATE TABLE kept (k int); CREATE USER ann PASSWORD 'ann12345'")
    token, anns = server.login(), server.login("ann", "ann12345")
    running = server.cli("user", "reset-root")
    assert running.returncode == 1 and "is in use by process" in running.stderr
    assert server.login()
    server.stop()
    reset = server.cli("user", "reset-root")
    file = server.data / "root-password"
    assert reset.returncode == 0 and str(file) in reset.stdout, reset.stderr
    password = file.read_text().strip()
    assert password not in reset.stdout and file.stat().st_mode & 0o777 == 0o600
    server.restart()
    assert server.send("GET", "/restapi/login", Username="root", Password=ROOT_PASSWORD).status_code == 401
    assert server.post("query", "SELECT 1", token=token).status_code == 401, "root's sessions end"
    assert server.rows("SELECT 1", token=anns) == [[1]], "no other user's does"
    assert server.rows("SHOW TABLES", token=server.login("root", password))[0][0] == "kept"
    server.stop()
    asked = server.cli("user", "reset-root", "--ask", standard_input="by hand\n")
    assert asked.returncode == 0 and not file.exists(), asked.stderr
    server.restart()
    assert server.login("root", "by hand")


def test_only_a_data_folder_is_reset(tmp_path: Path) -> None:
    run = Server(tmp_path).cli("user", "reset-root")
    assert (run.returncode, list(tmp_path.iterdir())) == (1, []) and "no data folder" in run.stderr


def test_a_password_file_that_is_out_of_date_is_told(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", environment={"KWREST_ROOT_PASSWORD": ""}).start()
    try:
        token = server.login("root", (server.data / "root-password").read_text().strip())
        server.ddl("ALTER USER root WITH PASSWORD 'changed by SQL'", token=token)
        run = server.cli("sql", "-c", "SELECT 1", KWREST_PASSWORD="")
        assert run.returncode == 1 and "root-password holds an older password" in run.stderr
        server.stop()
        server.restart()
        assert "root-password holds an older one" in server.log and "$(cat" not in server.log
    finally:
        server.stop()


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "sql",
        "user",
        "user set-password",
        "user reset-root",
        "config",
        "config show",
        "cert",
        "cert show",
        "cert renew",
    ],
)
def test_help_has_an_example(shared: Server, command: str) -> None:
    run = shared.cli(*command.split(), "--help")
    assert run.returncode == 0 and f"  kwrest {command}" in run.stdout, run.stdout
