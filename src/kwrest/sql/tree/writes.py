"""INSERT, UPSERT, UPDATE, DELETE, TRUNCATE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwrest.sql.tree.queries import Statement

if TYPE_CHECKING:
    from kwrest.sql.tree.expressions import Expr
    from kwrest.sql.tree.names import Ident
    from kwrest.sql.tree.queries import CommonTable, FromItem, OrderItem, Query, SelectItem, TableRef


@dataclass(frozen=True, slots=True)
class Insert(Statement):
    """INSERT or UPSERT. source: None for DEFAULT VALUES; a Query whose body is Values for VALUES.
    on_conflict, returning: whether such a clause was written (with their parts, for relational tables)."""

    table: TableRef
    columns: tuple[Ident, ...]
    source: Query | None
    upsert: bool = False
    on_conflict: OnConflict | None = None
    returning: tuple[SelectItem, ...] = ()


@dataclass(frozen=True, slots=True)
class OnConflict:
    """columns of the target; assignments empty: DO NOTHING."""

    columns: tuple[Ident, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """`a = x`, or `(a, b) = (x, y)` / `(a, b) = (SELECT …)`."""

    columns: tuple[Ident, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class Update(Statement):
    table: TableRef
    assignments: tuple[Assignment, ...]
    sources: tuple[FromItem, ...] = ()
    where: Expr | None = None
    order_by: tuple[OrderItem, ...] = ()
    limit: Expr | None = None
    returning: tuple[SelectItem, ...] = ()
    with_: tuple[CommonTable, ...] = ()
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class Delete(Statement):
    table: TableRef
    where: Expr | None = None
    order_by: tuple[OrderItem, ...] = ()
    limit: Expr | None = None
    returning: tuple[SelectItem, ...] = ()
    with_: tuple[CommonTable, ...] = ()
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class Truncate(Statement):
    tables: tuple[TableRef, ...]
    cascade: bool = False
