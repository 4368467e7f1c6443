"""Random writes, deletions and restarts beside a model of a few lines: what the rules say, row by row."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from kwrest.model import Dedup, Written
from kwrest.sql.bound import Call, ColumnRef, Const
from kwrest.sql.bound_writes import DeletePoints
from kwrest.types.kinds import BOOL
from kwrest.types.values import Value
from tests.engines.parts import Bench, Row, batch, series_table

T = series_table()
MS = 1_000_000
Point = tuple[Value, Value]  # x, s


class Model:
    """A table as KWDB tells it (facts 2.7, 2.10): one row a device and time, the first place of a device."""

    def __init__(self) -> None:
        self.points: dict[tuple[int, str], Point] = {}
        self.places: dict[str, Value] = {}

    def write(self, rows: Sequence[tuple[int, Value, Value, str, str]], rule: Dedup) -> Written:
        stored = 0
        for at, x, s, host, place in rows:
            self.places.setdefault(host, place)
            old = self.points.get((at, host))
            if old is not None and rule in (Dedup.DISCARD, Dedup.REJECT):
                continue
            stored += 1
            if old is not None and rule is Dedup.MERGE:
                x, s = old[0] if x is None else x, old[1] if s is None else s
            self.points[at, host] = (x, s)
        return Written(stored, len(rows) - stored)

    def delete(self, host: str | None, before: int | None) -> int:
        gone = [key for key in self.points if (host is None or key[1] == host) and (before is None or key[0] < before)]
        for key in gone:
            del self.points[key]
        if host is not None and before is None:
            self.places.pop(host, None)
        return len(gone)

    def rows(self) -> list[Row]:
        return sorted(
            ((at, x, s, host, self.places[host]) for (at, host), (x, s) in self.points.items()),
            key=lambda row: (int(str(row[0])), str(row[3])),
        )


@pytest.mark.parametrize("seed", range(4))
def test_the_engine_agrees_with_the_model(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    model = Model()
    bench.make(T)
    horizon = 10
    for step in range(60):
        horizon += chance.choice((0, 0, 1, 5))
        match chance.randrange(12):
            case 0:
                bench.reopen()
            case 1 | 2:
                host = chance.choice((None, "a", "b", "c"))
                before = chance.choice((None, chance.randrange(horizon) * MS))
                when = None
                if before is not None:
                    column = T.time_column
                    when = Call("lt", (ColumnRef(1, column.id, column.type), Const(before, column.type)), BOOL)
                device: dict[int, Value] | None = None if host is None else {4: host}
                assert bench.change(DeletePoints(T, device, when, ())) == (model.delete(host, before),)
            case _:
                written, batches = [], []
                for _ in range(chance.randrange(1, 4)):
                    rule = chance.choice(tuple(Dedup))
                    rows = [
                        (
                            chance.randrange(max(0, horizon - 12), horizon) * MS,
                            chance.choice((None, float(step))),
                            chance.choice((None, f"{step}")),
                            chance.choice("abc"),
                            f"place {step}",
                        )
                        for _ in range(chance.randrange(8))
                    ]
                    # Within a batch the first row of a device gives its tags.
                    batches.append(batch(T, rows, rule))
                    written.append(model.write(rows, rule))
                assert list(bench.write(*batches).batches) == written
        found = sorted(bench.all(T), key=lambda row: (int(str(row[0])), str(row[3])))
        assert found == model.rows(), f"seed {seed}, step {step}"
