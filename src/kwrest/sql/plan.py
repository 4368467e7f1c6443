"""What EXPLAIN shows: how a bound query is put together, outermost step first. Nothing of an engine's is in it.

Each step is a line of a tree; what belongs to it follows as (field, description).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kwrest.model import TableKind
from kwrest.sql import bound
from kwrest.sql.bound import Expr, Relation, Select, Source
from kwrest.sql.lexer import quoted_text
from kwrest.sql.operators import BINARY, COMPARISONS, UNARY
from kwrest.sql.rules.rows import distinct, here
from kwrest.sql.rules.tables import note_used_columns
from kwrest.sql.rules.walk import walk
from kwrest.types.kinds import Family
from kwrest.types.text import to_text

Line = tuple[str, str, str]

_SYMBOLS = {row.key: row.symbol for row in BINARY} | {key: symbol for symbol, key in COMPARISONS.items()}
_SIGNS = {row.key: row.symbol for row in UNARY}
_BARE = (Family.BOOL, Family.INT, Family.FLOAT, Family.DECIMAL)
_LONGEST = 500  # characters of one description


def plan(relation: Relation) -> list[Line]:
    """The lines of a query's plan: (tree, field, description)."""
    noted = note_used_columns(relation)
    return list(_lines(_Planner(noted).relation(noted)))


@dataclass(slots=True)
class _Step:
    """name: what is done; facts: (field, description)."""

    name: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    below: list[_Step] = field(default_factory=list)


def _lines(step: _Step, first: str = "", rest: str = "") -> Iterator[Line]:
    yield first + step.name, "", ""
    continued = rest + (" │" if step.below else "")
    for name, description in step.facts:
        shown = description if len(description) <= _LONGEST else description[:_LONGEST] + "…"
        yield continued, name, shown
    for place, child in enumerate(step.below, 1):
        last = place == len(step.below)
        yield from _lines(child, rest + (" └── " if last else " ├── "), rest + ("     " if last else " │   "))


class _Planner:
    """Makes steps of one statement, whose columns it can name."""

    def __init__(self, relation: Relation) -> None:
        self._names: dict[tuple[int, int], str] = {}
        for node in walk(relation):
            match node:
                case bound.Scan(number, table) | bound.Devices(number, table):
                    self._names |= {(number, c.id): c.name for c in table.columns}
                case bound.Derived(number, query):
                    self._names |= {(number, place): c.name for place, c in enumerate(query.columns, 1)}

    # ------------------------------------------------------------ steps

    def relation(self, relation: Relation) -> _Step:
        """The steps of a query."""
        match relation:
            case Select():
                return self._select(relation)
            case bound.Values():
                step = _Step("values", [("size", f"{len(relation.columns)} columns, {len(relation.rows)} rows")])
                return self._tail(relation, step)
            case bound.SetOperation():
                step = _Step(f"{relation.op.lower()}{' all' if relation.all else ''}")
                step.below = [self.relation(relation.left), self.relation(relation.right)]
                return self._tail(relation, step)
            case bound.Recursive():
                step = _Step("recursive union all" if relation.all else "recursive union")
                step.below = [self.relation(relation.base), self.relation(relation.step)]
                return step
        return _Step(type(relation).__name__.lower())

    def _select(self, select: Select) -> _Step:
        step = self.source(select.source) if select.source is not None else _Step("one row")
        if select.where is not None:
            step = _Step("filter", [("condition", self.text(select.where))], [step])
        shown = (*select.outputs, *(order.expr for order in select.order_by))
        if select.group_by is not None:
            calls = distinct(n for e in shown for n in walk(e, here) if isinstance(n, bound.Aggregate))
            facts = [("aggregates", self._list(calls))] if calls else []
            if select.group_by:
                facts.insert(0, ("group by", self._list(select.group_by)))
            step = _Step("group", facts, [step])
        if select.having is not None:
            step = _Step("filter", [("condition", self.text(select.having))], [step])
        windows = distinct(n for e in shown for n in walk(e, here) if isinstance(n, bound.WindowCall))
        if windows:
            step = _Step("window", [("functions", self._list(windows))], [step])
        renders = [
            ("column", f"{c.name} = {self.text(o)}") for c, o in zip(select.columns, select.outputs, strict=True)
        ]
        step = _Step("render", renders, [step])
        if select.distinct or select.distinct_on:
            on = [("on", self._list(select.distinct_on))] if select.distinct_on else []
            step = _Step("distinct", on, [step])
        return self._tail(select, step)

    def _tail(self, relation: Select | bound.Values | bound.SetOperation, step: _Step) -> _Step:
        """Sorting and LIMIT around a step."""
        if relation.order_by:
            names = [c.name for c in relation.columns]
            keys = (f"{'-' if o.descending else '+'}{self._key(o.expr, names)}" for o in relation.order_by)
            step = _Step("sort", [("order", ", ".join(keys))], [step])
        counts = [
            (name, self.text(count))
            for name, count in (("count", relation.limit), ("offset", relation.offset))
            if count is not None
        ]
        return _Step("limit", counts, [step]) if counts else step

    def _key(self, expr: Expr, names: Sequence[str]) -> str:
        if isinstance(expr, bound.ColumnRef) and expr.source == 0:  # a position of a set operation or VALUES
            return names[expr.column - 1]
        return self.text(expr)

    def source(self, source: Source) -> _Step:
        """The steps of what stands in FROM."""
        match source:
            case bound.Scan():
                return self._scan(source)
            case bound.Devices():
                return _Step("scan", [("table", source.table.name), ("reads", "devices")])
            case bound.Derived(view=view) if view is not None:
                # Its query is not for everyone who may read the view.
                return _Step("view", [("name", view.name)])
            case bound.Derived():
                return self.relation(source.query)
            case bound.Series():
                return _Step("rows of", [("function", self._list(source.lists))])
            case bound.Working():
                return _Step("rows of the last step")
            case bound.Join():
                facts = [("type", source.kind.value.lower())]
                if source.on is not None:
                    facts.append(("on", self.text(source.on)))
                return _Step("join", facts, [self.source(source.left), self.source(source.right)])
        return _Step(type(source).__name__.lower())

    def _scan(self, scan: bound.Scan) -> _Step:
        used = [c for c in scan.table.columns if scan.used is None or c.id in scan.used]
        reads = "rows"
        if scan.table.kind is TableKind.TIME_SERIES:
            reads = "points and devices" if any(c.tag for c in used) else "points"
        facts = [("table", scan.table.name), ("reads", reads)]
        return _Step("scan", [*facts, ("columns", ", ".join(c.name for c in used))] if used else facts)

    # ------------------------------------------------------------ expressions

    def _list(self, exprs: Sequence[Expr]) -> str:
        return ", ".join(map(self.text, exprs))

    def text(self, expr: Expr) -> str:
        """An expression, near to how it was written."""
        match expr:
            case bound.Const():
                return _constant(expr)
            case bound.ColumnRef():
                return self._names.get((expr.source, expr.column), f"column {expr.column}")
            case bound.Cast() | bound.Call(op="one_scale" | "zone.local" | "zone.instant"):
                operand = expr.operand if isinstance(expr, bound.Cast) else expr.arguments[0]
                return self.text(operand)
            case bound.And():
                return "(" + " AND ".join(map(self.text, expr.operands)) + ")"
            case bound.Or():
                return "(" + " OR ".join(map(self.text, expr.operands)) + ")"
            case bound.Call(op, (one, other)) if symbol := _SYMBOLS.get(op) or _SYMBOLS.get(op.partition(".")[0]):
                return f"({self.text(one)} {symbol} {self.text(other)})"
            case bound.Call(op, (one,)) if op in _SIGNS:
                return f"{_SIGNS[op]}{self.text(one)}"
            case bound.Call():
                return f"{expr.op.partition('.')[0]}({self._list(expr.arguments)})"
            case bound.Aggregate():
                inside = self._list(expr.arguments) or "*"
                return f"{expr.op.partition('.')[0]}({'DISTINCT ' if expr.distinct else ''}{inside})"
            case bound.WindowCall():
                return f"{expr.op.partition('.')[0]}({self._list(expr.arguments)}) OVER (…)"
            case bound.In():
                return f"({self.text(expr.operand)} {'NOT ' if expr.negated else ''}IN ({self._list(expr.items)}))"
            case bound.Case():
                whens = " ".join(f"WHEN {self.text(c)} THEN {self.text(r)}" for c, r in expr.whens)
                return f"CASE {whens}{f' ELSE {self.text(expr.otherwise)}' if expr.otherwise is not None else ''} END"
            case bound.InSelect() | bound.Quantified():
                return f"({self.text(expr.operand)} IN (subquery))"
            case bound.Exists():
                return "EXISTS (subquery)"
            case bound.ScalarSelect():
                return "(subquery)"
            case bound.ArrayOf():
                return f"ARRAY[{self._list(expr.items)}]"
            case bound.TupleOf():
                return f"({self._list(expr.items)})"
        return type(expr).__name__.lower()


def _constant(const: bound.Const) -> str:
    value = const.value
    if value is None:
        return "NULL"
    if isinstance(value, tuple):
        return f"ARRAY[{len(value)} values]"
    text = to_text(value, const.type)
    return text if const.type.family in _BARE else quoted_text(text)
