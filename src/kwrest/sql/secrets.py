"""A statement's text as others than its sender may read it: short, and without the passwords, or any value, in it."""

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


_VALUES = frozenset({Kind.NUMBER, Kind.STRING, Kind.BYTES, Kind.BITS})
_LIST = re.compile(
    r"\((?:\?|null|default|true|false|now\(\)|[-, ])*\)(?:, ?\((?:\?|null|default|true|false|now\(\)|[-, ])*\))+", re.I
)


def skeleton(text: str) -> str:
    """A statement on one line with `?` for each value, at most `SHOWN` characters: what was done, not with which data.

    In an INSERT names in double quotes are values too (contract S3). Many lists of values are one and `…`. Of a text
    that cannot be read nothing from the first quote on is shown.
    """
    head = text[:_READ]
    try:
        tokens = list(tokenize(head))
    except KwrestError:
        quote = _QUOTE.search(head)
        return _cut(" ".join((head[: quote.start()] if quote else re.sub(r"\d+", "?", head)).split()) + " …")
    values = _VALUES | {Kind.QUOTED} if tokens[0].key in ("insert", "upsert") else _VALUES
    parts: list[str] = []
    at, secret = 0, False
    for token in tokens:
        if token.kind is Kind.END:
            break
        gap = " " if token.at > at and parts else ""
        hidden = token.kind in values or (secret and token.key not in ("=", "null"))
        parts.append(gap + ("?" if hidden else head[token.at : token.end]))
        secret = token.key == "password" or (secret and token.key == "=")
        at = token.end
    said = "".join(parts) + text[_READ : _READ + 1].strip()
    return _cut(_LIST.sub(lambda found: found[0].partition(")")[0] + "), …", said))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
