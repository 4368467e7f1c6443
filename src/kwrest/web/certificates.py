"""The certificate folder: `ca.crt`, `ca.key`, `server.crt`, `server.key`; made, read, renewed (contract T1).

A renewal keeps the server's key, so one file is replaced at once and no moment has a certificate without its key.
"""

from __future__ import annotations

import datetime
import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes, PrivateKeyTypes

from kwrest.web import issuing
from kwrest.web.addresses import local_addresses, local_names

RENEWED_BELOW = datetime.timedelta(days=30)
_ALWAYS = ("localhost", "127.0.0.1", "::1")


class CertificateProblem(Exception):
    """A file of the certificate folder that cannot be used. For the operator: it names the file."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The four files. names: host names and addresses besides this machine's own."""

    path: Path
    names: tuple[str, ...] = ()

    @property
    def ca_crt(self) -> Path:
        return self.path / "ca.crt"

    @property
    def ca_key(self) -> Path:
        return self.path / "ca.key"

    @property
    def server_crt(self) -> Path:
        return self.path / "server.crt"

    @property
    def server_key(self) -> Path:
        return self.path / "server.key"


def tls_context(folder: Folder) -> ssl.SSLContext:
    """The server's TLS context from the files as they are.

    Raises CertificateProblem for a missing, damaged, unreadable or mismatched file.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    certificate(folder.server_crt)
    _key(folder.server_key)
    try:
        context.load_cert_chain(folder.server_crt, folder.server_key)
    except (ssl.SSLError, OSError) as error:
        raise CertificateProblem(
            f"{folder.server_crt} and {folder.server_key} do not belong together: {_reason(error)}"
        ) from error
    return context


def ensure_certificates(folder: Folder, now: datetime.datetime | None = None) -> None:
    """Make what is missing, and leave what is there as it is. Each half of a pair whose making was cut short is found again.

    The CA is made when neither it nor a server certificate is there, the server's pair from the CA. Raises
    CertificateProblem.
    """
    now = now or _now()
    _make_folder(folder.path)
    if folder.server_crt.exists():
        if not folder.server_key.exists():
            raise CertificateProblem(
                f"{folder.server_key} is missing, but {folder.server_crt} is there: put both there, or remove both to "
                "have them made"
            )
        return
    if not folder.ca_crt.exists():
        if not folder.ca_key.exists():
            _write(folder.ca_key, issuing.pem_of_key(issuing.new_key()), 0o600)
        _write(folder.ca_crt, issuing.pem_of(issuing.authority(_ca_key(folder), now)), 0o644)
    if not folder.ca_key.exists():
        raise CertificateProblem(f"{folder.ca_key} is missing: without it no server certificate can be made")
    _ca_key(folder)  # before anything is written: a CA that can give none leaves the folder as it is
    if not folder.server_key.exists():
        _write(folder.server_key, issuing.pem_of_key(issuing.new_key()), 0o600)
    renew(folder, now)


def renew(folder: Folder, now: datetime.datetime | None = None) -> x509.Certificate:
    """Give the server another certificate of the same CA and for the same key, in place of the one that is there.

    It is for this machine's names and addresses and the folder's `names`. Raises CertificateProblem, also when the one
    that is there came from somebody else.
    """
    now = now or _now()
    if folder.server_crt.exists() and not ours(folder):
        raise CertificateProblem(
            f"{folder.server_crt} was not issued by {folder.ca_crt}: whoever issued it has to renew it; a running server "
            "takes up the new files by itself"
        )
    ca, ca_key = certificate(folder.ca_crt), _ca_key(folder)
    if ca.not_valid_after_utc <= now:
        raise CertificateProblem(f"{folder.ca_crt} has ended: remove all four files to have a new CA made")
    made = issuing.server_certificate(_key(folder.server_key), _names(folder), ca, ca_key, now)
    _write(folder.server_crt, issuing.pem_of(made), 0o644)
    return made


def why_renew(folder: Folder, now: datetime.datetime | None = None) -> str | None:
    """Why the server's certificate should be renewed, None when it is well or came from somebody else.

    Raises CertificateProblem for a file that cannot be used.
    """
    now = now or _now()
    if not ours(folder):
        return None
    held = certificate(folder.server_crt)
    ends, ca_ends = held.not_valid_after_utc, certificate(folder.ca_crt).not_valid_after_utc
    # One that ends with its CA would only be made again, with the same end.
    if ends - now < RENEWED_BELOW and ca_ends - max(ends, now) > datetime.timedelta(days=1):
        return f"it ends on {ends:%Y-%m-%d}"
    held_names = issuing.names_of(held)
    missing = [text for text in (*local_addresses(), *folder.names) if _general_name(folder, text) not in held_names]
    return f"it is not for {', '.join(missing)}" if missing else None


def ours(folder: Folder) -> bool:
    """Whether the server's certificate was issued by the folder's CA. Raises CertificateProblem for a damaged file."""
    if not folder.ca_crt.exists():
        return False
    try:
        certificate(folder.server_crt).verify_directly_issued_by(certificate(folder.ca_crt))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def expiry(folder: Path) -> float | None:
    """When the server certificate ends, in seconds since 1970; None when it cannot be read."""
    try:
        return certificate(folder / "server.crt").not_valid_after_utc.timestamp()
    except CertificateProblem:
        return None


def certificate(path: Path) -> x509.Certificate:
    """The first certificate of a file. Raises CertificateProblem."""
    try:
        return x509.load_pem_x509_certificate(_read(path))
    except ValueError as error:
        raise CertificateProblem(f"{path} is not a certificate in PEM form") from error


def _names(folder: Folder) -> list[x509.GeneralName]:
    """localhost, the host's names, every local address, and the configured names; each once."""
    texts = (*_ALWAYS, *local_names(), *local_addresses(), *folder.names)
    return list(dict.fromkeys(_general_name(folder, text) for text in texts))


def _general_name(folder: Folder, text: str) -> x509.GeneralName:
    try:
        return issuing.general_name(text)
    except ValueError as error:
        raise CertificateProblem(f"no server certificate can be made in {folder.path}: {error}") from error


def _key(path: Path) -> PrivateKeyTypes:
    """The key in a file, of any kind."""
    try:
        return serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError) as error:
        raise CertificateProblem(f"{path} is not an unencrypted private key in PEM form") from error


def _ca_key(folder: Folder) -> CertificateIssuerPrivateKeyTypes:
    """The CA's key. Raises CertificateProblem when it is not the key of `ca.crt`: nobody would trust what it signs."""
    key = _key(folder.ca_key)
    if not isinstance(key, get_args(CertificateIssuerPrivateKeyTypes)):
        raise CertificateProblem(f"{folder.ca_key} is a key that cannot sign certificates")
    if folder.ca_crt.exists() and certificate(folder.ca_crt).public_key() != key.public_key():
        raise CertificateProblem(f"{folder.ca_crt} and {folder.ca_key} do not belong together")
    return cast(CertificateIssuerPrivateKeyTypes, key)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateProblem(f"{path} cannot be read: {_reason(error)}") from error


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and never readable by more than `mode` says, not even for a moment."""
    aside = path.with_name(path.name + ".new")
    try:
        aside.unlink(missing_ok=True)
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise CertificateProblem(f"{path} cannot be written: {_reason(error)}") from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise CertificateProblem(f"{folder} cannot be made: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
