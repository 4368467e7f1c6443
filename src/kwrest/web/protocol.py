"""One TLS connection: uvicorn's HTTP protocol with limits, deadlines, the connection count and an orderly end (contract T3–T6)."""

from __future__ import annotations

import asyncio
import functools
import urllib.parse

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from kwrest.errors import KwrestError, MalformedRequest, ShuttingDown, TooManyConnections
from kwrest.web.connections import HEADER_PATIENCE, PATIENCE, Arrival, House
from kwrest.web.progress import Progress
from kwrest.web.request_cycle import Cycle, Inbound
from kwrest.web.requests import header_problem

ALWAYS_SERVED = "/health"
_QUIET_SECONDS = 1.0  # without a byte of a body nobody wants, after which its connection is closed


class HttpConnection(HttpToolsProtocol):
    """A TLS connection of the port, from the end of its handshake on."""

    cycle: Cycle

    def __init__(
        self, config: Config, state: ServerState, house: House, arrival: Arrival, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(config, state, {}, loop)
        self.house, self.limits, self.arrival = house, house.config, arrival
        self._counted = False
        self._deaf = False  # what comes is thrown away: it cannot be parsed, or the connection is on its way out
        self._discarded = 0
        self._in_header = False
        self._header_size = 0
        self._partial = 0  # bytes of a header block that came in earlier reads
        self._silent = 0  # bytes of a body that were neither content nor the head of a chunk
        self._inbound = Inbound()  # of the latest request
        self._live: set[Inbound] = set()  # of all that are not answered yet
        self._header_timer: asyncio.TimerHandle | None = None
        self._body_timer: asyncio.TimerHandle | None = None
        self._body_size = 0
        self._body_seen = 0  # bytes of the body when it was last looked at
        self._answer_timer: asyncio.TimerHandle | None = None
        self._unread = 0  # bytes of an answer that the client has not taken
        self._progress = Progress(loop.time, self.limits.body_rate)
        self._undecided = False  # whether there is a place for it: that is asked when its first body is here

    # ---- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self.arrival.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._header_timer, self._body_timer, self._answer_timer):
            if timer is not None:
                timer.cancel()
        self._unset_keepalive_if_required()
        self.house.connections.leave(self)
        self.house.waiting.remove(self.arrival)
        for inbound in self._live:
            inbound.left = True
            inbound.cancel.set()
        super().connection_lost(exc)
        if self.house.draining and not self.connections:
            self.house.empty.set()

    @property
    def busy(self) -> bool:
        """A request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def cut(self) -> None:
        """End it at once, whatever it was doing."""
        self.arrival.cut()

    def overdue(self) -> float:
        """Seconds for which the client has let the server wait for a header, a body, or to take its answer, beyond what is
        patience; below 0 when it has not."""
        if self._answer_timer is None and self.flow.read_paused:
            return -PATIENCE  # it is we who do not read
        waited = self.unread() or self._progress.seconds()
        return waited - (HEADER_PATIENCE if self._in_header else PATIENCE)

    def unread(self) -> float:
        """Seconds for which the client has taken nothing of the answer that is ready for it."""
        if self._answer_timer is None:
            return 0.0
        self._look_at_answer()
        return self._progress.seconds()

    def evict(self) -> None:
        """Close an idle connection."""
        self._unset_keepalive_if_required()
        self._leave()
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        if not self.transport.is_closing():
            self.evict()

    def shutdown(self) -> None:
        """The listener drains: an idle connection is closed, a busy one after its answer."""
        if self._counted and (self.cycle is None or self.cycle.response_complete) and not self._in_header:
            self.evict()
        elif self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False

    def _leave(self) -> None:
        """Count no more. From here on the bounds of those that wait hold: a few seconds, then it is cut."""
        if self._counted:
            self._counted = False
            self.house.connections.leave(self)
            self.house.waiting.add(self.arrival)

    # ---- what comes in

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            self._discard(len(data))
            return
        self._unset_keepalive_if_required()
        self.house.connections.woke(self)
        if not self.busy:
            # Also for blank lines between requests: they start no message, but they must not keep a place for ever.
            self._await_header()
        partial = self._in_header
        self._silent += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._stop_listening()
        except httptools.HttpParserError:
            self._refuse(MalformedRequest(reason="malformed HTTP request"))
        else:
            if self._in_header:
                self._partial = self._partial + len(data) if partial else self._header_size
                if self._partial > self.limits.header_bytes + self.limits.url_bytes:
                    self._refuse(
                        MalformedRequest(reason=f"the request header is larger than {self.limits.header_bytes} bytes")
                    )
            elif self._silent > self.limits.header_bytes and self.busy and self.cycle.more_body:
                # Chunk extensions and trailers: the parser keeps a trailer's line however long it gets.
                self._refuse(MalformedRequest(reason="malformed HTTP request"))

    def _await_header(self) -> None:
        """Start the clock of a later request's header; a connection's first header is bound by `Waiting`."""
        if self._header_timer is None and self._counted:
            self._progress.wait()
            self._header_timer = self.loop.call_later(self.limits.header_seconds, self.arrival.cut)

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > self.limits.drain_bytes:
            self.arrival.cut()

    def _close_when_quiet(self, discarded: int) -> None:
        """The answer is given and what comes is thrown away: close as soon as nothing comes any more."""
        if self.transport.is_closing():
            return
        if self._discarded == discarded:
            self.transport.close()
        else:
            self.loop.call_later(_QUIET_SECONDS, self._close_when_quiet, self._discarded)

    def _stop_listening(self) -> None:
        """Nothing after this message can be understood: answer what runs, then close."""
        self._deaf = True
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def _refuse(self, problem: KwrestError) -> None:
        """What came cannot be parsed: answer it where an answer is due, and hear no more."""
        in_header = self._in_header or self.cycle is None
        running = self.cycle is not None and not self.cycle.response_complete
        self._stop_listening()
        if running and not in_header and self.cycle.more_body:
            # The application waits for the rest of this body; it learns that none comes, and why.
            self._inbound.refusal = problem
            self.cycle.more_body = False
            self.cycle.message_event.set()
            if self._undecided:
                self._decide()
        elif not running:
            if not hasattr(self, "scope") or self.scope is None or not in_header:
                self.on_message_begin()
            self._in_header = False
            self._cancel_header_timer()
            self.scope.setdefault("method", "-")
            self.scope.setdefault("path", "-")
            self.scope.setdefault("query_string", b"")
            self._start(problem, keep_alive=False)
            self.cycle.more_body = False

    def _cancel_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    # ---- the parser's callbacks

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_header, self._header_size, self._partial = True, 0, 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._header_size += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_header:
            return  # a trailer: it comes after the request was judged, so it says nothing about it
        super().on_header(name, value)
        self._header_size += len(name) + len(value) + 4

    def on_headers_complete(self) -> None:
        self._in_header = False
        self._cancel_header_timer()
        version = self.parser.get_http_version()
        self.scope["method"] = self.parser.get_method().decode("ascii")
        if version != "1.1":
            self.scope["http_version"] = version
        problem = header_problem(self.headers, self.url, self._header_size, version, self.limits)
        try:
            url = httptools.parse_url(self.url)
            path = urllib.parse.unquote_to_bytes(url.path or b"").decode("utf-8", "replace")
            self.scope["path"], self.scope["raw_path"], self.scope["query_string"] = (
                path,
                url.path or b"",
                url.query or b"",
            )
        except httptools.HttpParserInvalidURLError:
            self.scope["path"], self.scope["raw_path"], self.scope["query_string"] = "-", b"", b""
            problem = problem or MalformedRequest(reason="the URL is not a valid one")
        self._body_size = self._body_seen = 0
        self._body_timer = self.loop.call_later(self.limits.body_seconds, self._check_body)
        self._progress.wait()
        keep_alive = version != "1.0" and self.parser.should_keep_alive()
        self._undecided = problem is None and not self._counted and self._may_be_decided_later()
        if self._undecided:
            self._start(None, keep_alive=keep_alive)
        else:
            problem = problem or self._admission()
            self._start(problem, keep_alive=keep_alive and self._counted and problem is None)

    def _may_be_decided_later(self) -> bool:
        """Somebody would have to give way: that is worth it for a request that is here, and not for the head of one whose
        body may never come. Meanwhile the bounds of those that wait hold."""
        return not self.house.draining and not self.expect_100_continue and self.house.connections.crowded

    def _decide(self) -> None:
        """Its first body is here, or more of it than is kept without being read."""
        self._undecided = False
        if self._inbound.refusal is None:
            self._inbound.refusal = self._admission()
        if self._inbound.refusal is not None or not self._counted:
            self.cycle.keep_alive = False
        self._start_asgi_task(self.cycle, self.app)

    def _admission(self) -> KwrestError | None:
        """Count the connection at its first complete header; why it cannot be served, or None."""
        if self.house.draining:
            return ShuttingDown()
        if self._counted:
            return None
        if self.house.connections.enter(self):
            self._counted = True
            self.house.waiting.remove(self.arrival)
        elif self.scope["path"] != ALWAYS_SERVED:
            return TooManyConnections(limit=self.house.connections.limit)
        return None

    def _start(self, refusal: KwrestError | None, *, keep_alive: bool) -> None:
        self._inbound = Inbound(refusal, self.expect_100_continue)
        self.scope["state"]["inbound"] = self._inbound
        self.scope["state"]["house"] = self.house
        self._live.add(self._inbound)
        previous = self.cycle
        cycle = Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.on_response = functools.partial(self._answered, cycle, self._inbound)
        self.cycle = cycle
        if self._undecided:
            return
        if previous is None or previous.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_chunk_header(self) -> None:
        self._silent = 0

    def on_body(self, body: bytes) -> None:
        self._silent = 0
        self._body_size += len(body)
        self._progress.moved(len(body))
        self.cycle.body += body
        if len(self.cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
            if self._undecided:
                self._decide()
        self.cycle.message_event.set()

    def on_message_complete(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None
        self._silent = 0
        self._progress.done()
        self.cycle.more_body = False
        self.cycle.message_event.set()
        if self._undecided:
            self._decide()

    def _check_body(self) -> None:
        """A body that is not whole in its seconds must go on at its rate: a slow line is served, a trickle is not.

        What came fast at first buys no time: its memory is held as long as the rest is missing.
        """
        came, self._body_seen = self._body_size - self._body_seen, self._body_size
        # When reading is paused, it is we who do not read.
        if self.flow.read_paused or came >= self.limits.body_rate * self.limits.body_seconds:
            self._body_timer = self.loop.call_later(self.limits.body_seconds, self._check_body)
        else:
            self.arrival.cut()

    # ---- what goes out

    def _answered(self, cycle: Cycle, inbound: Inbound) -> None:
        self.server_state.total_requests += 1
        self._live.discard(inbound)
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if cycle.closing or self.house.draining:
            self._end(unread=cycle.more_body or self._deaf)
        elif self.pipeline:
            following, app = self.pipeline.pop()
            self._start_asgi_task(following, app)
        elif self._in_header:
            self._await_header()
        else:
            self.house.connections.fell_idle(self)
            self.timeout_keep_alive_task = self.loop.call_later(
                self.limits.idle_seconds, self.timeout_keep_alive_handler
            )

    def _end(self, *, unread: bool) -> None:
        """Close after the last answer. No request that comes now is run: its sender was told that it would not be."""
        self._deaf = True
        self.pipeline.clear()
        self._leave()
        if unread:
            self.loop.call_later(_QUIET_SECONDS, self._close_when_quiet, self._discarded)
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._progress.wait()
        self._unread = self.transport.get_write_buffer_size()
        self._answer_timer = self.loop.call_later(self.limits.answer_seconds, self._check_answer, self._unread)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._progress.done()
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None

    def _look_at_answer(self) -> None:
        """See how much of its answer the client has taken."""
        left = self.transport.get_write_buffer_size()
        self._progress.moved(self._unread - left)
        self._unread = left

    def _check_answer(self, unread: int) -> None:
        self._look_at_answer()
        if self._unread >= unread:
            self.arrival.cut()
        else:
            self._answer_timer = self.loop.call_later(self.limits.answer_seconds, self._check_answer, self._unread)
