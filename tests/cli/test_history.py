"""The shell's history: kept, private, and without a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwrest.cli.history import History, history_file

readline = pytest.importorskip("readline")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("SELECT 1;\n", ["SELECT 1;"]),
        ("SELECT *\nFROM t;\n", ["SELECT * FROM t;"]),
        ("SELECT 1 -- one\n;\n", ["SELECT 1 -- one", ";"]),
        ("\\d", ["\\d"]),
        ("  \n", []),
        ("CREATE USER ann PASSWORD 'secret';\n", []),
        ("alter user ann\nwith\npassword\n'secret';\n", []),
        ("SELECT 'kwr1_token';\n", []),
    ],
)
def test_what_is_kept(tmp_path: Path, typed: str, kept: list[str]) -> None:
    readline.clear_history()
    file = tmp_path / "state" / "kwrest" / "history"
    history = History(file)
    history.add(typed)
    assert [line for line in file.read_text().splitlines() if line != "_HiStOrY_V2_"] == kept
    assert [readline.get_history_item(n + 1) for n in range(readline.get_current_history_length())] == kept
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700


def test_the_next_shell_finds_it(tmp_path: Path) -> None:
    readline.clear_history()
    History(tmp_path / "history").add("SELECT 1;")
    readline.clear_history()
    History(tmp_path / "history")
    assert readline.get_history_item(1) == "SELECT 1;"


def test_it_is_in_the_users_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert history_file() == tmp_path / "kwrest" / "history"


def test_a_shell_without_a_place_for_it_is_a_shell(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    History(tmp_path / "file" / "kwrest" / "history").add("SELECT 1;")
