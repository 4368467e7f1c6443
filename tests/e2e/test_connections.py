"""150 connections at work, the 151st, freed and idle ones (issue line 1.21)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import pytest

from tests.e2e.server import ROOT_TOKEN, Server, wait_until

LIMIT = 150
HEAD = (
    "POST /restapi/query HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {token}\r\n"
    "Content-Length: {length}\r\n\r\n"
)  # fmt: skip
QUERY = b"select 1"


class Connection:
    """One raw TLS connection."""

    def __init__(self, server: Server, tls: ssl.SSLContext) -> None:
        host, port = server.url.removeprefix("https://").split(":")
        raw = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
        self.socket = tls.wrap_socket(raw, server_hostname=host)

    def begin(self) -> None:
        """Send the header and hold the body back: the connection is at work."""
        self.socket.sendall(HEAD.format(token=ROOT_TOKEN, length=len(QUERY)).encode())

    def finish(self) -> int:
        """Send the body; returns the status."""
        self.socket.sendall(QUERY)
        return self.status()

    def status(self) -> int:
        """The status of the next answer; 0 when the connection was closed."""
        answer = b""
        while b"\r\n\r\n" not in answer:
            received = self.socket.recv(65536)
            if not received:
                return 0
            answer += received
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(
            next(line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        )
        while len(body) < length:
            body += self.socket.recv(65536)
        return int(head.split()[1])

    def get(self, path: str) -> int:
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return self.status()

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def connect(server: Server) -> Callable[[], Connection]:
    tls = server.tls()
    return lambda: Connection(server, tls)


def test_the_limit(connect: Callable[[], Connection]) -> None:
    working = [connect() for _ in range(LIMIT)]
    for connection in working:
        connection.begin()

    def refused() -> bool:
        late = connect()
        late.begin()
        status = late.status()
        late.close()
        return status == 503

    wait_until(refused)
    health = connect()
    assert health.get("/health") == 200
    health.close()
    assert working.pop().finish() == 200  # a freed one is usable at once: it is idle now and gives way
    fresh = connect()
    fresh.begin()
    assert fresh.finish() == 200
    assert [connection.finish() for connection in working] == [200] * len(working)


def test_idle_ones_give_way(connect: Callable[[], Connection]) -> None:
    idle = []
    for _ in range(LIMIT):
        idle.append(connect())
        idle[-1].begin()
        assert idle[-1].finish() == 200
    late = connect()
    late.begin()
    assert late.finish() == 200
    assert idle[0].socket.recv(1) == b""  # the longest idle one was closed
    idle[-1].begin()
    assert idle[-1].finish() == 200
