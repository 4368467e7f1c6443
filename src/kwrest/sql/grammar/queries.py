"""Queries: SELECT, VALUES, TABLE, set operations, WITH, ORDER BY, LIMIT."""

from __future__ import annotations

from dataclasses import replace

from kwrest.errors import MultipleClauses, MultipleWith, NestedTooDeeply
from kwrest.sql import tree
from kwrest.sql.grammar.expressions import MAX_CHAIN
from kwrest.sql.grammar.keywords import NO_BARE_ALIAS
from kwrest.sql.grammar.powers import SHIFT
from kwrest.sql.grammar.sources import SourceParser
from kwrest.sql.lexer import Kind


class QueryParser(SourceParser):
    """Reads queries."""

    __slots__ = ()

    def query(self, left: tree.Query | None = None) -> tree.Query:
        """A whole query. left: its first part, when the caller has read that already, in parentheses."""
        self.enter()
        at = left.at if left else self.token.at
        with_: tuple[tree.CommonTable, ...] = ()
        recursive = False
        if left is None and self.key == "with":
            recursive, with_ = self.with_clause()
        body = self._set_operations(left)
        order_by = self.order_items() if self.key == "order" else ()
        limit, offset = self._limits()
        self._locking()
        self.leave()
        if isinstance(body, tree.Query):
            return _merged(body, with_, recursive, order_by, limit, offset)
        return tree.Query(body, order_by, limit, offset, with_, recursive, at)

    def with_clause(self) -> tuple[bool, tuple[tree.CommonTable, ...]]:
        """`WITH [RECURSIVE] a AS (…), …`: (recursive, tables)."""
        self.expect("with")
        recursive = self.accept("recursive")
        found = []
        while True:
            name = self.name()
            columns = self.names_in_parentheses() if self.key == "(" else ()
            self.expect("as")
            if self.accept("not"):
                self.expect("materialized")
            else:
                self.accept("materialized")
            self.expect("(")
            if self.key in ("insert", "upsert", "update", "delete", "show", "explain"):
                self.unsupported(f"{self.key.upper()} in WITH")
            if not self.at_query() and self.key != "(":
                self.wrong()
            found.append(tree.CommonTable(name, columns, self.query()))
            self.expect(")")
            if not self.accept(","):
                return recursive, tuple(found)

    # -------- UNION, INTERSECT, EXCEPT

    def _set_operations(self, left: tree.Query | None) -> tree.Body | tree.Query:
        """UNION and EXCEPT from left to right, INTERSECT before them. A lone parenthesis arrives as the Query in it."""
        body: tree.Body | tree.Query = self._intersections(left if left is not None else self._part())
        length = 0
        while self.key == "union" or self.key == "except":
            length += 1
            if length > MAX_CHAIN:
                raise NestedTooDeeply
            op = self.next().key.upper()
            all_ = self._all()
            right = self._intersections(self._part())
            body = tree.SetOperation(op, _as_query(body), _as_query(right), all_, _as_query(body).at)
        return body

    def _intersections(self, body: tree.Body | tree.Query) -> tree.Body | tree.Query:
        length = 0
        while self.accept("intersect"):
            length += 1
            if length > MAX_CHAIN:
                raise NestedTooDeeply
            all_ = self._all()
            left = _as_query(body)
            body = tree.SetOperation("INTERSECT", left, _as_query(self._part()), all_, left.at)
        return body

    def _all(self) -> bool:
        return self.accept_any("all", "distinct") == "all"

    def _part(self) -> tree.Body | tree.Query:
        key = self.key
        if key == "select":
            return self._select()
        if key == "values":
            return self.values()
        if key == "table":
            at = self.next().at
            table = self.table_reference(alias=False)
            return tree.Select((tree.SelectItem(tree.Star(at=at)),), (table,), at=at)
        if key == "(":
            self.next()
            if not self.at_query() and self.key != "(":
                self.wrong()
            inner = self.query()
            self.expect(")")
            return inner
        self.wrong()

    # -------- SELECT

    def _select(self) -> tree.Select:
        at = self.next().at
        distinct = False
        distinct_on: tuple[tree.Expr, ...] = ()
        if self.accept("distinct"):
            distinct = True
            if self.accept_all("on", "("):
                distinct_on = self.expressions()
                self.expect(")")
        elif self.key == "all":
            self.next()
        items = self.select_items()
        sources: tuple[tree.FromItem, ...] = ()
        if self.accept("from"):
            sources = self.sources()
            if self.key == "as" and self.peek() == "of":
                self.unsupported("AS OF SYSTEM TIME")
        where = self.expression() if self.accept("where") else None
        group_by = self.expressions() if self.accept_all("group", "by") else ()
        if self.key == "fill" and self.peek() == "(":
            self.unsupported("FILL")
        having = self.expression() if self.accept("having") else None
        windows: tuple[tuple[tree.Ident, tree.Window], ...] = ()
        if self.accept("window"):
            windows = self._windows()
        return tree.Select(items, sources, where, group_by, having, distinct, distinct_on, windows, at)

    def select_items(self) -> tuple[tree.SelectItem, ...]:
        """`a, b AS c, d e, *, t.*`."""
        found = [self._select_item()]
        while self.key == ",":
            self.next()
            found.append(self._select_item())
        return tuple(found)

    def _select_item(self) -> tree.SelectItem:
        if self.key == "*":
            return tree.SelectItem(tree.Star(at=self.next().at))
        expr = self.expression()
        if self.key == "as":
            self.next()
            return tree.SelectItem(expr, self.label())
        kind = self.token.kind
        if kind is Kind.QUOTED or (kind is Kind.WORD and self.key not in NO_BARE_ALIAS):
            return tree.SelectItem(expr, self.label())
        return tree.SelectItem(expr)

    def _windows(self) -> tuple[tuple[tree.Ident, tree.Window], ...]:
        found = []
        while True:
            name = self.name()
            self.expect("as")
            found.append((name, self.window()))
            if not self.accept(","):
                return tuple(found)

    # -------- VALUES

    def values(self, quoted_values: bool = False) -> tree.Values:
        """`VALUES (…), (…)`. quoted_values: a double-quoted token alone is a value, not a name (contract S3)."""
        at = self.next().at
        rows = [self._row_of_values(quoted_values)]
        while self.key == ",":
            self.next()
            rows.append(self._row_of_values(quoted_values))
        return tree.Values(tuple(rows), at)

    def _row_of_values(self, quoted_values: bool) -> tuple[tree.Expr, ...]:
        self.expect("(")
        row: list[tree.Expr] = []
        while True:
            token = self.token
            key = token.key
            after = self.peek()
            if after != "," and after != ")":
                row.append(self.expression())
            elif key == "NUMBER":
                row.append(tree.Number(token.value, token.at))
                self.next()
            elif key == "STRING":
                row.append(tree.String(token.value, token.at))
                self.next()
            elif key == "default":
                row.append(tree.Default(token.at))
                self.next()
            elif key == "QUOTED" and quoted_values:
                row.append(tree.QuotedValue(token.value, token.at))
                self.next()
            else:
                row.append(self.expression())
            if self.key != ",":
                break
            self.next()
        self.expect(")")
        return tuple(row)

    # -------- behind the body

    def order_items(self) -> tuple[tree.OrderItem, ...]:
        """`ORDER BY a, b DESC NULLS LAST`; the current token is ORDER."""
        self.next()
        self.expect("by")
        found = []
        while True:
            if self.key == "primary" or (self.key == "index" and self.peek() != "("):
                self.unsupported("ORDER BY an index")
            expr = self.expression()
            descending = self.accept_any("asc", "desc") == "desc"
            nulls_first: bool | None = None
            if self.key == "nulls" and self.peek() in ("first", "last"):
                self.next()
                nulls_first = self.next().key == "first"
            found.append(tree.OrderItem(expr, descending, nulls_first))
            if self.key != ",":
                return tuple(found)
            self.next()

    def _limits(self) -> tuple[tree.Expr | None, tree.Expr | None]:
        limit: tree.Expr | None = None
        offset: tree.Expr | None = None
        limited = skipped = False
        while True:
            if self.key in ("limit", "fetch") and not limited:
                limited = True
                limit = self._limit() if self.next().key == "limit" else self._fetch()
            elif self.key == "offset" and not skipped:
                skipped = True
                self.next()
                offset = self.expression()
                self.accept_any("row", "rows")
            else:
                return limit, offset

    def limit(self) -> tree.Expr | None:
        """`LIMIT n` of UPDATE and DELETE."""
        return self._limit() if self.accept("limit") else None

    def _limit(self) -> tree.Expr | None:
        if self.accept("all"):
            return None
        return self.expression()

    def _fetch(self) -> tree.Expr:
        self.expect_any("first", "next")
        count: tree.Expr = tree.Number("1", self.token.at)
        if self.key not in ("row", "rows"):
            count = self.expression(SHIFT)
        self.expect_any("row", "rows")
        self.expect("only")
        return count

    def _locking(self) -> None:
        """`FOR UPDATE`, `FOR SHARE OF t NOWAIT`: read and dropped, a query sees one snapshot anyway."""
        while self.key == "for":
            self.next()
            if self.accept("no"):
                self.expect("key")
                self.expect("update")
            elif self.accept("key"):
                self.expect("share")
            else:
                self.expect_any("update", "share")
            if self.accept("of"):
                self.qualified_name()
                while self.accept(","):
                    self.qualified_name()
            if self.accept("skip"):
                self.expect("locked")
            else:
                self.accept("nowait")


def _as_query(body: tree.Body | tree.Query) -> tree.Query:
    if isinstance(body, tree.Query):
        return body
    at: int = getattr(body, "at", 0)
    return tree.Query(body, at=at)


def _merged(
    inner: tree.Query,
    with_: tuple[tree.CommonTable, ...],
    recursive: bool,
    order_by: tuple[tree.OrderItem, ...],
    limit: tree.Expr | None,
    offset: tree.Expr | None,
) -> tree.Query:
    """`(inner) ORDER BY … LIMIT …`: KWDB takes both as one query, so each clause may stand inside or outside, not twice."""
    for clause, outside, within in (
        ("WITH", with_, inner.with_),
        ("ORDER BY", order_by, inner.order_by),
        ("LIMIT", limit, inner.limit),
        ("OFFSET", offset, inner.offset),
    ):
        if outside and within:
            raise MultipleClauses(clause=clause) if clause != "WITH" else MultipleWith
    if not (with_ or order_by or limit or offset):
        return inner
    return replace(
        inner,
        with_=with_ or inner.with_,
        recursive=recursive or inner.recursive,
        order_by=order_by or inner.order_by,
        limit=limit or inner.limit,
        offset=offset or inner.offset,
    )
