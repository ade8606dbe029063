# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may speak to a device: HTTP Basic and Negotiate (NTLM through pyspnego's acceptor).

NTLM authenticates a connection, not a request, so each connection has one
``ConnectionLogon``. It knows nothing of HTTP beyond the two header values.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import spnego
from spnego.exceptions import SpnegoError

CREDENTIAL_VARIABLE = "NTLM_USER_FILE"
NTLM_SIGNATURE = b"NTLMSSP\x00"


@dataclass(frozen=True, slots=True)
class Account:
    """The one account of a device. ``user`` may carry a domain: ``LAB\\operator``.

    Raises:
        ValueError: user or password hold what an NTLM user file cannot.
    """

    user: str
    password: str

    def __post_init__(self) -> None:
        """Refuse early what would fail at the first NTLM logon."""
        if any(character in self.user + self.password for character in ":\r\n"):
            message = f"lab account {self.user!r}: NTLM needs a user and password without ':' and line breaks"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class LogonStep:
    """The outcome of looking at one request: whether it may pass, and the token that goes back, if any."""

    granted: bool
    token: bytes | None = None


class CredentialStore:
    """NTLM user files in a private temporary folder, one for each distinct account.

    pyspnego's acceptor reads passwords from the file that NTLM_USER_FILE names.
    The variable is set only around a step (which never awaits), so that devices
    with equal user names and different passwords live in one process.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="nightshift-lab-ntlm-"))  # mode 0700

    def close(self) -> None:
        """Remove the folder with its files."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def exposed(self, account: Account) -> Iterator[None]:
        """Let pyspnego find ``account`` while the block runs."""
        before = os.environ.get(CREDENTIAL_VARIABLE)
        os.environ[CREDENTIAL_VARIABLE] = str(self._file(account))
        try:
            yield
        finally:
            if before is None:
                del os.environ[CREDENTIAL_VARIABLE]
            else:
                os.environ[CREDENTIAL_VARIABLE] = before

    def _file(self, account: Account) -> Path:
        path = self._folder / sha256(f"{account.user}\0{account.password}".encode()).hexdigest()
        if not path.exists():
            domain, _, user = account.user.rpartition("\\")
            domains = dict.fromkeys((domain, "", "."))
            path.write_text("".join(f"{name}:{user}:{account.password}\n" for name in domains), encoding="utf-8")
        return path


class ConnectionLogon:
    """The state of authentication of one connection to one device."""

    def __init__(self, account: Account, store: CredentialStore) -> None:
        self._account = account
        self._store = store
        self._context: spnego.ContextProxy | None = None

    @property
    def session(self) -> spnego.ContextProxy | None:
        """The established NTLM session, which seals messages; None before, and for Basic."""
        return self._context if self._context is not None and self._context.complete else None

    def step(self, authorization: str | None) -> LogonStep:
        """Judge a request by its Authorization header; without one, by what the connection proved before."""
        if authorization is None:
            return LogonStep(granted=self.session is not None)
        scheme, _, value = authorization.partition(" ")
        try:
            decoded = base64.b64decode(value, validate=True)
        except binascii.Error:
            return LogonStep(granted=False)
        if scheme.lower() == "basic":
            return LogonStep(granted=self._knows(decoded))
        if scheme.lower() in {"negotiate", "ntlm"}:
            return self._negotiate(decoded)
        return LogonStep(granted=False)

    def _knows(self, credentials: bytes) -> bool:
        user, _, password = credentials.partition(b":")
        domain_free = self._account.user.rpartition("\\")[2]
        users = {self._account.user.lower(), domain_free.lower()}
        return any(  # clients encode Basic as UTF-8 or, like requests, as Latin-1
            hmac.compare_digest(password, self._account.password.encode(encoding, "replace"))
            and user.decode(encoding, "replace").lower() in users
            for encoding in ("utf-8", "latin-1")
        )

    def _negotiate(self, token: bytes) -> LogonStep:
        with self._store.exposed(self._account):
            if self._context is None or self._context.complete:
                raw_ntlm = token.startswith(NTLM_SIGNATURE)
                self._context = spnego.server(
                    protocol="ntlm" if raw_ntlm else "negotiate",
                    options=spnego.NegotiateOptions.use_ntlm if raw_ntlm else spnego.NegotiateOptions.use_negotiate,
                )
            try:
                reply = self._context.step(token)
            except (SpnegoError, ValueError):  # ValueError: a token that cannot be unpacked
                self._context = None
                return LogonStep(granted=False)
        return LogonStep(granted=self._context.complete, token=reply)
