"""For every failure a client may see: what causes it and what helps. docs/errors.md is made from this.

One row a class of `kwrest.errors`, by its name; a test names the classes that have none. Nothing reads this at run time.
"""

from __future__ import annotations

from typing import NamedTuple

from kwrest.errors.explained.definitions import DEFINITIONS
from kwrest.errors.explained.queries import QUERIES
from kwrest.errors.explained.requests import REQUESTS
from kwrest.errors.explained.writes import WRITES


class Explained(NamedTuple):
    """cause: what was asked or what happened; remedy: what to do, as a sentence to whoever reads the error."""

    cause: str
    remedy: str


EXPLAINED = {name: Explained(cause, remedy) for name, cause, remedy in (*REQUESTS, *DEFINITIONS, *WRITES, *QUERIES)}
