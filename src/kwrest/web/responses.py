"""The one place where a failure becomes an answer, and where every answer gets its shape and headers (contract, Bodies)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from kwrest.errors import Kind, KwrestError, UndefinedTable
from kwrest.service.answers import LinesAnswer
from kwrest.web.compression import packed
from kwrest.web.config import RequestLimits
from kwrest.web.requests import Headers, values_of

COMMON_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"accept", b"text/plain"),  # the seed's, odd as it is in an answer
    (b"cache-control", b"no-store"),
)
JSON_HEADERS = ((b"content-type", b"application/json"), *COMMON_HEADERS)
CHALLENGE = (b"www-authenticate", b'Basic realm="kwrest", charset="UTF-8"')
RETRY_SECONDS = 1
MOST_REPEATED = 100  # entries of `desc` for a body nobody read on credentials nobody knows (contract B2)

STATUS = {
    Kind.STATEMENT: 500,
    Kind.REQUEST: 400,
    Kind.CREDENTIALS: 401,
    Kind.TRANSIENT: 503,
    Kind.TOO_LARGE: 413,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. rows: for the log, where the endpoint counts rows; sqlstate: of its first error; refused: lines."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    rows: int | None = None
    sqlstate: str | None = None
    refused: int = 0
    content_type: bytes = b"application/json"


# ---------------------------------------------------------------- shapes


def _minus_one(status: int) -> int:
    return -1


def _status(status: int) -> int:
    return -1 if status in (404, 405) else status


def _telegraf(status: int) -> int:
    return 500 if status == 401 else -1  # the seed's example


@dataclass(frozen=True, slots=True)
class Shape:
    """An endpoint's failure: its keys in order, whether `desc` has one entry a statement, and `code` by HTTP status."""

    keys: tuple[str, ...]
    listed: bool = False
    code: Callable[[int], int] = _minus_one


PLAIN = Shape(("code", "desc"))
LOGIN = Shape(("code", "desc"))
DDL = Shape(("code", "desc", "time"), listed=True)
INSERT = Shape(("code", "desc", "rows", "notice", "time"), listed=True)
QUERY = Shape(("code", "desc", "time", "column_meta", "data", "rows"), code=_status)
LINES = Shape(("code", "desc", "rows", "time"), code=_telegraf)
SESSION = Shape(("code", "desc"))


# ---------------------------------------------------------------- answers


def success(body: Mapping[str, object], *, rows: int | None = None) -> Answer:
    return Answer(200, orjson.dumps(body), rows=rows)


def failure(shape: Shape, error: KwrestError, *, statements: int = 1, status: int | None = None) -> Answer:
    """The answer to a request of which nothing was done, or of a query that failed.

    statements: how often a listed `desc` says it; status: instead of the one of the error's kind.
    """
    found = status or STATUS[error.kind]
    text = _query_text(error) if shape is QUERY else error.message
    desc: object = [text] * max(1, min(statements, MOST_REPEATED)) if shape.listed else text
    body = dict.fromkeys(shape.keys) | {"code": shape.code(found), "desc": desc}
    return Answer(found, orjson.dumps(body), failure_headers(error, found), sqlstate=error.sqlstate)


def statements(body: Mapping[str, object], failed: KwrestError | None, rows: int) -> Answer:
    """A ddl or insert body that ran. failed: its first failure, for which the whole is answered 500 (contract, status table)."""
    if failed is None:
        return success(body, rows=rows)
    content = orjson.dumps({**body, "code": -1})
    return Answer(500, content, failure_headers(failed, 500), rows, failed.sqlstate)


def lines(done: LinesAnswer, limits: RequestLimits) -> Answer:
    """A body of lines (contract, line endpoints): 200 as soon as one is stored, since a sender repeats anything else."""
    if not done.rejects and done.transient is None:
        stored = {"code": 0, "desc": None, "rows": done.stored, "time": seconds(done.seconds)}
        return success(stored, rows=done.stored)
    status = 200 if done.failure is None else STATUS[done.failure]
    named = done.rejects[: limits.refused_lines]
    said = [f"line {r.number}: {r.reason}: {r.text[: limits.refused_text]}" for r in named]
    if done.transient is not None:
        said.insert(0, done.transient.message)
    if done.refused > len(named):
        said.append(f"and {done.refused - len(named)} more")
    sqlstate = done.transient.sqlstate if done.transient is not None else named[0].sqlstate
    headers: tuple[tuple[bytes, bytes], ...] = ((b"x-sqlstate", sqlstate.encode()),)
    if status == 503:
        headers += ((b"retry-after", b"%d" % RETRY_SECONDS),)
    body = {"code": -1, "desc": "; ".join(said), "rows": done.stored, "time": seconds(done.seconds)}
    return Answer(status, orjson.dumps(body), headers, done.stored, sqlstate, done.refused)


def seconds(measured: float | None) -> float | None:
    """A time as the seed prints it: seconds, to the nanosecond."""
    return None if measured is None else round(measured, 9)


def failure_headers(error: KwrestError, status: int) -> tuple[tuple[bytes, bytes], ...]:
    headers: list[tuple[bytes, bytes]] = [(b"x-sqlstate", error.sqlstate.encode())]
    if status == 401:
        headers.append(CHALLENGE)
    if status == 503:
        headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
    return tuple(headers)


def _query_text(error: KwrestError) -> str:
    """The query endpoint has the seed's own words for a missing table (contract B8)."""
    if isinstance(error, UndefinedTable):
        return f"No table named {error.facts['name']} found"
    return error.message


# ---------------------------------------------------------------- headers of every answer

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(headers: Headers) -> str:
    """The caller's `X-Request-Id` when it is one, else a new one (contract T7)."""
    given = values_of(headers, b"x-request-id")
    if len(given) == 1 and REQUEST_ID.fullmatch(written := given[0].decode("latin-1")):
        return written
    return secrets.token_hex(8)


def compressed(answer: Answer, coding: str) -> Answer:
    """The answer in a coding of `compression.ACCEPTED`, when that is worth it; call it on a thread."""
    body = packed(answer.body, coding)
    if body is None:
        return answer
    more = ((b"content-encoding", coding.encode()), (b"vary", b"accept-encoding"))
    return replace(answer, body=body, headers=(*answer.headers, *more))


def all_headers(answer: Answer, identity: str) -> list[tuple[bytes, bytes]]:
    length = (b"content-length", b"%d" % len(answer.body))
    content_type = (b"content-type", answer.content_type)
    return [content_type, *COMMON_HEADERS, (b"x-request-id", identity.encode()), *answer.headers, length]


def with_header(answer: Answer, header: tuple[bytes, bytes]) -> Answer:
    return replace(answer, headers=(*answer.headers, header))


def names(allowed: Sequence[str]) -> bytes:
    """Methods as `Allow` lists them."""
    return ", ".join(allowed).encode()
