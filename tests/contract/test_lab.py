# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The contract cases of the device modules, held against the lab's simulated PC (tests/contract/README.md)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.device.markers import MarkerTorn, read_marker
from lab.device.packages import Edition, provider_of
from lab.device.pc import SimulatedPC
from lab.device.scripted import ScriptedService
from lab.device.staged import stage
from lab.device.state import JobKind
from lab.endpoint import ModuleCall
from lab.truth import Truth, What
from tests.contract.cases import CASES, differences, load, steps


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_simulated_pc_answers_as_the_case_says(path: Path) -> None:
    """Every step of the case, and the truth at its end."""
    case = load(path)
    truth = Truth()
    pc = stage(case.get("device", {}), truth)
    for number, step in enumerate(steps(case), 1):
        _move(pc, step)
        if "module" in step:
            _hold(pc, step, f"step {number}")
    if "truth" in case:
        problems = differences(case["truth"], _truth(pc, truth), "truth")
        assert not problems, "\n".join(problems)


def test_there_are_cases() -> None:
    """An empty folder must not pass for a kept contract."""
    assert CASES


def _move(pc: SimulatedPC, step: Mapping[str, Any]) -> None:
    for change in step.get("change", ()):
        if provider_of(change["id"]):
            _change_package(pc, change)
            continue
        assert isinstance(pc.service, ScriptedService)
        update = pc.service.updates[change["id"]]
        update.installed = change.get("installed", update.installed)
        update.hidden = change.get("hidden", update.hidden)
    if "advance_seconds" in step:
        pc.clock.advance(step["advance_seconds"])
    if step.get("settle"):
        while (job := pc.jobs.running(*JobKind)) is not None:
            ends = pc.jobs.ends(job)
            assert ends is not None
            pc.clock.advance_to(ends)
            pc.settle()
    if "power_loss_after_seconds" in step:
        pc.clock.advance(step["power_loss_after_seconds"])
        pc.settle()
        pc.power_fails(120.0)
        pc.clock.advance_to(pc.at + timedelta(seconds=120))
    pc.settle()


def _change_package(pc: SimulatedPC, change: Mapping[str, Any]) -> None:
    provider, _colon, name = change["id"].partition(":")
    package = next(one for one in pc.managers[provider].packages if one.id == name)
    package.pinned = change.get("pinned", package.pinned)
    package.running = change.get("running", package.running)
    package.installed = change.get("installed", package.installed)
    if "available" in change:
        package.editions = (Edition(change["available"]),)


def _hold(pc: SimulatedPC, step: Mapping[str, Any], place: str) -> None:
    call = ModuleCall("nightshift.fleet." + step["module"], step.get("arguments", {}), step.get("check_mode", False))
    reply = asyncio.run(pc.run(call))
    answer = json.loads(reply.stdout)
    if "fails" in step:
        assert answer.get("failed") and reply.rc == 1, f"{place}: did not fail: {answer}"
        problems = differences(step["fails"], answer["msg"], f"{place}: msg")
    else:
        assert not answer.get("failed"), f"{place}: failed: {answer['msg']}"
        problems = differences(step["result"], answer, place)
    assert not problems, "\n".join(problems)


def _truth(pc: SimulatedPC, truth: Truth) -> dict[str, Any]:
    tried = [h.update for h in truth.happenings() if h.what in (What.INSTALL_STARTED, What.UNINSTALL_STARTED)]
    restart = pc.restart
    packages = [one for manager in pc.managers.values() for one in manager.packages]
    return {
        "packages": {f"{one.provider}:{one.id}": one.installed for one in packages},
        "installed": sorted(release.id for release in pc.service.find(pc.at).installed),
        "tried": tried,
        "job_folders": sorted(job.id for job in pc.jobs),
        "restart": None
        if restart is None
        else {"scheduled_at": f"{restart.at:%Y-%m-%dT%H:%M:%SZ}", "ours": restart.ours},
        "messages": pc.told,
        "sysprep_started": int(pc.sealed_at is not None),
        "markers": {kind: _marker(pc, kind) for kind in ("image", "run")},
    }


def _marker(pc: SimulatedPC, kind: str) -> dict[str, str] | str | None:
    try:
        return read_marker(pc.disk, kind)
    except MarkerTorn:
        return "torn"
