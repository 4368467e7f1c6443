"""Bound relations as text. Sources are `s<number>`, columns `c<id or position>`: no name of a user's is in it.

Every relation gives columns named c1 … cn, so whatever stands around it never asks what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo

from kwrest.errors import NestedTooDeeply
from kwrest.model import Table, TableKind
from kwrest.sql.bound import (
    OWN_ROW,
    ROW,
    ColumnRef,
    Const,
    Derived,
    Devices,
    Expr,
    Join,
    JoinKind,
    Order,
    Query,
    Recursive,
    Relation,
    Scan,
    Select,
    Series,
    SetOperation,
    Source,
    Stream,
    Values,
    Working,
)
from kwrest.sql.rules import apply
from kwrest.sql.rules.walk import transform
from kwrest.sql.spell.expressions import ExpressionSpeller
from kwrest.sql.spell.names import EID, column_name, devices_table, rows_table
from kwrest.types.kinds import Type

MAX_RECURSIVE = 1_000_000
"""Rows that a query of WITH RECURSIVE may give."""


class RelationSpeller(ExpressionSpeller):
    """Text of queries. Generated from the tree alone, so it is one statement whatever a user wrote."""

    # What the engine calls the identity of a row within its table.
    ROW_COLUMN: ClassVar[str] = "rowid"

    def json_cell(self, column: str, type_: Type, zone: ZoneInfo) -> str:
        """The engine's text that gives one value as JSON text. column: text of a plain column."""
        raise NotImplementedError

    def json_row(self, cells: Sequence[str]) -> str:
        """The engine's text that gives a row, a JSON array, from the texts of its cells."""
        raise NotImplementedError

    # ------------------------------------------------------------ whole statements: the rules run here, and nowhere else

    def query(self, query: Query) -> str:
        """A whole query; with `as_json` each row is one text in one column. Raises Unsupported, NestedTooDeeply."""
        return _whole(lambda: self._query(query))

    def rows(self, relation: Relation) -> str:
        """The rows of an INSERT … SELECT. Raises as `query` does."""
        return _whole(lambda: self.relation(apply(relation)))

    def condition(self, expr: Expr) -> str:
        """A WHERE, or a new value, of a statement that changes rows. Raises as `query` does."""
        # Only the queries in it have anything for the rules.
        return _whole(
            lambda: self.expression(transform(expr, lambda node: apply(node) if isinstance(node, Relation) else node))
        )

    def _query(self, query: Query) -> str:
        text = self.relation(apply(query.relation))
        if not query.as_json:
            return text
        cells = [
            self.json_cell(f"s0.c{position}", column.type, query.zone)
            for position, column in enumerate(query.relation.columns, 1)
        ]
        # The engine keeps the order of an ordered subquery through a projection, and builds texts only of rows that
        # LIMIT has left.
        return f"SELECT {self.json_row(cells)} AS c1 FROM ({text}) AS s0"

    # ------------------------------------------------------------ relations

    def relation(self, relation: Relation) -> str:
        """A query expression without parentheses, giving c1 … cn."""
        match relation:
            case Select():
                return self._select(relation)
            case Values():
                return self._values(relation)
            case SetOperation():
                return self._set_operation(relation)
            case Recursive():
                return self._recursive(relation)
            case _:
                raise TypeError(type(relation).__name__)

    def column(self, ref: ColumnRef) -> str:
        name = self.ROW_COLUMN if ref.column == ROW else f"c{ref.column}"
        return name if ref.source == OWN_ROW else f"s{ref.source}.{name}"

    def _select(self, select: Select) -> str:
        # FROM first in the making, as it is in the meaning; the parts are put in SQL's order below.
        source = f" FROM {self.source(select.source)}" if select.source is not None else ""
        outputs = [f"{self.expression(output)} AS c{n}" for n, output in enumerate(select.outputs, 1)]
        distinct = ""
        if select.distinct_on:
            distinct = f"DISTINCT ON ({self._list(select.distinct_on)}) "
        elif select.distinct:
            distinct = "DISTINCT "
        text = f"SELECT {distinct}{', '.join(outputs)}{source}"
        if select.where is not None:
            text += f" WHERE {self.expression(select.where)}"
        if select.group_by is not None:
            text += f" GROUP BY {', '.join(map(self._group_key, select.group_by)) or '()'}"
        if select.having is not None:
            text += f" HAVING {self.expression(select.having)}"
        return text + self._tail(select.order_by, select.limit, select.offset, select.outputs)

    def _values(self, values: Values) -> str:
        names = ", ".join(f"c{n}" for n in range(1, len(values.columns) + 1))
        if values.rows:
            rows = ", ".join(f"({self._list(row)})" for row in values.rows)
            text = f"SELECT * FROM (VALUES {rows}) AS s0({names})"
        else:
            nulls = ", ".join(
                f"{self.expression(Const(None, column.type))} AS c{n}" for n, column in enumerate(values.columns, 1)
            )
            text = f"SELECT * FROM (SELECT {nulls}) AS s0 WHERE FALSE"
        return text + self._tail(values.order_by, values.limit, values.offset)

    def _set_operation(self, operation: SetOperation) -> str:
        every = " ALL" if operation.all else ""
        text = f"({self.relation(operation.left)}) {operation.op}{every} ({self.relation(operation.right)})"
        tail = self._tail(operation.order_by, operation.limit, operation.offset)
        return f"SELECT * FROM ({text}) AS s0{tail}" if tail else text

    def _recursive(self, recursive: Recursive) -> str:
        """With a bound on the rows: nobody can tell before that a step ends."""
        columns = ", ".join(f"c{n}" for n in range(1, len(recursive.columns) + 1))
        name = f"w{recursive.recursion}"
        union = "UNION ALL" if recursive.all else "UNION"
        steps = f"({self.relation(recursive.base)}) {union} ({self.relation(recursive.step)})"
        counted = f"SELECT {columns}, row_number() OVER () AS n FROM {name}"
        return (
            f"WITH RECURSIVE {name}({columns}) AS ({steps})"
            f" SELECT {columns} FROM ({counted}) AS s0 WHERE {self.within('n', MAX_RECURSIVE, 'WITH RECURSIVE')}"
        )

    def within(self, number: str, most: int, what: str) -> str:
        """The engine's text of a condition that is true, or fails when a number is greater than the most there may be."""
        raise NotImplementedError

    def _tail(
        self, order_by: tuple[Order, ...], limit: Expr | None, offset: Expr | None, outputs: tuple[Expr, ...] = ()
    ) -> str:
        """ORDER BY, LIMIT, OFFSET. A key that is an output is named by its position: under DISTINCT it must be."""
        # A constant orders nothing, and a bare number would be a position.
        keys = [self._sort_key(key, outputs) for key in order_by if not isinstance(key.expr, Const)]
        text = f" ORDER BY {', '.join(keys)}" if keys else ""
        if limit is not None and not (isinstance(limit, Const) and limit.value is None):
            text += f" LIMIT {self._count(limit)}"
        if offset is not None and not (isinstance(offset, Const) and offset.value is None):
            text += f" OFFSET {self._count(offset)}"
        return text

    def _sort_key(self, key: Order, outputs: tuple[Expr, ...]) -> str:
        if key.expr not in outputs:
            return self.order(key)
        place = "FIRST" if key.nulls_first else "LAST"
        return f"{outputs.index(key.expr) + 1} {'DESC' if key.descending else 'ASC'} NULLS {place}"

    def _group_key(self, key: Expr) -> str:
        # A bare number would be a position; grouping by any constant is one group, none without rows.
        return "(1 IS NULL)" if isinstance(key, Const) else self.expression(key)

    def _count(self, count: Expr) -> str:
        return str(count.value) if isinstance(count, Const) else f"({self.expression(count)})"

    def _list(self, expressions: tuple[Expr, ...]) -> str:
        return ", ".join(self.expression(expression) for expression in expressions)

    # ------------------------------------------------------------ sources

    def source(self, source: Source) -> str:
        """One item of FROM; it can stand on either side of JOIN."""
        match source:
            case Scan():
                return self._scan(source)
            case Devices():
                return f"{devices_table(source.table)} AS s{source.number}"
            case Derived():
                lateral = "LATERAL " if source.lateral else ""
                return f"{lateral}({self.relation(source.query)}) AS s{source.number}"
            case Series():
                return self._series(source)
            case Stream():
                return self._stream(source)
            case Working():
                return f"w{source.recursion} AS s{source.number}"
            case Join():
                return self._join(source)
            case _:
                raise TypeError(type(source).__name__)

    def _scan(self, scan: Scan) -> str:
        table = scan.table
        used = [column for column in table.columns if scan.used is None or column.id in scan.used]
        if table.kind is TableKind.SYSTEM:
            # The server's own tables keep their columns' names; outside they are numbers like all others.
            names = [f"{column_name(table, column)} AS c{column.id}" for column in used or table.columns[:1]]
            return f"(SELECT {', '.join(names)} FROM {rows_table(table)}) AS s{scan.number}"
        if table.kind is TableKind.TIME_SERIES and any(column.tag for column in used):
            return f"({self._points_and_devices(table, [column.id for column in used])}) AS s{scan.number}"
        return f"{rows_table(table)} AS s{scan.number}"

    def _points_and_devices(self, table: Table, used: list[int]) -> str:
        """An inner join: every point has a device, and filters and projections pass through it."""
        names = [f"{'e' if column.tag else 'p'}.c{column.id}" for column in table.columns if column.id in used]
        return (
            f"SELECT {', '.join(names)} FROM {rows_table(table)} AS p"
            f" JOIN {devices_table(table)} AS e ON p.{EID} = e.{EID}"
        )

    def _series(self, series: Series) -> str:
        """Set-returning functions as the elements of lists, which every function gives with the bound that its row asks for."""
        lists = [self.expression(one) for one in series.lists]
        columns = [f"unnest({one}) AS c{n}" for n, one in enumerate(lists, 1)]
        if series.ordinality:
            longest = f"greatest({', '.join(f'coalesce(len({one}), 0)' for one in lists)})"
            columns.append(f"unnest(generate_series(1, {longest})) AS c{len(lists) + 1}")
        return f"LATERAL (SELECT {', '.join(columns)}) AS s{series.number}"

    def _stream(self, stream: Stream) -> str:
        arguments = [self.expression(argument) for argument in stream.arguments]
        return f"LATERAL ({self.STREAMS[stream.op](stream, arguments)}) AS s{stream.number}"

    def _join(self, join: Join) -> str:
        left, right = self.source(join.left), self.source(join.right)
        if join.on is None and join.kind in (JoinKind.INNER, JoinKind.CROSS):
            return f"({left} CROSS JOIN {right})"
        kind = JoinKind.INNER if join.kind is JoinKind.CROSS else join.kind
        condition = "TRUE" if join.on is None else self.expression(join.on)
        return f"({left} {kind.value} JOIN {right} ON {condition})"


def _whole(make: Callable[[], str]) -> str:
    try:
        return make()
    except RecursionError:
        raise NestedTooDeeply() from None
