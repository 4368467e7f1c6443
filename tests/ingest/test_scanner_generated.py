"""hypothesis: write lines → scan → the same cells (issue 1.24)."""

from __future__ import annotations

import math
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from kwrest.ingest.scanned import Precision
from kwrest.ingest.scanner import scan
from tests.ingest.plain_reader import Read, read_body
from tests.ingest.test_scanner import Row, rows

NOW = 1_700_000_000_000_000_000

# No line feeds, NULs and surrogates: a name cannot carry them. A carriage return only ends a line by accident.
_CHARACTERS = st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"])
_RISKY = st.sampled_from(list(',= "\\#ti1é温'))


# A name that ends in a backslash cannot be sent: it would escape what follows it.
_names = st.text(st.one_of(_RISKY, _CHARACTERS), min_size=1, max_size=6).filter(lambda s: s[-1] != "\\")
_measurements = _names.filter(lambda s: s[0] not in "# \t" and s.strip(" \t\r\0") == s)
_texts = st.text(
    st.one_of(_RISKY, st.just("\n"), st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=8
)
_int64 = st.integers(-(2**63), 2**63 - 1)
_values = st.one_of(
    _texts,
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    _int64,
)
_rows = st.tuples(
    _measurements,
    st.dictionaries(_names, _names, max_size=3),
    st.dictionaries(_names, _values, min_size=1, max_size=3),
    _int64,
)


def written(row: Row) -> str:
    """A row as a careful client writes it."""
    measurement, tags, fields, time = row
    head = re.sub(r"([, ])", r"\\\1", measurement)
    for key, value in tags.items():
        head += f",{_escaped(key)}={_escaped(value)}"
    return f"{head} {','.join(f'{_escaped(k)}={_value(v)}' for k, v in fields.items())} {time}"


def _escaped(name: str) -> str:
    return re.sub(r"([,= ])", r"\\\1", name)


def _value(value: float | int | bool | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}i"
    if isinstance(value, float):
        return repr(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@settings(deadline=None)
@given(st.lists(_rows, max_size=6))
def test_what_is_written_is_what_is_scanned(sent: list[Row]) -> None:
    scanned = scan("\n".join(map(written, sent)).encode(), Precision.NS, NOW)
    assert scanned.refused == ()
    assert [_signed(r) for r in rows(scanned)] == [_signed(r) for r in sent]


def _signed(row: Row) -> tuple[object, ...]:
    """The row with the type of each value and the sign of each zero."""
    measurement, tags, fields, time = row
    marked = {k: (type(v), v, math.copysign(1, v) if isinstance(v, float) else 0) for k, v in fields.items()}
    return measurement, tags, marked, time


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_scanned_without_an_exception(body: bytes) -> None:
    _each_line_is_somewhere(body)


@settings(deadline=None)
@given(st.text(st.sampled_from(list('m,= "\\\n\r#1iutf.e-')), max_size=60))
def test_any_line_like_text_is_scanned_without_an_exception(text: str) -> None:
    _each_line_is_somewhere(text.encode())


def _each_line_is_somewhere(body: bytes) -> None:
    """Every good or refused line has a number of its own, in the body's range."""
    scanned = scan(body, Precision.AUTO, NOW)
    numbers = [int(n) for s in scanned.shapes for n in s.numbers] + [r.number for r in scanned.refused]
    assert len(set(numbers)) == len(numbers)
    assert all(1 <= n <= body.count(b"\n") + 1 for n in numbers)


_PIECES = [
    "m",
    ",",
    "=",
    " ",
    '"',
    "\\",
    "\n",
    "\r",
    "#",
    "1",
    "t",
    "a=1",
    ' f="',
    '",g=1',
    "m f=1\n",
    'm,a=b f="x" 5\n',
    "\t",
]


@settings(deadline=None, max_examples=600)
@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("".join))
def test_the_scanner_reads_what_a_plain_reader_reads(text: str) -> None:
    scanned = scan(text.encode(), Precision.NS, NOW)
    found: dict[int, Row | None] = {r.number: None for r in scanned.refused}
    numbers = sorted(int(n) for shape in scanned.shapes for n in shape.numbers)
    found |= dict(zip(numbers, rows(scanned), strict=True))
    assert found == {number: _meant(said) for number, said in read_body(text)}


def _meant(said: Read | None) -> Row | None:
    """The row a line means, None when a value or the timestamp is none."""
    if said is None:
        return None
    measurement, tags, fields, time = said
    if not re.fullmatch("[0-9]*", time):
        return None
    values: dict[str, float | int | bool | str] = {}
    for key, value in fields.items():
        if value.startswith('"'):
            values[key] = re.sub(r'\\(["\\])', r"\1", value[1:-1])
        elif value == "t":
            values[key] = True
        elif re.fullmatch("[0-9]+", value):
            values[key] = int(value)
        else:
            return None
    return measurement, tags, values, int(time) if time else NOW
