# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What devices taught: how long an update takes, and since when the fleet lacks it (msp 3; field notes 4.9).

How long it takes is the 90th percentile of the installations that succeeded: on devices of the same model when there
are ``ENOUGH`` of them, else on all devices when there are. Fewer say nothing, and the policy's default holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ENOUGH = 5  # of fewer samples the slowest one would be the 90th percentile, whatever happened there
_TENTHS = 9


@dataclass(frozen=True, slots=True)
class Sample:
    """One installation that succeeded. ``model`` is empty where nobody knows it."""

    update_id: str
    model: str
    took: timedelta


@dataclass(frozen=True, slots=True)
class Experience:
    """``by_model``: by update id and model. ``overall``: by update id. ``first_seen``: since when any device lacks it.

    ``first_seen`` is by update id too.
    """

    by_model: Mapping[tuple[str, str], timedelta] = field(default_factory=dict)
    overall: Mapping[str, timedelta] = field(default_factory=dict)
    first_seen: Mapping[str, datetime] = field(default_factory=dict)

    def expected(self, update_id: str, model: str) -> timedelta | None:
        """Return how long an update is expected to take on a device of ``model``; None: nobody knows."""
        return self.by_model.get((update_id, model)) or self.overall.get(update_id)


NOTHING_LEARNED = Experience()


def learn(samples: Iterable[Sample], first_seen: Mapping[str, datetime]) -> Experience:
    """Return what ``samples`` teach."""
    by_model: dict[tuple[str, str], list[timedelta]] = defaultdict(list)
    overall: dict[str, list[timedelta]] = defaultdict(list)
    for one in samples:
        overall[one.update_id].append(one.took)
        if one.model:
            by_model[one.update_id, one.model].append(one.took)
    return Experience(
        {key: ninetieth(found) for key, found in by_model.items() if len(found) >= ENOUGH},
        {key: ninetieth(found) for key, found in overall.items() if len(found) >= ENOUGH},
        first_seen,
    )


def ninetieth(lengths: Sequence[timedelta]) -> timedelta:
    """Return the length that nine in ten do not exceed (nearest rank). Raises ValueError for no lengths."""
    if not lengths:
        raise ValueError("a percentile of nothing was asked for; give at least one length")
    rank = -(-len(lengths) * _TENTHS // 10)
    return sorted(lengths)[rank - 1]
