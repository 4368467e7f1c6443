"""Request headers as both protocols of the port see them: limits, Host, transfer coding (contract T2, T6)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from kwrest.errors import KwrestError, MalformedRequest
from kwrest.web.config import ListenerConfig

Headers = Sequence[tuple[bytes, bytes]]

# One grammatical host[:port]: a name or IPv4 address, or an IPv6 address in brackets. Nothing else may become a Location.
_HOST = re.compile(
    rb"(?:\[([0-9A-Fa-f:.]{2,45})\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9.])?)(?::([0-9]{1,5}))?"
)


def valid_host(value: bytes) -> bool:
    """Whether `value` is `host[:port]` of RFC 9110, nothing around it."""
    match = _HOST.fullmatch(value)
    if match is None:
        return False
    address, port = match.groups()
    if address is not None:
        try:
            ipaddress.IPv6Address(address.decode("ascii"))
        except ValueError:
            return False
    return port is None or int(port) <= 65535


def values_of(headers: Headers, name: bytes) -> list[bytes]:
    """All values of the header `name` (lower case), in order."""
    return [value for key, value in headers if key == name]


def address_of(peer: object) -> str:
    """The client's address in `(address, port, …)`; an IPv4 address on a socket for both families as itself."""
    address = str(peer[0]) if isinstance(peer, list | tuple) and peer else "-"
    return address.removeprefix("::ffff:") if "." in address else address


def header_problem(
    headers: Headers, url: bytes, size: int, http_version: str, config: ListenerConfig
) -> KwrestError | None:
    """Why a complete header block is refused, or None. Names are lower case; size: bytes of the block."""
    if len(url) > config.url_bytes:
        return MalformedRequest(reason=f"the URL is longer than {config.url_bytes} bytes")
    if size > config.header_bytes:
        return MalformedRequest(reason=f"the request header is larger than {config.header_bytes} bytes")
    if len(headers) > config.header_fields:
        return MalformedRequest(reason=f"the request has more than {config.header_fields} header fields")
    hosts = values_of(headers, b"host")
    if len(hosts) > 1 or (not hosts and http_version != "1.0"):
        return MalformedRequest(reason="the request must have exactly one Host header")
    if hosts and not valid_host(hosts[0]):
        return MalformedRequest(reason="the Host header is not host[:port]")
    coding = values_of(headers, b"transfer-encoding")
    if coding and (len(coding) > 1 or coding[0].strip().lower() != b"chunked"):
        return MalformedRequest(reason="the only Transfer-Encoding taken is chunked")
    return None
