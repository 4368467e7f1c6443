"""The rooms below the web layer, as small real ones: enough to say what a request became of, without SQL or an engine."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from zoneinfo import ZoneInfo

import pyarrow as pa

from kwrest.access.credentials import Credential, Pair, Token
from kwrest.errors import (
    BadCredentials,
    BadToken,
    Kind,
    NotSessionAdmin,
    OutOfMemory,
    QueryTimeout,
    SyntaxError_,
    UndefinedTable,
    UnknownDatabase,
    UnknownSession,
    WrongEndpoint,
)
from kwrest.model import Reject, Request, Result, ResultColumn, User
from kwrest.service.answers import LinesAnswer, QueryAnswer, State, StatementsAnswer
from kwrest.service.replay import Replayed, Still
from kwrest.types.kinds import FLOAT8, INT4, TIMESTAMP, varchar

TOKEN = "kwr1_" + "A" * 43
USERS = {
    "root": ("secret", User("root", admin=True)),
    "ann": ("pass:word", User("ann")),
    "jürgen": ("grün", User("jürgen")),
}


class Rows:
    """A result of rows that are JSON text already."""

    def __init__(self, columns: Sequence[ResultColumn], batches: Iterator[list[str]], kind: pa.DataType) -> None:
        self.columns, self._batches, self._kind = columns, batches, kind
        self.closed = False

    def batches(self) -> Iterator[pa.RecordBatch]:
        for rows in self._batches:
            yield pa.record_batch([pa.array(rows, self._kind)], ["row"])

    def close(self) -> None:
        self.closed = True


class Statements:
    """Statements are words: `ok`, `fail`, `busy`, … each with one known end."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.results: list[Rows] = []
        self.running = threading.Event()
        self.go_on = threading.Event()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo("UTC")

    def count(self, text: str) -> int:
        return len([s for s in text.split(";") if s.strip()])

    def define(self, request: Request, text: str) -> StatementsAnswer:
        return self._run(request, text, "ddl")

    def insert(self, request: Request, text: str) -> StatementsAnswer:
        return self._run(request, text, "insert")

    def _run(self, request: Request, text: str, endpoint: str) -> StatementsAnswer:
        self._check(request)
        words = [s.strip() for s in text.split(";") if s.strip()]
        if any(w.startswith("select") for w in words):
            raise WrongEndpoint(endpoint=endpoint)
        failures = {"fail": UndefinedTable(name="t"), "wrong": SyntaxError_(token="wrong")}
        descriptions = [failures[w].message if w in failures else "success" for w in words]
        failed = next((failures[w] for w in words if w in failures), None)
        return StatementsAnswer(descriptions, descriptions.count("success"), None, 0.002, failed)

    def _check(self, request: Request) -> None:
        self.requests.append(request)
        if request.database not in ("defaultdb", "db1"):
            raise UnknownDatabase(name=request.database)

    def query(self, request: Request, text: str) -> QueryAnswer:
        self._check(request)
        word = text.strip().rstrip(";").strip()
        columns = [ResultColumn("ts", TIMESTAMP), ResultColumn("id", varchar(128)), ResultColumn("electricity", FLOAT8)]
        if word == "missing":
            raise UndefinedTable(name="ts_table")
        if word == "slow":
            raise QueryTimeout()
        if word == "memory":
            raise OutOfMemory()
        if word == "bug":
            raise ZeroDivisionError("a secret of the engine")
        if word == "nothing":
            return QueryAnswer([], None, 0.001)
        if word == "wait":
            self.running.set()
            while not self.go_on.wait(0.01):
                if request.cancel.is_set():
                    raise QueryTimeout()
        if match := re.fullmatch(r"rows (\d+) of (\d+) bytes as (\w+)", word):
            count, size, kind = int(match[1]), int(match[2]), match[3]
            kinds = {"string": pa.string(), "large": pa.large_string(), "view": pa.string_view()}
            row = '["' + "x" * (size - 4) + '"]'
            batches = ([row] * min(1000, count - start) for start in range(0, count, 1000))
            result = Rows([ResultColumn("x", varchar(size))], batches, kinds[kind])
            self.results.append(result)
            return QueryAnswer(result.columns, result, 0.01)
        rows = ['["2023-07-30T06:44:40.32Z","198352498",0.31]', '["2023-07-30T06:44:41.32Z","234758890",0.33]']
        return QueryAnswer(columns, Rows(columns, iter([rows]), pa.string()), 0.022829285)


class Lines:
    """A line's first word decides: `good`, `bad` (never storable), `absent` (curable), `full` (transient)."""

    def __init__(self) -> None:
        self.submitted: list[tuple[Request, bytes, str]] = []

    def submit(self, request: Request, body: bytes, precision: str) -> Future[LinesAnswer]:
        self.submitted.append((request, body, precision))
        stored, rejects = 0, []
        transient = None
        for number, line in enumerate(body.decode().splitlines(), 1):
            if line.startswith("bad"):
                rejects.append(Reject(number, "no fields", line, "42601", curable=False))
            elif line.startswith("absent"):
                rejects.append(Reject(number, 'relation "absent" does not exist', line, "42P01", curable=True))
            elif line.startswith("full"):
                transient = OutOfMemory()
            elif line.strip():
                stored += 1
        if transient is not None:
            stored = 0
        failure = None
        if transient is not None:
            failure = Kind.TRANSIENT
        elif rejects and not stored:
            failure = Kind.STATEMENT if any(r.curable for r in rejects) else Kind.REQUEST
        done = LinesAnswer(stored, rejects[:1000], len(rejects), 0.002, transient, failure)
        answer: Future[LinesAnswer] = Future()
        threading.Timer(0.01, answer.set_result, (done,)).start()
        return answer


class Shelf:
    """Lines 1 and 2; line 2 is never cured."""

    def replay(self, request: Request, ids: Collection[int] | None) -> Replayed:
        asked = {1, 2} & set(ids if ids is not None else (1, 2))
        return Replayed(len(asked - {2}), [Still(2, "no fields")] if 2 in asked else [])

    def purge(self, request: Request, ids: Collection[int] | None) -> int:
        return len({1, 2} & set(ids if ids is not None else (1, 2)))


class Access:
    """Three users and one token of root's."""

    def __init__(self) -> None:
        self.sessions = ["0339f5b5-c492-11ee-a7c9-000c29066670"]

    def authenticate(self, credential: Credential | None, address: str) -> User | Future[User]:
        match credential:
            case None:
                raise BadToken()
            case Token():
                if credential.secret != TOKEN:
                    raise credential.refusal
                return USERS[credential.user][1]
            case Pair():
                return self._later(credential)

    def _later(self, pair: Pair) -> Future[User]:
        """As the real one: a password's check ends on another thread."""
        answer: Future[User] = Future()
        known = USERS.get(pair.user)
        if known is not None and known[0] == pair.password:
            threading.Timer(0.005, answer.set_result, (known[1],)).start()
        else:
            threading.Timer(0.005, answer.set_exception, (pair.refusal,)).start()
        return answer

    def session_id(self, credential: Credential | None) -> str:
        return self.sessions[0] if isinstance(credential, Token) else ""

    def login(self, credential: Credential | None, address: str) -> str | Future[str]:
        if credential is None:
            raise BadCredentials()
        known = self.authenticate(credential, address)
        token: Future[str] = Future()
        if isinstance(known, User):
            return f"token-of-{known.name}"

        def settle(done: Future[User]) -> None:
            failure = done.exception()
            if failure is not None:
                token.set_exception(failure)
            else:
                token.set_result(f"token-of-{done.result().name}")

        known.add_done_callback(settle)
        return token

    def list_sessions(self, user: User) -> Sequence[Mapping[str, object]]:
        return [{"SessionId": number, "MaxLifeTime": 3600} for number in self.sessions] if user.admin else []

    def delete_session(self, user: User, number: str, request: Request) -> None:
        if not user.admin:
            raise NotSessionAdmin()
        if number not in self.sessions:
            raise UnknownSession()
        self.sessions.remove(number)


class Readiness:
    def __init__(self) -> None:
        self.ready = True

    def state(self) -> State:
        return State(self.ready, {"disk": "fine"})


def eventually(met: object, seconds: float = 5.0) -> bool:
    """Whether `met()` becomes true in time; for what another process's kernel does, of which no event tells."""
    assert callable(met)
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


_: Result = Rows([ResultColumn("n", INT4)], iter(()), pa.string())
