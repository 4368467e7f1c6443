"""Line protocol once more, character by character and without a regular expression: what the scanner is compared with.

Values are left as written; only what a line consists of is read here.
"""

from __future__ import annotations

Read = tuple[str, dict[str, str], dict[str, str], str]  # measurement, tags, fields as written, timestamp as written


def read_body(text: str) -> list[tuple[int, Read | None]]:
    """(line number, what it says or None when it is refused) of each line that says anything."""
    found: list[tuple[int, Read | None]] = []
    at, number = 0, 1
    while at < len(text):
        end = _end_of_line(text, at)
        line = text[at:end].removesuffix("\r").strip(" \t")
        if line and not line.startswith("#"):
            found.append((number, _read_line(line)))
        number += text.count("\n", at, end) + 1
        at = end + 1
    return found


def _end_of_line(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t"):
        at += 1
    if text[at : at + 1] == "#":
        return _find(text, "\n", at)
    while at < len(text) and text[at] not in " \n":
        at += 2 if text[at : at + 2] == "\\ " else 1
    while at < len(text) and text[at] != "\n":
        if text[at : at + 2] == "\\=":
            at += 2
        elif text[at : at + 2] == '="':
            close = _closing_quote(text, at + 2)
            whole = close < len(text) and text[close + 1 : close + 2] in ("", ",", " ", "\r", "\n")
            at = close + 1 if whole else at + 1
        else:
            at += 1
    return at


def _find(text: str, what: str, at: int) -> int:
    found = text.find(what, at)
    return len(text) if found < 0 else found


def _closing_quote(text: str, at: int) -> int:
    """Where the quoted text ends, the end of all when it does not."""
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return min(at, len(text))


def _name(line: str, at: int, stops: str) -> tuple[str, int]:
    """The name up to a stop; before a stop a backslash is an escape."""
    name = ""
    while at < len(line) and line[at] not in stops:
        if line[at] == "\\" and line[at + 1 : at + 2] and line[at + 1] in stops:
            at += 1
        name += line[at]
        at += 1
    return name, at


def _read_line(line: str) -> Read | None:
    measurement, at = _name(line, 0, ", ")
    if not measurement:
        return None
    tags: dict[str, str] = {}
    while line[at : at + 1] == ",":
        if line[at + 1 : at + 2] in ("", " "):
            at += 1
            break
        key, at = _name(line, at + 1, ",= ")
        if not key or line[at : at + 1] != "=" or key in tags:
            return None
        tags[key], at = _name(line, at + 1, ",= ")
        if not tags[key] or line[at : at + 1] == "=":
            return None
    if line[at : at + 1] != " ":
        return None
    while line[at : at + 1] == " ":
        at += 1
    fields: dict[str, str] = {}
    while True:
        key, at = _name(line, at, ",= ")
        if not key or line[at : at + 1] != "=" or key in fields:
            return None
        at += 1
        if line[at : at + 1] == '"':
            end = _closing_quote(line, at + 1) + 1
            if end > len(line):
                return None
        else:
            end = min(_find(line, ",", at), _find(line, " ", at))
        if end == at:
            return None
        fields[key], at = line[at:end], end
        if line[at : at + 1] not in ("", ",", " "):
            return None
        if line[at : at + 1] != ",":
            return measurement, tags, fields, line[at:].strip(" ")
        at += 1
