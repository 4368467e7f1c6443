"""`kwrest cert`: what the certificates of a server say, and a new one of the same CA; with and without a running server."""

from __future__ import annotations

import argparse
import json
import os
import ssl
import time
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from kwrest.cli.client import ADDRESS_FILE, ClientError
from kwrest.config import OPTIONS, Config, load
from kwrest.web import certificates, issuing
from kwrest.web.certificates import CertificateProblem, Folder
from kwrest.web.tls import LOOKED_AT

DESCRIPTION = """\
Show the server's certificate and its CA, or renew the server's certificate now: by the same CA, so clients that trust
ca.crt notice nothing, and for the same key. A running server uses it for new connections within seconds; it renews a
certificate of its own CA by itself 30 days before it ends, and when this machine has a new address.

  kwrest cert show
  kwrest cert renew
  kwrest cert renew --data /var/lib/kwrest --names "db.example.org 203.0.113.7"
"""
_SAYS = ("data", "certs", "names")
_PATIENCE = 5 * LOOKED_AT  # seconds for a running server to take up the new file


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command's arguments."""
    parser = commands.add_parser("cert", help="show or renew the server's certificate", description=DESCRIPTION)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for name, run, text in (
        ("show", show, "what the certificates say and how long they last"),
        ("renew", renew, "a new server certificate of the same CA"),
    ):
        action = actions.add_parser(name, help=text, description=DESCRIPTION)
        action.add_argument("--config", type=Path, metavar="FILE.toml", help="configuration file (also KWREST_CONFIG)")
        for option in OPTIONS:
            if option.name in _SAYS:
                action.add_argument(option.flag, dest=f"option_{option.name}", metavar="VALUE", help=option.help)
        action.set_defaults(run=run)


def show(chosen: argparse.Namespace) -> int:
    """Print both certificates and whether the server's is going to be renewed."""
    folder = _folder(_config(chosen))
    try:
        held, own = certificates.certificate(folder.server_crt), certificates.ours(folder)
        reason = certificates.why_renew(folder)
        print(_described("server certificate", folder.server_crt, held))
        if not own:
            print("  renewal    by whoever issued it; a running server takes up new files by itself")
        elif reason is not None:
            print(f"  renewal    due: {reason}; a running server does it by itself, `kwrest cert renew` now")
        else:
            print(f"  renewal    by itself, from {held.not_valid_after_utc - certificates.RENEWED_BELOW:%Y-%m-%d} on")
        if folder.ca_crt.exists():
            print(_described("CA certificate, for clients", folder.ca_crt, certificates.certificate(folder.ca_crt)))
    except CertificateProblem as problem:
        raise ClientError(str(problem)) from problem
    return 0


def renew(chosen: argparse.Namespace) -> int:
    """Write a new server certificate, and see that a running server uses it."""
    config = _config(chosen)
    folder = _folder(config)
    try:
        if not folder.server_crt.exists():
            raise CertificateProblem(f"{folder.server_crt} is missing: `kwrest serve` makes it at its start")
        # Names it was made for are kept, whatever is configured here and now; old addresses are not.
        before = issuing.names_of(certificates.certificate(folder.server_crt))
        kept = sorted(name.value for name in before if isinstance(name, x509.DNSName))
        made = certificates.renew(Folder(folder.path, (*folder.names, *kept)))
    except CertificateProblem as problem:
        raise ClientError(str(problem)) from problem
    print(_described("server certificate", folder.server_crt, made))
    url = _running(config.data)
    if url is None:
        print("no server is running on this data folder: it is used at the next start")
    elif _taken_up(url, made):
        print(f"{url} uses it for new connections")
    else:
        raise ClientError(f"{url} does not use it yet: see the server's log, or restart it")
    return 0


def _config(chosen: argparse.Namespace) -> Config:
    flags = {name: said for name in _SAYS if (said := getattr(chosen, f"option_{name}", None)) is not None}
    file = chosen.config or (Path(found) if (found := os.environ.get("KWREST_CONFIG")) else None)
    return load(flags, file)[0]


def _folder(config: Config) -> Folder:
    return Folder(config.certs, config.names)


def _described(what: str, path: Path, certificate: x509.Certificate) -> str:
    names = sorted(str(name.value) for name in issuing.names_of(certificate))
    common = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    issuer = str(common[0].value) if common else certificate.issuer.rfc4514_string()
    left = (certificate.not_valid_after_utc - datetime.now(UTC)).days
    lines = [
        f"{what}: {path}",
        *([f"  names      {', '.join(names)}"] if names else []),
        f"  valid      {certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}, "
        + (f"{left} days left" if left >= 0 else "it has ended"),
        f"  issued by  {issuer}",
        f"  SHA-256    {certificate.fingerprint(hashes.SHA256()).hex(':').upper()}",
    ]
    return "\n".join(lines)


def _running(data: Path) -> str | None:
    """The address of the server on this data folder, None when none answers there."""
    try:
        url: str = json.loads((data / ADDRESS_FILE).read_text(encoding="utf-8"))["url"]
    except (OSError, ValueError, KeyError):
        return None
    return url if _served(url) is not None else None


def _served(url: str) -> x509.Certificate | None:
    """The certificate a new connection gets, trusted or not; None without an answer."""
    parts = urllib.parse.urlsplit(url)
    try:
        pem = ssl.get_server_certificate((parts.hostname or "localhost", parts.port or 443), timeout=5)
    except OSError:
        return None
    return x509.load_pem_x509_certificate(pem.encode())


def _taken_up(url: str, made: x509.Certificate) -> bool:
    end = time.monotonic() + _PATIENCE
    while _served(url) != made:
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True
