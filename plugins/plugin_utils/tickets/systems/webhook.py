# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A webhook: JSON by a template, signed. Whoever listens knows a repeated letter by its Idempotency-Key.

``X-Nightshift-Signature: t=SECONDS,v1=HEX``: HEX is HMAC-SHA256 with the secret over ``SECONDS.BODY``; SECONDS is
when the letter was written (Unix time), so that a repeated letter is the same request.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from string import Template
from typing import Any

from ..destination import Destination, WebhookAccess
from ..http import Door
from ..system import Letter, Receipt

FIELDS = ("event", "key", "message", "subject", "text", "external_id", "written_at", "evidence")


class Webhook:
    """One address that takes letters as JSON."""

    def __init__(self, destination: Destination, access: WebhookAccess) -> None:
        """Make no connection yet."""
        self._door = Door(destination)
        self._access = access

    def create(self, letter: Letter) -> Receipt:
        """Post the letter; the answer may name the ticket and its address."""
        answer = self._post(letter)
        named = pick(answer, self._access.id_field)
        return Receipt(
            str(named) if named not in (None, "") else letter.case, str(pick(answer, self._access.url_field) or "")
        )

    def comment(self, letter: Letter) -> None:
        """Post the letter."""
        self._post(letter)

    def close(self, letter: Letter, *, told: bool) -> None:
        """Post the letter."""
        if not told:
            self._post(letter)

    def find(self, case: str) -> tuple[Receipt, ...]:
        """Return nothing: the listener recognises repeated letters."""
        return ()

    def has(self, external_id: str, message: str) -> bool:
        """Return False: the listener recognises repeated letters."""
        return False

    def closed(self, tickets: Iterable[str]) -> frozenset[str]:
        """Return nothing: a webhook cannot be asked."""
        return frozenset()

    def end(self) -> None:
        """Let go of the connection."""
        self._door.end()

    def _post(self, letter: Letter) -> Any:
        values: dict[str, object] = {
            "event": letter.kind.value,
            "key": letter.case,
            "message": letter.message,
            "subject": letter.subject,
            "text": letter.body,
            "external_id": letter.external_id,
            "written_at": letter.written_at.isoformat(),
            "evidence": letter.evidence,
        }
        body = values if self._access.body is None else filled(self._access.body, values)
        data = json.dumps(body, sort_keys=True).encode()
        headers = {**self._access.headers, "Idempotency-Key": letter.message}
        if self._access.secret:
            seconds = str(int(letter.written_at.timestamp()))
            headers["X-Nightshift-Signature"] = f"t={seconds},v1={signature(self._access.secret, seconds, data)}"
        return self._door.send("POST", "", data, headers).body


def signature(secret: str, seconds: str, body: bytes) -> str:
    """Return the hexadecimal HMAC-SHA256 over ``SECONDS.BODY``."""
    return hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()


def filled(template: object, values: Mapping[str, object]) -> object:
    """Return a template with its ``${field}`` filled in; a text that is one field alone becomes the field's own value.

    Values are put into the parsed structure, never into JSON text: no quote in a subject can break out.
    """
    if isinstance(template, Mapping):
        return {str(key): filled(item, values) for key, item in template.items()}
    if isinstance(template, (list, tuple)):
        return [filled(item, values) for item in template]
    if not isinstance(template, str):
        return template
    for name, value in values.items():
        if template == f"${{{name}}}":
            return value
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    return Template(template).substitute(texts)


def pick(answer: Any, field: str) -> Any:
    """Return ``a.b`` of a JSON answer, None where it has none."""
    for name in field.split(".") if field else ():
        if not isinstance(answer, Mapping) or name not in answer:
            return None
        answer = answer[name]
    return answer if field else None
