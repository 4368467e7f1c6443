"""Bodies as real clients send them (issue 1.19), into tables that a user of such a client would make."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from kwrest.ingest.lines import Bound, to_batches
from kwrest.ingest.scanned import Precision
from kwrest.ingest.scanner import scan
from kwrest.model import Table
from kwrest.types.kinds import BOOL, FLOAT4, FLOAT8, INT4, INT8, TIMESTAMPTZ, Type, varchar
from tests.ingest.tables import series
from tests.ingest.test_lines import cells

BODIES = Path(__file__).parent / "bodies"
NOW = 1_795_507_200_123_456_789

TAG, TEXT = varchar(64), varchar(128)


def _fields(names: str, type: Type) -> dict[str, Type]:
    return dict.fromkeys(names.split(), type)


TELEGRAF = (
    series(
        201, "cpu",
        {"k_timestamp": TIMESTAMPTZ} | _fields(
            "usage_user usage_system usage_idle usage_nice usage_iowait usage_irq usage_softirq usage_steal usage_guest "
            "usage_guest_nice", FLOAT8),
        {"host": TAG, "cpu": TAG},
    ),
    series(
        202, "mem",
        {"k_timestamp": TIMESTAMPTZ} | _fields("total available used free cached active", INT8)
        | _fields("used_percent available_percent", FLOAT8),
        {"host": TAG},
    ),
    series(
        203, "disk",
        {"k_timestamp": TIMESTAMPTZ} | _fields("total free used inodes_total inodes_free inodes_used", INT8)
        | {"used_percent": FLOAT8},
        {"host": TAG, "path": TAG}, {"device": TAG, "fstype": TAG, "mode": TAG},
    ),
    series(
        204, "system",
        {"k_timestamp": TIMESTAMPTZ} | _fields("load1 load5 load15", FLOAT4) | _fields("n_cpus n_users", INT4)
        | {"uptime": INT8, "uptime_format": TEXT},
        {"host": TAG},
    ),
    series(
        205, "modbus",
        {"k_timestamp": TIMESTAMPTZ, "running": BOOL, "state": TEXT, "serial": FLOAT8, "temp_c": FLOAT8},
        {"host": TAG, "slave_id": INT4}, {"type": TAG},
    ),
)  # fmt: skip

GLANCES = (
    series(
        211, "cpu",
        {"ts": TIMESTAMPTZ} | _fields(
            "cpucore guest idle iowait nice softirq steal system time_since_update total user", FLOAT8),
        {"hostname": TAG},
    ),
    series(212, "load", {"ts": TIMESTAMPTZ} | _fields("cpucore min1 min5 min15", FLOAT8), {"hostname": TAG}),
    series(
        213, "mem", {"ts": TIMESTAMPTZ} | _fields("active available buffers free total used", INT8) | {"percent": FLOAT4},
        {"hostname": TAG},
    ),
    series(
        214, "fs",
        {"ts": TIMESTAMPTZ} | _fields("device_name fs_type key mnt_point_alias", TEXT)
        | _fields("free percent size used", FLOAT8),
        {"hostname": TAG, "mnt_point": TAG},
    ),
    series(
        215, "network",
        {"ts": TIMESTAMPTZ, "alias": TEXT, "is_up": BOOL, "key": TEXT, "speed": FLOAT8}
        | _fields("bytes_all bytes_recv bytes_sent", INT8),
        {"hostname": TAG, "interface_name": TAG},
    ),
    series(216, "processcount", {"ts": TIMESTAMPTZ} | _fields("pid_max running sleeping thread total", INT4), {"hostname": TAG}),
    series(217, "uptime", {"ts": TIMESTAMPTZ, "seconds": FLOAT8, "text": TEXT}, {"hostname": TAG}),
)  # fmt: skip


def bind(body: bytes, tables: tuple[Table, ...], precision: Precision = Precision.NS) -> Bound:
    by_name = {table.name: table for table in tables}
    return to_batches(scan(body, precision, NOW), by_name.get)


def stored(bound: Bound) -> dict[str, list[dict[str, Any]]]:
    return {batch.table.name: cells(batch) for batch in bound.batches}


def test_telegraf_sends_many_lines_its_fields_in_any_order() -> None:
    body = (BODIES / "telegraf.lp").read_bytes()
    scanned = scan(body, Precision.NS, NOW)
    assert body.endswith(b"\n")
    assert [shape.measurement for shape in scanned.shapes] == ["cpu", "mem", "disk", "system", "modbus"]
    bound = bind(body, TELEGRAF)
    assert (bound.rejects, bound.rows) == ((), body.count(b"\n"))
    rows = stored(bound)
    assert [(r["cpu"], r["k_timestamp"]) for r in rows["cpu"]] == [
        (cpu, at) for at in (1795507200000000, 1795507210000000) for cpu in ("cpu0", "cpu1", "cpu-total")
    ]
    assert all(99.9 < r["usage_user"] + r["usage_system"] + r["usage_idle"] < 100.1 for r in rows["cpu"])
    assert rows["cpu"][0]["usage_nice"] == 0.0
    assert [r["path"] for r in rows["disk"]] == ["/", "/mnt/usb stick,old"] * 2
    assert {r["total"] for r in rows["mem"]} == {8326410240}
    assert [r["uptime"] for r in rows["system"]] == [1209600, 1209610]
    assert rows["system"][0]["uptime_format"] == "14 days,  0:00"
    assert rows["modbus"][0] == {
        "k_timestamp": 1795507200000000, "running": True, "state": 'ok "warm"', "serial": 1.8446744073709552e19,
        "temp_c": 41.0, "host": "edge-07", "slave_id": 1, "type": "holding_register",
    }  # fmt: skip


def test_telegrafs_body_is_the_same_compressed() -> None:
    body = (BODIES / "telegraf.lp").read_bytes()
    again = bind(gzip.decompress(gzip.compress(body)), TELEGRAF)
    assert stored(again) == stored(bind(body, TELEGRAF))


def test_a_table_telegraf_has_and_the_database_has_not_costs_its_own_lines_only() -> None:
    body = (BODIES / "telegraf.lp").read_bytes()
    bound = bind(body, tuple(t for t in TELEGRAF if t.name != "disk"))
    assert [(r.number, r.reason) for r in bound.rejects] == [
        (n, 'relation "disk" does not exist') for n in (5, 6, 13, 14)
    ]
    assert bound.rows == body.count(b"\n") - 4


def test_glances_sends_no_timestamps_and_mixes_text_and_floats() -> None:
    bound = bind((BODIES / "glances.lp").read_bytes(), GLANCES)
    assert (bound.rejects, bound.rows) == ((), 8)
    rows = stored(bound)
    assert {r["ts"] for of in rows.values() for r in of} == {NOW // 10**6 * 1000}
    assert [r["mnt_point_alias"] for r in rows["fs"]] == ["", 'nightly "cold" copy, C:\\old']
    assert rows["mem"][0]["total"] == 16665968640
    assert rows["network"][0]["is_up"] is True
    assert rows["processcount"][0]["sleeping"] == 312


@pytest.mark.parametrize(
    "client, body, precision, value, at",
    [
        ("influxdb-client for Python: no trailing newline", b"load,hostname=h min1=0.5 1795507200000000000", Precision.NS,
         0.5, 1795507200000000),
        ("the same, sorted tags and an integer", b"load,hostname=h min1=2i 1795507200000", Precision.MS, 2.0, 1795507200000000),
        ("influx for Node: integers without suffix", b"load,hostname=h min1=2 1795507200000000000", Precision.NS,
         2.0, 1795507200000000),
        ("the influx shell: a blank first", b" load,hostname=h min1=2 1795507200000\n", Precision.MS, 2.0, 1795507200000000),
        ("curl --data-binary of a file from Windows", b"load,hostname=h min1=2 1795507200\r\n", Precision.S,
         2.0, 1795507200000000),
        ("a byte order mark from an editor", b"\xef\xbb\xbfload,hostname=h min1=2 1795507200\n", Precision.AUTO,
         2.0, 1795507200000000),
    ],
)  # fmt: skip
def test_other_clients(client: str, body: bytes, precision: Precision, value: float, at: int) -> None:
    bound = bind(body, GLANCES, precision)
    assert bound.rejects == (), client
    (row,) = cells(bound.batches[0])
    assert (row["min1"], row["ts"], row["hostname"]) == (value, at, "h")
