"""The certificate folder: a CA and a server certificate, made at the first start, and the TLS context of them (contract T1)."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kwrest.web.addresses import local_addresses, local_names

CA_DAYS = 3650
SERVER_DAYS = 820  # clients refuse server certificates of more than 825 days


class CertificateProblem(Exception):
    """A file of the certificate folder that cannot be used. For the operator: it names the file."""


def tls_context(folder: Path, names: tuple[str, ...]) -> ssl.SSLContext:
    """The server's TLS context from `folder`, whose missing files are made first.

    Existing files are used as they are. Raises CertificateProblem for a damaged, unreadable or mismatched file.
    """
    ensure_certificates(folder, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    certificate, key = folder / "server.crt", folder / "server.key"
    _certificate(certificate)
    _key(key)
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        raise CertificateProblem(f"{certificate} and {key} do not belong together: {_reason(error)}") from error
    return context


def ensure_certificates(folder: Path, names: tuple[str, ...] = ()) -> None:
    """Make what is missing: the CA when neither it nor a server certificate is there, the server's pair from the CA."""
    _make_folder(folder)
    ca_crt, ca_key = folder / "ca.crt", folder / "ca.key"
    server_crt, server_key = folder / "server.crt", folder / "server.key"
    if server_crt.exists() != server_key.exists():
        missing, there = (server_key, server_crt) if server_crt.exists() else (server_crt, server_key)
        raise CertificateProblem(
            f"{missing} is missing, but {there} is there: put both there, or remove both to have them made"
        )
    if server_crt.exists():
        return
    if not ca_crt.exists() and not ca_key.exists():
        _make_ca(ca_crt, ca_key)
    for path in (ca_crt, ca_key):
        if not path.exists():
            raise CertificateProblem(f"{path} is missing: without it no server certificate can be made")
    _make_server(server_crt, server_key, _certificate(ca_crt), _key(ca_key), names)


def expiry(folder: Path) -> float | None:
    """When the server certificate ends, in seconds since 1970; None when it cannot be read."""
    try:
        return _certificate(folder / "server.crt").not_valid_after_utc.timestamp()
    except CertificateProblem:
        return None


def _make_ca(crt: Path, key_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "kwrest"), x509.NameAttribute(NameOID.COMMON_NAME, "kwrest CA")]
    )
    certificate = (
        _builder(name, name, key.public_key(), CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(key_path, _key_bytes(key), 0o600)
    _write(crt, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _make_server(
    crt: Path, key_path: Path, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, names: tuple[str, ...]
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "kwrest"),
            x509.NameAttribute(NameOID.COMMON_NAME, "kwrest server"),
        ]
    )
    try:
        certificate = (
            _builder(subject, ca.subject, key.public_key(), SERVER_DAYS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(_alternative_names(names)), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, hashes.SHA256())
        )
    except ValueError as error:
        raise CertificateProblem(f"no server certificate can be made for {', '.join(names)}: {error}") from error
    _write(key_path, _key_bytes(key), 0o600)
    _write(crt, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _alternative_names(extra: tuple[str, ...]) -> list[x509.GeneralName]:
    """localhost, the host's names, every local address, and the configured names; each once."""
    found: dict[x509.GeneralName, None] = {}
    for text in ("localhost", "127.0.0.1", "::1", *local_names(), *local_addresses(), *extra):
        try:
            found[x509.IPAddress(ipaddress.ip_address(text))] = None
        except ValueError:
            found[x509.DNSName(text)] = None
    return list(found)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    # An hour back: a client whose clock is a little slow must not find the certificate not yet valid.
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_read(path))
    except ValueError as error:
        raise CertificateProblem(f"{path} is not a certificate in PEM form") from error


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key in `path`. A server's key may be of any kind TLS takes; only a CA's must be one we can sign with."""
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError) as error:
        raise CertificateProblem(f"{path} is not an unencrypted private key in PEM form") from error
    return key  # type: ignore[return-value]  # cryptography signs with any of them; ours are all ECDSA


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
    except OSError as error:
        raise CertificateProblem(f"{path} cannot be written: {_reason(error)}") from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise CertificateProblem(f"{folder} cannot be made: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
