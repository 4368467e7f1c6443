"""The docs say what the code does: tables are the code's, promises have their tests, links lead somewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from kwrest.config import OPTIONS, example, load
from kwrest.engines.base import Engine, Step
from kwrest.errors.explained import EXPLAINED
from tests.tables import DOCS, TABLES, failures, rewritten

ROOT = DOCS.parent


@pytest.mark.parametrize(("file", "name"), TABLES)
def test_a_table_is_the_codes(file: str, name: str) -> None:
    text = (DOCS / file).read_text(encoding="utf-8")
    assert rewritten(text, name, TABLES[file, name]()) == text, "run `python -m tests.tables`"


def test_the_example_file_has_every_key_and_says_the_defaults(tmp_path: Path) -> None:
    uncommented = "\n".join(line[2:] for line in example().splitlines() if re.match(r"# \w+ = ", line))
    assert list(tomllib.loads(uncommented)) == [o.name for o in OPTIONS]
    file = tmp_path / "kwrest.toml"
    file.write_text(uncommented, encoding="utf-8")
    assert load({}, file, {}) == load({}, None, {})


def test_every_failure_is_explained() -> None:
    missing = [kind.__name__ for kind in failures() if kind.__name__ not in EXPLAINED]
    assert not missing, (
        "add a row (class, cause, remedy) to the topic's file in src/kwrest/errors/explained/, then run "
        f"`python -m tests.tables`: {', '.join(missing)}"
    )


def test_every_explanation_is_of_a_failure() -> None:
    gone = set(EXPLAINED) - {kind.__name__ for kind in failures()}
    assert not gone, f"remove the rows of these from src/kwrest/errors/explained/: {', '.join(sorted(gone))}"


def _promises() -> list[str]:
    text = (DOCS / "promises.md").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.startswith("- ")]


@pytest.mark.parametrize("promise", _promises())
def test_a_promise_names_tests_that_exist(promise: str) -> None:
    found = re.findall(r"`(tests/[\w/.]+?\.py)(?:::(\w+))?`", promise)
    assert found, "a promise names the test that proves it"
    for file, function in found:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert not function or re.search(rf"^(async )?def {function}\(", text, re.MULTILINE), (file, function)


def _pages() -> list[Path]:
    return [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]


@pytest.mark.parametrize("page", _pages(), ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_engine_contract_in_the_docs_is_the_codes() -> None:
    text = (DOCS / "engines.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| `(\w+)\(", text, re.MULTILINE)
    methods = [name for name in vars(Engine) if not name.startswith("_")]
    assert described == methods
    steps = {step.__name__ for step in get_args(Step)}
    named = set(re.findall(r"`([A-Z]\w+)`", text[text.index("The steps of a change") : text.index("## PostgreSQL")]))
    assert named == steps


def test_the_architecture_names_files_that_exist() -> None:
    named = re.findall(r"`((?:\w+/)*\w+(?:\.py|/))`", (ROOT / "ARCHITECTURE.md").read_text())
    folders = [
        ROOT,
        *(
            ROOT / "src/kwrest" / room
            for room in ("", "cli", "service", "engines", "engines/duckdb", "sql", "sql/bind")
        ),
    ]
    assert len(named) > 50
    assert [name for name in named if not any((folder / name).exists() for folder in folders)] == []


def test_what_security_says_is_tested_by_tests_that_exist() -> None:
    named = re.findall(r"`(tests/[\w/.]+\.py)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_unit_and_the_image_start_what_there_is() -> None:
    unit = (ROOT / "examples/kwrest.service").read_text(encoding="utf-8")
    image = (ROOT / "examples/Dockerfile").read_text(encoding="utf-8")
    flags = {o.flag for o in OPTIONS}
    assert set(re.findall(r"^ExecStart=.*? serve((?: --[\w-]+ \S+)*)$", unit, re.MULTILINE)[0].split()[::2]) <= flags
    assert set(re.findall(r"\bKWREST_\w+", unit + image)) <= {o.variable for o in OPTIONS}
    copied = [path for line in re.findall(r"^COPY (?!--)(.*)$", image, re.MULTILINE) for path in line.split()[:-1]]
    assert copied and all((ROOT / path).exists() for path in copied)
