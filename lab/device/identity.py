# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What makes one Windows another than its twin: SID, id at the update server, place in the domain, key."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

TRUSTS = ("ok", "broken", "unknown", "not_joined")
ACTIVATIONS = ("licensed", "unlicensed", "grace", "non_genuine", "notification")
_NAMESPACE = uuid5(NAMESPACE_URL, "https://nightshift.invalid/lab/identity")


@dataclass(frozen=True, slots=True)
class Activation:
    """The protocol's ``activation``."""

    status: str = "licensed"
    channel: str = "Volume:GVLK"
    grace_minutes: int = 259_200


@dataclass(slots=True)
class Identity:
    """As on the disk. ``trust`` ``not_joined``: the PC is in a workgroup. ``unreadable``: fact to reason.

    An empty ``wsus_client_id``: the update agent never asked for updates.
    """

    machine_sid: str
    wsus_client_id: str
    trust: str = "ok"
    activation: Activation | None = field(default_factory=Activation)
    unreadable: dict[str, str] = field(default_factory=dict)


def fresh(name: str, installation: int = 0, *, joined: bool = True) -> Identity:
    """Return the identity that Windows gives itself when it is set up on a PC for the ``installation``-th time."""
    seed = f"{name}/{installation}"
    digest = sha256(seed.encode()).digest()
    parts = [str(int.from_bytes(digest[start : start + 4], "big")) for start in (0, 4, 8)]
    sid = "S-1-5-21-" + "-".join(parts)
    return Identity(sid, str(uuid5(_NAMESPACE, seed)), "ok" if joined else "not_joined")
