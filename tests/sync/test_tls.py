"""Wrong certificates and old TLS, with real handshakes."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared_factory_desktop.domain.floor import Platform
from shared_factory_desktop.sync.access import Access
from shared_factory_desktop.sync.events import batch
from shared_factory_desktop.sync.target import Outcome, Verdict
from shared_factory_desktop.sync.targets import open_target
from tests.sync.memory import PLATFORM, make_records
from tests.sync.peers import FaultyPlatform

NOW = dt.datetime.now(dt.UTC)


def _certificate(
    folder: Path, name: str, host: str = "127.0.0.1", ends: dt.datetime | None = None
) -> Path:
    """Make a self-signed certificate with its key in one PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(days=30))
        .not_valid_after(ends or NOW + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def _server(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _send(platform: FaultyPlatform, access: Access) -> Outcome:
    target = open_target(Platform(PLATFORM, "http", platform.url), access, lambda: NOW)
    outcome = target.send(batch(make_records(2)), 5)
    target.close()
    return outcome


def test_a_platform_with_the_right_certificate_is_served(tmp_path: Path) -> None:
    right = _certificate(tmp_path, "right")
    with FaultyPlatform(tls=_server(right)) as platform:
        outcome = _send(platform, Access(ca_file=right))
    assert outcome.verdict is Verdict.ANSWERED


@pytest.mark.parametrize("wrong", ["unknown authority", "other host", "expired"])
def test_a_wrong_certificate_is_refused_before_anything_is_sent(tmp_path: Path, wrong: str) -> None:
    past = NOW - dt.timedelta(days=1)
    certificate = _certificate(
        tmp_path,
        "theirs",
        host="127.0.0.9" if wrong == "other host" else "127.0.0.1",
        ends=past if wrong == "expired" else None,
    )
    trusted = _certificate(tmp_path, "other") if wrong == "unknown authority" else certificate
    with FaultyPlatform(tls=_server(certificate)) as platform:
        outcome = _send(platform, Access(ca_file=trusted))
    assert (outcome.verdict, outcome.code) == (Verdict.REFUSED, "certificate")
    assert outcome.detail
    assert platform.seen == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_below_1_2_is_refused(tmp_path: Path) -> None:
    right = _certificate(tmp_path, "right")
    old = _server(right)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with FaultyPlatform(tls=old) as platform:
        outcome = _send(platform, Access(ca_file=right))
    assert (outcome.verdict, outcome.code) == (Verdict.REFUSED, "tls")
    assert platform.seen == []


def test_a_plain_server_behind_https_is_refused() -> None:
    with FaultyPlatform() as platform:
        platform.url = platform.url.replace("http:", "https:")
        outcome = _send(platform, Access())
    assert (outcome.verdict, outcome.code) == (Verdict.REFUSED, "tls")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_lets_in_and_its_absence_does_not(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    server, client = _certificate(tmp_path, "server"), _certificate(tmp_path, "client")
    context = _server(server)
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(client)
    with FaultyPlatform(tls=context) as platform:
        let_in = _send(platform, Access(ca_file=server, certificate_file=client))
        stranger = _send(platform, Access(ca_file=server))
    assert let_in.verdict is Verdict.ANSWERED
    # In TLS 1.3 the alert comes after the handshake, and the reset may overtake it.
    expected = {Verdict.REFUSED} | ({Verdict.REPEAT} if version.name == "TLSv1_3" else set())
    assert stranger.verdict in expected
    assert len(platform.seen) == 1
