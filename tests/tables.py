"""The tables of facts that the docs show, rendered from what the code reads. `python -m tests.tables` rewrites them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from kwrest.catalog.settings import SETTINGS
from kwrest.config import OPTIONS
from kwrest.service.metrics import COUNTED, READ
from kwrest.sql.endpoints import STATEMENTS
from kwrest.sql.functions import AGGREGATES, FORMS, PICKS, SCALARS, SERIES, WINDOWS
from kwrest.web.app import ROUTES

DOCS = Path(__file__).parents[1] / "docs"


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def options() -> str:
    return _table(
        ("key and flag", "variable", "default", "meaning"),
        ((f"`{o.name}`", f"`{o.variable}`", f"`{o.shown}`" if o.shown else "", o.help) for o in OPTIONS),
    )


def settings() -> str:
    return _table(
        ("setting", "type", "default", "meaning"),
        ((f"`{s.name}`", s.type, f"`{s.default}`", s.description) for s in SETTINGS),
    )


def endpoints() -> str:
    return _table(
        ("path", "method", "parameters"), ((f"`{r.path}`", r.method, ", ".join(r.parameters)) for r in ROUTES)
    )


def statements() -> str:
    return _table(("statement", "endpoint"), ((f"`{' '.join(row.words).upper()}`", row.endpoint) for row in STATEMENTS))


def functions() -> str:
    kinds = (
        ("scalar", SCALARS),
        ("aggregate", AGGREGATES),
        ("first / last", PICKS),
        ("over series", FORMS),
        ("window", WINDOWS),
        ("rows", SERIES),
    )
    return _table(("kind", "names"), ((kind, ", ".join(f"`{name}`" for name in sorted(rows))) for kind, rows in kinds))


def metrics() -> str:
    return _table(
        ("metric", "kind", "labels", "meaning"),
        ((f"`{m.name}`", m.kind, ", ".join(m.labels), m.help) for m in (*COUNTED, *READ)),
    )


TABLES: dict[tuple[str, str], Callable[[], str]] = {
    ("configuration.md", "options"): options,
    ("configuration.md", "settings"): settings,
    ("api.md", "endpoints"): endpoints,
    ("operations.md", "metrics"): metrics,
    ("sql.md", "statements"): statements,
    ("sql.md", "functions"): functions,
}


def rewritten(text: str, name: str, table: str) -> str:
    """`text` with what stands between the markers of `name` replaced; raises when there are no markers."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    fresh, found = pattern.subn(lambda m: m[1] + table + "\n" + m[2], text)
    if found != 1:
        raise ValueError(f"no single place for the table `{name}`")
    return fresh


if __name__ == "__main__":
    for (file, name), render in TABLES.items():
        page = DOCS / file
        page.write_text(rewritten(page.read_text(encoding="utf-8"), name, render()), encoding="utf-8")
