"""`make corpus`: replay recorded SQL with the corpus's own runner against a fresh server, and print its tables.

    python -m tests.corpus FOLDER [runner's arguments]

Two replays: `recorded` and `open` over HTTP by the runner as it is, and in process, straight into the
application, with the runner's judging. A report, no gate. Says so when the folder is absent.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.e2e.server import ROOT_PASSWORD, Server
from tests.inprocess import in_process_client


def main() -> int:
    """Replay over HTTP, then in process."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/corpus")
    if not (folder / "run.py").exists():
        print(f"no corpus at {folder}: nothing was replayed")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        server = Server(Path(scratch) / "data").start()
        try:
            command = [
                sys.executable, str(folder / "run.py"), "--url", server.url, "--cafile", str(server.ca), "--password",
                ROOT_PASSWORD, "--dir", "open", "--dir", "recorded", "--quiet", *sys.argv[2:],
            ]  # fmt: skip
            print("over HTTP", flush=True)
            subprocess.run(command, check=False)
        finally:
            server.stop()
    print("\nin process", flush=True)
    in_process(folder)
    return 0


def in_process(folder: Path) -> None:
    """The same cases without HTTP: each request straight into the application, judged by the runner."""
    runner = _load(folder / "run.py")
    documents = runner.load_cases([folder / "open", folder / "recorded"])
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        client = in_process_client(runner, Path(scratch) / "data", stack)
        client.creds["root"] = ROOT_PASSWORD
        replay = runner.Runner(client, "root", ROOT_PASSWORD, keep_failures=0, progress=None)
        summary: dict[str, Any] = runner.summarise(replay.run(documents))
    runner.print_report(summary, [], 0)
    print(f"{time.monotonic() - started:.1f} s")


def _load(file: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location("corpus_runner", file)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["corpus_runner"] = module
    specification.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
