"""The application: which path and method is which endpoint, and the order every request goes through."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kwrest.errors import Busy, InternalError, Kind, KwrestError, NotFound, WrongMethod
from kwrest.model import User
from kwrest.service.metrics import Answered
from kwrest.service.queries import Queries
from kwrest.web import auth, bodies, log, parameters, responses
from kwrest.web.budget import BodyBudget
from kwrest.web.config import RequestLimits
from kwrest.web.endpoints import operations, queries, rejected, restapi, session
from kwrest.web.exchange import ClientLeft, Exchange, Receive, Scope, Send
from kwrest.web.parameters import Parameters
from kwrest.web.responses import Answer, Shape
from kwrest.web.services import Access, Lines, Metrics, Readiness, Replay, Services, Statements

logger = logging.getLogger("kwrest.web")

OTHER = "other"  # in metrics: what is not one of ours must not make a time series of its own
METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})
_SENT_AT_ONCE = (
    256 * 1024
)  # bytes of an answer: nobody waits for the encryption of the whole, and who does not read gets no more
_TRIES = 100  # to find memory for an answer, 10 ms apart
CLIENT_LEFT = 499  # in the log only: nobody was there to answer

Open = Callable[[Services, Exchange], Awaitable[Answer]]
Known = Callable[[Services, Exchange, User, Parameters], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. known: called with the user once it is known who asks; open: called without, it sees to that itself.

    parameters: of the query string, those it takes; the others are ignored. A path that ends in `/` takes a request id
    behind it.
    """

    path: str
    method: str
    shape: Shape
    known: Known | None = None
    open: Open | None = None
    parameters: tuple[str, ...] = ()


_SQL = ("db", "tz", "timeout")

ROUTES = (
    Route("/restapi/login", "GET", responses.LOGIN, open=restapi.login),
    Route("/restapi/ddl", "POST", responses.DDL, restapi.ddl, parameters=_SQL),
    Route("/restapi/insert", "POST", responses.INSERT, restapi.insert, parameters=_SQL),
    Route("/restapi/query", "POST", responses.QUERY, restapi.query, parameters=_SQL),
    Route("/restapi/query/", "DELETE", responses.SESSION, queries.cancel),
    Route("/restapi/telegraf", "POST", responses.LINES, restapi.telegraf, parameters=(*_SQL, "precision")),
    Route("/restapi/session", "GET", responses.SESSION, session.list_sessions),
    Route("/restapi/session", "DELETE", responses.SESSION, session.delete_session),
    Route("/restapi/rejected", "POST", responses.LINES, rejected.replay),
    Route("/restapi/rejected", "DELETE", responses.LINES, rejected.purge),
    Route("/health", "GET", responses.PLAIN, open=operations.health),
    Route("/health", "HEAD", responses.PLAIN, open=operations.health),
    Route("/ready", "GET", responses.PLAIN, open=operations.ready),
    Route("/ready", "HEAD", responses.PLAIN, open=operations.ready),
    Route("/metrics", "GET", responses.PLAIN, operations.metrics),
)
_BY_PATH: dict[str, dict[str, Route]] = {}
for _route in ROUTES:
    _BY_PATH.setdefault(_route.path, {})[_route.method] = _route


def _with_id(path: str) -> dict[str, Route] | None:
    """The endpoint of a path that ends in a request id."""
    folder, slash, identity = path.rpartition("/")
    return _BY_PATH.get(folder + slash) if responses.REQUEST_ID.fullmatch(identity) else None


def build_app(
    statements: Statements,
    lines: Lines,
    replay: Replay,
    access: Access,
    queries: Queries,
    readiness: Readiness,
    metrics: Metrics,
    limits: RequestLimits,
    *,
    threads: int,
    version: str,
) -> Application:
    """The application over the rooms below. threads: as many as connections may count, so that no request waits for one."""
    executor = ThreadPoolExecutor(threads, "request")
    services = Services(statements, lines, replay, access, queries, readiness, metrics, limits, executor, version)
    return Application(services)


async def _make_room(exchange: Exchange, size: int) -> None:
    """Hold the memory of an answer until it is read; who leaves others unread gives way. Raises Busy.

    Only for queries: what was changed is answered whatever it takes.
    """
    for _ in range(_TRIES):
        if exchange.share.hold(size):
            return
        if exchange.house is None or not exchange.house.connections.cut_slowest_reader():
            break
        await asyncio.sleep(0.01)  # until the request of who was cut has ended
    raise Busy(what="the answers that are not read yet take all the memory there is for them")


class Application:
    """An ASGI application. Nothing a request does may raise out of it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.budget = BodyBudget(services.limits.bodies_bytes)

    def close(self) -> None:
        """Wait for what still runs on its threads; after the listener has drained."""
        self.services.executor.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, self.budget.share())
        answer: Answer | None = None
        self.services.metrics.began()
        try:
            answer = await self._answer(exchange)
            headers = responses.all_headers(answer, exchange.id)
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            body = memoryview(answer.body)
            for at in range(0, max(1, len(body)), _SENT_AT_ONCE):
                part, more = body[at : at + _SENT_AT_ONCE], at + _SENT_AT_ONCE < len(body)
                await send({"type": "http.response.body", "body": part, "more_body": more})
        except ClientLeft:
            pass
        finally:
            exchange.share.release()
            status = CLIENT_LEFT if answer is None or exchange.inbound.left else answer.status
            self._finish(exchange, status, answer)

    async def _answer(self, exchange: Exchange) -> Answer:
        methods = _BY_PATH.get(exchange.path) or _with_id(exchange.path)
        route = methods.get(exchange.method) if methods else None
        # Without a route of its own a wrong method still gets the shape of its path.
        shape = route.shape if route else next(iter(methods.values())).shape if methods else responses.PLAIN
        try:
            if exchange.inbound.refusal is not None:
                raise exchange.inbound.refusal
            if methods is None:
                raise NotFound(path=exchange.path[:200])
            if route is None:
                raise WrongMethod(allowed="/".join(methods))
            return await self._served(route, exchange)
        except KwrestError as error:
            return await self._failure(exchange, methods, shape, error)
        except ClientLeft:
            raise
        except Exception:
            # The last place that can see it: an unforeseen failure is logged with its stack and answered without it.
            logger.exception("internal error in request %s", exchange.id)
            return responses.failure(shape, InternalError(request_id=exchange.id))

    async def _served(self, route: Route, exchange: Exchange) -> Answer:
        """The order matters: a foreign page is refused whoever the browser says asks, and nothing is parsed for strangers."""
        auth.check_origin(exchange)
        if route.open is not None:
            answer = await route.open(self.services, exchange)
        else:
            assert route.known is not None
            user = await auth.authenticate(self.services.access, exchange)
            given = parameters.parse(exchange.query, route.parameters)
            answer = await route.known(self.services, exchange, user, given)
            if route.shape is responses.QUERY:
                await _make_room(exchange, len(answer.body))
        if not exchange.complete:
            await bodies.read_unauthenticated(exchange, self.services.limits)  # a body that means nothing here
        return answer

    async def _failure(
        self, exchange: Exchange, methods: dict[str, Route] | None, shape: Shape, error: KwrestError
    ) -> Answer:
        statements = 1
        if exchange.inbound.refusal is None and not exchange.complete:
            # Small bodies are taken off the connection, so that it can be used again.
            head = await bodies.read_unauthenticated(exchange, self.services.limits)
            if shape.listed and error.kind is Kind.CREDENTIALS and not exchange.values(b"content-encoding"):
                text = head.decode("utf-8", "replace")
                loop = asyncio.get_running_loop()
                statements = await loop.run_in_executor(self.services.executor, self.services.statements.count, text)
        if isinstance(error, NotFound):
            return responses.failure(shape, error, status=404)
        if isinstance(error, WrongMethod):
            answer = responses.failure(shape, error, status=405)
            return responses.with_header(answer, (b"allow", responses.names(tuple(methods or ()))))
        return responses.failure(shape, error, statements=statements)

    def _finish(self, exchange: Exchange, status: int, answer: Answer | None) -> None:
        """Count the request and write its line."""
        seconds = exchange.elapsed()
        user = exchange.user.name if exchange.user else None
        said = answer or Answer(status, b"")
        route = _BY_PATH.get(exchange.path) or _with_id(exchange.path) or {}
        rows = said.rows or 0
        answered = any(r.shape is responses.QUERY for r in route.values())
        self.services.metrics.ended(
            Answered(
                next(iter(route.values())).path if route else OTHER,
                exchange.method if exchange.method in METHODS else OTHER,
                status,
                seconds,
                received=exchange.received,
                sent=len(said.body),
                written=0 if answered else rows,
                answered=rows if answered else 0,
                refused=said.refused,
                sqlstate=said.sqlstate,
            )
        )
        log.request(
            log.RequestLine(
                exchange.id,
                user,
                exchange.address,
                exchange.method,
                exchange.path,
                status,
                seconds,
                said.rows,
                said.sqlstate,
            )
        )
