"""The SQL line: text → statements → bound → authorised → engine, for the three SQL endpoints.

Every statement is authorised before it runs, by the rights its bound form lists; what was bound under an older schema
is bound again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from kwrest.access.access import Access
from kwrest.catalog.schema import Catalog
from kwrest.catalog.settings import Settings
from kwrest.engines.base import Change, Engine
from kwrest.errors import (
    Busy,
    EmptyBody,
    InternalError,
    Kind,
    KwrestError,
    QueryTimeout,
    SchemaChanged,
    StatementTooLong,
    UndefinedDatabase,
    UnknownDatabase,
    WrongEndpoint,
)
from kwrest.model import Database, Dedup, Outcome, Request
from kwrest.service.answers import QueryAnswer, StatementsAnswer
from kwrest.service.definitions import Definitions
from kwrest.service.queries import Queries
from kwrest.service.room import Room
from kwrest.service.world import KnownWorld
from kwrest.sql import grammar, insert
from kwrest.sql.bind import PART_BYTES, Bound, bind, parts
from kwrest.sql.bind.context import Context
from kwrest.sql.bound import Query
from kwrest.sql.bound_writes import DeletePoints, DeleteRows, InsertBatch, InsertRows, UpdateRows, UpdateTags
from kwrest.sql.definitions import UseDatabase
from kwrest.sql.endpoints import about_databases, endpoint_of_text, first_word
from kwrest.sql.lexer import split

log = logging.getLogger(__name__)
T = TypeVar("T")

# A statement that a schema change overtakes between bind and run is bound again, for so many seconds. A change is stored
# a moment before the catalog shows it: the pause gives it that moment.
PATIENCE = 5.0
PAUSE = 0.005  # seconds

# What a character of a statement takes while it is read (2026-11-24): as rows of constants, as tokens and a tree.
ROWS_BYTES, TREE_BYTES = 25, 160
SMALL = 8 << 10  # characters; a statement that is not longer takes no notice of the others
SMALL_PARTS = 256
MAX_LENGTH = 16 << 20  # characters of one statement


class Statements:
    """Runs SQL text. Calls block until everything they report is durable; callers bring their own threads."""

    def __init__(self, catalog: Catalog, settings: Settings, access: Access, engine: Engine, queries: Queries) -> None:
        self._catalog = catalog
        self._settings = settings
        self._access = access
        self._engine = engine
        self._queries = queries
        self._world = KnownWorld(catalog, settings, access, queries)
        self._definitions = Definitions(catalog, settings, access)

    @property
    def zone(self) -> ZoneInfo:
        """Of requests that name none."""
        return self._settings.zone

    # ------------------------------------------------------------ endpoints

    def define(self, request: Request, text: str) -> StatementsAnswer:
        """Run the statements of a ddl body, one after the other. Raises when nothing ran because of the request."""
        session = self._open(request, text, "ddl")
        for statement in session.statements:
            session.run(statement, partial(self._define, session, statement))
        return session.answer(self._settings.dedup)

    def insert(self, request: Request, text: str) -> StatementsAnswer:
        """Run the INSERTs of a body. Rows of constants are written together, in order, as one durable record."""
        session = self._open(request, text, "insert")
        pending: list[_Statement] = []
        for statement in session.statements:
            session.run(statement, partial(self._insert, session, statement, pending))
        self._write(session, pending)
        return session.answer(self._settings.dedup)

    def query(self, request: Request, text: str) -> QueryAnswer:
        """Run the statements of a query body; the last one's rows are the answer, the first error ends it."""
        session = self._open(request, text, "query")
        answer: QueryAnswer | None = None
        for statement in session.statements:
            if answer is not None and answer.result is not None:
                answer.result.close()
            session.enter(statement)
            answer = _again_when_overtaken(request, partial(self._query, session, statement))
        assert answer is not None  # _open refuses a body without statements
        return answer

    def count(self, text: str) -> int:
        """How many statements `text` has, at least one; never raises. For the answers to strangers (contract B2)."""
        try:
            return max(1, len(split(text)))
        except KwrestError:
            return 1

    # ------------------------------------------------------------ one statement

    def _define(self, session: _Session, statement: _Statement) -> None:
        try:
            bound = self._authorised(session, statement.text)
        except KwrestError as problem:
            if first_word(statement.text) == "use":
                session.database = problem  # what follows was not meant for the database before
            raise
        session.request.progress.phase = "executing"
        if isinstance(bound, UseDatabase):
            session.database = bound.database
        elif isinstance(bound, DeletePoints | UpdateTags | DeleteRows | UpdateRows):
            statement.rows = self._engine.change(Change((bound,)), session.request).rows[0]
        else:
            self._definitions.apply(bound, session.request)

    def _insert(self, session: _Session, statement: _Statement, pending: list[_Statement]) -> None:
        bound = self._authorised_insert(session, statement.text)
        if isinstance(bound, InsertBatch) and bound.plain:
            statement.bound = bound
            pending.append(statement)
        else:
            # An INSERT … SELECT may read what stands before it in the same body, and a foreign key may refer to it.
            self._write(session, pending)
            session.request.progress.phase = "executing"
            changed = self._engine.change(Change((bound,)), session.request)
            statement.done(changed.rows[0], changed.discarded)

    def _query(self, session: _Session, statement: _Statement) -> QueryAnswer:
        bound = self._authorised(session, statement.text)
        assert isinstance(bound, Query)  # _open let no other kind of statement through
        session.request.progress.phase = "executing"
        count = parts(bound) if len(statement.text) > SMALL_PARTS else 0
        with self._room(self._queries.planning, count > SMALL_PARTS, count * PART_BYTES, session.request):
            result = self._engine.query(replace(bound, as_json=True, zone=session.request.zone), session.request)
        return QueryAnswer(bound.columns, result, time.monotonic() - session.started)

    def _authorised(self, session: _Session, text: str) -> Bound:
        context = session.context(self._world, self._settings)
        user = session.request.user
        request = session.request
        request.progress.phase = "preparing"
        try:
            with self._reading(text, TREE_BYTES, request):
                said = grammar.parse(text)
                request.check()
                bound = bind(said, context)
                request.check()
        except KwrestError:
            # The binder's errors tell of columns and their types: nobody hears them of a table that is not for them,
            # and whether there is an error or not, the refusal is the same.
            self._access.authorise(user, context.asked)
            raise
        self._access.authorise(user, (*context.asked, *bound.rights))
        return bound

    def _authorised_insert(self, session: _Session, text: str) -> InsertBatch | InsertRows:
        # The fast path takes what gateways send all day and leaves everything else, errors included, to the binder.
        with self._reading(text, ROWS_BYTES, session.request):
            bound = insert.insert_batch(text, session.context(self._world, self._settings))
        if bound is None:
            slow = self._authorised(session, text)
            assert isinstance(slow, InsertBatch | InsertRows)
            return slow
        self._access.authorise(session.request.user, bound.rights)
        return bound

    def _is_anothers(self, text: str, request: Request) -> bool:
        """Whether it is a statement that no endpoint takes (BEGIN, SET of a variable, …) and no mere syntax error."""
        with self._reading(text, TREE_BYTES, request):
            try:
                grammar.parse(text)
            except KwrestError:
                return False
            return True

    def _reading(self, text: str, each: int, request: Request) -> AbstractContextManager[None]:
        """Room to read a statement in. each: bytes a character. Raises StatementTooLong, Busy."""
        if len(text) > MAX_LENGTH:
            raise StatementTooLong(limit=MAX_LENGTH)
        return self._room(self._queries.reading, len(text) > SMALL, len(text) * each, request)

    @staticmethod
    def _room(room: Room, large: bool, amount: int, request: Request) -> AbstractContextManager[None]:
        return room.taken(amount, request) if large else nullcontext()

    # ------------------------------------------------------------ writing

    def _write(self, session: _Session, pending: list[_Statement]) -> None:
        """Write what is pending and tell each statement how it went."""
        # A long body is bound before it is written: who may no longer do this now may not.
        waiting = [s for s in pending if session.run(s, partial(self._still_allowed, session, s))]
        pending.clear()
        patience = _patience(session.request)
        written = self._handed_over(session, waiting)
        while written is not None:
            try:
                outcome = _settled(written, session.request)
            except SchemaChanged as overtaken:
                if time.monotonic() >= patience:
                    return session.fail(waiting, Busy(what=overtaken.message))
                with self._catalog.still():
                    again = [s for s in waiting if session.run(s, partial(self._bind_again, session, s))]
                    waiting = [s for s in again if s.bound is not None]
                    written = self._handed_over(session, waiting)
            except KwrestError as problem:
                return session.fail(waiting, problem)
            else:
                for statement, stored in zip(waiting, outcome.batches, strict=True):
                    if stored.refused is None:
                        statement.done(stored.rows, stored.discarded)
                for statement, stored in zip(waiting, outcome.batches, strict=True):
                    if stored.refused is not None:
                        session.fail([statement], stored.refused)
                return None
        return None

    def _still_allowed(self, session: _Session, statement: _Statement) -> None:
        if statement.bound is not None:
            self._access.authorise(session.request.user, statement.bound.rights)

    def _handed_over(self, session: _Session, waiting: Sequence[_Statement]) -> Future[Outcome] | None:
        """The write of what waits, in the engine's queue; None when nothing does."""
        batches = [s.bound.batch for s in waiting if s.bound is not None]
        session.request.progress.phase = "executing"
        return self._engine.write(batches, session.request) if batches else None

    def _bind_again(self, session: _Session, statement: _Statement) -> None:
        bound = self._authorised(session, statement.text)
        assert isinstance(bound, InsertBatch | InsertRows)  # the same text as before
        if isinstance(bound, InsertBatch) and bound.plain:
            statement.bound = bound
        else:  # the table has got a check or a reference meanwhile
            statement.bound = None
            statement.done(self._engine.change(Change((bound,)), session.request).rows[0], 0)

    # ------------------------------------------------------------ what all share

    def _open(self, request: Request, text: str, endpoint: str) -> _Session:
        """The statements of a body, all of them this endpoint's; raises before anything ran otherwise."""
        texts = split(text)
        if not texts:
            raise EmptyBody()
        for statement in texts:
            request.check()
            found = endpoint_of_text(statement)
            if found != endpoint and (found is not None or self._is_anothers(statement, request)):
                raise WrongEndpoint(endpoint=endpoint)
        database: Database | KwrestError
        try:
            database = self._catalog.find_database(request.database)
        except UndefinedDatabase as unknown:
            # Who names in `db` the database that is made or left here has no other way; the rest needs one that is there.
            if not about_databases(texts[0]):
                raise UnknownDatabase(**unknown.facts) from None
            database = unknown
        return _Session(request, database, [_Statement(t) for t in texts])


@dataclass(slots=True)
class _Statement:
    """One statement of a body on its way. bound: of an INSERT that waits to be written; ran: it succeeded."""

    text: str
    bound: InsertBatch | None = None
    rows: int = 0
    discarded: int = 0
    ran: bool = False
    error: KwrestError | None = None

    def done(self, rows: int, discarded: int) -> None:
        self.rows, self.discarded, self.ran = rows, discarded, True


@dataclass(slots=True)
class _Session:
    """What lasts from statement to statement of one body: the current database (contract S4), or why the last USE failed;
    the clock, the outcomes."""

    request: Request
    database: Database | KwrestError
    statements: list[_Statement]
    started: float = field(default_factory=time.monotonic)

    def context(self, world: KnownWorld, settings: Settings) -> Context:
        return Context(world, self.request.user, self.database, self.request.zone, settings.dedup)

    def enter(self, statement: _Statement) -> None:
        """Begin with a statement. Raises QueryCanceled, QueryTimeout when its body's time is over."""
        self.request.progress.statement = statement.text
        self.request.check()

    def run(self, statement: _Statement, work: Callable[[], None]) -> bool:
        """Run one statement; its failure stays with it and does not stop the rest. True when it succeeded."""
        try:
            self.enter(statement)
            _again_when_overtaken(self.request, work)
        except KwrestError as problem:
            self.fail([statement], problem)
        except Exception:
            # A defect of ours in one statement must not take the answers of its neighbours with it.
            log.exception("request %s: a statement failed unexpectedly", self.request.id)
            self.fail([statement], InternalError(request_id=self.request.id))
        else:
            statement.ran = statement.bound is None
            return True
        return False

    def fail(self, statements: Sequence[_Statement], problem: KwrestError) -> None:
        """A transient failure before anything succeeded is the whole body's: it can be sent again as it is."""
        if problem.kind is Kind.TRANSIENT and not any(s.ran for s in self.statements):
            raise problem
        if statements and not self.request.progress.failed:
            self.request.progress.failed = problem.sqlstate
        for statement in statements:
            statement.error = problem

    def answer(self, rule: Dedup) -> StatementsAnswer:
        self.request.progress.rows = sum(s.rows for s in self.statements)
        failed = [s.error for s in self.statements if s.error is not None]
        return StatementsAnswer(
            descriptions=["success" if s.error is None else s.error.message for s in self.statements],
            rows=self.request.progress.rows,
            notice=_notice(sum(s.discarded for s in self.statements), len(failed), len(self.statements), rule),
            seconds=time.monotonic() - self.started,
            failed=failed[0] if failed else None,
        )


def _settled(outcome: Future[Outcome], request: Request) -> Outcome:
    """What became of a write. Raises QueryTimeout when it has not begun by the deadline; once it has, only its end tells."""
    try:
        return outcome.result(max(0.0, request.deadline - time.monotonic()))
    except TimeoutError:
        if outcome.cancel():
            raise QueryTimeout() from None
        return outcome.result()


def _again_when_overtaken(request: Request, work: Callable[[], T]) -> T:
    """Run what binds and runs a statement; again when a schema change came between. Raises Busy when one always does."""
    patience = _patience(request)
    while True:
        try:
            return work()
        except SchemaChanged as overtaken:
            if time.monotonic() >= patience:
                # Nothing is wrong with the statement, so the client is told to send it again as it is.
                raise Busy(what=overtaken.message) from overtaken
        time.sleep(PAUSE)


def _patience(request: Request) -> float:
    """Until when a request's statement is bound again."""
    return min(time.monotonic() + PATIENCE, request.deadline)


def _notice(discarded: int, failed: int, statements: int, rule: Dedup) -> str | None:
    """Contract B4: how many rows were not written and why; None when all were."""
    parts = []
    if discarded:
        word = "rejected" if rule is Dedup.REJECT else "discarded"
        parts.append(f"{discarded} rows {word} due to duplicate data (ts.dedup.rule = {rule.value})")
    if failed:
        parts.append(f"{failed} of {statements} statements failed, their rows were not written")
    return "; ".join(parts) or None
