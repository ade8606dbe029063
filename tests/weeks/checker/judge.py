# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door of the checker: evidence in, broken sentences out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from . import campus, enterprise, helpdesk, msp
from .evidence import Evidence, Violation
from .timeline import Timeline, timelines

Check = Callable[[dict[str, Timeline], Evidence], Iterator[Violation]]
CHECKS: Mapping[str, Check] = {
    "campus": campus.check,
    "enterprise": enterprise.check,
    "helpdesk": helpdesk.check,
    "msp": msp.check,
}


def violations(evidence: Evidence) -> list[Violation]:
    """Return every broken sentence of a month, by time."""
    found = CHECKS[evidence.preset](timelines(evidence), evidence)
    return sorted(found, key=lambda one: (one.at, one.device, one.sentence))
