# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mail: one thread for each case, its first mail and replies to it.

A mail server cannot be asked what it has. A letter that is sent again is the same mail, byte by byte, with the same
Message-ID (RFC 5322): mailboxes and ticket systems that read mail know it by that. What breaks before DATA was
certainly not sent; what breaks after it may have been.
"""

from __future__ import annotations

import contextlib
import json
import smtplib
import socket
import ssl
from collections.abc import Iterable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ..destination import Destination, SmtpAccess
from ..faults import Refused, Uncertain, Unreachable
from ..system import Letter, Receipt

_SUBJECT = 200


class Mail:
    """One mail server and the people or the queue behind an address."""

    def __init__(self, destination: Destination, access: SmtpAccess) -> None:
        """Make no connection yet. Raises Unreachable for a CA file that cannot be read."""
        self._destination = destination
        self._access = access
        self._domain = access.sender.rpartition("@")[2].rstrip(">")
        try:
            self._tls = ssl.create_default_context(cafile=destination.ca or None)
        except OSError as unreadable:
            raise Unreachable(f"the file of certificate authorities {destination.ca}: {unreadable}") from None
        if not destination.verify:
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE

    def create(self, letter: Letter) -> Receipt:
        """Send the first mail; its Message-ID names the thread."""
        self._send(letter)
        return Receipt(self._identity(letter.message))

    def comment(self, letter: Letter) -> None:
        """Reply to the first mail."""
        self._send(letter)

    def close(self, letter: Letter, *, told: bool) -> None:
        """Reply that it is over."""
        if not told:
            self._send(letter)

    def find(self, case: str) -> tuple[Receipt, ...]:
        """Return nothing: a mail server cannot be asked."""
        return ()

    def has(self, external_id: str, message: str) -> bool:
        """Return False: a mail server cannot be asked."""
        return False

    def closed(self, tickets: Iterable[str]) -> frozenset[str]:
        """Return nothing: a mail server cannot be asked."""
        return frozenset()

    def end(self) -> None:
        """Nothing is open between mails."""

    def mail(self, letter: Letter) -> EmailMessage:
        """Return the mail of a letter, the same for the same letter."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._access.sender
        mail["To"] = ", ".join(self._access.to)
        mail["Subject"] = letter.title(_SUBJECT)
        mail["Date"] = format_datetime(letter.written_at)
        mail["Message-ID"] = self._identity(letter.message)
        if letter.thread != letter.message:
            mail["In-Reply-To"] = mail["References"] = self._identity(letter.thread)
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
        mail["X-Nightshift-Case"] = letter.case
        mail["X-Nightshift-Event"] = letter.kind.value
        mail.set_content(letter.text())
        evidence = json.dumps(letter.evidence, indent=2, ensure_ascii=False, sort_keys=True)
        mail.add_attachment(evidence.encode(), maintype="application", subtype="json", filename="evidence.json")
        mail.set_boundary(f"=={letter.message}")
        return mail

    def _identity(self, message: str) -> str:
        return f"<{message}@{self._domain}>"

    def _send(self, letter: Letter) -> None:
        where = f"{self._access.host} port {self._access.port}"
        data = self.mail(letter).as_bytes()
        server: smtplib.SMTP | None = None
        given = False  # whether the server may have the whole mail
        try:
            server = self._open()
            server.ehlo_or_helo_if_needed()
            self._expect(server.mail(self._access.sender), "the sender")
            for address in self._access.to:
                self._expect(server.rcpt(address), address)
            given = True
            self._expect(server.data(data), "the mail")
        except (Refused, smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError) as answered:
            everybody = isinstance(answered, smtplib.SMTPException)
            raise Refused(f"{where}: {answered}", system_wide=everybody) from None
        except (OSError, smtplib.SMTPException) as broken:
            fault = Uncertain if given else Unreachable
            raise fault(f"{where}: {type(broken).__name__}: {broken}") from None
        finally:
            if server is not None:
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    server.quit()
                server.close()

    def _open(self) -> smtplib.SMTP:
        access, login = self._access, self._destination.login
        seconds = self._destination.timeout.total_seconds()
        name = socket.gethostname()
        if access.tls == "implicit":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                access.host, access.port, local_hostname=name, timeout=seconds, context=self._tls
            )
        else:
            server = smtplib.SMTP(access.host, access.port, local_hostname=name, timeout=seconds)
        try:
            if access.tls == "starttls":
                server.starttls(context=self._tls)
            if login.user:
                server.login(login.user, login.password)
        except BaseException:
            server.close()
            raise
        return server

    @staticmethod
    def _expect(reply: tuple[int, bytes], what: str) -> None:
        code, text = reply
        if not 200 <= code < 300:
            raise Refused(f"{what} is refused: {code} {text.decode('utf-8', 'replace')}")
