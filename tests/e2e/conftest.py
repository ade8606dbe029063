# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lab of its own for a test, and stock ansible-playbook to patrol it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Run:
    """How an ansible-playbook run ended and what it printed."""

    code: int
    out: str
    err: str

    def ok(self) -> Run:
        assert self.code == 0, f"exit {self.code}\n{self.out}\n{self.err}"
        return self


@dataclass(frozen=True)
class Lab:
    """A running lab: its inventory, its clock, its truth."""

    folder: Path
    control: str
    token: str

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory"

    @property
    def ledger(self) -> str:
        return f"sqlite:///{self.folder / 'ledger.sqlite'}"

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            self.control + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Lab-Token": self.token, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def now(self) -> str:
        return str(self.call("GET", "/clock")["now"])

    def advance_to(self, instant: str) -> None:
        self.call("POST", "/clock/advance", {"to": instant})

    def truth(self, device: str | None = None) -> list[dict[str, Any]]:
        answer = self.call("GET", "/truth" + (f"?device={device}" if device else ""))
        return list(answer["events"])

    def events(self, kind: str, device: str | None = None) -> list[dict[str, Any]]:
        return [event for event in self.truth(device) if event["kind"] == kind]

    def environment(self, **more: str) -> dict[str, str]:
        plain = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        return {
            **plain,
            "ANSIBLE_STDOUT_CALLBACK": "nightshift.fleet.patrol",
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            **more,
        }

    def command(self, playbook: str, *arguments: str, **variables: str) -> list[str]:
        given = {"nightshift_ledger": self.ledger, **variables}
        extra = [part for key, value in given.items() for part in ("-e", f"{key}={value}")]
        return [
            str(BIN / "ansible-playbook"),
            f"nightshift.fleet.{playbook}",
            "-i",
            str(self.inventory),
            *extra,
            *arguments,
        ]

    def play(self, playbook: str, *arguments: str, **variables: str) -> Run:
        done = subprocess.run(
            self.command(playbook, *arguments, **variables),
            capture_output=True,
            text=True,
            timeout=300,
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def patrol(self, *arguments: str, **variables: str) -> Run:
        return self.play("patrol", *arguments, **variables)


def start_lab(folder: Path, fleet: Mapping[str, Any] | Path, policy: Mapping[str, Any], start: str) -> tuple[Lab, int]:
    """Start a lab with a frozen clock; return it and the pid of its process."""
    if isinstance(fleet, Path):
        fleet_file = fleet
    else:
        fleet_file = folder / "fleet.yml"
        fleet_file.write_text(yaml.safe_dump(dict(fleet)), encoding="utf-8")
    command = [sys.executable, "-m", "lab", "up", "--fleet", str(fleet_file), "--dir", str(folder / "lab")]
    subprocess.run([*command, "--start", start, "--rate", "0", "--background"], cwd=ROOT, check=True, timeout=60)
    state = json.loads((folder / "lab" / "lab.json").read_text(encoding="utf-8"))
    for group, value in policy.items():
        file = folder / "lab" / "inventory" / "group_vars" / group / "policy.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump({"nightshift_policy": value}), encoding="utf-8")
    return Lab(folder / "lab", state["control"], state["token"]), int(state["pid"])


HELPDESK = ROOT / "inventories" / "helpdesk" / "group_vars"


def helpdesk_policy() -> dict[str, Any]:
    """Return the preset's own policies by group, as its files say them."""
    found = {}
    for file in sorted(HELPDESK.rglob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        if "nightshift_policy" in content:
            group = file.parent.name if file.parent != HELPDESK else file.stem
            found[group] = content["nightshift_policy"]
    return found


@pytest.fixture
def lab_of(tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    """Start labs for a test; they end with it."""
    pids: list[int] = []

    def start(
        devices: Sequence[Mapping[str, Any]] | Path,
        start: str = "2026-11-23T15:00:00+00:00",
        policy: Mapping[str, Any] | None = None,
        **fleet: Any,
    ) -> Lab:
        folder = tmp_path / f"lab{len(pids)}"
        folder.mkdir()
        content = devices if isinstance(devices, Path) else {"devices": list(devices), **fleet}
        lab, pid = start_lab(folder, content, helpdesk_policy() if policy is None else policy, start)
        pids.append(pid)
        return lab

    yield start
    for pid in pids:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
