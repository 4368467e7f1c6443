"""The shelf of refused lines, for administrators: store what was cured, forget what nobody wants (issue line 2.18).

The body names lines by their `id` in kwrest_system.rejected, or says `all`.
"""

from __future__ import annotations

import re
import time

from kwrest.errors import EmptyBody, NotSessionAdmin, RequestError
from kwrest.model import User
from kwrest.web import bodies, responses
from kwrest.web.exchange import Exchange
from kwrest.web.handover import on_thread, request_of
from kwrest.web.parameters import Parameters
from kwrest.web.responses import Answer
from kwrest.web.services import Services

_IDS = re.compile(r"[\s,]*\d{1,18}(?:[\s,]+\d{1,18})*[\s,]*")


async def replay(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Answer:
    """POST /restapi/rejected: `rows` were stored and have left the shelf, `refused` says of each other why it stays."""
    if not user.admin:
        raise NotSessionAdmin()
    request = request_of(services, exchange, user, parameters)
    body = await bodies.read(exchange, services.limits.body_bytes)

    def work() -> Answer:
        done = services.replay.replay(request, _ids(bodies.text(body, services.limits)))
        first = done.still[: services.limits.refused_lines]
        answer = {
            "code": -1 if done.still else 0,
            "desc": "; ".join(f"id {s.id}: {s.reason}" for s in first) or None,
            "rows": done.stored,
            "time": responses.seconds(time.monotonic() - exchange.started),
            "refused": [{"id": s.id, "reason": s.reason} for s in done.still],
        }
        return responses.success(answer, rows=done.stored)

    return await on_thread(services, exchange, work)


async def purge(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Answer:
    """DELETE /restapi/rejected: `rows` lines have left the shelf."""
    if not user.admin:
        raise NotSessionAdmin()
    request = request_of(services, exchange, user, parameters)
    body = await bodies.read(exchange, services.limits.body_bytes)

    def work() -> Answer:
        gone = services.replay.purge(request, _ids(bodies.text(body, services.limits)))
        took = responses.seconds(time.monotonic() - exchange.started)
        return responses.success({"code": 0, "desc": None, "rows": gone, "time": took}, rows=gone)

    return await on_thread(services, exchange, work)


def _ids(text: str) -> frozenset[int] | None:
    """The ids a body names; None for `all`. Raises EmptyBody, RequestError."""
    if not text.strip():
        raise EmptyBody()
    if text.strip().lower() == "all":
        return None
    if not _IDS.fullmatch(text):
        raise RequestError(reason="the body must be ids of refused lines, or all")
    return frozenset(map(int, re.findall(r"\d+", text)))
