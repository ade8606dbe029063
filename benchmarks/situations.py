# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a fleet owes when a patrol comes, and a lab, an inventory and a ledger in which that is so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.values import Standing
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.fingerprint import fingerprint
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy

from benchmarks.fleets import WANTED, fleet, policies
from lab.operator import Operator

INSTALL_MINUTES = 10.0


class Situation(Enum):
    """What a fleet owes. NOTHING and FEW are one round, SCAN and TUESDAY a patrol until every device has settled."""

    NOTHING = "nothing"  # every device has settled until tomorrow
    FEW = "few"  # a share of the devices answers and is due; the others have settled
    SCAN = "scan"  # every device is searched, and lacks nothing that its policy wants
    TUESDAY = "tuesday"  # every device lacks three updates and may install them

    def due(self, devices: int, share: float) -> int:
        """Return how many of ``devices`` are asked; ``share`` is that of FEW."""
        return {Situation.NOTHING: 0, Situation.FEW: max(1, round(devices * share))}.get(self, devices)

    @property
    def one_round(self) -> bool:
        """Whether one round is all that is measured."""
        return self in (Situation.NOTHING, Situation.FEW)


@dataclass(frozen=True, slots=True)
class Site:
    """A lab whose devices are due, and an inventory and a ledger (its URL) that know ``settled`` ones beside them."""

    operator: Operator
    situation: Situation
    ledger: str
    due: tuple[str, ...]
    settled: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The whole fleet, in the order of its names."""
        return sorted((*self.due, *self.settled))

    def finished(self) -> int:
        """Return how many of the devices that are due have really got what they were due."""
        if self.situation is Situation.TUESDAY:
            return len(self.operator.events("install_finished")) // WANTED
        return len({event["device"] for event in self.operator.events("search_finished")})


@contextmanager
def site(situation: Situation, folder: Path, devices: int, share: float, ledger: str | None) -> Iterator[Site]:
    """Have a fleet in a situation; its lab ends with the block. ``ledger``: URL of an empty one, by default SQLite."""
    folder.mkdir()
    due = situation.due(devices, share)
    lacking = 0 if situation is Situation.SCAN else WANTED
    wanted = policies()
    operator = Operator.start(folder, fleet(max(due, 1), 0, INSTALL_MINUTES, lacking), rate=0)  # no lab is empty
    try:
        operator.adopt(wanted)
        here = operator.inventory.parent
        made = Site(
            operator,
            situation,
            ledger or f"sqlite:///{here / '.nightshift' / 'ledger.sqlite'}",
            tuple(one["name"] for one in operator.remote.get("/devices"))[:due],
            tuple(f"settled-{number:05d}" for number in range(devices - due)),
        )
        if made.settled:
            _settle(made)
        yield made
    finally:
        operator.stop()


def _settle(made: Site) -> None:
    hosts = {
        name: {"ansible_host": f"127.{200 + n // 62500}.{n // 250 % 250}.{n % 250}"}
        for n, name in enumerate(made.settled)
    }
    inventory = made.operator.inventory.parent / "settled.yml"
    inventory.write_text(yaml.safe_dump({"desktops": {"hosts": hosts}}), encoding="utf-8")
    wanted = policies()
    policy = load_policy([Layer(name, wanted[name]) for name in ("all", "desktops")]).policy
    now = datetime.fromisoformat(made.operator.now())
    standing = Standing(now, now + timedelta(days=1), fingerprint(policy), "settled", "nothing to do")
    with open_ledger(made.ledger).begin() as tx:
        tx.enrol([Device(name) for name in made.settled], now)
        for name in made.settled:
            tx.record_standing(name, standing)
