"""Running an endpoint's blocking part on a thread of the pool, and the request value it gets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from kwrest.model import Request, User
from kwrest.web import compression, responses
from kwrest.web.exchange import Exchange
from kwrest.web.parameters import Parameters
from kwrest.web.responses import Answer
from kwrest.web.services import Services


def request_of(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Request:
    """The checked wish of one client: what the rooms below see of a request."""
    deadline = time.monotonic() + services.limits.statement_seconds
    return Request(exchange.id, user, parameters.database, parameters.zone, deadline, exchange.inbound.cancel)


async def on_thread(services: Services, exchange: Exchange, work: Callable[[], Answer]) -> Answer:
    """The answer `work` gives on a thread, where it is compressed too when the client takes that.

    The pool has a thread for every connection that counts, so nobody waits for one.
    """
    coding = compression.accepted(exchange.headers)

    def run() -> Answer:
        answer = work()
        return responses.compressed(answer, coding) if coding else answer

    return await asyncio.get_running_loop().run_in_executor(services.executor, run)
