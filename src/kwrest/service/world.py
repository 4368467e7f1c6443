"""The world as the binder asks for it: catalog, settings and access rules behind one face."""

from __future__ import annotations

from collections.abc import Sequence

from kwrest.access.access import Access
from kwrest.catalog.schema import Catalog
from kwrest.catalog.settings import Settings
from kwrest.model import Database, Table, User
from kwrest.sql.bind.context import Granted, Membership, SettingFacts, UserFacts


class KnownWorld:
    """`sql.bind.context.World` over the live catalog, settings and access rules."""

    def __init__(self, catalog: Catalog, settings: Settings, access: Access) -> None:
        self._catalog = catalog
        self._settings = settings
        self._access = access

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

    def may_see(self, user: User, table: Table) -> bool:
        return self._access.may_see(user, table)
