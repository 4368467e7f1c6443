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
from array import array
from collections.abc import Iterator

import numpy as np

from kwrest.ingest.flaws import MAX_KEPT, Flaw, FlawedLine
from kwrest.ingest.scanned import MAX_REFUSED, FieldColumn, Kind, Precision, Scanned, Shape
from kwrest.model import Reject

MAX_LINE = 1 << 20  # bytes of one line, line feeds in quoted text included
BOM = b"\xef\xbb\xbf"

# The quantifiers are possessive (`++`): a name that ends in `\=` must not be tried again as one that ends in `\`.
_HEAD = re.compile(r"(?:[^ \\]++|\\ ?+)++")
_MEASUREMENT = re.compile(r"(?:[^, \\]++|\\[, ]?+)++")
_KEY = re.compile(r"(?:[^,= \\]++|\\[,= ]?+)++")
_FIELD = re.compile(r'((?:[^,= \\]++|\\[,= ]?+)++)=(?:"((?:[^"\\]++|\\.)*+)"|([^", ][^, ]*+))', re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_WHOLE = re.compile(r"[+-]?[0-9]++")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_ESCAPED_IN_MEASUREMENT = re.compile(r"\\([, ])")
_ESCAPED_IN_KEY = re.compile(r"\\([,= ])")
_ESCAPED_IN_TEXT = re.compile(r'\\(["\\])')

# From the start of a line with a quote in it to its end. Text opens only right after a field's `=`; when what follows
# its closing quote cannot follow a text (or there is no closing quote), a quote is missing and the line ends at its
# own line feed, so that it does not take its neighbours with it. Text that is well closed is never read as lines.
_QUOTED_LINE = re.compile(
    rb'[ \t]*+(?:[^ \n\\]++|\\ ?+)*+(?:="(?:[^"\\]++|\\.)*+"(?=[, \r\n]|\Z)|=|[^=\n]++)*+', re.DOTALL
)
_COMMENT = re.compile(rb"[ \t]*+#")

_BOOLEANS = {
    "t": 1, "T": 1, "true": 1, "True": 1, "TRUE": 1,
    "f": 0, "F": 0, "false": 0, "False": 0, "FALSE": 0,
}  # fmt: skip

_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)
_float_bits = struct.Struct("<d")
_int64_bits = struct.Struct("<q")

# `precision=auto`: below so many units a timestamp is taken as seconds, milliseconds, microseconds; else nanoseconds.
# Seconds thus reach the year 5138, milliseconds begin in 1973, microseconds too.
_AUTO = ((10**11, Precision.S), (10**14, Precision.MS), (10**17, Precision.US))


def scan(body: bytes, precision: Precision, now_ns: int) -> Scanned:
    """Cells of a line-protocol body, in one pass.

    body: any number of lines, a leading byte order mark is skipped; precision: of the timestamps; now_ns: the time of
    lines without one. Good lines become columns per (measurement, tag keys, field keys), whatever order the keys had;
    a bad line becomes a Reject and never touches its neighbours. Never raises for a bad line.
    """
    shapes = _Shapes()
    refused: list[Reject] = []
    beyond = 0
    for number, start, end in _split(body):
        try:
            line = _text_of(body, start, end)
            if line and line[0] != "#":
                shapes.add(line, precision, now_ns, number, start, end)
        except FlawedLine as flawed:
            if len(refused) < MAX_REFUSED:
                shown = end if end - start <= MAX_LINE else start + MAX_KEPT
                refused.append(flawed.reject(number, body[start:shown].decode("utf-8", "replace").removesuffix("\r")))
            else:
                beyond += 1
    return Scanned(body, shapes.built(), tuple(refused), beyond)


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


def _fields(line: str, at: int) -> tuple[dict[str, tuple[Kind, int | str]], int]:
    """The fields from offset `at` on, (kind, cell) each — a TEXT cell is still its text —, and where they end."""
    fields: dict[str, tuple[Kind, int | str]] = {}
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
    boolean = _BOOLEANS.get(raw)
    if boolean is not None:
        return Kind.BOOL, boolean
    if _WHOLE.fullmatch(raw):
        whole = _integer(raw)
        # `-0` keeps its sign as a float; what 64 bits do not hold is a float as well, as the protocol says
        if whole is not None and whole in _INT64 and not (whole == 0 and raw[0] == "-"):
            return Kind.WHOLE, whole
    if _NUMBER.fullmatch(raw):
        number = float(raw)
        if math.isinf(number):
            raise FlawedLine(Flaw.NOT_FINITE, raw)
        return Kind.FLOAT, _int64_bits.unpack(_float_bits.pack(number))[0]
    if raw[-1] == "i" and _WHOLE.fullmatch(raw, 0, len(raw) - 1):
        whole = _integer(raw[:-1])
        if whole is None or whole not in _INT64:
            raise FlawedLine(Flaw.OUT_OF_INT64, raw)
        return Kind.INT, whole
    if raw[-1] == "u" and _WHOLE.fullmatch(raw, 0, len(raw) - 1):
        whole = _integer(raw[:-1])
        if whole is None or whole not in _UINT64:
            raise FlawedLine(Flaw.OUT_OF_INT64, raw)
        return Kind.UINT, whole if whole in _INT64 else whole - 2**64
    if _NOT_FINITE.fullmatch(raw):
        raise FlawedLine(Flaw.NOT_FINITE, raw)
    raise FlawedLine(Flaw.BAD_VALUE, raw)


def _integer(digits: str) -> int | None:
    """The integer, or None when it is far from 64 bits (Python refuses to read thousands of digits)."""
    significant = digits.lstrip("+-").lstrip("0") or "0"
    if len(significant) > 20:
        return None
    return -int(significant) if digits[0] == "-" else int(significant)


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


# ---------------------------------------------------------------- columns


class _FieldBuilder:
    """Grows one FieldColumn."""

    __slots__ = ("cells", "ends", "kinds", "texts")

    def __init__(self) -> None:
        self.kinds = bytearray()
        self.cells = array("q")
        self.texts = bytearray()
        self.ends = array("q")

    def add(self, kind: Kind, cell: int | str) -> None:
        self.kinds.append(kind)
        if isinstance(cell, int):
            self.cells.append(cell)
        else:
            self.cells.append(len(self.ends))
            self.texts += cell.encode()
            self.ends.append(len(self.texts))

    def built(self) -> FieldColumn:
        return FieldColumn(
            np.frombuffer(bytes(self.kinds), np.uint8),
            np.frombuffer(self.cells, np.int64),
            bytes(self.texts),
            np.frombuffer(self.ends, np.int64) if self.ends else np.empty(0, np.int64),
        )


class _Series:
    """The series of one (measurement, sorted tag keys): tag values, and the number of each combination."""

    __slots__ = ("keys", "measurement", "numbers", "values")

    def __init__(self, measurement: str, keys: tuple[str, ...]) -> None:
        self.measurement = measurement
        self.keys = keys
        self.values: tuple[list[str], ...] = tuple([] for _ in keys)
        self.numbers: dict[tuple[str, ...], int] = {}

    def number(self, values: tuple[str, ...]) -> int:
        """The number of these tag values, in the order of the keys."""
        known = self.numbers.get(values)
        if known is None:
            known = self.numbers[values] = len(self.numbers)
            for column, value in zip(self.values, values, strict=True):
                column.append(value)
        return known


class _ShapeBuilder:
    """Grows one Shape."""

    __slots__ = ("ends", "fields", "numbers", "series", "series_of", "starts", "time")

    def __init__(self, series_of: _Series, keys: tuple[str, ...]) -> None:
        self.series_of = series_of
        self.fields = {key: _FieldBuilder() for key in keys}
        self.series, self.numbers = array("i"), array("i")
        self.time, self.starts, self.ends = array("q"), array("q"), array("q")

    def built(self) -> Shape:
        return Shape(
            self.series_of.measurement,
            self.series_of.keys,
            tuple(self.fields),
            self.series_of.values,
            np.frombuffer(self.series, np.int32),
            np.frombuffer(self.numbers, np.int32),
            np.frombuffer(self.time, np.int64),
            np.frombuffer(self.starts, np.int64),
            np.frombuffer(self.ends, np.int64),
            tuple(f.built() for f in self.fields.values()),
        )


class _Shapes:
    """All shapes of a body while it is read."""

    def __init__(self) -> None:
        self._heads: dict[str, tuple[_Series, int]] = {}  # head as written → its series, so tags are read once
        self._series: dict[tuple[str, tuple[str, ...]], _Series] = {}
        self._shapes: dict[tuple[_Series, tuple[str, ...]], _ShapeBuilder] = {}  # under every order of keys seen

    def add(self, line: str, precision: Precision, now_ns: int, number: int, start: int, end: int) -> None:
        """Add a line, or raise FlawedLine before any column has grown."""
        matched = _HEAD.match(line)
        assert matched is not None  # a stripped line that is not empty
        head = self._heads.get(matched[0]) or self._read_head(matched[0])
        at = matched.end()
        while line.startswith(" ", at):
            at += 1
        if at == len(line):
            raise FlawedLine(Flaw.NO_FIELDS)
        fields, at = _fields(line, at)
        time = _nanoseconds(line[at:].lstrip(" "), precision) if at < len(line) else now_ns
        series, series_number = head
        shape = self._shape(series, tuple(fields))
        for key, (kind, cell) in fields.items():
            shape.fields[key].add(kind, cell)
        shape.series.append(series_number)
        shape.numbers.append(number)
        shape.time.append(time)
        shape.starts.append(start)
        shape.ends.append(end)

    def built(self) -> tuple[Shape, ...]:
        """Every shape once, in the order of their first lines."""
        return tuple(shape.built() for shape in dict.fromkeys(self._shapes.values()))

    def _read_head(self, head: str) -> tuple[_Series, int]:
        measurement, tags = _measurement_and_tags(head)
        keys = tuple(sorted(tags))
        series = self._series.setdefault((measurement, keys), _Series(measurement, keys))
        found = self._heads[head] = (series, series.number(tuple(tags[k] for k in keys)))
        return found

    def _shape(self, series: _Series, keys: tuple[str, ...]) -> _ShapeBuilder:
        """Telegraf sends the fields of a line in random order: every order leads to the one shape of the sorted keys."""
        shape = self._shapes.get((series, keys))
        if shape is None:
            ordered = tuple(sorted(keys))
            shape = self._shapes.get((series, ordered)) or _ShapeBuilder(series, ordered)
            self._shapes[(series, ordered)] = self._shapes[(series, keys)] = shape
        return shape
