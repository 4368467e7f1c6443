"""Lines against tables: what is stored, and the refusal of what is not."""

from __future__ import annotations

from typing import Any

import pytest

from kwrest.errors import InsufficientPrivilege
from kwrest.ingest.lines import Bound, to_batches
from kwrest.ingest.scanned import MAX_REFUSED, Precision
from kwrest.ingest.scanner import scan
from kwrest.model import Batch, Dedup, Table
from kwrest.types.arrow import arrow_type
from tests.ingest.tables import METERS, TABLES, lookup

NOW = 1_700_000_000_123_456_789


def bind(body: str, precision: Precision = Precision.NS) -> Bound:
    return to_batches(scan(body.encode(), precision, NOW), lookup)


def cells(batch: Batch) -> list[dict[str, Any]]:
    """The rows of a batch as dictionaries of names, tags included; times as integers of the carried unit."""
    assert batch.device is not None
    names = {c.id: c for c in batch.table.columns}
    out: list[dict[str, Any]] = [{} for _ in range(batch.rows)]
    for number, array in batch.columns.items():
        assert len(array) == batch.rows
        assert array.type == arrow_type(names[number].type)
        plain = array.cast("int64") if "timestamp" in str(array.type) else array
        for row, value in zip(out, plain.to_pylist(), strict=True):
            row[names[number].name] = value
    assert set(batch.tags) == {t.id for t in batch.table.tags}
    for number, array in batch.tags.items():
        assert array.type == arrow_type(names[number].type)
        for row, at in zip(out, batch.device.tolist(), strict=True):
            row[names[number].name] = array.to_pylist()[at]
    return out


def test_the_seeds_line() -> None:
    bound = bind("meters,location=Beijing, current=17.01,voltage=220,phase=0.29 1556813561098000000")
    assert bound.rejects == ()
    assert cells(bound.batches[0]) == [
        {"ts": 1556813561098000, "current": 17.01, "voltage": 220, "phase": 0.29, "location": "Beijing"}
    ]
    assert bound.batches[0].table is METERS


@pytest.mark.parametrize(
    "column, written, stored",
    [
        ("i2", "5", 5), ("i2", "5i", 5), ("i2", "5u", 5), ("i2", "5.0", 5), ("i2", "5e0", 5), ("i2", "t", 1), ("i2", "-0", 0),
        ("i2", "-32768", -32768),
        ("i4", "2147483647i", 2147483647),
        ("i8", "9223372036854775807", 2**63 - 1), ("i8", "9223372036854775807i", 2**63 - 1), ("i8", "1e18", 10**18),
        ("f4", "0.5", 0.5), ("f4", "3i", 3.0), ("f8", "1", 1.0), ("f8", "2i", 2.0), ("f8", "1e300", 1e300),
        ("f8", "18446744073709551615u", 1.8446744073709552e19), ("f8", "9007199254740993", 9007199254740992.0),
        ("b", "t", True), ("b", "FALSE", False), ("b", "1", True), ("b", "0i", False), ("b", '"true"', True), ("b", "0.5", True),
        ("s", '"abcde"', "abcde"), ("s", '""', ""), ("s", '"é1é"', "é1é"), ("s", r'"a\"\\"', 'a"\\'),
        ("n", '"温度"', "温度"),
        ("y", '"ab"', b"ab"), ("y", r'"\\x0102"', b"\x01\x02"),
        ("t3", "1556813561098", 1556813561098000), ("t3", "1556813561098i", 1556813561098000),
        ("t3", '"2019-05-02 16:12:41.098"', 1556813561098000), ("t9", "1556813561098000001i", 1556813561098000001),
    ],
)  # fmt: skip
def test_a_field_and_what_is_stored(column: str, written: str, stored: object) -> None:
    bound = bind(f"kinds,host=a {column}={written} 0")
    assert bound.rejects == ()
    assert cells(bound.batches[0])[0][column] == stored


@pytest.mark.parametrize(
    "column, written, reason, sqlstate",
    [
        ("i2", "32768", 'integer "32768" out of range for type INT2 (column i2)', "22003"),
        ("i2", "1e5", 'integer "100000" out of range for type INT2 (column i2)', "22003"),
        ("i4", "220.5", 'could not resolve "220.5" as INT4 type (column i4)', "42804"),
        ("i4", '"5"', 'could not resolve "5" as INT4 type (column i4)', "42804"),
        ("i8", "9223372036854775808u", "numeric constant out of int64 range", "22003"),
        ("i8", "9223372036854775808", "numeric constant out of int64 range", "22003"),
        ("f4", "1e39", 'float "1e+39" out of range for type FLOAT4 (column f4)', "22003"),
        ("f8", "t", 'could not resolve "true" as FLOAT8 type (column f8)', "42804"),
        ("f8", '"1.5"', 'could not resolve "1.5" as FLOAT8 type (column f8)', "42804"),
        ("b", '"yes"', 'could not resolve "yes" as BOOL type (column b)', "42804"),
        ("s", '"abcdef"', "value 'abcdef' too long for type VARCHAR(5) (column s)", "22001"),
        ("s", '"ééé"', "value 'ééé' too long for type VARCHAR(5) (column s)", "22001"),
        ("s", "5", 'could not resolve "5" as VARCHAR(5) type (column s)', "42804"),
        ("n", '"abc"', "value 'abc' too long for type NCHAR(2) (column n)", "22001"),
        ("y", '"abcde"', "value 'abcde' too long for type VARBYTES(4) (column y)", "22001"),
        ("t3", '"soon"', 'could not resolve "soon" as TIMESTAMPTZ(3) type (column t3)', "42804"),
        ("nope", "1", 'column "nope" does not exist', "42703"),
        ("ts", "1", 'multiple assignments to the same column "ts"', "42701"),
        ("host", '"b"', 'multiple assignments to the same column "host"', "42701"),
    ],
)  # fmt: skip
def test_a_field_that_does_not_fit(column: str, written: str, reason: str, sqlstate: str) -> None:
    line = f"kinds,host=a {column}={written} 5"
    bound = bind(f"kinds,host=b f8=1 1\n{line}\nkinds,host=c f8=2 2\n")
    curable = sqlstate == "42703"
    assert [(r.number, r.reason, r.text, r.sqlstate, r.curable) for r in bound.rejects] == [
        (2, reason, line, sqlstate, curable)
    ]
    assert bound.curable is curable
    assert [row["host"] for row in cells(bound.batches[0])] == ["b", "c"]


@pytest.mark.parametrize(
    "tag, stored",
    [
        ("rack=5", {"rack": 5}), ("rack=-5", {"rack": -5}), ("ok=true", {"ok": True}), ("ok=T", {"ok": True}),
        ("ok=0", {"ok": False}), ("weight=1.5", {"weight": 1.5}), ("weight=2", {"weight": 2.0}), ("room=12", {"room": "12"}),
        ("room=true", {"room": "true"}), (r"room=a\ b\,c", {"room": "a b,c"}),
        # a line's tag may name a data column, a field may name a tag
        ("i4=7", {"i4": 7}), ("s=7", {"s": "7"}), ("ROOM=x", {"room": "x"}),
    ],
)  # fmt: skip
def test_a_tag_is_text_until_it_meets_its_column(tag: str, stored: dict[str, object]) -> None:
    bound = bind(f"kinds,host=a,{tag} f8=1 0")
    assert bound.rejects == ()
    row = cells(bound.batches[0])[0]
    assert {k: row[k] for k in stored} == stored


@pytest.mark.parametrize(
    "line, reason, curable",
    [
        ("kinds,host=a,rack=x f8=1", 'could not resolve "x" as INT4 type (column rack)', False),
        ("kinds,host=123456789 f8=1", "value '123456789' too long for type VARCHAR(8) (column host)", False),
        ("kinds,host=a,shelf=1 f8=1", 'column "shelf" does not exist', True),
        ("kinds f8=1", "need to specify all primary tag [host]", False),
        ("strict,a=1 v=1", "need to specify all primary tag [a b]", False),
        ("strict,a=1,b=2 v=1", 'null value in column "c" violates not-null constraint', False),
        ("strict,a=1,b=2,c=3 a=1", 'multiple assignments to the same column "a"', False),
        ("strict,a=1,b=2,A=3 v=1", 'multiple assignments to the same column "a"', False),
        ('strict,a=1,b=2 c="x"', 'null value in column "v" violates not-null constraint', False),
        ("nowhere,a=1 f=1", 'relation "nowhere" does not exist', True),
        ("plain v=1", '"plain" is not a timeseries table', True),
        ("nano,host=a v=1 -1", 'value "-1" out of range for type TIMESTAMPTZ(9) (column time)', False),
        ("nano,host=a v=1 9223372036854775807",
         'value "9223372036854775807" out of range for type TIMESTAMPTZ(9) (column time)', False),
    ],
)  # fmt: skip
def test_a_line_that_does_not_fit_its_table(line: str, reason: str, curable: bool) -> None:
    bound = bind(line)
    assert [(r.number, r.reason, r.text, r.curable) for r in bound.rejects] == [(1, reason, line, curable)]
    assert bound.batches == ()
    assert bound.curable is curable


@pytest.mark.parametrize(
    "table, column, written, carried",
    [
        ("meters", "ts", 1556813561098999999, 1556813561098000),  # milliseconds: cut, not rounded
        ("meters", "ts", -1, -1000),  # cut towards the past before 1970 too
        ("micro", "k_timestamp", 1556813561098999999, 1556813561098999),
        ("micro", "k_timestamp", -1, -1),
        ("nano", "time", 1556813561098999999, 1556813561098999999),
    ],
)
def test_the_time_column_is_the_first_and_cuts_to_its_precision(
    table: str, column: str, written: int, carried: int
) -> None:
    tag, field = ("location", "phase") if table == "meters" else ("host", "v")
    assert cells(bind(f"{table},{tag}=a {field}=1 {written}").batches[0])[0][column] == carried


def test_a_line_without_a_time_gets_the_time_of_its_body() -> None:
    assert cells(bind("meters,location=a phase=1").batches[0])[0]["ts"] == 1_700_000_000_123_000


@pytest.mark.parametrize(
    "key, column", [("Value", "Value"), ("value", "value"), ("VALUE", "value"), ("LOW", "low"), ("low", "low")]
)
def test_names_are_matched_exactly_then_folded(key: str, column: str) -> None:
    bound = bind(f"Cased,Host=a {key}=1")
    assert cells(bound.batches[0])[0][column] == 1


def test_a_name_that_needs_more_than_folding_is_unknown() -> None:
    assert [r.reason for r in bind("Cased,host=a low=1").rejects] == ['column "host" does not exist']
    assert [r.reason for r in bind("cased,Host=a low=1").rejects] == ['relation "cased" does not exist']


def test_rows_of_all_shapes_are_one_batch_in_the_order_of_the_lines() -> None:
    bound = bind(
        "meters,location=a phase=1 1\n"
        "meters,location=b voltage=2 2\n"
        "Meters,location=a voltage=3,phase=3 3\n"
        "meters,location=b phase=4 4\n"
        "kinds,host=x f8=5 5\n"
    )
    assert [b.table.name for b in bound.batches] == ["meters", "kinds"]
    assert cells(bound.batches[0]) == [
        {"ts": 0, "location": "a", "phase": 1.0, "voltage": None},
        {"ts": 0, "location": "b", "phase": None, "voltage": 2},
        {"ts": 0, "location": "a", "phase": 3.0, "voltage": 3},
        {"ts": 0, "location": "b", "phase": 4.0, "voltage": None},
    ]
    assert bound.batches[0].rows == 4
    assert bound.batches[0].tags[5].to_pylist() == ["a", "b"]
    assert bound.rows == 5


def test_of_a_devices_ordinary_tags_the_first_good_line_counts() -> None:
    bound = bind(
        'kinds,host=a,rack=1 i4="no" 1\n'  # refused, so its rack is nobody's
        "kinds,host=a,room=r1 f8=1 2\n"
        "kinds,host=a,rack=3 f8=1 3\n"
        "kinds,host=b f8=1 4\n"
        "kinds,host=a,rack=4,room=r4 i4=1 5\n"
    )
    assert [r.number for r in bound.rejects] == [1]
    assert [(row["host"], row["rack"], row["room"]) for row in cells(bound.batches[0])] == [
        ("a", None, "r1"), ("a", None, "r1"), ("b", None, None), ("a", None, "r1"),
    ]  # fmt: skip


def test_fields_may_name_tags_and_make_devices() -> None:
    bound = bind(
        'kinds host="a",rack=1i,f8=1 1\nkinds host="b",rack=2i,f8=2 2\nkinds host="a",rack=3i,f8=3 3\n'
        "kinds,host=c rack=4,f8=4 4\nkinds,host=c rack=5.5,f8=4 4\n"
    )
    assert [(row["host"], row["rack"], row["f8"]) for row in cells(bound.batches[0])] == [
        ("a", 1, 1.0), ("b", 2, 2.0), ("a", 1, 3.0), ("c", 4, 4.0),
    ]  # fmt: skip
    assert [r.reason for r in bound.rejects] == ['could not resolve "5.5" as INT4 type (column rack)']


def test_mixed_kinds_in_one_column_fit_one_by_one() -> None:
    bound = bind(
        'kinds,host=a i4=1 1\nkinds,host=a i4=2i 2\nkinds,host=a i4="x" 3\nkinds,host=a i4=4.0 4\nkinds,host=a i4=t 5'
    )
    assert [row["i4"] for row in cells(bound.batches[0])] == [1, 2, 4, 1]
    assert [r.number for r in bound.rejects] == [3]


def test_one_bad_field_refuses_the_line_with_its_first_reason() -> None:
    bound = bind('kinds,host=a,rack=x s=1,i4=1.5 1\nkinds,host=a,rack=1 s="ok",i4=1 1')
    assert [r.reason for r in bound.rejects] == ['could not resolve "x" as INT4 type (column rack)']
    assert len(cells(bound.batches[0])) == 1


def test_refusals_of_the_scanner_and_of_the_tables_are_in_the_order_of_the_lines() -> None:
    bound = bind("nowhere f=1\nx\nmeters,location=a phase=1\n\nmeters,location=a phase=t\nm f=\n")
    assert [(r.number, r.curable) for r in bound.rejects] == [(1, True), (2, False), (5, False), (6, False)]
    assert bound.curable
    assert (bound.rows, bound.refused) == (1, 4)


def test_the_text_of_a_refused_line_has_no_carriage_return() -> None:
    assert [r.text for r in bind("nowhere f=1\r\nx\r\n").rejects] == ["nowhere f=1", "x"]


def test_a_refusal_of_the_lookup_refuses_the_lines_of_that_measurement_only() -> None:
    def guarded(name: str) -> Table | None:
        if name == "kinds":
            raise InsufficientPrivilege(user="u", privilege="INSERT", object="relation kinds")
        return TABLES.get(name)

    bound = to_batches(
        scan(b"kinds,host=a f8=1\nmeters,location=a phase=1\nkinds,host=b f8=1", Precision.NS, NOW), guarded
    )
    assert [(r.number, r.reason, r.sqlstate, r.curable) for r in bound.rejects] == [
        (1, "user u does not have INSERT privilege on relation kinds", "42501", True),
        (3, "user u does not have INSERT privilege on relation kinds", "42501", True),
    ]
    assert bound.rows == 1


def test_a_table_is_looked_up_once_a_measurement() -> None:
    asked: list[str] = []

    def counting(name: str) -> Table | None:
        asked.append(name)
        return lookup(name)

    to_batches(
        scan(b"meters,location=a phase=1\nmeters,location=a voltage=1\nx f=1\nx g=1", Precision.NS, NOW), counting
    )
    assert asked == ["meters", "x"]


def test_the_dedup_rule_goes_with_the_batch() -> None:
    scanned = scan(b"meters,location=a phase=1", Precision.NS, NOW)
    assert to_batches(scanned, lookup, Dedup.MERGE).batches[0].dedup is Dedup.MERGE


def test_refusals_beyond_the_bound_are_only_counted() -> None:
    bound = bind("x\n" * 10 + "nowhere f=1\n" * MAX_REFUSED)
    assert (len(bound.rejects), bound.beyond, bound.curable) == (MAX_REFUSED, 10, True)
    assert bound.refused == MAX_REFUSED + 10
