"""Relational tables through the SQL line: keys, checks, defaults, references, and statements that change rows. Rows run in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.service.sql_server import SqlServer, play

TWICE = "duplicate key value ({})=({}) violates unique constraint {}".format
NULL = 'null value in column "{}" violates not-null constraint'.format
CHECK = "failed to satisfy CHECK constraint ({})".format


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SqlServer]:
    with ExitStack() as stack:
        yield SqlServer(tmp_path, stack)


STORIES: dict[str, list[tuple[str, Any]]] = {
    "a primary key stands once": [
        ("CREATE TABLE d (id INT PRIMARY KEY, name VARCHAR(9) NOT NULL, status VARCHAR DEFAULT 'active')", "ok"),
        ("INSERT INTO d VALUES (101, 'A', 'x'), (102, 'B', DEFAULT)", "ok"),
        ("INSERT INTO d (id, name) VALUES (103, 'C')", "ok"),
        ("INSERT INTO d VALUES (103, 'again')", TWICE("id", "103", '"primary"')),
        ("INSERT INTO d VALUES (104, 'a'), (104, 'b')", TWICE("id", "104", '"primary"')),
        ("INSERT INTO d SELECT id + 1, name FROM d WHERE id = 101", TWICE("id", "102", '"primary"')),
        ("INSERT INTO d VALUES (105, NULL)", NULL("name")),
        ("INSERT INTO d (name) VALUES ('x')", NULL("id")),
        ("SELECT * FROM d ORDER BY id", [[101, "A", "x"], [102, "B", "active"], [103, "C", "active"]]),
        ("UPDATE d SET id = 101 WHERE id = 102", TWICE("id", "101", '"primary"')),
        ("UPDATE d SET id = id + 1", "ok"),  # every key moves at once: none stands twice
        ("UPDATE d SET id = NULL WHERE id = 999", "ok"),  # nobody gets it
        ("UPDATE d SET id = NULL WHERE id = 102", NULL("id")),
        ("SELECT id FROM d ORDER BY id", [[102], [103], [104]]),
        ("DELETE FROM d WHERE id = 103", "ok"),
        ("INSERT INTO d VALUES (103, 'new', NULL)", "ok"),
    ],
    "values that no column takes": [
        ("CREATE TABLE s (id SERIAL PRIMARY KEY, v STRING, b BOOL, n TIMESTAMP(9))", "ok"),
        ("INSERT INTO s (v) VALUES (9223372036854775807 + 1)", 'value type decimal doesn\'t match type string of column "v"'),
        ("INSERT INTO s (b) VALUES (-9223372036854775808 / -1)", 'value type decimal doesn\'t match type bool of column "b"'),
        ("INSERT INTO s (n) VALUES ('2500-01-01')", "timestamp out of range"),
        ("CREATE TABLE far (n TIMESTAMPTZ(9) DEFAULT '1677-01-01')", "timestamp out of range"),
        ("SELECT count(*) FROM s", [[0]]),
    ],
    "NULL is no key of UNIQUE": [
        ("CREATE TABLE u (a INT UNIQUE, b STRING, c INT, UNIQUE (b, c))", "ok"),
        ("INSERT INTO u VALUES (NULL, 'x', NULL), (NULL, 'x', NULL), (1, 'x', 1)", "ok"),
        ("INSERT INTO u VALUES (2, 'x', 1)", TWICE("b,c", "'x',1", '"u_b_c_key"')),
        ("INSERT INTO u VALUES (1, 'y', 1)", TWICE("a", "1", '"u_a_key"')),
        ("UPDATE u SET a = 1 WHERE a IS NULL", TWICE("a", "1", '"u_a_key"')),
        ("UPDATE u SET c = 7 WHERE a = 1", "ok"),
        ("SELECT count(*) FROM u", [[3]]),
    ],
    "checks": [
        ("CREATE TABLE c (a INT CHECK (a > 0) CHECK (a < 10), b INT DEFAULT 5, CONSTRAINT sum CHECK (a+b < 12))", "ok"),
        ("INSERT INTO c VALUES (1, 1), (NULL, NULL)", "ok"),
        ("INSERT INTO c VALUES (2, 2), (0, 1)", CHECK("a > 0")),
        ("INSERT INTO c VALUES (10, 1)", CHECK("a < 10")),
        ("INSERT INTO c (a) VALUES (8)", CHECK("(a + b) < 12")),
        ("INSERT INTO c SELECT 8, 8", CHECK("(a + b) < 12")),
        ("UPDATE c SET b = 11 WHERE a = 1", CHECK("(a + b) < 12")),
        ("SELECT * FROM c ORDER BY a", [[None, None], [1, 1]]),
        (
            "SHOW CONSTRAINTS FROM c",
            [
                ["c", "check_a", "CHECK", "CHECK (a > 0)", True],
                ["c", "check_a1", "CHECK", "CHECK (a < 10)", True],
                ["c", "primary", "PRIMARY KEY", "PRIMARY KEY (rowid ASC)", True],
                ["c", "sum", "CHECK", "CHECK ((a + b) < 12)", True],
            ],
        ),
    ],
    "numbers of rows": [
        ("CREATE TABLE s (id SERIAL, v INT)", "ok"),
        ("INSERT INTO s (v) VALUES (1), (2)", "ok"),
        ("INSERT INTO s VALUES (DEFAULT, 3), (5, 4)", "ok"),
        ("INSERT INTO s (v) SELECT v + 4 FROM s", "ok"),
        ("INSERT INTO s VALUES (NULL, 9)", NULL("id")),
        ("SELECT count(*), count(DISTINCT id), count(DISTINCT rowid), min(id) FROM s", [[8, 8, 8, 5]]),
        ("SELECT * FROM s WHERE v = 4", [[5, 4]]),
        ("SELECT v FROM s WHERE id > 5 AND v < 5 ORDER BY id", [[1], [2], [3]]),
        ("SELECT column_name, is_hidden, column_default FROM [SHOW COLUMNS FROM s] WHERE column_name != 'v'",
            [["id", False, "unique_rowid()"], ["rowid", True, "unique_rowid()"]]),
        ("DELETE FROM s WHERE rowid = (SELECT min(rowid) FROM s)", "ok"),
        ("SELECT min(v) FROM s", [[2]]),
        ("CREATE TABLE taken (rowid INT)", "ok"),
        ("SHOW INDEX FROM taken", [["taken", "primary", False, 1, "rowid_1", "ASC", False, False]]),
    ],
    "UPSERT and ON CONFLICT": [
        ("CREATE TABLE k (a INT PRIMARY KEY, b INT UNIQUE, c INT DEFAULT 7 CHECK (c < 100))", "ok"),
        ("INSERT INTO k VALUES (1, 1, 1), (2, 2, 2)", "ok"),
        ("UPSERT INTO k VALUES (1, 11, 12), (3, 3, 3)", "ok"),
        ("UPSERT INTO k (a, b) VALUES (2, 22), (4, 4)", "ok"),  # what is not listed stays, or is the default
        ("UPSERT INTO k VALUES (1, 3, 0)", TWICE("b", "3", '"k_b_key"')),
        ("UPSERT INTO k VALUES (9, 9, 9), (9, 9, 9)", "UPSERT or INSERT...ON CONFLICT command cannot affect row a second time"),
        ("SELECT * FROM k ORDER BY a", [[1, 11, 12], [2, 22, 2], [3, 3, 3], [4, 4, 7]]),
        ("INSERT INTO k VALUES (1, 50, 1), (5, 3, 1), (6, 6, 6), (7, 6, 6), (7, 8, 8) ON CONFLICT DO NOTHING", "ok"),
        ("SELECT a, b FROM k WHERE a > 3 ORDER BY a", [[4, 4], [6, 6], [7, 8]]),
        ("INSERT INTO k VALUES (1, 50, 999) ON CONFLICT (a) DO NOTHING", "ok"),  # what is not stored need not be right
        ("INSERT INTO k VALUES (8, 50, 999) ON CONFLICT (a) DO NOTHING", CHECK("c < 100")),
        ("INSERT INTO k VALUES (10, 6, 0) ON CONFLICT (a) DO NOTHING", TWICE("b", "6", '"k_b_key"')),
        ("INSERT INTO k VALUES (1, 1, 5), (8, 9, 8) ON CONFLICT (a) DO UPDATE SET c = k.c + excluded.c, b = DEFAULT", "ok"),
        ("INSERT INTO k AS x VALUES (3, 1, 5), (4, 1, 5) ON CONFLICT (a) DO UPDATE SET c = 50 WHERE x.c < 5", "ok"),
        ("INSERT INTO k VALUES (1, 1, 1) ON CONFLICT (a) DO UPDATE SET c = 100", CHECK("c < 100")),
        ("SELECT * FROM k ORDER BY a",
            [[1, None, 17], [2, 22, 2], [3, 3, 50], [4, 4, 7], [6, 6, 6], [7, 8, 8], [8, 9, 8]]),
        ("INSERT INTO k VALUES (1, 1, 1) ON CONFLICT (c) DO NOTHING",
            "there is no unique or exclusion constraint matching the ON CONFLICT specification"),
        ("CREATE TABLE plain (a INT)", "ok"),
        ("UPSERT INTO plain VALUES (1), (1)", "ok"),
        ("SELECT count(*) FROM plain", [[2]]),
    ],
    "UPDATE and DELETE, some rows first": [
        ("CREATE TABLE p (a INT PRIMARY KEY, b INT, c STRING)", "ok"),
        ("INSERT INTO p VALUES (1, 10, 'x'), (2, 20, 'x'), (3, 30, 'y')", "ok"),
        ("CREATE TABLE f (a INT, n INT)", "ok"),
        ("INSERT INTO f VALUES (1, 100), (3, 300)", "ok"),
        ("UPDATE p SET b = p.b + f.n FROM f WHERE p.a = f.a RETURNING b", "ok"),
        ("SELECT a, b FROM p ORDER BY a", [[1, 110], [2, 20], [3, 330]]),
        ("UPDATE p SET (b, c) = (SELECT n, 'from f' FROM f WHERE f.a = p.a) WHERE a < 3", "ok"),
        ("SELECT * FROM p ORDER BY a", [[1, 100, "from f"], [2, None, None], [3, 330, "y"]]),
        ("UPDATE p SET b = 0 ORDER BY a DESC LIMIT 2", "ok"),
        ("DELETE FROM p ORDER BY b DESC, a LIMIT 1 RETURNING a, b", "ok"),
        ("SELECT a, b FROM p ORDER BY a", [[2, 0], [3, 0]]),
        ("UPDATE p SET b = (SELECT n FROM f)", "more than one row returned by a subquery used as an expression"),
        ("UPDATE p SET b = 1 FROM (SELECT 1 AS one UNION ALL SELECT 2) AS two", "ok"),  # each row once
        ("SELECT count(*), sum(b) FROM p", [[2, 2]]),
        ("WITH big AS (SELECT a FROM f WHERE n > 100) UPDATE p SET b = 7 WHERE a IN (SELECT a FROM big)", "ok"),
        ("WITH one AS (SELECT 2 AS a), rest AS (SELECT p.a FROM p, one WHERE p.a > one.a) DELETE FROM p WHERE a IN (SELECT a FROM rest)", "ok"),
        ("SELECT * FROM p", [[2, 1, None]]),
        ("TRUNCATE TABLE p, f", "ok"),
        ("SELECT count(*) FROM p", [[0]]),
    ],
    "references are kept": [
        ("CREATE TABLE customer (id INT PRIMARY KEY, name STRING UNIQUE)", "ok"),
        ("CREATE TABLE orders (id INT PRIMARY KEY, who INT REFERENCES customer, named STRING REFERENCES customer (name))", "ok"),
        ("INSERT INTO orders VALUES (1, 7, NULL)", 'insert on table "orders" violates foreign key constraint "fk_who_ref_customer"'),
        ("INSERT INTO customer VALUES (7, 'ann'), (8, 'bob')", "ok"),
        ("INSERT INTO orders VALUES (1, 7, NULL), (2, NULL, 'bob')", "ok"),
        ("INSERT INTO orders SELECT 3, 9, 'ann'", 'insert on table "orders" violates foreign key constraint "fk_who_ref_customer"'),
        ("UPDATE orders SET named = 'cid'", 'update on table "orders" violates foreign key constraint "fk_named_ref_customer"'),
        ("DELETE FROM customer WHERE id = 7", 'delete on table "customer" violates foreign key constraint "fk_who_ref_customer" on table "orders"'),
        ("UPDATE customer SET name = 'x' WHERE id = 8", 'update on table "customer" violates foreign key constraint "fk_named_ref_customer" on table "orders"'),
        ("UPDATE customer SET name = 'x' WHERE id = 7", "ok"),  # nobody refers to that name
        ("TRUNCATE customer", '"customer" is referenced by foreign key from table "orders"'),
        ("DROP TABLE customer", '"customer" is referenced by foreign key from table "orders"'),
        ("SELECT * FROM orders ORDER BY id", [[1, 7, None], [2, None, "bob"]]),
        ("DELETE FROM orders WHERE id = 1", "ok"),
        ("DELETE FROM customer WHERE id = 7", "ok"),
        ("TRUNCATE customer CASCADE", "ok"),
        ("SELECT count(*) FROM orders", [[0]]),
        ("DROP TABLE customer CASCADE", "ok"),
        ("INSERT INTO orders VALUES (1, 99, 'nobody')", "ok"),
        ("CREATE TABLE wrong (a INT REFERENCES orders (who))", "there is no unique constraint matching given keys for referenced table orders"),
        ("CREATE TABLE wrong (a STRING REFERENCES orders (id))", 'type of "a" (string) does not match foreign key "orders"."id" (int4)'),
    ],
    "references carry changes along": [
        ("CREATE TABLE a (id INT PRIMARY KEY)", "ok"),
        ("CREATE TABLE b (id INT PRIMARY KEY, a INT REFERENCES a ON DELETE CASCADE ON UPDATE CASCADE)", "ok"),
        ("CREATE TABLE c (b INT DEFAULT 0 REFERENCES b ON DELETE SET NULL ON UPDATE SET DEFAULT, n INT CHECK (n > 0 OR b IS NOT NULL))", "ok"),
        ("INSERT INTO a VALUES (1), (2), (3)", "ok"),
        ("INSERT INTO b VALUES (0, NULL), (10, 1), (20, 2), (21, 2)", "ok"),
        ("INSERT INTO c VALUES (10, 1), (20, 2), (21, 3)", "ok"),
        ("UPDATE a SET id = id + 100", "ok"),
        ("SELECT * FROM b ORDER BY id", [[0, None], [10, 101], [20, 102], [21, 102]]),
        ("DELETE FROM a WHERE id = 102", "ok"),
        ("SELECT * FROM b ORDER BY id", [[0, None], [10, 101]]),
        ("SELECT * FROM c ORDER BY n", [[10, 1], [None, 2], [None, 3]]),
        ("UPDATE b SET id = 11 WHERE id = 10", "ok"),
        ("SELECT * FROM c ORDER BY n", [[0, 1], [None, 2], [None, 3]]),
        ("UPDATE c SET n = 0 WHERE b = 0", "ok"),
        ("DELETE FROM b WHERE id = 0", CHECK("(n > 0) OR (b IS NOT NULL)")),
        ("SELECT count(*) FROM b", [[2]]),
        ("CREATE TABLE tree (id INT PRIMARY KEY, up INT REFERENCES tree ON DELETE CASCADE)", "ok"),
        ("INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2), (4, 3), (5, NULL)", "ok"),
        ("DELETE FROM tree WHERE id = 2", "ok"),
        ("SELECT id FROM tree ORDER BY id", [[1], [5]]),
    ],
    "indexes": [
        ("CREATE TABLE i (a INT PRIMARY KEY, b INT, c INT, INDEX (b DESC) STORING (c))", "ok"),
        ("INSERT INTO i VALUES (1, 1, 1), (2, 1, 2)", "ok"),
        ("CREATE UNIQUE INDEX ub ON i (b)", TWICE("b", "1", '"ub"')),
        ("CREATE UNIQUE INDEX uc ON i (c)", "ok"),
        ("CREATE UNIQUE INDEX IF NOT EXISTS uc ON i (c)", "ok"),
        ("CREATE INDEX uc ON i (c)", 'relation "uc" already exists'),
        ("INSERT INTO i VALUES (3, 3, 2)", TWICE("c", "2", '"uc"')),
        ("SHOW INDEXES FROM i", [
            ["i", "primary", False, 1, "a", "ASC", False, False],
            ["i", "i_b_idx", True, 1, "b", "DESC", False, False],
            ["i", "i_b_idx", True, 2, "c", "N/A", True, False],
            ["i", "i_b_idx", True, 3, "a", "ASC", False, True],
            ["i", "uc", False, 1, "c", "ASC", False, False],
            ["i", "uc", False, 2, "a", "ASC", False, True],
        ]),
        ("DROP INDEX i@uc", "ok"),
        ("INSERT INTO i VALUES (3, 3, 2)", "ok"),
        ("DROP INDEX uc", 'index "uc" does not exist'),
        ("DROP INDEX IF EXISTS uc", "ok"),
        ("CREATE TABLE j (a INT UNIQUE, INDEX i_b_idx (a))", "ok"),
        ("DROP INDEX i_b_idx", 'index name "i_b_idx" is ambiguous'),
        ("DROP INDEX j_a_key", 'index "j_a_key" is in use as unique constraint'),
        ("DROP INDEX j_a_key CASCADE", "ok"),
        ("INSERT INTO j VALUES (1), (1)", "ok"),
    ],
    "made from a query, or like another": [
        ("CREATE TABLE src (a INT PRIMARY KEY, b STRING UNIQUE, c INT DEFAULT 3 CHECK (c > 0))", "ok"),
        ("INSERT INTO src VALUES (1, 'x', 1), (2, 'y', 2)", "ok"),
        ("CREATE TABLE made AS SELECT a * 2 AS twice, b FROM src", "ok"),
        ("SELECT * FROM made ORDER BY twice", [[2, "x"], [4, "y"]]),
        ("CREATE TABLE keyed (k PRIMARY KEY, v) AS SELECT b, a FROM src", "ok"),
        ("INSERT INTO keyed VALUES ('x', 9)", TWICE("k", "'x'", '"primary"')),
        ("CREATE TABLE other (k PRIMARY KEY) AS VALUES (1), (1)", TWICE("k", "1", '"primary"')),
        ("CREATE TABLE other (k PRIMARY KEY) AS VALUES (1), (NULL)", NULL("k")),
        ("SELECT * FROM other", 'relation "other" does not exist'),
        ("CREATE TABLE other (a, b) AS SELECT a FROM src",
            "CREATE TABLE specifies 2 column names, but data source has 1 column"),
        ("CREATE TABLE alike LIKE src", "ok"),
        ("INSERT INTO alike (a, b) VALUES (1, 'x')", "ok"),
        ("INSERT INTO alike VALUES (2, 'x', 1)", TWICE("b", "'x'", '"src_b_key"')),
        ("INSERT INTO alike VALUES (2, 'z', 0)", CHECK("c > 0")),
        ("SELECT * FROM alike", [[1, "x", 3]]),
    ],
    "what SHOW CREATE TABLE says": [
        ("CREATE TABLE p (id INT PRIMARY KEY, u STRING UNIQUE)", "ok"),
        ("CREATE TABLE q (a INT NOT NULL DEFAULT 1, b INT REFERENCES p ON DELETE CASCADE, PRIMARY KEY (b, a DESC),"
         " CONSTRAINT pos CHECK (q.a > 0 AND b IN (1, 2)), INDEX ix (a) STORING (b))", "ok"),
        ("SELECT create_statement FROM [SHOW CREATE TABLE q]", [[
            "CREATE TABLE q (\n\ta INT4 NOT NULL DEFAULT 1,\n\tb INT4 NOT NULL,\n"
            '\tCONSTRAINT "primary" PRIMARY KEY (b ASC, a DESC),\n'
            "\tCONSTRAINT fk_b_ref_p FOREIGN KEY (b) REFERENCES p(id) ON DELETE CASCADE,\n"
            "\tINDEX ix (a ASC) STORING (b),\n"
            '\tFAMILY "primary" (a, b),\n\tCONSTRAINT pos CHECK ((a > 0) AND (b IN (1, 2)))\n)'
        ]]),
        ("SELECT create_statement FROM [SHOW CREATE TABLE p]", [[
            'CREATE TABLE p (\n\tid INT4 NOT NULL,\n\tu STRING NULL,\n\tCONSTRAINT "primary" PRIMARY KEY (id ASC),\n'
            '\tUNIQUE INDEX p_u_key (u ASC),\n\tFAMILY "primary" (id, u)\n)'
        ]]),
        ("SELECT column_name, indices FROM [SHOW COLUMNS FROM p]", [["id", ["primary", "p_u_key"]], ["u", ["p_u_key"]]]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_stories(server: SqlServer, story: list[tuple[str, Any]]) -> None:
    play(server, story)


@pytest.mark.parametrize("sql, message", [
    ("CREATE TABLE t (a INT PRIMARY KEY, b INT PRIMARY KEY)", 'multiple primary keys for table "t" are not allowed'),
    ("CREATE TABLE t (a INT NULL PRIMARY KEY)", "ok"),  # it is NOT NULL all the same
    ("CREATE TABLE t (a) AS VALUES (ARRAY[ARRAY[1]])", "nested array unsupported as column type: int[][]"),
    ("CREATE TABLE t (a JSONB PRIMARY KEY)", "column a is of type jsonb and thus is not indexable"),
    ("CREATE TABLE t (a INT, PRIMARY KEY (a, a))", 'index "primary" contains duplicate column "a"'),
    ("CREATE TABLE t (a INT, UNIQUE (b))", 'column "b" does not exist'),
    ("CREATE TABLE t (a INT CONSTRAINT n UNIQUE, CONSTRAINT n CHECK (a > 0))", 'duplicate constraint name: "n"'),
    ("CREATE TABLE t (a INT, CHECK (a < b))", 'column "b" not found, referenced in "a < b"'),
    ("CREATE TABLE t (a INT, CHECK (x.a > 0))", "no data source matches prefix: x"),
    ("CREATE TABLE t (a INT CHECK (a))", "expected CHECK expression to have type bool, but 'a' has type int4"),
    ("CREATE TABLE t (a INT CHECK (sum(a) > 1))", "aggregate functions are not allowed in CHECK"),
    ("CREATE TABLE t (a INT CHECK (EXISTS (SELECT 1)))", "variable sub-expressions are not allowed in CHECK"),
    ("CREATE TABLE t (a SERIAL DEFAULT 1)", 'multiple default values specified for column "a"'),
    ("CREATE TABLE t (a INT REFERENCES nosuch)", 'relation "nosuch" does not exist'),
    ("CREATE TABLE t (a INT NOT NULL REFERENCES p ON DELETE SET NULL)",
        'cannot add a SET NULL cascading action on column "a" which has a NOT NULL constraint'),
    ("CREATE TABLE t AS SELECT NULL AS n", "value type unknown cannot be used for table columns"),
    ("CREATE INDEX ON p (nope)", 'column "nope" does not exist'),
    ("CREATE INDEX ON s (id)", 'creating index on column or primary tag "id" is not supported in timeseries table'),
    ("CREATE INDEX ON s (g)", "ok"),
    ("DROP INDEX p@primary", 'cannot drop the primary index of a table, "primary"'),
    ("TRUNCATE s", "truncate is not supported in timeseries table"),
    ("INSERT INTO s SELECT 1, 2, 3, 4", "first column must be timestamp when the target table is table of time series"),
    ("INSERT INTO select VALUES (1)", 'at or near "select": syntax error'),
    ("INSERT INTO s (ts, table, id) VALUES (1, 2, 3)", 'at or near "table": syntax error'),
])  # fmt: skip
def test_declarations(server: SqlServer, sql: str, message: str) -> None:
    server.run(
        "CREATE TABLE p (id INT PRIMARY KEY);"
        'CREATE TABLE s (ts TIMESTAMP NOT NULL, "table" INT) TAGS (id INT NOT NULL, g INT) PRIMARY TAGS (id)'
    )
    assert server.run(sql) == message


# ---------------------------------------------------------------- several at once


def test_a_refused_statement_fails_alone(server: SqlServer) -> None:
    server.run("CREATE TABLE k (a INT PRIMARY KEY, v INT); CREATE TABLE plain (a INT)")
    body = (
        "INSERT INTO k VALUES (1, 1); INSERT INTO plain VALUES (1); INSERT INTO k VALUES (2, 2), (1, 2);"
        "INSERT INTO k VALUES (3, 3); INSERT INTO k VALUES (3, 4); INSERT INTO plain VALUES (2)"
    )
    answer = server.insert(body)
    twice = TWICE("a", "{}", '"primary"').format
    assert answer.descriptions == ["success", "success", twice(1), "success", twice(3), "success"]
    assert answer.rows == 4
    assert answer.notice == "2 of 6 statements failed, their rows were not written"
    assert server.run("SELECT * FROM k ORDER BY a") == [[1, 1], [3, 3]]
    assert server.run("SELECT count(*) FROM plain") == [[2]]


def test_a_key_stands_once_whoever_races(server: SqlServer) -> None:
    server.run("CREATE TABLE k (a INT PRIMARY KEY, who INT)")
    writers, keys = 8, 40
    ready = threading.Barrier(writers)
    stored = [0] * writers

    def write(number: int) -> None:
        ready.wait()
        for key in range(keys):
            sql = f"INSERT INTO k VALUES ({key}, {number})" if key % 2 else f"INSERT INTO k SELECT {key}, {number}"
            stored[number] += server.run(sql) == "ok"

    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(stored) == keys
    assert server.run("SELECT count(*), count(DISTINCT a) FROM k") == [[keys, keys]]
    for number in range(writers):
        assert server.run(f"SELECT count(*) FROM k WHERE who = {number}") == [[stored[number]]]


# ---------------------------------------------------------------- who may


def test_rights(server: SqlServer) -> None:
    server.run(
        "CREATE USER alice; CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE k (a INT PRIMARY KEY, b INT UNIQUE);"
        "CREATE TABLE c (p INT REFERENCES p ON DELETE CASCADE); CREATE DATABASE shop; GRANT CREATE ON DATABASE shop TO alice;"
        "GRANT INSERT ON TABLE k TO alice; GRANT DROP, DELETE, SELECT ON TABLE p TO alice"
    )
    missing = "user alice does not have {} privilege on relation {}".format
    play(
        server,
        [
            ("INSERT INTO k VALUES (1, 1)", "ok"),
            ("UPSERT INTO k VALUES (1, 2)", missing("SELECT", "k")),
            ("INSERT INTO k VALUES (1, 1) ON CONFLICT DO NOTHING", missing("SELECT", "k")),
            ("INSERT INTO k VALUES (1, 1) ON CONFLICT (a) DO UPDATE SET b = 1", missing("SELECT", "k")),
            ("INSERT INTO k VALUES (1, 1) RETURNING b", missing("SELECT", "k")),
            ("CREATE INDEX ON k (b)", missing("CREATE", "k")),
            ("DROP INDEX k_b_key CASCADE", missing("CREATE", "k")),
            ("CREATE TABLE shop.mine (a INT REFERENCES public.k)", missing("SELECT", "k")),
            ("CREATE TABLE shop.mine LIKE k", missing("SELECT", "k")),
            ("CREATE TABLE shop.mine AS SELECT * FROM k", missing("SELECT", "k")),
            ("CREATE TABLE shop.mine (a INT REFERENCES public.p)", "ok"),
            ("TRUNCATE k", missing("DROP", "k")),
            ("TRUNCATE p CASCADE", missing("DROP", "c")),
            ("DROP TABLE p CASCADE", missing("CREATE", "c")),
            ("DELETE FROM p", "ok"),  # what follows by a foreign key was agreed to by who declared it
        ],
        "alice",
    )


# ---------------------------------------------------------------- kept


def test_constraints_outlive_the_process(tmp_path: Path) -> None:
    with ExitStack() as stack:
        first = SqlServer(tmp_path, stack)
        first.run(
            "CREATE TABLE p (id INT PRIMARY KEY, u STRING UNIQUE CHECK (u != '')); CREATE TABLE c (p INT REFERENCES p);"
            "CREATE UNIQUE INDEX i ON c (p DESC)"
        )
        assert first.run("INSERT INTO p VALUES (1, 'x')") == "ok"
        shown = [first.run(f"SHOW CREATE TABLE {name}") for name in "pc"]
    with ExitStack() as stack:
        again = SqlServer(tmp_path, stack)
        assert [again.run(f"SHOW CREATE TABLE {name}") for name in "pc"] == shown
        play(
            again,
            [
                ("INSERT INTO p VALUES (1, 'y')", TWICE("id", "1", '"primary"')),
                ("INSERT INTO p VALUES (2, '')", CHECK("u != ''")),
                ("INSERT INTO c VALUES (2)", 'insert on table "c" violates foreign key constraint "fk_p_ref_p"'),
                ("INSERT INTO c VALUES (1), (1)", TWICE("p", "1", '"i"')),
                ("INSERT INTO c VALUES (1)", "ok"),
                ("DELETE FROM p", 'delete on table "p" violates foreign key constraint "fk_p_ref_p" on table "c"'),
            ],
        )
