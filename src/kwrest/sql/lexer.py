"""Text → tokens with positions, and the body of a request → statements. Pure; the only place that knows what hides a semicolon.

Lexical rules: facts 2.1 (CockroachDB 20.1 heritage). Unquoted words fold to lower case, `"…"` keeps its letters, `'…'` knows
`''` and no backslash, `e'…'` and `b'…'` know backslashes, `x'…'` is hexadecimal, `B'…'` holds bits, `$tag$…$tag$` holds anything,
`1h` is a length of time, `--` and nested `/* */` are comments.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from kwrest.errors import LexicalError, NulInText, TooManyStatements, UnterminatedText

MAX_STATEMENTS = 10_000
MAX_PIECES = (
    1_000_000  # blank ones included: each costs two microseconds, and a body of 64 MiB may be nothing but semicolons
)
"""Statements in one body; more is refused before anything runs."""

UNITS = frozenset(
    [
        "ns",
        "us",
        "ms",
        "s",
        "second",
        "seconds",
        "m",
        "minute",
        "minutes",
        "h",
        "hour",
        "hours",
        "d",
        "day",
        "days",
        "w",
        "week",
        "weeks",
        "mon",
        "month",
        "months",
        "y",
        "year",
        "years",
    ]
)
"""What may follow a number without a blank (facts 2.1)."""


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted name"
    NUMBER = "number"
    STRING = "string"
    BYTES = "bytes"
    BITS = "bits"
    DURATION = "duration"
    PLACEHOLDER = "placeholder"
    OPERATOR = "operator"
    END = "end"


class Token(NamedTuple):
    """One token; `text[at:end]` is how it was written.

    key: what the grammar decides by: the folded word, the operator, or the kind's name in capitals (`STRING`), which no
    word can be, since words are folded. value: folded word, name or content without quotes and escapes; of BYTES one
    character (U+0000 to U+00FF) a byte; of DURATION the number and the unit joined by a blank.
    """

    key: str
    kind: Kind
    value: str
    at: int
    end: int


# A word: everything above ASCII is a letter, as in KWDB; `$` only inside.
_WORD = r"[A-Za-z_\x80-\U0010FFFF][A-Za-z0-9_$\x80-\U0010FFFF]*"

_TOKEN = re.compile(
    rf"""[ \t\r\n\f\v]*(?:
     (?P<prefixed>[eEbBxX](?='))
    |(?P<word>{_WORD})
    |(?P<number>0[xX][0-9A-Fa-f]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?P<unit>[A-Za-z_$\x80-\U0010FFFF][A-Za-z0-9_$\x80-\U0010FFFF]*)?
    |(?P<string>'[^']*+(?:''[^']*+)*'(?!'))(?P<more>[ \t\r\f\v]*\n[ \t\r\n\f\v]*')?
    |(?P<quoted>"[^"]*+(?:""[^"]*+)*"(?!"))
    |(?P<comment>--[^\n]*|/\*)
    |(?P<dollar>\$(?:[A-Za-z_\x80-\U0010FFFF][A-Za-z0-9_\x80-\U0010FFFF]*)?\$)
    |(?P<placeholder>\$[0-9]+)
    |(?P<operator>:::|!~\*|->>|\#>>|\|\|/|<<=|>>=|::|<=|>=|<>|!=|<<|>>|\|\||//|~\*|!~|->|\#>|\#-|@>|<@|\?\||\?&|&&|\|/|.)
    |(?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)

# Looking a group up by number is what the loop below can afford.
_WORD_GROUP, _OPERATOR_GROUP = _TOKEN.groupindex["word"], _TOKEN.groupindex["operator"]

_COMMENT_EDGE = re.compile(r"/\*|\*/")
_ESCAPED = re.compile(r"'[^'\\]*+(?:(?:''|\\.)[^'\\]*+)*'(?!')", re.DOTALL)
_PLAIN = re.compile(r"'[^']*+(?:''[^']*+)*'(?!')")
_CONTINUED = re.compile(r"[ \t\r\f\v]*\n[ \t\r\n\f\v]*(?=')")
_ESCAPE = re.compile(r"''|\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{3}|.)", re.DOTALL)
_SIMPLE_ESCAPES = {"a": b"\a", "b": b"\b", "f": b"\f", "n": b"\n", "r": b"\r", "t": b"\t", "v": b"\v"}


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of `text` in order, the last one of kind END; blanks and comments lie in the gaps.

    Read only as far as they are asked for. Raises UnterminatedText, NulInText, LexicalError.
    """
    if "\0" in text:
        raise NulInText(at=text.index("\0"))
    match, make = _TOKEN.match, tuple.__new__
    word, operator = Kind.WORD, Kind.OPERATOR
    at = 0
    while True:
        found = match(text, at)
        assert found is not None  # the pattern ends in "any character" and "end of text"
        kind = found.lastgroup
        if kind == "word":
            start, at = found.span(_WORD_GROUP)
            value = text[start:at].lower()
            if not value.isascii():
                value = unicodedata.normalize("NFC", value)
            yield make(Token, (value, word, value, start, at))
        elif kind == "operator":
            start, at = found.span(_OPERATOR_GROUP)
            value = text[start:at]
            if value == "'" or value == '"':
                raise UnterminatedText(what="string" if value == "'" else "quoted name", at=start)
            yield make(Token, (value, operator, value, start, at))
        elif kind == "number":
            start, at = found.span("number")
            yield make(Token, ("NUMBER", Kind.NUMBER, text[start:at], start, at))
        elif kind == "string":
            start, at = found.span("string")
            value = text[start + 1 : at - 1]
            yield make(Token, ("STRING", Kind.STRING, value.replace("''", "'") if "'" in value else value, start, at))
        elif kind == "end":
            yield Token("EOF", Kind.END, "EOF", len(text), len(text))
            return
        elif kind == "comment":
            start = found.start("comment")
            at = found.end() if text[start] == "-" else _comment_end(text, start)
        else:
            token = _rare(text, found, kind)
            yield token
            at = token.end


def fold(word: str) -> str:
    """An unquoted name as it is stored: lower case, in Unicode's composed form."""
    lower = word.lower()
    return lower if lower.isascii() else unicodedata.normalize("NFC", lower)


def quoted_text(value: str) -> str:
    """The token that reads as this text."""
    return "'" + value.replace("'", "''") + "'"


def quoted_name(name: str) -> str:
    """The token that reads as exactly this name."""
    return '"' + name.replace('"', '""') + '"'


def _rare(text: str, found: re.Match[str], kind: str | None) -> Token:
    """The tokens a statement seldom has."""
    if kind == "quoted":
        start, end = found.span("quoted")
        return Token("QUOTED", Kind.QUOTED, text[start + 1 : end - 1].replace('""', '"'), start, end)
    if kind == "unit":
        return _duration(text, found)
    if kind == "more":
        start = found.start("string")
        value, end = _quoted_run(text, start, _PLAIN)
        return Token("STRING", Kind.STRING, value.replace("''", "'"), start, end)
    if kind == "prefixed":
        return _prefixed(text, found.start("prefixed"))
    if kind == "placeholder":
        start, end = found.span("placeholder")
        return Token("PLACEHOLDER", Kind.PLACEHOLDER, text[start:end], start, end)
    start, inside = found.span("dollar")
    mark = text[start:inside]
    end = text.find(mark, inside)
    if end < 0:
        raise UnterminatedText(what="dollar-quoted string", at=start)
    return Token("STRING", Kind.STRING, text[inside:end], start, end + len(mark))


def _duration(text: str, found: re.Match[str]) -> Token:
    """`10s`: a number and a unit. Anything else that touches a number is an error, as in PostgreSQL 15 and KWDB 3."""
    start, end = found.start("number"), found.end("unit")
    number, unit = found["number"], found["unit"].lower()
    if unit in UNITS and number.isdigit():
        return Token("DURATION", Kind.DURATION, f"{number} {unit}", start, end)
    if unit[0] == "x":
        raise LexicalError(reason="invalid hexadecimal numeric literal", at=start)
    raise LexicalError(reason=f'trailing junk after numeric literal at or near "{number}{unit[0]}"', at=start)


def _prefixed(text: str, start: int) -> Token:
    """`e'…'`, `b'…'`, `x'…'`, `B'…'`. Only the lower-case b makes bytes: `B'0101'` holds bits."""
    letter = text[start]
    content, end = _quoted_run(text, start + 1, _ESCAPED if letter in "eEb" else _PLAIN)
    if letter == "B":
        wrong = content.strip("01")
        if wrong:
            raise LexicalError(reason=f'"{wrong[0]}" is not a valid binary digit', at=start)
        return Token("BITS", Kind.BITS, content, start, end)
    try:
        raw = bytes.fromhex(content) if letter in "xX" else _unescape(content, start)
    except ValueError:
        raise LexicalError(reason="invalid hexadecimal bytes literal", at=start) from None
    if letter not in "eE":
        return Token("BYTES", Kind.BYTES, raw.decode("latin-1"), start, end)
    try:
        return Token("STRING", Kind.STRING, raw.decode(), start, end)
    except UnicodeDecodeError:
        raise LexicalError(reason="invalid UTF-8 byte sequence", at=start) from None


def _quoted_run(text: str, start: int, pattern: re.Pattern[str]) -> tuple[str, int]:
    """(content, end) of the quoted text that opens at `start`; parts on lines of their own are one text, as in standard SQL."""
    parts: list[str] = []
    while True:
        found = pattern.match(text, start)
        if found is None:
            raise UnterminatedText(what="string", at=start)
        parts.append(text[start + 1 : found.end() - 1])
        following = _CONTINUED.match(text, found.end())
        if following is None:
            return "".join(parts), found.end()
        start = following.end()


def _unescape(content: str, start: int) -> bytes:
    """The bytes that the inside of `e'…'` or `b'…'` stands for. An unknown escape is the character itself."""
    parts: list[bytes] = []
    at = 0
    for found in _ESCAPE.finditer(content):
        parts.append(content[at : found.start()].encode())
        at = found.end()
        code = found[1]
        if code is None:
            parts.append(b"'")
        elif len(code) == 1:
            parts.append(_SIMPLE_ESCAPES.get(code) or code.encode())
        elif code[0] == "x":
            parts.append(bytes((int(code[1:], 16),)))
        elif code[0] in "uU":
            point = int(code[1:], 16)
            if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
                raise LexicalError(reason="invalid Unicode escape value", at=start)
            parts.append(chr(point).encode())
        else:
            parts.append(bytes((int(code, 8) & 0xFF,)))
    parts.append(content[at:].encode())
    return b"".join(parts)


def _comment_end(text: str, start: int) -> int:
    """Where the `/*` at `start` is closed; comments nest."""
    depth, at = 1, start + 2
    while depth:
        edge = _COMMENT_EDGE.search(text, at)
        if edge is None:
            raise UnterminatedText(what="comment", at=start)
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return at


# ---------------------------------------------------------------- statements of a body

# Text in which no statement can end: a plain run, then perhaps a string that knows no backslashes.
# A group is never repeated possessively in this house: Python before 3.11.5 matches such patterns wrongly.
_HARMLESS = re.compile(r"""[^;'"$/-]*+(?:(?<![eEb])'[^']*+')?""")
_TO_QUOTE = re.compile(r'"[^"]*"')
_TO_DOLLAR = re.compile(r"\$(?:[A-Za-z_\x80-\U0010FFFF][A-Za-z0-9_\x80-\U0010FFFF]*)?\$")
_IN_WORD = re.compile(r"[A-Za-z0-9_$\x80-\U0010FFFF]")
_BLANK = re.compile(r"[ \t\r\n\f\v]*(?:--[^\n]*[ \t\r\n\f\v]*)*")


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what stands between the semicolons that separate statements, blank ones included.

    `";".join(text[start:end] …)` is `text` again. Read only as far as they are asked for. Raises UnterminatedText.
    """
    start = at = 0
    harmless = _HARMLESS.match
    while (run := harmless(text, at)) and (at := run.end()) < len(text):
        character = text[at]
        if character == ";":
            yield start, at
            start = at = at + 1
        else:
            at = _hidden_end(text, at, character)
    yield start, len(text)


def _hidden_end(text: str, at: int, character: str) -> int:
    """Where the text that is hidden behind the character at `at` ends; one past it if nothing is."""
    if character == "'":
        # e'…' and b'…' know backslashes, but only as words of their own: in `some'…'` the e belongs to the word.
        escaped = at > 0 and text[at - 1] in "eEb" and not (at > 1 and _IN_WORD.match(text, at - 2))
        return _quoted_run(text, at, _ESCAPED if escaped else _PLAIN)[1]
    if character == '"':
        closed = _TO_QUOTE.match(text, at)
        if closed is None:
            raise UnterminatedText(what="quoted name", at=at)
        return closed.end()
    if character == "$":
        mark = _TO_DOLLAR.match(text, at)
        if mark is None or (at > 0 and _IN_WORD.match(text, at - 1)):
            return at + 1
        end = text.find(mark[0], mark.end())
        if end < 0:
            raise UnterminatedText(what="dollar-quoted string", at=at)
        return end + len(mark[0])
    if text.startswith("--", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    if text.startswith("//", at):
        return at + 2
    # The slash of `|/` and `||/` opens no comment either.
    begins = text.startswith("/*", at) and not (at > 0 and text[at - 1] == "|")
    return _comment_end(text, at) if begins else at + 1


def split(text: str) -> list[str]:
    """The statements of a request's body, in order, as written; pieces of blanks and comments only are left out.

    Raises UnterminatedText, NulInText, TooManyStatements.
    """
    if "\0" in text:
        raise NulInText(at=text.index("\0"))
    statements: list[str] = []
    for number, (start, end) in enumerate(pieces(text)):
        if not is_blank(piece := text[start:end]):
            statements.append(piece)
        if len(statements) > MAX_STATEMENTS or number > MAX_PIECES:
            raise TooManyStatements(limit=MAX_STATEMENTS)
    return statements


def is_blank(piece: str) -> bool:
    """Whether nothing but blanks and comments stands in `piece`. Raises UnterminatedText."""
    at = 0
    while True:
        found = _BLANK.match(piece, at)
        at = found.end() if found else at
        if not piece.startswith("/*", at):
            return at == len(piece)
        at = _comment_end(piece, at)
