"""What every failure is: a text, an SQLSTATE, and what kind of answer it becomes."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar


class Kind(Enum):
    """What a failure means for the request as a whole; the web layer maps it to a status."""

    STATEMENT = "a statement failed"  # 500
    REQUEST = "nothing ran because the request is wrong"  # 400
    CREDENTIALS = "who is asking is not known"  # 401
    TRANSIENT = "nothing ran; the same request may succeed later"  # 503
    TOO_LARGE = "the body is larger than the server takes"  # 413


# Characters of a value that an error repeats: enough to find it, and no megabytes sent back.
SHOWN = 1000


class KwrestError(Exception):
    """A failure with a name. `text` is a format string over the keyword arguments.

    sqlstate: five characters, sent as `X-SQLSTATE`; kind: decides the HTTP status;
    curable: on the line endpoints, whether an operator can make the same line storable (contract, line endpoints).
    """

    sqlstate: ClassVar[str] = "XX000"
    text: ClassVar[str] = "internal error"
    kind: ClassVar[Kind] = Kind.STATEMENT
    curable: ClassVar[bool] = False

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.text.format_map({name: _cut(fact) for name, fact in facts.items()}))

    @property
    def message(self) -> str:
        """The one clear sentence a client reads."""
        return str(self.args[0])


def _cut(fact: object) -> object:
    return fact[:SHOWN] + "…" if isinstance(fact, str) and len(fact) > SHOWN else fact


class InternalError(KwrestError):
    """Something we did not foresee; the details go to the log under the request id, never to the client."""

    text = "internal error, see the server's log for request {request_id}"


class RequestError(KwrestError):
    sqlstate, kind = "22023", Kind.REQUEST
    text = "{reason}"


class Transient(KwrestError):
    sqlstate, kind = "53000", Kind.TRANSIENT
    text = "{reason}"


class SqlError(KwrestError):
    """A statement that failed; the base of everything said in SQL."""

    sqlstate = "XX000"
    text = "{reason}"
