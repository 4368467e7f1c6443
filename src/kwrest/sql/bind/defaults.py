"""DEFAULT of a column. The catalog keeps its text, as SHOW CREATE TABLE prints it: `5`, `'x'`, `now():::TIMESTAMP`."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

from kwrest.errors import InternalError
from kwrest.model import Column
from kwrest.sql import tree
from kwrest.sql.bind.literals import NotConstant, typed_value
from kwrest.sql.grammar import parse
from kwrest.types.assign import assign
from kwrest.types.kinds import Family
from kwrest.types.values import Value

_DAY = 86_400_000_000_000  # nanoseconds


@lru_cache(maxsize=1024)
def stored_expression(text: str) -> tree.Expr:
    """What the stored text of a DEFAULT or CHECK says."""
    query = parse(f"SELECT {text}")
    if not (isinstance(query, tree.Query) and isinstance(query.body, tree.Select) and len(query.body.items) == 1):
        raise InternalError(request_id="-")  # CREATE TABLE took the text from a parsed expression
    return query.body.items[0].expr


def default_value(column: Column, zone: ZoneInfo, now: int) -> Value:
    """The value of the column's DEFAULT, None without one. now: of the statement, nanoseconds.

    Raises NotConstant when it is more than a constant or now().
    """
    if column.default is None or column.numbered:
        return None  # the engine gives the number
    expr = stored_expression(column.default)
    while isinstance(expr, tree.Cast) and expr.annotated:
        expr = expr.operand
    if isinstance(expr, tree.Call) and expr.name == "now" and not expr.arguments:
        if column.type.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ):
            return now
        if column.type.family is Family.DATE:
            return now // _DAY
        raise NotConstant()
    return assign(typed_value(expr, column.type, column.name, zone), column.type, column.name)


def written_or_default(cell: tree.Expr, column: Column) -> tree.Expr:
    """The expression a cell stands for: what was written, or for DEFAULT what the column's says."""
    if isinstance(cell, tree.Default):
        return stored_expression(column.default) if column.default is not None else tree.Null()
    return cell
