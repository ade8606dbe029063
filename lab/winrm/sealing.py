# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Message encryption of WinRM over plain HTTP (MS-WSMV 2.2.9.1.1, Negotiate). Sans-IO.

A message is ``multipart/encrypted`` with the fixed boundary ``Encrypted
Boundary``: a part that says how long the plain text is, and a part with the
length of the signature (4 bytes, little endian), the signature and the sealed
text. Long messages may come as several such pairs (``multipart/x-multi-encrypted``).
"""

from __future__ import annotations

import re
import struct
from typing import Protocol

from spnego.exceptions import SpnegoError

SPNEGO_PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
CONTENT_TYPE = f'multipart/encrypted;protocol="{SPNEGO_PROTOCOL}";boundary="Encrypted Boundary"'
_BOUNDARY = b"--Encrypted Boundary"
_PART_HEAD = re.compile(
    rb"--Encrypted Boundary\r\n(?P<head>.*?OriginalContent:[^\r\n]*;Length=(?P<length>\d+).*?)"
    rb"--Encrypted Boundary\r\n\s*Content-Type:\s*application/octet-stream\r\n(?:\r\n)?",
    re.DOTALL | re.IGNORECASE,
)


class SealingError(ValueError):
    """A sealed message is malformed, or its signature is not this session's."""


class _Wrapped(Protocol):
    @property
    def header(self) -> bytes: ...
    @property
    def data(self) -> bytes: ...


class Session(Protocol):
    """The part of an established spnego context that sealing needs."""

    def wrap_winrm(self, data: bytes) -> _Wrapped:
        """Seal and sign."""

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Open and check."""


def is_sealed(content_type: str) -> bool:
    """Whether a Content-Type announces an encrypted message."""
    return content_type.lower().startswith(("multipart/encrypted", "multipart/x-multi-encrypted"))


def unseal(body: bytes, session: Session) -> bytes:
    """The plain text of a sealed body.

    Raises:
        SealingError: see there.
    """
    plain: list[bytes] = []
    position = 0
    while (match := _PART_HEAD.match(body, position)) is not None:
        start = match.end()
        if len(body) < start + 4:
            raise SealingError("sealed part ends before its signature")
        (signature_length,) = struct.unpack_from("<I", body, start)
        sealed = start + 4 + signature_length
        end = sealed + int(match["length"])
        try:
            plain.append(session.unwrap_winrm(body[start + 4 : sealed], body[sealed:end]))
        except SpnegoError as error:
            message = f"sealed part cannot be opened: {error}"
            raise SealingError(message) from error
        position = end
    if not plain or not body.startswith(_BOUNDARY + b"--", position):
        message = f"sealed message has no valid part at byte {position}; expected the Encrypted Boundary"
        raise SealingError(message)
    return b"".join(plain)


def seal(plain: bytes, session: Session) -> bytes:
    """A sealed body; its Content-Type is ``CONTENT_TYPE``."""
    wrapped = session.wrap_winrm(plain)
    head = (
        f"\tContent-Type: {SPNEGO_PROTOCOL}\r\n"
        f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(plain)}\r\n"
    ).encode()
    return b"".join(
        (
            _BOUNDARY + b"\r\n",
            head,
            _BOUNDARY + b"\r\n\tContent-Type: application/octet-stream\r\n",
            struct.pack("<I", len(wrapped.header)),
            wrapped.header,
            wrapped.data,
            _BOUNDARY + b"--\r\n",
        )
    )
