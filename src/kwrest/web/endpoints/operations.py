"""For whoever runs the server: is it alive, can it do its work (issue line 1.9)."""

from __future__ import annotations

import asyncio

import orjson

from kwrest.errors import KwrestError
from kwrest.web import auth, responses
from kwrest.web.exchange import Exchange
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


async def _admin(services: Services, exchange: Exchange) -> bool:
    """Whether an admin asks. Wrong credentials are no error here: anyone is told whether the server is ready."""
    try:
        return (await auth.authenticate(services.access, exchange)).admin
    except KwrestError:
        return False
