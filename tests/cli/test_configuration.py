"""`kwrest config show`: what holds, and which source said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwrest.cli import main
from kwrest.config import ConfigError, resolve


@pytest.mark.parametrize(
    ("flags", "file", "environment", "key", "value", "source", "covered"),
    [
        ({}, "", {}, "port", 8080, "default", 0),
        ({}, "port = 1", {}, "port", 1, "kwrest.toml: port", 0),
        ({}, "port = 1", {"KWREST_PORT": "2"}, "port", 2, "KWREST_PORT", 1),
        ({"port": "3"}, "port = 1", {"KWREST_PORT": "2"}, "port", 3, "--port", 2),
        ({"port": "3"}, "", {}, "connections", 150, "default", 0),
        ({}, 'body_limit = "1MiB"', {}, "body_limit", 1 << 20, "kwrest.toml: body_limit", 0),
        ({}, "", {"KWREST_LOG_SAMPLE": "0.25"}, "log_sample", 0.25, "KWREST_LOG_SAMPLE", 0),
        ({}, 'memory_limit = ""', {}, "memory_limit", None, "kwrest.toml: memory_limit", 0),
    ],
)
def test_the_strongest_source_holds(
    tmp_path: Path,
    flags: dict[str, str],
    file: str,
    environment: dict[str, str],
    key: str,
    value: object,
    source: str,
    covered: int,
) -> None:
    path = tmp_path / "kwrest.toml"
    path.write_text(file)
    held, _ = resolve(flags, path, environment)
    found = next(h for h in held if h.option.name == key)
    assert (found.value, found.source.replace(f"{tmp_path}/", ""), len(found.covered)) == (value, source, covered)


@pytest.mark.parametrize("wrong", ["-1", "1.5", "much"])
def test_a_share_is_one(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"KWREST_LOG_SAMPLE: '.*' is not a share from 0 \(none\) to 1 \(all\)"):
        resolve({}, None, {"KWREST_LOG_SAMPLE": wrong})


def test_it_shows_each_key_with_its_source_and_no_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KWREST_PORT", "8443")
    monkeypatch.setenv("KWREST_PASSWORD", "hush-hush")
    monkeypatch.setenv("KWREST_PROT", "1")
    with pytest.raises(SystemExit) as ended:
        main(["config", "show", "--connections", "50"])
    shown = capsys.readouterr()
    lines = {line.split()[0]: line.split("│") for line in shown.out.splitlines() if "│" in line}
    assert ended.value.code == 0
    assert [cell.strip() for cell in lines["port"][1:]] == ["8443", "KWREST_PORT"]
    assert [cell.strip() for cell in lines["connections"][1:]] == ["50", "--connections"]
    assert [cell.strip() for cell in lines["host"][1:]] == ["0.0.0.0", "default"]
    assert "hush-hush" not in shown.out + shown.err and "KWREST_PASSWORD" in shown.out
    assert "KWREST_PROT is not one of kwrest's" in shown.err
