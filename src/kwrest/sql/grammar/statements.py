"""Whole statements: the first words decide which layer reads the rest."""

from __future__ import annotations

from kwrest.errors import NestedTooDeeply
from kwrest.sql import tree
from kwrest.sql.grammar.ddl import LATER
from kwrest.sql.grammar.indexes import IndexParser
from kwrest.sql.grammar.keywords import words
from kwrest.sql.grammar.show import ShowParser
from kwrest.sql.lexer import Kind

KNOWN_BY_NAME = words(
    """begin start commit end rollback abort savepoint release prepare execute deallocate discard copy import export backup
    restore call declare pause resume cancel analyze analyse refresh compact vacuum rebalance scrub reindex kill split"""
)
"""First words of statements that KWDB has and kwrest only knows by name."""


class StatementParser(ShowParser, IndexParser):
    """Reads one statement."""

    __slots__ = ()

    def statement(self) -> tree.Statement:
        """Any statement, up to but without its semicolon."""
        key = self.key
        if key in ("select", "(", "with", "values", "table"):
            if key == "(" and not self.at_query(1) and self.peek() != "(":
                self.next()
                self.wrong()
            return self.with_statement() if key == "with" else self.query()
        if self.token.kind is not Kind.WORD:
            self.wrong()
        if key in KNOWN_BY_NAME:
            self.next()
            self.skip_rest()
            return tree.OtherStatement(key.upper())
        if key == "create":
            return self._create_something()
        if key == "drop":
            return self._drop_something()
        if key == "alter":
            return self._alter_something()
        return self._verb(key)

    def _verb(self, key: str) -> tree.Statement:
        """Statements that one word decides."""
        if key not in _VERBS:
            self.wrong()
        self.next()
        if key == "insert" or key == "upsert":
            return self.insert(key == "upsert")
        if key == "show":
            return self.show()
        if key == "update":
            return self.update()
        if key == "delete":
            return self.delete()
        if key == "describe":
            return tree.Show("COLUMNS", self.qualified_name())
        if key == "explain":
            return self._explain()
        if key == "grant" or key == "revoke":
            return self.grant(key == "revoke")
        if key == "set":
            return self.set_()
        if key == "reset":
            return self.reset()
        if key == "use":
            return self.use()
        if key == "truncate":
            return self.truncate()
        return self.comment_on()

    def _explain(self) -> tree.Statement:
        analyze = bool(self.accept_any("analyze", "analyse"))
        if self.key == "(" and not self.at_query(1) and self.peek() != "(":
            self.skip_parentheses()
        if self.key == "explain":
            self.wrong()
        return tree.Explain(self.statement(), analyze)

    # -------- CREATE, DROP, ALTER

    def _create_something(self) -> tree.Statement:
        self.next()
        key = self.key
        if key in ("temp", "temporary", "unlogged", "local", "global"):
            temporary = self.next().key != "unlogged"
            if temporary:
                self.accept_any("temp", "temporary")
            if self.key == "table":
                return self.create_table(temporary)
            if self.key not in ("view", "sequence"):
                self.wrong()
            return self.later("create")
        if key == "or" and self.peek() == "replace":
            self.next()
            self.next()
            if self.key not in LATER["create"] and self.key != "view":
                self.wrong()
            return self.later("create")
        if key == "view":
            self.next()
            return self.create_view()
        if key == "sparse" and self.peek() == "table":
            # A way of storing of KWDB 3's; ours is the same for all.
            self.next()
            return self.create_table(temporary=False)
        if key == "table":
            return self.create_table(temporary=False)
        if key == "database" or (key == "ts" and self.peek() == "database"):
            self._database_word()
            return self.create_database(key == "ts")
        if key == "user" or key == "role":
            self.next()
            return self.create_user(key == "role")
        if key in ("index", "unique", "inverted"):
            return self.create_index()
        return self._later_or_wrong("create")

    def _drop_something(self) -> tree.Statement:
        self.next()
        key = self.key
        if key == "table":
            self.next()
            return self.drop_table()
        if key == "view":
            self.next()
            return self.drop_view()
        if key == "database":
            self.next()
            return self.drop_database()
        if key == "user" or key == "role":
            self.next()
            return self.drop_user(key == "role")
        if key == "index":
            self.next()
            return self.drop_index()
        return self._later_or_wrong("drop")

    def _alter_something(self) -> tree.Statement:
        self.next()
        key = self.key
        if key == "table" or key == "view":
            self.next()
            return self.alter_table(view=key == "view")
        if key == "database" or (key == "ts" and self.peek() == "database"):
            self._database_word()
            return self.alter_database(key == "ts")
        if key == "user" or key == "role":
            self.next()
            return self.alter_user(key == "role")
        return self._later_or_wrong("alter")

    def _database_word(self) -> None:
        self.accept("ts")
        self.expect("database")

    def _later_or_wrong(self, verb: str) -> tree.Statement:
        if self.key not in LATER[verb]:
            if self.key == "ts":
                self.next()
            self.wrong()
        return self.later(verb)


_VERBS = words("insert upsert show update delete explain grant revoke set reset use truncate comment describe")


def parse(text: str) -> tree.Statement:
    """The one statement in `text`; a semicolon may follow it.

    Raises SyntaxError_ at the first token that KWDB's grammar does not expect, LexicalError, UnterminatedText, NulInText,
    NestedTooDeeply, and Unsupported for what KWDB's grammar has and kwrest's tree has no word for.
    """
    parser = StatementParser(text)
    try:
        statement = parser.statement()
    except RecursionError:
        # MAX_DEPTH comes first, unless the caller stands deep in the stack already.
        raise NestedTooDeeply from None
    while parser.accept(";"):
        pass
    if parser.token.kind is not Kind.END:
        parser.wrong()
    return statement
