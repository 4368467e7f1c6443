"""CREATE INDEX and DROP INDEX."""

from __future__ import annotations

from kwrest.sql import tree
from kwrest.sql.grammar.ddl import DdlParser


class IndexParser(DdlParser):
    """Reads indexes; each method begins behind its first word."""

    __slots__ = ()

    def create_index(self) -> tree.CreateIndex:
        """`[UNIQUE | INVERTED] INDEX [name] ON t (…)`."""
        kind = {"unique": "unique", "inverted": "inverted index"}.get(self.accept_any("unique", "inverted"), "index")
        self.expect("index")
        self.accept("concurrently")
        if_not_exists = self.if_not_exists()
        name = None if self.key == "on" else self.name()
        self.expect("on")
        table = self.qualified_name()
        if self.accept("using"):
            kind = "inverted index" if self.label().name in ("gin", "inverted") else kind
        return tree.CreateIndex(table, self.index_columns(kind, name, index=True), if_not_exists)

    def drop_index(self) -> tree.DropIndex:
        """`INDEX …`, behind that word: `t@i` or `i`."""
        self.accept("concurrently")
        if_exists = self.if_exists()
        indexes = [self._index_name()]
        while self.accept(","):
            indexes.append(self._index_name())
        return tree.DropIndex(tuple(indexes), if_exists, self.behaviour())

    def _index_name(self) -> tuple[tuple[tree.Ident, ...], tree.Ident]:
        name = self.qualified_name()
        if self.accept("@"):
            return name, self.label()
        return (), name[-1]
