# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds the simulated PC that a fleet file describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ..catalogue import Kit
from ..catalogue.read import products
from ..clock import VirtualClock
from ..fleet import DeviceSpec, FleetSpec
from ..fleet_packages import managers
from ..truth import Truth
from .faults import FaultBook
from .offered import OfferedService
from .pc import Habits, SimulatedPC
from .power import PowerPlan, Switching
from .state import Computer, PendingRestart, ScheduledRestart

_LONG_AGO = timedelta(days=3650)


def assemble(
    spec: DeviceSpec, fleet: FleetSpec, clock: VirtualClock, truth: Truth, address: str, user: str, password: str
) -> SimulatedPC:
    """Return the PC as it stands when the lab starts."""
    product = products()[spec.product]
    kit = Kit(spec.product, spec.model, spec.features)
    faults = FaultBook([replace(fault) for fault in spec.faults])
    computer = Computer(
        spec.name.upper(),
        clock.now() - spec.uptime,
        spec.domain,
        product.edition,
        product.version,
        product.build,
        product.first_ubr,
        spec.chassis,
        spec.manufacturer,
        spec.model,
        spec.power,
        spec.battery_percent,
        spec.free_bytes,
    )
    service = OfferedService(
        fleet.catalogue, kit, computer, faults, fleet.pace, fleet.catalogue.shipped(kit, spec.patched_until)
    )
    service.removed |= {
        release.id for kb in spec.without for release in fleet.catalogue.find(kb) if release.id in service.shipped
    }
    computer.ubr = service.ubr()
    pc = SimulatedPC(
        spec.name,
        computer,
        service,
        clock,
        truth,
        address=address,
        user=user,
        password=password,
        plan=PowerPlan((Switching(clock.now() - _LONG_AGO, spec.on), *spec.switchings)),
        faults=faults,
        habits=Habits(fleet.boot_seconds, fleet.restart_seconds, fleet.complete_seconds, skew=spec.skew),
        people=spec.people,
        managers=managers(spec.packages, spec.without_managers),
        disk=spec.disk.disk(),
        identity=spec.disk.identify(spec.name, joined=bool(spec.domain)),
    )
    pc.sysprep = spec.disk.sysprep()
    pc.pending = PendingRestart(**dict.fromkeys(spec.pending, True))
    if spec.foreign_restart is not None:
        pc.restart = ScheduledRestart(spec.foreign_restart, ours=False)
    return pc
