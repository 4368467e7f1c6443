"""The docs' recipes, run from the pages themselves: what a reader pastes must work and answer what the page shows."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.server import ROOT_PASSWORD, Server, basic

DOCS = Path(__file__).parents[2] / "docs"
# The page's curl prints no line end; a person sees the prompt instead.
CURL = 'curl() { command curl -sS "$@"; echo; }\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all pages; each uses names of its own."""
    server = Server(tmp_path_factory.mktemp("pages") / "data").start()
    yield server
    server.stop()


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in that language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def surroundings(server: Server) -> dict[str, str]:
    return os.environ | {"KWREST": server.url, "CA": str(server.ca), "PASSWORD": ROOT_PASSWORD}


def play(server: Server, page: str) -> None:
    """Run the page's `sh` blocks as one script; its `# {…}` lines say what is answered, `…` standing for anything."""
    for block in blocks(page, "sh"):
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", CURL + block],
            capture_output=True,
            text=True,
            timeout=60,
            env=surroundings(server),
        )
        assert run.returncode == 0, (block, run.stdout, run.stderr)
        expected = [line[2:] for line in block.splitlines() if line.startswith("# {")]
        answers = run.stdout.splitlines()
        assert len(answers) == len(expected) > 0, (expected, answers)
        for pattern, answer in zip(expected, answers, strict=True):
            assert re.fullmatch(re.escape(pattern).replace("…", ".*"), answer), (pattern, answer)


@pytest.mark.parametrize("page", ["api.md", "zh/api.md"])
def test_the_examples_of_the_api(server: Server, page: str) -> None:
    server.post("ddl", "DROP DATABASE IF EXISTS plant CASCADE")
    play(server, page)


def test_the_first_hour_in_chinese(server: Server) -> None:
    play(server, "zh/start.md")
    (recipe,) = blocks("zh/start.md", "toml")
    assert tomllib.loads(recipe)["agent"]["omit_hostname"] is True


def test_the_recipes_for_clients(server: Server) -> None:
    play(server, "clients.md")
    _python(server)
    _telegraf(server)
    emqx, grafana = map(json.loads, blocks("clients.md", "json"))
    _emqx(server, emqx)
    _grafana(server, grafana)


def _python(server: Server) -> None:
    (recipe,) = blocks("clients.md", "python")
    run = subprocess.run(
        [sys.executable, "-c", recipe], capture_output=True, text=True, timeout=60, env=surroundings(server)
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "2 rows written",
        "{'name': 'hall', 't': 19.5}",
        "{'name': \"it's hall\", 't': 19.7}",
        "{'name': 'lab', 't': 21.9}",
    ]


def _telegraf(server: Server) -> None:
    """What `outputs.http` makes of this configuration."""
    (recipe,) = blocks("clients.md", "toml")
    told = tomllib.loads(recipe)
    (output,) = told["outputs"]["http"]
    host = "" if told["agent"]["omit_hostname"] else ",host=gw"
    fields = ",".join(f"{name}=1.5" for name in told["inputs"]["cpu"][0]["fieldinclude"])
    lines = "".join(f"cpu,cpu=cpu{n}{host} {fields} 1714557600000000000\n" for n in range(3))
    assert output["data_format"] == "influx" and output["content_encoding"] == "gzip"
    answer = server.http.request(
        output["method"],
        output["url"].replace("https://localhost:8080", server.url),
        content=iter([gzip.compress(lines.encode())]),
        auth=(output["username"], output["password"]),
        headers={"Content-Encoding": "gzip", "User-Agent": "Telegraf/1.25.3"},
    )
    assert (answer.status_code, answer.json()["code"], answer.json()["rows"]) == (200, 0, 3), answer.text
    assert server.rows("SELECT count(*) FROM cpu WHERE usage_idle = 1.5", "clients") == [[3]]


def _filled(template: Any, values: dict[str, str]) -> str:
    return re.sub(r"\$\{([\w.:]+)\}", lambda gap: values[gap[1]], template)


def _emqx(server: Server, action: dict[str, Any]) -> None:
    values = {"token": server.login("writer", "wr1te-it"), "payload.temperature": "18.5", "clientid": "sensor-7"}
    for timestamp in ("1714557600000", "1714557660000"):
        values["timestamp"] = timestamp
        answer = server.http.request(
            action["method"],
            action["url"].replace("https://localhost:8080", server.url),
            content=_filled(action["body"], values),
            headers={name: _filled(value, values) for name, value in action["headers"].items()},
        )
        assert (answer.status_code, answer.json()["rows"]) == (200, 1), answer.text


def _grafana(server: Server, query: dict[str, Any]) -> None:
    answer = server.http.request(
        query["method"],
        query["url"].replace("https://localhost:8080", server.url),
        content=_filled(
            query["body"], {"__from:date:iso": "2024-05-01T10:00:00.000Z", "__to:date:iso": "2024-05-01T10:01:00.000Z"}
        ),
        headers={
            "Authorization": f"Basic {basic('writer', 'wr1te-it')}",
            "User-Agent": "Grafana/11.2.0",
            "Content-Type": "text/plain",
            "Accept": "application/json;q=0.9,text/plain",
            "Accept-Encoding": "gzip",
        },
    )
    assert answer.status_code == 200, answer.text
    rows = answer.json()[query["root_selector"]]
    assert len(rows[0]) == len(query["columns"])
    assert sorted(rows, key=lambda row: row[1]) == [
        ["2024-05-01T10:00:00Z", "hall", 19.5],
        ["2024-05-01T10:00:00Z", "lab", 21.5],
        ["2024-05-01T10:00:00Z", "sensor-7", 18.5],
    ]
