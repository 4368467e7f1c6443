"""What the commands on the files of a data folder share: `backup`, `restore`, `check`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kwrest.config import Config, load


def add_data_argument(parser: argparse.ArgumentParser, meaning: str) -> None:
    """`--data`, `--config`: as for `serve`, so that both mean the same folder."""
    parser.add_argument("--data", metavar="DATA", help=f"{meaning} (default: as of `kwrest serve`, ./kwrest-data)")
    parser.add_argument("--config", type=Path, metavar="FILE.toml", help="configuration file of the server")


def configured(chosen: argparse.Namespace) -> Config:
    """The configuration of the server whose files are meant. Raises ConfigError."""
    flags: dict[str, Any] = {} if chosen.data is None else {"data": chosen.data}
    config, _ = load(flags, chosen.config)
    return config


def shown_size(size: int) -> str:
    """Bytes as a person reads them."""
    number, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{number:.1f} {unit}" if unit != "bytes" else f"{size} bytes"
