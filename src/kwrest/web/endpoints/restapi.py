"""The seed's endpoints: login, ddl, insert, query, telegraf. Each is one story: read, run on a thread, answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

from kwrest.model import Request, User
from kwrest.service.answers import LinesAnswer, StatementsAnswer
from kwrest.service.queries import Use
from kwrest.web import auth, bodies, responses
from kwrest.web.encoding import json_rows
from kwrest.web.exchange import Exchange
from kwrest.web.handover import request_of, run_statement
from kwrest.web.parameters import Parameters
from kwrest.web.responses import Answer
from kwrest.web.services import Services


async def login(services: Services, exchange: Exchange) -> Answer:
    """GET /restapi/login"""
    return responses.success({"code": 0, "token": await auth.login(services.access, exchange)})


async def ddl(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Answer:
    """POST /restapi/ddl"""

    def shape(done: StatementsAnswer) -> dict[str, object]:
        return {"code": 0, "desc": list(done.descriptions), "time": responses.seconds(done.seconds)}

    return await _statements(services, exchange, user, parameters, "ddl", services.statements.define, shape)


async def insert(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Answer:
    """POST /restapi/insert"""

    def shape(done: StatementsAnswer) -> dict[str, object]:
        return {
            "code": 0,
            "desc": list(done.descriptions),
            "rows": done.rows,
            "notice": done.notice,
            "time": responses.seconds(done.seconds),
        }

    return await _statements(services, exchange, user, parameters, "insert", services.statements.insert, shape)


async def _statements(
    services: Services,
    exchange: Exchange,
    user: User,
    parameters: Parameters,
    endpoint: str,
    run: Callable[[Request, str], StatementsAnswer],
    shape: Callable[[StatementsAnswer], dict[str, object]],
) -> Answer:
    body = await bodies.read(exchange, services.limits.body_bytes)
    request = request_of(services, exchange, user, parameters)

    def work() -> Answer:
        done = run(request, bodies.statements(body, services.limits))
        return responses.statements(shape(done), done.failed, done.rows)

    return await run_statement(services, exchange, request, endpoint, Use.WRITE, work)


async def query(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Answer:
    """POST /restapi/query"""
    body = await bodies.read(exchange, services.limits.body_bytes)
    request = request_of(services, exchange, user, parameters)

    def work() -> Answer:
        found = services.statements.query(request, bodies.statements(body, services.limits))
        answer = json_rows.encode(found, services.limits.answer_bytes)
        request.progress.rows = answer.rows or 0
        return answer

    return await run_statement(services, exchange, request, "query", Use.READ, work)


async def telegraf(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Answer:
    """POST /restapi/telegraf"""
    body = await bodies.read(exchange, services.limits.body_bytes)
    request = request_of(services, exchange, user, parameters)

    def submit() -> Future[LinesAnswer]:
        return services.lines.submit(request, bodies.lines(body, services.limits), parameters.precision)

    loop = asyncio.get_running_loop()
    done = await asyncio.wrap_future(await loop.run_in_executor(services.executor, submit))
    return responses.lines(done, services.limits)
