# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sealed messages between two real NTLM contexts, and what is refused."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import spnego
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.auth import Account, ConnectionLogon, CredentialStore
from lab.winrm.sealing import CONTENT_TYPE, SealingError, is_sealed, seal, unseal

ACCOUNT = Account("LAB\\operator", "S3cret-Pw")


@pytest.fixture
def store() -> Iterator[CredentialStore]:
    opened = CredentialStore()
    yield opened
    opened.close()


def sessions(store: CredentialStore, protocol: str = "ntlm") -> tuple[spnego.ContextProxy, spnego.ContextProxy]:
    """A client's and a server's end of one established session."""
    client = spnego.client(ACCOUNT.user, ACCOUNT.password, hostname="pc", service="http", protocol=protocol)
    logon = ConnectionLogon(ACCOUNT, store)
    token = client.step()
    while token:
        step = logon.step(f"Negotiate {_base64(token)}")
        token = client.step(step.token) if step.token else None
    assert logon.session is not None
    return client, logon.session


def _base64(token: bytes) -> str:
    return base64.b64encode(token).decode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(messages=st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=4))
def test_what_one_end_seals_the_other_opens_in_order(store: CredentialStore, messages: list[bytes]) -> None:
    client, server = sessions(store)
    for message in messages:
        assert unseal(seal(message, client), server) == message
        assert unseal(seal(message[::-1], server), client) == message[::-1]


def test_a_message_that_contains_the_boundary_survives(store: CredentialStore) -> None:
    client, server = sessions(store)
    message = b"--Encrypted Boundary\r\n" * 3 + b"--Encrypted Boundary--\r\n"
    assert unseal(seal(message, client), server) == message


def test_a_message_in_several_parts_is_joined(store: CredentialStore) -> None:
    client, server = sessions(store)
    parts = [seal(part, client).removesuffix(b"--Encrypted Boundary--\r\n") for part in (b"one ", b"two ", b"three")]
    assert unseal(b"".join(parts) + b"--Encrypted Boundary--\r\n", server) == b"one two three"


def test_negotiate_wrapped_in_spnego_gives_a_session_too(store: CredentialStore) -> None:
    client, server = sessions(store, protocol="negotiate")
    assert unseal(seal(b"hello", client), server) == b"hello"


@pytest.mark.parametrize("spoil", ["flip", "cut", "no end", "readable"])
def test_a_spoiled_message_is_refused(store: CredentialStore, spoil: str) -> None:
    client, server = sessions(store)
    body = seal(b"hello device", client)
    inside = body.index(b"octet-stream\r\n") + 25
    spoiled = {
        "flip": body[:inside] + bytes([body[inside] ^ 1]) + body[inside + 1 :],
        "cut": body[:inside],
        "no end": body.removesuffix(b"--Encrypted Boundary--\r\n"),
        "readable": b"<s:Envelope/>",
    }
    with pytest.raises(SealingError):
        unseal(spoiled[spoil], server)


def test_sealed_content_types_are_told_from_soap() -> None:
    assert is_sealed(CONTENT_TYPE)
    assert is_sealed('multipart/x-multi-encrypted;protocol="x"')
    assert not is_sealed("application/soap+xml;charset=UTF-8")


@pytest.mark.parametrize("user", ["LAB\\operator", "operator", "OPERATOR", ".\\operator"])
def test_ntlm_takes_the_user_with_and_without_its_domain(store: CredentialStore, user: str) -> None:
    logon = ConnectionLogon(ACCOUNT, store)
    client = spnego.client(user, ACCOUNT.password, hostname="pc", service="http", protocol="ntlm")
    challenge = logon.step(f"Negotiate {_base64(client.step() or b'')}")
    assert not challenge.granted
    assert logon.step(f"Negotiate {_base64(client.step(challenge.token) or b'')}").granted


@pytest.mark.parametrize(
    "header", ["Negotiate !", "Negotiate AAAA", "Negotiate", "Basic AAAA", "Bearer AAAA", "", None]
)
def test_strange_logons_are_not_granted(store: CredentialStore, header: str | None) -> None:
    logon = ConnectionLogon(ACCOUNT, store)
    assert not logon.step(header).granted
    assert logon.session is None


def test_the_user_file_is_private_and_goes_with_the_store() -> None:
    store = CredentialStore()
    with store.exposed(ACCOUNT):
        path = Path(os.environ["NTLM_USER_FILE"])
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "NTLM_USER_FILE" not in os.environ
    store.close()
    assert not path.exists()


def test_a_user_file_set_by_the_operator_comes_back(store: CredentialStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NTLM_USER_FILE", "mine")
    for _ in range(2):
        with store.exposed(ACCOUNT):
            assert os.environ["NTLM_USER_FILE"] != "mine"
        assert os.environ["NTLM_USER_FILE"] == "mine"
