"""FROM: tables, subqueries, SHOW in brackets, joins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kwrest.errors import RepeatedColumn, SqlError, UndefinedColumn, Unsupported, WrongColumnCount
from kwrest.model import ResultColumn, Table
from kwrest.sql import tree
from kwrest.sql.bind.calls import coalesce
from kwrest.sql.bind.expressions import bind_condition, bind_expression, bind_settled
from kwrest.sql.bind.generators import rows_of
from kwrest.sql.bind.scope import ANONYMOUS, Field, Item, Named, Recursion, Scope, table_fields, table_path
from kwrest.sql.bind.show import bind_show
from kwrest.sql.bind.tables import find_table
from kwrest.sql.bind.views import BindQuery, bind_view
from kwrest.sql.bound import (
    And,
    ColumnRef,
    Const,
    Derived,
    Expr,
    Join,
    JoinKind,
    Relation,
    Scan,
    Select,
    Series,
    Source,
    WindowCall,
    Working,
)
from kwrest.sql.functions import SERIES
from kwrest.types.kinds import INT8


@dataclass(frozen=True, slots=True)
class Offer:
    """A bound FROM item with the names it offers; merged and covered as in Scope."""

    source: Source
    items: tuple[Item, ...]
    merged: tuple[Field, ...] = ()
    covered: frozenset[ColumnRef] = frozenset()


def bind_from(sources: Sequence[tree.FromItem], scope: Scope) -> Source | None:
    """Bind the comma-separated FROM items and add their names to the scope; None without FROM."""
    joined: Source | None = None
    for item in sources:
        offer = bind_source(item, scope)
        _add(offer, scope)
        joined = offer.source if joined is None else Join(JoinKind.CROSS, joined, offer.source)
    return joined


def _add(offer: Offer, scope: Scope) -> None:
    for item in offer.items:
        scope.add(item)
    scope.merged.extend(offer.merged)
    scope.covered.update(offer.covered)


def bind_source(item: tree.FromItem, scope: Scope) -> Offer:
    """Bind one FROM item; scope is the level it stands in, with the items before it (LATERAL sees them)."""
    match item:
        case tree.TableRef():
            return _bind_table(item, scope)
        case tree.FromQuery():
            # Only a LATERAL subquery sees its neighbours; any other sees what is around the whole query.
            around = scope if item.lateral else _around(scope)
            return _derived(scope.bind(item.query, around), item.alias, item.columns, scope, item.lateral)
        case tree.FromShow():
            relation = bind_show(item.show, scope.context, scope.reads)
            return _derived(relation, item.alias, item.columns, scope)
        case tree.FromFunction():
            return _bind_function(item, scope)
        case tree.WithOrdinality():
            return _bind_numbered(item, scope)
        case tree.Join():
            return _bind_join(item, scope)
    raise Unsupported(what=type(item).__name__)


def _around(scope: Scope) -> Scope:
    """A scope without this level's items, in which the same WITH names are known."""
    return replace(scope, items=[], merged=[], covered=set())


def _bind_table(ref: tree.TableRef, scope: Scope) -> Offer:
    named = scope.named.get(ref.name[0].name) if len(ref.name) == 1 else None
    if isinstance(named, Recursion):
        return _bind_recursion(named, ref, scope)
    if named is not None:
        return _bind_named(named, ref, scope)
    database, table = find_table(ref.name, scope.context)
    scope.reads.read(table)
    number = scope.context.source_number()
    if table.view is not None:
        relation = bind_view(table.view, table.name, scope.context, scope.reads, _bind_apart(scope))
        return _view(table, table_path(database.name, table), relation, number, ref)
    path = table_path(database.name, table) if ref.alias is None else (ref.alias.name,)
    fields = _renamed(table_fields(table, number), ref.columns, path[-1])
    return Offer(Scan(number, table), (Item(path, fields, table),))


def _bind_apart(scope: Scope) -> BindQuery:
    """Binds a query in surroundings of its own: a view sees nothing of the statement it stands in."""
    return lambda query, context, reads: scope.bind(query, Scope(context, reads, scope.bind))


def _view(table: Table, path: tuple[str, ...], relation: Relation, number: int, ref: tree.TableRef) -> Offer:
    """A view, as a subquery in its place under the names of its own columns."""
    if ref.alias is not None:
        path = (ref.alias.name,)
    columns = enumerate(zip(table.columns, relation.columns, strict=True), 1)
    fields = tuple(Field(mine.name, ColumnRef(number, place, made.type)) for place, (mine, made) in columns)
    return Offer(Derived(number, relation, view=table), (Item(path, _renamed(fields, ref.columns, path[-1])),))


def _bind_named(named: Named, ref: tree.TableRef, scope: Scope) -> Offer:
    """A name of WITH, as a subquery in its place."""
    relation = named.take()
    alias = ref.alias or ref.name[0]
    offer = _derived(relation, named.query.name, named.query.columns, scope)
    (item,) = offer.items
    renamed = Item((alias.name,), _renamed(item.fields, ref.columns, alias.name))
    return replace(offer, items=(renamed,))


def _bind_recursion(own: Recursion, ref: tree.TableRef, scope: Scope) -> Offer:
    """The name of a recursive query inside its step."""
    number = scope.context.source_number()
    fields = tuple(Field(c.name, ColumnRef(number, place, c.type)) for place, c in enumerate(own.columns, 1))
    alias = (ref.alias or ref.name[0]).name
    return Offer(Working(number, own.number), (Item((alias,), _renamed(fields, ref.columns, alias)),))


def _derived(
    relation: Relation, alias: tree.Ident | None, columns: Sequence[tree.Ident], scope: Scope, lateral: bool = False
) -> Offer:
    number = scope.context.source_number()
    fields = tuple(
        Field(column.name, ColumnRef(number, position, column.type))
        for position, column in enumerate(relation.columns, 1)
    )
    path = () if alias is None else (alias.name,)
    item = Item(path, _renamed(fields, columns, alias.name if alias else ANONYMOUS))
    return Offer(Derived(number, relation, lateral), (item,))


def _renamed(fields: tuple[Field, ...], names: Sequence[tree.Ident], source: str) -> tuple[Field, ...]:
    """Fields under the names of `AS t (a, b)`; those after the last name keep theirs. Raises WrongColumnCount (42P10)."""
    shown = [f for f in fields if not f.hidden]
    if len(names) > len(shown):
        raise WrongColumnCount(name=source, available=len(shown), specified=len(names))
    given = {f.ref: name.name for f, name in zip(shown, names, strict=False)}
    return tuple(replace(f, name=given.get(f.ref, f.name)) for f in fields)


def _bind_function(item: tree.FromFunction, scope: Scope) -> Offer:
    """A function in FROM: rows of a table function, or one row of any other."""
    call, context = item.call, scope.context
    inside = replace(_around(scope), clause="FROM")
    # A function of one column lends it its alias: `generate_series(1, 3) AS g` has the column g.
    alias = item.alias or tree.Ident(call.name)
    if call.name not in SERIES:
        value = bind_settled(call, inside)
        columns = (ResultColumn(alias.name, value.type),)
        relation = Select(columns, (value,))
        if item.ordinality:
            relation = Select((*columns, ResultColumn("ordinality", INT8)), (value, Const(1, INT8)))
        return _derived(relation, alias, item.columns, scope)
    rows = rows_of(call, inside, bind_expression)
    types = rows.types
    number = context.source_number()
    names = [name or (alias.name if len(types) == 1 else call.name) for name in rows.names]
    if len(types) == 1 and item.alias is not None:
        names = [alias.name]
    if item.ordinality:
        types, names = (*types, INT8), [*names, "ordinality"]
    fields = tuple(Field(n, ColumnRef(number, i, t)) for i, (n, t) in enumerate(zip(names, types, strict=True), 1))
    source = Series(number, rows.lists, item.ordinality)
    # Without an alias the name may repeat, so nothing can be qualified by it.
    path = (alias.name,) if item.alias is not None else ()
    return Offer(source, (Item(path, _renamed(fields, item.columns, alias.name)),))


def _bind_numbered(item: tree.WithOrdinality, scope: Scope) -> Offer:
    """Rows of an item with their numbers, from 1, in a last column `ordinality`."""
    offer = bind_source(item.source, scope)
    inside = _around(scope)
    _add(offer, inside)
    shown = inside.star()
    columns = (*(ResultColumn(f.name, f.ref.type) for f in shown), ResultColumn("ordinality", INT8))
    number = WindowCall("row_number", (), INT8)
    relation = Select(columns, (*(f.ref for f in shown), number), offer.source)
    own = offer.items[0].path
    alias = item.alias or (tree.Ident(own[-1]) if own else None)
    return _derived(relation, alias, item.columns, scope)


# ---------------------------------------------------------------- joins


def _bind_join(join: tree.Join, scope: Scope) -> Offer:
    left = bind_source(join.left, scope)
    # LATERAL on the right sees the left side.
    beside = replace(scope, items=[*scope.items, *left.items])
    right = bind_source(join.right, beside)
    kind = JoinKind(join.kind)
    names = [name.name for name in join.using]
    if join.natural:
        names = [f.name for f in _visible(left) if any(f.name == other.name for other in _visible(right))]
    if names:
        return _bind_using(kind, left, right, names, scope)
    both = Offer(left.source, left.items + right.items, left.merged + right.merged, left.covered | right.covered)
    on: Expr | None = None
    if join.on is not None:
        inside = replace(_around(scope), clause="ON")
        _add(both, inside)
        on = bind_condition(join.on, inside)
    if on is None and kind in (JoinKind.INNER, JoinKind.CROSS):
        kind = JoinKind.CROSS
    return replace(both, source=Join(kind, left.source, right.source, on))


def _bind_using(kind: JoinKind, left: Offer, right: Offer, names: Sequence[str], scope: Scope) -> Offer:
    """USING (a, b): the columns are compared by `=` and become one, the side's that is always there."""
    for place, name in enumerate(names):
        if name in names[:place]:
            raise RepeatedColumn(name=name)
    conditions, merged, covered = [], [], set(left.covered | right.covered)
    for name in names:
        one, other = _side(left, name, "left"), _side(right, name, "right")
        conditions.append(_equal(one, other, scope))
        merged.append(other if kind is JoinKind.RIGHT else one)
        covered |= {one.ref, other.ref}
    on = conditions[0] if len(conditions) == 1 else And(tuple(conditions))
    kept = [f for f in left.merged + right.merged if f.name not in names]
    joined = Join(kind, left.source, right.source, on)
    offer = Offer(joined, left.items + right.items, (*merged, *kept), frozenset(covered))
    if kind is not JoinKind.FULL:
        return offer
    sides = [(_side(left, name, "left"), _side(right, name, "right")) for name in names]
    return _merged_full(offer, sides, scope)


def _merged_full(offer: Offer, sides: Sequence[tuple[Field, Field]], scope: Scope) -> Offer:
    """FULL JOIN … USING: the merged column is the left side's or else the right side's, so it is computed in a query
    around the join, and the columns of both sides are those of that query."""
    context = scope.context
    own = list(dict.fromkeys(f.ref for item in offer.items for f in item.fields))
    values = [coalesce((one.ref, other.ref), context.zone) for one, other in sides]
    outputs = (*values, *own)
    number = context.source_number()
    relation = Select(tuple(ResultColumn(f"c{i}", o.type) for i, o in enumerate(outputs, 1)), outputs, offer.source)
    moved = {ref: ColumnRef(number, i, ref.type) for i, ref in enumerate(own, len(values) + 1)}
    merged = [
        Field(one.name, ColumnRef(number, i, v.type), one.tag)
        for i, ((one, _), v) in enumerate(zip(sides, values, strict=True), 1)
    ]
    kept = [replace(f, ref=moved[f.ref]) for f in offer.merged[len(sides) :]]
    items = tuple(
        replace(item, fields=tuple(replace(f, ref=moved[f.ref]) for f in item.fields)) for item in offer.items
    )
    return Offer(Derived(number, relation), items, (*merged, *kept), frozenset(moved[ref] for ref in offer.covered))


def _visible(offer: Offer) -> list[Field]:
    """Fields of an offer as an unqualified name sees them."""
    own = [f for item in offer.items for f in item.fields if f.ref not in offer.covered and not f.hidden]
    return [*offer.merged, *own]


def _side(offer: Offer, name: str, side: str) -> Field:
    """The one field of that name. Raises UndefinedColumn (42703) or SqlError (42702) for USING."""
    hits = [f for f in _visible(offer) if f.name == name]
    if not hits:
        raise UndefinedColumn(name=name)
    if len(hits) > 1:
        raise SqlError(reason=f'common column name "{name}" appears more than once in {side} table')
    return hits[0]


def _equal(one: Field, other: Field, scope: Scope) -> Expr:
    """`one = other`, bound by the same rules as written by hand."""
    inside = replace(_around(scope), clause="ON")
    inside.items = [Item(("left",), (one,)), Item(("right",), (other,))]
    left = tree.Name((tree.Ident("left"), tree.Ident(one.name)))
    right = tree.Name((tree.Ident("right"), tree.Ident(other.name)))
    return bind_condition(tree.Binary("=", left, right), inside)
