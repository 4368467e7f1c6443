"""A kill in the middle of ALTERs: each change is there whole or not at all, with every value in its place."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.service.plant import Plant

ROWS = 2000
ALTERS = """
import sys
from pathlib import Path
from tests.service.plant import Plant
plant = Plant(Path({data!r}), made=True)
for number in range(10**9):
    for change in (
        "iot.t ALTER m TYPE VARCHAR(20)", "iot.t ADD COLUMN o INT", "iot.t ALTER m TYPE INT4", "iot.t DROP o",
        "iot.t RENAME TO iot.u", "iot.u RENAME TO iot.t", "iot.t ALTER TAG g TYPE VARCHAR(20)", "iot.t ALTER TAG g TYPE INT4",
        "iot.t RENAME TO defaultdb.t", "defaultdb.t RENAME TO iot.t", "defaultdb.r ADD z INT DEFAULT 7, ADD CONSTRAINT k CHECK (z > a)",
        "defaultdb.r DROP CONSTRAINT k, DROP COLUMN z",
    ):
        assert plant.ddl("ALTER TABLE " + change, "defaultdb") == ["success"], change
        print(change, flush=True)
"""


@pytest.mark.parametrize("seed", [4])
def test_a_kill_leaves_every_value_in_its_place(tmp_path: Path, seed: int) -> None:
    plant = Plant(tmp_path)
    plant.ddl("CREATE TABLE t (ts TIMESTAMP NOT NULL, n INT8, m INT4) TAGS (id INT NOT NULL, g INT) PRIMARY TAGS (id)")
    plant.insert("INSERT INTO t VALUES " + ", ".join(f"({n}, {n}, {n}, {n % 5}, {n % 5})" for n in range(ROWS)))
    plant.ddl("CREATE TABLE r (a INT PRIMARY KEY, b INT)", "defaultdb")
    plant.insert("INSERT INTO r VALUES (1, 1), (2, 2)", "defaultdb")
    plant.stop()
    dice = random.Random(seed)
    process = subprocess.Popen(
        [sys.executable, "-c", ALTERS.format(data=str(tmp_path))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(dice.randint(3, 12)):
        assert process.stdout.readline()
    time.sleep(dice.uniform(0, 0.05))  # somewhere in the next one
    process.send_signal(signal.SIGKILL)
    process.wait()
    plant.start()
    assert plant.check() == []
    tables = [
        f"{database}.{name}"
        for database in ("iot", "defaultdb")
        for name, _ in plant.query("SHOW TABLES", database)
        if name in ("t", "u")
    ]
    (t,) = tables
    rows = plant.query(f"SELECT n, m, id, g FROM {t} ORDER BY n", "defaultdb")
    assert [[n, int(m), id_, int(g)] for n, m, id_, g in rows] == [[n, n, n % 5, n % 5] for n in range(ROWS)]
    assert plant.query("SELECT a, b FROM r ORDER BY a", "defaultdb") == [[1, 1], [2, 2]]
    plant.stop()
