"""The lexer: kinds, contents, positions, and the errors of texts that are no tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwrest.errors import KwrestError, LexicalError, NulInText, UnterminatedText
from kwrest.sql.lexer import Kind, tokenize


def keys(text: str) -> list[str]:
    return [token.key for token in list(tokenize(text))[:-1]]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Select", Kind.WORD, "select"),
        ("_t$1", Kind.WORD, "_t$1"),
        ("ÉCOLE", Kind.WORD, "école"),
        ("E\u0301cole", Kind.WORD, "école"),
        ("温度", Kind.WORD, "温度"),
        ("foo☂", Kind.WORD, "foo☂"),
        ('"MixedCase"', Kind.QUOTED, "MixedCase"),
        ('"a""b"', Kind.QUOTED, 'a"b'),
        ('""', Kind.QUOTED, ""),
        ('"a\nb;--"', Kind.QUOTED, "a\nb;--"),
        ("'it''s'", Kind.STRING, "it's"),
        ("''", Kind.STRING, ""),
        ("''''", Kind.STRING, "'"),
        (r"'a\n'", Kind.STRING, r"a\n"),
        ("'--'", Kind.STRING, "--"),
        (r"e'a\nb'", Kind.STRING, "a\nb"),
        (r"E'\'\\'", Kind.STRING, "'\\"),
        (r"e'it''s'", Kind.STRING, "it's"),
        (r"e'\x41\102\u4e00\U0001F600\q'", Kind.STRING, "AB一😀q"),
        (r"e'\xe4\xb8\x80'", Kind.STRING, "一"),
        ("'a'\n  'b'", Kind.STRING, "ab"),
        ("e'a'\n'b\\t'", Kind.STRING, "ab\t"),
        (r"b'\xca\'A'", Kind.BYTES, "\xca'A"),
        ("b'一'", Kind.BYTES, "一".encode().decode("latin-1")),
        ("x'CAfe'", Kind.BYTES, "\xca\xfe"),
        ("X''", Kind.BYTES, ""),
        ("B'0101'", Kind.BITS, "0101"),
        ("$$a'b;$$", Kind.STRING, "a'b;"),
        ("$tag$ $$ $tag$", Kind.STRING, " $$ "),
        ("12", Kind.NUMBER, "12"),
        ("1.5", Kind.NUMBER, "1.5"),
        (".5", Kind.NUMBER, ".5"),
        ("1.", Kind.NUMBER, "1."),
        ("1e3", Kind.NUMBER, "1e3"),
        ("1.5E-10", Kind.NUMBER, "1.5E-10"),
        ("0xCAFE", Kind.NUMBER, "0xCAFE"),
        ("1h", Kind.DURATION, "1 h"),
        ("10S", Kind.DURATION, "10 s"),
        ("3mon", Kind.DURATION, "3 mon"),
        ("100ms", Kind.DURATION, "100 ms"),
        ("$1", Kind.PLACEHOLDER, "$1"),
        ("$", Kind.OPERATOR, "$"),
        ("♠♠", Kind.WORD, "♠♠"),
    ],
)
def test_one_token(text: str, kind: Kind, value: str) -> None:
    token, end = tokenize(f"  {text} ")
    assert (token.kind, token.value) == (kind, value)
    assert (token.at, token.end) == (2, 2 + len(text))
    assert (end.kind, end.at) == (Kind.END, len(text) + 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select*from t1", ["select", "*", "from", "t1"]),
        ("a::int:::text", ["a", "::", "int", ":::", "text"]),
        ("a->'b'->>'c'", ["a", "->", "STRING", "->>", "STRING"]),
        ("a#>b#>>c", ["a", "#>", "b", "#>>", "c"]),
        ("a!=b<>c<=d>=e", ["a", "!=", "b", "<>", "c", "<=", "d", ">=", "e"]),
        ("a//b||c", ["a", "//", "b", "||", "c"]),
        ("a!~*b~*c!~d", ["a", "!~*", "b", "~*", "c", "!~", "d"]),
        ("a?|b?&c?d", ["a", "?|", "b", "?&", "c", "?", "d"]),
        ("a&&b@>c<@d", ["a", "&&", "b", "@>", "c", "<@", "d"]),
        ("a=-1", ["a", "=", "-", "NUMBER"]),
        ("t.c.*", ["t", ".", "c", ".", "*"]),
        ("a--b\nc", ["a", "c"]),
        ("a--b", ["a"]),
        ("a/*b/*c*/d*/e", ["a", "e"]),
        ("/*+ hint */a", ["a"]),
        ("a/b", ["a", "/", "b"]),
        ("xe'a'", ["xe", "STRING"]),
        ("e 'a'", ["e", "STRING"]),
        ("'a' 'b'", ["STRING", "STRING"]),
        ("a$$b", ["a$$b"]),
        ("ts+1h>now()", ["ts", "+", "DURATION", ">", "now", "(", ")"]),
        ("\u00a0a", ["\u00a0a"]),
        ("", []),
        (" \t\r\n\f", []),
        ("-- only a comment", []),
    ],
)
def test_sequences(text: str, expected: list[str]) -> None:
    assert keys(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1h30m", 'lexical error: trailing junk after numeric literal at or near "1h"'),
        ("2x", "lexical error: invalid hexadecimal numeric literal"),
        ("0x", "lexical error: invalid hexadecimal numeric literal"),
        ("1abc", 'lexical error: trailing junk after numeric literal at or near "1a"'),
        ("1.5h", 'lexical error: trailing junk after numeric literal at or near "1.5h"'),
        ("1$$", 'lexical error: trailing junk after numeric literal at or near "1$"'),
        ("x'abc'", "lexical error: invalid hexadecimal bytes literal"),
        ("x'zz'", "lexical error: invalid hexadecimal bytes literal"),
        ("B'012'", 'lexical error: "2" is not a valid binary digit'),
        (r"e'\xcc'", "lexical error: invalid UTF-8 byte sequence"),
        (r"e'\ud800'", "lexical error: invalid Unicode escape value"),
    ],
)
def test_no_token(text: str, message: str) -> None:
    with pytest.raises(LexicalError) as failure:
        list(tokenize(f"select {text}"))
    assert failure.value.message == message
    assert failure.value.sqlstate == "42601"


@pytest.mark.parametrize(
    ("text", "what", "at"),
    [
        ("select 'a", "string", 7),
        ("select 'it''s", "string", 7),
        (r"select e'a\'", "string", 8),
        ("select b'", "string", 8),
        ("select 'a'\n'b", "string", 11),
        ('select "a', "quoted name", 7),
        ("select /* a", "comment", 7),
        ("select /* a /* b */", "comment", 7),
        ("select $$a$", "dollar-quoted string", 7),
        ("select $a$ $b$", "dollar-quoted string", 7),
    ],
)
def test_unterminated(text: str, what: str, at: int) -> None:
    with pytest.raises(UnterminatedText) as failure:
        list(tokenize(text))
    assert failure.value.facts == {"what": what, "at": at}


def test_nul() -> None:
    with pytest.raises(NulInText) as failure:
        list(tokenize("select 'a\0'"))
    assert failure.value.facts["at"] == 9


# ---------------------------------------------------------------- for all texts

FRAGMENTS = st.sampled_from(
    [
        "select", "E", "b", "x", "e'", "b'", "x'ff'", "B'01'", "'", "''", '"', '""', "--", "/*", "*/", "$", "$$", "$t$", "\\", "\\'",
        "\n", " ", ";", "1", "1.5", "0x", "1h", ".", ",", "(", ")", "::", ":", "->>", "<", "=", "|", "/", "-", "a$b", "é", "温", "😀",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=40), st.lists(FRAGMENTS, max_size=14).map("".join))


@given(TEXTS)
def test_tokens_and_gaps_are_the_text(text: str) -> None:
    try:
        tokens = list(tokenize(text))
    except KwrestError:
        return
    at = 0
    for token in tokens:
        gap = text[at : token.at]
        # In a gap there are blanks and comments, and nothing else: it has no tokens of its own.
        assert [inner.kind for inner in tokenize(gap + "\n")] == [Kind.END], gap
        assert token.at < token.end or token.kind is Kind.END
        at = token.end
    assert at == len(text)
