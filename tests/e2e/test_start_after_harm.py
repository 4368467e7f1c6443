"""A server started after harm: it answers and names what is lost, or says one sentence. Every row: `make torture PART=damage`."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.e2e.server import Server, wait_until
from tests.torture.damage import harm_log, harm_otherwise, make, missing_rows
from tests.torture.harms import HARMS, Harm, small_disk

HERE = (
    "FORMAT a folder", "database cut", "log of another database", "log gone", "tmp with left-overs",
    "server.key of another pair", "ca.key gone", "database read-only", "folder read-only", "clock back by a day",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a killed server."""
    data = tmp_path_factory.mktemp("killed") / "data"
    make(data)
    return data


@pytest.fixture
def harmed(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


@pytest.mark.parametrize("harm", [harm for harm in HARMS if harm.name in HERE], ids=lambda harm: harm.name)
def test_it_starts_or_says_why_not(harmed: Path, harm: Harm) -> None:
    harm_otherwise(harmed, harm)  # it judges


@pytest.mark.parametrize("part", [0.3, 0.8])
def test_a_log_that_is_harmed_somewhere(harmed: Path, part: float) -> None:
    assert "what was lost is named" in harm_log(harmed, part, random.Random(int(part * 100)))


def test_a_full_disk_lets_it_start_and_read(whole: Path, tmp_path: Path) -> None:
    """Writes are refused by name until there is room."""
    size = sum(file.stat().st_size for file in whole.rglob("*") if file.is_file())
    with small_disk(tmp_path / "disk", size + (1 << 20)) as mounted:
        if not mounted:
            pytest.skip("mounting a small disk takes root")
        data = Path(shutil.copytree(whole, tmp_path / "disk" / "data"))
        filler = tmp_path / "disk" / "filler"
        file = os.open(filler, os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError, match="No space left"):
            while True:
                os.write(file, bytes(4096))
        os.close(file)
        server = Server(data, flags=("--disk-reserve", "64KiB")).start()
        try:
            assert missing_rows(server) == 0
            row = "INSERT INTO sql VALUES " + ", ".join(f"({n}, {n}, 2)" for n in range(5000, 9000))
            refused = server.post("insert", row)
            assert refused.status_code == 503 and "disk" in refused.json()["desc"][0], refused.text
            assert server.rows("SELECT count(*) FROM sql WHERE writer = 2") == [[0]]
            filler.unlink()
            # The free space is looked at now and then; nobody has to restart anything.
            wait_until(lambda: server.post("insert", row).status_code == 200)
            assert server.rows("SELECT count(*) FROM sql WHERE writer = 2") == [[4000]]
            assert "Traceback" not in server.log
        finally:
            server.stop()


def test_a_first_start_on_a_full_disk_says_so(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 64 << 10) as mounted:
        if not mounted:
            pytest.skip("mounting a small disk takes root")
        server = Server(tmp_path / "disk" / "data")
        assert not server.try_to_start() and server.code == 78
        (sentence,) = [line for line in server.output if line.startswith("kwrest: ")]
        assert "make room on its disk" in sentence and "Traceback" not in server.log
