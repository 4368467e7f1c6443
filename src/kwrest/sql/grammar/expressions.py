"""Expressions: a Pratt parser over CockroachDB's precedences. What stands between operators is in `operands.py`."""

from __future__ import annotations

from kwrest.errors import NestedTooDeeply
from kwrest.sql import tree
from kwrest.sql.grammar.operands import OperandParser
from kwrest.sql.grammar.powers import AND, AT, BINARY, COMPARISON, CONTAINS, IS, LIKE, NOT, OVERLAPS, POWERS, SIGN

_NEGATABLE = frozenset(("between", "in", "like", "ilike", "similar"))
_NO_CHAIN = frozenset((COMPARISON, LIKE, CONTAINS, OVERLAPS))
"""Powers whose operators do not follow one another: `a = b = c` is an error at the second `=`."""

MAX_CHAIN = 400
"""Operators of one power in a row; each makes the tree one level deeper. AND and OR have no such limit, see `_balanced`."""


class ExpressionParser(OperandParser):
    """Reads expressions."""

    __slots__ = ()

    def expression(self, power: int = 0) -> tree.Expr:
        """An expression whose operators all bind tighter than `power`, or the whole expression for 0."""
        self.enter()
        left = self._prefixed()
        length = 0
        forbidden = 0
        while True:
            key = self.key
            negated = False
            here = POWERS.get(key)
            if here is None:
                if key != "not" or self.peek() not in _NEGATABLE:
                    break
                here, negated = LIKE, True
            if here <= power:
                break
            if here == forbidden:
                self.wrong()
            forbidden = here if here in _NO_CHAIN else 0
            length += 1
            if here <= AND:
                left = self._chain(left, key, here)
                continue
            if length > MAX_CHAIN:
                raise NestedTooDeeply
            binary = BINARY.get(key)
            if binary is None:
                if negated:
                    self.next()
                left = self._worded(left, self.key, negated)
                continue
            self.next()
            if self.key in ("any", "some", "all") and here in (COMPARISON, LIKE):
                left = self._quantified(left, binary[1])
            else:
                left = tree.Binary(binary[1], left, self.expression(here), left.at)
        self.leave()
        return left

    def expressions(self) -> tuple[tree.Expr, ...]:
        """`a, b, c`."""
        found = [self.expression()]
        while self.key == ",":
            self.next()
            found.append(self.expression())
        return tuple(found)

    # -------- prefix operators

    def _prefixed(self) -> tree.Expr:
        key = self.key
        if key not in ("-", "not", "+", "~", "|/", "||/"):
            return self.operand()
        at = self.next().at
        if key == "not":
            return tree.Unary("NOT", self.expression(NOT - 1), at)
        inner = self.expression(SIGN - 1)
        if key == "|/":
            return tree.Call("sqrt", (inner,), at=at)
        if key == "||/":
            return tree.Call("cbrt", (inner,), at=at)
        return tree.Unary(key, inner, at)

    # -------- AND, OR

    def _chain(self, left: tree.Expr, key: str, power: int) -> tree.Expr:
        """`left AND b AND c …`. A long chain becomes a tree of little depth: the operation is associative, and
        a filter over a thousand devices is one."""
        parts = [left]
        while self.accept(key):
            parts.append(self.expression(power))
        op = BINARY[key][1]
        if len(parts) > 16:
            return _balanced(op, parts, 0, len(parts))
        for part in parts[1:]:
            left = tree.Binary(op, left, part, left.at)
        return left

    # -------- words

    def _worded(self, left: tree.Expr, key: str, negated: bool) -> tree.Expr:
        """The operators that are no plain `left op right`; the current token is theirs."""
        self.next()
        at = left.at
        if key == "::":
            return tree.Cast(left, self.type_name(), False, at)
        if key == ":::":
            return tree.Cast(left, self.type_name(), True, at)
        if key == "is":
            return self._is(left)
        if key == "isnull" or key == "notnull":
            return tree.Is(left, "NULL", key == "notnull", at)
        if key == "between":
            asymmetric = self.accept("asymmetric")
            symmetric = not asymmetric and self.accept("symmetric")
            low = self.expression(LIKE)
            self.expect("and")
            return tree.Between(left, low, self.expression(LIKE), negated, symmetric, at)
        if key == "in":
            return self._in(left, negated)
        if key == "at":
            self.expect("time")
            self.expect("zone")
            return tree.AtTimeZone(left, self.expression(AT), at)
        if key == "collate":
            return tree.Collate(left, self.label().name, at)
        if key == "overlaps":
            return tree.Call("overlaps", (left, self.expression(OVERLAPS)), at=at)
        return self._like(left, key, negated)

    def _is(self, left: tree.Expr) -> tree.Expr:
        negated = self.accept("not")
        if self.accept("distinct"):
            self.expect("from")
            op = "IS NOT DISTINCT FROM" if negated else "IS DISTINCT FROM"
            return tree.Binary(op, left, self.expression(IS), left.at)
        if self.key == "of":
            self.unsupported("IS OF")
        return tree.Is(left, self.expect_any("null", "true", "false", "unknown", "nan").upper(), negated, left.at)

    def _like(self, left: tree.Expr, key: str, negated: bool) -> tree.Expr:
        op = key.upper()
        if key == "similar":
            self.expect("to")
            op = "SIMILAR TO"
        elif self.key in ("any", "some", "all"):
            return self._quantified(left, f"NOT {op}" if negated else op)
        pattern = self.expression(LIKE)
        escape = self.expression(LIKE) if self.accept("escape") else None
        return tree.Like(op, left, pattern, escape, negated, left.at)

    def _in(self, left: tree.Expr, negated: bool) -> tree.Expr:
        self.expect("(")
        if self.at_query():
            found: tree.Expr = tree.InQuery(left, self.query(), negated, left.at)
        elif self.key == ")":
            found = tree.InList(left, (), negated, left.at)
        else:
            items = self.list_in_parentheses()
            if len(items) == 1 and isinstance(items[0], tree.Subquery):
                found = tree.InQuery(left, items[0].query, negated, left.at)
            else:
                found = tree.InList(left, items, negated, left.at)
        self.expect(")")
        return found

    def _quantified(self, left: tree.Expr, op: str) -> tree.Expr:
        quantifier = "ALL" if self.next().key == "all" else "ANY"
        if self.key != "(":
            return tree.Quantified(op, quantifier, left, self.operand(), left.at)
        self.next()
        if self.at_query():
            query = self.query()
            self.expect(")")
            return tree.Quantified(op, quantifier, left, query, left.at)
        at = self.token.at
        items = self.list_in_parentheses()
        self.expect(")")
        if len(items) != 1:
            return tree.Quantified(op, quantifier, left, tree.Tuple(items, at), left.at)
        only = items[0]
        return tree.Quantified(op, quantifier, left, only.query if isinstance(only, tree.Subquery) else only, left.at)


def _balanced(op: str, parts: list[tree.Expr], start: int, end: int) -> tree.Expr:
    """`parts[start:end]` joined by `op`, both halves alike."""
    if end - start == 1:
        return parts[start]
    middle = (start + end) // 2
    left = _balanced(op, parts, start, middle)
    return tree.Binary(op, left, _balanced(op, parts, middle, end), left.at)
