"""What stands in FROM: tables, queries, functions, `[SHOW …]`, joins."""

from __future__ import annotations

from abc import abstractmethod

from kwrest.errors import NestedTooDeeply
from kwrest.sql import tree
from kwrest.sql.grammar.expressions import MAX_CHAIN, ExpressionParser
from kwrest.sql.grammar.keywords import CONTINUES_QUERY, words
from kwrest.sql.lexer import Kind

_JOINS = words("join cross inner left right full natural")
_HINTS = words("hash merge lookup")


class SourceParser(ExpressionParser):
    """Reads FROM items."""

    __slots__ = ()

    @abstractmethod
    def bracketed_show(self) -> tree.Statement: ...

    def sources(self) -> tuple[tree.FromItem, ...]:
        """`a, b JOIN c ON …, (SELECT …) d`."""
        found = [self.source()]
        while self.accept(","):
            found.append(self.source())
        return tuple(found)

    def source(self) -> tree.FromItem:
        """One comma-separated item: a table or something in its place, with the joins that follow."""
        left = self._simple_source()
        joins = 0
        while self.key in _JOINS:
            joins += 1
            if joins > MAX_CHAIN:
                raise NestedTooDeeply
            left = self._join(left)
        return left

    def _join(self, left: tree.FromItem) -> tree.FromItem:
        at = self.token.at
        natural = self.accept("natural")
        if not natural and self.accept("cross"):
            self._hint()
            self.expect("join")
            return tree.Join("CROSS", left, self._simple_source(), at=at)
        kind = "INNER"
        outer = self.accept_any("left", "right", "full", "inner")
        if outer:
            kind = outer.upper()
            if outer != "inner":
                self.accept("outer")
            self._hint()
        self.expect("join")
        right = self._simple_source()
        if natural:
            return tree.Join(kind, left, right, natural=True, at=at)
        if self.key in _JOINS:
            # `a JOIN b JOIN c ON … ON …`: the inner join comes first.
            while self.key in _JOINS:
                right = self._join(right)
        if self.accept("using"):
            return tree.Join(kind, left, right, using=self.names_in_parentheses(), at=at)
        self.expect("on")
        return tree.Join(kind, left, right, on=self.expression(), at=at)

    def _hint(self) -> None:
        if self.key in _HINTS and self.peek() == "join":
            self.next()

    # -------- one source

    def _simple_source(self) -> tree.FromItem:
        at = self.token.at
        lateral = self.accept("lateral")
        if self.key == "(":
            return self._in_parentheses(lateral, at)
        if self.key == "[":
            self.next()
            show = self.bracketed_show()
            self.expect("]")
            if self._ordinality():
                return tree.WithOrdinality(tree.FromShow(show, at=at), *self.alias_and_columns(), at=at)
            return tree.FromShow(show, *self.alias_and_columns(), at=at)
        if self.key == "rows" and self.peek() == "from":
            self.unsupported("ROWS FROM")
        if self.key in ("current_date", "current_user", "current_schema", "current_timestamp", "coalesce", "cast") or (
            self.token.kind is Kind.WORD and self._is_call()
        ):
            return self._function(at)
        table = self.table_reference(alias=True)
        if table.alias is None and self._ordinality():
            return tree.WithOrdinality(table, *self.alias_and_columns(), at=at)
        return table

    def _is_call(self) -> bool:
        """Whether the name here, qualified or not, is followed by a parenthesis."""
        steps = 1
        while self.peek(steps) == ".":
            steps += 2
        return self.peek(steps) == "("

    def _function(self, at: int) -> tree.FromItem:
        call = self.operand()
        ordinality = self._ordinality()
        if not isinstance(call, tree.Call):
            self.unsupported("an expression in FROM that is no function")
        return tree.FromFunction(call, *self.alias_and_columns(), ordinality, at)

    def table_reference(self, alias: bool) -> tree.TableRef:
        """`db.public.t@index AS x (a, b)`; the index hint is dropped, kwrest chooses on its own."""
        at = self.token.at
        name = self.qualified_name()
        if self.key == "@":
            self._index_hint()
        if not alias:
            return tree.TableRef(name, at=at)
        return tree.TableRef(name, *self.alias_and_columns(), at=at)

    def _index_hint(self) -> None:
        """`@name`, `@[1]`, `@{FORCE_INDEX=name}`."""
        self.next()
        if self.accept("{"):
            while self.key not in ("}", "EOF"):
                self.next()
            self.expect("}")
        elif self.accept("["):
            self.integer()
            self.expect("]")
        else:
            self.label()

    def alias_and_columns(self) -> tuple[tree.Ident | None, tuple[tree.Ident, ...]]:
        """`AS x (a, b)`, `x`, or nothing. `AS OF SYSTEM TIME` belongs to the query."""
        if self.key == "as":
            if self.peek() == "of":
                return None, ()
            self.next()
            alias = self.name()
        elif self.is_name() and not self._ends_sources():
            alias = self.name()
        else:
            return None, ()
        return alias, self.names_in_parentheses() if self.key == "(" else ()

    def _ends_sources(self) -> bool:
        """`UPDATE t SET`, `t HASH JOIN`, `t FILL (…)`: words that are names elsewhere."""
        if self.key == "set":
            return True
        following = self.peek()
        return (self.key in _HINTS and following == "join") or (self.key in ("values", "fill") and following == "(")

    def _ordinality(self) -> bool:
        if self.key == "with" and self.peek() == "ordinality":
            self.next()
            self.next()
            return True
        return False

    def _in_parentheses(self, lateral: bool, at: int) -> tree.FromItem:
        """`(SELECT …) x`, `(a JOIN b ON …)`, and any of them in more parentheses."""
        self.enter()
        self.expect("(")
        if self.at_query():
            query = self.query()
        else:
            item = self.source()
            if isinstance(item, tree.FromQuery) and item.alias is None and not item.lateral:
                query = self.query(item.query) if self.key in CONTINUES_QUERY else item.query
            else:
                self.expect(")")
                self.leave()
                if self._ordinality():
                    return tree.WithOrdinality(item, *self.alias_and_columns(), at=at)
                alias, columns = self.alias_and_columns()
                if alias is None:
                    return item
                star = tree.Query(tree.Select((tree.SelectItem(tree.Star(at=at)),), (item,), at=at), at=at)
                return tree.FromQuery(star, alias, columns, at=at)
        self.expect(")")
        self.leave()
        if self._ordinality():
            plain = tree.FromQuery(query, lateral=lateral, at=at)
            return tree.WithOrdinality(plain, *self.alias_and_columns(), at=at)
        return tree.FromQuery(query, *self.alias_and_columns(), lateral, at)
