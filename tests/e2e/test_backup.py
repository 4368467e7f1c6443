"""`kwrest backup` of a server that is written to, `restore`, `check`. `make torture PART=backup` does it for long."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.e2e.server import Server
from tests.torture.backups import back_up_one, kwrest
from tests.torture.load import KINDS, Load, make_tables, one_of_each


@pytest.mark.timeout(300)  # ten starts of processes; they are slow beside other work
def test_a_backup_under_writing_holds_every_row_acknowledged_before(server: Server, tmp_path: Path) -> None:
    ledgers = one_of_each()
    make_tables(server, ledgers)
    load = Load(ledgers)
    dice = random.Random(2)
    for _ in range(2):
        before, during, _ = back_up_one(server, load, tmp_path, dice)
        assert before > len(KINDS) and during > 0  # it was made under writing


def test_check_counts_and_exits_with_what_it_found(server: Server, tmp_path: Path) -> None:
    server.ddl("CREATE TABLE m (ts timestamp not null, n int8) TAGS (a int not null) PRIMARY TAGS (a)")
    server.insert("INSERT INTO m VALUES (1, 1, 1), (2, 2, 1), (3, 3, 2)")
    running = kwrest("check", "--data", server.data)
    assert running.returncode == 0 and "nothing is wrong" in running.stdout, running.stdout + running.stderr
    assert ["│", "defaultdb.m", "│", "3", "│", "2", "│"] in [line.split() for line in running.stdout.splitlines()]
    made = kwrest("backup", tmp_path / "b", "--data", server.data)
    assert made.returncode == 0 and "every commit up to number" in made.stdout
    (tmp_path / "b" / "FORMAT").write_text("kwrest duckdb layout 2 \n")
    of_backup = kwrest("check", "--data", tmp_path / "b")
    assert of_backup.returncode == 1 and "wrong: the file FORMAT has" in of_backup.stdout
    refused = kwrest("restore", tmp_path / "b", "--data", tmp_path / "r")
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1 and "the file FORMAT has" in refused.stderr
