"""The first start: root and its password."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kwrest.access.credentials import Pair
from kwrest.access.first_start import RootPassword
from kwrest.errors import EmptyPassword, KwrestError, TokenAsPassword
from kwrest.model import User
from kwrest.system import USERS
from tests.access.conftest import Server

MakeServer = Callable[..., Server]


def test_a_given_password_is_roots_and_is_left_nowhere(make_server: MakeServer, tmp_path: Path) -> None:
    (tmp_path / "root-password").write_text("of a start that was cut off")
    server = make_server(root_password="given")
    server.start()
    assert server.first == RootPassword(None, created=True)
    assert server.who(Pair("root", "given", header=True)) == User("root", admin=True, createrole=True, id=1)
    assert not (tmp_path / "root-password").exists()
    server.stop()


def test_a_generated_password_is_left_in_a_file_for_its_owner_only(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(root_password=None)
    (tmp_path / "root-password").write_text("of a start that was cut off")
    (tmp_path / "root-password").chmod(0o644)
    (tmp_path / "root-password.new").symlink_to(tmp_path / "elsewhere")
    server.start()
    assert server.first == RootPassword(tmp_path / "root-password", created=True)
    text = (tmp_path / "root-password").read_text()
    assert (tmp_path / "root-password").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "elsewhere").exists() and not (tmp_path / "root-password.new").is_symlink()
    assert len(text.strip()) == 24
    assert server.who(Pair("root", text.strip(), header=True)).admin
    server.stop()


def test_a_later_start_changes_nothing(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(root_password=None)
    server.start()
    text = (tmp_path / "root-password").read_text()
    server.stop()
    for given in (None, "other", ""):
        server.root_password = given
        server.start()
        assert server.first == RootPassword(tmp_path / "root-password", created=False)
        assert server.who(Pair("root", text.strip(), header=True)).admin
        server.stop()
    (tmp_path / "root-password").write_text("an older one\n")
    server.start()
    assert server.first == RootPassword(None, created=False, stale=tmp_path / "root-password")
    server.stop()
    (tmp_path / "root-password").unlink()
    server.start()
    assert server.first == RootPassword(None, created=False)
    server.stop()


@pytest.mark.parametrize("given, error", [("", EmptyPassword), ("kwr1_mine", TokenAsPassword)])
def test_a_password_that_may_not_be_one_stops_the_start(
    make_server: MakeServer, given: str, error: type[KwrestError]
) -> None:
    server = make_server(root_password=given)
    with pytest.raises(error):
        server.start()
    assert server.engine.read_system(USERS)["name"] == []
    server.engine.close()
