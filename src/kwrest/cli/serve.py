"""`kwrest serve`: the server, from configuration to the last answer."""

from __future__ import annotations

import argparse
import errno
import logging
import math
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from kwrest import __version__
from kwrest.access.access import Access
from kwrest.access.first_start import RootPassword, first_start
from kwrest.catalog.schema import Catalog
from kwrest.catalog.settings import Settings
from kwrest.cli.client import announce
from kwrest.cli.welcome import welcome
from kwrest.config import OPTIONS, Config, ConfigError, example, load
from kwrest.engines import open_engine
from kwrest.engines.base import EngineOptions
from kwrest.engines.duckdb.storage import machine_memory
from kwrest.errors import DataInUse, KwrestError
from kwrest.service.clock import Clock, Job
from kwrest.service.lines import Lines
from kwrest.service.measures import Measures
from kwrest.service.metrics import Metrics, Reading
from kwrest.service.queries import Ended, Queries
from kwrest.service.readiness import Readiness
from kwrest.service.rejected import Shelf
from kwrest.service.replay import Replay
from kwrest.service.retention import Retention
from kwrest.service.slow import SlowLog
from kwrest.service.statements import Statements
from kwrest.web.app import Application, build_app
from kwrest.web.certificates import CertificateProblem, expiry
from kwrest.web.config import ListenerConfig, RequestLimits
from kwrest.web.listener import run_listener
from kwrest.web.log import FORMATTERS, Sample
from kwrest.web.parameters import kept_zone

DESCRIPTION = """\
Start a server. The first start makes the data folder, the certificates and the user `root`, whose password goes to
DATA/root-password (or is taken from the environment variable KWREST_ROOT_PASSWORD). Ctrl-C or SIGTERM ends it after
the running requests were answered.

  kwrest serve
  kwrest serve --data /srv/kwrest --port 8443 --memory-limit 4GiB
  kwrest serve --example-config > kwrest.toml && kwrest serve --config kwrest.toml
"""

# A thread that parses must not keep the event loop waiting for the interpreter's default of 5 ms.
SWITCH_INTERVAL = 0.001

OWN_DESCRIPTORS = 128  # of the engine's files, the log, the listening socket
FIRST_RETENTION = 30.0  # seconds after the start
# What another start would not cure (EX_CONFIG): a supervisor is told by it not to try again.
CANNOT_START = 78


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments: one flag an option."""
    parser = commands.add_parser(
        "serve",
        help="start a server",
        description=DESCRIPTION,
        epilog="Each option is also a key of the file and an environment variable: KWREST_PORT=8443. "
        "Flags win over variables, variables over the file.",
    )
    add_option_arguments(parser)
    parser.add_argument("--example-config", action="store_true", help="print a commented configuration file and leave")
    parser.set_defaults(run=run)


def add_option_arguments(parser: argparse.ArgumentParser) -> None:
    """The configuration file, and one flag an option."""
    parser.add_argument("--config", type=Path, metavar="FILE.toml", help="configuration file (also KWREST_CONFIG)")
    for option in OPTIONS:
        shown = f" (default: {option.shown})" if option.shown else ""
        parser.add_argument(option.flag, dest=f"option_{option.name}", metavar="VALUE", help=option.help + shown)


def flags_and_file(chosen: argparse.Namespace) -> tuple[dict[str, str], Path | None]:
    """What was said on the command line, by option, and the configuration file."""
    flags = {o.name: v for o in OPTIONS if (v := getattr(chosen, f"option_{o.name}")) is not None}
    return flags, chosen.config or (Path(found) if (found := os.environ.get("KWREST_CONFIG")) else None)


def run(chosen: argparse.Namespace) -> int:
    """Read the configuration and serve; problems of the start are one sentence each."""
    if chosen.example_config:
        print(example(), end="")
        return 0
    config, warnings = load(*flags_and_file(chosen))
    _log_to_standard_error(config)
    for warning in warnings:
        logging.getLogger("kwrest").warning(warning)
    try:
        serve(config)
    except DataInUse as problem:
        raise ConfigError(problem.message) from problem
    except KwrestError as problem:
        return _cannot_start(problem.message)
    except CertificateProblem as problem:
        return _cannot_start(str(problem))
    except OSError as problem:
        where = problem.filename or f"{config.host}:{config.port}"
        remedy = "; choose another with --port or KWREST_PORT" if problem.errno == errno.EADDRINUSE else ""
        raise ConfigError(f"{problem.strerror or problem}: {where}{remedy}") from problem
    return 0


def _cannot_start(sentence: str) -> int:
    print(f"kwrest: {sentence}", file=sys.stderr)
    return CANNOT_START


def serve(config: Config) -> None:
    """Run a server until it is asked to end."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    _allow_descriptors(config.connections + config.waiting + OWN_DESCRIPTORS)
    with opened(config) as (app, root):

        def listening(url: str) -> None:
            announce(config.data, url, config.certs / "ca.crt")
            print(welcome(url, config, root), flush=True)

        run_listener(app, listener_config(config), listening)


@contextmanager
def opened(config: Config) -> Iterator[tuple[Application, RootPassword]]:
    """Everything but the port, from the storage up. Closed in reverse order: what accepts goes before what stores."""
    with ExitStack() as stack:
        engine = stack.enter_context(closing(open_engine(config.engine, config.data, _engine_options(config))))
        catalog = Catalog(engine)
        settings = Settings(engine)
        root = first_start(engine, config.data, os.environ.get("KWREST_ROOT_PASSWORD") or None)
        access = stack.enter_context(closing(Access(engine, catalog, lambda: settings.number("server.rest.timeout"))))
        metrics = Metrics()
        slow = SlowLog(config.slow_query)

        def observe(ended: Ended) -> None:
            metrics.statement(ended.endpoint, ended.seconds, ended.outcome)
            slow.look(ended)

        seconds = partial(settings.seconds, "server.query.timeout")
        queries = Queries(seconds, config.connections, observe, memory=machine_memory())
        statements = Statements(catalog, settings, access, engine, queries)
        shelf = Shelf(engine, config.shelf_limit)
        lines = stack.enter_context(Lines(catalog, access, engine, shelf, lambda: settings.dedup))
        replay = Replay(engine, shelf, lines, kept_zone)
        readiness = Readiness(engine, shelf, queries)
        jobs = (Job(5, access.upkeep), Job(60, lambda: engine.upkeep(datetime.now(UTC))))
        stack.enter_context(closing(Clock(jobs)))
        # A thread of its own, for it may take long. A server that was off has something to catch up on.
        retention = Retention(catalog, engine)
        period = config.retention_interval
        stack.enter_context(closing(Clock((Job(period, retention.run, first=min(period, FIRST_RETENTION)),))))
        stack.enter_context(closing(retention))  # first of the two, so that nobody waits for a long run
        metrics.read(
            Measures(__version__, engine, access, queries, lines, shelf, readiness), certificate_end(config.certs)
        )
        limits = request_limits(config)
        app = build_app(
            statements,
            lines,
            replay,
            access,
            queries,
            readiness,
            metrics,
            limits,
            threads=config.connections,
            version=__version__,
        )
        stack.enter_context(closing(app))
        stack.enter_context(closing(queries))
        yield app, root


def certificate_end(certs: Path) -> Callable[[], list[Reading]]:
    """A source of `Metrics`: the file is read at each scrape, since it may be replaced while the server runs."""

    def read() -> list[Reading]:
        end = expiry(certs)
        return [] if end is None else [Reading("kwrest_certificate_expiry_timestamp_seconds", end)]

    return read


def _allow_descriptors(wanted: int) -> None:
    """Raise the process's own limit of open files as far as it may, and tell when that is too little."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        logging.getLogger("kwrest").warning(
            "only %d files may be open, %d are wanted for `connections` and `waiting`: raise the limit (ulimit -n)",
            most,
            wanted,
        )


def _log_to_standard_error(config: Config) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(FORMATTERS[config.log_format]())
    handler.addFilter(Sample(config.log_sample, config.slow_query or math.inf))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _engine_options(config: Config) -> EngineOptions:
    return EngineOptions(
        config.memory_limit, config.spill_limit, config.threads, config.checkpoint, config.disk_reserve
    )


def request_limits(config: Config) -> RequestLimits:
    """What one request may be, and all of them together."""
    return RequestLimits(
        body_bytes=config.body_limit,
        # Parsing takes a multiple of a body's size; half of the memory is the engine's.
        bodies_bytes=config.bodies_limit or max(config.body_limit, machine_memory() // 16),
    )


def listener_config(config: Config) -> ListenerConfig:
    """Where to listen, and how long to wait for whom."""
    return ListenerConfig(
        certs=config.certs,
        host=config.host,
        port=config.port,
        names=config.names,
        redirect=config.redirect == "on",
        connections=config.connections,
        waiting=config.waiting,
        waiting_seconds=config.handshake_timeout,
        header_seconds=config.header_timeout,
        body_seconds=config.body_timeout,
        answer_seconds=config.answer_timeout,
        idle_seconds=config.idle_timeout,
        grace_seconds=config.shutdown_timeout,
        header_bytes=config.header_limit,
        header_fields=config.header_fields,
        url_bytes=config.url_limit,
    )
