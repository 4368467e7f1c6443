"""What stands in the parentheses of CREATE TABLE: columns, tags, constraints, indexes; and lengths of time."""

from __future__ import annotations

from dataclasses import dataclass, field

from kwrest.sql import tree
from kwrest.sql.grammar.keywords import words
from kwrest.sql.grammar.powers import IS
from kwrest.sql.grammar.writes import WriteParser
from kwrest.sql.lexer import UNITS, Kind

_CONSTRAINTS = words("constraint primary unique check foreign index inverted family like")


@dataclass(slots=True)
class _Said:
    """What has been read of one column so far."""

    nullable: bool | None = None
    default: tree.Expr | None = None
    default_text: str = ""
    computed: tree.Expr | None = None
    constraints: list[tree.TableConstraint] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    comment: str | None = None


class ColumnParser(WriteParser):
    """Reads column definitions and table constraints."""

    __slots__ = ()

    def span(self) -> tree.Span:
        """`20d`, `10 day`, `20`."""
        token = self.token
        if token.kind is Kind.DURATION:
            self.next()
            number, unit = token.value.split(" ")
            return tree.Span(int(number), unit, token.at)
        number_ = self.integer()
        unit = self.next().key if self.key in UNITS else ""
        return tree.Span(number_, unit, token.at)

    # -------- columns

    def column_definition(self) -> tree.ColumnDefinition:
        """A column or a tag with all that is said of it."""
        name = self.name()
        type_ = self.type_name()
        said = _Said()
        if self.accept("collate"):
            self.label()
            said.other.append("collated column")
        while self._qualified(name, said):
            pass
        return tree.ColumnDefinition(
            name,
            type_,
            said.nullable,
            said.default,
            said.default_text,
            tuple(said.constraints),
            tuple(said.other),
            said.computed,
            said.comment,
        )

    def _qualified(self, column: tree.Ident, said: _Said) -> bool:
        """Read one thing that is said of a column; False when nothing more is."""
        name = self.name() if self.accept("constraint") else None
        key = self.key
        if key == "not":
            self.next()
            self.expect("null")
            said.nullable = False
        elif key == "null":
            self.next()
            said.nullable = True
        elif key == "default":
            self.next()
            start = self.token.at
            # Without AND, OR, NOT, IS: `DEFAULT 1 NOT NULL` ends before NOT.
            said.default = self.expression(IS)
            said.default_text = self.written_since(start)
        elif key == "primary" and self.peek() == "key":
            self.next()
            self.next()
            self._hashed()
            said.constraints.append(tree.TableConstraint("primary key", (column,), name))
            said.other.append("primary key")
        elif key == "unique":
            self.next()
            said.constraints.append(tree.TableConstraint("unique", (column,), name))
            said.other.append("unique constraint")
        elif key == "check":
            start = self.next().at
            check = self._expression_in_parentheses()
            said.constraints.append(
                tree.TableConstraint("check", name=name, check=check, text=self.written_since(start))
            )
            said.other.append("check constraint")
        elif key == "references":
            said.constraints.append(tree.TableConstraint("foreign key", (column,), name, references=self._references()))
            said.other.append("referenced constraint")
        elif key == "as" or key == "generated":
            if self.next().key == "generated":
                self.accept_all("always", "as")
            said.computed = self._expression_in_parentheses()
            self.expect_any("stored", "virtual")
            said.other.append("computed column")
        elif key == "family" or (key == "create" and self.peek() in ("family", "if")):
            self._family_of_column()
            said.other.append("family")
        elif key == "comment":
            said.comment = self.comment()
        elif key in ("encode", "compress", "level"):
            # KWDB 3's hints on storage: read and dropped.
            self.next()
            self.label()
        else:
            return False
        return True

    def comment(self) -> str:
        """`COMMENT = '…'`."""
        self.expect("comment")
        self.accept("=")
        return self.string()

    def _family_of_column(self) -> None:
        created = self.accept("create")
        if created and self.accept("if"):
            self.expect("not")
            self.expect("exists")
        self.expect("family")
        if not created or self.is_name():
            self.name()

    def _expression_in_parentheses(self) -> tree.Expr:
        self.expect("(")
        found = self.expression()
        self.expect(")")
        return found

    def _references(self) -> tree.Reference:
        self.expect("references")
        table = self.qualified_name()
        columns = self.names_in_parentheses() if self.key == "(" else ()
        if self.accept("match"):
            self.expect_any("full", "simple", "partial")
        actions = {"delete": "", "update": ""}
        while self.accept("on"):
            event = self.expect_any("delete", "update")
            if self.accept("no"):
                self.expect("action")
                actions[event] = "NO ACTION"
            elif self.accept("set"):
                actions[event] = "SET " + self.expect_any("null", "default").upper()
            else:
                actions[event] = self.expect_any("cascade", "restrict").upper()
        return tree.Reference(table, columns, actions["delete"], actions["update"])

    # -------- constraints and indexes

    def at_constraint(self) -> bool:
        """Whether a constraint begins here, not a column: `family`, `like`, `index` … may not name one unquoted."""
        return self.key in _CONSTRAINTS and self.token.kind is Kind.WORD

    def constraint(self) -> tree.TableConstraint:
        """A constraint, an index, a family, or LIKE."""
        start = self.token.at
        name = self.name() if self.accept("constraint") else None
        key = self.next().key
        if key == "primary":
            self.expect("key")
            return self.index_columns("primary key", name)
        if key == "unique" and self.key != "index":
            return self.index_columns("unique", name)
        if key in ("unique", "index", "inverted"):
            if key != "index":
                self.expect("index")
            name = name if self.key == "(" else self.name()
            return self.index_columns("inverted index" if key == "inverted" else key, name, index=True)
        columns: tuple[tree.Ident, ...] = ()
        check: tree.Expr | None = None
        references: tree.Reference | None = None
        kind = key
        if key == "check":
            check = self._expression_in_parentheses()
        elif key == "foreign":
            self.expect("key")
            kind = "foreign key"
            columns = self.names_in_parentheses()
            references = self._references()
        elif key == "family":
            name = name if self.key == "(" else self.name()
            columns = self.names_in_parentheses()
        elif key == "like":
            columns = self.qualified_name()
            while self.accept_any("including", "excluding"):
                self.label()
        else:
            self.wrong()
        return tree.TableConstraint(kind, columns, name, check, self.written_since(start), references)

    def index_columns(self, kind: str, name: tree.Ident | None, index: bool = False) -> tree.TableConstraint:
        """`(a, b DESC) STORING (c)`: what an index holds. How it is stored is our own affair: read and dropped."""
        self.expect("(")
        columns = []
        descending = []
        while True:
            columns.append(self.name())
            if self.accept("collate"):
                self.label()
            if self.accept_any("asc", "desc") == "desc":
                descending.append(columns[-1])
            if self.accept("nulls"):
                self.expect_any("first", "last")
            if not self.accept(","):
                break
        self.expect(")")
        storing = self._index_options()
        return tree.TableConstraint(
            kind, tuple(columns), name, index=index, descending=tuple(descending), storing=storing
        )

    def _hashed(self) -> None:
        if self.accept_all("using", "hash"):
            self.expect("with")
            self.expect("bucket_count")
            self.expect("=")
            self.expression()

    def _index_options(self) -> tuple[tree.Ident, ...]:
        """The columns of STORING; the rest is dropped."""
        self._hashed()
        storing = self.names_in_parentheses() if self.accept_any("storing", "covering", "include") else ()
        self.interleaved()
        if self.key == "partition" and self.peek() == "by":
            self.partitioned()
        if self.accept("where"):
            self.unsupported("a partial index")
        return storing

    def interleaved(self) -> None:
        """`INTERLEAVE IN PARENT t (a)`: dropped."""
        if self.accept_all("interleave", "in", "parent"):
            self.qualified_name()
            self.names_in_parentheses()
            self.accept_any("cascade", "restrict")

    def partitioned(self) -> None:
        """`PARTITION BY …`: dropped."""
        self.next()
        self.expect("by")
        if self.accept("nothing"):
            return
        self.expect_any("list", "range", "hash", "hashpoint")
        while self.key == "(":
            self.skip_parentheses()

    def skip_parentheses(self) -> None:
        """Step over `( … )` with everything in it."""
        self.expect("(")
        depth = 1
        while depth:
            if self.key == "EOF":
                self.wrong()
            depth += {"(": 1, ")": -1}.get(self.next().key, 0)
