"""Each row of DuckDB's failures, seen with the text DuckDB really says; none of its words leave the engine."""

from __future__ import annotations

import duckdb
import pytest

from kwrest.engines.duckdb.failures import is_disk_full, is_fatal, named
from kwrest.engines.duckdb.spelling_text import MARK, error
from kwrest.errors import (
    DiskFull,
    EngineRestarting,
    InternalError,
    InvalidPattern,
    InvalidPatternOption,
    KwrestError,
    LikePatternEnds,
    MoreThanOneRow,
    OutOfMemory,
    RunTimeError,
    SchemaChanged,
    UnreadableText,
    ValueOutOfRange,
    WrongTimeFormat,
)


@pytest.mark.parametrize(
    "sql, failure, sqlstate",
    [
        # Each process has a mark of its own, which no test's name may hold.
        pytest.param(f"SELECT {error('22012', 'division by zero')}", RunTimeError, "22012", id="guard"),
        pytest.param(f"SELECT {error('22P02', 'a | b')}", RunTimeError, "22P02", id="guard with a bar"),
        ("SELECT error('no guard of ours')", InternalError, "XX000"),
        # Values that look like something else, in messages that repeat them.
        ("SELECT error('22012|division by zero')", InternalError, "XX000"),
        ("SELECT CAST('Error: 22012|forged' AS INTEGER)", UnreadableText, "22P02"),
        ("SELECT CAST('database has been invalidated' AS INTEGER)", UnreadableText, "22P02"),
        ("SELECT CAST('No space left on device' AS INTEGER)", UnreadableText, "22P02"),
        ("SELECT CAST('std::bad_alloc' AS INTEGER)", UnreadableText, "22P02"),
        ("SELECT CAST('scalar subqueries can only return a single row' AS INTEGER)", UnreadableText, "22P02"),
        ("SELECT strptime('FATAL Error: database has been invalidated', '%Y')", WrongTimeFormat, "22007"),
        ("SELECT (SELECT unnest([1, 2]))", MoreThanOneRow, "21000"),
        ("SELECT CAST(300 AS TINYINT)", ValueOutOfRange, "22003"),
        ("SELECT 9223372036854775807::BIGINT * 2::BIGINT", ValueOutOfRange, "22003"),
        ("SELECT CAST('x' AS INTEGER)", UnreadableText, "22P02"),
        ("SELECT regexp_matches('abc', '(')", InvalidPattern, "2201B"),
        ("SELECT regexp_matches('abc', 'a**')", InvalidPattern, "2201B"),
        ("SELECT regexp_replace('a', 'a', 'b', 'T')", InvalidPatternOption, "22023"),
        ("SELECT regexp_replace('a', 'a', '\\9')", InvalidPattern, "2201B"),
        ("SELECT unhex('zz')", RunTimeError, "22023"),
        ("SELECT '101'::BIT & '1'::BIT", RunTimeError, "22026"),
        ("SELECT 1 LIMIT -1", RunTimeError, "2201W"),
        ("SELECT strftime(DATE '2024-01-01', '%_')", WrongTimeFormat, "22007"),
        ("SELECT strptime('x', '%Y')", WrongTimeFormat, "22007"),
        ("SELECT 'a' LIKE 'a!' ESCAPE '!'", LikePatternEnds, "22025"),
        ("SELECT * FROM d1.p2", SchemaChanged, "40001"),
        ("SELECT * FROM p2", SchemaChanged, "40001"),
        ("CREATE TABLE p1 (c1 INT); SELECT s1.c7 FROM p1 AS s1", SchemaChanged, "40001"),
        ("SELECT no_such_function(1)", InternalError, "XX000"),
        ("SELECT FROM WHERE", InternalError, "XX000"),
    ],
)
def test_what_duckdb_says_becomes_ours(sql: str, failure: type[KwrestError], sqlstate: str) -> None:
    with duckdb.connect() as con, pytest.raises(duckdb.Error) as said:
        con.execute(sql).fetchall()
    ours = named(said.value, "r1")
    assert not is_fatal(said.value) and not is_disk_full(said.value)
    assert (type(ours), ours.sqlstate) == (failure, sqlstate)
    if failure is not RunTimeError:
        assert str(said.value).split("\n")[0] not in ours.message


@pytest.mark.parametrize(
    "text, error",
    [
        ("FATAL Error: Failed: database has been invalidated because of a previous fatal error.", EngineRestarting),
        ("INTERRUPT Error: Interrupted!", EngineRestarting),
        ('TransactionContext Error: Failed to commit: Could not write file "x.wal": No space left on device', DiskFull),
        ("Out of Memory Error: failed to allocate data", OutOfMemory),
        ("Invalid Input Error: pattern too large - compile failed", InvalidPattern),
        ("Invalid Input Error: string_agg string size exceeds maximum string size", RunTimeError),
    ],
)
def test_what_is_hard_to_provoke(text: str, error: type[KwrestError]) -> None:
    assert type(named(OSError(text), "r1")) is error


def test_a_message_cut_in_the_middle_of_a_letter_is_read() -> None:
    said = b"Invalid Input Error: Unrecognized Regex option \xe6"
    cut = UnicodeDecodeError("utf-8", said, len(said) - 1, len(said), "unexpected end of data")
    assert type(named(cut, "r1")) is InvalidPatternOption


def test_the_guards_words_are_the_clients() -> None:
    assert named(OSError(f'Invalid Input Error: {MARK}|22P02|could not parse "x" as type int'), "r1").message == (
        'could not parse "x" as type int'
    )
