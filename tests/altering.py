"""ALTER TABLE as the catalog gets it: bound by the real binder, over the catalog alone."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from kwrest.catalog.schema import Catalog
from kwrest.model import User
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.ddl_alter import bind_alter_table
from kwrest.sql.definitions import AlterTable
from kwrest.sql.grammar import parse


def altering(catalog: Catalog, sql: str, database: str = "iot") -> AlterTable:
    """What `ALTER TABLE …` asks of the catalog as it is now."""
    world: Any = catalog  # ALTER TABLE asks for nothing else
    statement = parse(sql)
    assert isinstance(statement, tree.AlterTable)
    context = Context(world, User("root", admin=True), catalog.find_database(database), ZoneInfo("UTC"))
    bound = bind_alter_table(statement, context)
    assert isinstance(bound, AlterTable)
    return bound
