"""Which endpoint takes which statement (contract, "Statements by endpoint"): the one table that code, docs and tests read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from kwrest.errors import KwrestError
from kwrest.sql import tree
from kwrest.sql.lexer import Token, tokenize


class Row(NamedTuple):
    """words: the statement's first words, folded; classes: what such statements are in the tree."""

    endpoint: str
    words: tuple[str, ...]
    classes: tuple[type[tree.Statement], ...]


STATEMENTS = (
    Row(
        "ddl", ("create",), (tree.CreateDatabase, tree.CreateTable, tree.CreateIndex, tree.CreateUser, tree.CreateView)
    ),
    Row("ddl", ("drop",), (tree.DropDatabase, tree.DropTable, tree.DropIndex, tree.DropUser, tree.DropView)),
    Row("ddl", ("alter",), (tree.AlterDatabase, tree.AlterTable, tree.AlterUser)),
    Row("ddl", ("delete",), (tree.Delete,)),
    Row("ddl", ("update",), (tree.Update,)),
    Row("ddl", ("use",), (tree.Use,)),
    Row("ddl", ("grant",), (tree.Grant, tree.GrantRole)),
    Row("ddl", ("revoke",), (tree.Grant, tree.GrantRole)),
    Row("ddl", ("truncate",), (tree.Truncate,)),
    Row("ddl", ("comment", "on"), (tree.CommentOn,)),
    Row("ddl", ("set", "cluster"), (tree.SetSetting,)),
    Row("ddl", ("reset", "cluster"), (tree.SetSetting,)),
    Row("insert", ("insert",), (tree.Insert,)),
    Row("insert", ("upsert",), (tree.Insert,)),
    Row("query", ("select",), (tree.Query,)),
    Row("query", ("with",), (tree.Query,)),
    Row("query", ("values",), (tree.Query,)),
    Row("query", ("table",), (tree.Query,)),
    Row("query", ("show",), (tree.Show,)),
    Row("query", ("describe",), (tree.Show,)),
    Row("query", ("explain",), (tree.Explain,)),
)

_BY_CLASS = {cls: row.endpoint for row in STATEMENTS for cls in row.classes}
_BY_WORDS = {row.words: row.endpoint for row in STATEMENTS}


def endpoint_of(statement: tree.Statement) -> str | None:
    """`ddl`, `insert` or `query`; None when no endpoint takes such a statement (BEGIN, SET of a variable, IMPORT, …)."""
    if isinstance(statement, tree.OtherStatement):
        return _by_words(statement.words.lower().split())
    return _BY_CLASS.get(type(statement))


def endpoint_of_text(text: str) -> str | None:
    """The same for a statement that may be no statement at all, by its first words; parentheses before them are passed over.

    Behind WITH the verb decides: WITH … INSERT is an INSERT. None: nobody's, so a syntax error belongs to whatever endpoint was asked.
    Never raises: a text without tokens is nobody's.
    """
    tokens = tokenize(text)
    try:
        first = next(token for token in tokens if token.key != "(")
        if first.key == "with":
            return _by_words([_verb_behind_with(tokens)]) or "query"
        return _by_words([first.key, next(tokens, first).key])
    except KwrestError:
        return _by_words(text.lower().split()[:2])


def first_word(text: str) -> str:
    """The first word of a statement, folded; empty when it has none. Never raises."""
    try:
        return next(tokenize(text)).key
    except KwrestError:
        return ""


def about_databases(text: str) -> bool:
    """Whether a statement makes, changes, drops or chooses a database by name, so that it needs no current one. Never raises."""
    try:
        words = [token.key for token in islice(tokenize(text), 3)]
    except KwrestError:
        return False
    if words[0] == "use":
        return True
    return words[0] in ("create", "alter", "drop") and "database" in (words[1:2] if words[1] != "ts" else words[2:])


def _by_words(words: list[str]) -> str | None:
    return _BY_WORDS.get(tuple(words[:1])) or _BY_WORDS.get(tuple(words[:2]))


def _verb_behind_with(tokens: Iterable[Token]) -> str:
    """The first word outside all parentheses that begins a statement."""
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.key, 0)
        if depth == 0 and token.key in ("select", "values", "table", "insert", "upsert", "update", "delete"):
            return token.key
    return ""
