"""One log line a request: time, id, user, address, method, path, status, milliseconds, rows (issue line 1.5).

A line holds no header, no query string, no body and no statement, so that no password or token can be in it. The user is
named only when who asks is known: a name that did not match may be a mistyped password.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass

requests = logging.getLogger("kwrest.request")

_SHOWN_PATH = 200  # characters


@dataclass(frozen=True, slots=True)
class RequestLine:
    """seconds: from the complete header to the last byte handed to the socket; rows: written or answered, where it means something."""

    id: str
    user: str | None
    address: str
    method: str
    path: str
    status: int
    seconds: float
    rows: int | None
    sqlstate: str | None = None


def request(line: RequestLine) -> None:
    """Write one request's line."""
    if requests.isEnabledFor(logging.INFO):
        requests.info("%s", line.id, extra={"request": line})


class Sample(logging.Filter):
    """Which requests get a line: of the ordinary ones a share, evenly spread; of those that failed or took long all.

    share: from 0 (none) to 1 (all); slow: seconds. Everything that is no request's line passes.
    """

    def __init__(self, share: float, slow: float) -> None:
        super().__init__()
        self._share, self._slow = share, slow
        self._ordinary = 0

    def filter(self, record: logging.LogRecord) -> bool:
        line = getattr(record, "request", None)
        if not isinstance(line, RequestLine):
            return True
        if line.status >= 400 or line.sqlstate is not None or line.seconds >= self._slow:
            return True
        self._ordinary += 1
        return int(self._ordinary * self._share) > int((self._ordinary - 1) * self._share)


class TextFormatter(logging.Formatter):
    """`2026-11-24T08:00:00.123Z INFO id=… user=root address=… GET /health 200 0.4ms rows=-`"""

    def format(self, record: logging.LogRecord) -> str:
        line = getattr(record, "request", None)
        start = f"{_time(record)} {record.levelname}"
        if not isinstance(line, RequestLine):
            return f"{start} {_message(self, record)}"
        rows = "-" if line.rows is None else line.rows
        state = f" sqlstate={line.sqlstate}" if line.sqlstate else ""
        return (
            f"{start} id={line.id} user={_plain(line.user or '-')} address={line.address} {_plain(line.method)} {_plain(line.path)} "
            f"{line.status} {line.seconds * 1000:.1f}ms rows={rows}{state}"
        )


class JsonFormatter(logging.Formatter):
    """One JSON object a line; a request's keys are those of RequestLine, `seconds` as `ms`."""

    def format(self, record: logging.LogRecord) -> str:
        start: dict[str, object] = {"time": _time(record), "level": record.levelname}
        line = getattr(record, "request", None)
        if not isinstance(line, RequestLine):
            return json.dumps({**start, "message": _message(self, record)}, ensure_ascii=False)
        return json.dumps(
            {
                **start, "id": line.id, "user": line.user, "address": line.address, "method": line.method, "path": line.path[:_SHOWN_PATH],
                "status": line.status, "ms": round(line.seconds * 1000, 3), "rows": line.rows, "sqlstate": line.sqlstate,
            },
            ensure_ascii=False,
        )  # fmt: skip


FORMATTERS: dict[str, type[logging.Formatter]] = {"text": TextFormatter, "json": JsonFormatter}


def _time(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"


def _message(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    text = record.getMessage()
    return f"{text}\n{formatter.formatException(record.exc_info)}" if record.exc_info else text


def _plain(text: str) -> str:
    """One word of the line: blanks and control characters would let a client write lines of its own."""
    return "".join(c if c.isprintable() and c != " " else "?" for c in text[:_SHOWN_PATH])
