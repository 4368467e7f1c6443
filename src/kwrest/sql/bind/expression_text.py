"""An expression as KWDB prints it, `(x + y) > 0`: what the catalog keeps of a CHECK, and what SHOW CREATE TABLE shows.

The text is read again by the same grammar, so what is printed here means what was written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from kwrest.errors import Unsupported
from kwrest.sql import tree
from kwrest.sql.bind.show_create import quoted
from kwrest.sql.lexer import quoted_text

# What KWDB puts in parentheses when it is an operand.
_OPERATORS = (
    tree.Binary, tree.Unary, tree.Like, tree.Between, tree.InList, tree.Is, tree.Quantified, tree.AtTimeZone, tree.Collate,
)  # fmt: skip

# Special forms that KWDB prints in capitals.
_CAPITALS = frozenset({"coalesce", "nullif", "if", "ifnull"})


def expression_text(expr: tree.Expr, name: Callable[[tree.Name], str] | None = None) -> str:
    """KWDB's text of an expression without queries. name: how a column is printed; None: as it was written.

    Raises Unsupported for a query in it.
    """
    return _Printer(name or _name).text(expr)


def type_text(said: tree.TypeName) -> str:
    """A type as it was written, in capitals: `DECIMAL(10,2)`, `INT[]`."""
    arguments = f"({','.join(map(str, said.arguments))})" if said.arguments else ""
    return f"{said.name}{arguments}{'[]' if said.array else ''}"


def column_names(node: object) -> Iterator[tree.Name]:
    """The columns that an expression names, in the order of its text. A query in it is not looked into."""
    if isinstance(node, tree.Name):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from column_names(part)
    elif isinstance(node, tree.Expr | tree.When):
        for field in dataclasses.fields(node):  # type: ignore[arg-type]  # every node is a dataclass, its base is none
            yield from column_names(getattr(node, field.name))


def _name(name: tree.Name) -> str:
    return ".".join(quoted(part.name) for part in name.parts)


class _Printer:
    """One printing; `name` says how columns are called in it."""

    def __init__(self, name: Callable[[tree.Name], str]) -> None:
        self._name = name

    def text(self, expr: tree.Expr) -> str:
        """The expression without parentheses around it."""
        match expr:
            case tree.Name():
                return self._name(expr)
            case tree.Unary():
                blank = " " if expr.op == "NOT" else ""
                return f"{expr.op}{blank}{self._operand(expr.operand)}"
            case tree.Binary():
                return f"{self._operand(expr.left)} {expr.op} {self._operand(expr.right)}"
            case tree.Cast():
                return f"{self._operand(expr.operand)}{':::' if expr.annotated else '::'}{type_text(expr.type)}"
            case tree.Call():
                return self._call(expr)
            case tree.Case():
                return self._case(expr)
            case tree.Tuple():
                return f"({self._list(expr.items)})"
            case tree.Array():
                return f"ARRAY[{self._list(expr.items)}]"
            case tree.Index():
                return f"{self._operand(expr.operand)}[{self.text(expr.index)}]"
            case tree.Field():
                return f"({self.text(expr.operand)}).{quoted(expr.name.name)}"
            case tree.AtTimeZone():
                return f"{self._operand(expr.operand)} AT TIME ZONE {self._operand(expr.zone)}"
            case tree.Collate():
                return f"{self._operand(expr.operand)} COLLATE {expr.locale}"
            case tree.Quantified() if isinstance(expr.right, tree.Expr):
                return f"{self._operand(expr.left)} {expr.op} {expr.quantifier} {self._operand(expr.right)}"
        return self._test(expr) or _constant(expr)

    def _test(self, expr: tree.Expr) -> str:
        """LIKE, BETWEEN, IN, IS; empty for anything else."""
        negated = "NOT " if getattr(expr, "negated", False) else ""
        match expr:
            case tree.Like():
                escape = f" ESCAPE {self._operand(expr.escape)}" if expr.escape is not None else ""
                return f"{self._operand(expr.operand)} {negated}{expr.op} {self._operand(expr.pattern)}{escape}"
            case tree.Between():
                word = "BETWEEN SYMMETRIC" if expr.symmetric else "BETWEEN"
                low, high = self._operand(expr.low), self._operand(expr.high)
                return f"{self._operand(expr.operand)} {negated}{word} {low} AND {high}"
            case tree.InList():
                return f"{self._operand(expr.operand)} {negated}IN ({self._list(expr.items)})"
            case tree.Is():
                return f"{self._operand(expr.operand)} IS {negated}{expr.what}"
        return ""

    def _operand(self, expr: tree.Expr) -> str:
        text = self.text(expr)
        if not isinstance(expr, _OPERATORS) or _is_negative_number(expr):
            return text
        return f"({text})"

    def _list(self, items: tuple[tree.Expr, ...]) -> str:
        return ", ".join(map(self.text, items))

    def _call(self, call: tree.Call) -> str:
        if call.distinct or call.order_by or call.filter is not None or call.over is not None:
            raise Unsupported(what="an aggregate here")
        name = call.name.upper() if call.name in _CAPITALS else quoted(call.name)
        return f"{name}({'*' if call.star else self._list(call.arguments)})"

    def _case(self, case: tree.Case) -> str:
        operand = f" {self.text(case.operand)}" if case.operand is not None else ""
        whens = "".join(f" WHEN {self.text(w.condition)} THEN {self.text(w.result)}" for w in case.whens)
        otherwise = f" ELSE {self.text(case.otherwise)}" if case.otherwise is not None else ""
        return f"CASE{operand}{whens}{otherwise} END"


def _is_negative_number(expr: tree.Expr) -> bool:
    return isinstance(expr, tree.Unary) and expr.op == "-" and isinstance(expr.operand, tree.Number)


def _constant(expr: tree.Expr) -> str:
    match expr:
        case tree.Number():
            return expr.text
        case tree.String() | tree.QuotedValue():
            return quoted_text(expr.value)
        case tree.Boolean():
            return "true" if expr.value else "false"
        case tree.Null():
            return "NULL"
        case tree.BytesLiteral():
            return f"x'{expr.value.hex()}'"
        case tree.BitLiteral():
            return f"B'{expr.digits}'"
        case tree.Duration():
            return f"{expr.number}{expr.unit}"
        case tree.TypedLiteral():
            unit = f" {expr.unit.upper()}" if expr.unit else ""
            return f"{type_text(expr.type)} {quoted_text(expr.text)}{unit}"
    raise Unsupported(what=f"{type(expr).__name__.lower()} here")
