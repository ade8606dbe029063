# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How severe an update is, and who says so.

WUA leaves the severity of most monthly cumulative updates empty. They must neither be skipped by a
plain filter nor be counted as Low, so every rating carries its source (helpdesk 3; enterprise 2).
The security update guide rates what they mend, once it is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .fleet import Advice
from .model import Severity, SeveritySource, Update
from .policy import Policy
from .priority import exploited_advice
from .vendors import AGENT, rating

#: Most severe first. ``OTHER`` stands last because it says nothing, not because it is less than ``LOW``.
RANK = (Severity.CRITICAL, Severity.IMPORTANT, Severity.MODERATE, Severity.LOW, Severity.OTHER)


def most_severe(ratings: Iterable[Severity]) -> Severity | None:
    """Return the most severe of ``ratings``, or None when there is none."""
    return min(ratings, key=RANK.index, default=None)


def effective_severity(update: Update, policy: Policy, advice: Mapping[str, Advice]) -> tuple[Severity, SeveritySource]:
    """Return the rating that counts for ``update`` and where it comes from, strongest source first.

    1. an override of the policy, for the update's id or else for one of its KBs;
    2. for another vendor or product the policy's rating; ``critical`` where ``advice`` says that it is being exploited;
    3. what WUA gave, when it gave one of the four ratings, or what ``advice`` (by KB) says: the more severe one;
    4. the policy's rating for one of the update's categories;
    5. none: ``OTHER``.

    Where several KBs or categories have a rating, the most severe one counts.
    """
    rules = policy.severity
    override = rules.overrides.get(update.id) or most_severe(
        rules.overrides[kb] for kb in update.kbs if kb in rules.overrides
    )
    if override is not None:
        return override, SeveritySource.OVERRIDE
    rated = rating(update, policy.vendors)
    if rated is not Severity.CRITICAL and update.provider != AGENT and exploited_advice(update, advice):
        return Severity.CRITICAL, SeveritySource.KEV
    if rated is not None:
        return rated, SeveritySource.OVERRIDE
    given = update.severity if update.severity is not Severity.OTHER else None
    said = (advice[kb].severity for kb in update.kbs if kb in advice)
    advised = most_severe(one for one in said if one is not None and one is not Severity.OTHER)
    if advised is not None and (given is None or RANK.index(advised) < RANK.index(given)):
        return advised, SeveritySource.MSRC
    if given is not None:
        return given, SeveritySource.WUA
    inferred = most_severe(rules.infer[name] for name in update.categories if name in rules.infer)
    if inferred is not None:
        return inferred, SeveritySource.INFERRED
    return Severity.OTHER, SeveritySource.NONE
