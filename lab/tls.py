# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's own certificate authority and one server certificate per simulated device.

The authority lives in a folder, so that ``ansible_winrm_ca_trust_path`` may
point at its ``ca.pem`` across restarts of the lab. Keys are ECDSA P-256: a
handshake costs a fraction of what RSA costs, which counts with 2 000 devices on
one core. Extensions are those that Python 3.13's ``VERIFY_X509_STRICT`` asks for.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

AUTHORITY_LIFETIME = timedelta(days=365)
SERVER_LIFETIME = timedelta(days=90)
CLOCK_LEEWAY = timedelta(hours=1)
RENEW_BEFORE = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """The names under which a server is reached: DNS names and IP addresses."""

    common_name: str
    dns_names: Sequence[str] = ()
    addresses: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LabAuthority:
    """A certificate authority of the lab; ``certificate_path`` is what a client has to trust."""

    certificate_path: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def in_folder(cls, folder: Path, now: datetime) -> LabAuthority:
        """Load the authority kept in ``folder``, or make a new one there.

        ``now`` is an aware real-time instant (clients check validity against the
        real clock, never the lab's virtual one). An authority that ends within
        100 days, later than any server certificate would, is replaced.
        """
        folder.mkdir(parents=True, exist_ok=True)
        certificate_path, key_path = folder / "ca.pem", folder / "ca.key"
        if certificate_path.exists() and key_path.exists():
            certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
            key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
            if isinstance(key, ec.EllipticCurvePrivateKey) and certificate.not_valid_after_utc - now > RENEW_BEFORE:
                return cls(certificate_path, certificate, key)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _authority_certificate(key, now)
        _write_private(key_path, _key_pem(key))
        certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(certificate_path, certificate, key)

    def issue(self, identity: ServerIdentity, now: datetime) -> bytes:
        """A server certificate and its key, as one PEM text."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in identity.dns_names]
        names += [x509.IPAddress(ip_address(address)) for address in identity.addresses]
        public_key = key.public_key()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(identity.common_name))
            .issuer_name(self.certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_LEEWAY)
            .not_valid_after(now + SERVER_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(sign_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM) + _key_pem(key)

    def server_context(self, identity: ServerIdentity, now: datetime) -> ssl.SSLContext:
        """A TLS server context with a fresh certificate for ``identity`` (about 20 KiB of memory each)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.num_tickets = 0  # a WinRM client opens one connection per task and never resumes
        with tempfile.NamedTemporaryFile(prefix="nightshift-lab-", suffix=".pem") as chain:  # mode 0600
            chain.write(self.issue(identity, now))
            chain.flush()
            context.load_cert_chain(chain.name)  # the ssl module loads keys from files only
        return context


def _authority_certificate(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _name("Nightshift lab CA")
    public_key = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_LEEWAY)
        .not_valid_after(now + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .sign(key, hashes.SHA256())
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, common_name[:64])])


def _key_usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)
