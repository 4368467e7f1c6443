"""Statements made to eat memory or time: each ends with its rows, a named error, or at its deadline, and the server lives on."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import ROOT_TOKEN, Server, basic

DEADLINE = 1  # seconds a statement may run
LATE = 10  # seconds beyond it until the answer is there, on a busy machine
MEMORY = 300  # MB the engine may use
RESIDENT = 1000  # MB of the whole process

SERIES = "generate_series(1, 100000)"
BOMBS = {
    "repeat": "SELECT length(repeat('a', 1000000000))",
    "repeat of repeat": "SELECT length(repeat(repeat(repeat('a', 60000), 60000), 60000))",
    "lpad": "SELECT length(lpad('a', 2000000000, 'b'))",
    "rpad": f"SELECT sum(length(rpad('a', 60000, 'b'))) FROM {SERIES} AS a (x), {SERIES} AS b (y)",
    "concat grows": "WITH a AS (SELECT repeat('a', 60000) AS x), b AS (SELECT x || x || x || x AS x FROM a), c AS (SELECT x || x || x || x AS x FROM b),"
    " d AS (SELECT x || x || x || x AS x FROM c), e AS (SELECT x || x || x || x AS x FROM d) SELECT length(x) FROM e",
    "replace grows": "SELECT length(replace(repeat('a', 60000), 'a', repeat('b', 60000)))",
    "regexp_replace grows": "SELECT length(regexp_replace(repeat('a', 60000), 'a', repeat('b', 1000), 'g'))",
    "translate": "SELECT sum(length(translate(repeat('a', 60000), 'a', 'b'))) FROM generate_series(1, 100000) AS g (x)",
    "regexp backtracks": "SELECT repeat('a', 50000) ~ '(a+)+$'",
    "regexp of many states": "SELECT repeat('ab', 20000) ~ '((a|b){1,100}){1,100}c'",
    "like backtracks": f"SELECT repeat('a', 30000) LIKE '{'%a' * 200}b'",
    "series": "SELECT count(*) FROM generate_series(1, 9223372036854775807)",
    "series of times": "SELECT count(*) FROM generate_series('1970-01-01'::TIMESTAMP, '2970-01-01'::TIMESTAMP, '1ms'::INTERVAL)",
    "crossed": f"SELECT count(*) FROM {SERIES} a, {SERIES} b, {SERIES} c, {SERIES} d",
    "crossed and sorted": f"SELECT * FROM {SERIES} a (x), {SERIES} b (y) ORDER BY x * y, y",
    "crossed and grouped": f"SELECT x * y, count(*) FROM {SERIES} a (x), {SERIES} b (y) GROUP BY 1",
    "crossed and distinct": f"SELECT count(DISTINCT x * 100000 + y) FROM {SERIES} a (x), {SERIES} b (y)",
    "crossed union": f"SELECT x, y FROM {SERIES} a (x), {SERIES} b (y) UNION SELECT y, x FROM {SERIES} a (x), {SERIES} b (y)",
    "crossed window": f"SELECT sum(x) OVER (PARTITION BY y ORDER BY x) FROM {SERIES} a (x), {SERIES} b (y)",
    "crossed answer": f"SELECT x, y FROM {SERIES} a (x), {SERIES} b (y)",
    "inequality join": f"SELECT count(*) FROM {SERIES} a (x) JOIN {SERIES} b (y) ON x * 3 % 7 < y * 5 % 11",
    "correlated": f"SELECT count(*) FROM {SERIES} a (x) WHERE EXISTS (SELECT 1 FROM {SERIES} b (y), {SERIES} c (z) WHERE y * z = x + 1)",
    "string_agg": f"SELECT length(string_agg(repeat('a', 60000), '')) FROM {SERIES} AS g (x)",
    "array_agg": f"SELECT array_agg(repeat('a', 60000)) FROM {SERIES} AS g (x)",
    "json_agg": f"SELECT json_agg(repeat('a', 60000)) FROM {SERIES} AS g (x)",
    "max of wide": f"SELECT max(repeat('a', 60000) || x::STRING) FROM {SERIES} AS g (x), {SERIES} AS h (y)",
    "levenshtein": "SELECT levenshtein(repeat('a', 60000), repeat('b', 60000))",
    "power": "SELECT power(10::DECIMAL, 1000000000)",
    "exp": "SELECT exp(1000000)",
    "round": "SELECT round(1.5, 2147483647)",
    "big decimal": f"SELECT {'9' * 5000} * {'9' * 5000}",
    "big number": f"SELECT {'9' * 1_000_000}",
    "big exponent": "SELECT 1e999999999",
    "interval": "SELECT now() + '9223372036854775807 years'::INTERVAL",
    "many parentheses": "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
    "many minuses": "SELECT " + "- " * 20_000 + "1",
    "many nots": "SELECT " + "NOT " * 20_000 + "true",
    "many cases": "SELECT " + "CASE WHEN true THEN " * 5_000 + "1" + " END" * 5_000,
    "many casts": "SELECT 1" + "::INT" * 20_000,
    "many indexes": "SELECT ARRAY[1]" + "[1]" * 20_000,
    "many subqueries": "SELECT " + "(SELECT " * 5_000 + "1" + ")" * 5_000,
    "many froms": "SELECT 1 FROM " + "(SELECT 1 FROM " * 5_000 + "t" + ") x" * 5_000,
    "many joins": "SELECT count(*) FROM t" + " CROSS JOIN t t{} ".format("") * 0 + "".join(f" CROSS JOIN t t{i}" for i in range(3_000)),
    "many unions": " UNION ALL ".join(["SELECT 1"] * 5_000),
    "many ors": "SELECT v FROM t WHERE " + " OR ".join(f"v = {i}" for i in range(50_000)),
    "many ands": "SELECT v FROM t WHERE " + " AND ".join(f"v <> {i}" for i in range(50_000)),
    "many values": "SELECT v FROM t WHERE v IN (" + ", ".join(map(str, range(500_000))) + ")",
    "many rows": "VALUES " + ", ".join(["(1)"] * 300_000),
    "many columns": "SELECT " + ", ".join(["v"] * 50_000) + " FROM t",
    "many additions": "SELECT " + " + ".join(["1"] * 50_000),
    "many concatenations": "SELECT " + " || ".join(["'a'"] * 50_000),
    "many statements": "SELECT 1;" * 9_000,
    "doubling names": "WITH a0 AS (SELECT 1 AS x), " + ", ".join(f"a{i} AS (SELECT l.x FROM a{i - 1} l, a{i - 1} r)" for i in range(1, 30)) + " SELECT count(*) FROM a29",
    "doubling columns": "SELECT " + ", ".join(["*"] * 5_000) + " FROM t",
    "deep json": f"SELECT '{'[' * 50_000}{']' * 50_000}'::JSONB",
    "deep array": "SELECT " + "ARRAY[" * 5_000 + "1" + "]" * 5_000,
    "long name": f'SELECT 1 AS "{"a" * 1_000_000}"',
    "long text": f"SELECT length('{'a' * 20_000_000}')",
    "long comment": "SELECT 1 /*" + "/*" * 1_000_000,
    "dollars": "SELECT " + "$a$x" * 100_000,
}  # fmt: skip


def resident(server: Server, field: str = "VmRSS") -> int:
    """MB of the server process, as the kernel counts them."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) // 1024


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("bombs") / "data", ("--memory-limit", f"{MEMORY}MB")).start()
    server.ddl(
        f"SET CLUSTER SETTING server.query.timeout = '{DEADLINE}s';"
        "CREATE TABLE t (ts timestamp not null, v int) TAGS (id int not null) PRIMARY TAGS (id);"
        "CREATE USER plain PASSWORD 'plain123'; GRANT SELECT ON TABLE t TO plain"
    )
    server.insert("INSERT INTO t VALUES (1000, 7, 1)")
    yield server
    assert server.stop() == 0


@pytest.mark.parametrize("statement", BOMBS.values(), ids=list(BOMBS))
def test_a_bomb_ends(walled: Server, statement: str) -> None:
    started = time.monotonic()
    answer = walled.post("query", statement, token=basic("plain", "plain123"))
    seconds = time.monotonic() - started
    assert seconds < DEADLINE + LATE, f"{seconds:.1f} s: {answer.text[:300]}"
    assert answer.status_code in (200, 400, 500, 503), answer.text[:300]
    if answer.status_code != 200:
        assert "internal error" not in answer.text and "duckdb" not in answer.text.lower(), answer.text[:300]
    assert resident(walled) < RESIDENT, f"{resident(walled)} MB"
    assert walled.rows("SELECT v FROM t") == [[7]]


def test_others_are_served_meanwhile(walled: Server) -> None:
    bombs = [BOMBS[name] for name in ("crossed", "crossed and grouped", "inequality join", "many ors")]
    threads = [threading.Thread(target=walled.post, args=("query", bomb)) for bomb in bombs]
    for thread in threads:
        thread.start()
    waits = []
    while any(thread.is_alive() for thread in threads):
        started = time.monotonic()
        assert walled.rows("SELECT v FROM t", token=ROOT_TOKEN) == [[7]]
        waits.append(time.monotonic() - started)
    assert max(waits) < 2, max(waits)
