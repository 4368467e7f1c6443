"""Rows into time-series tables: the last write of (primary tags, time) wins, or what the rule says; instants are exact."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kwrest.engines.base import CreateSchema, CreateStorage
from kwrest.engines.duckdb import points as stored
from kwrest.errors import SchemaChanged
from kwrest.model import Dedup, Written
from kwrest.system import SETTINGS
from kwrest.types.kinds import Family, Type
from tests.engines.parts import DATABASE, Bench, Row, batch, relational_table, select, series_table

T = series_table()
MS = 1_000_000

OVERRIDE, MERGE, DISCARD, REJECT = Dedup.OVERRIDE, Dedup.MERGE, Dedup.DISCARD, Dedup.REJECT


def points(*rows: tuple[str, int, float | None, str | None]) -> list[Row]:
    """(host, milliseconds, x, s) as rows of T."""
    return [(at * MS, x, s, host, f"place of {host}") for host, at, x, s in rows]


def keyed(rows: Sequence[Row]) -> list[Row]:
    """Rows by time and host, so that NULLs need no order."""
    return sorted(rows, key=lambda row: (row[0], row[3]))


STORED = (("a", 10, 1.0, "one"), ("a", 30, 3.0, "three"), ("b", 20, 2.0, None))
FRESH = [("a", 40, None, "four")]
LATE = [("a", 20, None, "two")]
REPEATED = [("a", 10, None, "new"), ("b", 20, 9.0, None)]
TWICE = [("c", 5, 1.0, None), ("c", 5, None, "q"), ("c", 6, None, None)]
MIXED = [("a", 30, None, "again"), ("a", 30, 7.0, None), ("a", 50, 5.0, None), ("a", 20, 2.0, None)]


# What is stored afterwards instead of, or besides, STORED; rows and discarded rows.
@pytest.mark.parametrize("split", [False, True], ids=["one batch", "a batch a row"])
@pytest.mark.parametrize(
    "rule, rows, after, rows_written, discarded",
    [
        (OVERRIDE, FRESH, [("a", 40, None, "four")], 1, 0),
        (MERGE, FRESH, [("a", 40, None, "four")], 1, 0),
        (DISCARD, FRESH, [("a", 40, None, "four")], 1, 0),
        (REJECT, FRESH, [("a", 40, None, "four")], 1, 0),
        (OVERRIDE, LATE, [("a", 20, None, "two")], 1, 0),
        (MERGE, LATE, [("a", 20, None, "two")], 1, 0),
        (DISCARD, LATE, [("a", 20, None, "two")], 1, 0),
        (REJECT, LATE, [("a", 20, None, "two")], 1, 0),
        (OVERRIDE, REPEATED, [("a", 10, None, "new"), ("b", 20, 9.0, None)], 2, 0),
        (MERGE, REPEATED, [("a", 10, 1.0, "new"), ("b", 20, 9.0, None)], 2, 0),
        (DISCARD, REPEATED, [], 0, 2),
        (REJECT, REPEATED, [], 0, 2),
        (OVERRIDE, TWICE, [("c", 5, None, "q"), ("c", 6, None, None)], 3, 0),
        (MERGE, TWICE, [("c", 5, 1.0, "q"), ("c", 6, None, None)], 3, 0),
        (DISCARD, TWICE, [("c", 5, 1.0, None), ("c", 6, None, None)], 2, 1),
        (REJECT, TWICE, [("c", 5, 1.0, None), ("c", 6, None, None)], 2, 1),
        (OVERRIDE, MIXED, [("a", 30, 7.0, None), ("a", 50, 5.0, None), ("a", 20, 2.0, None)], 4, 0),
        (MERGE, MIXED, [("a", 30, 7.0, "again"), ("a", 50, 5.0, None), ("a", 20, 2.0, None)], 4, 0),
        (DISCARD, MIXED, [("a", 50, 5.0, None), ("a", 20, 2.0, None)], 2, 2),
        (REJECT, MIXED, [("a", 50, 5.0, None), ("a", 20, 2.0, None)], 2, 2),
    ],
)
def test_what_a_second_row_with_the_same_key_does(
    bench: Bench,
    rule: Dedup,
    rows: Sequence[tuple[str, int, float | None, str | None]],
    after: Sequence[tuple[str, int, float | None, str | None]],
    rows_written: int,
    discarded: int,
    split: bool,
) -> None:
    bench.make(T)
    bench.write(batch(T, points(*STORED)))
    parts = [[row] for row in points(*rows)] if split else [points(*rows)]

    outcome = bench.write(*(batch(T, part, rule) for part in parts))

    expected = {row[:2]: row for row in (*STORED, *after)}
    assert keyed(bench.all(T)) == keyed(points(*expected.values()))
    assert (outcome.rows, sum(w.discarded for w in outcome.batches)) == (rows_written, discarded)
    bench.reopen()
    assert keyed(bench.all(T)) == keyed(points(*expected.values()))
    # The marks that a restart reads from the file decide as those before it did.
    bench.write(batch(T, points(("a", 30, 0.0, None))))
    assert [row for row in bench.all(T) if row[0] == 30 * MS and row[3] == "a"] == points(("a", 30, 0.0, None))


@pytest.mark.parametrize("rule", Dedup)
def test_many_rows_are_stored_in_parts_as_if_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, rule: Dedup
) -> None:
    outcomes: list[object] = []
    for table, cells in ((T, stored.MAX_CELLS), (series_table(number=201), 11)):
        monkeypatch.setattr(stored, "MAX_CELLS", cells)  # the second one: two rows at a time
        bench.change(*([CreateSchema(DATABASE)] if table is T else []), CreateStorage(table))
        rows = [
            (n % 7 * MS, float(n) if n % 2 else None, f"{n}" if n % 3 else None, f"h{n % 4}", f"{n}") for n in range(60)
        ]
        sizes = [1, 2, 25, 3, 1, 28]
        parts = [batch(table, rows[sum(sizes[:n]) : sum(sizes[: n + 1])], rule) for n in range(len(sizes))]
        outcomes.append((bench.write(*parts).batches, bench.all(table)))
    assert outcomes[0] == outcomes[1]


def test_counts_are_told_apart_by_batch(bench: Bench) -> None:
    bench.make(T)
    first, second, third = points(("a", 1, 1.0, None)), points(("a", 1, 2.0, None), ("a", 2, 2.0, None)), points()
    outcome = bench.write(batch(T, first, DISCARD), batch(T, second, DISCARD), batch(T, third, DISCARD))
    assert outcome.batches == (Written(1), Written(1, 1), Written(0))


def test_rules_may_change_from_batch_to_batch(bench: Bench) -> None:
    bench.make(T)
    bench.write(
        batch(T, points(("a", 1, 1.0, "first"))),
        batch(T, points(("a", 1, None, "second")), MERGE),
        batch(T, points(("a", 1, 3.0, "third")), DISCARD),
    )
    assert bench.all(T) == points(("a", 1, 1.0, "second"))


def test_the_first_tags_of_a_device_stay(bench: Bench) -> None:
    bench.make(T)
    bench.write(batch(T, [(1 * MS, 1.0, None, "a", "cellar")]))
    bench.write(batch(T, [(2 * MS, 2.0, None, "a", "roof")]), batch(T, [(3 * MS, 2.0, None, "b", None)]))
    bench.reopen()
    bench.write(batch(T, [(4 * MS, 2.0, None, "b", "attic")]))
    assert bench.rows(select(T, 1, 5, order_by=[1])) == [
        (1 * MS, "cellar"), (2 * MS, "cellar"), (3 * MS, None), (4 * MS, None),
    ]  # fmt: skip


def test_a_device_without_rows_is_kept(bench: Bench) -> None:
    bench.make(T)
    assert bench.write(batch(T, [], devices=[("quiet", "cellar")])).rows == 0
    bench.write(batch(T, [(1 * MS, None, None, "quiet", "roof")]))
    assert bench.all(T) == [(1 * MS, None, None, "quiet", "cellar")]


@pytest.mark.parametrize(
    "precision, instants",
    [
        (3, [-62_167_219_200_000 * MS, -1 * MS, 0, 1_690_699_480_320 * MS, 31_556_995_200_000 * MS]),
        (6, [0, 1_690_699_480_320_123_000, 1_690_699_480_320_124_000]),
        (9, [0, 1_690_699_480_320_123_456, 1_690_699_480_320_123_457, 9_214_646_400_000_000_000]),
    ],
)
def test_instants_keep_their_precision(bench: Bench, precision: int, instants: list[int]) -> None:
    table = series_table(Type(Family.TIMESTAMPTZ, "TIMESTAMPTZ", precision=precision))
    bench.make(table)
    rows: list[Row] = [(at, float(n), None, "a", None) for n, at in enumerate(instants)]
    bench.write(batch(table, rows))
    bench.write(batch(table, rows[:2]))  # late: found again to the last digit
    bench.reopen()
    assert [row[0] for row in bench.all(table)] == instants


def test_a_request_is_one_thing(bench: Bench) -> None:
    other = relational_table()
    gone = series_table(number=299)
    bench.make(T, other)
    with pytest.raises(SchemaChanged):
        bench.write(batch(T, points(("a", 1, 1.0, None))), batch(other, [(1, "x")]), batch(gone, points()))
    assert bench.all(T) == bench.all(other) == []
    mixed = (batch(T, points(("a", 1, 1.0, None))), batch(other, [(1, "x"), (2, None)]), batch(SETTINGS, [("s", "1")]))
    assert bench.write(*mixed).rows == 4
    assert bench.engine.read_system(SETTINGS) == {"name": ["s"], "value": ["1"]}
    assert bench.all(other) == [(1, "x"), (2, None)]
