# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules that are not ours cannot tell a lab's PCs from real ones."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.operator import ROOT, Operator
from tests.e2e.fleets import IGNORED, UPDATES, catalogue, pc


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
def test_win_ping_unmodified_succeeds_on_every_pc_that_is_on(tmp_path: Path, transport: str) -> None:
    lab = Operator.start(tmp_path, ROOT / "lab" / "fleets" / "demo.yml", transport=transport)
    try:
        command = [str(Path(sys.executable).parent / "ansible"), "all", "-i", str(lab.inventory), "--one-line"]
        done = subprocess.run(
            [*command, "-m", "ansible.windows.win_ping"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=lab.variables() | {"ANSIBLE_STDOUT_CALLBACK": "default", "ANSIBLE_LOAD_CALLBACK_PLUGINS": "0"},
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        on = {device["name"] for device in lab.remote.get("/devices") if device["answering"]}
    finally:
        lab.stop()
    answered = set(re.findall(r"^(\S+) \| SUCCESS => .*pong", done.stdout, re.MULTILINE))
    assert answered == on, done.stdout + done.stderr
    assert len(on) == 22


def test_win_updates_unmodified_installs_what_it_selects_and_its_worker_waits_all_the_while(
    lab_of: Callable[..., Operator],
) -> None:
    broken = [{"kind": "fail_update", "update": "KB9000002", "hresult": "0x80070643", "count": 1}]
    lab = lab_of([pc(faults=broken)], start="2026-11-23T16:00:00+00:00", catalogue=catalogue(*UPDATES, IGNORED[1]))
    command = [str(Path(sys.executable).parent / "ansible"), "all", "-i", str(lab.inventory), "--one-line"]
    command += ["-m", "ansible.windows.win_updates", "-a"]
    options = {"ANSIBLE_STDOUT_CALLBACK": "default", "ANSIBLE_LOAD_CALLBACK_PLUGINS": "0"}

    def play(arguments: str) -> str:
        done = subprocess.run(
            [*command, arguments],
            capture_output=True,
            text=True,
            cwd=lab.folder,
            env=lab.variables() | options,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr

    chosen = "category_names=Updates reject_list=KB9000003,KB9000009"
    searched = play(f"{chosen} state=searched")
    assert '"found_update_count": 2' in searched, searched[:3000]
    assert lab.installed("pc-001") == []
    assert '"failure_hresult_code": 2147944003' in play(chosen), "0x80070643"
    assert lab.installed("pc-001") == ["KB9000001"]
    assert '"installed_update_count": 1' in play(chosen)
    assert set(lab.installed("pc-001")) == {"KB9000001", "KB9000002"}
    assert lab.now() > "2026-11-23T16:08", "it waited for three searches of two minutes, and for what it installed"
