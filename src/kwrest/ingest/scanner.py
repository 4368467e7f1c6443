r"""Line protocol (contract S5) → columns. Pure Python, one regular expression a grammar rule; the native scanner is judged by it.

    line        = measurement *( "," tag ) [ "," ] 1*" " field *( "," field ) [ 1*" " timestamp ]
    measurement = 1*( "\," / "\ " / any but "," " " )
    tag         = key "=" 1*( "\," / "\=" / "\ " / any but "," "=" " " )
    field       = key "=" ( DQUOTE *( "\" DQUOTE / "\\" / any but DQUOTE ) DQUOTE / number / boolean )
    key         = 1*( "\," / "\=" / "\ " / any but "," "=" " " )

A backslash before any other character stands for itself. The comma after the last tag is the seed's own sample.
A line ends at a line feed outside quoted text; a carriage return before it is dropped.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator

from kwrest.ingest.columns import Cells, SeriesBuilder, Shapes
from kwrest.ingest.flaws import MAX_KEPT, Flaw, FlawedLine
from kwrest.ingest.scanned import MAX_REFUSED, Kind, Precision, Scanned
from kwrest.model import Reject

MAX_LINE = 1 << 20  # bytes of one line, line feeds in quoted text included
BOM = b"\xef\xbb\xbf"

# Quantifiers of single characters are possessive (`++`): a name that ends in `\=` must not be tried again as one that
# ends in `\`. Those of groups are not: Python before 3.11.5 matches possessive groups wrongly.
_HEAD = re.compile(r"(?:[^ \\]++|\\ ?+)+")
_MEASUREMENT = re.compile(r"(?:[^, \\]++|\\[, ]?+)+")
_KEY = re.compile(r"(?:[^,= \\]++|\\[,= ]?+)+")
_FIELD = re.compile(r'((?:[^,= \\]++|\\[,= ]?+)+)=(?:"((?:[^"\\]++|\\.)*)"|([^", ][^, ]*+))', re.DOTALL)
# Groups: the digits of a number without fraction and exponent, and its suffix.
_NUMBER = re.compile(r"([+-]?[0-9]++)([iu]?)|[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_WHOLE = re.compile(r"[+-]?[0-9]++")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_ESCAPED_IN_MEASUREMENT = re.compile(r"\\([, ])")
_ESCAPED_IN_KEY = re.compile(r"\\([,= ])")
_ESCAPED_IN_TEXT = re.compile(r'\\(["\\])')

# From the start of a line with a quote in it to its end. Text opens only right after a field's `=`; when what follows
# its closing quote cannot follow a text (or there is no closing quote), a quote is missing and the line ends at its
# own line feed, so that it does not take its neighbours with it. Text that is well closed is never read as lines.
_QUOTED_LINE = re.compile(
    rb'[ \t]*+(?:[^ \n\\]++|\\ ?+)*(?:="(?:[^"\\]++|\\.)*"(?=[, \r\n]|\Z)|\\=|[=\\]|[^=\\\n]++)*', re.DOTALL
)
_COMMENT = re.compile(rb"[ \t]*+#")

_BOOLEANS = {
    "t": 1, "T": 1, "true": 1, "True": 1, "TRUE": 1,
    "f": 0, "F": 0, "false": 0, "False": 0, "FALSE": 0,
}  # fmt: skip

_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)
_FLOAT_BITS, _INT64_BITS = struct.Struct("<d"), struct.Struct("<q")

# `precision=auto`: below so many units a timestamp is taken as seconds, milliseconds, microseconds; else nanoseconds.
# Seconds thus reach the year 5138, milliseconds begin in 1973, microseconds too.
_AUTO = ((10**11, Precision.S), (10**14, Precision.MS), (10**17, Precision.US))


def scan(body: bytes, precision: Precision, now_ns: int) -> Scanned:
    """Cells of a line-protocol body, in one pass.

    body: any number of lines, a leading byte order mark is skipped; precision: of the timestamps; now_ns: the time of
    lines without one. Good lines become columns per (measurement, tag keys, field keys), whatever order the keys had;
    a bad line becomes a Reject and never touches its neighbours. Never raises for a bad line.
    """
    lines = _Lines(precision, now_ns)
    refused: list[Reject] = []
    beyond = 0
    for number, start, end in _split(body):
        try:
            line = _text_of(body, start, end)
            if line and line[0] != "#":
                lines.add(line, number, start, end)
        except FlawedLine as flawed:
            if len(refused) < MAX_REFUSED:
                shown = end if end - start <= MAX_LINE else start + MAX_KEPT
                text = body[start:shown].decode("utf-8", "replace").removesuffix("\r")
                refused.append(flawed.reject(number, text))
            else:
                beyond += 1
    return Scanned(body, lines.shapes.built(), tuple(refused), beyond)


# ---------------------------------------------------------------- lines


def _split(body: bytes) -> Iterator[tuple[int, int, int]]:
    """(number of its first line feed line from 1, start, end) of each line; line feeds in quoted text do not end one."""
    number, start = 1, len(BOM) if body.startswith(BOM) else 0
    while start < len(body):
        end = body.find(b"\n", start)
        if end < 0:
            end = len(body)
        feeds = 1
        if body.find(b'"', start, end) >= 0 and not _COMMENT.match(body, start):
            matched = _QUOTED_LINE.match(body, start)
            if matched and matched.end() > end:
                feeds += body.count(b"\n", start, matched.end())
                end = matched.end()
        yield number, start, end
        number += feeds
        start = end + 1


def _text_of(body: bytes, start: int, end: int) -> str:
    """The line without the blanks around it; empty when there is nothing else."""
    if end - start > MAX_LINE:
        raise FlawedLine(Flaw.TOO_LONG, str(MAX_LINE))
    try:
        line = body[start:end].decode()
    except UnicodeDecodeError:
        raise FlawedLine(Flaw.NOT_UTF8) from None
    if "\0" in line:
        raise FlawedLine(Flaw.NUL)
    return line.removesuffix("\r").strip(" \t")


# ---------------------------------------------------------------- one line


class _Lines:
    """The good lines of a body so far. A line's measurement and tags are read once for all lines that begin alike."""

    def __init__(self, precision: Precision, now_ns: int) -> None:
        self.shapes = Shapes()
        self._precision, self._now = precision, now_ns
        self._heads: dict[str, tuple[SeriesBuilder, int]] = {}

    def add(self, line: str, number: int, start: int, end: int) -> None:
        """Add a line, or raise FlawedLine before any column has grown."""
        matched = _HEAD.match(line)
        assert matched is not None  # a stripped line that is not empty
        head = matched[0]
        found = self._heads.get(head)
        if found is None:
            found = self._heads[head] = self.shapes.series(*_measurement_and_tags(head))
        at = matched.end()
        while line.startswith(" ", at):
            at += 1
        if at == len(line):
            raise FlawedLine(Flaw.NO_FIELDS)
        fields, at = _fields(line, at)
        time = _nanoseconds(line[at:].lstrip(" "), self._precision) if at < len(line) else self._now
        series, series_number = found
        self.shapes.shape(series, tuple(fields)).add(series_number, fields, time, number, start, end)


def _measurement_and_tags(head: str) -> tuple[str, dict[str, str]]:
    """`meters,location=Beijing,` → the unescaped measurement and tags in the order written."""
    matched = _MEASUREMENT.match(head)
    if matched is None:
        raise FlawedLine(Flaw.NO_MEASUREMENT)
    tags: dict[str, str] = {}
    at = matched.end()
    while at < len(head) - 1:  # what can be left at the end is the comma of the seed's sample
        key = _KEY.match(head, at + 1)
        if key is None:
            raise FlawedLine(Flaw.NO_TAG_KEY, head[at:])
        name = _unescaped(_ESCAPED_IN_KEY, key[0])
        value = _KEY.match(head, key.end() + 1) if head.startswith("=", key.end()) else None
        if value is None:
            raise FlawedLine(Flaw.NO_TAG_VALUE, name)
        at = value.end()
        if head.startswith("=", at):
            raise FlawedLine(Flaw.TAG_EQUALS, name)
        if name in tags:
            raise FlawedLine(Flaw.DUPLICATE_TAG, name)
        tags[name] = _unescaped(_ESCAPED_IN_KEY, value[0])
    return _unescaped(_ESCAPED_IN_MEASUREMENT, matched[0]), tags


def _fields(line: str, at: int) -> tuple[Cells, int]:
    """The fields from offset `at` on, and where they end."""
    fields: Cells = {}
    while True:
        matched = _FIELD.match(line, at)
        if matched is None:
            raise _flaw_of_field(line, at)
        key, text, raw = matched.groups()
        name = _unescaped(_ESCAPED_IN_KEY, key)
        if name in fields:
            raise FlawedLine(Flaw.DUPLICATE_FIELD, name)
        fields[name] = _cell(raw) if text is None else (Kind.TEXT, _unescaped(_ESCAPED_IN_TEXT, text))
        at = matched.end()
        if at == len(line) or line[at] == " ":
            return fields, at
        if line[at] != ",":  # possible after a closing quote only
            raise FlawedLine(Flaw.AFTER_QUOTE, name)
        at += 1


def _flaw_of_field(line: str, at: int) -> FlawedLine:
    """Why there is no field at this offset."""
    if at >= len(line):
        return FlawedLine(Flaw.NO_FIELD_KEY, line[-1])
    key = _KEY.match(line, at)
    if key is None:
        return FlawedLine(Flaw.NO_FIELD_KEY, line[at:])
    name = _unescaped(_ESCAPED_IN_KEY, key[0])
    return FlawedLine(Flaw.OPEN_QUOTE if line.startswith('="', key.end()) else Flaw.NO_FIELD_VALUE, name)


def _cell(raw: str) -> tuple[Kind, int]:
    """An unquoted value as kind and cell (see Kind)."""
    matched = _NUMBER.fullmatch(raw)
    if matched is None:
        boolean = _BOOLEANS.get(raw)
        if boolean is None:
            raise FlawedLine(Flaw.NOT_FINITE if _NOT_FINITE.fullmatch(raw) else Flaw.BAD_VALUE, raw)
        return Kind.BOOL, boolean
    digits, suffix = matched.groups()
    if digits is None:
        return Kind.FLOAT, _bits(raw)
    whole = _integer(digits)
    if suffix == "i":
        if whole is None or whole not in _INT64:
            raise FlawedLine(Flaw.OUT_OF_INT64, raw)
        return Kind.INT, whole
    if suffix == "u":
        if whole is None or whole not in _UINT64:
            raise FlawedLine(Flaw.OUT_OF_INT64, raw)
        return Kind.UINT, whole if whole in _INT64 else whole - 2**64
    # What 64 bits do not hold is a float, as every number without suffix is to the protocol; `-0` keeps its sign as one.
    if whole is None or whole not in _INT64 or (whole == 0 and raw[0] == "-"):
        return Kind.FLOAT, _bits(raw)
    return Kind.WHOLE, whole


def _bits(raw: str) -> int:
    """The bits of a float, as an int64."""
    number = float(raw)
    if math.isinf(number):
        raise FlawedLine(Flaw.NOT_FINITE, raw)
    bits: int = _INT64_BITS.unpack(_FLOAT_BITS.pack(number))[0]
    return bits


def _integer(digits: str) -> int | None:
    """The integer, or None when it is far from 64 bits (Python refuses to read thousands of digits)."""
    if len(digits) > 20:
        significant = digits.lstrip("+-").lstrip("0") or "0"
        if len(significant) > 20:
            return None
        return -int(significant) if digits[0] == "-" else int(significant)
    return int(digits)


def _nanoseconds(text: str, precision: Precision) -> int:
    """A timestamp as written → nanoseconds since 1970."""
    if not _WHOLE.fullmatch(text):
        raise FlawedLine(Flaw.BAD_TIME, text)
    units = _integer(text)
    if units is None:
        raise FlawedLine(Flaw.TIME_RANGE, text)
    if precision is Precision.AUTO:
        precision = next((p for below, p in _AUTO if abs(units) < below), Precision.NS)
    time = units * precision.nanoseconds
    if time not in _INT64:
        raise FlawedLine(Flaw.TIME_RANGE, text)
    return time


def _unescaped(escape: re.Pattern[str], text: str) -> str:
    return escape.sub(r"\1", text) if "\\" in text else text
