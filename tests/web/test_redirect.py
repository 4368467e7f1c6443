"""Plain HTTP on the TLS port (contract T2)."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest

from tests.web.server import Server, closed, read_reply, request, serving

LONG = "x" * 9000


@pytest.mark.parametrize(
    "method, target, host, location",
    [
        ("GET", "/restapi/login", "localhost:8080", "https://localhost:8080/restapi/login"),
        (
            "POST",
            "/restapi/query?db=db1&tz=%2B8",
            "10.1.2.3:8080",
            "https://10.1.2.3:8080/restapi/query?db=db1&tz=%2B8",
        ),
        ("DELETE", "/restapi/session", "h", "https://h/restapi/session"),
        ("HEAD", "/", "a-b.example_x.org:1", "https://a-b.example_x.org:1/"),
        ("GET", "/health", "[::1]:8080", "https://[::1]:8080/health"),
        ("GET", "http://other/x?y", "h:80", "https://h:80/x?y"),
        ("GET", "//evil/x", "h", "https://h//evil/x"),
    ],
)
def test_location(server: Server, method: str, target: str, host: str, location: str) -> None:
    reply = server.send(method, target, b"", f"Host: {host}", sock=server.plain())
    assert (reply.status, reply.headers["location"], reply.headers["connection"]) == (307, location, "close")
    assert reply.headers["content-type"] == "application/json"
    assert "x-request-id" in reply.headers and "strict-transport-security" not in reply.headers


@pytest.mark.parametrize(
    "target, hosts",
    [
        ("/x", ("Host: a b",)),
        ("/x", ("Host: a/b",)),
        ("/x", ("Host: user@h",)),
        ("/x", ("Host: h:80:90",)),
        ("/x", ("Host: h:99999",)),
        ("/x", ("Host: ",)),
        ("/x", ("Host: [::g]",)),
        ("/x", ("Host: ::1",)),
        ("/x", ("Host: h?x",)),
        ("/x", ("Host: h%0d",)),
        ("/x", ("Host: a", "Host: b")),
        ("/x", ("Host: a", "Host: a")),
        ("/" + LONG, ("Host: a",)),
        ("/x", ("Host: a", "Transfer-Encoding: gzip, chunked")),
        ("*", ("Host: a",)),
    ],
)
def test_no_location_from_what_is_no_host(server: Server, target: str, hosts: tuple[str, ...]) -> None:
    reply = server.send("GET", target, b"", *hosts, sock=server.plain())
    assert (reply.status, reply.json["code"], "location" in reply.headers) == (400, -1, False)


def test_a_client_that_writes_first_sees_the_redirect(server: Server) -> None:
    sock = server.plain()
    sock.sendall(request("POST", "/restapi/telegraf", b"m v=1 1\n" * 1_000_000, "Host: h"))
    assert read_reply(sock).status == 307
    assert closed(sock)


def test_a_chunked_body_is_drained(server: Server) -> None:
    sock = server.plain()
    sock.sendall(request("POST", "/restapi/telegraf", b"", "Host: h", "Transfer-Encoding: chunked", length=False))
    for _ in range(64):
        sock.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    sock.sendall(b"0\r\n\r\n")
    assert read_reply(sock).status == 307
    assert closed(sock)


def test_the_rest_of_a_body_is_not_waited_for_for_ever(certs: Path) -> None:
    with serving(certs, waiting_seconds=0.3) as server:
        sock = server.plain()
        sock.sendall(request("POST", "/x", b"", "Host: h", "Content-Length: 1000", length=False))
        assert read_reply(sock).status == 307
        assert closed(sock, 3)


def test_garbage_is_answered(server: Server) -> None:
    sock = server.plain()
    sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    assert read_reply(sock).status == 400


def test_redirect_off(certs: Path) -> None:
    with serving(certs, redirect=False) as server:
        reply = server.send("GET", "/health", sock=server.plain())
        assert (reply.status, "location" in reply.headers) == (400, False)


def test_credentials_in_clear_text_are_warned_about_once(certs: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "kwrest")
    with serving(certs) as server:
        for _ in range(2):
            server.send("GET", "/x", b"", "Username: root", "Password: geheim", sock=server.plain())
        server.send("GET", "/x", sock=server.plain())
    assert caplog.text.count("clear text") == 1
    assert "geheim" not in caplog.text


def test_one_slow_byte_at_a_time(server: Server) -> None:
    sock = server.plain()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in request("GET", "/a?b", b"", "Host: h:1"):
        sock.sendall(bytes((byte,)))
    assert read_reply(sock).headers["location"] == "https://h:1/a?b"
