"""Patterns of LIKE, SIMILAR TO and regular expressions that are constants: wrong ones are named before anything runs."""

from __future__ import annotations

import re

from kwrest.errors import InvalidRegex

# What Python's expressions have and KWDB's (RE2) do not.
_BEYOND_RE2 = re.compile(r"\(\?(?:[=!>(]|<[=!]|P=)|\\[1-9]|(?<!\\)[*+?}]\+")
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_MOST_REPEATS = 1000


def ends_in_escape(pattern: str, escape: str) -> bool:
    """Whether the pattern ends with an escape character that escapes nothing."""
    at = 0
    while escape and at < len(pattern):
        if pattern[at] == escape:
            at += 1
            if at == len(pattern):
                return True
        at += 1
    return False


def check_regex(pattern: str) -> None:
    """Raises InvalidRegex (2201B) for a pattern that is no regular expression."""
    beyond = _BEYOND_RE2.search(pattern)
    if beyond:
        raise InvalidRegex(reason=f"invalid or unsupported Perl syntax: `{beyond[0]}`")
    for low, high in _REPEAT.findall(pattern):
        if max(int(low), int(high or 0)) > _MOST_REPEATS:
            raise InvalidRegex(reason=f"invalid repeat count: `{{{low}}}`")
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise InvalidRegex(reason=f"{error}") from None


def similar_regex(pattern: str) -> str:
    """The regular expression of a SIMILAR TO pattern: `%` any text, `_` any character, `|*+?(){}[]` as they are."""
    made: list[str] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\" and at + 1 < len(pattern):
            at += 1
            made.append(re.escape(pattern[at]))
        elif character == "%":
            made.append(".*")
        elif character == "_":
            made.append(".")
        elif character in ".^$":
            made.append("\\" + character)
        else:
            made.append(character)
        at += 1
    return "(?s)" + "".join(made)
