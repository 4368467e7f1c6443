"""CSV as `kwrest import` reads it: rows with their lines, columns by name, fields as literals."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kwrest.cli.client import ClientError
from kwrest.cli.csv_rows import Column, Rows, literal, opened, targets

TABLE = [Column("ts", "TIMESTAMPTZ(3)", True), Column("V", "FLOAT8", False), Column("id", "INT4", True)]


def read(
    path: Path, content: bytes, names: list[str] | None = None
) -> tuple[list[str], list[tuple[int, list[str], str | None]]]:
    path.write_bytes(content)
    with opened(str(path)) as source:
        rows = Rows(source, ",", names)
        return rows.names, [(row.line, list(row.fields), row.problem) for row in rows]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,2\n", [(2, ["1", "2"], None)]),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n3,4", [(2, ["1", "2"], None), (3, ["3", "4"], None)]),
        (b"a,b\n\n1,2\n", [(3, ["1", "2"], None)]),
        (b'a,b\n"x\ny",2\n3,4\n', [(2, ["x\ny", "2"], None), (4, ["3", "4"], None)]),
        (b'a,b\n"say ""hi""",2\n', [(2, ['say "hi"', "2"], None)]),
        (b"a,b\n1\n1,2,3\n", [(2, ["1"], "the row has 1 fields, 2 were expected"), (3, ["1", "2", "3"], "the row has 3 fields, 2 were expected")]),
        (b"a,b\n\xff,2\n3,4\n", [(2, ["\udcff", "2"], "not valid UTF-8"), (3, ["3", "4"], None)]),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), [(2, ["1", "2"], None)]),
    ],
)  # fmt: skip
def test_rows_and_their_lines(tmp_path: Path, content: bytes, rows: list[object]) -> None:
    assert read(tmp_path / "file", content) == (["a", "b"], rows)


def test_a_malformed_row_does_not_end_the_file(tmp_path: Path) -> None:
    _, rows = read(tmp_path / "file", b'a,b\n"x"y,2\n3,4\n')
    assert [(line, bool(problem)) for line, _, problem in rows] == [(2, True), (3, False)]


def test_a_file_without_a_header_is_told_its_columns(tmp_path: Path) -> None:
    assert read(tmp_path / "file", b"1,2\n", ["id", "-"]) == (["id", "-"], [(1, ["1", "2"], None)])


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["ts", "V", "id"], ["ts", "V", "id"]),
        (["ID", "Ts"], ["id", "ts"]),
        (["id", "-", "ts"], ["id", None, "ts"]),
        (["line", "reason", "ts", "id"], [None, None, "ts", "id"]),
        (["ts", "id", "line"], 'no column "line"'),
        (["ts", "v", "V", "id"], 'column "V" is given twice'),
        (["ts", "V"], "no value for id"),
        (["ts", "id", "other"], 'no column "other"; it has ts, V, id'),
    ],
)
def test_columns_by_name(names: list[str], found: list[str | None] | str) -> None:
    if isinstance(found, str):
        with pytest.raises(ClientError, match=found):
            targets(names, TABLE)
    else:
        assert [column and column.name for column in targets(names, TABLE)] == found


@pytest.mark.parametrize(
    ("field", "kind", "written"),
    [
        ("", "FLOAT8", "NULL"),
        ("1.5", "FLOAT8", "1.5"),
        ("-1e-3", "FLOAT4", "-1e-3"),
        ("NaN", "FLOAT8", '"NaN"'),
        ("12.50", "DECIMAL(8,2)", "12.50"),
        ("5", "INT4", "5"),
        ("5.5", "INT4", '"5.5"'),
        ("1); DROP TABLE t; --", "INT4", '"1); DROP TABLE t; --"'),
        ('1"); DROP TABLE t; --', "INT4", '"1""); DROP TABLE t; --"'),
        ("it's", "VARCHAR(10)", "'it''s'"),
        ("5", "VARCHAR(10)", "'5'"),
        ("true", "BOOL", '"true"'),
        ("1714557600000", "TIMESTAMPTZ(3)", "1714557600000"),
        ("2024-05-01 10:00:00", "TIMESTAMPTZ(3)", '"2024-05-01 10:00:00"'),
        ("{1,2}", "INT4[]", '"{1,2}"'),
        ("1", "INT4[]", '"1"'),
        ('{"a": 1}', "JSONB", '"{""a"": 1}"'),
    ],
)
def test_a_field_as_a_literal(field: str, kind: str, written: str) -> None:
    assert literal(field, Column("c", kind, False), "") == written


def test_null_is_what_is_said(tmp_path: Path) -> None:
    column = Column("c", "STRING", False)
    assert [literal(field, column, "\\N") for field in ("", "\\N")] == ["''", "NULL"]
