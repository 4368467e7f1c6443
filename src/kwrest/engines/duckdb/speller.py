"""DuckDB's text of everything bound: its expressions within the relations all SQL engines share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from kwrest.engines.duckdb.spelling import DuckDBExpressions
from kwrest.engines.duckdb.spelling_functions import FUNCTIONS
from kwrest.sql.spell.expressions import Written
from kwrest.sql.spell.relations import RelationSpeller


class DuckDBSpeller(DuckDBExpressions, RelationSpeller):
    """The one maker of the text DuckDB gets for a user's statement."""

    # The bounded lists, not DuckDB's own functions: those build whatever they are asked for before a deadline is seen.
    SERIES: ClassVar[Mapping[str, Written]] = {
        **{op: FUNCTIONS[op] for op in ("generate_series.int", "generate_series.time")},
        "unnest": "{0}",
    }
