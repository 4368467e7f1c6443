"""One request on its way through the application: what the connection tells it, and how its answer ends the connection."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from kwrest.errors import KwrestError


@dataclass(slots=True, eq=False)
class Inbound:
    """What the connection tells the application about a request, in `scope["state"]["inbound"]`.

    refusal: why it must be answered with an error, perhaps only known while the body comes; cancel: set when
    the client has left, or the statement is to end; left: it has; expects: the client waits for `100 Continue` before it sends the body.
    """

    refusal: KwrestError | None = None
    expects: bool = False
    left: bool = False
    cancel: threading.Event = field(default_factory=threading.Event)


class Cycle(RequestResponseCycle):
    """uvicorn's request and response, save that the connection, not the response, decides how it is closed.

    An answer given before the body was read ends the connection, and the rest of the body has to be thrown away first:
    a socket closed on unread bytes resets, and the client would lose the answer.
    """

    closing = False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            if self.more_body:
                self.keep_alive = False
        elif not message.get("more_body", False):
            self.closing, self.keep_alive = not self.keep_alive, True
        await super().send(message)
