"""INSERT, UPSERT, UPDATE, DELETE, TRUNCATE."""

from __future__ import annotations

from dataclasses import replace

from kwrest.errors import MultipleWith, UnimplementedSyntax
from kwrest.sql import tree
from kwrest.sql.grammar.keywords import CONTINUES_QUERY
from kwrest.sql.grammar.queries import QueryParser


class WriteParser(QueryParser):
    """Reads statements that write rows; each method begins behind its first word."""

    __slots__ = ()

    def with_statement(self) -> tree.Statement:
        """What begins with WITH: a query, INSERT, whose query then gets the tables, UPDATE or DELETE."""
        place = self.place()
        recursive, tables = self.with_clause()
        verb = self.key
        if verb not in ("insert", "upsert", "update", "delete"):
            self.back_to(place)
            return self.query()
        self.next()
        if verb == "update":
            return replace(self.update(), with_=tables, recursive=recursive)
        if verb == "delete":
            return replace(self.delete(), with_=tables, recursive=recursive)
        insert = self.insert(verb == "upsert")
        if insert.source is None:
            return insert
        if insert.source.with_:
            raise MultipleWith
        return replace(insert, source=replace(insert.source, with_=tables, recursive=recursive))

    def insert(self, upsert: bool = False) -> tree.Insert:
        """INSERT or UPSERT."""
        self.expect("into")
        at = self.token.at
        name = self.qualified_name()
        alias = self.name() if self.accept("as") else None
        table = tree.TableRef(name, alias, at=at)
        columns: tuple[tree.Ident, ...] = ()
        if self.key == "(" and not self.at_query(1) and self.peek() != "(":
            columns = self.names_in_parentheses()
        source = self._insert_source()
        on_conflict = self._on_conflict() if not upsert and self.key == "on" else None
        return tree.Insert(table, columns, source, upsert, on_conflict, self._returning())

    def _insert_source(self) -> tree.Query | None:
        if self.key == "values":
            at = self.token.at
            query = tree.Query(self.values(quoted_values=True), at=at)
            return self.query(query) if self.key in CONTINUES_QUERY else query
        if self.accept("default"):
            self.expect("values")
            return None
        if not self.at_query() and self.key != "(":
            self.wrong()
        return self.query()

    def _on_conflict(self) -> tree.OnConflict:
        self.next()
        self.expect("conflict")
        columns = self.names_in_parentheses() if self.key == "(" else ()
        if self.key == "where":
            self.unsupported("ON CONFLICT … WHERE")
        self.expect("do")
        if self.accept("nothing"):
            return tree.OnConflict(columns)
        self.expect("update")
        self.expect("set")
        assignments = self._assignments()
        return tree.OnConflict(columns, assignments, self.expression() if self.accept("where") else None)

    def update(self) -> tree.Update:
        """UPDATE."""
        table = self.table_reference(alias=True)
        self.expect("set")
        assignments = self._assignments()
        sources = self.sources() if self.accept("from") else ()
        where = self.expression() if self.accept("where") else None
        order_by = self.order_items() if self.key == "order" else ()
        return tree.Update(table, assignments, sources, where, order_by, self.limit(), self._returning())

    def _assignments(self) -> tuple[tree.Assignment, ...]:
        found = [self._assignment()]
        while self.accept(","):
            found.append(self._assignment())
        return tuple(found)

    def _assignment(self) -> tree.Assignment:
        if self.key == "(":
            columns = self.names_in_parentheses()
            self.expect("=")
            return tree.Assignment(columns, self._tuple_value())
        column = self.name()
        self.expect("=")
        return tree.Assignment((column,), self._value())

    def _value(self) -> tree.Expr:
        if self.key == "default":
            return tree.Default(self.next().at)
        return self.expression()

    def _tuple_value(self) -> tree.Expr:
        """`(x, DEFAULT)`, `(SELECT …)`, `ROW(…)`."""
        at = self.token.at
        if self.key != "(" or self.at_query(1) or self.peek() == "(":
            return self.expression()
        self.next()
        items = [self._value()]
        while self.accept(","):
            items.append(self._value())
        self.expect(")")
        return tree.Tuple(tuple(items), at)

    def delete(self) -> tree.Delete:
        """DELETE."""
        self.expect("from")
        table = self.table_reference(alias=True)
        using = self.accept("using")
        if using:
            self.sources()
        where = self.expression() if self.accept("where") else None
        order_by = self.order_items() if self.key == "order" else ()
        limit = self.limit()
        returning = self._returning()
        if using:
            raise UnimplementedSyntax(token=self.token.value)
        return tree.Delete(table, where, order_by, limit, returning)

    def _returning(self) -> tuple[tree.SelectItem, ...]:
        if not self.accept("returning") or self.accept("nothing"):
            return ()
        return self.select_items()

    def truncate(self) -> tree.Truncate:
        """TRUNCATE."""
        self.accept("table")
        tables = [self.table_reference(alias=False)]
        while self.accept(","):
            tables.append(self.table_reference(alias=False))
        return tree.Truncate(tuple(tables), self.accept_any("cascade", "restrict") == "cascade")
