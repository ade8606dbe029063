# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An operator at a lab: starts one, plays the collection's playbooks against it, reads what really happened.

For the demo, the end-to-end tests and the benchmarks; nothing here is a double of anything.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml

from . import background
from .remote import Remote

ROOT = Path(__file__).resolve().parent.parent
HELPDESK = ROOT / "inventories" / "helpdesk" / "group_vars"


@dataclass(frozen=True, slots=True)
class Run:
    """How an ansible-playbook run ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.out + self.err

    def ok(self) -> Run:
        """Return itself. Raises AssertionError with all that was printed when the exit code is not 0."""
        if self.code != 0:
            raise AssertionError(f"exit {self.code}\n{self.said}")
        return self


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody with ansible-playbook (of this Python's environment) and the inventory of a lab."""

    remote: Remote
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    launch: ClassVar[background.Launch] = staticmethod(background.launch)

    @classmethod
    def start(
        cls,
        folder: Path,
        fleet: Path | Mapping[str, Any],
        *,
        start: str | None = None,
        rate: float = 0,
        transport: str = "basic",
    ) -> Operator:
        """Start a lab below ``folder``; with ``rate`` 0 its clock stands still until it is moved. Raises LabGone."""
        if isinstance(fleet, Path):
            fleet_file = fleet
        else:
            fleet_file = folder / "fleet.yml"
            fleet_file.write_text(yaml.safe_dump(dict(fleet)), encoding="utf-8")
        place = (folder / "lab").resolve()
        arguments = ["--fleet", str(fleet_file.resolve()), "--dir", str(place)]
        arguments += ["--rate", str(rate), "--transport", transport, *(["--start", start] if start else [])]
        background.up(place, arguments, cwd=ROOT, launch=cls.launch)
        return cls(Remote.of(folder / "lab"), folder)

    def stop(self) -> None:
        """Stop the lab."""
        background.down(self.folder / "lab")

    @property
    def inventory(self) -> Path:
        """The file to give to ``-i``."""
        return Path(self.remote.state.inventory)

    @property
    def ledger(self) -> Path:
        """The ledger's file, beside the inventory as by default."""
        return self.inventory.parent / ".nightshift" / "ledger.sqlite"

    def adopt(self, policies: Mapping[str, Mapping[str, Any]]) -> None:
        """Give groups their policies: name of the group to the content of ``nightshift_policy``."""
        for group, value in policies.items():
            file = self.inventory.parent / "group_vars" / group / "policy.yml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(yaml.safe_dump({"nightshift_policy": dict(value)}), encoding="utf-8")

    def command(self, playbook: str, *arguments: str, **variables: str) -> list[str]:
        """Return the command line; ``variables`` become ``-e``."""
        extra = [part for key, value in variables.items() for part in ("-e", f"{key}={value}")]
        program = str(Path(sys.executable).parent / "ansible-playbook")
        return [program, f"nightshift.fleet.{playbook}", "-i", str(self.inventory), *extra, *arguments]

    def variables(self) -> dict[str, str]:
        """Return the environment of a run: no ANSIBLE_ setting of the surroundings has a say."""
        plain = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        ours = {
            "ANSIBLE_STDOUT_CALLBACK": "nightshift.fleet.patrol",
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "ANSIBLE_HOME": str(self.folder / "ansible"),
        }
        return {**plain, **ours, **self.environment}

    def play(self, playbook: str, *arguments: str, **variables: str) -> Run:
        """Play a playbook of the collection to its end and return how it went."""
        done = subprocess.run(
            self.command(playbook, *arguments, **variables),
            capture_output=True,
            text=True,
            timeout=600,
            cwd=self.folder,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def patrol(self, *arguments: str, **variables: str) -> Run:
        """Play the patrol."""
        return self.play("patrol", *arguments, **variables)

    def now(self) -> str:
        """Return the lab's present instant."""
        return str(self.remote.get("/clock")["now"])

    def advance_to(self, instant: str) -> None:
        """Move the lab's clock."""
        self.remote.post("/clock/advance", {"to": instant})

    def truth(self, device: str | None = None) -> list[dict[str, Any]]:
        """Return what really happened, on one device or on all."""
        return list(self.remote.get("/truth" + (f"?device={device}" if device else "")))

    def events(self, what: str, device: str | None = None) -> list[dict[str, Any]]:
        """Return what happened of one kind."""
        return [event for event in self.truth(device) if event["what"] == what]

    def installed(self, device: str) -> list[str]:
        """Return the KBs that really went onto a device, in order."""
        return [event["kb"] for event in self.events("install_finished", device)]


def helpdesk_policies() -> dict[str, Any]:
    """Return the helpdesk preset's policies by group, as its files say them."""
    found = {}
    for file in sorted(HELPDESK.rglob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        if "nightshift_policy" in content:
            found[file.stem if file.parent == HELPDESK else file.parent.name] = content["nightshift_policy"]
    return found
