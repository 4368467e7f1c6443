"""A server on which every user got to its rights on another way, and asks for the same things."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from kwrest.errors import KwrestError
from kwrest.model import Request, User
from kwrest.service.lines import Lines
from kwrest.service.rejected import Shelf
from kwrest.system import own_request
from tests.service.sql_server import SqlServer

# How a user may have come to its rights. Each is the name of a user, who has databases of its own: `r_<way>`, a relational
# one, and `s_<way>` for time series.
WAYS = ("owner", "granted", "role", "nested", "database", "public", "none")
# To whom rights are granted, so that the user has them.
GRANTEES = {"granted": "granted", "role": "role_a", "nested": "nested_c", "public": "public", "none": ""}

# By the one who makes the tables: in the relational database, then in the other.
TABLES = (
    "CREATE TABLE t (a INT, b STRING); CREATE TABLE src (a INT, b STRING); CREATE TABLE k (id INT PRIMARY KEY, n INT)"
)
SERIES = "CREATE TABLE p (ts TIMESTAMP NOT NULL, v INT, w INT) TAGS (dev INT NOT NULL, site INT) PRIMARY TAGS (dev)"
# By root: tables and views that are for nobody else, and a view over one of them.
HIDDEN = "CREATE TABLE hidden (a INT, b STRING); CREATE VIEW v AS SELECT a, b FROM hidden"


class RightsServer:
    """One user a way, with all there is made; `run` asks in a user's name."""

    def __init__(self, data: Path) -> None:
        self._stack = ExitStack()
        sql = SqlServer(data, self._stack)
        self._statements = sql.statements
        shelf = Shelf(sql.engine, 100)
        lines = Lines(sql.catalog, sql.access, sql.engine, shelf, lambda: sql.settings.dedup)
        self._lines = self._stack.enter_context(lines)
        self._made()

    def close(self) -> None:
        self._stack.close()

    def _made(self) -> None:
        self.root("CREATE ROLE role_a; CREATE ROLE nested_a; CREATE ROLE nested_b; CREATE ROLE nested_c")
        self.root("CREATE USER admin2; GRANT admin TO admin2; CREATE USER other; CREATE ROLE spare")
        self.root("CREATE ROLE chiefs; GRANT admin TO chiefs; CREATE USER chief; GRANT chiefs TO chief")
        self.root("CREATE USER maker WITH CREATEROLE; CREATE USER lead; GRANT spare TO lead WITH ADMIN OPTION")
        for way in WAYS:
            self.root(f"CREATE USER {way if way not in ('role', 'database', 'public') else self.user(way)}")
            self.root(f"CREATE DATABASE r_{way}; CREATE TS DATABASE s_{way}")
        self.root(f"GRANT role_a TO {self.user('role')}")
        self.root("GRANT nested_c TO nested_b; GRANT nested_b TO nested_a; GRANT nested_a TO nested")
        self.root("GRANT CREATE ON DATABASE r_owner, s_owner TO owner")
        self.root(f"GRANT ALL ON DATABASE r_database, s_database TO {self.user('database')}")
        for way in WAYS:
            by = "owner" if way == "owner" else "root"
            self.done(by, f"r_{way}", TABLES)
            self.done(by, f"s_{way}", SERIES)
            self.done("root", f"r_{way}", HIDDEN)
            if way == "owner":
                self.done("root", "r_owner", "GRANT ALL ON v TO owner")
            if way in ("role", "nested", "public"):
                self.done("root", f"r_{way}", f"GRANT ALL ON t, src, k, v TO {GRANTEES[way]}")
                self.done("root", f"s_{way}", f"GRANT ALL ON p TO {GRANTEES[way]}")
                self.root(f"GRANT ALL ON DATABASE r_{way}, s_{way} TO {GRANTEES[way]}")

    @staticmethod
    def user(way: str) -> str:
        """Words that no user can be called, or that mean something else, have a `u` before them."""
        return f"u{way}" if way in ("role", "database", "public") else way

    # -------------------------------------------------------------- what people do

    def root(self, sql: str) -> None:
        self.done("root", "defaultdb", sql)

    def done(self, user: str, database: str, sql: str) -> None:
        """Run definitions that have to succeed."""
        answer = self._statements.define(_request(user, database), sql)
        assert answer.failed is None, f"{user}: {sql}: {answer.descriptions}"

    def run(self, endpoint: str, user: str, database: str, text: str) -> str:
        """What the first failure says behind its SQLSTATE; empty when all is done."""
        request = _request(user, database)
        try:
            if endpoint == "query":
                answer = self._statements.query(request, text)
                if answer.result is not None:
                    answer.result.close()
                return ""
            if endpoint == "telegraf":
                rejects = self._lines.submit(request, text.encode(), "ns").result(30).rejects
                return f"{rejects[0].sqlstate} {rejects[0].reason}" if rejects else ""
            run = self._statements.define if endpoint == "ddl" else self._statements.insert
            failed = run(request, text).failed
        except KwrestError as refusal:
            failed = refusal
        return "" if failed is None else f"{failed.sqlstate} {failed.message}"

    def rows(self, user: str, database: str, sql: str) -> list[str]:
        """The rows of an answer, each as its JSON text."""
        result = self._statements.query(_request(user, database), sql).result
        assert result is not None
        try:
            return [text for batch in result.batches() for text in batch.column(0).to_pylist()]
        finally:
            result.close()


def _request(user: str, database: str) -> Request:
    return replace(own_request("test"), user=User(user), database=database)
