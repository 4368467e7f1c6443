"""INSERT … VALUES into a time-series table without a tree: the statement most writers send, straight to columns.

It takes what is plainly right and nothing else: at the first doubt (another statement, an unknown name, a literal that
is not for its column, a comment) it answers None, and the parser and `bind/inserts.py` find out what KWDB says to it.
The literal rules are the same, `types.fit`'s; here whole columns go through the common ones at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import pyarrow as pa

from kwrest.errors import SqlError
from kwrest.model import Column, Privilege, TableKind
from kwrest.sql.batches import insert_targets, make_batch
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import find_table
from kwrest.sql.bound import TableRight
from kwrest.sql.bound_writes import InsertBatch
from kwrest.sql.grammar.keywords import NO_NAME
from kwrest.sql.lexer import fold
from kwrest.sql.tree import Ident
from kwrest.types.fit import EPOCH_RANGE, fit, fit_now, fit_quoted, number
from kwrest.types.kinds import Family
from kwrest.types.timestamps import now_nanoseconds
from kwrest.types.values import Value

# Blanks and digits are ASCII's, as the lexer has them; in names any letter is one.
_S = r"[ \t\n\r\f\v]"
_IDENT = r'(?:"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$]*(?![\w$]))'
_HEAD = re.compile(
    rf"{_S}*insert{_S}+into{_S}+({_IDENT}(?:{_S}*\.{_S}*{_IDENT}){{0,2}}){_S}*(?:\({_S}*({_IDENT}(?:{_S}*,{_S}*{_IDENT})*){_S}*\){_S}*)?values{_S}*(?=\()",
    re.IGNORECASE,
)
_NAMES = re.compile(_IDENT)
_STRING = r"'[^']*(?:''[^']*)*'"
_NUMBER = r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_VALUE = rf'({_STRING}|{_NUMBER}|"[^"]*"|(?i:true|false|null|now\({_S}*\)))'
_END = re.compile(rf"{_S}*;?{_S}*")

# Where a column's values are not what its converter takes; the tree path finds the words for it.
_DOUBT = (SqlError, ValueError, OverflowError, pa.ArrowInvalid)


def insert_batch(text: str, context: Context) -> InsertBatch | None:
    """The batch of `text` when it is an INSERT … VALUES of fitting constants into a time-series table, else None."""
    head = _HEAD.match(text)
    if head is None or _reserved(head[1], head[2]):
        return None
    try:
        table = find_table([Ident(name) for name in _names(head[1])], context)[1]
        if table.kind is not TableKind.TIME_SERIES:
            return None
        targets = insert_targets(table, _names(head[2]) if head[2] else ())
    except SqlError:
        return None
    if any(c.default is not None or not c.nullable for c in targets.unlisted):
        return None
    cells = _rows(text, head.end(), len(targets.columns))
    if cells is None:
        return None
    now = now_nanoseconds()
    try:
        columns = [
            _convert(c, raw, context, now) for c, raw in zip(targets.columns, zip(*cells, strict=True), strict=True)
        ]
        if any(None in values for c, values in zip(targets.columns, columns, strict=True) if not c.nullable):
            return None
        batch = make_batch(targets, columns, context.dedup)
    except _DOUBT:
        return None
    return InsertBatch(batch, (TableRight(Privilege.INSERT, table),))


def _reserved(table: str, columns: str | None) -> bool:
    """Whether a word stands there that the grammar takes for no name; behind a dot any word may."""
    names = [_NAMES.match(table), *(_NAMES.finditer(columns) if columns else ())]
    return any(name is not None and name[0].lower() in NO_NAME for name in names)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part[1:-1].replace('""', '"') if part[0] == '"' else fold(part) for part in _NAMES.findall(text))


@lru_cache(maxsize=256)
def _row(columns: int) -> re.Pattern[str]:
    """`(v, v, …)` and the comma behind it."""
    between = rf"{_S}*,{_S}*"
    return re.compile(rf"\({_S}*{between.join([_VALUE] * columns)}{_S}*\){_S}*(,?){_S}*")


def _rows(text: str, at: int, columns: int) -> list[tuple[str, ...]] | None:
    """The cells as written, row by row; None when a row is not `columns` plain literals or something follows."""
    match = _row(columns).match
    rows: list[tuple[str, ...]] = []
    comma = ","
    while comma:
        found = match(text, at)
        if found is None:
            return None
        *cells, comma = found.groups()
        rows.append(tuple(cells))
        at = found.end()
    return rows if _END.fullmatch(text, at) else None


def _convert(column: Column, cells: Sequence[str], context: Context, now: int) -> Sequence[Value]:
    """One column's cells as values; raises one of _DOUBT when a literal is not for the column."""
    whole = _WHOLE.get(column.type.family)
    if whole is not None:
        try:
            return whole(column, cells)
        except ValueError:
            pass  # a NULL, a boolean, a now() or a mistake among them: cell by cell
    return [_cell(column, cell, context, now) for cell in cells]


def _cell(column: Column, cell: str, context: Context, now: int) -> Value:
    kind = cell[0]
    if kind == "'":
        return fit(cell[1:-1].replace("''", "'"), column.type, column.name, context.zone)
    if kind == '"':
        return fit_quoted(cell[1:-1], column.type, column.name, context.zone)
    if kind in "-.0123456789":
        return fit(number(cell), column.type, column.name, context.zone, cell)
    word = cell.lower()
    if word == "null":
        return None
    if word in ("true", "false"):
        return fit(word == "true", column.type, column.name, context.zone, word)
    return fit_now(now, column.type, column.name)


# ---- whole columns of the common literal; ValueError when a cell is another one


def _ints(column: Column, cells: Sequence[str]) -> Sequence[Value]:
    return list(map(int, cells))  # its range is Arrow's to check


def _floats(column: Column, cells: Sequence[str]) -> Sequence[Value]:
    values = list(map(float, cells))
    limit = 3.4e38 if column.type.width == 4 else 1.7e308
    if not -limit <= min(values) <= max(values) <= limit:
        raise ValueError
    return values


def _strings(column: Column, cells: Sequence[str]) -> Sequence[Value]:
    values = []
    width = column.type.width
    for cell in cells:
        if cell[0] != "'" or (width and len(cell) * 4 - 8 > width and not (cell.isascii() and len(cell) - 2 <= width)):
            raise ValueError
        values.append(cell[1:-1])
    return values if not any("''" in v for v in values) else [v.replace("''", "'") for v in values]


def _timestamps(column: Column, cells: Sequence[str]) -> Sequence[Value]:
    if cells[0][0] == "'":
        raise ValueError  # text, cell by cell; int() would find out more slowly
    precision = column.type.precision or 3
    epochs = list(map(int, cells))
    low, high = EPOCH_RANGE[precision]
    if min(epochs) < low or max(epochs) > high:
        raise ValueError
    unit = 10 ** (9 - precision)
    return [epoch * unit for epoch in epochs]


_WHOLE: dict[Family, Callable[[Column, Sequence[str]], Sequence[Value]]] = {
    Family.INT: _ints,
    Family.FLOAT: _floats,
    Family.STRING: _strings,
    Family.TIMESTAMP: _timestamps,
    Family.TIMESTAMPTZ: _timestamps,
}
