"""From headers to a user; and whose page may ask at all (contract A1, B2, T8)."""

from __future__ import annotations

from kwrest.access.credentials import Credential, credential
from kwrest.errors import BadCredentials, BadToken, ForeignOrigin
from kwrest.model import User
from kwrest.web.exchange import Exchange, settled
from kwrest.web.services import Access

_DEFAULT_PORTS = {"https": "443", "http": "80"}


def credential_of(exchange: Exchange) -> Credential | None:
    """The one credential of a request, None when it has none. Raises BadCredentials or BadToken for a malformed one."""
    return credential(exchange.values(b"authorization"), exchange.values(b"username"), exchange.values(b"password"))


async def authenticate(access: Access, exchange: Exchange) -> User:
    """Who is asking. Raises BadCredentials, BadToken, Busy."""
    found = credential_of(exchange)
    user: User = await settled(access.authenticate(found, exchange.address))
    exchange.user, exchange.session = user, access.session_id(found)
    return user


async def login(access: Access, exchange: Exchange) -> str:
    """A token for who is asking. Whatever the credentials were, the login endpoint has one text for wrong ones."""
    try:
        found = credential_of(exchange)
        token: str = await settled(access.login(found, exchange.address))
    except BadToken:
        raise BadCredentials() from None
    if found is not None:
        exchange.user = User(found.user)
    return token


def check_origin(exchange: Exchange) -> None:
    """Refuse what a page of another site made a browser send. Raises ForeignOrigin."""
    if any(value.strip().lower() == b"cross-site" for value in exchange.values(b"sec-fetch-site")):
        raise ForeignOrigin()
    hosts = exchange.values(b"host")
    for origin in exchange.values(b"origin"):
        if not hosts or not _same_host(origin.decode("latin-1"), hosts[0].decode("latin-1")):
            raise ForeignOrigin()


def _same_host(origin: str, host: str) -> bool:
    """Whether `scheme://host[:port]` is the host and port the request was sent to; `null` is nobody's."""
    scheme, separator, authority = origin.strip().lower().partition("://")
    if not separator:
        return False
    return _with_port(authority, _DEFAULT_PORTS.get(scheme, "")) == _with_port(host.lower(), "443")


def _with_port(authority: str, default: str) -> tuple[str, str]:
    name, colon, port = authority.rpartition(":")
    if not colon or not port.isdigit():  # no port, or the colons of a bracketed address
        return authority, default
    return name, port
