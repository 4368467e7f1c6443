"""CREATE and DROP of databases and tables, USE, COMMENT ON."""

from __future__ import annotations

from kwrest.errors import UnsupportedDatabaseOption
from kwrest.sql import tree
from kwrest.sql.grammar.columns import ColumnParser
from kwrest.sql.grammar.keywords import words
from kwrest.sql.lexer import Kind

TAGS = ("tags", "attributes")
TAG = ("tag", "attribute")
MAX_HASH = 50_000

LATER = {
    "create": words(
        """materialized sequence schema statistics type function procedure trigger stream schedule changefeed pipe audit
        aggregate"""
    ),
    "drop": words(
        """materialized sequence schema type function procedure trigger stream schedule schedules pipe audit"""
    ),
    "alter": words(
        """materialized sequence schema index type function procedure trigger stream schedule audit range partition"""
    ),
}
"""Second words of statements that KWDB has and kwrest only knows by name."""

DATABASE_OPTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "template": ("template", ("template0",)),
    "encoding": ("encoding", ("utf8", "utf-8", "unicode")),
    "lc_collate": ("collation", ("c.utf-8", "c", "posix")),
    "lc_ctype": ("character classification", ("c.utf-8", "c", "posix")),
}
"""Option of CREATE DATABASE → how KWDB calls it, and the values it takes."""

_SECOND_WORDS = frozenset(("view", "index"))


class DdlParser(ColumnParser):
    """Reads DDL; each method begins behind its first word."""

    __slots__ = ()

    def later(self, first: str) -> tree.OtherStatement:
        """A statement that kwrest only knows by name; the rest is not looked at."""
        words = [first, self.next().key]
        if self.key in _SECOND_WORDS:
            words.append(self.next().key)
        self.skip_rest()
        return tree.OtherStatement(" ".join(words).upper())

    def skip_rest(self) -> None:
        """To the end of the statement."""
        while self.key not in ("EOF", ";"):
            self.next()

    # -------- CREATE

    def create_table(self, temporary: bool) -> tree.CreateTable:
        """`[TEMPORARY] TABLE …`, both kinds."""
        at = self.next().at
        if_not_exists = self.if_not_exists()
        name = self.qualified_name()
        if self.key == "like":
            like = (self.constraint(),)
            return tree.CreateTable(name, (), constraints=like, if_not_exists=if_not_exists, temporary=temporary, at=at)
        if self.key == "as":
            self.next()
            return tree.CreateTable(
                name, (), if_not_exists=if_not_exists, temporary=temporary, query=self.query(), at=at
            )
        self.expect("(")
        if self.is_name() and self.peek() in (",", ")", "primary", "family"):
            return self._create_as(name, if_not_exists, temporary, at)
        columns: list[tree.ColumnDefinition] = []
        constraints: list[tree.TableConstraint] = []
        while self.key != ")" or columns or constraints:
            if self.at_constraint():
                constraints.append(self.constraint())
            else:
                columns.append(self.column_definition())
            if not self.accept(","):
                break
        self.expect(")")
        tags = primary_tags = retention = active_time = partition_interval = None
        dict_encoding = False
        comment: str | None = None
        if self.accept_any(*TAGS):
            tags = self._tag_definitions()
            if self.key == "primary":
                self.next()
                self.expect_any(*TAGS)
                primary_tags = self.names_in_parentheses()
            while True:
                if self.accept("retentions"):
                    retention = self.span()
                elif self.accept("activetime"):
                    active_time = self.span()
                elif self.accept_all("dict", "encoding"):
                    dict_encoding = True
                elif self.accept_all("partition", "interval"):
                    partition_interval = self.span()
                elif self.key == "comment":
                    comment = self.comment()
                elif not self._hash():
                    break
        else:
            comment = self._storage_of_table()
        return tree.CreateTable(
            name,
            tuple(columns),
            tags,
            primary_tags,
            tuple(constraints),
            if_not_exists,
            temporary,
            retention,
            active_time,
            partition_interval,
            dict_encoding,
            at=at,
            comment=comment,
        )

    def _create_as(
        self, name: tuple[tree.Ident, ...], if_not_exists: bool, temporary: bool, at: int
    ) -> tree.CreateTable:
        """`(a, b PRIMARY KEY) AS SELECT …`, behind the parenthesis."""
        columns = []
        constraints = []
        while True:
            if self.at_constraint():
                constraints.append(self.constraint())
            else:
                column = self.name()
                key = self.accept_all("primary", "key")
                family = ("family",) if self.accept("family") and self.name() else ()
                keys = (tree.TableConstraint("primary key", (column,)),) if key else ()
                columns.append(
                    tree.ColumnDefinition(column, tree.TypeName("", at=column.at), constraints=keys, other=family)
                )
            if not self.accept(","):
                break
        self.expect(")")
        self.expect("as")
        return tree.CreateTable(
            name,
            tuple(columns),
            constraints=tuple(constraints),
            if_not_exists=if_not_exists,
            temporary=temporary,
            query=self.query(),
            at=at,
        )

    def _tag_definitions(self) -> tuple[tree.ColumnDefinition, ...]:
        self.expect("(")
        found = [self.column_definition()]
        while self.accept(","):
            found.append(self.column_definition())
        self.expect(")")
        return tuple(found)

    def _hash(self) -> bool:
        """`WITH HASH(n)` of KWDB 3: checked and dropped."""
        if not self.accept_all("with", "hash", "("):
            return False
        count = self.integer()
        if self.key == ")" and not 0 < count <= MAX_HASH:
            self.wrong(f"The hash num {count} must be > 0 and <= {MAX_HASH}.")
        self.expect(")")
        return True

    def _storage_of_table(self) -> str | None:
        """How a relational table is stored and shared out is our own affair: read and dropped. Returns its comment."""
        comment: str | None = None
        while True:
            if self.key == "interleave":
                self.interleaved()
            elif self.key == "partition" and self.peek() == "by":
                self.partitioned()
            elif self.key == "with" and self.peek() == "(":
                self.next()
                self.skip_parentheses()
            elif self.accept_all("on", "commit"):
                self.expect_any("preserve", "delete", "drop")
                self.accept("rows")
            elif self.key == "comment":
                comment = self.comment()
            else:
                return comment

    def create_view(self) -> tree.CreateView:
        """`VIEW …`, behind that word."""
        if_not_exists = self.if_not_exists()
        name = self.qualified_name()
        columns = self.names_in_parentheses() if self.key == "(" else ()
        self.expect("as")
        start = self.token.at
        query = self.query()
        return tree.CreateView(name, columns, query, self.written_since(start), if_not_exists)

    def create_database(self, time_series: bool) -> tree.CreateDatabase:
        """`DATABASE …`, behind that word."""
        if_not_exists = self.if_not_exists()
        name = self.name()
        retention = partition_interval = None
        comment: str | None = None
        if not time_series:
            self.accept("with")
        while True:
            if time_series and self.accept("retentions"):
                retention = self.span()
            elif time_series and self.accept_all("partition", "interval"):
                partition_interval = self.span()
            elif self.key == "comment":
                comment = self.comment()
            elif not time_series and self.key in DATABASE_OPTIONS:
                self._database_option()
            else:
                break
        return tree.CreateDatabase(name, time_series, if_not_exists, retention, partition_interval, comment)

    def _database_option(self) -> None:
        """`TEMPLATE = template0`, `ENCODING 'UTF8'`: only the one value there is; refused even under IF NOT EXISTS, as KWDB does."""
        what, only = DATABASE_OPTIONS[self.next().key]
        self.accept("=")
        value = self.string() if self.token.kind is Kind.STRING else self.label().name
        if value.lower() not in only:
            raise UnsupportedDatabaseOption(what=what, value=value)

    def if_not_exists(self) -> bool:
        return self.accept_all("if", "not", "exists") if self.key == "if" and self.peek() == "not" else False

    def if_exists(self) -> bool:
        return self.accept_all("if", "exists") if self.key == "if" and self.peek() == "exists" else False

    # -------- DROP, USE

    def drop_database(self) -> tree.DropDatabase:
        """`DATABASE …`, behind that word."""
        if_exists = self.if_exists()
        name = self.name()
        return tree.DropDatabase(name, if_exists, self.behaviour())

    def drop_table(self) -> tree.DropTable:
        """`TABLE …`, behind that word."""
        if_exists = self.if_exists()
        names = [self.qualified_name()]
        while self.accept(","):
            names.append(self.qualified_name())
        return tree.DropTable(tuple(names), if_exists, self.behaviour())

    def drop_view(self) -> tree.DropView:
        """`VIEW …`, behind that word."""
        if_exists = self.if_exists()
        names = [self.qualified_name()]
        while self.accept(","):
            names.append(self.qualified_name())
        return tree.DropView(tuple(names), if_exists, self.behaviour())

    def behaviour(self) -> str:
        """CASCADE, RESTRICT or nothing."""
        return self.accept_any("cascade", "restrict").upper()

    def use(self) -> tree.Use:
        """USE."""
        if self.token.kind is Kind.STRING:
            token = self.next()
            return tree.Use(tree.Ident(token.value, True, token.at))
        return tree.Use(self.name())

    def comment_on(self) -> tree.Statement:
        """`COMMENT ON … IS …`, behind COMMENT."""
        self.expect("on")
        kind = self.expect_any("database", "table", "column", "index", "procedure", "instance")
        if kind not in ("database", "table", "column"):
            self.skip_rest()
            return tree.OtherStatement(f"COMMENT ON {kind.upper()}")
        if kind == "database":
            name: tuple[tree.Ident, ...] = (self.name(),)
        elif kind == "table":
            name = self.qualified_name()
        else:
            parts = [self.name()]
            while self.accept("."):
                parts.append(self.label())
            name = tuple(parts)
        self.expect("is")
        comment = None if self.accept("null") else self.string()
        return tree.CommentOn(kind.upper(), name, comment)
