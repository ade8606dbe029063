# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The small things that every document is made of, checked: texts, ids, instants, addresses.

What is kept of a text can be stored and shown anywhere: no control characters, no halves of characters, no excess.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from ..planner.model import Severity
from .problem import AdvisoryError

TEXT = 400  # characters; the longest title that was seen had 136
ADDRESS = 500
_CVE = re.compile(r"(CVE-\d{4}-\d{4,12}|ADV\d{6,8})", re.ASCII)
_KB = re.compile(r"(?:KB)?(\d{6,8})", re.ASCII)
_KBS = re.compile(r"(?<!\d)\d{6,8}(?!\d)", re.ASCII)
_WINDOWS_BUILD = re.compile(r"(?:10\.0|6\.[0-3])\.(\d{4,5})\.\d{1,6}", re.ASCII)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_RATINGS = {one.value: one for one in Severity if one is not Severity.OTHER}


def shown(value: object) -> str:
    """Return a value as an error names it: on one line, and short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def plain(text: str) -> str:
    """Return ``text`` on one line, without control characters, cut to ``TEXT`` characters."""
    return " ".join(_UNSEEN.sub(" ", text[: 4 * TEXT]).split())[:TEXT]


def cve_of(text: str, where: str) -> str:
    """Return a vulnerability's id. Raises AdvisoryError."""
    found = text.strip()
    if not _CVE.fullmatch(found):
        raise AdvisoryError(f"{where}: {shown(text)} is not the id of a vulnerability, like CVE-2025-62215")
    return found


def kb_of(text: str) -> str | None:
    """Return ``KB5068861`` for the number of a KB, None for anything else (``Click to Run``)."""
    found = _KB.fullmatch(text.strip())
    return f"KB{found[1]}" if found else None


def kbs_in(text: str) -> tuple[str, ...]:
    """Return every KB that a text names, in order, each once."""
    return tuple(dict.fromkeys(f"KB{number}" for number in _KBS.findall(text[:ADDRESS])))


def windows_build(text: str) -> int | None:
    """Return 26100 for ``10.0.26100.7171``; None for versions of anything but Windows."""
    found = _WINDOWS_BUILD.fullmatch(text.strip())
    return int(found[1]) if found else None


def rating(text: str) -> Severity | None:
    """Return one of the four ratings; None for an empty text or any other word."""
    return _RATINGS.get(text.strip().lower())


def address(text: str) -> str:
    """Return a web address that may be shown to people; "" for any other."""
    found = text.strip()
    if len(found) > ADDRESS or not found.isascii() or not found.isprintable() or " " in found:
        return ""
    try:
        parts = urlsplit(found)
        return found if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def instant_of(text: str, where: str) -> datetime:
    """Return an instant; one without a zone is in UTC, as Microsoft writes them. Raises AdvisoryError."""
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise AdvisoryError(f"{where}: {shown(text)} is not an instant, like 2025-12-05T01:36:55") from None


def date_of(text: str, where: str) -> date | None:
    """Return a date; None for an empty text. Raises AdvisoryError."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise AdvisoryError(f"{where}: {shown(text)} is not a date, like 2025-12-03") from None
