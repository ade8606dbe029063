# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nine days of sixty devices under each preset: what really happened keeps to every sentence of the policy.

They lie round a Patch Tuesday, and for msp round a clock change too. ``make weeks`` simulates the whole months.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tests.weeks.checker.judge import CHECKS, violations
from tests.weeks.month import simulate
from tests.weeks.world import make

DAYS = 9
# The first day and the seed: an even one is patrolled every half hour, in an odd one patrols stay for hours.
SPANS = {
    "campus": (date(2026, 11, 7), 1),
    "helpdesk": (date(2026, 11, 7), 2),
    "msp": (date(2027, 3, 7), 1),  # the clock changes on the 14th
    "enterprise": (date(2026, 11, 7), 2),
}


@pytest.mark.parametrize("preset", CHECKS)
def test_nine_days_break_no_sentence(preset: str) -> None:
    first, seed = SPANS[preset]
    evidence = simulate(make(preset, seed, first, DAYS))
    happened = Counter(event.what for event in evidence.events)
    assert len(evidence.devices) == 60
    assert happened["install_finished"] > 50, "something was there to be judged"
    assert happened["install_failed"] > 3
    assert evidence.tickets
    assert [str(one) for one in violations(evidence)] == []
