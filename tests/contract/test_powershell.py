# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The real modules, on a Windows device made of fakes, keep the contract (PowerShell 7: PATH or NIGHTSHIFT_PWSH)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.contract.cases import CASES, ROOT, differences, load, steps

PWSH = os.environ.get("NIGHTSHIFT_PWSH") or shutil.which("pwsh")

if PWSH is None:
    pytest.skip(
        "no pwsh in PATH or NIGHTSHIFT_PWSH: the PowerShell half of the contract is not run", allow_module_level=True
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_powershell_modules_keep_the_contract(path: Path, tmp_path: Path) -> None:
    runner = ROOT / "powershell" / "Invoke-Case.ps1"
    command = [str(PWSH), "-NoLogo", "-NoProfile", "-NonInteractive", "-File", str(runner)]
    command += ["-Case", str(path), "-Repository", str(ROOT.parents[1]), "-Folder", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout.splitlines()[-1])
    case = load(path)
    lines: list[str] = []
    for number, (step, result) in enumerate(zip(steps(case), answer["results"], strict=True), 1):
        if "fails" in step:
            lines += differences({"failed": True, "msg": step["fails"]}, result, f"step {number}")
        elif "module" in step:
            lines += differences(step["result"], result, f"step {number}")
    lines += differences(case.get("truth", {}), answer["truth"], "truth")
    assert not lines, "\n".join(lines)
