"""From the event loop to the rooms below: the request value they get, and the thread they work on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from kwrest.model import Request, User
from kwrest.service.queries import Use
from kwrest.web import compression, responses
from kwrest.web.exchange import Exchange
from kwrest.web.parameters import Parameters
from kwrest.web.responses import Answer
from kwrest.web.services import Services


def request_of(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Request:
    """The checked wish of one client: what the rooms below see of a request. Its time begins now: read the body before."""
    deadline = time.monotonic() + services.queries.seconds(parameters.timeout)
    return Request(
        exchange.id,
        user,
        parameters.database,
        parameters.zone or services.statements.zone,
        deadline,
        exchange.inbound.cancel,
        exchange.address,
        exchange.session,
    )


async def run_statement(
    services: Services, exchange: Exchange, request: Request, endpoint: str, use: Use, work: Callable[[], Answer]
) -> Answer:
    """The answer `work` gives, as `on_thread`, among the statements that SHOW QUERIES lists and that can be ended."""
    return await asyncio.wrap_future(services.queries.submit(request, endpoint, use, _packing(exchange, work)))


async def on_thread(services: Services, exchange: Exchange, work: Callable[[], Answer]) -> Answer:
    """The answer `work` gives on a thread, where it is compressed too when the client takes that.

    The pool has a thread for every connection that counts, so nobody waits for one.
    """
    return await asyncio.get_running_loop().run_in_executor(services.executor, _packing(exchange, work))


def _packing(exchange: Exchange, work: Callable[[], Answer]) -> Callable[[], Answer]:
    """`work`, and its answer in the coding the client likes."""
    coding = compression.accepted(exchange.headers)
    return work if coding is None else lambda: responses.compressed(work(), coding)
