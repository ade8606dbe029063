# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``make test`` runs of a long list of cases; ``make test-slow`` runs the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def some(cases: Iterable[Any], *quick: int) -> list[Any]:
    """Return the cases for ``parametrize``; those whose positions are not in ``quick`` are slow."""
    listed = list(cases)
    chosen = {position % len(listed) for position in quick}
    return [one if at in chosen else pytest.param(one, marks=pytest.mark.slow) for at, one in enumerate(listed)]
