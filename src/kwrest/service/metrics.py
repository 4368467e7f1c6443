"""What the server counts and measures, as Prometheus reads it (GET /metrics).

Two kinds of metric: those that are **counted** while requests are answered, and those that are **read** from the rooms
when somebody asks. Every metric is a row of one of the two tables; docs/operations.md is made from them. No label holds
anything a client can choose: no user, no path that is not ours, no statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)  # seconds


@dataclass(frozen=True, slots=True)
class Row:
    """One metric. kind: `counter`, `gauge` or `histogram`; a counter's name ends in `_total`; labels: their names."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()


DURATION = Row(
    "kwrest_http_request_duration_seconds", "histogram", "from the complete header to the answer", ("endpoint",)
)
WORK = Row(
    "kwrest_statement_duration_seconds", "histogram", "of a SQL body's work, without waiting for bytes", ("endpoint",)
)
COUNTED = (
    DURATION,
    WORK,
    Row("kwrest_http_requests_total", "counter", "requests answered, by status", ("endpoint", "method", "status")),
    Row("kwrest_http_request_bytes_total", "counter", "bytes of request bodies as they came", ("endpoint",)),
    Row("kwrest_http_answer_bytes_total", "counter", "bytes of answers as they were sent", ("endpoint",)),
    Row("kwrest_rows_written_total", "counter", "rows stored, changed or deleted, durable when counted", ("endpoint",)),
    Row("kwrest_rows_answered_total", "counter", "rows of query answers", ("endpoint",)),
    Row("kwrest_lines_refused_total", "counter", "lines of line protocol that were refused", ("endpoint",)),
    Row("kwrest_statements_total", "counter", "SQL bodies by outcome: ok, or the SQLSTATE of their first error", ("endpoint", "outcome")),
    Row("kwrest_errors_total", "counter", "answers with an error, by SQLSTATE of the first", ("endpoint", "sqlstate")),
)  # fmt: skip

READ = (
    Row("kwrest_build_info", "gauge", "1; the version is the label", ("version",)),
    Row("kwrest_ready", "gauge", "1 when /ready answers 200"),
    Row("kwrest_requests_running", "gauge", "requests being answered"),
    Row("kwrest_queries_running", "gauge", "statements at work, as SHOW QUERIES lists them"),
    Row("kwrest_threads_abandoned", "gauge", "queries that were answered at their deadline and could not be ended"),
    Row("kwrest_connections", "gauge", "connections that count against the limit"),
    Row("kwrest_connections_idle", "gauge", "of these, those that wait for their next request"),
    Row("kwrest_connections_waiting", "gauge", "connections before their first request or on their way out"),
    Row("kwrest_connections_limit", "gauge", "option `connections`"),
    Row("kwrest_sessions", "gauge", "sessions that are alive"),
    Row("kwrest_password_checks_waiting", "gauge", "passwords being checked or waiting for it"),
    Row("kwrest_lines_bodies_waiting", "gauge", "bodies of line protocol that are not answered yet"),
    Row("kwrest_lines_bytes_waiting", "gauge", "bytes of these bodies"),
    Row("kwrest_writes_waiting", "gauge", "writes and changes in the writer's queue"),
    Row("kwrest_rows_waiting", "gauge", "rows in the writer's queue"),
    Row("kwrest_rejected_lines", "gauge", "lines on the shelf kwrest_system.rejected"),
    Row("kwrest_rejected_lines_dropped_total", "counter", "lines that had to leave the full shelf since the start"),
    Row("kwrest_storage_bytes", "gauge", "size of the database, its write-ahead log and spilled queries", ("file",)),
    Row("kwrest_storage_free_bytes", "gauge", "space left on the data folder's file system"),
    Row("kwrest_engine_memory_bytes", "gauge", "memory the engine uses"),
    Row("kwrest_engine_memory_limit_bytes", "gauge", "option `memory_limit`, or what was worked out at the start"),
    Row("kwrest_certificate_expiry_timestamp_seconds", "gauge", "end of the server certificate, seconds since 1970"),
)  # fmt: skip

# The library's own, of the process: named in the docs, described by the library.
PROCESS = (
    "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
    "process_max_fds", "process_start_time_seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What a metric of READ is now. labels: their values, in the row's order."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


Source = Callable[[], Iterable[Reading]]


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was answered. endpoint: a path of ours, else `other`; method: one of HTTP's, else `other`; received,
    sent: bytes of bodies; written, answered: rows; refused: lines; sqlstate: of the first error."""

    endpoint: str
    method: str
    status: int
    seconds: float
    received: int = 0
    sent: int = 0
    written: int = 0
    answered: int = 0
    refused: int = 0
    sqlstate: str | None = None


class Metrics:
    """The metrics of one server."""

    def __init__(self) -> None:
        # Without: a second time series for every counter, which nobody draws.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's own, without a signature
        self._sources: list[Source] = []
        self._running = 0
        self._counters = {
            row.name: Counter(row.name, row.help, row.labels, registry=None) for row in COUNTED if row.kind == "counter"
        }
        self._durations, self._work = (
            Histogram(row.name, row.help, row.labels, registry=None, buckets=BUCKETS) for row in (DURATION, WORK)
        )
        self._process = ProcessCollector(registry=None)

    def read(self, *sources: Source) -> None:
        """Sources are asked for their readings at each scrape; they must be quick and never raise."""
        self._sources += sources

    def began(self) -> None:
        """A request is being answered. On the event loop's thread, as `ended`."""
        self._running += 1

    def ended(self, request: Answered) -> None:
        """It was answered, or its client has left."""
        self._running -= 1
        at = request.endpoint
        self._durations.labels(at).observe(request.seconds)
        self._count("kwrest_http_requests_total", 1, at, request.method, str(request.status))
        self._count("kwrest_http_request_bytes_total", request.received, at)
        self._count("kwrest_http_answer_bytes_total", request.sent, at)
        self._count("kwrest_rows_written_total", request.written, at)
        self._count("kwrest_rows_answered_total", request.answered, at)
        self._count("kwrest_lines_refused_total", request.refused, at)
        if request.sqlstate is not None:
            self._count("kwrest_errors_total", 1, at, request.sqlstate)

    def statement(self, endpoint: str, seconds: float, outcome: str) -> None:
        """A SQL body ended. outcome: `ok` or the SQLSTATE of its first failure. From any thread."""
        self._count("kwrest_statements_total", 1, endpoint, outcome)
        self._work.labels(endpoint).observe(seconds)

    def _count(self, name: str, amount: int, *labels: str) -> None:
        if amount:
            self._counters[name].labels(*labels).inc(amount)

    def text(self, more: Iterable[Reading] = ()) -> bytes:
        """Everything in Prometheus' text format, CONTENT_TYPE. more: readings that only the one who asks can make."""
        readings = [Reading("kwrest_requests_running", self._running), *more]
        for source in self._sources:
            readings += source()
        registry = CollectorRegistry()
        for collector in (*self._counters.values(), self._durations, self._work, _Readings(readings), self._process):
            registry.register(collector)
        return generate_latest(registry)


class _Readings(Collector):
    """Readings as the library's families, in the order of READ. What no room has told is left out."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._by_name: dict[str, list[Reading]] = {}
        for reading in readings:
            self._by_name.setdefault(reading.name, []).append(reading)

    def collect(self) -> Iterator[Metric]:
        for row in READ:
            found = self._by_name.get(row.name)
            if found is None:
                continue
            make = CounterMetricFamily if row.kind == "counter" else GaugeMetricFamily
            family = make(row.name, row.help, labels=row.labels)
            for reading in found:
                family.add_metric(reading.labels, reading.value)
            yield family
