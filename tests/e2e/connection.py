"""One raw TLS connection, for tests that need a request to stand still in the middle."""

from __future__ import annotations

import re
import socket
import ssl

from tests.e2e.server import ROOT_TOKEN, Server

HEAD = (
    "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {token}\r\nContent-Length: {length}\r\n{more}\r\n"
)
QUERY = b"select 1"


class Connection:
    """Sends requests in two halves; keeps what was received beyond an answer for the next one."""

    def __init__(self, server: Server, tls: ssl.SSLContext) -> None:
        host, port = server.url.removeprefix("https://").split(":")
        raw = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
        self.socket = tls.wrap_socket(raw, server_hostname=host)
        self._received = b""

    def begin(self) -> None:
        """Send the header of a query and hold the body back: the connection is at work."""
        self.socket.sendall(HEAD.format(path="/restapi/query", token=ROOT_TOKEN, length=len(QUERY), more="").encode())

    def begin_insert(self, length: int) -> None:
        """Send the header of an INSERT of `length` bytes and wait until the server says that it takes it."""
        more = "Expect: 100-continue\r\n"
        self.socket.sendall(HEAD.format(path="/restapi/insert", token=ROOT_TOKEN, length=length, more=more).encode())
        assert self.status() == 100

    def finish(self, body: bytes = QUERY) -> int:
        """Send the body; returns the status."""
        self.socket.sendall(body)
        return self.status()

    def get(self, path: str) -> int:
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return self.status()

    def status(self) -> int:
        """The status of the next answer; 0 when the connection was closed."""
        while b"\r\n\r\n" not in self._received:
            if not self._receive():
                return 0
        head, _, rest = self._received.partition(b"\r\n\r\n")
        found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        length = int(found[1]) if found else 0
        self._received = rest
        while len(self._received) < length:
            assert self._receive(), "an answer was cut"
        self._received = self._received[length:]
        return int(head.split()[1])

    def _receive(self) -> bool:
        received = self.socket.recv(65536)
        self._received += received
        return bool(received)

    def close(self) -> None:
        self.socket.close()
