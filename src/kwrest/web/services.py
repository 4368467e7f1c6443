"""What the web layer calls, as small as its need: the rooms below implement these, and tests may too.

All methods but `Access.authenticate` and `Access.login` may block: they run on threads of the application's pool.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from kwrest.access.credentials import Credential
from kwrest.model import Request, User
from kwrest.service.answers import LinesAnswer, QueryAnswer, State, StatementsAnswer
from kwrest.service.metrics import Answered, Reading
from kwrest.service.queries import Queries
from kwrest.service.replay import Replayed
from kwrest.web.config import RequestLimits

# ---------------------------------------------------------------- statements


class Statements(Protocol):
    """SQL text in, what became of it out. Each raises a KwrestError of Kind.REQUEST or Kind.TRANSIENT when nothing ran."""

    @property
    def zone(self) -> ZoneInfo:
        """Of requests that name none."""
        ...

    def define(self, request: Request, text: str) -> StatementsAnswer: ...
    def insert(self, request: Request, text: str) -> StatementsAnswer: ...

    def query(self, request: Request, text: str) -> QueryAnswer:
        """Raises the first statement's error. The caller closes the result."""
        ...

    def count(self, text: str) -> int:
        """How many statements `text` has, whatever they say; never raises. Counting may stop at 100."""
        ...


# ---------------------------------------------------------------- lines


class Lines(Protocol):
    def submit(self, request: Request, body: bytes, precision: str) -> Future[LinesAnswer]:
        """Store the good lines of `body`. precision: `ns`, `us`, `ms`, `s` or `auto`.

        Raises, or the future does, a KwrestError when nothing ran: an unknown database, a transient failure.
        """
        ...


class Replay(Protocol):
    """The shelf of refused lines, for administrators. ids: None for all lines."""

    def replay(self, request: Request, ids: Collection[int] | None) -> Replayed: ...
    def purge(self, request: Request, ids: Collection[int] | None) -> int: ...


# ---------------------------------------------------------------- who asks


class Access(Protocol):
    """Who is asking, and their sessions. `authenticate` and `login` never block."""

    def authenticate(self, credential: Credential | None, address: str) -> User | Future[User]:
        """address: where the request comes from. Raises, or the future does, BadCredentials, BadToken or Busy."""
        ...

    def login(self, credential: Credential | None, address: str) -> str | Future[str]:
        """A token. Raises as `authenticate`."""
        ...

    def session_id(self, credential: Credential | None) -> str:
        """The session whose token it is, empty for a password."""
        ...

    def list_sessions(self, user: User) -> Sequence[Mapping[str, object]]:
        """The sessions `user` may see, as the objects of the answer (contract A7)."""
        ...

    def delete_session(self, user: User, number: str, request: Request) -> None:
        """Raises NotSessionAdmin, or UnknownSession for a malformed or unknown id."""
        ...


# ---------------------------------------------------------------- the server's own state


class Readiness(Protocol):
    def state(self) -> State: ...


class Metrics(Protocol):
    """None of these but `text` may take long: `began` and `ended` are called on the event loop."""

    def began(self) -> None: ...
    def ended(self, request: Answered) -> None: ...
    def text(self, more: Iterable[Reading] = ()) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the endpoints call."""

    statements: Statements
    lines: Lines
    replay: Replay
    access: Access
    queries: Queries
    readiness: Readiness
    metrics: Metrics
    limits: RequestLimits
    executor: Executor
    version: str
