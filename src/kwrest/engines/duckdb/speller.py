"""DuckDB's text of everything bound: its expressions within the relations all SQL engines share."""

from __future__ import annotations

from kwrest.engines.duckdb.spelling import DuckDBExpressions
from kwrest.sql.spell.relations import RelationSpeller


class DuckDBSpeller(DuckDBExpressions, RelationSpeller):
    """The one maker of the text DuckDB gets for a user's statement."""
