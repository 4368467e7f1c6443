"""One log line a request, and nothing secret in it (issue line 1.5)."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest

from kwrest.web.log import FORMATTERS, RequestLine
from tests.web.rooms import eventually
from tests.web.server import ROOT, Server


@pytest.fixture
def lines() -> Iterator[dict[str, io.StringIO]]:
    """What is logged while the test runs, in both formats."""
    logger = logging.getLogger("kwrest")
    level = logger.level
    written: dict[str, io.StringIO] = {}
    handlers = []
    for name, formatter in FORMATTERS.items():
        written[name] = io.StringIO()
        handler = logging.StreamHandler(written[name])
        handler.setFormatter(formatter())
        logger.addHandler(handler)
        handlers.append(handler)
    logger.setLevel(logging.INFO)
    yield written
    logger.setLevel(level)
    for handler in handlers:
        logger.removeHandler(handler)


def logged(lines: dict[str, io.StringIO], count: int) -> tuple[list[str], list[dict[str, object]]]:
    assert eventually(lambda: lines["json"].getvalue().count("\n") >= count)
    return lines["text"].getvalue().splitlines(), [json.loads(line) for line in lines["json"].getvalue().splitlines()]


def test_one_line_a_request(server: Server, lines: dict[str, io.StringIO]) -> None:
    server.post("insert?db=db1", "ok;ok", "X-Request-Id: abc")
    server.post("query", "missing")
    server.send("GET", "/nowhere", b"")
    server.send("GET", "/health", sock=server.plain())
    server.connect().sendall(b"\x00\r\n\r\n")
    text, objects = logged(lines, 5)
    found = [(o["user"], o["method"], o["path"], o["status"], o["rows"], o["sqlstate"]) for o in objects]
    assert found == [
        ("root", "POST", "/restapi/insert", 200, 2, None),
        ("root", "POST", "/restapi/query", 500, None, "42P01"),
        (None, "GET", "/nowhere", 404, None, "08P01"),
        (None, "GET", "/health", 307, None, None),
        (None, "-", "-", 400, None, "08P01"),
    ]
    assert (objects[0]["id"], objects[0]["address"]) == ("abc", "127.0.0.1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(objects[0]["time"]))
    assert re.fullmatch(
        r"\S+Z INFO id=abc user=root address=127.0.0.1 POST /restapi/insert 200 \d+\.\dms rows=2", text[0]
    )
    assert len(text) == 5


def test_nothing_secret_is_logged(server: Server, lines: dict[str, io.StringIO]) -> None:
    server.send("GET", "/restapi/login?password=geheim1", b"", "Username: root", "Password: geheim2")
    server.send("GET", "/restapi/login", b"", "Username: geheim3", "Password: x")
    server.send("GET", "/restapi/login", b"", "Authorization: Basic geheim4")
    server.post("ddl", "create user u password 'geheim5'")
    server.post("ddl?db=geheim6", "create user u password 'geheim5'")
    server.send("POST", "/restapi/query", b"geheim7", ROOT, "X-Request-Id: geheim8 x")
    text, _ = logged(lines, 6)
    assert "geheim" not in "\n".join(text) + lines["json"].getvalue()


def test_a_bug_is_logged_with_its_stack_and_its_request(server: Server, lines: dict[str, io.StringIO]) -> None:
    server.post("query", "bug", "X-Request-Id: number-9")
    text, objects = logged(lines, 2)
    assert "internal error in request number-9" in str(objects[0]["message"]) and "ZeroDivisionError" in str(
        objects[0]["message"]
    )
    assert any("ZeroDivisionError" in line for line in text)


def test_a_path_cannot_write_lines_of_its_own() -> None:
    line = RequestLine("i", "a b\nc", "::1", "GET", "/x\r\n2026 y" + "z" * 1000, 404, 0.0012, None)
    record = logging.makeLogRecord({"request": line, "levelname": "INFO", "created": 0.0, "msecs": 0.0})
    text = FORMATTERS["text"]().format(record)
    assert (
        text == f"1970-01-01T00:00:00.000Z INFO id=i user=a?b?c address=::1 GET /x??2026?y{'z' * 190} 404 1.2ms rows=-"
    )
    assert "\n" not in FORMATTERS["json"]().format(record)
