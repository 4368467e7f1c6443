"""Statements as others than their sender see them. One row a case."""

from __future__ import annotations

import pytest

from kwrest.sql.secrets import SHOWN, masked, skeleton


@pytest.mark.parametrize(
    "text, shown",
    [
        ("SELECT 1", "SELECT 1"),
        ("CREATE USER u WITH PASSWORD 'secret'", "CREATE USER u WITH PASSWORD '*****'"),
        ("create user u password \"secret\" createrole", "create user u password '*****' createrole"),
        ("ALTER USER u PASSWORD secret VALID UNTIL '2030-01-01'", "ALTER USER u PASSWORD '*****' VALID UNTIL '2030-01-01'"),
        ("ALTER USER u WITH PASSWORD NULL", "ALTER USER u WITH PASSWORD NULL"),
        ("ALTER USER u PASSWORD = 'secret'", "ALTER USER u PASSWORD = '*****'"),
        ("ALTER USER u PASSWORD /* 'a' */ 'secret'", "ALTER USER u PASSWORD /* 'a' */ '*****'"),
        ("ALTER USER u PASSWORD 'sec'\n'ret'", "ALTER USER u PASSWORD '*****'"),
        ("ALTER USER u PASSWORD 'sec' 'ret'", "ALTER USER u PASSWORD '*****' '*****'"),
        ("ALTER USER u PASSWORD e'se\\'cret'", "ALTER USER u PASSWORD '*****'"),
        ("ALTER USER u PASSWORD $$secret$$", "ALTER USER u PASSWORD '*****'"),
        ("CREATE USER u PASSWORD 'never closed", "CREATE USER u PASSWORD …"),
        ("CREATE USER u PASSWORD $x$never closed", "CREATE USER u PASSWORD …"),
        ("SELECT 1x", "SELECT 1x"),
        ("SELECT '" + "x" * 5000, "SELECT …"),
        ("SELECT " + "x" * 5000, "SELECT " + "x" * (SHOWN - 7) + "…"),
        ("SELECT " + "x" * 200, "SELECT " + "x" * 200),
    ],
)  # fmt: skip
def test_passwords_and_length(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("SELECT a\n  FROM t\tWHERE a = 'x' AND b > -5.5", "SELECT a FROM t WHERE a = ? AND b > -?"),
        ('SELECT "Odd name" FROM t', 'SELECT "Odd name" FROM t'),
        (
            "INSERT INTO t VALUES (1, 'a', \"b\"), (2, NULL, now()), (-3, true, x'ff')",
            "INSERT INTO t VALUES (?, ?, ?), …",
        ),
        ("INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (?)"),
        ("CREATE USER ann PASSWORD 'secret'", "CREATE USER ann PASSWORD ?"),
        ("ALTER USER ann WITH PASSWORD = secret", "ALTER USER ann WITH PASSWORD = ?"),
        ("ALTER USER ann PASSWORD null", "ALTER USER ann PASSWORD null"),
        ("SELECT 1 /* secret */ -- secret", "SELECT ?"),
        ("SELECT 'open secret", "SELECT …"),
        ("SELECT $$secret$$", "SELECT ?"),
        ("", ""),
    ],
)
def test_a_skeleton_has_no_value(written: str, shown: str) -> None:
    assert skeleton(written) == shown


def test_a_skeleton_is_short() -> None:
    assert len(skeleton("SELECT " + ", ".join(f"column_{n}" for n in range(10_000)))) == 1001
