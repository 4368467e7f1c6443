"""A statement's text as others than its sender may read it: short, and without the passwords in it."""

from __future__ import annotations

import re

from kwrest.errors import KwrestError
from kwrest.sql.lexer import Kind, tokenize

SHOWN = 1000  # characters
MASK = "'*****'"
_READ = 4 * SHOWN  # characters looked at: what stands behind them is not shown
_QUOTE = re.compile(r"['\"$]")


def masked(text: str) -> str:
    """At most `SHOWN` characters of a statement, and an ellipsis when there are more.

    What follows the word PASSWORD is masked. Of a text that cannot be read nothing from the first quote on is shown.
    """
    head = text[:_READ]
    try:
        tokens = list(tokenize(head))
    except KwrestError:
        return _cut(head[: quote.start()] + "…" if (quote := _QUOTE.search(head)) else head)
    parts: list[str] = []
    at, secret = 0, False
    for token in tokens:
        if secret and token.kind is not Kind.END and token.key not in ("=", "null"):
            parts += (head[at : token.at], MASK)
            at = token.end
        # Strings side by side are all of it; `=` may stand in between.
        secret = token.key == "password" or (secret and (token.key == "=" or token.kind is Kind.STRING))
    return _cut("".join((*parts, head[at:])) + text[_READ : _READ + 1])


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
