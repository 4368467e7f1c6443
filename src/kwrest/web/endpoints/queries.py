"""What is running: ending a query by its request id."""

from __future__ import annotations

from kwrest.model import User
from kwrest.web import responses
from kwrest.web.exchange import Exchange
from kwrest.web.parameters import Parameters
from kwrest.web.responses import Answer
from kwrest.web.services import Services


async def cancel(services: Services, exchange: Exchange, user: User, parameters: Parameters) -> Answer:
    """DELETE /restapi/query/<request id>: by whom it belongs to, or an admin. It is ended soon after the answer."""
    services.queries.cancel(exchange.path.rpartition("/")[2], user)
    return responses.success({"code": 0, "desc": "cancel success"})
