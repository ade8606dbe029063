# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules that are not ours cannot tell a lab's PCs from real ones."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab.operator import ROOT, Operator


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
