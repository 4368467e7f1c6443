"""The certificate folder at the first start and with what people put there (contract T1)."""

from __future__ import annotations

import datetime
import socket
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from kwrest.web.addresses import local_addresses
from kwrest.web.certificates import CertificateProblem, ensure_certificates, tls_context
from tests.web.server import Server


def loaded(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_first_start_makes_four_files(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "certs"
    ensure_certificates(folder, ("kwrest.example.org", "192.0.2.7"))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"ca.crt": 0o644, "ca.key": 0o600, "server.crt": 0o644, "server.key": 0o600}
    server, ca = loaded(folder / "server.crt"), loaded(folder / "ca.crt")
    server.verify_directly_issued_by(ca)
    for certificate in (server, ca):
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    assert server.not_valid_after_utc - server.not_valid_before_utc <= datetime.timedelta(days=825)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    dns = names.get_values_for_type(x509.DNSName)
    addresses = [str(a) for a in names.get_values_for_type(x509.IPAddress)]
    assert {"localhost", "kwrest.example.org"} <= set(dns)
    assert {"127.0.0.1", "::1", "192.0.2.7", *local_addresses()} <= set(addresses)
    if "_" not in socket.gethostname():
        assert socket.gethostname() in dns or socket.gethostname() in addresses


def test_local_addresses_are_this_machines() -> None:
    found = local_addresses()
    assert "127.0.0.1" in found
    for address in found:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((address, 0))  # only an address of this machine can be bound


def test_existing_files_are_used_as_they_are(tmp_path: Path) -> None:
    tls_context(tmp_path, ())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    tls_context(tmp_path, ("other.example.org",))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_server_certificate_of_ones_own_needs_no_ca(tmp_path: Path) -> None:
    tls_context(tmp_path, ())
    (tmp_path / "ca.crt").unlink()
    (tmp_path / "ca.key").unlink()
    tls_context(tmp_path, ())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["server.crt", "server.key"]


def test_the_same_ca_makes_a_new_server_certificate(tmp_path: Path) -> None:
    tls_context(tmp_path, ())
    ca = (tmp_path / "ca.crt").read_bytes()
    (tmp_path / "server.crt").unlink()
    (tmp_path / "server.key").unlink()
    tls_context(tmp_path, ("new.example.org",))
    assert (tmp_path / "ca.crt").read_bytes() == ca
    loaded(tmp_path / "server.crt").verify_directly_issued_by(loaded(tmp_path / "ca.crt"))


@pytest.mark.parametrize(
    "broken, without, named",
    [
        ({"server.crt": b"no certificate"}, (), "server.crt"),
        ({"server.crt": b""}, (), "server.crt"),
        ({"server.key": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}, (), "server.key"),
        ({"ca.crt": b"x"}, ("server.crt", "server.key"), "ca.crt"),
        ({"ca.key": b"x"}, ("server.crt", "server.key"), "ca.key"),
        ({}, ("server.key",), "server.key"),
        ({}, ("server.crt",), "server.crt"),
        ({}, ("server.crt", "server.key", "ca.key"), "ca.key"),
    ],
)
def test_a_damaged_file_is_named(
    tmp_path: Path, broken: dict[str, bytes], without: tuple[str, ...], named: str
) -> None:
    ensure_certificates(tmp_path)
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
    for name in without:
        (tmp_path / name).unlink()
    with pytest.raises(CertificateProblem, match=str(tmp_path / named)):
        tls_context(tmp_path, ())


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    ensure_certificates(tmp_path / "a")
    ensure_certificates(tmp_path / "b")
    (tmp_path / "a" / "server.key").write_bytes((tmp_path / "b" / "server.key").read_bytes())
    with pytest.raises(CertificateProblem, match="do not belong together"):
        tls_context(tmp_path / "a", ())


@pytest.mark.parametrize("version, spoken", [(ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")])
def test_tls_versions(server: Server, version: ssl.TLSVersion, spoken: str) -> None:
    context = ssl.create_default_context(cafile=server.certs / "ca.crt")
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    for name in ("localhost", "127.0.0.1"):
        with context.wrap_socket(server.plain(), server_hostname=name) as sock:
            assert (sock.version(), sock.selected_alpn_protocol()) == (spoken, "http/1.1")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
def test_no_older_tls(server: Server) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(server.plain(), server_hostname="localhost")
