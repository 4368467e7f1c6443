"""The application without a port, for replays: the corpus runner's client, whose requests never leave the process."""

from __future__ import annotations

import asyncio
import os
import urllib.parse
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

from kwrest.cli.serve import opened
from kwrest.config import load
from kwrest.web.request_cycle import Inbound
from tests.e2e.server import ROOT_PASSWORD


def in_process_client(runner: ModuleType, data: Path, stack: ExitStack) -> Any:
    """A `runner.Client` over an application on `data`, which is closed with `stack`."""
    os.environ["KWREST_ROOT_PASSWORD"] = ROOT_PASSWORD
    config, _ = load({"data": str(data)}, None, {})
    app, _ = stack.enter_context(opened(config))
    loop = asyncio.new_event_loop()
    stack.callback(loop.close)

    class InProcess(runner.Client):  # type: ignore[misc, name-defined]  # the runner is loaded at run time
        def request(
            self, method: str, path: str, body: bytes | None, headers: dict[str, str], limit: float | None = None
        ) -> tuple[int, bytes]:
            return loop.run_until_complete(self._call(method, path, body or b"", headers))

        async def _call(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
            split = urllib.parse.urlsplit(path)
            pairs = [(k.lower().encode(), v.encode()) for k, v in headers.items()] + [(b"host", b"localhost")]
            scope = {
                "type": "http", "method": method, "path": split.path, "query_string": split.query.encode(),
                "headers": pairs, "client": ("127.0.0.1", 0), "state": {"inbound": Inbound()},
            }  # fmt: skip
            answer: dict[str, Any] = {"body": b""}

            async def receive() -> dict[str, Any]:
                return {"type": "http.request", "body": body, "more_body": False}

            async def send(message: dict[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    answer["status"] = message["status"]
                    self.sqlstate = dict(message["headers"]).get(b"x-sqlstate", b"").decode()
                else:
                    answer["body"] += message["body"]

            await app(scope, receive, send)  # type: ignore[arg-type]  # plain dicts are what ASGI sends
            return answer["status"], answer["body"]

    return InProcess("http://localhost:1")
