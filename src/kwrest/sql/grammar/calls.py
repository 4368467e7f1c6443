"""Names and calls: `t.c`, `f(x)`, aggregates with their clauses, and the functions that have a grammar of their own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import NoReturn

from kwrest.errors import Unsupported
from kwrest.sql import tree
from kwrest.sql.grammar.keywords import NO_FUNCTION
from kwrest.sql.grammar.powers import LIKE
from kwrest.sql.grammar.types import TypeParser
from kwrest.sql.lexer import Kind

ROW_PICKERS = frozenset(("first", "last", "first_row", "last_row", "firstts", "lastts", "first_row_ts", "last_row_ts"))
"""KWDB's grammar takes a single column (or `*`) here, and no DISTINCT, no FILTER (facts 3.1, recorded)."""

BARE_CALLS: dict[str, str] = {
    "current_date": "current_date",
    "current_schema": "current_schema",
    "current_catalog": "current_database",
    "current_timestamp": "current_timestamp",
    "current_time": "current_time",
    "localtimestamp": "localtimestamp",
    "localtime": "localtime",
    "current_user": "current_user",
    "current_role": "current_user",
    "session_user": "session_user",
}
"""Functions that are called without parentheses → their names."""

ARITIES: dict[str, tuple[int, int]] = {
    "if": (3, 3),
    "ifnull": (2, 2),
    "nullif": (2, 2),
    "coalesce": (1, 1000),
    "greatest": (1, 1000),
    "least": (1, 1000),
    "iferror": (2, 3),
    "iserror": (1, 2),
    "interpolate": (2, 2),
}
"""Functions whose number of arguments the grammar fixes: a wrong one is a syntax error at the comma or parenthesis."""


class CallParser(TypeParser):
    """Reads names and calls."""

    __slots__ = ()

    # -------- what the layers above bring

    @abstractmethod
    def expression(self, power: int = 0) -> tree.Expr: ...

    @abstractmethod
    def expressions(self) -> tuple[tree.Expr, ...]: ...

    @abstractmethod
    def list_in_parentheses(self) -> tuple[tree.Expr, ...]: ...

    @abstractmethod
    def query(self, left: tree.Query | None = None) -> tree.Query: ...

    @abstractmethod
    def order_items(self) -> tuple[tree.OrderItem, ...]: ...

    def at_query(self, steps: int = 0) -> bool:
        """Whether a query begins, without a parenthesis, so many steps ahead. VALUES may also name a column."""
        key = self.peek(steps) if steps else self.key
        return key in ("select", "with", "table") or (key == "values" and self.peek(steps + 1) == "(")

    def unsupported(self, what: str) -> NoReturn:
        raise Unsupported(what=what)

    # -------- names

    def name_or_call(self) -> tree.Expr:
        """`c`, `t.c`, `t.*`, `f(…)`, `pg_catalog.f(…)`."""
        token = self.next()
        key = self.key
        if key != "." and key != "(":
            return tree.Name((tree.Ident(token.value, token.kind is Kind.QUOTED, token.at),), token.at)
        parts = [tree.Ident(token.value, token.kind is Kind.QUOTED, token.at)]
        while self.key == ".":
            self.next()
            if self.key == "*":
                self.next()
                return tree.Star(tuple(parts), token.at)
            if len(parts) == 4:
                self.wrong()
            parts.append(self.label())
        if self.key != "(":
            return tree.Name(tuple(parts), token.at)
        if len(parts) == 1 and token.kind is Kind.WORD and token.key in NO_FUNCTION and token.key not in ARITIES:
            self.wrong()
        # A schema before a function says nothing here: all functions live in one list.
        return self._call(parts[-1].name, token.at)

    # -------- ordinary calls

    def _call(self, name: str, at: int) -> tree.Expr:
        self.expect("(")
        if name in ROW_PICKERS:
            return self._row_picker(name, at)
        star = distinct = False
        arguments: tuple[tree.Expr, ...] = ()
        order_by: tuple[tree.OrderItem, ...] = ()
        if self.key == "*":
            self.next()
            star = True
        elif self.key != ")":
            if self.accept("distinct"):
                distinct = True
            else:
                self.accept("all")
            arguments = self._arguments(name)
            if self.key == "order":
                order_by = self.order_items()
        elif name in ARITIES:
            self.wrong()
        self.expect(")")
        if self.key == "within" and self.peek() == "group":
            self.next()
            self.next()
            self.expect("(")
            order_by = self.order_items()
            self.expect(")")
        condition: tree.Expr | None = None
        if self.key == "filter" and self.peek() == "(":
            self.next()
            self.next()
            self.expect("where")
            condition = self.expression()
            self.expect(")")
        over = self._over() if self.key == "over" else None
        return tree.Call(name, arguments, star, distinct, order_by, condition, over, at=at)

    def _arguments(self, name: str) -> tuple[tree.Expr, ...]:
        limits = ARITIES.get(name)
        if limits is None:
            return self.expressions()
        fewest, most = limits
        found = [self.expression()]
        while len(found) < most and self.accept(","):
            found.append(self.expression())
        if len(found) < fewest:
            self.wrong()
        return tuple(found)

    def _row_picker(self, name: str, at: int) -> tree.Expr:
        first: tree.Expr | None = None
        if self.key != "*":
            if not self.is_name():
                self.wrong()
            here = self.token.at
            parts = [self.name()]
            while self.accept("."):
                if self.key == "*":
                    first = tree.Star(tuple(parts), here)
                    self.next()
                    break
                parts.append(self.label())
            first = first or tree.Name(tuple(parts), here)
        else:
            self.next()
        second = self.expression() if self.accept(",") else None
        self.expect(")")
        if self.key == "filter":
            self.wrong()
        over = self._over() if self.key == "over" else None
        arguments = tuple(argument for argument in (first, second) if argument is not None)
        return tree.Call(name, arguments, first is None, over=over, at=at)

    def bare_call(self) -> tree.Expr:
        """`current_timestamp`, `current_timestamp(3)`, `current_user()`."""
        token = self.next()
        name = BARE_CALLS[token.key]
        if self.key != "(":
            return tree.Call(name, bare=True, at=token.at)
        self.next()
        arguments = () if self.key == ")" else self.expressions()
        self.expect(")")
        return tree.Call(name, arguments, at=token.at)

    # -------- windows

    def _over(self) -> tree.Window:
        self.next()
        if self.key != "(":
            return tree.Window(base=self.name())
        return self.window()

    def window(self) -> tree.Window:
        """`(base PARTITION BY … ORDER BY … frame)`."""
        self.expect("(")
        base = None
        if self.is_name() and self.key not in ("partition", "range", "rows", "groups"):
            base = self.name()
        partition_by = self.expressions() if self.accept_all("partition", "by") else ()
        order_by = self.order_items() if self.key == "order" else ()
        frame = self._frame() if self.key in ("range", "rows", "groups") else ""
        self.expect(")")
        return tree.Window(partition_by, order_by, frame, base)

    def _frame(self) -> str:
        start = self.next().at
        if self.accept("between"):
            self._bound()
            self.expect("and")
        self._bound()
        if self.accept("exclude"):
            what = self.expect_any("current", "group", "ties", "no")
            if what in ("current", "no"):
                self.expect("row" if what == "current" else "others")
        return " ".join(self.written_since(start).lower().split())

    def _bound(self) -> None:
        if self.accept("unbounded"):
            self.expect_any("preceding", "following")
        elif self.accept("current"):
            self.expect("row")
        else:
            self.expression()
            self.expect_any("preceding", "following")

    # -------- functions with a grammar of their own

    def _cast(self) -> tree.Expr:
        at = self.next().at
        self.next()
        operand = self.expression()
        self.expect("as")
        type_ = self.type_name()
        self.expect(")")
        return tree.Cast(operand, type_, False, at)

    def _annotate(self) -> tree.Expr:
        at = self.next().at
        self.next()
        operand = self.expression()
        self.expect(",")
        type_ = self.type_name()
        self.expect(")")
        return tree.Cast(operand, type_, True, at)

    def _extract(self) -> tree.Expr:
        token = self.next()
        self.next()
        unit = self.token
        if self.peek() == "from" and (unit.kind is Kind.WORD or unit.key in ("QUOTED", "STRING")):
            self.next()
            self.next()
            arguments: tuple[tree.Expr, ...] = (tree.String(unit.value, unit.at), self.expression())
        else:
            arguments = self.expressions()
        self.expect(")")
        return tree.Call(token.key, arguments, at=token.at)

    def _position(self) -> tree.Expr:
        # IN belongs to the form here: its arguments are read up to it.
        at = self.next().at
        self.next()
        needle = self.expression(LIKE)
        self.expect("in")
        haystack = self.expression(LIKE)
        self.expect(")")
        return tree.Call("strpos", (haystack, needle), at=at)

    def _substring(self) -> tree.Expr:
        token = self.next()
        self.next()
        arguments = list(self.expressions()) if self.key != ")" else []
        length = self.expression() if self.accept("for") else None
        if self.accept("from"):
            arguments.append(self.expression())
        elif length is not None:
            arguments.append(tree.Number("1", token.at))
        if length is None and self.accept("for"):
            length = self.expression()
        if length is not None:
            arguments.append(length)
        self.expect(")")
        return tree.Call("substring", tuple(arguments), at=token.at)

    def _overlay(self) -> tree.Expr:
        at = self.next().at
        self.next()
        arguments = list(self.expressions())
        if self.accept("placing"):
            arguments.append(self.expression())
            self.expect("from")
            arguments.append(self.expression())
            if self.accept("for"):
                arguments.append(self.expression())
        self.expect(")")
        return tree.Call("overlay", tuple(arguments), at=at)

    def _trim(self) -> tree.Expr:
        at = self.next().at
        self.next()
        side = self.accept_any("both", "leading", "trailing")
        name = {"leading": "ltrim", "trailing": "rtrim"}.get(side, "btrim")
        if self.accept("from"):
            arguments = self.expressions()
        else:
            first = self.expression()
            if self.accept("from"):
                arguments = (*self.expressions(), first)
            else:
                arguments = (first, *(self.expressions() if self.accept(",") else ()))
        self.expect(")")
        return tree.Call(name, arguments, at=at)

    def _exists(self) -> tree.Expr:
        at = self.next().at
        self.next()
        if not self.at_query() and self.key != "(":
            self.wrong()
        query = self.query()
        self.expect(")")
        return tree.Exists(query, at)

    def _row(self) -> tree.Expr:
        at = self.next().at
        self.next()
        items = () if self.key == ")" else self.expressions()
        self.expect(")")
        return tree.Tuple(items, at)


FORMS: dict[str, Callable[[CallParser], tree.Expr]] = {
    "cast": CallParser._cast,
    "annotate_type": CallParser._annotate,
    "extract": CallParser._extract,
    "extract_duration": CallParser._extract,
    "position": CallParser._position,
    "substring": CallParser._substring,
    "overlay": CallParser._overlay,
    "trim": CallParser._trim,
    "exists": CallParser._exists,
    "row": CallParser._row,
}
"""First word → how the rest is read, when a parenthesis follows."""
