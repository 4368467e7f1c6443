"""Sessions: who is logged in, and ending one (contract A7)."""

from __future__ import annotations

from kwrest.errors import RequestError
from kwrest.model import User
from kwrest.web import bodies, responses
from kwrest.web.exchange import Exchange
from kwrest.web.handover import on_thread, request_of
from kwrest.web.parameters import Parameters
from kwrest.web.responses import Answer
from kwrest.web.services import Services


async def list_sessions(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Answer:
    """GET /restapi/session"""

    def work() -> Answer:
        return responses.success({"code": 0, "session": list(services.access.list_sessions(user))})

    return await on_thread(services, exchange, work)


async def delete_session(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Answer:
    """DELETE /restapi/session: the id is the body, or the header `token_id`."""
    request = request_of(services, exchange, user, parameters)
    body = await bodies.read(exchange, services.limits.unauthenticated_bytes)
    given = [value.decode("latin-1").strip() for value in exchange.values(b"token_id")]

    def work() -> Answer:
        if body.raw.strip():
            given.append(bodies.text(body, services.limits).strip())
        ids = set(given)
        if len(ids) > 1:
            raise RequestError(reason="more than one session id is given")
        services.access.delete_session(user, ids.pop() if ids else "", request)
        return responses.success({"code": 0, "desc": "delete success"})

    return await on_thread(services, exchange, work)
