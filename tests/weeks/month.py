# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One month, from seed to evidence."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Signal

from lab.catalogue import Kit
from lab.device.offered import OfferedService

from .checker.evidence import ApprovalFacts, DeviceFacts, EmergencyFacts, Event, Evidence, ExceptionFacts, TicketFacts
from .patroller import Month, Patroller
from .world import World

MEMORY = Path("/dev/shm")  # a month writes its ledger some ten thousand times and keeps nothing


def simulate(world: World) -> Evidence:
    """Patrol a world to its end and return what happened."""
    with TemporaryDirectory(prefix="weeks-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        patroller = Patroller(world, Path(folder))
        shipped = {}
        for name, pc in patroller.pcs.items():
            assert isinstance(pc.service, OfferedService)
            shipped[name] = pc.service.present()
        return evidence_of(patroller.run(), shipped)


def evidence_of(month: Month, shipped: dict[str, frozenset[str]]) -> Evidence:
    """Return the truth in the checker's own values."""
    world: World = month.world
    calls: Counter[str] = Counter()
    for (device, _module), count in month.truth.calls.items():
        calls[device] += count
    return Evidence(
        preset=world.preset,
        zone=world.setting.zone,
        begins=world.begins,
        ends=world.ends,
        devices={
            spec.name: DeviceFacts(
                spec.name,
                spec.device_class,
                Kit(spec.product, spec.model, spec.features),
                shipped[spec.name],
                spec.managed,
                spec.ring or "",
                spec.criticality or "",
                spec.unit or "",
            )
            for spec in world.fleet.devices
        },
        events=[Event(h.at, h.device, h.what.value, h.update, h.detail) for h in month.truth.happenings()],
        catalogue=world.fleet.catalogue,
        calls=calls,
        tickets=[
            TicketFacts(
                ticket.device or "",
                ticket.update_id or "",
                ticket.raised_at,
                ticket.closed_at,
            )
            for ticket in month.tickets
            if ticket.signal is Signal.UPDATE_FAILED
        ],
        approvals=[ApprovalFacts(one.update, one.verb, one.on) for one in world.decisions],
        exceptions=[ExceptionFacts(one.device, one.scope, one.until, one.update) for one in world.exempted],
        emergencies=[EmergencyFacts(one.update, one.on, one.until) for one in [world.emergency] if one is not None],
        cuts=month.cuts,
        nights=month.nights,
    )
