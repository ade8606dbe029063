# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The contract cases themselves are well formed, and matching them can fail."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.cases import CASES, ROOT, differences, load, steps

CASE_KEYS = {"name", "why", "device", "steps", "truth"}
STEP_KEYS = {
    "module",
    "arguments",
    "check_mode",
    "result",
    "fails",
    "advance_seconds",
    "settle",
    "power_loss_after_seconds",
    "change",
}
DEVICE_KEYS = {
    "now",
    "computer",
    "users",
    "pending",
    "system_info_readable",
    "restart",
    "update_service",
    "update_source",
    "updates",
    "search",
    "last_scan",
    "jobs",
    "managers",
    "packages",
    "programs",
    "seat",
    "sysprep",
}


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_case_uses_only_what_the_readme_describes(path: Path) -> None:
    case = load(path)
    assert case["name"] and case["why"]
    assert set(case["device"]) <= DEVICE_KEYS
    assert set(case) <= CASE_KEYS | (set() if "steps" in case else STEP_KEYS)
    for step in steps(case):
        assert set(step) <= STEP_KEYS | (CASE_KEYS if step is case else set())
        assert ("result" in step) != ("fails" in step) or "module" not in step


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_case_gives_only_arguments_that_the_module_has(path: Path) -> None:
    for step in steps(load(path)):
        if "module" in step:
            assert set(step.get("arguments", {})) <= options_of(step["module"])


@cache
def options_of(module: str) -> frozenset[str]:
    sidecar = ROOT.parents[1] / "plugins" / "modules" / f"{module}.yml"
    return frozenset(yaml.safe_load(sidecar.read_text())["DOCUMENTATION"]["options"])


def test_the_names_of_the_cases_are_all_different() -> None:
    names = [load(path)["name"] for path in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("module", "least"),
    [
        ("win_patch_scan", 12),
        ("win_patch_apply", 14),
        ("win_patch_restart", 8),
        ("win_patch_report", 10),
        ("win_seat_check", 6),
        ("win_image_marker", 9),
        ("win_sysprep_check", 6),
        ("win_sysprep", 5),
        ("win_wake_call", 6),
    ],
)
def test_every_module_has_its_cases(module: str, least: int) -> None:
    assert len([path for path in CASES if path.parent.name == module]) >= least


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": "1"}),
        ({"a": None}, {}),
        ([1], [1, 2]),
        ([1, 2], [2, 1]),
        ({"a": {"$absent": True}}, {"a": None}),
        ({"a": {"$any": True}}, {}),
        ({"a": {"$contains": "x"}}, {"a": "y"}),
        ({"a": {"$contains": "x"}}, {"a": ["y", 1]}),
        ({"$unordered": [1, 1]}, [1, 2]),
        ([], None),
    ],
)
def test_what_differs_does_not_match(expected: Any, actual: Any) -> None:
    assert differences(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": {"$absent": True}}, {}),
        ({"a": {"$any": True}}, {"a": None}),
        ({"a": {"$contains": "X"}}, {"a": ["yxz"]}),
        ({"$unordered": [1, 2]}, [2, 1]),
        ([{"id": "a"}], [{"id": "a", "more": []}]),
    ],
)
def test_what_fits_matches(expected: Any, actual: Any) -> None:
    assert differences(expected, actual) == [], json.dumps(actual)
