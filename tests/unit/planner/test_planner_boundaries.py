# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the planner refuses, imports and costs."""

from __future__ import annotations

import ast
import sys
import time as clock
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils import planner
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import UpdateState
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import plan
from planner_scenes import DESKTOP, HOUR, MONDAY, at, failure, helpdesk, state, updates

FOLDER = Path(planner.__file__).parent


def test_a_naive_now_is_refused():
    with pytest.raises(ValueError, match="2026-11-23T16:00:00 has no time zone"):
        plan(DESKTOP, helpdesk(), state(at("mon 09:00")), MONDAY + 16 * HOUR)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_the_planner_imports_only_the_standard_library_and_its_own_folder(path):
    """The one exception, for recurrence rules, is named in the package's own text."""
    allowed = {"dateutil"} if path.name == "recurrence.py" else set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = {(node.module or "").split(".")[0]}
        elif isinstance(node, ast.Import):
            names = {name.name.split(".")[0] for name in node.names}
        else:
            names = set()
            assert not isinstance(node, ast.ImportFrom) or node.level == 1
        assert names <= set(sys.stdlib_module_names) | allowed, path.name


def test_a_plan_for_twenty_missing_updates_takes_less_than_two_milliseconds():
    tries = {one.id: UpdateState((failure(one.id, at("mon 02:00")),)) for one in updates(20)}
    known = state(at("mon 09:00"), updates(20), updates=tries)
    policy = helpdesk()
    plan(DESKTOP, policy, known, at("mon 16:00"))

    def once() -> float:
        begin = clock.perf_counter()
        plan(DESKTOP, policy, known, at("mon 16:00"))
        return clock.perf_counter() - begin

    assert min(once() for _ in range(50)) < 0.002
