"""Numbers that the writer gives to rows."""

from __future__ import annotations

import pyarrow as pa

from kwrest.engines.duckdb.row_numbers import STEP, RowNumbers


def test_no_number_is_given_twice_and_they_grow() -> None:
    numbers = RowNumbers()
    given = [
        first + n * STEP for rows in (1, 100_000, 5, 100_000, 1) for first in [numbers.take(rows)] for n in range(rows)
    ]
    assert len(set(given)) == len(given) and given == sorted(given)
    assert given[0] > 0 and given[-1] < 1 << 63


def test_two_runs_of_the_server_differ_though_the_clock_stands() -> None:
    runs = {RowNumbers().take(1) % STEP for _ in range(20)}
    assert len(runs) > 1 and 0 not in runs


def test_only_missing_numbers_are_filled() -> None:
    filled = RowNumbers().fill(pa.array([None, 7, None, 8], pa.int64())).to_pylist()
    assert filled[1] == 7 and filled[3] == 8 and filled[2] == filled[0] + STEP
