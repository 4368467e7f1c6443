"""GET /metrics of a real server, as Prometheus scrapes it."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client.parser import text_string_to_metric_families

from kwrest.service.metrics import COUNTED, PROCESS, READ
from tests.e2e.server import ROOT_PASSWORD, Server, basic, wait_until

TELEGRAF, INSERT, QUERY = ("/restapi/telegraf",), ("/restapi/insert",), ("/restapi/query",)


def scrape(server: Server) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = server.http.get("/metrics", auth=("root", ROOT_PASSWORD), headers={"Accept": "text/plain"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = text_string_to_metric_families(answer.text)
    return {(s.name, tuple(s.labels.values())): s.value for family in families for s in family.samples}


def test_it_tells_what_was_asked_of_the_server(server: Server) -> None:
    server.ddl("CREATE TABLE m (ts timestamp not null, v int) TAGS (id int not null) PRIMARY TAGS (id)")
    server.insert("INSERT INTO m VALUES (1, 1, 1), (2, 2, 1)")
    server.post("telegraf", "m,id=1 v=3i 3000000\nm,id=1 v=oops 4000000\n")
    server.query("SELECT * FROM m")
    server.post("query", "SELECT * FROM nowhere")
    server.send("GET", "/nowhere/at/all")
    token = server.login()
    found = scrape(server)
    for name, labels, value in (
        ("kwrest_rows_written_total", INSERT, 2),
        ("kwrest_rows_written_total", TELEGRAF, 1),
        ("kwrest_rows_answered_total", QUERY, 3),
        ("kwrest_lines_refused_total", TELEGRAF, 1),
        ("kwrest_rejected_lines", (), 1),
        ("kwrest_statements_total", ("query", "ok"), 1),
        ("kwrest_statements_total", ("query", "42P01"), 1),
        ("kwrest_threads_abandoned", (), 0),
        ("kwrest_queries_running", (), 0),
        ("kwrest_errors_total", (*QUERY, "42P01"), 1),
        ("kwrest_http_requests_total", (*QUERY, "POST", "500"), 1),
        ("kwrest_http_requests_total", ("other", "GET", "404"), 1),
        ("kwrest_sessions", (), 1),
        ("kwrest_ready", (), 1),
        ("kwrest_connections_limit", (), 150),
        ("kwrest_requests_running", (), 1),
    ):
        assert found[name, labels] == value, name
    for name, labels in (
        ("kwrest_storage_bytes", ("log",)),
        ("kwrest_engine_memory_limit_bytes", ()),
        ("kwrest_storage_free_bytes", ()),
        ("kwrest_certificate_expiry_timestamp_seconds", ()),
        ("kwrest_connections", ()),
    ):
        assert found[name, labels] > 0, name
    assert {row.name for row in (*COUNTED, *READ)} | set(PROCESS) <= {name.removesuffix("_count") for name, _ in found}
    secrets = (ROOT_PASSWORD, token, "nowhere", "root")
    assert not [secret for secret in secrets if secret in str(found)]


def test_it_is_for_admins(server: Server) -> None:
    server.ddl("CREATE USER plain PASSWORD 'plain123'")
    for given, status in (
        ({}, 401),
        ({"Authorization": f"Basic {basic('root', 'wrong')}"}, 401),
        ({"Authorization": f"Basic {basic('plain', 'plain123')}"}, 401),
        ({"Authorization": f"Bearer {server.login()}"}, 200),
    ):
        answer = server.send("GET", "/metrics", **given)
        assert (answer.status_code, "kwrest_sessions" in answer.text) == (status, status == 200), given


def test_slow_statements_are_logged_without_their_values(make_server: Callable[..., Server]) -> None:
    server = make_server("--slow-query", "0.000001", "--log-sample", "0")
    server.ddl("CREATE TABLE m (k int, s string); CREATE USER ann PASSWORD 'hush-hush'")
    server.insert("INSERT INTO m VALUES (1, 'private'), (2, \"quoted\")")
    server.query("SELECT s FROM m WHERE s = 'private' AND k < 1000 -- secret remark")
    server.send("GET", "/health")
    wait_until(lambda: "SELECT s" in server.log)
    assert (
        "endpoint=query db=defaultdb" in server.log
        and "rows=1 outcome=ok: SELECT s FROM m WHERE s = ? AND k < ?" in server.log
    )
    assert "endpoint=insert" in server.log and "INSERT INTO m VALUES (?, ?), …" in server.log
    assert "CREATE USER ann PASSWORD ?" in server.log
    assert not [word for word in ("hush", "private", "quoted", "1000", "remark", ROOT_PASSWORD) if word in server.log]


def test_a_sample_of_the_requests_is_logged_and_every_failure(make_server: Callable[..., Server]) -> None:
    server = make_server("--log-sample", "0.1", "--slow-query", "0")
    for _ in range(50):
        server.send("GET", "/health")
    for _ in range(5):
        server.send("GET", "/nowhere")
    wait_until(lambda: server.log.count("/nowhere") == 5)
    assert server.log.count("GET /health") == 5
