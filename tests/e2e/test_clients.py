"""The requests real clients send (issue line 1.19)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from tests.e2e.server import ROOT_PASSWORD, Server

TELEGRAF = (
    'cpu,cpu=cpu0,host=gw\\ 1 usage_user=1.5,usage_idle=97.25,count=12i,ok=true,state="run, \\"fast\\"" 1700000000000000000\n'
    "cpu,cpu=cpu1,host=gw\\ 1 usage_idle=90,usage_user=2,count=13i,ok=false 1700000000000000000\n"
    "mem,host=gw\\ 1 free=123456789i,used_percent=50.5 1700000000000000000\n"
)


def _chunks(body: bytes) -> Iterator[bytes]:
    for first in range(0, len(body), 50):
        yield body[first : first + 50]


def test_telegraf_outputs_http(server: Server) -> None:
    server.ddl(
        "CREATE TS DATABASE tsdb; USE tsdb;"
        "CREATE TABLE cpu (ts timestamp not null, usage_user float, usage_idle float, count int8, ok bool, state varchar(50)) "
        "TAGS (cpu varchar(20) not null, host varchar(50) not null) PRIMARY TAGS (cpu, host);"
        "CREATE TABLE mem (ts timestamp not null, free int8, used_percent float) TAGS (host varchar(50) not null) PRIMARY TAGS (host)"
    )
    answer = server.http.post(
        "/restapi/telegraf?db=tsdb",
        content=_chunks(gzip.compress(TELEGRAF.encode())),
        auth=("root", ROOT_PASSWORD),
        headers={
            "User-Agent": "Telegraf/1.25.3",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Encoding": "gzip",
        },
    )
    assert (answer.status_code, answer.json()["code"], answer.json()["rows"]) == (200, 0, 3), answer.text
    assert server.rows("SELECT * FROM cpu ORDER BY cpu", "tsdb") == [
        ["2023-11-14T22:13:20Z", 1.5, 97.25, 12, True, 'run, "fast"', "cpu0", "gw 1"],
        ["2023-11-14T22:13:20Z", 2.0, 90.0, 13, False, None, "cpu1", "gw 1"],
    ]
    assert server.rows("SELECT free FROM mem", "tsdb") == [[123456789]]


def test_a_refused_line_does_not_take_its_neighbours_along(server: Server) -> None:
    server.ddl("CREATE TABLE m (ts timestamp not null, v int) TAGS (id int not null) PRIMARY TAGS (id)")
    answer = server.post(
        "telegraf", "m,id=1 v=1i 1000000\nm,id=1 v=oops 2000000\nnope,id=1 v=1i 3000000\nm,id=1 v=4i 4000000\n"
    )
    body = answer.json()
    assert (answer.status_code, body["code"], body["rows"]) == (200, -1, 2)
    assert "line 2" in body["desc"] and "line 3" in body["desc"] and 'relation "nope" does not exist' in body["desc"]
    assert server.rows("SELECT v FROM m ORDER BY ts") == [[1], [4]]
    shelf = server.rows("SELECT line, user_name, database_name, times FROM kwrest_system.rejected ORDER BY id")
    assert shelf == [
        ["m,id=1 v=oops 2000000", "root", "defaultdb", 1],
        ["nope,id=1 v=1i 3000000", "root", "defaultdb", 1],
    ]
    server.kill()
    server.restart()
    server.post("telegraf", "m,id=1 v=oops 2000000\nm,id=1 v=5i 5000000\n")
    assert server.rows("SELECT times FROM kwrest_system.rejected ORDER BY id") == [[2], [1]]


def test_emqx_logs_in_once_and_renews_by_use(server: Server) -> None:
    server.ddl(
        "CREATE TABLE mqtt (ts timestamp not null, v float) TAGS (client varchar(30) not null) PRIMARY TAGS (client)"
    )
    server.ddl("CREATE USER emqx PASSWORD 'bridge42'; GRANT INSERT ON TABLE mqtt TO emqx")
    token = server.login("emqx", "bridge42")
    for n in range(4):
        answer = server.http.post(
            "/restapi/insert?db=defaultdb",
            content=f"INSERT INTO mqtt VALUES ({n}, {n}.5, 'sensor;{n}')",
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
        )
        assert (answer.status_code, answer.json()["rows"]) == (200, 1), answer.text
        if n == 1:
            server.kill()
            server.restart()
    assert server.rows("SELECT count(*) FROM mqtt") == [[4]]
    assert server.post("query", "SELECT * FROM mqtt", token=token).status_code == 500  # INSERT is all it may do
    assert server.post("telegraf", "mqtt,client=x v=1 1", token=token).status_code == 200


def test_a_notice_tells_of_rows_that_were_discarded(server: Server) -> None:
    table = "(ts timestamp not null, v int) tags (d varchar(9) not null) primary tags (d)"
    server.ddl(f"create table t {table}; create table copy {table}; set cluster setting ts.dedup.rule = 'discard'")
    server.insert("insert into t values (1, 1, 'a'), (2, 2, 'a'); insert into copy values (1, 9, 'a')")
    notice = "rows discarded due to duplicate data (ts.dedup.rule = discard)"
    for sql, rows, discarded in (
        ("insert into t values (1, 5, 'a'), (3, 3, 'a')", 1, 1),
        ("insert into copy select * from t", 2, 1),
        ("insert into copy select * from t; insert into t values (1, 1, 'a')", 0, 4),
    ):
        answer = server.insert(sql)
        assert (answer["rows"], answer["notice"]) == (rows, f"{discarded} {notice}")


def test_telegraf_needs_the_right_on_each_table(server: Server) -> None:
    server.ddl(
        "CREATE TABLE a (ts timestamp not null, v int) TAGS (id int not null) PRIMARY TAGS (id);"
        "CREATE TABLE b (ts timestamp not null, v int) TAGS (id int not null) PRIMARY TAGS (id);"
        "CREATE USER agent PASSWORD 'agent007'; GRANT INSERT ON TABLE a TO agent"
    )
    token = server.login("agent", "agent007")
    answer = server.post("telegraf", "a,id=1 v=1i 1\nb,id=1 v=1i 1\n", token=token)
    assert (answer.status_code, answer.json()["rows"]) == (200, 1)
    assert "user agent does not have INSERT privilege on relation b" in answer.json()["desc"]
    assert server.post("telegraf", "b,id=1 v=1i 1", token=token).status_code == 500
    assert server.rows("SELECT count(*) FROM b") == [[0]]
