"""What the web layer calls, as small as its need: the rooms below implement these, and tests may too.

All methods but `Access.authenticate` and `Access.login` may block: they run on threads of the application's pool.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Protocol

from kwrest.access.credentials import Credential
from kwrest.errors import KwrestError
from kwrest.model import Reject, Request, Result, ResultColumn, User
from kwrest.web.config import RequestLimits

# ---------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class StatementsAnswer:
    """What became of the statements of a ddl or insert body, in their order (contract B1, B4).

    descriptions: one a statement, `success` or the error's text; rows: written by all; notice: None, or how many rows
    were not written and why; seconds: None when nothing ran; failed: the first failure.
    """

    descriptions: Sequence[str]
    rows: int
    notice: str | None
    seconds: float | None
    failed: KwrestError | None = None


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """The last result of a query body.

    columns: its names and KWDB types; result: batches of one string column, each value one row as the text of a JSON
    array (contract B6), None when a statement gives no rows; seconds: spent until the first row.
    """

    columns: Sequence[ResultColumn]
    result: Result | None
    seconds: float


class Statements(Protocol):
    """SQL text in, what became of it out. Each raises a KwrestError of Kind.REQUEST or Kind.TRANSIENT when nothing ran."""

    def define(self, request: Request, text: str) -> StatementsAnswer: ...
    def insert(self, request: Request, text: str) -> StatementsAnswer: ...

    def query(self, request: Request, text: str) -> QueryAnswer:
        """Raises the first statement's error. The caller closes the result."""
        ...

    def count(self, text: str) -> int:
        """How many statements `text` has, whatever they say; never raises. Counting may stop at 100."""
        ...


# ---------------------------------------------------------------- lines


@dataclass(frozen=True, slots=True)
class LinesAnswer:
    """What became of a body of lines. stored: rows; rejects: of the refused lines, the first hundreds; refused: how many in all.

    transient: why nothing was stored although lines were good (503); the rejects' own `curable` decides the rest.
    """

    stored: int
    rejects: Sequence[Reject]
    refused: int
    seconds: float
    transient: KwrestError | None = None


class Lines(Protocol):
    def submit(self, request: Request, body: bytes, precision: str) -> Future[LinesAnswer]:
        """Store the good lines of `body`. precision: `ns`, `us`, `ms`, `s` or `auto`.

        Raises, or the future does, a KwrestError when nothing ran: an unknown database, a transient failure.
        """
        ...


# ---------------------------------------------------------------- who asks


class Access(Protocol):
    """Who is asking, and their sessions. `authenticate` and `login` never block."""

    def authenticate(self, credential: Credential | None) -> User | Future[User]:
        """Raises, or the future does, BadCredentials, BadToken or Busy."""
        ...

    def login(self, credential: Credential | None) -> str | Future[str]:
        """A token. Raises as `authenticate`."""
        ...

    def list_sessions(self, user: User) -> Sequence[Mapping[str, object]]:
        """The sessions `user` may see, as the objects of the answer (contract A7)."""
        ...

    def delete_session(self, user: User, number: str, request: Request) -> None:
        """Raises NotSessionAdmin, or UnknownSession for a malformed or unknown id."""
        ...


# ---------------------------------------------------------------- the server's own state


@dataclass(frozen=True, slots=True)
class State:
    """Whether the server can do its work; details are for admins."""

    ready: bool
    details: Mapping[str, object]


class Readiness(Protocol):
    def state(self) -> State: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the endpoints call."""

    statements: Statements
    lines: Lines
    access: Access
    readiness: Readiness
    limits: RequestLimits
    executor: Executor
    version: str
