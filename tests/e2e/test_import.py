"""`kwrest import`: CSV through the server's own API, what is refused, and going on after a break."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.server import ROOT_PASSWORD, Server, wait_until

TABLES = (
    "CREATE TABLE csv (ts TIMESTAMP NOT NULL, v FLOAT, n INT2, note VARCHAR(20)) TAGS (id INT NOT NULL) PRIMARY TAGS (id);"
    "CREATE TABLE goods (k INT8 NOT NULL, price DECIMAL(8,2), made DATE, doc JSONB)"
)


def test_rows_are_stored_and_refused_ones_reported(server: Server, tmp_path: Path) -> None:
    server.ddl(TABLES)
    file = tmp_path / "points.csv"
    rows = [f'{1_714_557_600_000 + n},{n},{"x" if n in (7, 2007) else 1},"a, ""b""",1' for n in range(2500)]
    file.write_text("\n".join(("TS,v,N,note,id", *rows, "2024-05-02 00:00:00,1,1,,", "few")) + "\n")
    run = server.cli("import", str(file), "--table", "csv", "--batch", "1000")
    assert (run.returncode, run.stdout) == (2, "2502 rows read, 2498 stored, 4 refused\n"), run.stderr
    report = tmp_path / "points.csv.refused.csv"
    assert str(report) in run.stderr
    lines = report.read_text().splitlines()
    assert lines[0] == "line,reason,TS,v,N,note,id"
    assert [line.split(",")[0] for line in lines[1:]] == ["9", "2009", "2502", "2503"]
    assert "could not resolve" in lines[1] and "the row has 1 fields" in lines[4]
    assert server.rows("SELECT count(*), max(v), min(note) FROM csv") == [[2498, 2499.0, 'a, "b"']]
    report.write_text("\n".join((*lines[:3], lines[3] + "1")).replace(",x,", ",5,") + "\n")
    mended = server.cli("import", str(report), "--table", "csv")
    assert (mended.returncode, mended.stdout) == (0, "3 rows read, 3 stored, 0 refused\n"), mended.stderr
    assert not report.with_name(report.name + ".refused.csv").exists()
    assert server.rows("SELECT count(*) FROM csv WHERE n = 5") == [[2]]


def test_relational_tables_standard_input_and_other_shapes(server: Server, tmp_path: Path) -> None:
    server.ddl(TABLES)
    report = tmp_path / "refused"
    shop = '1;12.50;2024-05-01;"{""a"": [1, 2]}"\n2;\\N;\\N;\\N\n'
    run = server.cli(
        "import", "-", "--table", "defaultdb.goods", "--columns", "k,price,made,doc", "--delimiter", ";", "--null", "\\N",
        "--report", str(report), standard_input=shop,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (0, "2 rows read, 2 stored, 0 refused\n"), run.stderr
    assert server.rows("SELECT * FROM goods ORDER BY k") == [
        [1, 12.5, "2024-05-01", {"a": [1, 2]}],
        [2, None, None, None],
    ]
    exported = server.cli("sql", "--csv", "-c", "SELECT * FROM goods ORDER BY k").stdout
    assert exported == 'k,price,made,doc\n1,12.50,2024-05-01,"{""a"": [1, 2]}"\n2,,,\n'
    again = server.cli("import", "-", "--table", "goods", "--report", str(report), standard_input=exported)
    assert again.returncode == 0, again.stderr
    assert server.rows("SELECT count(*), count(price) FROM goods") == [[4, 2]]


def test_what_cannot_begin(server: Server, tmp_path: Path) -> None:
    server.ddl(TABLES)
    server.ddl("CREATE USER reader PASSWORD 'reader123'; GRANT SELECT ON TABLE csv TO reader")
    file = tmp_path / "file.csv"
    for content, arguments, password, said in (
        ("ts,id\n1,1\n", ["--table", "nope"], ROOT_PASSWORD, "No table named nope found"),
        ("ts,idd\n1,1\n", ["--table", "csv"], ROOT_PASSWORD, 'no column "idd"'),
        ("ts\n1\n", ["--table", "csv"], ROOT_PASSWORD, "no value for id"),
        ("", ["--table", "csv"], ROOT_PASSWORD, "no header: it is empty"),
        ("ts,id\n1,1\n", ["--table", "csv", "--resume"], ROOT_PASSWORD, "nothing to resume"),
        ("ts,id\n1,1\n", ["--table", "csv", "--user", "reader"], "reader123", "INSERT privilege"),
    ):
        file.write_text(content)
        run = server.cli("import", str(file), *arguments, password=password)
        assert run.returncode == 1 and said in run.stderr, (said, run.stderr)
    assert server.rows("SELECT count(*) FROM csv") == [[0]]


def test_a_broken_import_goes_on(server: Server, tmp_path: Path) -> None:
    server.ddl(TABLES)
    file = tmp_path / "long.csv"
    rows = (f"{n},{n},{'x' if n == 5 else 1},,1" for n in range(20_000))
    file.write_text("\n".join(("ts,v,n,note,id", *rows)) + "\n")
    state = tmp_path / "long.csv.refused.csv.state.json"
    command = [
        sys.executable,
        "-m",
        "kwrest",
        "import",
        str(file),
        "--table",
        "csv",
        "--batch",
        "50",
        "--data",
        str(server.data),
    ]
    environment = os.environ | {"KWREST_PASSWORD": ROOT_PASSWORD}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    wait_until(lambda: state.exists() and json.loads(state.read_text())["done"] > 500)
    server.kill()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and "broken off: all up to line" in said, said
    server.restart()
    asked = server.cli("import", str(file), "--table", "csv")
    assert asked.returncode == 1 and "--resume goes on" in asked.stderr
    run = server.cli("import", str(file), "--table", "csv", "--resume")
    assert (run.returncode, run.stdout) == (2, "20000 rows read, 19999 stored, 1 refused\n"), run.stderr
    assert not state.exists()
    assert server.rows("SELECT count(*) FROM csv") == [[19_999]]
