"""A server's access rooms on a real engine, with clocks that a test moves."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from kwrest.access.access import Access
from kwrest.access.changes import AccessDefinition
from kwrest.access.credentials import Credential, Pair, credential
from kwrest.access.first_start import first_start
from kwrest.catalog.schema import Catalog, CatalogDefinition
from kwrest.catalog.settings import Plain, Settings
from kwrest.engines import open_engine
from kwrest.errors import BadCredentials, BadToken, KwrestError
from kwrest.model import Column, Database, DatabaseKind, Privilege, Request, Table, TableKind, User
from kwrest.sql.definitions import (
    AlterUser,
    CreateDatabase,
    CreateTable,
    CreateUser,
    Grant,
    GrantRoles,
    SetSetting,
    UserOptions,
)
from kwrest.system import own_request
from kwrest.types.kinds import INT4

T = TypeVar("T")
ROOT_PASSWORD = "root's own"
HERE = "192.0.2.1"
MINUTE = 60 * 10**9


@dataclass
class Clock:
    """nanoseconds since 1970 UTC; starts on 2026-11-24 08:00:00."""

    now: int = 1795507200 * 10**9

    def __call__(self) -> int:
        return self.now

    def seconds(self) -> float:
        return self.now / 10**9


@dataclass
class Server:
    """What the service would put together. start() after stop() is a restart; kill() is one without a shutdown."""

    data: Path
    clock: Clock = field(default_factory=Clock)
    root_password: str | None = ROOT_PASSWORD

    def start(self) -> None:
        self.engine = open_engine("duckdb:", self.data)
        self.catalog = Catalog(self.engine)
        self.settings = Settings(self.engine)
        self.first = first_start(self.engine, self.data, self.root_password)
        self.access = Access(
            self.engine,
            self.catalog,
            lambda: self.settings.number("server.rest.timeout"),
            self.clock,
            self.clock.seconds,
        )

    def stop(self) -> None:
        self.access.close()
        self.engine.close()

    def kill(self) -> None:
        """What is in memory only is lost."""
        self.engine.close()

    # -------------------------------------------------------------- what people do

    def login(self, user: str = "root", password: str = ROOT_PASSWORD) -> str:
        return done(self.access.login(Pair(user, password, header=True), HERE))

    def who(self, said: Credential | str | None) -> User:
        """said: a credential, or a token as a client sends it."""
        if isinstance(said, str):
            said = credential([b"Basic " + said.encode()], [], [])
        return done(self.access.authenticate(said, HERE))

    def request(self, user: str = "root") -> Request:
        """admin is claimed by everyone here: nothing may believe it."""
        return replace(own_request("test"), user=User(user, admin=True, createrole=True), zone=ZoneInfo("UTC"))

    def set(self, name: str, value: Plain | None) -> None:
        self.settings.apply(SetSetting(name, value, ()), self.request())

    def do(self, definition: AccessDefinition, by: str = "root") -> None:
        self.access.apply(definition, self.request(by))

    def user(self, name: str, password: str | None = "secret", *, createrole: bool = False) -> None:
        self.do(CreateUser(name, options(password, createrole=createrole), ()))

    def admin(self, name: str, password: str | None = "secret") -> None:
        self.user(name, password)
        self.role("admin", name)

    def role(self, roles: str, *to: str, by: str = "root", revoke: bool = False, option: bool = False) -> None:
        """roles: `a b`; option: WITH ADMIN OPTION, or only that is revoked."""
        self.do(GrantRoles(tuple(roles.split()), to, revoke, option, ()), by)

    def define(self, definition: CatalogDefinition, by: str = "root") -> None:
        with self.access.with_catalog(User(by), definition.rights) as grants:
            self.catalog.apply(definition, self.request(by), grants)

    def database(self, name: str) -> Database:
        if self.catalog.database(name) is None:
            self.define(CreateDatabase(name, DatabaseKind.RELATIONAL, 0, 0, ()))
        found = self.catalog.database(name)
        assert found is not None
        return found

    def table(self, name: str, inside: str = "shop") -> Table:
        database = self.database(inside)
        if self.catalog.table(database, name) is None:
            columns = (Column(1, "a", INT4),)
            self.define(CreateTable(Table(0, database.id, name, TableKind.RELATIONAL, columns), ()))
        found = self.catalog.table(database, name)
        assert found is not None
        return found

    def grant(self, what: str, on: Database | Table, *to: str, by: str = "root", revoke: bool = False) -> None:
        """what: privileges, `SELECT INSERT`."""
        self.do(Grant(tuple(map(Privilege, what.split())), (on,), to, revoke, ()), by)


def options(password: str | None = None, **said: bool) -> UserOptions:
    """What is said about a user; a password of None is not said."""
    return UserOptions(password=password, sets_password=password is not None, **said)


def new_password(name: str, password: str) -> AlterUser:
    return AlterUser(name, options(password), ())


def done(value: T | Future[T]) -> T:
    """A value that is here or comes soon."""
    return value.result(30) if isinstance(value, Future) else value


def refused(server: Server, said: Credential | str | None) -> type[KwrestError]:
    with pytest.raises((BadToken, BadCredentials)) as failure:
        server.who(said)
    return type(failure.value)


def token_of(user: str, secret: str) -> str:
    return b64encode(f"{user}:{secret}".encode()).decode()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests of a file that leave it as it was."""
    made = Server(tmp_path_factory.mktemp("shared"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Servers of one data directory, not started."""
    made: list[Server] = []

    def make(**facts: object) -> Server:
        made.append(Server(tmp_path, **facts))  # type: ignore[arg-type]  # the caller's facts
        return made[-1]

    yield make
