"""One request and its answer under way: what is known of it, as the endpoints see it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from kwrest.model import User
from kwrest.web.budget import Share
from kwrest.web.connections import House
from kwrest.web.request_cycle import Inbound
from kwrest.web.requests import Headers, address_of, values_of
from kwrest.web.responses import request_id

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientLeft(Exception):
    """The client closed the connection before it was answered; nobody reads an answer."""


class Exchange:
    """A request as it came. id: T7's; user, session: once it is known who asks; complete: the whole body was received;
    house: whose connection it came by, None when by none; share: of the memory for bodies."""

    def __init__(self, scope: Scope, receive: Receive, share: Share) -> None:
        self.started = time.monotonic()
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.headers: Headers = scope["headers"]
        self.address = address_of(scope.get("client"))
        self.inbound: Inbound = scope["state"]["inbound"]
        self.id = request_id(self.headers)
        self.user: User | None = None
        self.session = ""  # the id, when it came by a token
        self.complete = False
        self.received = 0  # bytes of the body so far
        self.house: House | None = scope["state"].get("house")
        self.share = share
        self._receive = receive

    @property
    def expects(self) -> bool:
        """The client waits for `100 Continue`, which the first `receive_part` sends."""
        return self.inbound.expects and not self.complete

    def values(self, name: bytes) -> list[bytes]:
        """All values of the header `name` (lower case)."""
        return values_of(self.headers, name)

    async def receive_part(self) -> bytes:
        """The next bytes of the body; sets `complete` with the last. Raises ClientLeft, or why the body is refused."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        if self.inbound.refusal is not None:
            raise self.inbound.refusal
        self.complete = not message.get("more_body", False)
        part: bytes = message.get("body", b"")
        self.received += len(part)
        return part

    def elapsed(self) -> float:
        return time.monotonic() - self.started


async def settled(value: Any) -> Any:
    """The value of a concurrent future, or a value that is there already."""
    return await asyncio.wrap_future(value) if hasattr(value, "add_done_callback") else value
