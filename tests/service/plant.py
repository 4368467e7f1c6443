"""A server without its port: statements and lines as the service puts them together on a real engine."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kwrest.catalog.invariants import stored_catalog
from kwrest.engines import inspect
from kwrest.model import TableKind, User
from kwrest.service.statements import Statements
from kwrest.system import SYSTEM_TABLES
from tests.service.line_server import ROOT, LineServer


@dataclass
class Plant:
    """What people say to it: `ddl`, `insert`, `query`, `lines`; each raises or returns as a client would see it."""

    data: Path
    server: LineServer = field(init=False)

    def __post_init__(self) -> None:
        self.server = LineServer(self.data)
        self.start()

    def start(self) -> None:
        self.server.start()
        server = self.server
        self.statements = Statements(server.catalog, server.settings, server.access, server.engine, server.queries)

    def restart(self) -> None:
        self.server.stop()
        self.start()

    def check(self) -> list[str]:
        """Stop, look at the data as `kwrest check` does, start again: what is wrong."""
        self.stop()
        with inspect("duckdb:", self.data) as inspected:
            catalog = stored_catalog(inspected.read_system)
            wrong = [*inspected.found, *catalog.found, *inspected.strangers(catalog.tables)]
            for table in (*SYSTEM_TABLES, *catalog.tables):
                if table.kind is not TableKind.VIEW:
                    inspected.contents(table, wrong)
        self.start()
        return wrong

    def stop(self) -> None:
        self.server.stop()

    def ddl(self, text: str, database: str = "iot", user: User = ROOT) -> list[str]:
        """`desc` of the answer."""
        return list(self.statements.define(self.server.request(user, database), text).descriptions)

    def insert(self, text: str, database: str = "iot", user: User = ROOT) -> int:
        """`rows` of the answer; all statements succeeded."""
        answer = self.statements.insert(self.server.request(user, database), text)
        assert answer.failed is None, answer.descriptions
        return answer.rows

    def query(self, text: str, database: str = "iot", user: User = ROOT) -> list[list[Any]]:
        """`data` of the answer."""
        answer = self.statements.query(self.server.request(user, database), text)
        assert answer.result is not None
        with closing(answer.result) as result:
            return [json.loads(row) for batch in result.batches() for row in batch.column(0).to_pylist()]

    def lines(self, body: str, database: str = "iot") -> int:
        """Lines stored; none was refused."""
        answer = self.server.send(body, database=database)
        if answer.transient is not None:
            raise answer.transient
        assert not answer.refused, answer
        return answer.stored
