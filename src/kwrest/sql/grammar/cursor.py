"""Where the parser is: the tokens, the place, the depth. Every layer of the grammar stands on this one."""

from __future__ import annotations

from itertools import islice
from typing import NoReturn

from kwrest.errors import LexicalError, NestedTooDeeply, SyntaxDetail, SyntaxError_, TooManyTokens
from kwrest.sql import tree
from kwrest.sql.grammar.keywords import NO_NAME
from kwrest.sql.lexer import Kind, Token, tokenize

MAX_DEPTH = 100
"""Expressions and queries inside one another. Beyond it the statement is refused (54001), so nothing that walks a tree
needs more stack than this times its own frames a level."""


MAX_TOKENS = 150_000
"""Tokens of one statement, save the rows of an INSERT: a tree costs a kilobyte for each, and a second for every 100 000."""

MAX_INSERT_TOKENS = 1_000_000
"""Of an INSERT: 200 bytes each while its rows are read."""


class Cursor:
    """Reads one statement from left to right ; the first token nobody expects is KWDB's error.

    key: of the current token, see Token.
    """

    __slots__ = ("_depth", "_place", "_tokens", "key", "text", "token")

    def __init__(self, text: str) -> None:
        """Raises LexicalError, UnterminatedText, NulInText, TooManyTokens."""
        self.text = text
        tokens = tokenize(text)
        first = next(tokens)
        limit = MAX_INSERT_TOKENS if first.key in ("insert", "upsert") else MAX_TOKENS
        self._tokens = [first, *islice(tokens, limit - 1)]
        if self._tokens[-1].kind is not Kind.END:
            raise TooManyTokens(limit=limit)
        self._place = 0
        self._depth = 0
        self.token: Token = self._tokens[0]
        self.key: str = self.token.key

    # -------- moving

    def next(self) -> Token:
        """The current token; then the following one is current. The end is never passed."""
        token = self.token
        if self.key != "EOF":
            self._place = place = self._place + 1
            self.token = following = self._tokens[place]
            self.key = following[0]
        return token

    def peek(self, steps: int = 1) -> str:
        """The key of the token so many steps ahead."""
        place = self._place + steps
        return self._tokens[place].key if place < len(self._tokens) else "EOF"

    def accept(self, key: str) -> bool:
        """Step over `key` if it is here."""
        if self.key != key:
            return False
        self.next()
        return True

    def accept_any(self, *keys: str) -> str:
        """Step over one of `keys` and say which; empty when none is here."""
        return self.next().key if self.key in keys else ""

    def accept_all(self, first: str, *others: str) -> bool:
        """Step over `first`; then the others must follow."""
        if not self.accept(first):
            return False
        for key in others:
            self.expect(key)
        return True

    def accept_run(self, *keys: str) -> bool:
        """Step over all of `keys` if all of them stand here, else over none."""
        if self.key != keys[0] or any(self.peek(i) != key for i, key in enumerate(keys)):
            return False
        for _ in keys:
            self.next()
        return True

    def expect(self, key: str) -> Token:
        if self.key != key:
            self.wrong()
        return self.next()

    def expect_any(self, *keys: str) -> str:
        if self.key not in keys:
            self.wrong()
        return self.next().key

    def place(self) -> int:
        """Where the cursor is, for back_to(): only where the grammar cannot tell what it reads before it has read it."""
        return self._place

    def back_to(self, place: int) -> None:
        """Return to a place of before; nothing may have been entered since."""
        self._place = place
        self.token = self._tokens[place]
        self.key = self.token.key

    # -------- failing

    def wrong(self, detail: str = "", token: Token | None = None) -> NoReturn:
        """KWDB's syntax error: at the current token, or at `token`."""
        token = token or self.token
        value = self.text[token.at : token.end].lower() if token.kind is Kind.DURATION else token.value
        if detail:
            raise SyntaxDetail(token=value, detail=detail)
        raise SyntaxError_(token=value)

    def enter(self) -> None:
        """One level deeper; pair it with leave()."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NestedTooDeeply

    def leave(self) -> None:
        self._depth -= 1

    # -------- names and small constants

    def is_name(self, steps: int = 0) -> bool:
        """Whether the token so many steps ahead may name a column, a table, a database, a user."""
        token = self._tokens[min(self._place + steps, len(self._tokens) - 1)]
        return token.kind is Kind.QUOTED or (token.kind is Kind.WORD and token.key not in NO_NAME)

    def name(self) -> tree.Ident:
        token = self.token
        if token.kind is Kind.WORD:
            if token.key in NO_NAME:
                self.wrong()
            self.next()
            return tree.Ident(token.value, False, token.at)
        if token.kind is not Kind.QUOTED:
            self.wrong()
        self.next()
        return tree.Ident(token.value, True, token.at)

    def label(self) -> tree.Ident:
        """Any word, reserved ones too: after AS, after a dot, in lists of options."""
        token = self.token
        if token.kind is not Kind.WORD and token.kind is not Kind.QUOTED:
            self.wrong()
        self.next()
        return tree.Ident(token.value, token.kind is Kind.QUOTED, token.at)

    def names(self) -> tuple[tree.Ident, ...]:
        """`a, b, c`."""
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        return tuple(found)

    def names_in_parentheses(self) -> tuple[tree.Ident, ...]:
        """`(a, b, c)`."""
        self.expect("(")
        found = self.names()
        self.expect(")")
        return found

    def qualified_name(self) -> tuple[tree.Ident, ...]:
        """`t`, `db.t`, `db.public.t`."""
        parts = [self.name()]
        while self.key == "." and len(parts) < 3:
            self.next()
            parts.append(self.label())
        return tuple(parts)

    def string(self) -> str:
        return self.expect("STRING").value

    def integer(self) -> int:
        """An unsigned whole number."""
        token = self.token
        if token.kind is not Kind.NUMBER:
            self.wrong()
        try:
            value = int(token.value, 0 if token.value[:2] in ("0x", "0X") else 10)
        except ValueError:
            self.wrong()
        if value >= 1 << 63:
            raise LexicalError(reason="numeric constant out of int64 range")
        self.next()
        return value

    def written_since(self, start: int) -> str:
        """The text from offset `start` up to the last token that was read, as written."""
        return self.text[start : self._tokens[self._place - 1].end]
