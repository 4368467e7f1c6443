"""Views: CREATE and DROP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwrest.sql.tree.queries import Statement

if TYPE_CHECKING:
    from kwrest.sql.tree.names import Ident
    from kwrest.sql.tree.queries import Query


@dataclass(frozen=True, slots=True)
class CreateView(Statement):
    """columns: empty when those of the query keep their names; text: the query as written."""

    name: tuple[Ident, ...]
    columns: tuple[Ident, ...]
    query: Query
    text: str
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropView(Statement):
    """behaviour: `CASCADE`, `RESTRICT` or empty."""

    names: tuple[tuple[Ident, ...], ...]
    if_exists: bool = False
    behaviour: str = ""
