# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lab of its own for each test, and stock ansible-playbook to patrol it.

It is forked from a process that has loaded Ansible and the collection, which saves more than half of a short run; the
tests that start one themselves, molecule and the demo run it as a shell does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab.operator import Operator, helpdesk_policies
from tests.e2e.forking import ForkingOperator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest ones first: the last of them ends when the others have been shared out."""
    items.sort(key=lambda item: not item.path.stem.endswith("killed"))


@pytest.fixture
def lab_of(tmp_path: Path) -> Iterator[Callable[..., Operator]]:
    """Start labs with a frozen clock and, unless told otherwise, the helpdesk preset; they end with the test."""
    running: list[Operator] = []

    def start(
        devices: Sequence[Mapping[str, Any]],
        start: str,
        policy: Mapping[str, Any] | None = None,
        **fleet: Any,
    ) -> Operator:
        folder = tmp_path / f"lab{len(running)}"
        folder.mkdir()
        operator = ForkingOperator.start(
            folder, {"zone": "Europe/London", "devices": list(devices), **fleet}, start=start
        )
        running.append(operator)
        operator.adopt(helpdesk_policies() if policy is None else policy)
        return operator

    yield start
    for operator in running:
        operator.stop()
