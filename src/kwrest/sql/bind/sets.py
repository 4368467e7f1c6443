"""VALUES and UNION, INTERSECT, EXCEPT: rows without a FROM of their own, sorted by position."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.errors import DatatypeMismatch, UndefinedColumn, UnequalColumns, UnequalValues, UnmatchedTypes
from kwrest.model import ResultColumn
from kwrest.sql import bound, tree
from kwrest.sql.bind.common_types import as_common, as_type, common_type
from kwrest.sql.bind.constants import settle
from kwrest.sql.bind.expressions import bind_expression
from kwrest.sql.bind.grouping import Output, by_alias, by_position
from kwrest.sql.bind.names import described
from kwrest.sql.bind.ordering import bind_count, order_key
from kwrest.sql.bind.scope import Scope
from kwrest.sql.bind.tables import written
from kwrest.sql.bound import ColumnRef, Derived, Expr, Order, Relation
from kwrest.types.kinds import Family, Type


def bind_values(query: tree.Query, values: tree.Values, scope: Scope) -> bound.Values:
    """VALUES rows; columns are called column1, column2, … Raises UnequalValues (42601), UnmatchedTypes (42804)."""
    scope.clause = "VALUES"
    width = len(values.rows[0])
    for row in values.rows:
        if len(row) != width:
            raise UnequalValues(expected=width, found=len(row))
    cells = [[bind_expression(cell, scope) for cell in row] for row in values.rows]
    settled = [_column([row[i] for row in cells], scope) for i in range(width)]
    columns = tuple(ResultColumn(f"column{i}", type_) for i, (_, type_) in enumerate(settled, 1))
    rows = tuple(zip(*(cells for cells, _ in settled), strict=True))
    return bound.Values(
        columns, rows, _order_by(query.order_by, columns),
        bind_count(query.limit, "LIMIT", scope), bind_count(query.offset, "OFFSET", scope),
    )  # fmt: skip


def _column(cells: Sequence[Expr], scope: Scope) -> tuple[tuple[Expr, ...], Type]:
    """One column's cells in the type that fits them all."""
    try:
        return as_common(cells, scope.context.zone)
    except DatatypeMismatch:
        types = list(dict.fromkeys(described(settle(cell).type) for cell in cells))
        raise UnmatchedTypes(op="VALUES", left=types[0], right=types[1]) from None


def bind_set_operation(query: tree.Query, body: tree.SetOperation, scope: Scope) -> bound.SetOperation:
    """Both sides with the same number of columns of matching types; names are the left side's.

    Raises UnequalColumns (42601), UnmatchedTypes (42804).
    """
    left, right = scope.bind(body.left, scope), scope.bind(body.right, scope)
    if len(left.columns) != len(right.columns):
        raise UnequalColumns(op=body.op, left=len(left.columns), right=len(right.columns))
    columns = [
        ResultColumn(one.name, _common(body.op, one.type, other.type))
        for one, other in zip(left.columns, right.columns, strict=True)
    ]
    return bound.SetOperation(
        tuple(columns), body.op, body.all, with_types(left, columns, scope), with_types(right, columns, scope),
        _order_by(query.order_by, columns),
        bind_count(query.limit, "LIMIT", scope), bind_count(query.offset, "OFFSET", scope),
    )  # fmt: skip


def _common(op: str, left: Type, right: Type) -> Type:
    """The type of a column that is `left` on one side and `right` on the other. Raises UnmatchedTypes (42804)."""
    both = common_type(left, right)
    if both is None:
        raise UnmatchedTypes(op=op, left=described(left), right=described(right))
    return both


def with_types(relation: Relation, columns: Sequence[ResultColumn], scope: Scope) -> Relation:
    """The relation with each column in the type of the whole; itself when it has them already. Decimals without declared
    digits always need it: an engine gives each of them a scale of its own."""
    if all(
        one.type == other.type and (other.type.family is not Family.DECIMAL or other.type.width)
        for one, other in zip(relation.columns, columns, strict=True)
    ):
        return relation
    number = scope.context.source_number()
    outputs = tuple(
        as_type(ColumnRef(number, position, column.type), wanted.type, scope.context.zone)
        for position, (column, wanted) in enumerate(zip(relation.columns, columns, strict=True), 1)
    )
    return bound.Select(tuple(columns), outputs, Derived(number, relation))


def _order_by(nodes: Sequence[tree.OrderItem], columns: Sequence[ResultColumn]) -> tuple[Order, ...]:
    """Keys by position or name only; ColumnRef source 0 is the position. Raises UndefinedColumn (42703)."""
    outputs = [Output(c.name, ColumnRef(0, position, c.type)) for position, c in enumerate(columns, 1)]
    keys = []
    for item in nodes:
        found = by_position(item.expr, outputs, "ORDER BY")
        if found is None:
            found = by_alias(item.expr, outputs, "ORDER BY")
        if found is None:
            name = written(item.expr.parts) if isinstance(item.expr, tree.Name) else "?column?"
            raise UndefinedColumn(name=name)
        keys.append(order_key(item, found))
    return tuple(keys)
