"""Expressions from SQL text to JSON cells through the real parser, binder, printer and a bare DuckDB connection.

Only `SELECT list [FROM one table] [WHERE] [GROUP BY] [HAVING] [ORDER BY]` is understood: what stands around expressions
belongs to other tests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import duckdb

from kwrest.engines.duckdb.spelling import DuckDBExpressions
from kwrest.engines.duckdb.spelling_text import MARK
from kwrest.errors import KwrestError, Unsupported
from kwrest.model import Column, ResultColumn, Table, TableKind
from kwrest.sql import tree
from kwrest.sql.bind.casts import cast
from kwrest.sql.bind.expressions import bind_condition, bind_expression, bind_settled, result_name
from kwrest.sql.bound import ColumnRef, Relation
from kwrest.sql.grammar import parse
from kwrest.types import kinds
from kwrest.types.names import declared_type
from tests.sql.scoping import OneTable, scope_of

UTC = ZoneInfo("UTC")


class Speller(DuckDBExpressions):
    def column(self, ref: ColumnRef) -> str:
        return f"s{ref.source}.c{ref.column}"

    def relation(self, relation: Relation) -> str:
        raise NotImplementedError


@dataclass
class Evaluator:
    """Tables in a bare DuckDB connection, and the answers of queries over them."""

    zone: ZoneInfo = UTC
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    tables: dict[str, Table] = field(default_factory=dict)
    speller: Speller = field(default_factory=Speller)

    def _scope(self, table: str | None = None) -> OneTable:
        return scope_of(self.tables[table] if table else None, zone=self.zone)

    def create(self, sql: str) -> None:
        """CREATE TABLE, with TAGS as further columns."""
        statement = parse(sql)
        assert isinstance(statement, tree.CreateTable)
        is_series = statement.tags is not None
        definitions = (*statement.columns, *(statement.tags or ()))
        columns = tuple(
            Column(i, d.name.name, declared_type(d.type.name, d.type.arguments, d.type.array, is_series))
            for i, d in enumerate(definitions, 1)
        )
        name = statement.name[-1].name
        if is_series:
            first = Column(1, columns[0].name, kinds.TIMESTAMPTZ)
            columns = (first, *columns[1:])

        self.tables[name] = Table(1, 1, name, TableKind.TIME_SERIES if is_series else TableKind.RELATIONAL, columns)
        described = ", ".join(f"c{c.id} {self.speller.type_name(c.type)}" for c in columns)
        self.connection.execute(f"CREATE TABLE {name} ({described})")

    def insert(self, sql: str) -> None:
        """INSERT … VALUES of all columns."""
        statement = parse(sql)
        assert isinstance(statement, tree.Insert) and statement.source is not None
        body = statement.source.body
        assert isinstance(body, tree.Values)
        name = statement.table.name[-1].name
        scope = self._scope()
        for row in body.rows:
            cells = []
            for node, column in zip(row, self.tables[name].columns, strict=False):
                value = cast(bind_expression(node, scope), column.type, self.zone)
                cells.append(self.speller.expression(value))
            cells += ["NULL"] * (len(self.tables[name].columns) - len(cells))
            self.connection.execute(f"INSERT INTO {name} VALUES ({', '.join(cells)})")

    def ask(self, sql: str) -> tuple[list[ResultColumn], list[list[str]]]:
        """Names and types, and rows of JSON texts."""
        columns, inner = self._spelled(sql)
        cells = ", ".join(self.speller.json_cell(f"t.o{i}", c.type, self.zone) for i, c in enumerate(columns))
        rows = self.connection.execute(f"SELECT {cells} FROM ({inner}) AS t").fetchall()
        return columns, [list(row) for row in rows]

    def text(self, sql: str) -> str:
        """The DuckDB query, its columns called o0, o1, …"""
        return self._spelled(sql)[1]

    def _spelled(self, sql: str) -> tuple[list[ResultColumn], str]:
        query = parse(sql if sql.lstrip()[:6].lower() == "select" else f"SELECT {sql}")
        assert isinstance(query, tree.Query) and isinstance(query.body, tree.Select)
        select = query.body
        table = None
        if select.sources:
            source = select.sources[0]
            if len(select.sources) > 1 or not isinstance(source, tree.TableRef):
                raise Unsupported(what="FROM in this test")
            table = source.name[-1].name
        scope = self._scope(table)
        outputs = [bind_settled(item.expr, scope) for item in select.items]
        columns = [ResultColumn(result_name(i), e.type) for i, e in zip(select.items, outputs, strict=True)]
        print_ = self.speller.expression
        inner = "SELECT " + ", ".join(f"{print_(e)} AS o{i}" for i, e in enumerate(outputs))
        if table is not None:
            inner += f" FROM {table} AS s1"
        if select.where is not None:
            scope.clause = "WHERE"
            inner += f" WHERE {print_(bind_condition(select.where, scope))}"

        def key(node: tree.Expr, clause: str) -> str:
            scope.clause = clause
            if isinstance(node, tree.Name):
                name = node.parts[-1].name
                column = scope.source.column(name) if scope.source is not None else None
                for item, output in zip(select.items, outputs, strict=True):
                    if item.alias is not None and item.alias.name == name and (clause == "ORDER BY" or column is None):
                        return print_(output)
            if isinstance(node, tree.Number):
                return print_(outputs[int(node.text) - 1])
            return print_(bind_settled(node, scope))

        if select.group_by:
            inner += f" GROUP BY {', '.join(key(node, 'GROUP BY') for node in select.group_by)}"
        if select.having is not None:
            scope.clause = "HAVING"
            inner += f" HAVING {print_(bind_condition(select.having, scope))}"
        if query.order_by:
            keys = (
                f"{key(o.expr, 'ORDER BY')} {'DESC NULLS LAST' if o.descending else 'ASC NULLS FIRST'}"
                for o in query.order_by
            )
            inner += f" ORDER BY {', '.join(keys)}"
        return columns, inner


def raised(error: BaseException) -> tuple[str, str]:
    """SQLSTATE and text of a failure, read out of DuckDB's message where a guard raised it."""
    if isinstance(error, KwrestError):
        return error.sqlstate, error.message
    guard = re.search(rf"{MARK}\|([0-9A-Z]{{5}})\|(.*)", str(error))
    return (guard[1], guard[2]) if guard else ("XX000", str(error))
