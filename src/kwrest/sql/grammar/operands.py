"""What stands between operators: constants, names, parentheses, CASE, arrays. Calls are in `calls.py`."""

from __future__ import annotations

from kwrest.errors import MissingParameter, NestedTooDeeply
from kwrest.sql import tree
from kwrest.sql.grammar.calls import BARE_CALLS, FORMS, CallParser
from kwrest.sql.grammar.cursor import MAX_DEPTH
from kwrest.sql.grammar.keywords import CONTINUES_QUERY, FUNCTION_OR_TYPE, NO_NAME
from kwrest.sql.grammar.types import TYPES
from kwrest.sql.lexer import Kind

_TYPED_BY_FORM = frozenset(TYPES) - {"name", "text", "string", "json", "double"}


class OperandParser(CallParser):
    """Reads operands."""

    __slots__ = ()

    def operand(self) -> tree.Expr:
        """One operand with its subscripts."""
        token = self.token
        kind = token.kind
        if kind is Kind.WORD:
            found = self._word()
        elif kind is Kind.NUMBER:
            self.next()
            found = tree.Number(token.value, token.at)
        elif kind is Kind.STRING:
            self.next()
            found = tree.String(token.value, token.at)
        elif kind is Kind.QUOTED:
            found = self.name_or_call()
        elif token.key == "(":
            found = self._parenthesis()
        else:
            found = self._rare_constant()
        # A name has taken its dots already; what stands in parentheses may have fields.
        subscripts = 0
        while self.key == "[" or (self.key == "." and token.key == "("):
            subscripts += 1
            if subscripts > MAX_DEPTH:
                raise NestedTooDeeply
            found = self._subscript(found)
        return found

    def _word(self) -> tree.Expr:
        """An operand that begins with an unquoted word."""
        token = self.token
        key = token.key
        form = FORMS.get(key)
        if form is not None and self.peek() == "(":
            return form(self)
        if key in NO_NAME:
            return self._reserved()
        after = self.peek()
        if (
            after == "STRING"
            or (after == "(" and key in _TYPED_BY_FORM)
            or key == "interval"
            or after in ("with", "without", "precision")
        ):
            literal = self._typed_literal()
            if literal is not None:
                return literal
        return self.name_or_call()

    def _reserved(self) -> tree.Expr:
        """An operand that begins with a word that can be no name."""
        token = self.token
        key = token.key
        if key == "null":
            self.next()
            return tree.Null(token.at)
        if key == "true" or key == "false":
            self.next()
            return tree.Boolean(key == "true", token.at)
        if key == "case":
            return self._case()
        if key == "array":
            return self._array()
        if key in BARE_CALLS:
            return self.bare_call()
        if key in FUNCTION_OR_TYPE and self.peek() == "(":
            return self.name_or_call()
        self.wrong()

    def _rare_constant(self) -> tree.Expr:
        token = self.token
        if token.kind is Kind.DURATION:
            self.next()
            number, unit = token.value.split(" ")
            return tree.Duration(number, unit, token.at)
        if token.kind is Kind.BYTES:
            self.next()
            return tree.BytesLiteral(token.value.encode("latin-1"), token.at)
        if token.kind is Kind.BITS:
            self.next()
            return tree.BitLiteral(token.value, token.at)
        if token.kind is Kind.PLACEHOLDER:
            raise MissingParameter(name=token.value)
        if token.key == "@":
            self.next()
            if self.key == "NUMBER":
                self.unsupported("column ordinals")
        self.wrong()

    def _typed_literal(self) -> tree.Expr | None:
        """`timestamp '…'`, `varchar(3) '…'`, `interval '1' day`; None when the words are a name or a call after all."""
        token = self.token
        steps = 1
        if self.peek(steps) in ("with", "without", "precision"):
            steps += 1 if self.peek(steps) == "precision" else 3
        if self.peek(steps) == "(":
            while self.peek(steps) not in (")", "EOF"):
                steps += 1
            steps += 1
            if self.peek(steps) in ("with", "without"):
                steps += 3
        if self.peek(steps) != "STRING":
            return None
        type_ = self.type_name()
        text = self.string()
        unit = self.interval_unit() if token.key == "interval" else ""
        return tree.TypedLiteral(type_, text, unit, token.at)

    # -------- parentheses

    def _parenthesis(self) -> tree.Expr:
        at = self.next().at
        if self.at_query():
            query = self.query()
            self.expect(")")
            return tree.Subquery(query, at)
        if self.accept(")"):
            return tree.Tuple((), at)
        items, comma = self._list()
        self.expect(")")
        if comma:
            return tree.Tuple(items, at)
        return items[0]

    def list_in_parentheses(self) -> tuple[tree.Expr, ...]:
        """What stands behind an opened parenthesis: expressions, or one query that began with a parenthesis of its own."""
        return self._list()[0]

    def _list(self) -> tuple[tuple[tree.Expr, ...], bool]:
        first = self.expression()
        if isinstance(first, tree.Subquery) and self.key in CONTINUES_QUERY:
            return (tree.Subquery(self.query(first.query), first.at),), False
        if self.key == "as":
            self.unsupported("a tuple with labels")
        items = [first]
        comma = False
        while self.accept(","):
            comma = True
            if self.key == ")":
                break
            items.append(self.expression())
        return tuple(items), comma

    def _subscript(self, operand: tree.Expr) -> tree.Expr:
        if self.next().key == ".":
            here = self.token.at
            name = tree.Ident("*", False, here) if self.accept("*") else self.label()
            return tree.Field(operand, name, operand.at)
        index = self.expression() if self.key != ":" else None
        if index is None or self.key == ":":
            self.unsupported("array slicing")
        self.expect("]")
        return tree.Index(operand, index, operand.at)

    # -------- CASE, ARRAY

    def _case(self) -> tree.Expr:
        at = self.next().at
        operand = self.expression() if self.key != "when" else None
        whens = []
        self.expect("when")
        while True:
            condition = self.expression()
            self.expect("then")
            whens.append(tree.When(condition, self.expression()))
            if not self.accept("when"):
                break
        otherwise = self.expression() if self.accept("else") else None
        self.expect("end")
        return tree.Case(operand, tuple(whens), otherwise, at)

    def _array(self) -> tree.Expr:
        at = self.next().at
        if self.accept("("):
            query = self.query()
            self.expect(")")
            return tree.ArrayQuery(query, at)
        return self._array_items(at)

    def _array_items(self, at: int) -> tree.Expr:
        self.expect("[")
        self.enter()
        items: list[tree.Expr] = []
        if self.key != "]":
            while True:
                here = self.token.at
                items.append(self._array_items(here) if self.key == "[" else self.expression())
                if not self.accept(","):
                    break
        self.expect("]")
        self.leave()
        return tree.Array(tuple(items), at)
