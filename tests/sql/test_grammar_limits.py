"""What the grammar promises for every text: a tree or a named error, whatever its depth and length."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwrest.errors import KwrestError, NestedTooDeeply
from kwrest.sql import tree
from kwrest.sql.grammar import parse
from kwrest.sql.grammar.cursor import MAX_DEPTH
from kwrest.sql.grammar.expressions import MAX_CHAIN
from kwrest.sql.grammar.statements import StatementParser
from tests.sql.shapes import shape


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * 10_000 + "1" + ")" * 10_000,
        "SELECT " + "(" * 10_000,
        "SELECT " + "-" * 1 + " -" * 10_000 + " 1",
        "SELECT " + "NOT " * 10_000 + "a",
        "SELECT " + "f(" * 10_000,
        "SELECT " + "ARRAY[" * 10_000,
        "SELECT ARRAY" + "[" * 10_000,
        "SELECT " + "CASE WHEN " * 10_000,
        "SELECT " + "(SELECT " * 10_000,
        "SELECT 1 FROM " + "(" * 10_000,
        "SELECT 1 FROM " + "(SELECT 1 FROM " * 10_000,
        "WITH a AS (" * 10_000,
        "(" * 10_000 + "SELECT 1" + ")" * 10_000,
        "SELECT " + "1 + " * 10_000 + "1",
        "SELECT a" + "::int" * 10_000,
        "SELECT a" + "[1]" * 10_000,
        "SELECT 1 FROM t" + " JOIN t ON true" * 10_000,
        "SELECT 1 FROM t" + " JOIN t" * 10_000,
        "SELECT 1" + " UNION SELECT 1" * 10_000,
        "SELECT 1" + " INTERSECT SELECT 1" * 10_000,
        "SELECT 1" + " UNION (SELECT 1" * 10_000,
    ],
    ids=lambda text: text[:30],
)
def test_depth_has_a_limit(text: str) -> None:
    with pytest.raises(NestedTooDeeply) as failure:
        parse(text)
    assert (failure.value.sqlstate, failure.value.message) == ("54001", "statement is nested too deeply")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * (MAX_DEPTH - 5) + "1" + ")" * (MAX_DEPTH - 5),
        "SELECT " + "(SELECT " * (MAX_DEPTH // 2 - 5) + "1" + ")" * (MAX_DEPTH // 2 - 5),
        "SELECT " + "1 + " * (MAX_CHAIN - 5) + "1",
        "SELECT 1 FROM t" + " JOIN t ON true" * (MAX_CHAIN - 5),
        "SELECT a FROM t WHERE a IN (" + "1, " * 20_000 + "1)",
        "INSERT INTO t VALUES " + "(1, 'a'), " * 20_000 + "(1, 'a')",
    ],
    ids=lambda text: text[:30],
)
def test_below_the_limit_all_is_well(text: str) -> None:
    assert isinstance(parse(text), tree.Query | tree.Insert)


def test_long_chains_of_and_make_shallow_trees() -> None:
    query = parse("SELECT " + " OR ".join(f"a = {n}" for n in range(10_000)))
    assert isinstance(query, tree.Query) and isinstance(query.body, tree.Select)
    terms, deepest = [], 0
    stack: list[tuple[tree.Expr, int]] = [(query.body.items[0].expr, 0)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        if isinstance(node, tree.Binary) and node.op == "OR":
            stack += [(node.right, depth + 1), (node.left, depth + 1)]
        else:
            terms.append(shape(node))
    assert terms == [f"(a = {n})" for n in range(10_000)]
    assert deepest <= 14


def test_no_layer_of_the_grammar_hides_a_method_of_another() -> None:
    """The layers are one class in the end: a name may be used twice only where a layer below asks for it."""
    owners: dict[str, list[type]] = defaultdict(list)
    for layer in StatementParser.__mro__:
        for name, value in vars(layer).items():
            if not name.startswith("__") and not getattr(value, "__isabstractmethod__", False):
                owners[name].append(layer)
    assert {name: layers for name, layers in owners.items() if len(layers) > 1} == {}


@pytest.mark.parametrize(
    ("text", "word"),
    [("SELECT a + foo", "foo"), ("SELECT a FROM  foo", "foo"), ("SELECT x, foo(1)", "foo(1)"), ("SELECT  'foo'", "'foo'"),
     ("SELECT a, foo::INT", "foo::INT"), ("SELECT a, foo IS NULL", "foo IS NULL"), ("SELECT (1), 1.5 + 2", "1.5 + 2")],
)  # fmt: skip
def test_positions(text: str, word: str) -> None:
    query = parse(text)
    assert isinstance(query, tree.Query) and isinstance(query.body, tree.Select)
    last = query.body.sources[-1] if query.body.sources else query.body.items[-1].expr
    node = last.right if isinstance(last, tree.Binary) and word == "foo" else last
    assert getattr(node, "at", None) == text.index(word)


WORDS = st.sampled_from(
    [
        "select",
        "insert",
        "into",
        "values",
        "update",
        "delete",
        "from",
        "where",
        "set",
        "create",
        "table",
        "ts",
        "database",
        "tags",
        "primary",
        "show",
        "alter",
        "drop",
        "column",
        "a",
        "b",
        "t",
        '"q"',
        "'x'",
        "1",
        "1.5",
        "1h",
        "(",
        "(",
        "(",
        ")",
        ")",
        ")",
        ",",
        ",",
        ".",
        "*",
        "=",
        "+",
        "-",
        "::",
        "int",
        "varchar(3)",
        "and",
        "or",
        "not",
        "in",
        "between",
        "like",
        "is",
        "null",
        "case",
        "when",
        "then",
        "end",
        "as",
        "join",
        "on",
        "union",
        "with",
        "order",
        "by",
        "limit",
        "group",
        "having",
        "distinct",
        "array",
        "[",
        "]",
        "last",
        "first",
        "interval",
        "timestamp",
        "cast",
        "extract",
        "exists",
        "any",
        "all",
        "grant",
        "to",
        "user",
        "default",
        "on",
        "conflict",
        "do",
        "nothing",
        "returning",
        "over",
        "partition",
        "cluster",
        "setting",
        "comment",
        ";",
        "$1",
        "b'1'",
    ]
)


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_any_text_gives_a_tree_or_a_named_error(text: str) -> None:
    try:
        assert isinstance(parse(text), tree.Statement)
    except KwrestError as failure:
        assert failure.sqlstate != "XX000"
