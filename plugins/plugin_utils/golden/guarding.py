# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may drive a capture, and the guard of one: when its controller is gone, the reference PC is disarmed.

Its version stays open: what disarming loses is made again by the next run, what giving up loses is not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..guard.posting import Charge
from ..ledger import Holder, Ledger
from ..room.holding import held_by
from .model import ImageError

PLAYBOOK = "nightshift.fleet.golden_image"
LEFT = "the reference PC stays armed"
TTL = timedelta(minutes=30)  # renewed with every look at the capture


def charge(
    image: str, name: str, reference: str, server: str, *, wait: timedelta, ledger: str, controller: int
) -> Charge:
    """Return what the guard of a capture stands by. ``name``: the image without its version; ``controller``: a pid."""
    return Charge(
        job=f"capture-{image}",
        title=f"image {image} of {reference}",
        told=f"{reference} may be armed on {server}, to be read into image {image}.\n"
        "This file goes when it is proved that it is not; until then a guard stands by: see docs/golden-image.md.\n",
        log=image,
        controller=Holder.here(_lease(image), controller),
        wait=wait,
        playbook=PLAYBOOK,
        variables={"nightshift_reference": reference, "nightshift_image_name": name, "nightshift_disarm": True},
        ledger=ledger,
        left=LEFT,
    )


def take(ledger: Ledger, image: str, controller: int) -> None:
    """Take, or renew, the lease on a capture, on the controller's own time. Raises ImageError naming who holds it."""
    name = _lease(image)
    with ledger.begin() as tx:
        if tx.acquire_lease(name, Holder.here(name, controller), datetime.now(UTC), TTL):
            return
        lease = tx.leases([name]).get(name)
    raise ImageError(held_by(name, lease.holder, lease.expires_at) if lease else f"{name}: run again in a minute")


def give_back(ledger: Ledger, image: str, controller: int) -> None:
    """Give the lease back."""
    with ledger.begin() as tx:
        tx.release_lease(_lease(image), Holder.here(_lease(image), controller))


def _lease(image: str) -> str:
    return f"capture of {image}"
