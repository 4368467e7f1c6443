"""Access: who is asking, what they may do, and the definitions that change either.

Checks read an immutable state and never wait for a write; a change is stored first and holds for everyone afterwards.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from kwrest.access import changes, privileges, state
from kwrest.access.credentials import Credential, Pair, Token, token_text
from kwrest.access.passwords import Passwords
from kwrest.access.privileges import Grants, Held, Object, Objects, Standing
from kwrest.access.sessions import Listed, Session, Sessions
from kwrest.access.users import Account
from kwrest.engines.base import Change, Engine, Step
from kwrest.errors import (
    BadCredentials,
    BadToken,
    EngineRestarting,
    KwrestError,
    NotSessionAdmin,
    PasswordExpired,
)
from kwrest.model import Database, Privilege, Request, Table, User
from kwrest.sql.bind.context import Granted, Membership, UserFacts
from kwrest.sql.bound import Right
from kwrest.sql.definitions import AlterUser, CreateUser
from kwrest.sql.lexer import fold

T = TypeVar("T")


class Access:
    """Users, their sessions and their rights.

    objects: what grants are on, by id; lifetime: minutes a session lives unused, now (`server.rest.timeout`);
    clock: nanoseconds since 1970 UTC, of sessions and VALID UNTIL; ticks: seconds, only forward, of remembered passwords.
    The first start is `first_start.first_start`, before this.
    """

    def __init__(
        self,
        engine: Engine,
        objects: Objects,
        lifetime: Callable[[], int],
        clock: Callable[[], int] = time.time_ns,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._objects, self._clock = engine, objects, clock
        self._lock = threading.Lock()
        self._now = state.load(engine)
        self._doubtful = False
        self._passwords = Passwords(ticks)
        self._sessions = Sessions(engine, lifetime, clock, self._holds)

    # ---------------------------------------------------------------- who is asking

    def authenticate(self, credential: Credential | None, address: str) -> User | Future[User]:
        """Who is asking: at once for a token or a remembered pair, else in a future that a thread of our own completes.

        address: where the request comes from (contract A5). Never blocks. Raises BadToken, or BadCredentials when
        Username and Password headers were wrong; Busy when too many passwords wait, ShuttingDown. The future fails with
        the same.
        """
        match credential:
            case None:
                raise BadToken()
            case Token():
                return self._now.user(self._bearer(credential))
            case Pair():
                return _then(self._checked(credential, address), lambda account: self._now.user(account))

    def login(self, credential: Credential | None, address: str) -> str | Future[str]:
        """A token: the same one when it was by a token that is valid (contract A4), else of a new session, which is
        durable when the future completes. Raises as `authenticate`, a wrong pair always BadCredentials.
        """
        match credential:
            case None:
                raise BadCredentials()
            case Token():
                return token_text(self._bearer(credential).name, credential.secret)
            case Pair():
                return self._open(self._checked(replace(credential, header=True), address))

    def _bearer(self, token: Token) -> Account:
        """The user of a live session; using it restarts its clock."""
        name = fold(token.user)
        session = self._sessions.use(name, token.secret)
        account = self._now.accounts.get(name)
        if session is None or account is None or not self._holds(session):
            raise token.refusal
        return account

    def _checked(self, pair: Pair, address: str) -> Account | Future[Account]:
        """The user whose password it is; raises the pair's refusal, at once or through the future."""
        name = fold(pair.user)
        account = self._now.accounts.get(name)
        version, kept = (account.version, account.password) if account else (0, None)
        right = self._passwords.check(name, version, kept, pair.password, address)

        def settle(right: bool) -> Account:
            # Looked up again: the user may be gone, or have another password, since the check began.
            now = self._now.accounts.get(name)
            if not right or now is None or now.version != version or not now.login:
                raise pair.refusal
            if now.expired(self._clock()):
                raise PasswordExpired()
            return now

        return _then(right, settle)

    def _open(self, account: Account | Future[Account]) -> Future[str]:
        """A new session for the user, once it is known who it is; the token when the session is durable."""
        token: Future[str] = Future()
        if isinstance(account, Account):
            name = account.name
            opened = self._sessions.open(account)
            opened.add_done_callback(lambda done: _settle(token, lambda: token_text(name, done.result())))
            return token

        def go_on(known: Future[Account]) -> None:
            try:
                opened = self._open(known.result())
            except BaseException as failure:  # who waits is told, whatever it is
                _fail(token, failure)
            else:
                opened.add_done_callback(lambda done: _settle(token, done.result))

        account.add_done_callback(go_on)
        return token

    def _holds(self, session: Session) -> bool:
        """Whether a session's user is there, with the credential the session was made by, and may still log in."""
        account = self._now.accounts.get(session.user)
        return account is not None and account.version == session.user_version and account.may_enter(self._clock())

    # ---------------------------------------------------------------- sessions

    def session_id(self, credential: Credential | None) -> str:
        """The session whose token `credential` is; empty for a password, or when it has ended meanwhile."""
        return self._sessions.id_of(credential.secret) if isinstance(credential, Token) else ""

    def sessions(self, user: User) -> Sequence[Listed]:
        """Live sessions: all for an admin, else the user's own; the oldest first."""
        now = self._now
        if now.find(user) is None:
            return []  # what has its name now is another
        return self._sessions.listed(None if now.standing(user.name).admin else user.name)

    def list_sessions(self, user: User) -> list[dict[str, object]]:
        """GET session: an admin's view of all, or the user's own (contract A7), as the seed's objects."""
        admin = self._is_admin(user)
        return [listed.fields(admin=admin) for listed in self.sessions(user)]

    def counts(self) -> tuple[int, int]:
        """Live sessions, and passwords that are being checked or wait for it."""
        return len(self._sessions.listed(None)), self._passwords.waiting()

    def delete_session(self, user: User, number: str, request: Request) -> None:
        """DELETE session. Raises NotSessionAdmin, UnknownSession (of a malformed id too)."""
        if not self._is_admin(user):
            raise NotSessionAdmin()
        self._sessions.delete(number.strip(), request)

    def _is_admin(self, user: User) -> bool:
        """Now, not when the request began."""
        now = self._now
        return now.find(user) is not None and now.standing(user.name).admin

    # ---------------------------------------------------------------- what they may do

    def authorise(self, user: User, rights: Sequence[Right]) -> None:
        """Pass when the user holds every right as things stand now.

        Raises InsufficientPrivilege, AnyPrivilegeNeeded, AdminOnly, CreateRoleNeeded, NotRoleAdmin, NotAdminsAdmin;
        BadToken when the user has gone; TypeError for a right nobody wrote a rule for.
        """
        now = self._now
        privileges.require(now.who(user), now.grants, rights)

    def as_now(self, user: User) -> User:
        """The user with what it is now, not when its request began. Raises BadToken when it has gone."""
        now = self._now
        found = now.find(user)
        if found is None:
            raise BadToken()
        return now.user(found)

    def may_see(self, user: User, table: Table) -> bool:
        """Whether SHOW TABLES lists the table to this user."""
        now = self._now
        return now.find(user) is not None and privileges.may_see(now.standing(user.name), now.grants, table)

    @property
    def version(self) -> int:
        """Raised by every change of users, memberships and grants."""
        return self._now.version

    def users(self) -> Sequence[UserFacts]:
        """All users and roles, by name."""
        return self._now.listed_users()

    def memberships(self) -> Sequence[Membership]:
        """Who is in which role, by role and member."""
        return self._now.listed_members()

    def grants(self, user: User, object_: Object) -> Sequence[Granted]:
        """The stored grants on an object that this user is shown. That `admin` and `root` hold ALL everywhere is stored
        nowhere. Raises BadToken when the user has gone."""
        return self._now.listed_grants(user, object_)

    # ---------------------------------------------------------------- definitions

    def apply(self, definition: changes.AccessDefinition, request: Request) -> None:
        """Carry out a definition; durable and in force when this returns.

        The rights it needs are checked here again, whatever was checked before. Raises the errors of `changes.py` and
        those of `authorise`.
        """
        password = changes.password_hash(definition)  # outside the lock, for it takes its time
        with self._lock:
            self._reread()
            change = changes.change_of(self._now, definition, password, request, self._objects, self._clock())
            if change.steps:
                with self._in_doubt():
                    self._engine.change(Change(change.steps), request)
                self._now = change.after
            after = self._now
        for name in change.ended:
            self._sessions.forget(name)
        if isinstance(definition, CreateUser | AlterUser) and definition.options.password is not None:
            account = after.accounts.get(fold(definition.name))
            if account is not None and change.steps:
                self._passwords.expect(account.name, account.version, definition.options.password)

    @contextmanager
    def holding(self, user: User, rights: Sequence[Right]) -> Iterator[None]:
        """Around a change that these rights allow: no REVOKE comes between the check and the end of the block.

        Raises as `authorise`.
        """
        with self._lock:
            self._reread()
            self.authorise(user, rights)
            yield

    @contextmanager
    def with_catalog(self, user: User, rights: Sequence[Right]) -> Iterator[CatalogGrants]:
        """Grants that change together with the catalog: `with access.with_catalog(…) as c: catalog.apply(…, c)`.

        Holds the lock of the grants meanwhile, as `holding`; what `c` was asked is in force when the block ends well.
        """
        with self.holding(user, rights):
            companion = CatalogGrants(self._now.grants, self._now.who(user))
            with self._in_doubt():
                yield companion
            if companion.grants is not self._now.grants:
                self._now = replace(self._now, version=self._now.version + 1, grants=companion.grants)

    @contextmanager
    def _in_doubt(self) -> Iterator[None]:
        """Around a change: when it is lost in the middle of its commit, only the file knows whether it happened."""
        try:
            yield
        except EngineRestarting:
            self._doubtful = True
            with suppress(KwrestError):  # then whoever comes next asks again, before anything is decided
                self._reread()
            raise

    def _reread(self) -> None:
        if self._doubtful:
            self._now = replace(state.load(self._engine), version=self._now.version + 1)
            self._doubtful = False

    # ---------------------------------------------------------------- the clock, the end

    def upkeep(self) -> None:
        """Store when sessions were last used and remove ended ones; called by the service's clock, every few seconds."""
        with self._lock:
            self._reread()
        self._sessions.flush()

    def close(self) -> None:
        """Finish what is under way, then store every last use; before the engine is closed. Safe to call twice."""
        self._passwords.close()
        self._sessions.close()


@dataclass
class CatalogGrants:
    """The catalog's companion. A new table takes the grants its database has now, and whoever makes it holds ALL on it;
    dropped objects lose theirs (facts 4).

    An admin gets no grant: what it may do it may as an admin, and no longer than it is one.
    """

    grants: Grants
    maker: Standing

    def created(self, table: Table) -> Sequence[Step]:
        held: dict[str, Held] = dict(self.grants.held.get(table.database, {}))
        if not self.maker.admin:
            held[self.maker.name] = frozenset({Privilege.ALL})
        if not held:
            return []
        self.grants = self.grants.with_object(table.id, held)
        return privileges.replacement(table, held)

    def dropped(self, databases: Sequence[Database], tables: Sequence[Table]) -> Sequence[Step]:
        gone: list[Object] = [*databases, *tables]
        self.grants = self.grants.without(o.id for o in gone)
        return [privileges.removal(gone)]


# ---------------------------------------------------------------- values now or later

S = TypeVar("S")


def _then(value: S | Future[S], step: Callable[[S], T]) -> T | Future[T]:
    """`step` of a value that is here, or a future of it. What `step` raises is raised, or fails the future."""
    if not isinstance(value, Future):
        return step(value)
    after: Future[T] = Future()
    value.add_done_callback(lambda done: _settle(after, lambda: step(done.result())))
    return after


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    """Complete a future with what `work` gives or raises; one that was cancelled stays so."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as failure:  # who waits is told, whatever it is
        future.set_exception(failure)


def _fail(future: Future[T], failure: BaseException) -> None:
    def work() -> T:
        raise failure

    _settle(future, work)
