# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads ``nightshift_cloning.run`` and what an image must show on a seat."""

from __future__ import annotations

import re
from datetime import timedelta

from ..cloning.reading import listed, mapping, word
from ..policy.problems import refuse
from ..policy.values import duration, never_or, one_of, sentence, text, truth, whole
from .rules import ImageFile, Presence, RunRules, Unreachable

_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_RATE = re.compile(r"(\d+)\s*([kmg]?)", re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_BUILD = re.compile(r"(\d{4,6})\.(\d{1,6})")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIMES = {"boot": "boot", "stall": "stall", "transfer": "job", "settle": "settle"}


def run_rules(raw: object) -> RunRules:
    """Read the value of ``run``. Raises Refused."""
    minutes = duration(timedelta(minutes=1), _DAY)
    readers = {
        "on_unreachable": one_of(Unreachable),
        "users": one_of(Presence),
        "idle": never_or(minutes),
        "sentinels": listed("seats", word),
        "wave": whole(1, 500),
        "retries": whole(0, 10),
        "together": whole(1, 50),
        "bitrate": bits,
        "timeouts": mapping("timeouts", dict.fromkeys(_TIMES, minutes)),
        "ratio": ratio,
        "announce": sentence("room"),
        "notice": text,
        "never": listed("seats", word),
        "domain": domain,
        "activated": truth,
        "patch": truth,
        "poll": duration(_SECOND, timedelta(minutes=10)),
        "guard": duration(timedelta(), _DAY),
    }
    found = mapping("run", readers)(raw)
    found |= {_TIMES[name]: value for name, value in found.pop("timeouts", {}).items()}
    found |= {name: frozenset(found[name]) for name in ("sentinels", "never") if name in found}
    return RunRules(**found)


def domain(raw: object) -> str:
    """Read the name of a domain, or "" for none. Raises Refused."""
    return "" if raw == "" else word(raw)


def build(raw: object) -> tuple[int, int]:
    """Read a build of Windows with its revision, as ``26100.4061``. Raises Refused."""
    found = _BUILD.fullmatch(str(raw).strip())
    if not found:
        raise refuse(raw, "is not a build of Windows", "write build and revision in quotes, as '26100.4061'")
    return int(found[1]), int(found[2])


def bits(raw: object) -> int:
    """Read a rate in bits per second, as ``100m`` or a number. Raises Refused."""
    found = _RATE.fullmatch(str(raw).strip()) if not isinstance(raw, bool) else None
    if not found or int(found[1]) == 0:
        raise refuse(raw, "is not a rate", "write bits per second, as 100m or 40000000")
    return int(found[1]) * _UNITS[found[2].lower()]


def ratio(raw: object) -> float:
    """Read a part of a whole: more than 0, at most 1. Raises Refused."""
    try:
        value = float(raw) if isinstance(raw, (int, float, str)) and not isinstance(raw, bool) else 0.0
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise refuse(raw, "is not a part of the seats", "use a number above 0 and up to 1, like 0.9")
    return value


def sha256(raw: object) -> str:
    """Read a SHA-256 in hexadecimal digits. Raises Refused."""
    found = str(raw).strip().lower()
    if not _SHA256.fullmatch(found):
        raise refuse(raw, "is not a SHA-256", "write its 64 hexadecimal digits, in quotes")
    return found


def image_file(raw: object) -> ImageFile:
    """Read a file that an image has. Raises Refused."""
    readers = {"path": word, "sha256": sha256}
    return ImageFile(**mapping("a file", readers, needed=tuple(readers))(raw))
