# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reference PC of the building: S13-PC02, whose disk is saved as the image autumn, like the image winter."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.capture import ClonezillaCapture
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import CaptureSpec, Seat, SeatProgress

sys.path.insert(0, str(Path(__file__).parent))

from clonezilla_scenes import OTHER, Building, mac

from lab.clonezilla.save import Save

REFERENCE = OTHER[1]
CAPTURE = "capture-autumn-20261121T220000Z-4d5e6f"
SIZES = {"sda1": 100_000, "sda2": 300_000}


def wanted(**changes: Any) -> CaptureSpec:
    """What is wanted: the disk of the reference PC, as autumn, like winter."""
    return replace(CaptureSpec(CAPTURE, Seat(REFERENCE, mac(REFERENCE)), "autumn", like="winter"), **changes)


def capture_of(building: Building) -> ClonezillaCapture:
    """An engine as a run of the module makes it: nothing is remembered from one to the next."""
    return ClonezillaCapture(building.looked_at, lambda: building.now)


def booted(building: Building, *, uefi: bool = False) -> Save:
    """Boot the reference PC, which must have orders; return what it is about to do."""
    pc = building.pc(REFERENCE, uefi=uefi)
    assert pc.boot() == "clonezilla"
    return Save(pc, SIZES)


def said(building: Building) -> SeatProgress:
    """What the engine says of the reference PC."""
    return capture_of(building).progress(wanted()).seats[0]


def clean(building: Building) -> bool:
    """Whether no PC is armed, and nothing of Clonezilla runs."""
    return (building.armed(), capture_of(building).armed(), building.running()) == (set(), frozenset(), {})
