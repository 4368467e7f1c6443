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
        file = server.data / "root-password"
        old = file.read_text().strip()
        server.ddl("ALTER USER root WITH PASSWORD 'changed by SQL'", token=server.login("root", old))
        file.write_text(old + "\n")  # as from a backup of the folder
        run = server.cli("sql", "-c", "SELECT 1", password="")
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
        "rejected",
        "rejected list",
        "rejected replay",
        "rejected purge",
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


def test_the_shelf_is_listed_replayed_and_purged(server: Server) -> None:
    server.ddl("CREATE TABLE m (ts timestamp not null, v int) TAGS (id int not null) PRIMARY TAGS (id)")
    server.post(
        "telegraf", "m,id=1 v=1i 1\nm,id=2 v=1i,w=2 1700000000\nother,id=1 v=3i 5\nm,id=3 v=oops 7\n", precision="s"
    )
    listed = server.cli("rejected", "list", "--table", "m")
    assert listed.returncode == 0 and "2 of 2 refused lines" in listed.stdout, listed.stderr
    assert 'column "w" does not exist' in listed.stdout and "other" not in listed.stdout
    server.ddl("ALTER TABLE m ADD COLUMN w FLOAT")
    replayed = server.cli("rejected", "replay", "--table", "m")
    assert replayed.returncode == 2 and "1 lines stored, 1 still refused" in replayed.stdout, replayed.stderr
    assert server.rows("SELECT ts, w FROM m WHERE id = 2") == [["2023-11-14T22:13:20Z", 2.0]]
    nothing = server.cli("rejected", "replay")
    assert nothing.returncode == 1 and "say which lines" in nothing.stderr
    assert "2 lines forgotten" in server.cli("rejected", "purge", "--all").stdout
    assert server.rows("SELECT count(*) FROM kwrest_system.rejected") == [[0]]
    server.ddl("CREATE USER plain PASSWORD 'plain123'")
    for method in ("POST", "DELETE"):
        for given, status in (({}, 401), ({"Username": "plain", "Password": "plain123"}, 401)):
            assert server.send(method, "/restapi/rejected", "all", **given).status_code == status
        for body in ("", "1; 2", "all 1", "-1"):
            refused = server.send(method, "/restapi/rejected", body, Username="root", Password=ROOT_PASSWORD)
            assert (refused.status_code, refused.json()["code"]) == (400, -1), body


def test_the_demo_writes_a_plant_and_asks_it(server: Server) -> None:
    run = server.cli("demo")
    assert run.returncode == 0, run.stderr
    for shown in ("42120 points written", "The last values", "│ north │", "████", "··", "kwrest demo --drop"):
        assert shown in run.stdout, run.stdout
    assert server.rows("SELECT count(*), count(DISTINCT id) FROM boiler", "kwrest_demo") == [[42120, 5]]
    again = server.cli("demo")
    assert again.returncode == 1 and "there is a database kwrest_demo already" in again.stderr
    assert server.cli("demo", "--drop").returncode == 0
    assert ["kwrest_demo"] not in [row[:1] for row in server.rows("SHOW DATABASES")]
