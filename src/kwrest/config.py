"""The configuration: frozen values; defaults < file (TOML) < environment (`KWREST_…`) < flags. Only `cli` reads it.

Each key is one row of OPTIONS; the example file, `--help` and docs/configuration.md are made from the same rows.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

N = TypeVar("N", int, float)


class ConfigError(Exception):
    """A configuration that can't be used; the text names the key and the source."""


def _size(value: str | int) -> int:
    """Bytes: `64MiB`, `2GB`, `512k`, or a plain number."""
    text = str(value).strip()
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    unit = text[len(digits) :].strip().lower()
    factors = {"": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "kb": 1000, "m": 1 << 20, "mib": 1 << 20, "mb": 1000**2}
    factors |= {"g": 1 << 30, "gib": 1 << 30, "gb": 1000**3, "t": 1 << 40, "tib": 1 << 40, "tb": 1000**4}
    wanted = "a size such as 64MiB or 2GB"
    if unit not in factors:
        raise ValueError(wanted)
    return int(_number(digits, float, wanted) * factors[unit])


def _number(written: str | float, kind: type[N], wanted: str) -> N:
    """`written` as a number; raises ValueError in kwrest's words instead of Python's."""
    try:
        return kind(written)
    except (ValueError, OverflowError):
        raise ValueError(wanted) from None


def _positive(value: str | int) -> int:
    wanted = "a whole number from 1"
    number = _number(value, int, wanted)
    if number < 1:
        raise ValueError(wanted)
    return number


def _port(value: str | int) -> int:
    wanted = "a port from 0 (any free one) to 65535"
    number = _number(value, int, wanted)
    if not 0 <= number <= 65535:
        raise ValueError(wanted)
    return number


def _seconds(value: str | float) -> float:
    wanted = "a number of seconds above 0"
    number = _number(value, float, wanted)
    if not number > 0:
        raise ValueError(wanted)
    return number


def _threshold(value: str | float) -> float:
    wanted = "a number of seconds, 0 for never"
    number = _number(value, float, wanted)
    if not number >= 0:
        raise ValueError(wanted)
    return number


def _share(value: str | float) -> float:
    wanted = "a share from 0 (none) to 1 (all)"
    number = _number(value, float, wanted)
    if not 0 <= number <= 1:
        raise ValueError(wanted)
    return number


def _names(value: str | list[str]) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else tuple(map(str, value))


def _one_of(*words: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in words:
            raise ValueError("one of " + ", ".join(words))
        return value

    return check


@dataclass(frozen=True, slots=True)
class Option:
    """One configuration key. parse: from the written value; raises ValueError saying what is wanted."""

    name: str
    parse: Callable[[Any], Any]
    default: Any
    help: str

    @property
    def shown(self) -> str:
        """The default as a person writes it; empty when it is worked out at the start."""
        return self.written(self.default)

    def written(self, value: Any) -> str:
        """A value of this option as a person writes it; empty for one that is worked out at the start."""
        if value is None or value == ():
            return ""
        if isinstance(value, tuple):
            return " ".join(value)
        if self.parse is not _size:
            return str(value)
        unit, shift = ("MiB", 20) if value % (1 << 20) == 0 else ("KiB", 10)
        return f"{value >> shift}{unit}" if value % (1 << shift) == 0 else str(value)

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return "KWREST_" + self.name.upper()


OPTIONS = (
    Option("data", Path, Path("kwrest-data"), "folder of the data; made on the first start, readable by its owner only"),
    Option("certs", Path, None, "folder of ca.crt, server.crt and their keys; default: DATA/certs"),
    Option("host", str, "0.0.0.0", "address to listen on"),
    Option("port", _port, 8080, "port to listen on; 0 takes any free one"),
    Option("names", _names, (), "further names and addresses for the server's certificate"),
    Option("engine", str, "duckdb:", "where data is kept: `duckdb:` is the embedded engine"),
    Option("connections", _positive, 150, "connections served at once; the next one is answered 503"),
    Option("waiting", _positive, 512, "connections that have not sent their first request; one more cuts the oldest"),
    Option("body_limit", _size, 64 << 20, "largest request body after decompression"),
    Option("bodies_limit", _size, None, "memory for all request bodies and answers at once; default: a 16th of the machine's"),
    Option("header_limit", _size, 32 << 10, "largest request header"),
    Option("header_fields", _positive, 100, "most fields of a request header"),
    Option("url_limit", _size, 8 << 10, "longest URL of a request"),
    Option("redirect", _one_of("on", "off"), "on", "on or off: answer plain HTTP on the same port with a redirect to https"),
    Option("handshake_timeout", _seconds, 5.0, "seconds from a connection's first byte to its first request"),
    Option("header_timeout", _seconds, 10.0, "seconds a later request's header may take"),
    Option("body_timeout", _seconds, 60.0, "seconds in which a request body must come, or else at least 16 KiB for each of them"),
    Option("answer_timeout", _seconds, 30.0, "seconds without a client reading more of its answer"),
    Option("idle_timeout", _seconds, 300.0, "seconds an unused connection is kept open"),
    Option("shutdown_timeout", _seconds, 10.0, "seconds running requests have when the server is asked to end"),
    Option("memory_limit", _size, None, "memory the engine may use; default: half of the machine's"),
    Option("disk_reserve", _size, 100 << 20, "free disk below which rows are refused with 503; reads and DROP go on"),
    Option("spill_limit", _size, None, "disk that large queries may use; default: half of what is free"),
    Option("threads", _positive, None, "threads of the engine; default: one a core"),
    Option("retention_interval", _seconds, 3600.0, "seconds between two looks for partitions that have expired"),
    Option("checkpoint", _size, 64 << 20, "size of the engine's log at which it is moved into the database file"),
    Option("shelf_limit", _positive, 10_000, "refused lines kept in kwrest_system.rejected"),
    Option("slow_query", _threshold, 1.0, "seconds from which a statement is logged, its literals left out; 0: never"),
    Option("log_sample", _share, 1.0, "share of ordinary requests that get a log line; failed and slow ones always do"),
    Option("log_format", _one_of("text", "json"), "text", "form of the log lines: text or json"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of one server; a field a row of OPTIONS. Sizes in bytes, times in seconds."""

    data: Path
    certs: Path
    host: str
    port: int
    names: tuple[str, ...]
    engine: str
    connections: int
    waiting: int
    body_limit: int
    bodies_limit: int | None
    header_limit: int
    header_fields: int
    url_limit: int
    redirect: str
    handshake_timeout: float
    header_timeout: float
    body_timeout: float
    answer_timeout: float
    idle_timeout: float
    shutdown_timeout: float
    memory_limit: int | None
    disk_reserve: int
    spill_limit: int | None
    threads: int | None
    retention_interval: float
    checkpoint: int
    shelf_limit: int
    slow_query: float
    log_sample: float
    log_format: str


# Variables that belong to kwrest without being options: the first start's password, and `kwrest sql`'s.
OTHER_VARIABLES = frozenset({"KWREST_ROOT_PASSWORD", "KWREST_PASSWORD", "KWREST_CONFIG"})


@dataclass(frozen=True, slots=True)
class Held:
    """What holds for an option, and why. value: None when it is worked out at the start; source: `default`, `<file>: key`,
    a variable or a flag; covered: the sources that said something else and lost, weakest first."""

    option: Option
    value: Any
    source: str
    covered: tuple[str, ...] = ()


def resolve(
    flags: Mapping[str, Any], file: Path | None = None, environment: Mapping[str, str] = os.environ
) -> tuple[list[Held], list[str]]:
    """What holds for each option, in the order of OPTIONS, and warnings. flags: option name → written value.

    Raises ConfigError for an unknown key of the file and for a value that can't be used, also one that is covered.
    """
    options = {o.name: o for o in OPTIONS}
    held = {o.name: Held(o, o.default, "default") for o in OPTIONS}

    def say(name: str, written: Any, source: str) -> None:
        option, before = options[name], held[name]
        covered = before.covered if before.source == "default" else (*before.covered, before.source)
        held[name] = Held(option, _parse(option, written, source), source, covered)

    for name, written in _read(file).items():
        if name not in options:
            raise ConfigError(f"{file}: unknown key `{name}`")
        say(name, written, f"{file}: {name}")
    warnings = []
    by_variable = {o.variable: o for o in OPTIONS}
    for variable, written in environment.items():
        if variable in by_variable:
            say(by_variable[variable].name, written, variable)
        elif variable.startswith("KWREST_") and variable not in OTHER_VARIABLES:
            warnings.append(f"the environment variable {variable} is not one of kwrest's and is ignored")
    for name, written in flags.items():
        say(name, written, options[name].flag)
    return list(held.values()), warnings


def load(
    flags: Mapping[str, Any], file: Path | None = None, environment: Mapping[str, str] = os.environ
) -> tuple[Config, list[str]]:
    """The configuration and warnings. Raises what `resolve` raises."""
    held, warnings = resolve(flags, file, environment)
    values = {h.option.name: h.value for h in held}
    values["data"] = values["data"].absolute()
    values["certs"] = (values["certs"] or values["data"] / "certs").absolute()
    return Config(**values), warnings


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as problem:
        raise ConfigError(f"{file}: there is no such file; `kwrest serve --example-config` prints one") from problem
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigError(f"{file}: {problem}") from problem


def _parse(option: Option, written: Any, where: str) -> Any:
    if written == "" and option.default is None:
        return None  # the example file shows a default that is worked out at the start as ""
    try:
        return option.parse(written)
    except (ValueError, TypeError, AttributeError) as problem:
        raise ConfigError(f"{where}: {written!r} is not {problem}") from problem


def example() -> str:
    """The commented example file: every key with its default and its meaning."""
    lines = [
        "# kwrest serve --config kwrest.toml",
        "# Every key with its default; flags and KWREST_… variables win over this file.",
    ]
    for option in OPTIONS:
        default = option.default
        if default is None or isinstance(default, Path):
            shown = f'"{default}"' if default is not None else '""'
        elif isinstance(default, str) or option.parse is _size:
            shown = f'"{option.shown}"'
        else:
            shown = "[]" if default == () else str(default)
        lines += ["", f"# {option.help}", f"# {option.name} = {shown}"]
    return "\n".join(lines) + "\n"
