"""What a name means at one place of a query: the columns of FROM, then those of the queries around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kwrest.errors import AmbiguousColumn, AmbiguousSource, NoSourceMatches, RepeatedSource, UndefinedColumn
from kwrest.model import ResultColumn, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.tables import Reads, written
from kwrest.sql.bound import ColumnRef, Relation
from kwrest.system import SCHEMA

ANONYMOUS = "<anonymous>"


@dataclass(frozen=True, slots=True)
class Field:
    """One column that a FROM item offers. hidden: found by name, not by `*`."""

    name: str
    ref: ColumnRef
    tag: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One FROM item under its name. path: what may stand before a column's name, `(db, public, t)` or `(alias,)`,
    empty for a subquery without alias; table: when the item is a table."""

    path: tuple[str, ...]
    fields: tuple[Field, ...]
    table: Table | None = None

    def called(self, prefix: tuple[str, ...]) -> bool:
        """Whether `prefix` names this item: `t`, `public.t`, `db.t` or `db.public.t`."""
        if not prefix or not self.path:
            return False
        without_schema = (self.path[0], self.path[-1]) if len(self.path) == 3 else self.path
        return prefix == self.path[-len(prefix) :] or prefix == without_schema

    @property
    def shown(self) -> str:
        """The item's name in error texts."""
        return self.path[-1] if self.path else ANONYMOUS


def table_fields(table: Table, number: int) -> tuple[Field, ...]:
    """What a scan of the table offers, data columns first, then tags; secret columns are not offered at all."""
    return tuple(Field(c.name, ColumnRef(number, c.id, c.type), c.tag, c.hidden) for c in table.columns if not c.secret)


def table_path(database: str, table: Table) -> tuple[str, ...]:
    """The path of a table without an alias."""
    return (database, SCHEMA, table.name)


@dataclass(slots=True)
class Named:
    """A query named by WITH. make: binds it; ready: as it was bound where it was written, until its name is used for the
    first time. Every further use binds it anew, because sources are numbered once a statement."""

    query: tree.CommonTable
    make: Callable[[], Relation]
    ready: Relation | None = None

    def take(self) -> Relation:
        """The query bound for one use."""
        relation, self.ready = self.ready, None
        return self.make() if relation is None else relation


@dataclass(frozen=True, slots=True)
class Recursion:
    """The name of a query of WITH RECURSIVE inside its own step: its rows so far, see bound.Working."""

    number: int
    columns: tuple[ResultColumn, ...]


@dataclass(slots=True)
class Scope:
    """Names at one query level; what `bind/expressions.py` asks for.

    clause: which part of the query is being bound, for error texts; outer: the level around, seen by correlated
    subqueries; bind: binds a query that stands inside an expression; merged: fields that USING or NATURAL JOIN made
    one of two, which an unqualified name means and `*` shows once.
    """

    context: Context
    reads: Reads
    bind: Callable[[tree.Query, Scope], Relation]
    outer: Scope | None = None
    named: Mapping[str, Named | Recursion] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    merged: list[Field] = field(default_factory=list)
    covered: set[ColumnRef] = field(default_factory=set)
    clause: str = "SELECT"
    windows: Mapping[str, tree.Window] = field(default_factory=dict)

    def inner(self) -> Scope:
        """A scope for a query written at this place."""
        return Scope(self.context, self.reads, self.bind, outer=self, named=self.named)

    def add(self, item: Item) -> None:
        """Add a FROM item. Raises RepeatedSource (42712) when its name is taken."""
        if item.path and any(item.path == other.path for other in self.items):
            raise RepeatedSource(name=item.shown)
        self.items.append(item)

    # ------------------------------------------------------------ what the expression binder asks

    @property
    def table(self) -> Table | None:
        """The one time-series table in FROM; None for anything else (first and last need it)."""
        if len(self.items) != 1:
            return None
        table = self.items[0].table
        return table if table is not None and table.kind is TableKind.TIME_SERIES else None

    @property
    def time(self) -> ColumnRef | None:
        """The time column of `table`."""
        return self.items[0].fields[0].ref if self.table is not None else None

    def subquery(self, query: tree.Query) -> Relation:
        """Bind a query that stands inside an expression of this level."""
        return self.bind(query, self)

    def column(self, name: tree.Name) -> ColumnRef:
        """The column a name means, at this level or the nearest one around that has it.

        Raises UndefinedColumn (42703), AmbiguousColumn (42702), NoSourceMatches (42P01: `x.a` without an `x`).
        """
        prefix = tuple(part.name for part in name.parts[:-1])
        last = name.parts[-1].name
        prefix_known = not prefix
        for scope in self.levels():
            field = scope.field(prefix, last)
            if field is not None:
                return field.ref
            prefix_known = prefix_known or any(item.called(prefix) for item in scope.items)
        if not prefix_known:
            raise NoSourceMatches(what="prefix", name=".".join(prefix))
        raise UndefinedColumn(name=written(name.parts))

    # ------------------------------------------------------------ what the query binder asks

    def levels(self) -> Iterator[Scope]:
        """This level, then those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def field(self, prefix: tuple[str, ...], name: str) -> Field | None:
        """The field of that name at this level only. Raises AmbiguousColumn."""
        if prefix:
            return self._qualified(prefix, name)
        merged = next((f for f in self.merged if f.name == name), None)
        if merged is not None:
            return merged
        hits = [(item, f) for item in self.items for f in item.fields if f.name == name]
        if len(hits) > 1:
            candidates = dict.fromkeys(f"{item.shown}.{name}" for item, _ in hits)
            raise AmbiguousColumn(name=name, candidates=", ".join(candidates))
        return hits[0][1] if hits else None

    def _qualified(self, prefix: tuple[str, ...], name: str) -> Field | None:
        """The first field of that name in the item called `prefix`: KWDB does not ask for a second one there.

        Raises AmbiguousSource (42P09) when two items, of different databases, are called so.
        """
        called = [item for item in self.items if item.called(prefix)]
        if len(called) > 1:
            raise AmbiguousSource(name=".".join(prefix))
        return next((f for item in called for f in item.fields if f.name == name), None)

    def star(self, table: Sequence[tree.Ident] = ()) -> tuple[Field, ...]:
        """What `*` or `t.*` stands for: data columns of all items, then tags of all items (facts 9, trap 51).

        Raises NoSourceMatches (42P01).
        """
        if not table:
            own = [f for item in self.items for f in item.fields if f.ref not in self.covered]
            return _data_then_tags([*self.merged, *own])
        prefix = tuple(part.name for part in table)
        for scope in self.levels():
            for item in scope.items:
                if item.called(prefix):
                    return _data_then_tags(item.fields)
        raise NoSourceMatches(what="pattern", name=f"{written(table)}.*")

    def column_name(self, ref: ColumnRef) -> str | None:
        """The name of a column of this level, None when it is another level's."""
        fields = (f for item in self.items for f in item.fields)
        return next((f.name for f in fields if f.ref == ref), None)


def _data_then_tags(fields: Iterable[Field]) -> tuple[Field, ...]:
    shown = [f for f in fields if not f.hidden]
    return tuple([f for f in shown if not f.tag] + [f for f in shown if f.tag])
