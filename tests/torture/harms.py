"""What can happen to a data folder while nobody serves it, as a table: each row is harmed, started, and judged.

A server that starts after harm answers, and names what is missing; one that does not says one sentence and ends with 78.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.e2e.server import Server

NO_PRIVILEGES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")  # a root whom file modes bind like anyone else
DAY = 86400


@dataclass(frozen=True)
class Harm:
    """do: to the folder of a killed server. says: what the refusal must contain; None when it must start.

    wrapper, module: how the server is run. logged: what a server that starts must have said.
    """

    name: str
    do: Callable[[Path], None]
    says: str | None = None
    wrapper: Sequence[str] = ()
    module: Sequence[str] = ("kwrest",)
    logged: str = ""


def written(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda data: _write(data / name, content)


def gone(*names: str) -> Callable[[Path], None]:
    def remove(data: Path) -> None:
        for name in names:
            file = data / name
            shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)

    return remove


def folder(name: str) -> Callable[[Path], None]:
    """A folder stands where a file should be."""

    def make(data: Path) -> None:
        (data / name).unlink(missing_ok=True)
        (data / name).mkdir()

    return make


def file(name: str) -> Callable[[Path], None]:
    """A file stands where a folder should be."""

    def make(data: Path) -> None:
        shutil.rmtree(data / name, ignore_errors=True)
        (data / name).write_text("")

    return make


def mode(name: str, bits: int) -> Callable[[Path], None]:
    return lambda data: (data / name).chmod(bits)


def swapped(data: Path) -> None:
    """The server's key is another one."""
    (data / "certs/server.key").write_bytes((data / "certs/ca.key").read_bytes())


def left_overs(data: Path) -> None:
    (data / "tmp" / "duckdb_temp_storage-1.tmp").write_bytes(b"x" * 1000)
    (data / "tmp" / "check-abc").mkdir()
    (data / "tmp" / "check-abc" / "kwrest.duckdb").write_bytes(b"x")


def nothing(data: Path) -> None:
    """The harm is how it is run."""


def cut_file(data: Path) -> None:
    os.truncate(data / "kwrest.duckdb", 5000)


def other_log(data: Path) -> None:
    """The log of another database, as after a copy of half of a backup."""
    other = data / "tmp" / "other.duckdb"
    with duckdb.connect(str(other)) as con:
        con.execute("PRAGMA disable_checkpoint_on_shutdown")
        con.execute("CREATE TABLE t (v INTEGER)")
    Path(f"{other}.wal").replace(data / "kwrest.duckdb.wal")
    other.unlink()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


OWN = "give the folder and all in it to the user that runs the server"
BACKUP = "restore a backup into a new folder"
PAIR = "put both there, or remove both"

FILES = (
    Harm("FORMAT gone", gone("FORMAT"), f"the file FORMAT is missing; {BACKUP}"),
    Harm("FORMAT empty", written("FORMAT", b""), f"the file FORMAT cannot be read; {BACKUP}"),
    Harm("FORMAT garbled", written("FORMAT", b"\xff\xfe\0"), f"the file FORMAT cannot be read; {BACKUP}"),
    Harm(
        "FORMAT of a newer server", written("FORMAT", b"kwrest duckdb layout 9\n"), "use the newer server that wrote it"
    ),
    Harm("FORMAT a folder", folder("FORMAT"), "Is a directory; move away the folder"),
    Harm("database gone", gone("kwrest.duckdb"), f"the file kwrest.duckdb is missing or empty; {BACKUP}"),
    Harm("database and log gone", gone("kwrest.duckdb", "kwrest.duckdb.wal"), f"is missing or empty; {BACKUP}"),
    Harm("database empty", written("kwrest.duckdb", b""), f"is missing or empty; {BACKUP}"),
    Harm("database overwritten", written("kwrest.duckdb", b"no database\n" * 1000), f"cannot be read; {BACKUP}"),
    Harm("database cut", cut_file, BACKUP),
    Harm("database a folder", folder("kwrest.duckdb"), "move away the folder"),
    Harm("log of another database", other_log, "kwrest check --repair"),
    Harm("log gone", gone("kwrest.duckdb.wal"), logged="commits are lost"),
    Harm("log empty", written("kwrest.duckdb.wal", b""), logged="commits are lost"),
    Harm("log a folder", folder("kwrest.duckdb.wal"), "move away the folder"),
    Harm("watermark gone", gone("watermark"), logged="watermark says nothing"),
    Harm("watermark garbled", written("watermark", b"\0" * 128), logged="watermark says nothing"),
    Harm("watermark a folder", folder("watermark"), "watermark: Is a directory; move away the folder"),
    Harm("LOCK of a dead process", written("LOCK", b"1\n")),
    Harm("LOCK a folder", folder("LOCK"), "LOCK: Is a directory; move away the folder"),
    Harm("CHECKPOINT a folder", folder("CHECKPOINT"), "CHECKPOINT: Is a directory; move away the folder"),
    Harm("tmp with left-overs", left_overs),
    Harm("tmp gone", gone("tmp")),
    Harm("tmp a file", file("tmp"), "tmp: File exists; move away the file"),
    Harm("quarantine a file", file("quarantine"), logged="no copy of the log is kept"),
    Harm("listening.json garbled", written("listening.json", b"\0")),
    Harm("listening.json a folder", folder("listening.json"), logged="other commands need --url"),
    Harm("a backup's folder", written("manifest.json", b"{}"), "it is a backup, which stays as it is"),
)

CERTIFICATES = (
    Harm("certs gone", gone("certs")),
    Harm("certs a file", file("certs"), "certs"),
    Harm("ca.crt gone", gone("certs/ca.crt")),
    Harm("ca.key gone", gone("certs/ca.key")),
    Harm("server.crt gone", gone("certs/server.crt")),
    Harm("server.key gone", gone("certs/server.key"), PAIR),
    Harm(
        "the server's pair and ca.key gone",
        gone("certs/server.crt", "certs/server.key", "certs/ca.key"),
        "ca.key is missing",
    ),
    Harm("server.crt garbled", written("certs/server.crt", b"\xff\0"), "server.crt is not a certificate in PEM form"),
    Harm("server.crt empty", written("certs/server.crt", b""), "server.crt is not a certificate in PEM form"),
    Harm("server.key garbled", written("certs/server.key", b"\xff\0"), "server.key is not an unencrypted private key"),
    Harm("server.key of another pair", swapped, "do not belong together"),
    Harm("server.key a folder", folder("certs/server.key"), "server.key cannot be read"),
)

RIGHTS = (
    Harm("database read-only", mode("kwrest.duckdb", 0o400), f"kwrest.duckdb: Permission denied for user root; {OWN}", NO_PRIVILEGES),
    Harm("log read-only", mode("kwrest.duckdb.wal", 0o400), f"Permission denied for user root; {OWN}", NO_PRIVILEGES),
    Harm("folder read-only", mode(".", 0o500), f"Permission denied for user root; {OWN}", NO_PRIVILEGES),
    Harm("folder closed", mode(".", 0), f"Permission denied for user root; {OWN}", NO_PRIVILEGES),
    Harm("FORMAT closed", mode("FORMAT", 0), f"FORMAT: Permission denied for user root; {OWN}", NO_PRIVILEGES),
    Harm("LOCK closed", mode("LOCK", 0), f"LOCK: Permission denied for user root; {OWN}", NO_PRIVILEGES),
    Harm("watermark read-only", mode("watermark", 0o400), f"watermark: Permission denied for user root; {OWN}", NO_PRIVILEGES),
    Harm("tmp closed", mode("tmp", 0), f"tmp: Permission denied for user root; {OWN}", NO_PRIVILEGES),
    Harm("server.key closed", mode("certs/server.key", 0), "server.key cannot be read: Permission denied", NO_PRIVILEGES),
)  # fmt: skip

CLOCK = (
    Harm("clock back by a day", nothing, module=("tests.torture.clock", str(-DAY))),
    Harm("clock ahead by a day", nothing, module=("tests.torture.clock", str(DAY))),
)

HARMS = (*FILES, *CERTIFICATES, *RIGHTS, *CLOCK)


def possible(harm: Harm) -> bool:
    """Whether this machine can do it: taking a root's privileges away takes Linux' setpriv and root."""
    return not harm.wrapper or (os.geteuid() == 0 and shutil.which(harm.wrapper[0]) is not None)


def start_after(harm: Harm, data: Path) -> Server:
    """Harm the folder and try to start; the server, and what it said, for `judge`."""
    trusted = (data / "certs/ca.crt").read_bytes()
    harm.do(data)
    server = Server(data, wrapper=harm.wrapper, module=harm.module, trusted=trusted.decode())
    server.try_to_start()
    return server


def judge(server: Server, says: str | None, logged: str = "") -> str:
    """What became of it, in a word; an AssertionError when it is not what must."""
    assert "Traceback" not in server.log, server.log
    if server.running:
        assert says is None, f"it started and should have said: {says}\n{server.log}"
        assert logged in server.log, server.log
        return "started"
    return refused(server, says)


def refused(server: Server, says: str | None) -> str:
    """It said one sentence and ended."""
    sentences = re.findall(r"^kwrest: (.*)$", server.log, re.MULTILINE)
    assert server.code == 78 and len(sentences) == 1, f"{server.code}\n{server.log}"
    assert says is not None and says in sentences[0], f"{says!r} is not in: {sentences[0]}"
    return "refused in a sentence"


@contextmanager
def small_disk(path: Path, size: int) -> Iterator[bool]:
    """A file system of `size` bytes at `path`; False where none can be mounted (it takes root)."""
    path.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], capture_output=True)
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", path], check=True, capture_output=True)
