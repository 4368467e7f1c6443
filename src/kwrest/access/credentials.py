"""What a request's headers say about who is asking (contract A1): header values in, one credential out. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field

from kwrest.access.passwords import TOKEN_PREFIX
from kwrest.errors import BadCredentials, BadToken, KwrestError


@dataclass(frozen=True, slots=True)
class Pair:
    """A user's name and password as written. header: they came as `Username` and `Password`, not as Authorization."""

    user: str
    password: str = field(repr=False)
    header: bool

    @property
    def refusal(self) -> KwrestError:
        return BadCredentials() if self.header else BadToken()


@dataclass(frozen=True, slots=True)
class Token:
    """A token, taken apart. secret: begins with `kwr1_`; header: as in Pair."""

    user: str
    secret: str = field(repr=False)
    header: bool

    @property
    def refusal(self) -> KwrestError:
        return BadCredentials() if self.header else BadToken()


Credential = Pair | Token


def credential(
    authorization: Sequence[bytes], username: Sequence[bytes], password: Sequence[bytes]
) -> Credential | None:
    """The one credential of a request; None when it has none. Each argument: all values of that header, in order.

    With two forms Authorization counts, without fall-back. Raises BadCredentials for a header sent twice or half a pair,
    BadToken for an Authorization that is none of A1's forms.
    """
    if any(len(values) > 1 for values in (authorization, username, password)):
        raise BadCredentials()
    if authorization:
        return _authorization(authorization[0])
    if not username and not password:
        return None
    if not username or not password:
        raise BadCredentials()
    return _kind(text(username[0]), text(password[0]), header=True)


def token_text(user: str, secret: str) -> str:
    """The token a client gets, `base64(user:secret)` (contract A2)."""
    return base64.b64encode(f"{user}:{secret}".encode()).decode()


def text(value: bytes) -> str:
    """Header bytes are UTF-8 where valid, else latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _authorization(value: bytes) -> Credential:
    """`Basic` takes a token or base64(user:password), `Bearer` and `Token` a token."""
    scheme, _, rest = value.strip(b" \t").partition(b" ")
    rest = rest.strip(b" \t")
    match scheme.lower():
        case b"basic":
            return _split(_decoded(rest))
        case b"bearer" | b"token":
            return _token(_split(_decoded(rest)))
        case _:
            raise BadToken()


def _decoded(value: bytes) -> bytes:
    """Strict base64: canonical, padded, nothing else in it."""
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise BadToken() from None
    # Python ignores bits that stand for nothing; one credential has one spelling here.
    if base64.b64encode(decoded) != value:
        raise BadToken()
    return decoded


def _split(value: bytes) -> Credential:
    user, colon, secret = text(value).partition(":")
    if not colon:
        raise BadToken()
    return _kind(user, secret, header=False)


def _kind(user: str, secret: str, *, header: bool) -> Credential:
    """A value of a token's form is only ever looked up, never hashed (contract A2)."""
    return Token(user, secret, header) if secret.startswith(TOKEN_PREFIX) else Pair(user, secret, header)


def _token(found: Credential) -> Token:
    if not isinstance(found, Token):
        raise BadToken()
    return found
