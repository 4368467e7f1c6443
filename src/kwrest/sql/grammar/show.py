"""SHOW (facts 2.6)."""

from __future__ import annotations

from kwrest.sql import tree
from kwrest.sql.grammar.ddl import TAG
from kwrest.sql.grammar.keywords import words
from kwrest.sql.grammar.users import UserParser

_LATER = words(
    """jobs job ranges range zone trace syntax savepoint schedules backup functions procedures procedure function streams
    stream triggers trigger audits sequences kwdb_internal experimental_ranges experimental_replica
    experimental_fingerprints fingerprints histogram types views transactions node locks distribution vnode
    applications sort_histogram"""
)
"""What KWDB shows and kwrest only knows by name."""

_FROM_TABLE = {
    "columns": "COLUMNS",
    "tags": "TAGS",
    "attributes": "TAGS",
    "index": "INDEXES",
    "indexes": "INDEXES",
    "keys": "INDEXES",
    "constraint": "CONSTRAINTS",
    "constraints": "CONSTRAINTS",
}
"""`SHOW x FROM t`: first word → what."""

_LISTS = {"users": "USERS", "roles": "ROLES"}
_RUNNING = ("sessions", "queries")


class ShowParser(UserParser):
    """Reads SHOW; `show` begins behind that word."""

    __slots__ = ()

    def bracketed_show(self) -> tree.Statement:
        """What stands in `FROM [ … ]`."""
        if self.key != "show":
            self.unsupported("a statement in FROM that is no SHOW")
        self.next()
        return self.show()

    def show(self) -> tree.Statement:
        """SHOW of anything."""
        key = self.key
        at = self.token.at
        after = self.peek()
        if key in _FROM_TABLE:
            return self._from_table(_FROM_TABLE[key], at)
        if key in TAG:
            self.next()
            if self.key != "values":
                self.wrong()
            return self._from_table("TAG VALUES", at)
        if key in _LISTS:
            self.next()
            return tree.Show(_LISTS[key], at=at)
        if key == "databases" or key == "tables":
            return self._databases_or_tables(key.upper(), at)
        if key == "schemas":
            self.next()
            return tree.Show("SCHEMAS", (self.name(),) if self.accept("from") else (), at=at)
        if key == "create":
            return self._creation(at)
        if key == "retentions":
            self.next()
            self.expect("on")
            self.expect("table")
            return tree.Show("RETENTIONS", self.qualified_name(), at=at)
        if key == "grants":
            return self._grants(at)
        if key == "statistics":
            return self._statistics(at)
        if key in ("ts", "partitions"):
            return self._partitions(at)
        return self._settings(key, after, at)

    def _settings(self, key: str, after: str, at: int) -> tree.Statement:
        """Settings, sessions, queries, variables."""
        if key in ("all", "public") and after == "cluster" and self.peek(2) == "settings":
            self.next()
            self.next()
            self.next()
            return tree.Show("CLUSTER SETTINGS", rest=(key.upper(),), at=at)
        if key == "cluster" and after == "setting":
            self.next()
            self.next()
            if self.accept("all"):
                return tree.Show("CLUSTER SETTINGS", rest=("ALL",), at=at)
            return tree.Show("CLUSTER SETTING", self._dotted(), at=at)
        if key == "cluster" and after == "settings":
            self.next()
            self.next()
            return tree.Show("CLUSTER SETTINGS", at=at)
        words = []
        if key == "all" and after in ("cluster", "local", *_RUNNING):
            words.append(self.next().key.upper())
        if self.key in ("cluster", "local") and self.peek() in _RUNNING:
            words.append(self.next().key.upper())
        if self.key in _RUNNING:
            return tree.Show(self.next().key.upper(), rest=tuple(words), at=at)
        if key == "all":
            self.next()
            return tree.Show("ALL", at=at)
        if key in _LATER and after != ".":
            words = ["SHOW", self.next().key.upper()]
            self.skip_rest()
            return tree.OtherStatement(" ".join(words))
        return self._variable(key, after, at)

    def _variable(self, key: str, after: str, at: int) -> tree.Statement:
        if key == "time" and after == "zone":
            self.next()
            self.next()
            return tree.Show("VARIABLE", (tree.Ident("timezone", False, at),), at=at)
        if key == "transaction" and after in ("isolation", "priority", "status"):
            self.next()
            word = self.next().key
            if word == "isolation":
                self.expect("level")
                word = "isolation_level"
            return tree.Show("VARIABLE", (tree.Ident(f"transaction_{word}", False, at),), at=at)
        if key == "session" and self.is_name(1):
            self.next()
        if key == "session_user":
            return tree.Show("VARIABLE", (self.label(),), at=at)
        return tree.Show("VARIABLE", self._dotted(), at=at)

    def _dotted(self) -> tuple[tree.Ident, ...]:
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.label())
        return tuple(parts)

    # -------- of databases and tables

    def _from_table(self, what: str, at: int) -> tree.Show:
        self.next()
        self.expect("from")
        rest: tuple[str, ...] = ()
        if what == "INDEXES" and self.key == "database" and self.is_name(1):
            self.next()
            rest = ("DATABASE",)
        name = self.qualified_name()
        comment = what in ("COLUMNS", "INDEXES") and self._with_comment()
        return tree.Show(what, name, comment, rest, at)

    def _databases_or_tables(self, what: str, at: int) -> tree.Show:
        self.next()
        name: tuple[tree.Ident, ...] = ()
        if what == "TABLES" and self.accept("from"):
            name = self.qualified_name()
        return tree.Show(what, name, self._with_comment(), at=at)

    def _with_comment(self) -> bool:
        return self.accept_all("with", "comment")

    def _creation(self, at: int) -> tree.Statement:
        self.next()
        if self.key == "database" and self.is_name(1):
            self.next()
            return tree.Show("CREATE DATABASE", (self.name(),), at=at)
        if self.key in ("procedure", "trigger", "function", "stream", "schedule") and self.is_name(1):
            words = f"SHOW CREATE {self.key.upper()}"
            self.skip_rest()
            return tree.OtherStatement(words)
        if self.key == "table" or (self.key in ("view", "sequence", "materialized") and self.is_name(1)):
            self.next()
        return tree.Show("CREATE TABLE", self.qualified_name(), at=at)

    def _grants(self, at: int) -> tree.Show:
        """`GRANTS [ON …] [FOR …]`."""
        self.next()
        kind = ""
        targets: list[tuple[tree.Ident, ...]] = []
        users: tuple[tree.Ident, ...] = ()
        if self.accept("on"):
            kind = "TABLE"
            if self.key in ("database", "table", "schema", "role") and (
                self.is_name(1) or self.peek() in ("for", "EOF", "*")
            ):
                kind = self.next().key.upper()
            if kind == "ROLE":
                targets = [(name,) for name in self.user_names()] if self.key not in ("for", "EOF", ";", "]") else []
            else:
                targets = [self.object_pattern()]
                while self.accept(","):
                    targets.append(self.object_pattern())
        if self.accept("for"):
            users = self.user_names()
        rest = (kind,) if kind else ()
        return tree.Show("GRANTS", targets[0] if targets else (), rest=rest, at=at, targets=tuple(targets), users=users)

    def _statistics(self, at: int) -> tree.Show:
        self.next()
        if self.accept("using"):
            self.label()
        self.expect("for")
        self.expect("table")
        return tree.Show("STATISTICS", self.qualified_name(), at=at)

    def _partitions(self, at: int) -> tree.Show:
        words = ("TS",) if self.accept("ts") else ()
        self.expect("partitions")
        if not self.accept("from"):
            return tree.Show("PARTITIONS", rest=words, at=at)
        kind = self.expect_any("table", "database", "index")
        return tree.Show("PARTITIONS", self.qualified_name(), rest=(*words, kind.upper()), at=at)
