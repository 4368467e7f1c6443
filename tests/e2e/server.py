"""A real server process over TLS, and the words a person would use to it."""

from __future__ import annotations

import base64
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT_PASSWORD = "kwdbpassword"  # the document's token is base64 of root:kwdbpassword
ROOT_TOKEN = base64.b64encode(f"root:{ROOT_PASSWORD}".encode()).decode()


@dataclass
class Server:
    """One server on one data folder. Every call is a request of root's unless said otherwise."""

    data: Path
    flags: Sequence[str] = ()
    environment: dict[str, str] = field(default_factory=dict)
    wrapper: Sequence[str] = ()  # a command that runs the server's, with its arguments
    module: Sequence[str] = ("kwrest",)  # what `python -m` runs, with arguments before the server's
    trusted: str = ""  # the CA's certificate, when the client has it from elsewhere than the data folder
    url: str = ""
    output: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    group: Path | None = None  # a control group it puts itself into before it starts
    http: httpx.Client = field(default_factory=httpx.Client)

    def start(self, seconds: float = 30) -> Server:
        """Start the process and wait until it says that it listens."""
        if not self.try_to_start(seconds):
            raise AssertionError("the server did not start:\n" + self.log)
        return self

    def try_to_start(self, seconds: float = 30) -> bool:
        """Start the process; whether it listens. One that says nothing in time is killed."""
        environment = os.environ | {"KWREST_ROOT_PASSWORD": ROOT_PASSWORD} | self.environment
        command = [*self.wrapper, sys.executable, "-m", *self.module, "serve"]
        command += ["--data", str(self.data), "--host", "127.0.0.1", "--port", "0"]
        self.output = []
        self.url = ""
        self.process = subprocess.Popen(
            [*command, *self.flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            preexec_fn=self._join if self.group else None,
        )
        listening = threading.Event()
        reading = threading.Thread(target=self._read, args=(self.process, listening), daemon=True)
        reading.start()
        if not listening.wait(seconds) or not self.url:
            if not self._ended():
                self.process.kill()
                self.process.wait(30)
            reading.join(5)
            return False
        self.http = httpx.Client(base_url=self.url, verify=self.tls(), timeout=60)
        return True

    def _ended(self) -> bool:
        """Whether it ends by itself, after it has closed its output."""
        assert self.process is not None
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code; negative when a signal ended it."""
        return None if self.process is None else self.process.poll()

    def _join(self) -> None:
        assert self.group is not None
        (self.group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def tls(self) -> ssl.SSLContext:
        """What a client that was given the CA certificate trusts."""
        if self.trusted and not self.ca.exists():
            return ssl.create_default_context(cadata=self.trusted)
        return ssl.create_default_context(cafile=str(self.ca))

    def _read(self, process: subprocess.Popen[str], listening: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.output.append(line)
            if found := re.match(r"listening on (https://\S+)", line):
                self.url = re.sub(r"//[^:/]+:", "//localhost:", found[1])
                listening.set()
        listening.set()

    @property
    def ca(self) -> Path:
        return self.data / "certs" / "ca.crt"

    def send_kill(self) -> None:
        """kill -9, without waiting for the end."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; returns the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)

    def restart(self) -> Server:
        """Start again after kill or stop."""
        return self.start()

    @property
    def log(self) -> str:
        return "".join(self.output)

    # ------------------------------------------------------------ requests

    def send(self, method: str, path: str, body: bytes | str = b"", **headers: str) -> httpx.Response:
        """One request with exactly these headers."""
        content = body.encode() if isinstance(body, str) else body
        given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return self.http.request(method, path, content=content, headers=given)

    def post(
        self, endpoint: str, body: bytes | str, db: str | None = None, token: str = ROOT_TOKEN, **more: str
    ) -> httpx.Response:
        """POST to /restapi/<endpoint>; more: query parameters."""
        parameters = {"db": db} | more if db else dict(more)
        return self.http.post(
            f"/restapi/{endpoint}",
            content=body.encode() if isinstance(body, str) else body,
            params=parameters,
            headers={"Authorization": f"Basic {token}", "Content-Type": "text/plain"},
        )

    def ddl(self, sql: str, db: str | None = None, token: str = ROOT_TOKEN) -> dict[str, Any]:
        """Run definitions that must succeed."""
        return self._succeed(self.post("ddl", sql, db, token))

    def insert(self, sql: str, db: str | None = None, token: str = ROOT_TOKEN) -> dict[str, Any]:
        """Run INSERTs that must succeed."""
        return self._succeed(self.post("insert", sql, db, token))

    def lines(self, body: bytes | str, db: str | None = None, token: str = ROOT_TOKEN) -> dict[str, Any]:
        """Send line protocol that must be stored whole."""
        return self._succeed(self.post("telegraf", body, db, token))

    def query(self, sql: str, db: str | None = None, token: str = ROOT_TOKEN, **more: str) -> dict[str, Any]:
        """Run a query that must succeed."""
        return self._succeed(self.post("query", sql, db, token, **more))

    def rows(self, sql: str, db: str | None = None, token: str = ROOT_TOKEN, **more: str) -> list[list[Any]]:
        """The rows of a query that must succeed."""
        rows: list[list[Any]] = self.query(sql, db, token, **more)["data"]
        return rows

    def login(self, user: str = "root", password: str = ROOT_PASSWORD) -> str:
        """A token."""
        answer = self.send("GET", "/restapi/login", Username=user, Password=password)
        token: str = self._succeed(answer)["token"]
        return token

    # ------------------------------------------------------------ the command line

    def cli(
        self, *arguments: str, standard_input: str = "", password: str = ROOT_PASSWORD
    ) -> subprocess.CompletedProcess[str]:
        """`kwrest …` beside this server, as root."""
        command = [sys.executable, "-m", "kwrest", *arguments, "--data", str(self.data)]
        given = {"KWREST_PASSWORD": password, "PATH": "/usr/bin:/bin", "COLUMNS": "200", "HOME": str(self.data)}
        given |= {"PYTHONPATH": found} if (found := os.environ.get("PYTHONPATH")) else {}  # the tree under test
        return subprocess.run(command, capture_output=True, text=True, timeout=60, input=standard_input, env=given)

    @staticmethod
    def _succeed(answer: httpx.Response) -> dict[str, Any]:
        body: dict[str, Any] = answer.json()
        assert answer.status_code == 200 and body["code"] == 0, f"{answer.status_code} {body}"
        return body


def basic(user: str, password: str) -> str:
    """`user:password` as Basic's token."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def wait_until(condition: Any, seconds: float = 20) -> None:
    """Poll until it holds; the deadline is a failure, not a measurement."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not come true in time")
        time.sleep(0.02)
