"""ALTER DATABASE, ALTER TABLE (facts 2.5)."""

from __future__ import annotations

from kwrest.sql import tree
from kwrest.sql.grammar.ddl import TAG, DdlParser
from kwrest.sql.grammar.keywords import words

_LATER = words(
    """partition split unsplit scatter configure experimental_audit experimental_relocate inject owner
    disable enable convert"""
)
"""Actions that KWDB has and kwrest only knows by name."""

_CONSTRAINTS = words("constraint unique primary check foreign index inverted family")


class AlterParser(DdlParser):
    """Reads ALTER."""

    __slots__ = ()

    def alter_database(self, time_series: bool) -> tree.Statement:
        """`DATABASE …`, behind that word."""
        name = self.name()
        if self.accept_all("rename", "to"):
            return tree.AlterDatabase(name, rename_to=self.name(), time_series=time_series)
        if self.key == "set" and self.peek() == "retentions":
            self.next()
            self.next()
            self.expect("=")
            return tree.AlterDatabase(name, retention=self.span(), time_series=time_series)
        if self.key == "set" and self.peek() == "partition":
            self.next()
            self.next()
            self.expect("interval")
            self.expect("=")
            return tree.AlterDatabase(name, partition_interval=self.span(), time_series=time_series)
        if self.key not in ("configure", "owner", "set", "add", "drop", "convert"):
            self.wrong()
        self.skip_rest()
        return tree.OtherStatement("ALTER DATABASE")

    def alter_table(self, view: bool = False) -> tree.AlterTable:
        """`TABLE …` or `VIEW …`, behind that word. A view can only be renamed."""
        if_exists = self.if_exists()
        name = self.qualified_name()
        if view:
            self.expect("rename")
            self.expect("to")
            return tree.AlterTable(name, (tree.RenameTable(self.qualified_name()),), if_exists, view)
        if self.accept("@"):
            self.label()
            self.skip_rest()
            return tree.AlterTable(name, (tree.OtherAction("INDEX"),), if_exists)
        actions = [self._action()]
        while self.accept(","):
            actions.append(self._action())
        return tree.AlterTable(name, tuple(actions), if_exists)

    def _action(self) -> tree.AlterAction:
        key = self.key
        if key == "add":
            return self._add()
        if key == "drop":
            return self._drop()
        if key == "alter":
            return self._alter()
        if key == "rename":
            return self._rename()
        if key == "set":
            return self._set()
        if key == "validate":
            self.next()
            self.expect("constraint")
            return tree.ValidateConstraint(self.name())
        if key not in _LATER:
            self.wrong()
        return self._other()

    def _other(self, *words: str) -> tree.OtherAction:
        """An action kwrest only knows by name; the rest of the statement is not looked at."""
        text = " ".join((*words, self.next().key)).upper()
        self.skip_rest()
        return tree.OtherAction(text)

    def _is_tag_word(self) -> bool:
        """TAG or ATTRIBUTE, and not as a name: something that may be a name follows."""
        return self.key in TAG and self.is_name(1)

    def _add(self) -> tree.AlterAction:
        self.next()
        if self._is_tag_word():
            self.next()
            if_not_exists = self.if_not_exists()
            return tree.AddColumn(self.column_definition(), True, if_not_exists)
        if self.key in _CONSTRAINTS:
            constraint = self.constraint()
            self.accept_all("not", "valid")  # it is looked at all the same
            if constraint.kind in ("family", "index", "inverted index"):
                return tree.OtherAction(f"ADD {constraint.kind}".upper())
            return tree.AddConstraint(constraint)
        self.accept("column")
        if_not_exists = self.if_not_exists()
        return tree.AddColumn(self.column_definition(), False, if_not_exists)

    def _drop(self) -> tree.AlterAction:
        self.next()
        if self.key == "constraint" and self.peek() not in ("", ",", ";", "EOF", "cascade", "restrict"):
            self.next()
            if_exists = self.if_exists()
            return tree.DropConstraint(self.name(), if_exists, self.behaviour())
        tag = self._is_tag_word()
        if tag:
            self.next()
        else:
            self.accept("column")
        if_exists = self.if_exists()
        return tree.DropColumn(self.name(), tag, if_exists, self.behaviour())

    def _rename(self) -> tree.AlterAction:
        self.next()
        if self.accept("to"):
            return tree.RenameTable(self.qualified_name())
        if self.key == "constraint" and self.peek() != "to":
            self.next()
            constraint = self.name()
            self.expect("to")
            return tree.RenameConstraint(constraint, self.name())
        tag = self._is_tag_word()
        if tag:
            self.next()
        else:
            self.accept("column")
        name = self.name()
        self.expect("to")
        return tree.RenameColumn(name, self.name(), tag)

    def _alter(self) -> tree.AlterAction:
        self.next()
        if self.key == "primary":
            self.next()
            self.expect("key")
            self.expect("using")
            self.expect("columns")
            return tree.AlterPrimaryKey(self.index_columns("primary key", None))
        tag = self.key in TAG and self.is_name(1) and self.peek(1) not in ("type", "set")
        if tag:
            self.next()
        else:
            self.accept("column")
        name = self.name()
        if self.accept("type") or self.accept_run("set", "data", "type"):
            type_ = self.type_name()
            if self.accept("collate"):
                self.label()
            if self.key == "using":
                self.unsupported("ALTER COLUMN TYPE … USING")
            return tree.AlterColumnType(name, type_, tag)
        if self.accept("set"):
            if self.accept("default"):
                start = self.token.at
                default = self.expression()
                return tree.AlterColumnDefault(name, default, self.written_since(start))
            self.expect("not")
            self.expect("null")
            return tree.AlterColumnNull(name, False)
        self.expect("drop")
        if self.accept("default"):
            return tree.AlterColumnDefault(name, None)
        if self.key == "stored":
            return self._other("drop")
        self.expect("not")
        self.expect("null")
        return tree.AlterColumnNull(name, True)

    def _set(self) -> tree.AlterAction:
        self.next()
        option = self.expect_any("retentions", "activetime", "partition")
        if option == "partition":
            self.expect("interval")
            option = "partition interval"
        self.expect("=")
        return tree.SetTableOption(option, self.span())
