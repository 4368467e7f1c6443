"""Making certificates: what stands in those of our own CA and in those it gives to the server (contract T1). No files."""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes, PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3650
SERVER_DAYS = 820  # clients refuse server certificates of more than 825 days
_HOUR = datetime.timedelta(hours=1)
_DNS_NAME = re.compile(r"(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?")


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def authority(key: CertificateIssuerPrivateKeyTypes, now: datetime.datetime) -> x509.Certificate:
    """The certificate of a CA of our own, signed by itself."""
    name = _name("kwrest CA")
    builder = (
        _builder(name, name, now, now + datetime.timedelta(days=CA_DAYS))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, _hash(key))


def server_certificate(
    key: PrivateKeyTypes,
    names: Iterable[x509.GeneralName],
    ca: x509.Certificate,
    ca_key: CertificateIssuerPrivateKeyTypes,
    now: datetime.datetime,
) -> x509.Certificate:
    """A certificate for `names` from the CA; it ends with the CA at the latest."""
    public = key.public_key()
    end = min(now + datetime.timedelta(days=SERVER_DAYS), ca.not_valid_after_utc)
    builder = (
        _builder(_name("kwrest server"), ca.subject, now, end)
        .public_key(public)  # type: ignore[arg-type]  # a key of another kind than TLS takes is refused when it is loaded
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)  # type: ignore[arg-type]
        .add_extension(_identifier_of(ca, ca_key), critical=False)
    )
    return builder.sign(ca_key, _hash(ca_key))


def general_name(text: str) -> x509.GeneralName:
    """An address or a host name as a certificate has it. Raises ValueError for what is neither."""
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        if _DNS_NAME.fullmatch(text) is None:
            raise ValueError(f"{text!r} is neither a host name nor an address") from None
        return x509.DNSName(text)


def names_of(certificate: x509.Certificate) -> frozenset[x509.GeneralName]:
    """The names and addresses a certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(found)


def pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def pem_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(common: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "kwrest")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, now: datetime.datetime, end: datetime.datetime
) -> x509.CertificateBuilder:
    # An hour back: a client whose clock is a little slow must not find the certificate not yet valid.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _HOUR)
        .not_valid_after(end)
    )


def _identifier_of(ca: x509.Certificate, ca_key: CertificateIssuerPrivateKeyTypes) -> x509.AuthorityKeyIdentifier:
    """As the CA names itself, or clients would not find it: one that is not ours may do it in its own way."""
    try:
        own = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _hash(key: CertificateIssuerPrivateKeyTypes) -> hashes.SHA256 | None:
    """What the signature hashes with; the Edwards curves have theirs built in."""
    return None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else hashes.SHA256()
