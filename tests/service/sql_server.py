"""The SQL line over one data directory, put together as the start of the server does it, and stories told to it."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from kwrest.access.access import Access
from kwrest.access.first_start import first_start
from kwrest.catalog.schema import Catalog
from kwrest.catalog.settings import Settings
from kwrest.engines import open_engine
from kwrest.errors import KwrestError
from kwrest.model import User
from kwrest.service.answers import StatementsAnswer
from kwrest.service.queries import Queries
from kwrest.service.statements import Statements
from kwrest.system import own_request


class SqlServer:
    """The SQL line over one data directory."""

    def __init__(self, data: Path, stack: ExitStack) -> None:
        engine = stack.enter_context(closing(open_engine("duckdb:", data)))
        self.engine, self.catalog, self.settings = engine, Catalog(engine), Settings(engine)
        first_start(engine, data, "root's own")
        self.access = stack.enter_context(closing(Access(engine, self.catalog, lambda: 60)))
        queries = stack.enter_context(closing(Queries(lambda: 60, 1)))
        self.statements = Statements(self.catalog, self.settings, self.access, engine, queries)

    def run(self, sql: str, user: str = "root") -> Any:
        """Rows of a query, `ok` of any other statement, or the text of its error."""
        request = replace(own_request("test"), user=User(user), database="defaultdb")
        word = sql.split()[0].upper()
        try:
            if word in ("SELECT", "SHOW", "TABLE", "EXPLAIN"):
                result = self.statements.query(request, sql).result
                assert result is not None
                with closing(result):
                    return [json.loads(row) for batch in result.batches() for row in batch.column(0).to_pylist()]
            run = self.statements.insert if word in ("INSERT", "UPSERT") else self.statements.define
            failed = run(request, sql).failed
        except KwrestError as problem:
            return problem.message
        return "ok" if failed is None else failed.message

    def insert(self, body: str) -> StatementsAnswer:
        """The whole answer to an insert body."""
        return self.statements.insert(replace(own_request("test"), database="defaultdb"), body)


def play(server: SqlServer, story: list[tuple[str, Any]], user: str = "root") -> None:
    for sql, expected in story:
        assert server.run(sql, user) == expected, sql
