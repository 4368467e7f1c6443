"""The SQL line: text → statements → bound → authorised → engine, for the three SQL endpoints.

Every statement is authorised before it runs, by the rights its bound form lists; what was bound under an older schema
is bound again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from kwrest.access import Access
from kwrest.catalog.schema import Catalog
from kwrest.catalog.settings import Settings
from kwrest.engines.base import Change, Engine
from kwrest.errors import (
    EmptyBody,
    InternalError,
    Kind,
    KwrestError,
    SchemaChanged,
    SqlError,
    UndefinedDatabase,
    UnknownDatabase,
    WrongEndpoint,
)
from kwrest.model import Database, Dedup, Outcome, Request, Result, ResultColumn
from kwrest.service.world import KnownWorld
from kwrest.sql import definitions, grammar, insert
from kwrest.sql.bind import bind
from kwrest.sql.bind.context import Context
from kwrest.sql.bound import InsertBatch, Query
from kwrest.sql.endpoints import endpoint_of_text
from kwrest.sql.lexer import split

log = logging.getLogger(__name__)

# A statement that meets a schema change between bind and run is bound again this often.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class StatementsAnswer:
    """What became of the statements of a ddl or insert request.

    descriptions: one a statement, `success` or the error; rows: written in all; notice: contract B4;
    seconds: None when nothing ran; failed: the first failure.
    """

    descriptions: list[str]
    rows: int
    notice: str | None
    seconds: float | None
    failed: KwrestError | None


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """The answer of the last statement. result: rows as JSON text, one Arrow string column; the caller closes it."""

    columns: Sequence[ResultColumn]
    result: Result
    seconds: float


@dataclass(slots=True)
class _Slot:
    """One statement of an insert request on its way."""

    rows: int = 0
    discarded: int = 0
    error: KwrestError | None = None


@dataclass(slots=True)
class _Pending:
    """Bound INSERT … VALUES of one request that are written together."""

    slots: list[_Slot] = field(default_factory=list)
    bound: list[InsertBatch] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class Statements:
    """Runs SQL text. Calls block until everything they report is durable; callers bring their own threads."""

    def __init__(self, catalog: Catalog, settings: Settings, access: Access, engine: Engine) -> None:
        self._catalog = catalog
        self._settings = settings
        self._access = access
        self._engine = engine
        self._world = KnownWorld(catalog, settings, access)

    # ------------------------------------------------------------ endpoints

    def define(self, request: Request, text: str) -> StatementsAnswer:
        """Run the statements of a ddl request, one after the other. Raises when nothing ran because of the request."""
        session = self._open(request, text, "ddl")
        slots = []
        for statement in session.statements:
            slot = _Slot()
            slots.append(slot)
            self._guarded(slot, slots, request, lambda s=statement, o=slot: self._define_one(session, s, o))
        return self._answer(slots, session)

    def insert(self, request: Request, text: str) -> StatementsAnswer:
        """Run the INSERTs of a request. Rows of constants are written together, in order, as one durable record."""
        session = self._open(request, text, "insert")
        slots: list[_Slot] = []
        pending = _Pending()
        for statement in session.statements:
            slot = _Slot()
            slots.append(slot)
            self._guarded(slot, slots, request, lambda s=statement, o=slot: self._insert_one(session, s, o, pending))
        self._write(session, pending, slots)
        return self._answer(slots, session)

    def query(self, request: Request, text: str) -> QueryAnswer:
        """Run the statements of a query request; the last one's rows are the answer, the first error ends it."""
        session = self._open(request, text, "query")
        answer: QueryAnswer | None = None
        for statement in session.statements:
            if answer is not None:
                answer.result.close()
            answer = self._retried(lambda s=statement: self._query_one(session, s))
        assert answer is not None  # _open refuses a body without statements
        return answer

    # ------------------------------------------------------------ one statement

    def _define_one(self, session: _Session, text: str, slot: _Slot) -> None:
        bound = bind(grammar.parse(text), session.context())
        self._access.authorise(session.request.user, bound.rights)
        if isinstance(bound, definitions.UseDatabase):
            session.database = bound.database
        elif isinstance(bound, self._access.definitions):
            self._access.apply(bound, session.request)
        elif isinstance(bound, definitions.SetSetting):
            self._settings.apply(bound, session.request)
        elif isinstance(bound, self._catalog.definitions):
            self._catalog.apply(bound, session.request, self._access.follow(bound))
        elif not isinstance(bound, definitions.Nothing):
            slot.rows = self._engine.change(Change((bound,)), session.request).rows[0]

    def _insert_one(self, session: _Session, text: str, slot: _Slot, pending: _Pending) -> None:
        context = session.context()
        bound = insert.bind_values(text, context) or bind(grammar.parse(text), context)
        self._access.authorise(session.request.user, bound.rights)
        if isinstance(bound, InsertBatch):
            pending.slots.append(slot)
            pending.bound.append(bound)
            pending.texts.append(text)
        else:
            # An INSERT … SELECT may read what stands before it in the same request.
            self._write(session, pending, [])
            slot.rows = self._engine.change(Change((bound,)), session.request).rows[0]

    def _query_one(self, session: _Session, text: str) -> QueryAnswer:
        bound = bind(grammar.parse(text), session.context())
        assert isinstance(bound, Query)  # _open refused every other kind of statement
        self._access.authorise(session.request.user, bound.rights)
        result = self._engine.query(replace(bound, as_json=True, zone=session.request.zone), session.request)
        return QueryAnswer(bound.columns, result, time.monotonic() - session.started)

    # ------------------------------------------------------------ writing

    def _write(self, session: _Session, pending: _Pending, slots: Sequence[_Slot]) -> None:
        """Write what is pending and tell each statement how it went; rebinds what a schema change overtook."""
        if not pending.bound:
            return
        bound, waiting = pending.bound, pending.slots
        try:
            outcome = self._retried_write(session, pending, bound)
            for slot, written in zip(waiting, outcome.batches, strict=True):
                slot.rows, slot.discarded = written.rows, written.discarded
        except KwrestError as problem:
            if problem.kind is Kind.TRANSIENT and not _any_success(slots, waiting):
                raise
            for slot in waiting:
                slot.error = problem
        finally:
            pending.bound, pending.slots, pending.texts = [], [], []

    def _retried_write(self, session: _Session, pending: _Pending, bound: list[InsertBatch]) -> Outcome:
        for attempt in range(ATTEMPTS):
            written: Future[Outcome] = self._engine.write([b.batch for b in bound], session.request)
            try:
                return written.result()
            except SchemaChanged:
                if attempt == ATTEMPTS - 1:
                    raise
            bound = []
            for text in pending.texts:
                again = bind(grammar.parse(text), session.context())
                self._access.authorise(session.request.user, again.rights)
                assert isinstance(again, InsertBatch)
                bound.append(again)
        raise AssertionError("unreachable")

    # ------------------------------------------------------------ what all share

    def _open(self, request: Request, text: str, endpoint: str) -> _Session:
        """The statements of a request, all of them this endpoint's; raises before anything ran otherwise."""
        statements = split(text)
        if not statements:
            raise EmptyBody()
        for statement in statements:
            # A statement with an unknown first word is this endpoint's syntax error, not another endpoint's statement.
            if endpoint_of_text(statement) not in (endpoint, None):
                raise WrongEndpoint(endpoint=endpoint)
        try:
            database = self._catalog.find_database(request.database)
        except UndefinedDatabase as problem:
            raise UnknownDatabase(**problem.facts) from None
        return _Session(request, self._world, database, self._settings, statements)

    def _retried(self, run: Callable[[], QueryAnswer]) -> QueryAnswer:
        for _ in range(ATTEMPTS - 1):
            try:
                return run()
            except SchemaChanged:
                continue
        return run()

    def _guarded(self, slot: _Slot, slots: Sequence[_Slot], request: Request, run: Callable[[], None]) -> None:
        """Run one statement of several; its failure stays in its slot, unless the whole request should be sent again."""
        for attempt in range(ATTEMPTS):
            try:
                return run()
            except SchemaChanged as problem:
                slot.error = problem
                if attempt < ATTEMPTS - 1:
                    slot.error = None
            except KwrestError as problem:
                if problem.kind is Kind.TRANSIENT and not _any_success(slots, [slot]):
                    raise
                slot.error = problem
                return None
            except Exception:
                # A defect of ours in one statement must not take the answers of its neighbours with it.
                log.exception("request %s: a statement failed unexpectedly", request.id)
                slot.error = InternalError(request_id=request.id)
                return None
        return None

    def _answer(self, slots: Sequence[_Slot], session: _Session) -> StatementsAnswer:
        failed = [s.error for s in slots if s.error is not None]
        return StatementsAnswer(
            descriptions=["success" if s.error is None else s.error.message for s in slots],
            rows=sum(s.rows for s in slots),
            notice=_notice(slots, self._settings.dedup),
            seconds=time.monotonic() - session.started,
            failed=failed[0] if failed else None,
        )


@dataclass(slots=True)
class _Session:
    """What lasts from statement to statement of one request: the current database (contract S4) and the clock."""

    request: Request
    world: KnownWorld
    database: Database
    settings: Settings
    statements: Sequence[str]
    started: float = field(default_factory=time.monotonic)

    def context(self) -> Context:
        return Context(self.world, self.request.user, self.database, self.request.zone, self.settings.dedup)


def _any_success(slots: Sequence[_Slot], except_for: Sequence[_Slot]) -> bool:
    skipped = {id(s) for s in except_for}
    return any(s.error is None for s in slots if id(s) not in skipped)


def _notice(slots: Sequence[_Slot], rule: Dedup) -> str | None:
    """Contract B4: how many rows were not written and why; None when all were."""
    discarded = sum(s.discarded for s in slots)
    failed = sum(s.error is not None for s in slots)
    parts = []
    if discarded:
        word = "rejected" if rule is Dedup.REJECT else "discarded"
        parts.append(f"{discarded} rows {word} due to duplicate data (ts.dedup.rule = {rule.value})")
    if failed:
        parts.append(f"{failed} of {len(slots)} statements failed, their rows were not written")
    return "; ".join(parts) or None


__all__ = ["QueryAnswer", "SqlError", "Statements", "StatementsAnswer"]
