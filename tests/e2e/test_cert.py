"""`kwrest cert`: shown and renewed, beside a running server and without one (contract T1)."""

from __future__ import annotations

import stat
from pathlib import Path

import httpx
import pytest

from tests.e2e.server import Server, wait_until


def test_renewed_while_the_server_runs(server: Server) -> None:
    files = {path.name: path.read_bytes() for path in (server.data / "certs").iterdir()}
    assert server.rows("select 1") == [[1]]  # a connection that lives on
    run = server.cli("cert", "renew", "--names", "db.example.org 192.0.2.9")
    assert run.returncode == 0, run.stderr
    assert "uses it for new connections" in run.stdout and "db.example.org" in run.stdout and "192.0.2.9" in run.stdout
    assert server.rows("select 1") == [[1]]
    with httpx.Client(base_url=server.url, verify=server.tls()) as fresh:  # by the CA certificate it had before
        assert fresh.get("/health").status_code == 200
    after = {path.name: path.read_bytes() for path in (server.data / "certs").iterdir()}
    assert {name for name, content in after.items() if content != files[name]} == {"server.crt"}
    assert after.keys() == files.keys()
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((server.data / "certs" / name).stat().st_mode) == 0o600
    shown = server.cli("cert", "show")
    assert shown.returncode == 0 and "db.example.org" in shown.stdout and "days left" in shown.stdout
    wait_until(lambda: "new connections use the certificate" in server.log)


def test_renewed_without_a_server(server: Server) -> None:
    server.stop()
    run = server.cli("cert", "renew", "--names", "later.example.org")
    assert run.returncode == 0 and "used at the next start" in run.stdout
    again = server.cli("cert", "renew")
    assert "later.example.org" in again.stdout, "a name once given is kept"
    server.restart()
    assert server.send("GET", "/health").status_code == 200


@pytest.mark.parametrize("action", ["show", "renew"])
def test_what_cannot_be_done_is_one_sentence(server: Server, tmp_path: Path, action: str) -> None:
    nowhere = server.cli("cert", action, "--certs", str(tmp_path / "nowhere"))
    assert nowhere.returncode == 1 and nowhere.stderr.count("\n") == 1 and "server.crt" in nowhere.stderr
    (server.data / "certs" / "server.crt").write_text("nonsense")
    broken = server.cli("cert", action)
    assert broken.returncode == 1 and broken.stderr.count("\n") == 1 and "server.crt" in broken.stderr
    assert server.send("GET", "/health").status_code == 200
