# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a ticket says: in words for the person who gets it, and as data for machines (attachments, webhooks)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..ledger.delivery_values import Trouble
from ..ledger.values import PastAttempt, Signal
from ..planner.model import JobKind, Outcome

_SAID_ELSEWHERE = ("device", "reason", "attempts", "free_bytes", "scan_warnings")
_GB = 1_000_000_000


def digest(trouble: Trouble) -> str:
    """Return what changes when there is something new to tell: another attempt, other evidence, its end.

    Free space and searches are told with it and are nothing new by themselves.
    """
    ticket = trouble.ticket
    if ticket.closed_at is not None:
        return "closed"
    said = {key: value for key, value in ticket.evidence.items() if key not in ("free_bytes", "scan_warnings")}
    news = [ticket.subject, said, [(one.attempt.job_id, one.attempt.outcome.value) for one in _tries(trouble)]]
    return hashlib.sha256(json.dumps(news, sort_keys=True, default=str).encode()).hexdigest()


def group_subject(label: str) -> str:
    """Return the subject of the one ticket for an update that fails on many devices."""
    return f"{label}: fails on many devices"


def single_body(trouble: Trouble) -> str:
    """Return the whole story of one trouble."""
    return "\n".join([*_about(trouble), "", _ending(trouble)])


def group_body(title: str, troubles: Sequence[Trouble]) -> str:
    """Return the story of an update that fails on many devices: what they report, then device by device."""
    standing = [trouble for trouble in troubles if trouble.ticket.closed_at is None]
    lines = [f"Update: {title}", f"Devices: {len(standing)}", *_codes(standing), ""]
    for trouble in standing:
        lines += [*_about(trouble), ""]
    return "\n".join([*lines, _ending(standing[0]) if standing else ""])


def news_body(changed: Sequence[Trouble], standing: int) -> str:
    """Return a comment: what is new of some troubles of a case, and how many still stand."""
    lines = []
    for trouble in changed:
        if trouble.ticket.closed_at is not None:
            lines += [f"Over: {_who(trouble)}: {trouble.ticket.closed_why or 'closed'}", ""]
        else:
            lines += [*_about(trouble), ""]
    return "\n".join([*lines, f"Still open: {standing}"])


def over_body(troubles: Iterable[Trouble]) -> str:
    """Return why a case is closed."""
    return "\n".join(f"{_who(one)}: {one.ticket.closed_why or 'closed'}" for one in troubles)


def evidence_of(trouble: Trouble) -> dict[str, Any]:
    """Return one trouble as data. Instants are ISO 8601 in UTC, sizes bytes."""
    ticket = trouble.ticket
    return {
        **{key: value for key, value in ticket.evidence.items() if key not in _SAID_ELSEWHERE},
        "ticket": ticket.id,
        "device": ticket.device,
        "about": ticket.about or None,
        "signal": ticket.signal.value,
        "update": {"id": ticket.update_id, "label": trouble.label, "title": trouble.title}
        if ticket.update_id
        else None,
        "reason": ticket.evidence.get("reason"),
        "raised_at": ticket.raised_at.isoformat(),
        "closed": ticket.closed_why or "closed" if ticket.closed_at else None,
        "attempts": [_attempt_data(one) for one in _tries(trouble)],
        "free_bytes": trouble.free_bytes,
        "scan": {
            "finished_at": trouble.scanned_at.isoformat(),
            "trust": trouble.scan_trust,
            "source": dict(trouble.scan_source or {}),
            "warnings": list(trouble.scan_warnings),
        }
        if trouble.scanned_at
        else None,
    }


def _about(trouble: Trouble) -> list[str]:
    ticket = trouble.ticket
    where = ticket.evidence.get("where")
    place = f" ({', '.join(map(str, where))})" if isinstance(where, (list, tuple)) and where else ""
    lines = [f"Device: {ticket.device}{place}" if ticket.device else f"Concerns: {ticket.about or 'the fleet'}"]
    if ticket.update_id:
        lines.append(f"Update: {trouble.title or trouble.label}")
    lines.append(f"Reason: {ticket.evidence.get('reason') or ticket.subject}")
    lines += [
        f"{key.replace('_', ' ').capitalize()}: {_value(value)}"
        for key, value in ticket.evidence.items()
        if key not in (*_SAID_ELSEWHERE, "where") and value not in (None, "", [], {})
    ]
    tries = _tries(trouble)
    if tries:
        lines += ["Attempts:", *(f"  {_attempt_line(one)}" for one in tries)]
    if trouble.free_bytes is not None:
        lines.append(f"Free space on the system drive: {trouble.free_bytes / _GB:.1f} GB")
    if trouble.scanned_at is not None:
        lines.append(f"Last search: {_when(trouble.scanned_at)}, {trouble.scan_trust}{_source(trouble)}")
        lines += [f"  warning: {warning}" for warning in trouble.scan_warnings]
    return lines


def _ending(trouble: Trouble) -> str:
    match trouble.ticket.signal:
        case Signal.UPDATE_FAILED:
            return (
                "The update is not tried again until this ticket is closed or the update is superseded. "
                "When a later search no longer finds it missing, the ticket is closed by itself."
            )
        case Signal.SCAN_FAILED:
            return "The ticket is closed by itself when a search succeeds."
    return "The ticket is closed by itself when its cause is gone."


def _codes(troubles: Sequence[Trouble]) -> list[str]:
    """Return how many devices report which code in their last failed attempt."""
    counts: dict[str, int] = {}
    for trouble in troubles:
        failed = [one for one in _tries(trouble) if one.attempt.outcome is not Outcome.SUCCEEDED]
        if failed:
            said = _meaning(failed[-1]) or failed[-1].attempt.outcome.value
            counts[said] = counts.get(said, 0) + 1
    return [f"  {number} x {said}" for said, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _tries(trouble: Trouble) -> list[PastAttempt]:
    return [one for one in trouble.attempts if one.kind is JobKind.INSTALL]


def _attempt_line(one: PastAttempt) -> str:
    meaning = _meaning(one)
    return f"{_when(one.attempt.at)}  {one.attempt.outcome.value}{f'  {meaning}' if meaning else ''}"


def _attempt_data(one: PastAttempt) -> dict[str, Any]:
    return {
        "at": one.attempt.at.isoformat(),
        "job": one.attempt.job_id,
        "outcome": one.attempt.outcome.value,
        "code": _code(one),
        "name": one.error_name or None,
        "text": one.error_text or None,
        "class": one.attempt.error_class.value if one.attempt.error_class else None,
    }


def _meaning(one: PastAttempt) -> str:
    name = " ".join(part for part in (_code(one), one.error_name) if part)
    return f"{name}: {one.error_text}" if name and one.error_text else name


def _code(one: PastAttempt) -> str | None:
    return f"0x{one.attempt.hresult & 0xFFFFFFFF:08X}" if one.attempt.hresult else None


def _source(trouble: Trouble) -> str:
    source = {key: value for key, value in (trouble.scan_source or {}).items() if value not in (None, "", [], {})}
    return f", source: {_value(source)}" if source else ""


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_value(item) for item in value)
    return str(value)


def _who(trouble: Trouble) -> str:
    return trouble.ticket.device or trouble.ticket.about or "the fleet"


def _when(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
