"""For whoever runs the server: is it alive, can it do its work (issue line 1.9)."""

from __future__ import annotations

import asyncio

import orjson

from kwrest.errors import KwrestError, NotSessionAdmin
from kwrest.model import User
from kwrest.service.metrics import CONTENT_TYPE, Reading
from kwrest.web import auth, responses
from kwrest.web.connections import House
from kwrest.web.exchange import Exchange
from kwrest.web.handover import on_thread
from kwrest.web.parameters import Parameters
from kwrest.web.responses import Answer
from kwrest.web.services import Services


async def health(services: Services, exchange: Exchange) -> Answer:
    """GET /health: the process answers. Needs no thread and no credentials, so that it answers at every limit."""
    return responses.success({"name": "kwrest", "status": "pass", "version": services.version})


async def ready(services: Services, exchange: Exchange) -> Answer:
    """GET /ready: 200 or 503 for anyone; why, for an admin."""
    state = await asyncio.get_running_loop().run_in_executor(services.executor, services.readiness.state)
    body: dict[str, object] = {"ready": state.ready}
    if await _admin(services, exchange):
        body |= state.details
    retry = () if state.ready else ((b"retry-after", b"%d" % responses.RETRY_SECONDS),)
    return Answer(200 if state.ready else 503, orjson.dumps(body), retry)


async def metrics(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Answer:
    """GET /metrics: Prometheus text, for admins: it tells how much is asked of the server, and how it fares."""
    if not user.admin:
        raise NotSessionAdmin()
    here = _of_house(exchange.house) if exchange.house is not None else []

    def work() -> Answer:
        return Answer(200, services.metrics.text(here), content_type=CONTENT_TYPE.encode())

    return await on_thread(services, exchange, work)


def _of_house(house: House) -> list[Reading]:
    """Counted on the event loop, whose values these are."""
    return [
        Reading("kwrest_connections", len(house.connections)),
        Reading("kwrest_connections_idle", len(house.connections.idle())),
        Reading("kwrest_connections_waiting", len(house.waiting)),
        Reading("kwrest_connections_limit", house.connections.limit),
    ]


async def _admin(services: Services, exchange: Exchange) -> bool:
    """Whether an admin asks. Wrong credentials are no error here: anyone is told whether the server is ready."""
    try:
        return (await auth.authenticate(services.access, exchange)).admin
    except KwrestError:
        return False
