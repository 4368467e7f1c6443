"""The port: one listening socket for TLS and plain HTTP, from the first connection to the last answer (contract T1–T4)."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import uvloop
from uvicorn.config import Config
from uvicorn.server import ServerState

from kwrest.web.certificates import Folder
from kwrest.web.config import ListenerConfig
from kwrest.web.connections import Arrival, Connections, House, Waiting
from kwrest.web.protocol import HttpConnection
from kwrest.web.redirect import PlainConnection, Warned
from kwrest.web.tls import LOOKED_AT, ServedCertificate

logger = logging.getLogger("kwrest.web")

_TLS_HANDSHAKE = b"\x16"  # the first byte of every TLS connection, and of no HTTP request
_BACKLOG = 1024
_CLOSING_SECONDS = 1.0  # for clients to take the last bytes of their answers at shutdown
_AT_ONCE = 64  # connections accepted before others get their turn
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run_listener(app: Any, config: ListenerConfig, on_listening: Callable[[str], None]) -> None:
    """Serve `app` (ASGI) until SIGTERM or SIGINT, then drain; returns when the last request was answered.

    on_listening: called with `https://host:port` once connections are accepted.
    Raises CertificateProblem, or OSError when the address cannot be used.
    """
    Listener(app, config).run(on_listening)


class Listener:
    """One port being served. `run` blocks; `stop` may be called from any thread, `run` drains and returns then."""

    def __init__(self, app: Any, config: ListenerConfig) -> None:
        self.config = config
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._forced: asyncio.Event | None = None

    def run(self, on_listening: Callable[[str], None]) -> None:
        certificate = ServedCertificate(Folder(self.config.certs, self.config.names))
        with _listening_socket(self.config) as sock:
            loop = self._loop = uvloop.new_event_loop()
            try:
                loop.run_until_complete(self._serve(loop, sock, certificate, on_listening))
            finally:
                self._loop = None
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()

    def stop(self) -> None:
        """Begin to drain; a second call ends running requests as well."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        assert self._stopping is not None and self._forced is not None
        (self._forced if self._stopping.is_set() else self._stopping).set()

    async def _serve(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        certificate: ServedCertificate,
        on_listening: Callable[[str], None],
    ) -> None:
        self._stopping, self._forced = asyncio.Event(), asyncio.Event()
        port = Port(loop, sock, certificate, self._app, self.config)
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                loop.add_signal_handler(number, self._stop)
        port.open()
        on_listening(_url(self.config.host, sock))
        looking = loop.create_task(_keep_fresh(certificate))
        await self._stopping.wait()
        looking.cancel()
        await port.drain(self._forced)


class Port:
    """The acceptor and everything that came through it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        certificate: ServedCertificate,
        app: Any,
        config: ListenerConfig,
    ) -> None:
        self._loop, self._socket, self._certificate, self._limits = loop, sock, certificate, config
        self._http = Config(
            app, http=HttpConnection, ws="none", lifespan="off", interface="asgi3", log_config=None, access_log=False,
            server_header=False, proxy_headers=False,
        )  # fmt: skip
        self._http.load()
        self._state = ServerState()
        self._house = House(
            config, Connections(config.connections), Waiting(loop, config.waiting, config.waiting_seconds)
        )
        self._warned = Warned()
        self._greeting: set[asyncio.Task[None]] = set()
        self._clock: asyncio.TimerHandle | None = None

    def open(self) -> None:
        self._tick()
        self._loop.add_reader(self._socket, self._accept)

    def _tick(self) -> None:
        self._state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
        self._clock = self._loop.call_later(1, self._tick)

    # ---- in

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    raise
                # Out of descriptors: the socket stays readable, so asking again at once would be a busy loop.
                logger.warning("cannot accept connections: %s", error.strerror)
                self._loop.remove_reader(self._socket)
                self._loop.call_later(0.2, self._accept_again)
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            arrival = Arrival(sock)
            self._house.waiting.add(arrival)
            self._loop.add_reader(sock, self._peek, arrival)

    def _accept_again(self) -> None:
        if not self._house.draining:
            self._loop.add_reader(self._socket, self._accept)

    def _peek(self, arrival: Arrival) -> None:
        """Look at the first byte without taking it: whoever speaks next, TLS or HTTP, must get it too."""
        self._loop.remove_reader(arrival.sock)
        try:
            first = arrival.sock.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            self._loop.add_reader(arrival.sock, self._peek, arrival)
            return
        except OSError:
            first = b""
        if not first:
            self._house.waiting.remove(arrival)
            arrival.sock.close()
            return
        task = self._loop.create_task(self._greet(arrival, secure=first == _TLS_HANDSHAKE))
        self._greeting.add(task)
        task.add_done_callback(self._greeting.discard)

    async def _greet(self, arrival: Arrival, *, secure: bool) -> None:
        try:
            if secure:
                await self._loop.connect_accepted_socket(
                    lambda: HttpConnection(self._http, self._state, self._house, arrival, self._loop),
                    arrival.sock,
                    ssl=self._certificate.context,
                    ssl_handshake_timeout=self._limits.waiting_seconds,
                    ssl_shutdown_timeout=self._limits.waiting_seconds,
                )
            else:
                await self._loop.connect_accepted_socket(
                    lambda: PlainConnection(self._house, arrival, self._warned), arrival.sock
                )
        except OSError:  # TLS failures and timeouts among them: whoever it was has gone, or is no TLS client
            self._house.waiting.remove(arrival)
            arrival.sock.close()

    # ---- out

    async def drain(self, forced: asyncio.Event) -> None:
        """Accept no more, close who is idle, answer what runs within the grace time, then close everything."""
        self._house.draining = True
        self._loop.remove_reader(self._socket)
        self._socket.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        await self._answered(self._limits.grace_seconds, forced)
        for connection in list(self._state.connections):
            assert isinstance(connection, HttpConnection)
            if connection.busy:
                connection.arrival.cut()  # and with it the statement that still runs is cancelled
        await self._answered(_CLOSING_SECONDS, forced)
        if self._state.connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._house.empty.wait(), _CLOSING_SECONDS)
        self._house.waiting.cut_all()
        rest = [*self._greeting, *self._state.tasks]
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest, timeout=_CLOSING_SECONDS)
        if self._clock is not None:
            self._clock.cancel()

    async def _answered(self, seconds: float, forced: asyncio.Event) -> None:
        """Wait until no request runs, at most so long, or until it is forced."""
        running = [*self._state.tasks]
        if not running:
            return
        ending = self._loop.create_task(forced.wait())
        everything = self._loop.create_task(_all_done(running))
        await asyncio.wait({ending, everything}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        everything.cancel()


async def _keep_fresh(certificate: ServedCertificate) -> None:
    """Look after the certificate, on a thread: reading files and asking for names may take a while."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOKED_AT)
        await loop.run_in_executor(None, certificate.refresh)


async def _all_done(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


def _listening_socket(config: ListenerConfig) -> socket.socket:
    """A bound, listening socket; on `::` it takes IPv4 too."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((config.host, config.port))
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def _url(host: str, sock: socket.socket) -> str:
    """Where to call: a listener on every address is best called by the name all machines have."""
    port = sock.getsockname()[1]
    if host in ("", "0.0.0.0", "::"):
        host = "localhost"
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
