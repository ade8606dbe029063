# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A reference PC of the lab under Sysprep: it goes off generalised, or stays on and says why."""

from __future__ import annotations

from typing import Any

import pytest

from lab.device import cloning
from lab.truth import What
from tests.unit.lab.device.benches import Bench, bench

UNATTEND = "C:\\clone.xml"


def reference(**more: Any) -> Bench:
    return bench(files={UNATTEND: "<unattend/>"}, domain="", **more)


def check(pc: Bench) -> dict[str, Any]:
    told: dict[str, Any] = pc.call("nightshift.fleet.win_sysprep_check", unattend=UNATTEND)["sysprep"]
    return told


def test_a_pc_that_was_generalised_is_off_and_sets_itself_up_at_its_next_start() -> None:
    pc = reference()
    before = pc.pc.identity.machine_sid
    assert pc.call("nightshift.fleet.win_sysprep", unattend=UNATTEND)["started"]
    assert pc.call("nightshift.fleet.win_sysprep", unattend=UNATTEND)["msg"] == "Sysprep runs already"
    pc.clock.advance(600)
    assert not pc.pc.answering()
    assert pc.pc.sysprep.generalised
    pc.pc.power(True)
    pc.clock.advance(600)
    assert pc.pc.answering()
    assert pc.pc.identity.machine_sid != before
    assert check(pc)["image_state"] == "IMAGE_STATE_COMPLETE"
    assert check(pc)["rearm_left"] == 999


@pytest.mark.parametrize(
    ("unready", "word"),
    [({"appx": ["Contoso.Notes"]}, "Contoso.Notes"), ({"bitlocker": True}, "BitLocker"), ({"rearm_left": 0}, "rearm")],
)
def test_sysprep_gives_up_where_the_real_one_does_and_the_pc_stays_on(unready: dict[str, Any], word: str) -> None:
    pc = reference(sysprep=unready)
    pc.call("nightshift.fleet.win_sysprep", unattend=UNATTEND)
    pc.clock.advance(600)
    assert pc.pc.answering()
    assert word in check(pc)["errors"][-1]
    assert not pc.happened(What.GENERALISED)


def test_what_was_captured_before_sysprep_makes_twins_and_after_it_does_not() -> None:
    pc = reference()
    assert not cloning.capture(pc.pc, "early").generalised
    pc.call("nightshift.fleet.win_sysprep", unattend=UNATTEND)
    pc.clock.advance(600)
    pc.pc.settle()
    assert cloning.capture(pc.pc, "late").generalised


def test_a_power_cut_in_the_middle_leaves_a_pc_that_is_not_generalised() -> None:
    pc = reference()
    pc.call("nightshift.fleet.win_sysprep", unattend=UNATTEND)
    pc.clock.advance(30)
    pc.pc.settle()
    pc.pc.power_fails(60)
    pc.clock.advance(600)
    assert pc.pc.answering()
    assert not pc.pc.sysprep.generalised
    assert not check(pc)["errors"]
