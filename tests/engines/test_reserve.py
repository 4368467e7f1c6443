"""A disk that is nearly full: rows are refused, everything else goes on, and with room again so do rows."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from kwrest.engines import open_engine
from kwrest.engines.base import Change, CreateSchema, CreateStorage, DropStorage, EngineOptions
from kwrest.errors import DiskFull
from kwrest.system import own_request
from tests.engines.parts import batch, series_table

TABLE = series_table()


@pytest.mark.parametrize("reserve, taken", [(1 << 62, False), (1, True)])
def test_rows_below_the_reserve(tmp_path: Path, reserve: int, taken: bool) -> None:
    me = own_request("test")
    with closing(open_engine("duckdb:", tmp_path, EngineOptions(reserve=reserve))) as engine:
        engine.change(Change((CreateSchema(TABLE.database), CreateStorage(TABLE))), me)  # definitions are taken
        failure = engine.write([batch(TABLE, [])], me).exception(10)
        assert (failure is None) if taken else isinstance(failure, DiskFull)
        assert (engine.problem() is None) == taken
        engine.change(Change((DropStorage(TABLE),)), me)
