"""Arrays as text: `{a,"b c",NULL}`."""

from __future__ import annotations

import re
from collections.abc import Callable

from kwrest.types.reasons import TextError
from kwrest.types.values import Value

_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,{}"\s][^,{}"]*))\s*', re.DOTALL)
_PLAIN = re.compile(r'[^,{}"\\\s]+')


def array_from_text(text: str, item: Callable[[str], Value]) -> tuple[Value, ...]:
    """The items of `{…}`, each read by `item`; an unquoted NULL is NULL. Raises TextError."""
    stripped = text.strip()
    refusal = TextError(f'could not parse "{text}" as type array: malformed array')
    if not stripped.startswith("{"):
        raise TextError(f'could not parse "{text}" as type array: array must be enclosed in {{ and }}')
    if not stripped.endswith("}"):
        raise refusal
    inner = stripped[1:-1]
    if not inner.strip():
        return ()
    items: list[Value] = []
    at = 0
    while True:
        found = _ITEM.match(inner, at)
        if found is None:
            raise refusal
        if found[1] is not None:
            items.append(item(re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL)))
        else:
            word = found[2].strip()
            items.append(None if word.upper() == "NULL" else item(word))
        at = found.end()
        if at == len(inner):
            return tuple(items)
        if inner[at] != ",":
            raise refusal
        at += 1


def array_to_text(items: tuple[Value, ...], item: Callable[[Value], str]) -> str:
    """`{1,2,NULL}`; items with blanks, commas, braces, quotes or backslashes are quoted."""
    return "{" + ",".join("NULL" if value is None else _quoted(item(value)) for value in items) + "}"


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.upper() != "NULL":
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
