# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module sends to a device. Each ask of a patrol sends it whole, comments and all, in base64."""

from __future__ import annotations

import pytest

from tests.unit.powershell.powershell_source import MODULES, reach_of

SENT = {path.stem: {path, *reach_of(path)} for path in MODULES}


@pytest.mark.parametrize(
    ("module", "most"),
    [
        ("win_patch_scan", 133_000),
        ("win_patch_report", 43_000),
        ("win_patch_apply", 114_000),
        ("win_patch_restart", 40_000),
        ("win_seat_check", 45_000),
        ("win_image_marker", 17_000),
        ("win_sysprep_check", 58_000),
        ("win_sysprep", 48_000),
        ("win_wake_call", 17_500),
    ],
)
def test_what_a_module_sends_keeps_within_its_weight(module: str, most: int) -> None:
    weights = {path.name: path.stat().st_size for path in SENT[module]}
    assert sum(weights.values()) <= most, weights


@pytest.mark.parametrize(
    ("module", "util"),
    [
        ("win_patch_scan", "_ChangeJob"),
        ("win_patch_apply", "_Software"),
        ("win_patch_restart", "_VendorPackage"),
        ("win_patch_scan", "_RestartCommand"),
        ("win_patch_report", "_DeviceJob"),
        ("win_patch_report", "_UpdateError"),
        ("win_patch_apply", "_SearchJob"),
        ("win_patch_restart", "_UpdateError"),
    ],
)
def test_a_module_sends_nothing_that_only_another_one_needs(module: str, util: str) -> None:
    assert f"{util}.psm1" not in {path.name for path in SENT[module]}
