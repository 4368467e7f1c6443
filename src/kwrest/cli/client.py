"""A small client of kwrest's own API for the other commands: finds the server of a data folder and talks TLS to it."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import os
import ssl
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class ClientError(Exception):
    """The server can't be found or reached, or refuses; the text is for the person at the terminal."""


# `serve` leaves these two facts in the data folder for the commands that run beside it.
ADDRESS_FILE = "listening.json"
PASSWORD_FILE = "root-password"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the API. body: the parsed JSON."""

    status: int
    body: dict[str, Any]

    @property
    def failed(self) -> bool:
        return self.status != 200 or self.body.get("code") != 0


class Client:
    """One user on one server. Requests by password; no session is left behind."""

    def __init__(self, url: str, ca: Path | None, user: str, password: str) -> None:
        self._url, self._host, self._port = _address(url)
        try:
            self._tls = ssl.create_default_context(cafile=str(ca) if ca else None)
        except OSError as problem:
            raise ClientError(f"cannot read the CA certificate {ca}: {problem}") from problem
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "text/plain"}

    def post(self, endpoint: str, text: str, database: str | None = None) -> Answer:
        """POST `text` to /restapi/<endpoint>. Raises ClientError when no answer came."""
        query = "?" + urllib.parse.urlencode({"db": database}) if database else ""
        connection = http.client.HTTPSConnection(self._host, self._port, context=self._tls, timeout=600)
        try:
            connection.request("POST", f"/restapi/{endpoint}{query}", text.encode(), self._headers)
            answer = connection.getresponse()
            return Answer(answer.status, json.loads(answer.read()))
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise ClientError(
                f"no answer from {self._url}: {_reason(problem)}; is it running? `kwrest serve` starts one"
            ) from problem
        finally:
            connection.close()


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


def connect(data: Path, url: str | None, ca: Path | None, user: str, password: str | None) -> Client:
    """The client for what was said on the command line; what was not said is found under `data`.

    password: None takes KWREST_PASSWORD, then, for root, the file the first start left.
    """
    if url is None:
        try:
            found = json.loads((data / ADDRESS_FILE).read_text(encoding="utf-8"))
            url, ca = found["url"], ca or Path(found["ca"])
        except (OSError, ValueError, KeyError) as problem:
            raise ClientError(f"no running server is known under {data}; name one with --url") from problem
    password = password or os.environ.get("KWREST_PASSWORD")
    if password is None and user == "root":
        password = _stored_password(data)
    if password is None:
        raise ClientError(f"no password for {user}: set KWREST_PASSWORD")
    return Client(url, ca or data / "certs" / "ca.crt", user, password)


def _stored_password(data: Path) -> str | None:
    try:
        return (data / PASSWORD_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        return None
