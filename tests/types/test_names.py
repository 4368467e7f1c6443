"""Type words: what a declaration means, and back from the catalog's text."""

from __future__ import annotations

import pytest

from kwrest.types import kinds
from kwrest.types.names import WORDS, UnknownType, WrongTypeArgument, declared_type, spoken, type_from_text


@pytest.mark.parametrize("name, arguments, series, relational", [
    ("INT", (), "INT4", "INT4"),
    ("INT64", (), "INT8", "INT8"),
    ("DOUBLE PRECISION", (), "FLOAT8", "FLOAT8"),
    ("FLOAT", (), "FLOAT8", "FLOAT8"),
    ("FLOAT", (24,), "FLOAT4", "FLOAT4"),
    ("TEXT", (), "STRING", "STRING"),
    ("CHAR", (), "CHAR", "CHAR"),
    ("CHAR", (5,), "CHAR(5)", "CHAR(5)"),
    ("VARCHAR", (), "VARCHAR(254)", "VARCHAR"),
    ("NCHAR", (), "NCHAR", "NCHAR"),
    ("NVARCHAR", (), "NVARCHAR(63)", "NVARCHAR"),
    ("VARBYTES", (), "VARBYTES(254)", "VARBYTES"),
    ("TIMESTAMP", (), "TIMESTAMP(3)", "TIMESTAMP"),
    ("TIMESTAMPTZ", (6,), "TIMESTAMPTZ(6)", "TIMESTAMPTZ(6)"),
    ("DECIMAL", (10, 2), "DECIMAL(10,2)", "DECIMAL(10,2)"),
    ("DECIMAL", (10,), "DECIMAL(10,0)", "DECIMAL(10,0)"),
    ("BOOLEAN", (), "BOOL", "BOOL"),
    ("JSON", (), "JSONB", "JSONB"),
])  # fmt: skip
def test_declared(name: str, arguments: tuple[int, ...], series: str, relational: str) -> None:
    assert str(declared_type(name, arguments, False, True)) == series
    assert str(declared_type(name, arguments, False, False)) == relational
    assert str(declared_type(name, arguments, True, False)) == f"{relational}[]"


@pytest.mark.parametrize("name, arguments, series, reason", [
    ("CHAR", (0,), False, "length for type CHAR must be at least 1"),
    ("FLOAT", (54,), False, "precision for type float must be less than 54 bits"),
    ("TIMESTAMPTZ", (7,), False, "precision 7 out of range"),
    ("TIMESTAMPTZ", (4,), True, "precision 4 out of range"),
    ("DECIMAL", (2, 3), False, "scale (3) must be between 0 and precision (2)"),
    ("INT4", (3,), False, "syntax error"),
])  # fmt: skip
def test_wrong_arguments(name: str, arguments: tuple[int, ...], series: bool, reason: str) -> None:
    with pytest.raises(WrongTypeArgument, match=reason.replace("(", r"\(").replace(")", r"\)")):
        declared_type(name, arguments, False, series)


def test_serial_is_an_int_with_a_default() -> None:
    assert declared_type("SERIAL2", (), False, False) == kinds.INT2


def test_unknown_words() -> None:
    with pytest.raises(UnknownType):
        declared_type("UNSIGNED INT", (), False, False)
    with pytest.raises(UnknownType):
        type_from_text("FLOAT")


@pytest.mark.parametrize("series", [False, True])
@pytest.mark.parametrize("word", [w.words[0] for w in WORDS])
def test_the_catalog_reads_what_it_wrote(word: str, series: bool) -> None:
    takes = next(w.takes for w in WORDS if w.words[0] == word)
    for arguments in ((), (3,), (9, 3))[: takes + 1]:
        for array in (False, True):
            declared = declared_type(word, arguments, array, series)
            assert type_from_text(str(declared)) == declared


@pytest.mark.parametrize("type, word", [
    (kinds.INT8, "int"), (kinds.INT4, "int4"), (kinds.FLOAT8, "float"), (kinds.varchar(5), "varchar"), (kinds.TIMESTAMPTZ, "timestamptz(3)"),
    (kinds.array_of(kinds.INT8), "int[]"), (type_from_text("BIT(3)"), "bit"), (type_from_text("TIMESTAMP"), "timestamp"),
])  # fmt: skip
def test_spoken(type: kinds.Type, word: str) -> None:
    assert spoken(type) == word
