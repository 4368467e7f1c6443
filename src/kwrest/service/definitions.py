"""Which room carries out which definition."""

from __future__ import annotations

from kwrest.access.access import Access
from kwrest.catalog.schema import Catalog
from kwrest.catalog.settings import Settings
from kwrest.model import Request
from kwrest.sql import definitions as d
from kwrest.sql.bind import Bound

OF_CATALOG = (
    d.CreateDatabase,
    d.AlterDatabase,
    d.DropDatabase,
    d.CreateTable,
    d.AlterTable,
    d.DropTables,
    d.CreateIndex,
    d.DropIndexes,
    d.TruncateTables,
    d.SetComment,
)
OF_ACCESS = (d.CreateUser, d.AlterUser, d.DropUsers, d.Grant, d.GrantRoles)


class Definitions:
    """Applies bound definitions; each is durable and seen by everyone when `apply` returns."""

    def __init__(self, catalog: Catalog, settings: Settings, access: Access) -> None:
        self._catalog = catalog
        self._settings = settings
        self._access = access

    def apply(self, definition: Bound, request: Request) -> None:
        """Carry out a definition. Its rights are asked once more, where no REVOKE can come between them and the change.

        Raises TypeError for what no room carries out: an unclassified statement never passes.
        """
        if isinstance(definition, OF_CATALOG):
            # Grants change together with the objects they are on, in the same durable change.
            with self._access.with_catalog(request.user, definition.rights) as grants:
                self._catalog.apply(definition, request, grants)
        elif isinstance(definition, OF_ACCESS):
            self._access.apply(definition, request)
        elif isinstance(definition, d.SetSetting):
            with self._access.holding(request.user, definition.rights):
                self._settings.apply(definition, request)
        elif not isinstance(definition, d.Nothing):
            raise TypeError(f"nobody carries out {type(definition).__name__}")
