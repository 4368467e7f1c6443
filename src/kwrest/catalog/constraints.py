"""Indexes, checks and foreign keys of a table as one JSON text in its row, there and back without loss."""

from __future__ import annotations

import json

from kwrest.model import Action, Check, ForeignKey, Index, Table
from kwrest.sql.bound import Value

Constraints = tuple[tuple[Index, ...], tuple[Check, ...], tuple[ForeignKey, ...]]


def to_text(table: Table) -> str | None:
    """None for a table without any."""
    if not (table.indexes or table.checks or table.foreign_keys):
        return None
    return json.dumps(
        {
            "indexes": [
                {
                    "name": i.name, "columns": i.columns, "unique": i.unique, "primary": i.primary,
                    "descending": i.descending, "storing": i.storing, "constraint": i.constraint,
                }
                for i in table.indexes
            ],
            "checks": [{"name": c.name, "condition": c.condition, "columns": c.columns} for c in table.checks],
            "foreign_keys": [
                {
                    "name": k.name, "columns": k.columns, "table": k.table, "referenced": k.referenced,
                    "on_delete": k.on_delete.value, "on_update": k.on_update.value,
                }
                for k in table.foreign_keys
            ],
        },
        ensure_ascii=False,
    )  # fmt: skip


def from_text(text: Value) -> Constraints:
    """indexes, checks, foreign keys. text: as `to_text` made it; None in a row without any or of an older version."""
    if text is None:
        return (), (), ()
    stored = json.loads(str(text))
    indexes = tuple(
        Index(
            i["name"], tuple(i["columns"]), i["unique"], i["primary"], tuple(i["descending"]), tuple(i["storing"]),
            i["constraint"],
        )
        for i in stored["indexes"]
    )  # fmt: skip
    checks = tuple(Check(c["name"], c["condition"], tuple(c["columns"])) for c in stored["checks"])
    keys = tuple(
        ForeignKey(
            k["name"], tuple(k["columns"]), k["table"], tuple(k["referenced"]),
            Action(k["on_delete"]), Action(k["on_update"]),
        )
        for k in stored["foreign_keys"]
    )  # fmt: skip
    return indexes, checks, keys
