# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One simulated PC, one ledger and a patrol's session, without Ansible between them: turns in milliseconds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.acting import allowed
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.asking import ask
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.contact import NoAnswer
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import Member, Purpose, Session, Word
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy

from lab.clock import VirtualClock
from lab.device.assembly import assemble
from lab.endpoint import ModuleCall
from lab.fleet import parse
from lab.operator import helpdesk_policies
from lab.truth import Truth
from tests.services.ledgers import new_file


@dataclass(frozen=True)
class RigClock:
    """The lab's clock as a patrol's clock."""

    virtual: VirtualClock

    def now(self) -> datetime:
        return self.virtual.now()

    def wait_until(self, instant: datetime) -> RigClock:
        self.virtual.advance_to(instant)
        return self


def new_ledger(folder: Path) -> str:
    """The URL of a rig's ledger; conftest has it in other databases too."""
    path = folder / "ledger.sqlite"
    return f"sqlite:///{path}" if path.exists() else new_file(path)


class Died(Exception):
    """The controller died here."""


@dataclass
class Rig:
    """A PC under the helpdesk policy of its class, or under ``policy``.

    ``dies_at``: the module after whose call the controller dies.
    """

    folder: Path
    device: Mapping[str, Any]
    catalogue: Mapping[str, Any]
    start: str = "2026-11-23T16:00:00+00:00"
    purpose: Purpose = Purpose.PATROL
    rehearsal: bool = False
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    dies_at: str = ""
    answers: bool = True
    silent_at: str = ""
    policy: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        fleet = parse(
            {"zone": "Europe/London", "devices": [dict(self.device)], "catalogue": dict(self.catalogue)}, "rig"
        )
        spec = fleet.devices[0]
        self.clock = VirtualClock(datetime.fromisoformat(self.start), 0)
        self.truth = Truth()
        self.pc = assemble(spec, fleet, self.clock, self.truth, "127.0.0.9", "u", "p")
        policies = helpdesk_policies()
        group = {"desktop": "desktops", "laptop": "laptops"}.get(spec.device_class)
        layers = [Layer(name, policies[name]) for name in ("all", group) if name]
        if self.policy is not None:
            layers = [Layer("rig", self.policy)]
        device = Device(spec.name, spec.device_class)
        now = self.clock.now()
        self.member = Member(device, "127.0.0.9", 5986, "policy")
        self.session = Session(
            patrol="rig",
            purpose=self.purpose,
            rehearsal=self.rehearsal,
            ledger=new_ledger(self.folder),
            clock=RigClock(self.clock),
            opened=now,
            stay_until=now + timedelta(hours=4),
            end_by=now + timedelta(hours=4),
            poll=timedelta(minutes=1),
            members={spec.name: self.member},
            everybody={spec.name: self.member},
            policies={"policy": load_policy(layers)},
        )
        with self.ledger.begin() as tx:
            tx.enrol([device], now)

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.session.ledger)

    def call(self, module: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self.answers or module == self.silent_at:
            raise NoAnswer("no answer")
        self.calls.append((module, arguments))
        request = ModuleCall(f"nightshift.fleet.{module}", dict(arguments), check_mode=self.rehearsal)
        reply = asyncio.run(self.pc.run(request))
        if self.dies_at == module:
            raise Died(module)
        answer: Mapping[str, Any] = json.loads(reply.stdout)
        assert not answer.get("failed"), answer
        return answer

    def ask(self) -> Word:
        """Ask, and do nothing about the answer."""
        return ask(self.session, self.member, self.call)

    def act(self, turn: str = "start") -> Word:
        """Ask, and do what is due of a turn."""
        return ask(self.session, self.member, self.call, allowed([turn]))

    def wait(self, minutes: float) -> None:
        self.clock.advance(minutes * 60)
