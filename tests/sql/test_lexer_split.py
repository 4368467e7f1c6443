"""The splitter: where statements end, and that nothing is lost or invented."""

import pytest
from hypothesis import given

from kwrest.errors import Kind, KwrestError, NulInText, TooManyStatements, UnterminatedText
from kwrest.sql.lexer import MAX_STATEMENTS, is_blank, pieces, split, tokenize
from tests.sql.test_lexer import TEXTS


@pytest.mark.parametrize(
    ("body", "statements"),
    [
        ("", []),
        (" \n", []),
        (";;;", []),
        ("select 1", ["select 1"]),
        ("select 1;", ["select 1"]),
        ("select 1; select 2 ;", ["select 1", " select 2 "]),
        ("select 1;\r\nselect 2", ["select 1", "\r\nselect 2"]),
        ("-- a;b\nselect 1", ["-- a;b\nselect 1"]),
        ("select 1 -- a;b", ["select 1 -- a;b"]),
        ("select 1; -- nothing", ["select 1"]),
        ("select 7 //*;*/ 2", ["select 7 //*", "*/ 2"]),
        ("select |/*;*/ 2", ["select |/*", "*/ 2"]),
        ("select 7 ///*;*/ 2", ["select 7 ///*;*/ 2"]),
        ("/* ; */; select 1", [" select 1"]),
        ("/* /* ; */ ; */;-- x\n /**/ ;a", ["a"]),
        ("select ';'; b", ["select ';'", " b"]),
        ("select 'it''s;'; b", ["select 'it''s;'", " b"]),
        ('select ";"; b', ['select ";"', " b"]),
        ('select "a"";"; b', ['select "a"";"', " b"]),
        (r"select e'\';'; b", [r"select e'\';'", " b"]),
        (r"select E'\\'; b", [r"select E'\\'", " b"]),
        (r"select b'\';'; b", [r"select b'\';'", " b"]),
        (r"select '\'; b", [r"select '\'", " b"]),
        (r"select some'\'; b", [r"select some'\'", " b"]),
        ("select 'a'\n';'; b", ["select 'a'\n';'", " b"]),
        ("select $$;$$; b", ["select $$;$$", " b"]),
        ("select $x$;$$;$x$; b", ["select $x$;$$;$x$", " b"]),
        ("select a$b$;c$b$", ["select a$b$", "c$b$"]),
        ("select $1;$2", ["select $1", "$2"]),
        ("a - b; a / b; a--;\n;c", ["a - b", " a / b", " a--;\n", "c"]),
        ("insert into t values('2023-07-30T06:44:40.32Z', 1, 'a');insert into t values(\"2023\", \"1\", \"b\")",
         ["insert into t values('2023-07-30T06:44:40.32Z', 1, 'a')", 'insert into t values("2023", "1", "b")']),
    ],
)  # fmt: skip
def test_split(body: str, statements: list[str]) -> None:
    assert split(body) == statements


@pytest.mark.parametrize(
    "body", ["select 'a", "a; select 'b;c", 'select "a;', "a; /* b", "/* /* */; a", "a; $$ b; $ $", r"e'\'; a"]
)
def test_unterminated_is_the_requests_fault(body: str) -> None:
    with pytest.raises(UnterminatedText) as failure:
        split(body)
    assert failure.value.kind is Kind.REQUEST


def test_nul() -> None:
    with pytest.raises(NulInText):
        split("select 1; \0")


def test_limit() -> None:
    assert len(split("a;" * MAX_STATEMENTS + " ; -- no more")) == MAX_STATEMENTS
    with pytest.raises(TooManyStatements) as failure:
        split("a;" * (MAX_STATEMENTS + 1))
    assert failure.value.kind is Kind.REQUEST


@given(TEXTS)
def test_nothing_is_lost_or_invented(text: str) -> None:
    try:
        found = list(pieces(text))
    except KwrestError:
        return
    assert ";".join(text[start:end] for start, end in found) == text


@given(TEXTS)
def test_the_splitter_agrees_with_the_lexer(text: str) -> None:
    """A semicolon separates exactly where the lexer sees one as a token of its own."""
    try:
        semicolons = [token.at for token in tokenize(text) if token.key == ";"]
        blank = [is_blank(text[start:end]) for start, end in pieces(text)]
    except KwrestError:
        return
    assert semicolons == [end for _, end in pieces(text)][:-1]
    tokens = [[token.key for token in tokenize(text[start:end])] for start, end in pieces(text)]
    assert blank == [keys == ["EOF"] for keys in tokens]


def test_blanks_between_semicolons_are_counted_too() -> None:
    assert split(";" * 10_000 + "SELECT 1") == ["SELECT 1"]
    with pytest.raises(TooManyStatements):
        split(";" * 2_000_000)
