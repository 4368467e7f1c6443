"""The world as the binder asks for it: catalog, settings, access rules and what is at work behind one face."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.access.access import Access
from kwrest.catalog.schema import Catalog
from kwrest.catalog.settings import Settings
from kwrest.model import Database, Table, User
from kwrest.service.queries import Queries, Running
from kwrest.sql.bind.context import Granted, Membership, QueryFacts, SessionFacts, SettingFacts, UserFacts
from kwrest.sql.secrets import masked


class KnownWorld:
    """`sql.bind.context.World` over the live catalog, settings, access rules and queries."""

    def __init__(self, catalog: Catalog, settings: Settings, access: Access, queries: Queries) -> None:
        self._catalog = catalog
        self._settings = settings
        self._access = access
        self._queries = queries

    @property
    def version(self) -> int:
        """Raised by every change of anything below: what was bound under an older one is bound again."""
        return self._catalog.version + self._settings.version + self._access.version

    def database(self, name: str) -> Database | None:
        return self._catalog.database(name)

    def databases(self) -> Sequence[Database]:
        return self._catalog.databases()

    def table(self, database: Database, name: str) -> Table | None:
        return self._catalog.table(database, name)

    def tables(self, database: Database) -> Sequence[Table]:
        return self._catalog.tables(database)

    def dependants(self, table: Table) -> Sequence[Table]:
        return self._catalog.dependants(table)

    def table_by_id(self, number: int) -> Table | None:
        return self._catalog.table_by_id(number)

    def next_column(self, table: Table) -> int:
        return self._catalog.next_column(table)

    def referring(self, table: Table) -> Sequence[Table]:
        return self._catalog.referring(table)

    def setting(self, name: str) -> SettingFacts | None:
        return self._settings.setting(name)

    def settings(self) -> Sequence[SettingFacts]:
        return self._settings.settings()

    def users(self) -> Sequence[UserFacts]:
        return self._access.users()

    def memberships(self) -> Sequence[Membership]:
        return self._access.memberships()

    def grants(self, user: User, object_: Database | Table) -> Sequence[Granted]:
        return self._access.grants(user, object_)

    def queries(self, user: User) -> Sequence[QueryFacts]:
        return [_facts(running) for running in self._queries.running(self._access.as_now(user))]

    def sessions(self, user: User) -> Sequence[SessionFacts]:
        at_work: dict[tuple[str, str], list[QueryFacts]] = {}  # by session, or by user and address without one
        for query in self.queries(user):
            at_work.setdefault((query.session, query.session or f"{query.user} {query.address}"), []).append(query)
        found: list[SessionFacts] = []
        for listed in self._access.sessions(user):
            queries = at_work.pop((listed.id, listed.id), [])
            last, address = self._queries.last(listed.id)
            found.append(
                SessionFacts(
                    listed.id,
                    listed.user,
                    queries[-1].address if queries else address,
                    [q.statement for q in queries],
                    masked(last),
                    listed.created,
                    queries[0].start if queries else None,
                )
            )
        for (session, _), queries in at_work.items():
            first = queries[0]
            active = [q.statement for q in queries]
            found.append(SessionFacts(session, first.user, first.address, active, "", first.start, first.start))
        return found

    def may_see(self, user: User, table: Table) -> bool:
        return self._access.may_see(user, table)


def _facts(running: Running) -> QueryFacts:
    request = running.request
    phase = "abandoned" if running.abandoned else request.progress.phase
    statement = masked(request.progress.statement)
    return QueryFacts(
        request.id, request.session, request.user.name, running.started, statement, request.address, phase
    )
