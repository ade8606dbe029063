# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Four weeks of sixty devices under each preset: what really happened keeps to every sentence of the policy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.weeks.checker.judge import CHECKS, violations
from tests.weeks.month import simulate

SEED = 1


@pytest.mark.parametrize("preset", CHECKS)
def test_four_weeks_break_no_sentence(preset: str, tmp_path: Path) -> None:
    evidence = simulate(preset, SEED, tmp_path)
    happened = Counter(event.what for event in evidence.events)
    assert len(evidence.devices) == 60
    assert happened["install_finished"] > 200, "something was there to be judged"
    assert happened["install_failed"] > 5
    assert evidence.tickets
    assert [str(one) for one in violations(evidence)] == []
