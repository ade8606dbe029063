# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which ticket system is told of which device."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ..ledger.values import Ticket
from .destination import Destination


@dataclass(frozen=True, slots=True)
class Routes:
    """``devices``: the destination of each device of this run. ``fleet``: that of tickets about no single device.

    What is routed nowhere stays in the outbox.
    """

    devices: Mapping[str, Destination] = field(default_factory=dict)
    fleet: Destination | None = None

    def of(self, ticket: Ticket) -> Destination | None:
        """Return where a ticket goes, None for nowhere in this run."""
        return self.fleet if ticket.device is None else self.devices.get(ticket.device)

    def only(self, names: Collection[str]) -> Routes:
        """Return the routes to some destinations, by their names."""
        fleet = self.fleet if self.fleet is not None and self.fleet.name in names else None
        return Routes({device: one for device, one in self.devices.items() if one.name in names}, fleet)

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Every destination once, by name."""
        named = {one.name: one for one in (*self.devices.values(), *([self.fleet] if self.fleet else []))}
        return tuple(named[name] for name in sorted(named))
