"""Views and comments on a real engine: what they show, what depends on them, who may read them. Rows run in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.service.sql_server import SqlServer, play

SET_UP = """
    CREATE USER alice; CREATE DATABASE shop; CREATE TS DATABASE iot;
    CREATE TABLE t (a INT, b VARCHAR(10)); CREATE TABLE secret (a INT);
    CREATE TABLE iot.meters (ts TIMESTAMP NOT NULL, power INT, voltage INT) TAGS (site VARCHAR(8) NOT NULL) PRIMARY TAGS (site)
"""
ROWS = """
    INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z'); INSERT INTO secret VALUES (42);
    INSERT INTO iot.meters VALUES ('2024-01-01 00:00:00', 10, 230, 'north'), ('2024-01-01 00:01:00', 20, 231, 'south')
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SqlServer]:
    with ExitStack() as stack:
        server = SqlServer(tmp_path, stack)
        assert (server.run(SET_UP), server.run(ROWS.strip())) == ("ok", "ok")
        yield server


STORIES: dict[str, list[tuple[str, Any]]] = {
    "a view is its query": [
        ("CREATE VIEW v AS SELECT a, b FROM t WHERE a > 1", "ok"),
        ("SELECT * FROM v ORDER BY a", [[2, "y"], [3, "z"]]),
        ("INSERT INTO t VALUES (4, 'n')", "ok"),
        ("SELECT count(*) FROM v", [[3]]),
        ("SELECT x.a FROM v AS x JOIN t ON x.a = t.a WHERE x.b = 'y'", [[2]]),
        ("SELECT v.b FROM v WHERE defaultdb.public.v.a = 3", [["z"]]),
        ("SELECT first FROM v AS w (first, second) WHERE second = 'z'", [[3]]),
        ("SHOW TABLES", [["secret", "BASE TABLE"], ["t", "BASE TABLE"], ["v", "VIEW"]]),
        ("SHOW CREATE VIEW v", [["v", "CREATE VIEW v (a, b) AS SELECT a, b FROM t WHERE a > 1"]]),
        # what a view is made of is not in a plan
        ("EXPLAIN SELECT a FROM v", [["render", "", ""], [" │", "column", "a = a"], [" └── view", "", ""], ["     ", "name", "v"]]),
        ("SHOW COLUMNS FROM v", [[n, t, True, None, "", [], False, False] for n, t in (("a", "INT4"), ("b", "VARCHAR(10)"))]),
        ("CREATE VIEW v AS SELECT 1", 'relation "v" already exists'),
        ("CREATE VIEW IF NOT EXISTS v AS SELECT 1", "ok"),
        ("CREATE TABLE v (a INT)", 'relation "v" already exists'),
        ("DROP VIEW v", "ok"),
        ("SELECT * FROM v", 'relation "v" does not exist'),
        ("DROP VIEW v", 'relation "v" does not exist'),
        ("DROP VIEW IF EXISTS v", "ok"),
    ],
    "columns under other names": [
        ("CREATE VIEW v (one, two) AS SELECT a, a FROM t", "ok"),
        ("SELECT two FROM v WHERE one = 2", [[2]]),
        ("CREATE VIEW w (one) AS SELECT a, b FROM t", "CREATE VIEW specifies 1 column names, but data source has 2 columns"),
        ("CREATE VIEW w AS SELECT a, a FROM t", 'duplicate column name: "a"'),
        ("CREATE VIEW w (x, x) AS SELECT a, b FROM t", 'duplicate column name: "x"'),
    ],
    "a star keeps meaning the columns of then": [
        ("CREATE VIEW v AS SELECT * FROM t", "ok"),
        ("ALTER TABLE t ADD COLUMN c INT", "ok"),
        ("SELECT * FROM v WHERE a = 1", [[1, "x"]]),
        ("SELECT * FROM t WHERE a = 1", [[1, "x", None]]),
        ("ALTER TABLE t DROP COLUMN c", "ok"),
        ("ALTER TABLE t DROP COLUMN b", 'cannot drop column "b" because view "v" depends on it'),
    ],
    "names are those of the view's database": [
        ("CREATE VIEW shop.v AS SELECT a FROM t", "ok"),
        ("CREATE TABLE shop.t (a STRING)", "ok"),
        ("SELECT max(a) FROM shop.v", [[3]]),
        ("DROP TABLE t", 'cannot drop relation "t" because view "shop.public.v" depends on it'),
        ("DROP DATABASE shop", "ok"),
        ("DROP TABLE t", "ok"),
    ],
    "views of views": [
        ("CREATE VIEW v AS SELECT a FROM t WHERE a < 3", "ok"),
        ("CREATE VIEW w AS SELECT a + 1 AS a FROM v", "ok"),
        ("SELECT x.a, y.a FROM w x JOIN v y ON x.a = y.a ORDER BY 1", [[2, 2]]),
        ("DROP VIEW v", 'cannot drop relation "v" because view "w" depends on it'),
        ("DROP TABLE t", 'cannot drop relation "t" because view "v" depends on it'),
        ("DROP VIEW v, w", "ok"),
        ("CREATE VIEW v AS SELECT a FROM t", "ok"),
        ("CREATE VIEW w AS TABLE v", "ok"),
        ("DROP TABLE t CASCADE", "ok"),
        ("SHOW TABLES", [["secret", "BASE TABLE"]]),
    ],
    "time series": [
        ("CREATE VIEW iot.v AS SELECT site, max(power) AS top FROM iot.meters GROUP BY site", "ok"),
        ("SELECT top FROM iot.v WHERE site = 'south'", [[20]]),
        ("SELECT m.power FROM iot.v JOIN iot.meters m ON m.site = v.site AND m.power = v.top ORDER BY 1", [[10], [20]]),
        ("CREATE VIEW shop.v AS SELECT time_bucket(ts, '1h') AS b, sum(power) AS s FROM iot.meters GROUP BY b", "ok"),
        ("SELECT s FROM shop.v", [[30]]),
        ("DROP DATABASE iot CASCADE", "ok"),
        ("SELECT s FROM shop.v", 'relation "shop.v" does not exist'),
    ],
    "a view holds no rows": [
        ("CREATE VIEW v AS SELECT a FROM t", "ok"),
        ("INSERT INTO v VALUES (1)", 'cannot run INSERT on view "v" - views are not updateable'),
        ("UPDATE v SET a = 1", 'cannot run UPDATE on view "v" - views are not updateable'),
        ("DELETE FROM v", 'cannot run DELETE on view "v" - views are not updateable'),
        ("DROP TABLE v", '"v" is not a table'),
        ("DROP VIEW t", '"t" is not a view'),
        ("TRUNCATE v", '"v" is not a table'),
        ("ALTER TABLE v ADD COLUMN c INT", '"v" is not a table'),
        ("CREATE VIEW w AS SELECT nope FROM t", 'column "nope" does not exist'),
        ("CREATE VIEW w AS SELECT user_name FROM kwrest_system.sessions", "a view of the server's own tables is not supported"),
    ],
    "comments": [
        ("COMMENT ON TABLE t IS 'things'", "ok"),
        ("COMMENT ON COLUMN t.a IS 'number'", "ok"),
        ("COMMENT ON DATABASE shop IS '店'", "ok"),
        ("SHOW TABLES WITH COMMENT", [["secret", "BASE TABLE", ""], ["t", "BASE TABLE", "things"]]),
        ("SELECT count(*) FROM [SHOW COLUMNS FROM t WITH COMMENT]", [[3]]),
        ("COMMENT ON TABLE t IS NULL", "ok"),
        ("SHOW TABLES WITH COMMENT", [["secret", "BASE TABLE", ""], ["t", "BASE TABLE", ""]]),
        ("COMMENT ON TABLE nope IS 'x'", 'relation "nope" does not exist'),
        ("COMMENT ON COLUMN t.nope IS 'x'", 'column "nope" does not exist'),
        ("COMMENT ON DATABASE nope IS 'x'", 'database "nope" does not exist'),
        ("CREATE DATABASE plant COMMENT = 'two'", "ok"),
        ("SHOW DATABASES WITH COMMENT", [
            ["defaultdb", "RELATIONAL", None], ["iot", "TIME SERIES", None], ["plant", "RELATIONAL", "two"],
            ["postgres", "RELATIONAL", None], ["shop", "RELATIONAL", "店"], ["system", "RELATIONAL", None],
        ]),
        (
            "CREATE TABLE iot.s (ts TIMESTAMP NOT NULL, v INT COMMENT 'value') TAGS (id INT NOT NULL COMMENT 'key')"
            " PRIMARY TAGS (id) COMMENT 'table'", "ok",
        ),
        ("SHOW TABLES FROM iot WITH COMMENT", [["meters", "TIME SERIES TABLE", ""], ["s", "TIME SERIES TABLE", "table"]]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_stories(server: SqlServer, story: list[tuple[str, Any]]) -> None:
    play(server, story)


def test_who_reads_a_view_needs_a_right_on_the_view_alone(server: SqlServer) -> None:
    play(server, [("CREATE VIEW v AS SELECT a FROM secret", "ok"), ("CREATE VIEW w AS SELECT a FROM v", "ok")])
    refused = "user alice does not have SELECT privilege on relation {}".format
    play(server, [("SELECT * FROM v", refused("v")), ("SELECT * FROM w", refused("w"))], "alice")
    play(server, [("GRANT SELECT ON TABLE w TO alice", "ok"), ("GRANT CREATE ON DATABASE shop TO alice", "ok")])
    play(
        server,
        [
            ("SELECT * FROM w", [[42]]),
            ("SELECT * FROM v", refused("v")),
            ("SELECT * FROM w, secret", refused("secret")),
            ("CREATE VIEW shop.mine AS SELECT a FROM secret", refused("secret")),
            ("CREATE VIEW shop.mine AS SELECT a FROM w", "ok"),
            ("CREATE VIEW mine AS SELECT a FROM w", "user alice does not have CREATE privilege on database defaultdb"),
            ("COMMENT ON TABLE t IS 'x'", "user alice does not have CREATE privilege on relation t"),
            ("DROP VIEW w", "user alice does not have DROP privilege on relation w"),
        ],
        "alice",
    )


def test_views_and_comments_outlive_the_process(tmp_path: Path) -> None:
    with ExitStack() as stack:
        first = SqlServer(tmp_path, stack)
        first.run(SET_UP)
        first.run(ROWS.strip())
        play(first, [("CREATE VIEW v AS SELECT * FROM t", "ok"), ("COMMENT ON COLUMN t.a IS 'number'", "ok")])
    with ExitStack() as stack:
        again = SqlServer(tmp_path, stack)
        play(
            again,
            [
                ("ALTER TABLE t ADD COLUMN c INT", "ok"),
                ("SELECT * FROM v WHERE a = 1", [[1, "x"]]),
                ("DROP TABLE t", 'cannot drop relation "t" because view "v" depends on it'),
                (
                    "SHOW TABLES WITH COMMENT",
                    [["secret", "BASE TABLE", ""], ["t", "BASE TABLE", ""], ["v", "VIEW", ""]],
                ),
            ],
        )
