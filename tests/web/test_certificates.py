"""The certificate folder at the first start and with what people put there (contract T1)."""

from __future__ import annotations

import datetime
import shutil
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from kwrest.web.addresses import local_addresses
from kwrest.web.certificates import CertificateProblem, Folder, ensure_certificates, renew
from kwrest.web.tls import LOOKED_AT, ServedCertificate
from tests.web.rooms import eventually
from tests.web.server import Server, serving

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def loaded(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_first_start_makes_four_files(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "certs"
    ensure_certificates(Folder(folder, ("kwrest.example.org", "192.0.2.7")))
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


def test_what_is_there_is_used_as_it_is(tmp_path: Path) -> None:
    ServedCertificate(Folder(tmp_path))
    before = contents(tmp_path)
    ServedCertificate(Folder(tmp_path))
    assert contents(tmp_path) == before


def test_a_server_certificate_of_ones_own_needs_no_ca(tmp_path: Path) -> None:
    ServedCertificate(Folder(tmp_path))
    (tmp_path / "ca.crt").unlink()
    (tmp_path / "ca.key").unlink()
    before = contents(tmp_path)
    ServedCertificate(Folder(tmp_path, ("new.example.org",)), lambda: NOW + 800 * DAY)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "without",
    ["server.crt server.key", "server.crt", "server.crt server.key ca.crt", "server.crt server.key ca.crt ca.key"],
)
def test_what_a_cut_short_first_start_left_is_completed(tmp_path: Path, without: str) -> None:
    ensure_certificates(Folder(tmp_path))
    for name in without.split():
        (tmp_path / name).unlink()
    before = contents(tmp_path)
    ServedCertificate(Folder(tmp_path, ("new.example.org",)))
    after = contents(tmp_path)
    assert before.items() <= after.items() and len(after) == 4
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
        ({}, ("server.crt", "server.key", "ca.key"), "ca.key"),
    ],
)
def test_a_damaged_file_is_named(
    tmp_path: Path, broken: dict[str, bytes], without: tuple[str, ...], named: str
) -> None:
    ensure_certificates(Folder(tmp_path))
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
    for name in without:
        (tmp_path / name).unlink()
    before = contents(tmp_path)
    with pytest.raises(CertificateProblem, match=str(tmp_path / named)):
        ServedCertificate(Folder(tmp_path))
    assert contents(tmp_path) == before, "and nothing is made up for it"


@pytest.mark.parametrize(("name", "without"), [("server.key", ()), ("ca.key", ("server.crt", "server.key"))])
def test_a_key_of_another_certificate_is_refused(tmp_path: Path, name: str, without: tuple[str, ...]) -> None:
    ensure_certificates(Folder(tmp_path / "a"))
    ensure_certificates(Folder(tmp_path / "b"))
    (tmp_path / "a" / name).write_bytes((tmp_path / "b" / name).read_bytes())
    for other in without:
        (tmp_path / "a" / other).unlink()
    with pytest.raises(CertificateProblem, match="do not belong together"):
        ServedCertificate(Folder(tmp_path / "a"))


@pytest.mark.parametrize("name", ["https://example.org", "a b", "", "example.org:8080", "ex\u00e4mple.org", "-a.org"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CertificateProblem, match="neither a host name nor an address"):
        ServedCertificate(Folder(tmp_path, (name,)))


# ---------------------------------------------------------------- renewal


@pytest.mark.parametrize(
    "days, names, renewed",
    [
        (0, (), False),
        (780, (), False),
        (795, (), True),
        (5000, (), False),  # then the CA has ended too
        (0, ("new.example.org",), True),
        (0, ("192.0.2.9", "*.example.org"), True),
        (0, ("127.0.0.1", "localhost"), False),
    ],
)
def test_renewal(tmp_path: Path, days: int, names: tuple[str, ...], renewed: bool) -> None:
    ServedCertificate(Folder(tmp_path), lambda: NOW)
    before = contents(tmp_path)
    certificate = ServedCertificate(Folder(tmp_path, names), lambda: NOW + days * DAY)
    changed = {name for name, content in contents(tmp_path).items() if content != before[name]}
    assert changed == ({"server.crt"} if renewed else set())
    server, ca = loaded(tmp_path / "server.crt"), loaded(tmp_path / "ca.crt")
    server.verify_directly_issued_by(ca)
    assert server.not_valid_after_utc <= ca.not_valid_after_utc
    held = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names) <= {str(n.value) for n in held}
    if renewed:
        assert server.not_valid_after_utc > NOW + (days + 800) * DAY
    before = contents(tmp_path)
    certificate.refresh(judge=True)
    assert contents(tmp_path) == before, "once"


def test_a_certificate_that_ends_with_its_ca_is_not_made_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ensure_certificates(Folder(tmp_path), NOW)
    renew(Folder(tmp_path), NOW + 3640 * DAY)
    before = contents(tmp_path)
    certificate = ServedCertificate(Folder(tmp_path), lambda: NOW + 3645 * DAY)
    certificate.refresh(judge=True)
    assert contents(tmp_path) == before
    assert "kwrest can't renew it" in caplog.text


def test_a_new_address_of_this_machine_renews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = ServedCertificate(Folder(tmp_path))
    context = certificate.context
    monkeypatch.setattr("kwrest.web.certificates.local_addresses", lambda: ["127.0.0.1", "192.0.2.77"])
    certificate.refresh(judge=True)
    held = loaded(tmp_path / "server.crt").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "192.0.2.77" in {str(n.value) for n in held}
    assert certificate.context is not context


def test_somebody_elses_certificate_is_left_alone_and_its_end_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ensure_certificates(Folder(tmp_path / "theirs"))
    ensure_certificates(Folder(tmp_path / "ours"))
    for name in ("server.crt", "server.key"):
        (tmp_path / "ours" / name).write_bytes((tmp_path / "theirs" / name).read_bytes())
    before = contents(tmp_path / "ours")
    certificate = ServedCertificate(Folder(tmp_path / "ours", ("new.example.org",)), lambda: NOW + 800 * DAY)
    certificate.refresh(judge=True)
    certificate.refresh(judge=True)
    assert contents(tmp_path / "ours") == before
    assert caplog.text.count("kwrest can't renew it") == 1
    with pytest.raises(CertificateProblem, match="was not issued by"):
        renew(Folder(tmp_path / "ours"))


def test_without_the_cas_key_a_renewal_is_told_and_the_server_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ensure_certificates(Folder(tmp_path))
    (tmp_path / "ca.key").unlink()
    certificate = ServedCertificate(Folder(tmp_path), lambda: NOW + 800 * DAY)
    certificate.refresh(judge=True)
    assert caplog.text.count("the certificate can't be renewed") == 1 and str(tmp_path / "ca.key") in caplog.text


def test_a_key_that_others_can_read_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ensure_certificates(Folder(tmp_path))
    (tmp_path / "ca.key").chmod(0o640)
    ServedCertificate(Folder(tmp_path))
    assert "ca.key can be read by others" in caplog.text and "server.key" not in caplog.text


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_ca_of_another_kind(tmp_path: Path, kind: str) -> None:
    """Made by a company's own tools: with an identifier of its own, which the server's certificate must repeat."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Company")])
    ca = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(NOW - DAY).not_valid_after(NOW + 100 * DAY)
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(x509.SubjectKeyIdentifier(b"company's own"), False)
        .sign(key, hashes.SHA256() if kind == "rsa" else None)
    )  # fmt: skip
    (tmp_path / "ca.crt").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    pem = serialization.PrivateFormat.PKCS8
    (tmp_path / "ca.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption()))
    with serving(tmp_path) as server:
        assert server.send("GET", "/health").status == 200
    assert loaded(tmp_path / "server.crt").not_valid_after_utc <= ca.not_valid_after_utc


# ---------------------------------------------------------------- replaced while connections live


def served(server: Server) -> int:
    """The serial number of the certificate a new connection gets; it is not checked here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(server.plain()) as sock:
        found = sock.getpeercert(binary_form=True)
        assert found is not None
        return x509.load_der_x509_certificate(found).serial_number


def test_replaced_files_are_taken_up_while_connections_live(tmp_path: Path) -> None:
    ensure_certificates(Folder(tmp_path / "other"))
    with serving(tmp_path / "used") as server:
        old = server.connect()
        assert server.send("GET", "/health", sock=old).status == 200
        first = served(server)
        for name in ("server.key", "server.crt"):
            # One after the other, as people do: in between they do not belong together, and the old ones stay.
            shutil.copy(tmp_path / "other" / name, tmp_path / "used" / name)
            if name == "server.key":
                threading.Event().wait(2 * LOOKED_AT)
                assert served(server) == first
        other = loaded(tmp_path / "other" / "server.crt").serial_number
        assert eventually(lambda: served(server) == other, 3 * LOOKED_AT)
        assert server.send("GET", "/health", sock=old).status == 200
        (tmp_path / "used" / "server.crt").write_bytes(b"nonsense")
        threading.Event().wait(2 * LOOKED_AT)
        assert served(server) == other


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
