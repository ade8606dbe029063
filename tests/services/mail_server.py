# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real mail server (aiosmtpd) whose mailbox knows a mail by its Message-ID, as mailboxes and ticket systems do."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """What came in. ``raw``: every delivery, also of a mail that came twice."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.refusals: list[str] = []  # the next answers to DATA, instead of taking the mail

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        self.raw.append(envelope.content)
        return "250 taken"

    @property
    def mails(self) -> list[EmailMessage]:
        """Each mail once, in the order of their coming."""
        found: dict[str, EmailMessage] = {}
        for raw in self.raw:
            mail = message_from_bytes(raw, _class=EmailMessage, policy=default)
            found.setdefault(mail["Message-ID"], mail)
        return list(found.values())


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> Iterator[tuple[Mailbox, int]]:
    """Run one on a free port of loopback. With ``tls``: no mail before STARTTLS, or TLS from the start."""
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if implicit:
        controller = Controller(mailbox, hostname="127.0.0.1", port=port, ssl_context=tls)
    else:
        controller = Controller(
            mailbox, hostname="127.0.0.1", port=port, tls_context=tls, require_starttls=tls is not None
        )
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()
