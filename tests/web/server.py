"""A listener on a real port with TLS, in a thread of the test, and the client's half of a conversation."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kwrest.cli.serve import listener_config, request_limits
from kwrest.config import load
from kwrest.service.metrics import Metrics
from kwrest.service.queries import Queries
from kwrest.web.app import Application, build_app
from kwrest.web.config import ListenerConfig, RequestLimits
from kwrest.web.listener import Listener
from tests.web.rooms import Access, Lines, Readiness, Shelf, Statements

ROOT = "Authorization: Basic cm9vdDpzZWNyZXQ="  # root:secret


@dataclass
class Reply:
    """One answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    port: int
    certs: Path
    statements: Statements
    lines: Lines
    access: Access
    readiness: Readiness
    listener: Listener
    app: Application
    context: ssl.SSLContext
    opened: list[socket.socket] = field(default_factory=list)

    def used(self) -> int:
        """Bytes of bodies in flight."""
        return self.app.budget.used

    def plain(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.opened.append(sock)
        return sock

    def connect(self) -> ssl.SSLSocket:
        """A TLS connection that checks the certificate for `localhost`."""
        sock = self.context.wrap_socket(self.plain(), server_hostname="localhost")
        self.opened.append(sock)
        return sock

    def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *headers: str,
        sock: socket.socket | None = None,
        length: bool = True,
    ) -> Reply:
        """One request, on a new connection unless `sock` is given."""
        used = sock or self.connect()
        used.sendall(request(method, target, body, *headers, length=length))
        return read_reply(used, method)

    def post(self, endpoint: str, body: str | bytes, *headers: str, sock: socket.socket | None = None) -> Reply:
        """POST by root; a header that begins with `-` takes root's credentials away."""
        content = body.encode() if isinstance(body, str) else body
        given = [h for h in headers if h != "-"]
        return self.send(
            "POST", f"/restapi/{endpoint}", content, *(given if "-" in headers else [ROOT, *given]), sock=sock
        )


def request(method: str, target: str, body: bytes = b"", *headers: str, length: bool = True) -> bytes:
    """The bytes of a request; a Host is added unless one is given."""
    lines = [f"{method} {target} HTTP/1.1"]
    if not any(h.lower().startswith("host:") for h in headers):
        lines.append("Host: localhost:8080")
    lines += headers
    if length and (body or method in ("POST", "PUT")):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def read_reply(sock: socket.socket, method: str = "GET") -> Reply:
    """The next answer on a connection. Raises EOFError when it is closed before the answer is whole."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            raise EOFError(data)
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split()[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if status == 100:
        return Reply(100, headers, body)
    length = 0 if method == "HEAD" else int(headers["content-length"])
    while len(body) < length:
        part = sock.recv(65536)
        if not part:
            raise EOFError(data)
        body += part
    assert len(body) == length, "more than one answer came"
    return Reply(status, headers, body)


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data)


def closed(sock: socket.socket, seconds: float = 5.0) -> bool:
    """Whether the server closes the connection in time, without another byte."""
    sock.settimeout(seconds)
    try:
        return sock.recv(1) == b""
    except TimeoutError:
        return False
    except (ConnectionError, ssl.SSLError):
        return True


DEFAULTS, _ = load({}, None, {})


def limited(**changed: Any) -> RequestLimits:
    """The limits of a server without a configuration, save those that are given."""
    return replace(request_limits(DEFAULTS), **changed)


def listening_config(certs: Path, **changed: Any) -> ListenerConfig:
    """A listener's configuration, on a free port of loopback, otherwise as by default."""
    return replace(listener_config(DEFAULTS), certs=certs, host="127.0.0.1", port=0, **changed)


@contextmanager
def serving(certs: Path, limits: RequestLimits | None = None, **config: Any) -> Iterator[Server]:
    """config: fields of ListenerConfig that are not as by default."""
    statements, lines, access, readiness = Statements(), Lines(), Access(), Readiness()
    queries = Queries(lambda: 60.0, 150)
    settings = listening_config(certs, **config)
    app = build_app(
        statements, lines, Shelf(), access, queries, readiness, Metrics(), limits or limited(),
        threads=settings.connections, version="0.1.0",
    )  # fmt: skip
    listener = Listener(app, settings)
    urls: list[str] = []
    listening = threading.Event()

    def on_listening(url: str) -> None:
        urls.append(url)
        listening.set()

    thread = threading.Thread(target=listener.run, args=(on_listening,), daemon=True)
    thread.start()
    assert listening.wait(10)
    context = ssl.create_default_context(cafile=certs / "ca.crt")
    server = Server(
        int(urls[0].rpartition(":")[2]), certs, statements, lines, access, readiness, listener, app, context
    )
    try:
        yield server
    finally:
        statements.go_on.set()
        for sock in server.opened:
            sock.close()
        listener.stop()
        listener.stop()
        thread.join(20)
        queries.close()
        app.close()
        assert not thread.is_alive()
