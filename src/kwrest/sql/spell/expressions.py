"""Printing bound expressions as an engine's SQL text, by tables (contract S6: the engine never sees anything else).

An engine gives four tables: how a type is stored, how an operator or function is written, how an aggregate is, and how
a cast is. A template is a text with `{0}`, `{1}` … for the arguments, or a function of the printed arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import ClassVar, Protocol

from kwrest.errors import InvalidText, Unsupported
from kwrest.sql import bound
from kwrest.sql.bound import Expr, Relation, Value
from kwrest.types.intervals import Interval
from kwrest.types.kinds import Family, Type


class Apply(Protocol):
    """Prints `name(arguments)` of an aggregate with its DISTINCT, ORDER BY and FILTER."""

    def __call__(self, name: str, *arguments: str) -> str: ...


# bound call, printed arguments → text
Written = str | Callable[[bound.Call, Sequence[str]], str]
# aggregate's printer, its printed arguments → text
WrittenAggregate = str | Callable[[Apply, Sequence[str]], str]
# a source's printer, its printed arguments → a query that gives c1
WrittenStream = Callable[[bound.Stream, Sequence[str]], str]
# printed operand, its type, the wanted type, whether text is cut → text
WrittenCast = Callable[[str, Type, Type, bool], str]


class ExpressionSpeller:
    """Prints expressions; subclasses fill the tables and print relations.

    Every printed expression is closed: it may stand as an operand without further parentheses.
    """

    FUNCTIONS: ClassVar[Mapping[str, Written]] = {}
    AGGREGATES: ClassVar[Mapping[str, WrittenAggregate]] = {}
    WINDOWS: ClassVar[Mapping[str, str]] = {}
    CASTS: ClassVar[Mapping[tuple[Family, Family], WrittenCast]] = {}
    STREAMS: ClassVar[Mapping[str, WrittenStream]] = {}

    # ------------------------------------------------------------ what an engine says

    def type_name(self, type_: Type) -> str:
        """The engine's type that stores values of `type_`."""
        raise NotImplementedError

    def constant(self, value: Value, type_: Type) -> str:
        """A constant of that type; nothing in it can end it."""
        raise NotImplementedError

    def column(self, ref: bound.ColumnRef) -> str:
        """A column of a source; the relation printer names sources."""
        raise NotImplementedError

    def relation(self, relation: Relation) -> str:
        """A query without parentheses; the relation printer's."""
        raise NotImplementedError

    # ------------------------------------------------------------ printing

    def expression(self, expr: Expr) -> str:
        """The text of one expression."""
        match expr:
            case bound.Const():
                return self.constant(expr.value, expr.type)
            case bound.ColumnRef():
                return self.column(expr)
            case bound.Call():
                return self.call(expr)
            case bound.Cast():
                return self.cast(expr)
            case bound.And():
                return self._joined("AND", list(map(self.expression, expr.operands)), "false", "true")
            case bound.Or():
                return self._joined("OR", list(map(self.expression, expr.operands)), "true", "false")
            case bound.Case():
                return self._case(expr)
            case bound.In():
                items = ", ".join(self.expression(item) for item in expr.items)
                return f"({self.expression(expr.operand)} {'NOT ' if expr.negated else ''}IN ({items}))"
            case bound.InSelect():
                word = "NOT IN" if expr.negated else "IN"
                return f"({self.expression(expr.operand)} {word} ({self.relation(expr.query)}))"
            case bound.Quantified():
                word = "ALL" if expr.every else "ANY"
                op = "<>" if expr.op == "!=" else expr.op
                return f"({self.expression(expr.operand)} {op} {word} ({self.relation(expr.query)}))"
            case bound.Exists():
                return f"(EXISTS ({self.relation(expr.query)}))"
            case bound.ScalarSelect():
                return f"({self.relation(expr.query)})"
            case bound.ArrayOf():
                return self.array(expr)
            case bound.TupleOf():
                return f"({', '.join(self.expression(item) for item in expr.items)})"
            case bound.Aggregate():
                return self.aggregate(expr)
            case bound.WindowCall():
                return self.window(expr)
        raise Unsupported(what=type(expr).__name__)

    def call(self, expr: bound.Call) -> str:
        """An operator or a scalar function by its row."""
        written = self.FUNCTIONS.get(expr.op)
        if written is None:
            raise Unsupported(what=expr.op)
        arguments = [self.expression(argument) for argument in expr.arguments]
        return written.format(*arguments) if isinstance(written, str) else written(expr, arguments)

    def cast(self, expr: bound.Cast) -> str:
        """A conversion by the row of its families."""
        source = expr.operand.type
        operand = self.expression(expr.operand)
        written = self.CASTS.get((source.family, expr.type.family))
        if written is None:
            return f"CAST({operand} AS {self.type_name(expr.type)})"
        return written(operand, source, expr.type, expr.explicit)

    def array(self, expr: bound.ArrayOf) -> str:
        """`ARRAY[…]`."""
        raise NotImplementedError

    def order(self, key: bound.Order) -> str:
        """One ORDER BY key, its NULL order said."""
        direction = " DESC" if key.descending else ""
        return f"{self.expression(key.expr)}{direction} NULLS {'FIRST' if key.nulls_first else 'LAST'}"

    def aggregate(self, expr: bound.Aggregate) -> str:
        """An aggregate by its row."""
        arguments = [self._argument(argument) for argument in expr.arguments]

        def apply(name: str, *parts: str) -> str:
            distinct = "DISTINCT " if expr.distinct else ""
            order = f" ORDER BY {', '.join(map(self.order, expr.order_by))}" if expr.order_by else ""
            condition = f" FILTER (WHERE {self.expression(expr.filter)})" if expr.filter is not None else ""
            return f"{name}({distinct}{', '.join(parts)}{order}){condition}"

        return self._aggregated(expr.op, apply, arguments)

    def window(self, expr: bound.WindowCall) -> str:
        """A window function, or an aggregate with OVER."""
        arguments = [self._argument(argument) for argument in expr.arguments]
        parts = []
        if expr.partition_by:
            parts.append(f"PARTITION BY {', '.join(map(self.expression, expr.partition_by))}")
        if expr.order_by:
            parts.append(f"ORDER BY {', '.join(map(self.order, expr.order_by))}")
        if expr.frame:
            parts.append(expr.frame)
        condition = f" FILTER (WHERE {self.expression(expr.filter)})" if expr.filter is not None else ""
        over = f"{condition} OVER ({' '.join(parts)})"
        written = self.WINDOWS.get(expr.op)
        if written is not None:
            return f"{written.format(', '.join(arguments))}{over}"
        return self._aggregated(expr.op, lambda name, *inner: f"{name}({', '.join(inner)}){over}", arguments)

    def _argument(self, expr: Expr) -> str:
        """An aggregate's argument; a tuple is one value there."""
        if isinstance(expr, bound.TupleOf):
            return f"row({', '.join(map(self.expression, expr.items))})"
        return self.expression(expr)

    def _aggregated(self, op: str, apply: Apply, arguments: Sequence[str]) -> str:
        written = self.AGGREGATES.get(op)
        if written is None:
            raise Unsupported(what=op)
        return apply(written, *arguments) if isinstance(written, str) else written(apply, arguments)

    def may_fail(self, text: str) -> bool:
        """Whether printed text may end the statement with an error of ours."""
        return False

    def _joined(self, word: str, operands: Sequence[str], decides: str, empty: str) -> str:
        """AND, OR. An operand that may fail is computed only where those before it have not decided: engines compute all
        of them, in any order, KWDB from left to right. decides: what ends it, `false` for AND."""
        failing = next((place for place, text in enumerate(operands) if place and self.may_fail(text)), 0)
        if not failing:
            return f"({f' {word} '.join(operands)})" if operands else empty
        # Those before stand there twice, so that an engine can still use them as filters of their own.
        before = f" {word} ".join(operands[:failing])
        rest = self._joined(word, operands[failing:], decides, empty)
        return f"({before} {word} (CASE WHEN ({before}) IS {decides} THEN {decides} ELSE {rest} END))"

    def _case(self, expr: bound.Case) -> str:
        whens = "".join(f" WHEN {self.expression(c)} THEN {self.expression(r)}" for c, r in expr.whens)
        otherwise = f" ELSE {self.expression(expr.otherwise)}" if expr.otherwise is not None else ""
        return f"(CASE{whens}{otherwise} END)"


def quoted(text: str) -> str:
    """A text constant. A NUL would end the statement, so it is spelled as a call."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidText(reason="invalid UTF-8 in a string constant") from None
    parts = ["'" + part.replace("'", "''") + "'" for part in text.split("\0")]
    return parts[0] if len(parts) == 1 else f"({' || chr(0) || '.join(parts)})"


def plain_decimal(value: Decimal) -> str:
    """A finite decimal without an exponent."""
    return format(value, "f")


def microseconds(value: Interval) -> int:
    """The clock part of an interval, nanoseconds cut."""
    return int(value.nanoseconds / 1000) if value.nanoseconds % 1000 else value.nanoseconds // 1000
