"""Metrics by name: what counts, what is read, and that no client can make a time series."""

from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kwrest.service.metrics import COUNTED, READ, Answered, Metrics, Reading, Row


def samples(text: bytes) -> dict[tuple[str, tuple[str, ...]], float]:
    """Name and label values → value."""
    families = text_string_to_metric_families(text.decode())
    return {(s.name, tuple(s.labels.values())): s.value for family in families for s in family.samples}


INSERTED = Answered("/restapi/insert", "POST", 200, 0.02, received=100, sent=50, written=3)


@pytest.mark.parametrize(
    ("request_", "name", "labels", "value"),
    [
        (INSERTED, "kwrest_http_requests_total", ("/restapi/insert", "POST", "200"), 1),
        (INSERTED, "kwrest_http_request_duration_seconds_count", ("/restapi/insert",), 1),
        (INSERTED, "kwrest_http_request_duration_seconds_bucket", ("/restapi/insert", "0.025"), 1),
        (INSERTED, "kwrest_http_request_duration_seconds_bucket", ("/restapi/insert", "0.01"), 0),
        (INSERTED, "kwrest_http_request_bytes_total", ("/restapi/insert",), 100),
        (INSERTED, "kwrest_http_answer_bytes_total", ("/restapi/insert",), 50),
        (INSERTED, "kwrest_rows_written_total", ("/restapi/insert",), 3),
        (INSERTED, "kwrest_rows_answered_total", ("/restapi/insert",), None),
        (Answered("/restapi/query", "POST", 200, 1, answered=7), "kwrest_rows_answered_total", ("/restapi/query",), 7),
        (Answered("other", "GET", 404, 0, sqlstate="08P01"), "kwrest_errors_total", ("other", "08P01"), 1),
        (Answered("/restapi/telegraf", "POST", 200, 0, refused=2), "kwrest_lines_refused_total", ("/restapi/telegraf",), 2),
    ],
)  # fmt: skip
def test_a_request_is_counted(request_: Answered, name: str, labels: tuple[str, ...], value: float | None) -> None:
    metrics = Metrics()
    metrics.began()
    metrics.ended(request_)
    found = samples(metrics.text())
    assert found.get((name, labels)) == value
    assert found["kwrest_requests_running", ()] == 0


def test_what_is_read_is_read_at_each_scrape() -> None:
    sessions = iter((3.0, 4.0))
    metrics = Metrics()
    metrics.read(lambda: [Reading("kwrest_sessions", next(sessions))])
    metrics.began()
    first = samples(metrics.text([Reading("kwrest_storage_bytes", 10, ("log",))]))
    second = samples(metrics.text())
    assert (first["kwrest_sessions", ()], second["kwrest_sessions", ()]) == (3, 4)
    assert first["kwrest_storage_bytes", ("log",)] == 10 and ("kwrest_storage_bytes", ("log",)) not in second
    assert first["kwrest_requests_running", ()] == 1
    assert first["process_resident_memory_bytes", ()] > 1_000_000


@pytest.mark.parametrize("row", [*COUNTED, *READ], ids=lambda row: row.name)
def test_a_name_is_one_by_prometheus_conventions(row: Row) -> None:
    name, kind = row.name, row.kind
    assert re.fullmatch(r"kwrest_[a-z]+(_[a-z]+)*", name)
    assert name.endswith("_total") == (kind == "counter")
    assert not re.search(r"_(ms|kb|mb|minutes)(_|$)", name), "base units: seconds and bytes"
