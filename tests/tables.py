"""The tables of facts that the docs show, rendered from what the code reads. `python -m tests.tables` rewrites them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

from kwrest.catalog.settings import SETTINGS
from kwrest.config import OPTIONS
from kwrest.errors import KwrestError, NotFound, WrongMethod
from kwrest.errors.explained import EXPLAINED
from kwrest.service.metrics import COUNTED, READ
from kwrest.sql.bind import BINDERS
from kwrest.sql.bind.show import SHOWS
from kwrest.sql.endpoints import STATEMENTS, Row
from kwrest.sql.functions import AGGREGATES, FORMS, PICKS, SCALARS, SERIES, WINDOWS, system
from kwrest.web.app import ROUTES
from kwrest.web.responses import STATUS

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


def endpoints_in_chinese() -> str:
    return _table(("路径", "方法", "参数"), ((f"`{r.path}`", r.method, ", ".join(r.parameters)) for r in ROUTES))


def statements() -> str:
    """What each endpoint takes; `of` are the kinds that have a binder, a statement without any is refused by name."""

    def kinds(row: Row) -> str:
        known = [kind.__name__ for kind in row.classes if kind in BINDERS]
        verb = row.words[0].capitalize()
        own = [re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removeprefix(verb)).upper() for name in known]
        if not known:
            return "refused for now"
        if row.words == ("show",):
            return ", ".join(sorted(SHOWS))
        return ", ".join(own) if verb in ("Create", "Drop", "Alter") else ""

    return _table(
        ("statement", "endpoint", "of"),
        ((f"`{' '.join(row.words).upper()}`", row.endpoint, kinds(row)) for row in STATEMENTS),
    )


def functions() -> str:
    kinds = (
        ("scalar", SCALARS),
        ("aggregate", AGGREGATES),
        ("first / last", PICKS),
        ("over series", FORMS),
        ("window", WINDOWS),
        ("rows", SERIES),
        ("of the session", system.SESSION),
    )
    return _table(("kind", "names"), ((kind, ", ".join(f"`{name}`" for name in sorted(rows))) for kind, rows in kinds))


def metrics() -> str:
    return _table(
        ("metric", "kind", "labels", "meaning"),
        ((f"`{m.name}`", m.kind, ", ".join(m.labels), m.help) for m in (*COUNTED, *READ)),
    )


def failures() -> list[type[KwrestError]]:
    """Every class a failure may be, by its topic and name."""
    found: list[type[KwrestError]] = []
    for kind in (kinds := [KwrestError]):
        kinds += [k for k in kind.__subclasses__() if k not in kinds and k.__module__.startswith("kwrest.errors")]
        found.append(kind)
    return sorted(set(found) - {KwrestError}, key=lambda kind: (kind.__module__, kind.__name__))


def errors() -> str:
    sections = []
    for module, kinds in groupby(failures(), key=lambda kind: kind.__module__):
        topic = module.rpartition(".")[2]
        rows = [
            (kind.sqlstate, _said(kind.text), _status(kind), *EXPLAINED[kind.__name__])
            for kind in kinds
            if kind.__name__ in EXPLAINED
        ]
        head = ("SQLSTATE", "text", "status", "cause", "remedy")
        sections.append(f"## {topic.capitalize()}\n\n{_table(head, sorted(rows))}")
    return "\n\n".join(sections)


def _status(kind: type[KwrestError]) -> int:
    return 404 if issubclass(kind, NotFound) else 405 if issubclass(kind, WrongMethod) else STATUS[kind.kind]


def _said(text: str) -> str:
    """A text with its gaps shown: `‹name›`."""
    shown = re.sub(r"\{(\w+)\}", r"‹\1›", text).replace("\n", " ")
    return "*(says what is wrong)*" if shown == "‹reason›" else f"`{shown}`"


TABLES: dict[tuple[str, str], Callable[[], str]] = {
    ("configuration.md", "options"): options,
    ("configuration.md", "settings"): settings,
    ("api.md", "endpoints"): endpoints,
    ("errors.md", "errors"): errors,
    ("operations.md", "metrics"): metrics,
    ("zh/api.md", "endpoints"): endpoints_in_chinese,
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
