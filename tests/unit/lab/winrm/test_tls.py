# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's certificate authority, judged by a strict TLS client."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.tls import LabAuthority, ServerIdentity

IDENTITY = ServerIdentity("pc-001", ("pc-001", "pc-001.campus.example"), ("127.61.0.1",))
NOW = datetime.now(UTC)


def shake_hands(server_context: ssl.SSLContext, trusted: Path, name: str) -> ssl.SSLObject:
    """A handshake in memory with a client that checks as strictly as Python 3.13 does."""
    client_context = ssl.create_default_context(cafile=str(trusted))
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for end in (client, server, client, server):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client


@pytest.mark.parametrize("name", ["pc-001", "pc-001.campus.example", "127.61.0.1"])
def test_a_device_is_trusted_under_each_of_its_names(tmp_path: Path, name: str) -> None:
    authority = LabAuthority.in_folder(tmp_path, NOW)
    client = shake_hands(authority.server_context(IDENTITY, NOW), authority.certificate_path, name)
    assert client.version() == "TLSv1.3"


@pytest.mark.parametrize("name", ["pc-002", "127.61.0.2"])
def test_a_device_is_not_trusted_under_another_name(tmp_path: Path, name: str) -> None:
    authority = LabAuthority.in_folder(tmp_path, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        shake_hands(authority.server_context(IDENTITY, NOW), authority.certificate_path, name)


def test_the_authority_stays_the_same_over_restarts_and_its_key_is_private(tmp_path: Path) -> None:
    first = LabAuthority.in_folder(tmp_path / "lab", NOW)
    again = LabAuthority.in_folder(tmp_path / "lab", NOW + timedelta(days=30))
    assert first.certificate == again.certificate
    assert (tmp_path / "lab" / "ca.key").stat().st_mode & 0o777 == 0o600


def test_an_authority_that_would_end_before_its_servers_is_replaced(tmp_path: Path) -> None:
    first = LabAuthority.in_folder(tmp_path, NOW)
    assert LabAuthority.in_folder(tmp_path, NOW + timedelta(days=300)).certificate != first.certificate


def test_no_key_of_a_device_stays_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    LabAuthority.in_folder(tmp_path / "lab", NOW).server_context(IDENTITY, NOW)
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["ca.key", "ca.pem"]
