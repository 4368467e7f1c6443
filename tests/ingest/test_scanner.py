"""Line protocol as tables: a line and its cells, a line and its reason."""

from __future__ import annotations

import pytest

from kwrest.ingest.columns import MAX_COLUMNS
from kwrest.ingest.flaws import Flaw
from kwrest.ingest.scanned import MAX_REFUSED, Kind, Precision, Scanned
from kwrest.ingest.scanner import MAX_LINE, scan

NOW = 1_700_000_000_123_456_789

Row = tuple[str, dict[str, str], dict[str, float | int | bool | str], int]


def rows(scanned: Scanned) -> list[Row]:
    """All good lines as (measurement, tags, fields, time), in the order they were sent."""
    numbered = []
    for shape in scanned.shapes:
        for row in range(shape.rows):
            tags = {key: column[shape.series[row]] for key, column in zip(shape.tag_keys, shape.tags, strict=True)}
            fields = {key: column.value(row) for key, column in zip(shape.field_keys, shape.fields, strict=True)}
            numbered.append((int(shape.numbers[row]), (shape.measurement, tags, fields, int(shape.time[row]))))
    return [row for _, row in sorted(numbered, key=lambda pair: pair[0])]


def scan_ns(body: bytes) -> Scanned:
    return scan(body, Precision.NS, NOW)


@pytest.mark.parametrize(
    "line, expected",
    [
        # the seed
        ("meters,location=Beijing, current=17.01,voltage=220,phase=0.29 1556813561098000000",
         ("meters", {"location": "Beijing"}, {"current": 17.01, "voltage": 220, "phase": 0.29}, 1556813561098000000)),
        ('myMeasurement,tag1=value1,tag2=value2 fieldKey="fieldValue" 1556813561098000000',
         ("myMeasurement", {"tag1": "value1", "tag2": "value2"}, {"fieldKey": "fieldValue"}, 1556813561098000000)),
        # the parts
        ("m f=1", ("m", {}, {"f": 1}, NOW)),
        ("m f=1 7", ("m", {}, {"f": 1}, 7)),
        ("m f=1 -7", ("m", {}, {"f": 1}, -7)),
        ("m, f=1", ("m", {}, {"f": 1}, NOW)),
        ("  m,a=b   f=1   7  ", ("m", {"a": "b"}, {"f": 1}, 7)),
        ("\tm f=1\t", ("m", {}, {"f": 1}, NOW)),
        ("m,a=b f=1,g=2,h=3", ("m", {"a": "b"}, {"f": 1, "g": 2, "h": 3}, NOW)),
        # numbers
        ("m f=1.5", ("m", {}, {"f": 1.5}, NOW)),
        ("m f=-1.5e-3", ("m", {}, {"f": -0.0015}, NOW)),
        ("m f=1E3", ("m", {}, {"f": 1000.0}, NOW)),
        ("m f=.5", ("m", {}, {"f": 0.5}, NOW)),
        ("m f=5.", ("m", {}, {"f": 5.0}, NOW)),
        ("m f=+5", ("m", {}, {"f": 5}, NOW)),
        ("m f=1e-400", ("m", {}, {"f": 0.0}, NOW)),
        ("m f=9007199254740993", ("m", {}, {"f": 9007199254740993}, NOW)),
        ("m f=9223372036854775807i", ("m", {}, {"f": 2**63 - 1}, NOW)),
        ("m f=-9223372036854775808i", ("m", {}, {"f": -(2**63)}, NOW)),
        ("m f=18446744073709551615u", ("m", {}, {"f": 2**64 - 1}, NOW)),
        ("m f=18446744073709551615", ("m", {}, {"f": 1.8446744073709552e19}, NOW)),
        ("m f=" + "0" * 5000 + "1i", ("m", {}, {"f": 1}, NOW)),
        # booleans
        ("m a=t,b=T,c=true,d=True,e=TRUE", ("m", {}, dict.fromkeys("abcde", True), NOW)),
        ("m a=f,b=F,c=false,d=False,e=FALSE", ("m", {}, dict.fromkeys("abcde", False), NOW)),
        # text
        ('m f=""', ("m", {}, {"f": ""}, NOW)),
        ('m f="a b,c=d"', ("m", {}, {"f": "a b,c=d"}, NOW)),
        (r'm f="a\"b"', ("m", {}, {"f": 'a"b'}, NOW)),
        (r'm f="a\\b"', ("m", {}, {"f": "a\\b"}, NOW)),
        (r'm f="a\\" 7', ("m", {}, {"f": "a\\"}, 7)),
        (r'm f="a\nb"', ("m", {}, {"f": r"a\nb"}, NOW)),
        ('m f="a\nb" 7', ("m", {}, {"f": "a\nb"}, 7)),
        ('m f="a\r\nb"', ("m", {}, {"f": "a\r\nb"}, NOW)),
        ('m f="#",g="x\n#y"', ("m", {}, {"f": "#", "g": "x\n#y"}, NOW)),
        ('m f="温度"', ("m", {}, {"f": "温度"}, NOW)),
        # escapes in names
        (r"m\ x\,y,a\=b\,c\ d=e\=f\,g\ h i\=j\,k\ l=1",
         ("m x,y", {"a=b,c d": "e=f,g h"}, {"i=j,k l": 1}, NOW)),
        (r"m\=n f=1", (r"m\=n", {}, {"f": 1}, NOW)),
        ("m=n f=1", ("m=n", {}, {"f": 1}, NOW)),
        (r"a\b,c\d=e\f g\h=1", (r"a\b", {r"c\d": r"e\f"}, {r"g\h": 1}, NOW)),
        (r"m,a=b\\\ c f=1", ("m", {"a": r"b\\ c"}, {"f": 1}, NOW)),
        (r"m,a=\\,b=c f=1", ("m", {"a": r"\,b"}, {}, 0)),
        ('m,a="b f=1', ("m", {"a": '"b'}, {"f": 1}, NOW)),
        ('"m",a=b "f"=1', ('"m"', {"a": "b"}, {'"f"': 1}, NOW)),
        ("仪表,位置=北京 电流=1.5", ("仪表", {"位置": "北京"}, {"电流": 1.5}, NOW)),
    ],
)  # fmt: skip
def test_a_line_and_its_cells(line: str, expected: Row) -> None:
    scanned = scan_ns(line.encode())
    if expected[3] == 0:  # `\\,` is a backslash and an escaped comma, so the tag value runs on to an `=`
        assert [r.reason for r in scanned.refused] == [Flaw.TAG_EQUALS.reason("a")]
        return
    assert scanned.refused == ()
    assert rows(scanned) == [expected]


@pytest.mark.parametrize(
    "line, flaw, what",
    [
        ("m", Flaw.NO_FIELDS, ""),
        ("m,a=b", Flaw.NO_FIELDS, ""),
        ("m ", Flaw.NO_FIELDS, ""),
        (",a=b f=1", Flaw.NO_MEASUREMENT, ""),
        (", f=1", Flaw.NO_MEASUREMENT, ""),
        ("m,=b f=1", Flaw.NO_TAG_KEY, ",=b"),
        ("m,,a=b f=1", Flaw.NO_TAG_KEY, ",,a=b"),
        ("m,, f=1", Flaw.NO_TAG_KEY, ",,"),
        ("m,a f=1", Flaw.NO_TAG_VALUE, "a"),
        ("m,a= f=1", Flaw.NO_TAG_VALUE, "a"),
        ("m,a=,b=c f=1", Flaw.NO_TAG_VALUE, "a"),
        ("m,a=b=c f=1", Flaw.TAG_EQUALS, "a"),
        (r"m,a=\\,b=c f=1", Flaw.TAG_EQUALS, "a"),
        ("m,a=1,b=2,a=3 f=1", Flaw.DUPLICATE_TAG, "a"),
        (r"m,a\b=1,a\b=3 f=1", Flaw.DUPLICATE_TAG, r"a\b"),
        ("m =1", Flaw.NO_FIELD_KEY, "=1"),
        ("m f=1,", Flaw.NO_FIELD_KEY, ","),
        ("m f=1,,g=2", Flaw.NO_FIELD_KEY, ",g=2"),
        ("m f=1, g=2", Flaw.NO_FIELD_KEY, " g=2"),
        ("m f", Flaw.NO_FIELD_VALUE, "f"),
        ("m f=", Flaw.NO_FIELD_VALUE, "f"),
        ("m f=,g=1", Flaw.NO_FIELD_VALUE, "f"),
        ("m f= 1", Flaw.NO_FIELD_VALUE, "f"),
        ("m f=1,f=2", Flaw.DUPLICATE_FIELD, "f"),
        ('m f="x', Flaw.OPEN_QUOTE, "f"),
        ('m f="x\\"', Flaw.OPEN_QUOTE, "f"),
        ('m f="', Flaw.OPEN_QUOTE, "f"),
        ('m f="x"y', Flaw.AFTER_QUOTE, "f"),
        ('m f="x""y"', Flaw.AFTER_QUOTE, "f"),
        ("m f=abc", Flaw.BAD_VALUE, "abc"),
        ("m f=tRUE", Flaw.BAD_VALUE, "tRUE"),
        ("m f='x'", Flaw.BAD_VALUE, "'x'"),
        ("m f=1.5i", Flaw.BAD_VALUE, "1.5i"),
        ("m f=i", Flaw.BAD_VALUE, "i"),
        ("m f=1ii", Flaw.BAD_VALUE, "1ii"),
        ("m f=1e", Flaw.BAD_VALUE, "1e"),
        ("m f=.", Flaw.BAD_VALUE, "."),
        ("m f=-", Flaw.BAD_VALUE, "-"),
        ("m f=0x10", Flaw.BAD_VALUE, "0x10"),
        ("m f=1_000", Flaw.BAD_VALUE, "1_000"),
        ("m f=١", Flaw.BAD_VALUE, "١"),
        ("m f=1=2", Flaw.BAD_VALUE, "1=2"),
        ("m f=1704067200000000t", Flaw.BAD_VALUE, "1704067200000000t"),
        ("m f=1e400", Flaw.NOT_FINITE, "1e400"),
        ("m f=-1e400", Flaw.NOT_FINITE, "-1e400"),
        ("m f=" + "9" * 400, Flaw.NOT_FINITE, "9" * 400),
        ("m f=NaN", Flaw.NOT_FINITE, "NaN"),
        ("m f=inf", Flaw.NOT_FINITE, "inf"),
        ("m f=-Infinity", Flaw.NOT_FINITE, "-Infinity"),
        ("m f=9223372036854775808i", Flaw.OUT_OF_INT64, "9223372036854775808i"),
        ("m f=-9223372036854775809i", Flaw.OUT_OF_INT64, "-9223372036854775809i"),
        ("m f=" + "9" * 5000 + "i", Flaw.OUT_OF_INT64, "9" * 5000 + "i"),
        ("m f=18446744073709551616u", Flaw.OUT_OF_INT64, "18446744073709551616u"),
        ("m f=-1u", Flaw.OUT_OF_INT64, "-1u"),
        ("m f=1 abc", Flaw.BAD_TIME, "abc"),
        ("m f=1 1.5", Flaw.BAD_TIME, "1.5"),
        ("m f=1 1 2", Flaw.BAD_TIME, "1 2"),
        ("m f=1 1 g=2", Flaw.BAD_TIME, "1 g=2"),
        ("m,a=1, b=2 f=1", Flaw.BAD_TIME, "f=1"),
        ("m f=1 9223372036854775808", Flaw.TIME_RANGE, "9223372036854775808"),
        ("m f=1 " + "9" * 5000, Flaw.TIME_RANGE, "9" * 5000),
        ("m\0 f=1", Flaw.NUL, ""),
        ('m f="\0"', Flaw.NUL, ""),
    ],
)
def test_a_line_and_its_reason(line: str, flaw: Flaw, what: str) -> None:
    scanned = scan_ns(b"before f=1\n" + line.encode() + b"\nafter f=1\n")
    assert [(r.number, r.reason, r.text, r.sqlstate, r.curable) for r in scanned.refused] == [
        (2, flaw.reason(what), line, flaw.sqlstate, False)
    ]
    assert [row[0] for row in rows(scanned)] == ["before", "after"]


@pytest.mark.parametrize(
    "body, good, refused",
    [
        (b"", [], []),
        (b"\n\r\n  \n\t\n", [], []),
        (b"# one\n  # two \"three\nm f=1", ["m"], []),
        (b"\xef\xbb\xbfm f=1\n", ["m"], []),
        (b"m f=1\r\nn f=2\r\n", ["m", "n"], []),
        (b"m f=1\nn f=2", ["m", "n"], []),
        (b"m f=1\n\n\nn f=2\n\n", ["m", "n"], []),
        (b"m f=1\n\xff f=1\nn f=\"\xc3\"\no f=2", ["m", "o"], [2, 3]),
        # a line number counts the line feeds in quoted text of the lines before
        (b'm f="a\nb\nc"\nx\nn f=1', ["m", "n"], [4]),
        # a missing quote costs its own line and none of its neighbours
        (b'm f="a 1\nn f=1\no f=2', ["n", "o"], [1]),
        (b'm f="a 1\nn f="b" 1\no f=2', ["n", "o"], [1]),
        (b'm f="a 1\nn f="b",g="c" 1\no f=2', ["n", "o"], [1]),
        # a refused line takes the lines of its well-closed text with it: they are nobody's lines
        (b'm f=x,g="\nn f=1\n"\no f=2', ["o"], [1]),
        (b'm g="\nn f=1\n",f=x\no f=2', ["o"], [1]),
        (b'm g="\nn f=1\n" abc\no f=2', ["o"], [1]),
        # a quote that opens no text
        (b'm,a="b f=1\nn f=2', ["m", "n"], []),
        (b'm"\nn f=2', ["n"], [1]),
        (b'm a\\="b=1\nn c=" x"', ["m", "n"], []),
        (b'm f=1"\nn f=2', ["n"], [1]),
        (b"m f=1\n" + b"x" * (MAX_LINE + 1) + b" f=1\nn f=1", ["m", "n"], [2]),
        (b'm f="' + b"x" * (MAX_LINE - 6) + b'"\n', ["m"], []),
        (b'm f="' + b"x\n" * (MAX_LINE // 2) + b'"\nn f=1', ["n"], [1]),
    ],
)  # fmt: skip
def test_lines_of_a_body(body: bytes, good: list[str], refused: list[int]) -> None:
    scanned = scan_ns(body)
    assert [row[0] for row in rows(scanned)] == good
    assert [r.number for r in scanned.refused] == refused


@pytest.mark.parametrize(
    "precision, written, nanoseconds",
    [
        (Precision.NS, 1556813561098000000, 1556813561098000000),
        (Precision.US, 1556813561098000, 1556813561098000000),
        (Precision.MS, 1556813561098, 1556813561098000000),
        (Precision.S, 1556813561, 1556813561000000000),
        (Precision.S, 0, 0),
        (Precision.S, -1, -1_000_000_000),
        (Precision.MS, 9223372036854, 9223372036854000000),
        (Precision.AUTO, 1556813561, 1556813561000000000),
        (Precision.AUTO, 1556813561098, 1556813561098000000),
        (Precision.AUTO, 1556813561098765, 1556813561098765000),
        (Precision.AUTO, 1556813561098765432, 1556813561098765432),
        (Precision.AUTO, 10**11, 10**17),
        (Precision.AUTO, 10**14, 10**17),
        (Precision.AUTO, 10**17, 10**17),
        (Precision.AUTO, -1556813561098, -1556813561098000000),
    ],
)
def test_precision(precision: Precision, written: int, nanoseconds: int) -> None:
    assert rows(scan(b"m f=1 %d" % written, precision, NOW)) == [("m", {}, {"f": 1}, nanoseconds)]


@pytest.mark.parametrize(
    "precision, written", [(Precision.US, 9223372036854776), (Precision.MS, 9223372036855), (Precision.S, 99999999999)]
)
def test_a_time_beyond_64_bits_of_nanoseconds_is_refused(precision: Precision, written: int) -> None:
    scanned = scan(b"m f=1 %d" % written, precision, NOW)
    assert [(r.reason, r.sqlstate) for r in scanned.refused] == [(Flaw.TIME_RANGE.reason(str(written)), "22008")]


@pytest.mark.parametrize(
    "written, kind",
    [
        ("1", Kind.WHOLE), ("-1", Kind.WHOLE), ("0", Kind.WHOLE), ("-0", Kind.FLOAT), ("1.0", Kind.FLOAT), ("1e0", Kind.FLOAT),
        ("9223372036854775808", Kind.FLOAT), ("1i", Kind.INT), ("1u", Kind.UINT), ("t", Kind.BOOL), ('"t"', Kind.TEXT),
    ],
)  # fmt: skip
def test_the_kind_says_how_a_value_was_written(written: str, kind: Kind) -> None:
    scanned = scan_ns(f"m f={written}".encode())
    assert scanned.shapes[0].fields[0].kinds.tolist() == [kind]


def test_lines_of_one_shape_are_columns_whatever_the_order_of_their_keys() -> None:
    scanned = scan_ns(b"m,a=1,b=2 f=1,g=t 1\nm,b=2,a=1 g=f,f=2.5 2\nm,b=3,a=1 g=t,f=3i 3\nm,a=1 f=1,g=t 4\n")
    first, second = scanned.shapes
    assert (first.tag_keys, first.field_keys, first.tags) == (("a", "b"), ("f", "g"), (["1", "1"], ["2", "3"]))
    assert first.series.tolist() == [0, 0, 1]
    assert first.time.tolist() == [1, 2, 3]
    assert first.numbers.tolist() == [1, 2, 3]
    assert first.fields[0].kinds.tolist() == [Kind.WHOLE, Kind.FLOAT, Kind.INT]
    assert [first.fields[0].value(row) for row in range(3)] == [1, 2.5, 3]
    assert first.fields[1].cells.tolist() == [1, 0, 1]
    assert (second.tag_keys, second.rows) == (("a",), 1)
    assert [scanned.text(int(s), int(e)) for s, e in zip(first.starts, first.ends, strict=True)] == [
        "m,a=1,b=2 f=1,g=t 1",
        "m,b=2,a=1 g=f,f=2.5 2",
        "m,b=3,a=1 g=t,f=3i 3",
    ]


def test_texts_lie_one_after_the_other() -> None:
    column = scan_ns('m f="ä"\nm f=""\nm f=1\nm f="bc"'.encode()).shapes[0].fields[0]
    assert (column.texts, column.ends.tolist(), column.cells.tolist()) == ("äbc".encode(), [2, 2, 4], [0, 1, 1, 2])


def test_a_body_of_rubbish_is_counted_beyond_the_first_refusals() -> None:
    scanned = scan_ns(b"x\n" * (MAX_REFUSED + 5))
    assert (len(scanned.refused), scanned.refused_beyond) == (MAX_REFUSED, 5)


def test_a_body_with_too_many_different_fields_keeps_the_ones_it_has() -> None:
    first = b"".join(b"m f%d=1\n" % n for n in range(MAX_COLUMNS))
    scanned = scan_ns(first + b"m g=1\nm f0=2\nm,a=b f0=3\nm f1=4\n")
    assert [r.number for r in scanned.refused] == [MAX_COLUMNS + 1, MAX_COLUMNS + 3]
    assert {r.reason for r in scanned.refused} == {Flaw.TOO_VARIED.reason(str(MAX_COLUMNS))}
    assert scanned.rows == MAX_COLUMNS + 2


def test_a_long_line_is_shown_from_its_beginning_only() -> None:
    scanned = scan_ns(b"x" * (MAX_LINE + 1))
    assert scanned.refused[0].text == "x" * 1000
