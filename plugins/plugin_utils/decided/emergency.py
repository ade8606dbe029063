# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The emergency that an operator declares for a run with ``-e nightshift_emergency=...`` (campus 4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import yaml

from ..planner.fleet import Emergency
from ..policy.problems import refuse
from ..policy.values import duration, set_of, text, update_name
from .problem import DecisionError, Problem
from .rows import Row

VARIABLE = "nightshift_emergency"
KEYS = ("updates", "reason", "authorised_by", "expires")
DEFAULT = timedelta(days=1)
LONGEST = timedelta(days=14)
_REMEDY = 'use a span like 12h or 2d, or an instant with its offset like "2026-11-24T18:00:00+01:00"'


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an operator said. ``expires``: an instant, a span from the declaration on, or None: a day."""

    updates: frozenset[str]
    reason: str
    authorised_by: str
    expires: datetime | timedelta | None = None

    @property
    def id(self) -> str:
        """The declaration's own name: saying the same again, in the next run, is the same emergency."""
        ends = self.expires.isoformat() if isinstance(self.expires, datetime) else str(self.expires)
        said = json.dumps([sorted(self.updates), self.reason, self.authorised_by, ends])
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def at(self, now: datetime) -> Emergency:
        """Return the emergency that is declared at ``now``."""
        ends = self.expires if isinstance(self.expires, datetime) else now + (self.expires or DEFAULT)
        return Emergency(self.updates, self.reason, self.authorised_by, now, ends)


def declaration(raw: object, now: datetime) -> Declaration | None:
    """Read the variable, a mapping or the YAML of one; None when it is not given. Raises DecisionError."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, str):
        with suppress(yaml.YAMLError):
            raw = yaml.safe_load(raw)
    if not isinstance(raw, Mapping):
        remedy = "write {updates: [KB5068861], reason: ..., authorised_by: ...}"
        raise DecisionError([Problem(VARIABLE, 0, "", "", "is not a mapping", remedy)])
    row = Row(VARIABLE, "", 0, {str(key): value for key, value in raw.items()}, {})
    row.only(*KEYS)
    updates = row.need("updates", set_of(update_name), "name the updates, like [KB5068861]")
    if updates is not None and not updates:
        row.refuse("updates", "[]", "names no update", "name the updates, like [KB5068861]")
    reason = row.need("reason", text, "an emergency needs its reason")
    by = row.need("authorised_by", text, "an emergency needs who authorised it")
    expires = row.read("expires", lambda value: _end(value, now))
    if updates is None or reason is None or by is None or row.problems:
        raise DecisionError(row.problems)
    return Declaration(updates, reason, by, expires)


def _end(raw: object, now: datetime) -> datetime | timedelta:
    if isinstance(raw, str) and "-" not in raw:
        return duration(timedelta(minutes=1), LONGEST)(raw)
    try:
        instant = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw))
    except ValueError:
        raise refuse(raw, "is not an end", _REMEDY) from None
    if instant.tzinfo is None:
        raise refuse(str(raw), "has no offset, so it is not an instant", _REMEDY)
    if instant > now + LONGEST:
        raise refuse(str(raw), "is too far away", "use 14 days or less: what lasts longer belongs into the policy")
    return instant
