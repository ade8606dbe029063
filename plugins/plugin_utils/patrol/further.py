# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a device is asked for beside what it lacks: what is installed, its software, and updates of other vendors.

Each only when somebody wants to know: it is not in every answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..ledger import Ledger
from ..planner.fleet import Rollback
from ..planner.model import DeviceState
from ..planner.policy import Policy
from ..planner.vendors import AGENT


def installed_updates(orders: Sequence[Rollback], state: DeviceState) -> Mapping[str, Any]:
    """Return the arguments that ask which updates are installed: while an order stands, once for each search."""
    if not orders:
        return {}
    if state.scan is not None and state.fleet.installed_listed == state.scan.id:
        return {"installed": True}
    return {"installed": True, "known_scan": ""}


def providers(policy: Policy) -> Mapping[str, Any]:
    """Return the argument that names who is asked for updates; none where the update agent is all."""
    return {"providers": [AGENT, *policy.vendors.providers]} if policy.vendors.providers else {}


def software(ledger: Ledger, device: str) -> Mapping[str, Any]:
    """Return the arguments that ask for the software of a device, with each search (enterprise 1)."""
    with ledger.read() as tx:
        return {"software": True, "known_software": tx.software.digest(device)}


def mark(orders: Sequence[Rollback]) -> str:
    """Return a name of the orders that stand, "" for none: a device that went by others is asked anew."""
    if not orders:
        return ""
    text = "\n".join(f"{one.update} {one.ordered_at.isoformat()} {one.at_once}" for one in orders)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
