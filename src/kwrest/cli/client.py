"""A small client of kwrest's own API for the other commands: finds the server of a data folder and talks TLS to it."""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.client
import json
import logging
import os
import ssl
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class ClientError(Exception):
    """The server can't be found or reached, or refuses; the text is for the person at the terminal."""


class Unanswered(ClientError):
    """A request was sent and no answer came: the server may have done what was asked."""


# `serve` leaves these two facts in the data folder for the commands that run beside it.
ADDRESS_FILE = "listening.json"
PASSWORD_FILE = "root-password"

PATIENCE = 30.0  # seconds for which a busy server (503) is asked again by commands that can wait


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the API. body: the parsed JSON, numbers with a point as Decimal; sqlstate: of the first error; retry:
    seconds after which a busy server may be asked again."""

    status: int
    body: dict[str, Any]
    sqlstate: str | None = None
    retry: float = 1.0

    @property
    def failed(self) -> bool:
        return self.status != 200 or self.body.get("code") != 0

    @property
    def problem(self) -> str:
        """What a failed one says, as one text."""
        described = self.body.get("desc")
        return "; ".join(described) if isinstance(described, list) else str(described)


class Client:
    """One user on one server. Requests by password; no session is left behind."""

    def __init__(self, url: str, ca: Path | None, user: str, password: str, hint: str = "") -> None:
        self._url, self._host, self._port = _address(url)
        self._hint = hint
        try:
            self._tls = ssl.create_default_context(cafile=str(ca) if ca else None)
        except OSError as problem:
            raise ClientError(f"cannot read the CA certificate {ca}: {problem}") from problem
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "text/plain"}
        self._kept: http.client.HTTPSConnection | None = None

    @contextlib.contextmanager
    def connected(self) -> Iterator[None]:
        """Requests inside use one connection: a TLS handshake for each of a thousand batches would be most of the work."""
        self._kept = self._connection()
        try:
            yield
        finally:
            self._kept.close()
            self._kept = None

    def post(self, endpoint: str, text: str | bytes, database: str | None = None, **parameters: str) -> Answer:
        """POST `text` to /restapi/<endpoint>. Raises ClientError when none can be reached, Unanswered when no answer came."""
        return self.send("POST", endpoint, text, database, **parameters)

    def send(
        self, method: str, endpoint: str, text: str | bytes, database: str | None = None, **parameters: str
    ) -> Answer:
        """As `post`, with another method."""
        said = ({"db": database} if database else {}) | parameters
        query = "?" + urllib.parse.urlencode(said) if said else ""
        body = text.encode() if isinstance(text, str) else text
        connection = self._kept or self._connection()
        try:
            if connection.sock is None:
                connection.connect()
        except (OSError, http.client.HTTPException) as problem:
            raise ClientError(self._no_answer(problem)) from problem
        try:
            connection.request(method, f"/restapi/{endpoint}{query}", body, self._headers)
            answer = connection.getresponse()
            retry = answer.headers.get("Retry-After", "1")
            return Answer(
                answer.status,
                json.loads(answer.read(), parse_float=Decimal),
                answer.headers.get("X-SQLSTATE"),
                float(retry) if retry.isdigit() else 1.0,
            )
        except (OSError, http.client.HTTPException, ValueError) as problem:
            connection.close()
            raise Unanswered(self._no_answer(problem)) from problem
        finally:
            if connection is not self._kept:
                connection.close()

    def require(
        self, endpoint: str, text: str | bytes, database: str | None = None, **parameters: str
    ) -> dict[str, Any]:
        """The body of an answer that is no failure; a busy server is asked again. Raises ClientError with what it said."""
        answer = self.patient(endpoint, text, database, **parameters)
        if answer.failed:
            raise ClientError(self.explained(answer))
        return answer.body

    def patient(self, endpoint: str, text: str | bytes, database: str | None = None, **parameters: str) -> Answer:
        """As `post`; while the answer is 503, of which nothing ran, it is asked again for up to PATIENCE."""
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.post(endpoint, text, database, **parameters)
            if answer.status != 503 or time.monotonic() > end:
                return answer
            time.sleep(answer.retry)

    def rows(self, sql: str, database: str | None = None, **parameters: str) -> list[list[Any]]:
        """The rows of a query. Raises ClientError with what the server said."""
        rows: list[list[Any]] = self.require("query", sql, database, **parameters)["data"]
        return rows

    def explained(self, answer: Answer) -> str:
        """What a failed answer says, with what may help."""
        return answer.problem + (self._hint if answer.status == 401 else "")

    def _connection(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._host, self._port, context=self._tls, timeout=600)

    def _no_answer(self, problem: Exception) -> str:
        return f"no answer from {self._url}: {_reason(problem)}; is it running? `kwrest serve` starts one"


def _address(written: str) -> tuple[str, str, int]:
    """URL, host and port of `https://host:port` or `host:port`; raises ClientError for anything else."""
    # Without a scheme urlsplit reads `host:` as one, and the password would go to a server nobody has named.
    url = written if "://" in written else f"https://{written}"
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or parts.scheme != "https":
        raise ClientError(f"--url: {written!r} is not an address such as https://localhost:8080")
    return url, host, port or 8080


def _reason(problem: Exception) -> str:
    return (problem.strerror if isinstance(problem, OSError) else None) or str(problem)


def announce(data: Path, url: str, ca: Path) -> None:
    """Leave the address of the running server in its data folder; a disk that is full does not keep it from serving."""
    draft = data / f"{ADDRESS_FILE}.new"
    try:
        draft.write_text(json.dumps({"url": url, "ca": str(ca)}) + "\n", encoding="utf-8")
        draft.replace(data / ADDRESS_FILE)
    except OSError as error:
        log.warning("%s cannot be written, other commands need --url: %s", data / ADDRESS_FILE, error.strerror)


def add_connection_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that talks to a running server."""
    parser.add_argument(
        "--data", type=Path, default=Path("kwrest-data"), help="data folder of the server (default: kwrest-data)"
    )
    parser.add_argument("--url", help="address of the server (default: what DATA says)")
    parser.add_argument("--ca", type=Path, help="CA certificate (default: what DATA says)")
    parser.add_argument(
        "--user", default="root", help="user (default: root; the password comes from KWREST_PASSWORD or DATA)"
    )


def connect(chosen: argparse.Namespace) -> Client:
    """The client for what was said on the command line; what was not said is found under DATA.

    The password is KWREST_PASSWORD's, else, for root, the one in the file the first start left.
    """
    data, url, ca, user = chosen.data, chosen.url, chosen.ca, chosen.user
    if url is None:
        try:
            found = json.loads((data / ADDRESS_FILE).read_text(encoding="utf-8"))
            url, ca = found["url"], ca or Path(found["ca"])
        except (OSError, ValueError, KeyError) as problem:
            raise ClientError(f"no running server is known under {data}; name one with --url") from problem
    password, hint = os.environ.get("KWREST_PASSWORD") or None, "; KWREST_PASSWORD holds another password"
    if password is None and user == "root":
        password = _stored_password(data)
        hint = f"; {data / PASSWORD_FILE} holds an older password: set KWREST_PASSWORD (`kwrest user reset-root` makes a new one)"
    if password is None:
        raise ClientError(f"no password for {user}: set KWREST_PASSWORD")
    return Client(url, ca or data / "certs" / "ca.crt", user, password, hint)


def _stored_password(data: Path) -> str | None:
    try:
        return (data / PASSWORD_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        return None
