# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A reference PC that is ready, as the modules answer it, and versions of its image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden import lifecycle
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.model import Capture, Catalogue, Trial, Version
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.readiness import Preparation
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.sealing import Said, version_of

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
KERNEL, UNATTEND = "C:\\Windows\\System32\\ntoskrnl.exe", "C:\\clone.xml"


def sysprep(**changes: Any) -> dict[str, Any]:
    """Return what a PC that can be generalised answers, with these facts changed."""
    record: dict[str, Any] = {
        "image_state": "IMAGE_STATE_COMPLETE",
        "rearm_left": 3,
        "domain_joined": False,
        "pending_restart": {"required": False, "sources": {"wua": False, "cbs": False}},
        "users": [],
        "running_jobs": [],
        "bitlocker": [{"drive": "C:", "protected": False, "encrypted": False}],
        "appx": [],
        "unattend": {"path": UNATTEND, "present": True, "readable": True, "passwords": []},
        "errors": [],
        "image": None,
        "unread": {},
    }
    return {"sysprep": record | changes, "time": "2026-11-23T18:00:00Z"}


def seat(**changes: Any) -> dict[str, Any]:
    """Return what the PC says of itself."""
    record: dict[str, Any] = {
        "computer_name": "REF",
        "domain": "WORKGROUP",
        "domain_joined": False,
        "domain_trust": "not_joined",
        "machine_sid": "S-1-5-21-9-9-9",
        "wsus_client_id": "r1",
        "os": {"edition": "Education", "build": 26100, "ubr": 7171},
        "boot_time": "2026-11-23T08:00:00Z",
        "activation": {"status": "licensed", "channel": "Volume:GVLK", "grace_minutes": 1},
        "image": None,
        "run_marker": None,
        "users": [],
        "files": [{"path": KERNEL, "sha256": "11" * 32, "as_expected": None}],
        "unread": {},
    }
    return {"seat": record | changes, "time": "2026-11-23T18:00:00Z"}


def said(
    updates: list[Mapping[str, object]] | None = None,
    *,
    prepared: Mapping[str, object] | None = None,
    facts: Mapping[str, object] | None = None,
    trust: str = "trusted",
) -> Said:
    """Return all that the PC was asked."""
    scan = {"id": "s-1", "finished_at": "2026-11-23T17:30:00Z", "trust": trust}
    return Said({"scan": scan}, prepared or sysprep(), facts or seat(), updates or [])


def sealed(number: int = 1, answers: Said | None = None, accepted: tuple[str, ...] = ()) -> Version:
    """Return the version that is made of it."""
    return version_of("classroom", number, "ref", answers or said(), Preparation(), accepted, NOW)


def candidate(step: int, catalogue: Catalogue | None = None) -> Catalogue:
    """Return a catalogue with a candidate that took so many of its steps: generalised, captured, tested, published."""
    known = catalogue or Catalogue()
    known = lifecycle.sealed(known, sealed(known.next_number("classroom")))
    at = NOW + timedelta(days=len(known.versions))
    if step >= 1:
        known = lifecycle.generalised(lifecycle.begun(known, "classroom", at), "classroom", at)
    if step >= 2:
        known = lifecycle.captured(known, "classroom", Capture("capture-1", at, "/m.sha256", "ab" * 32, 9))
    if step >= 3:
        known = lifecycle.tested(known, "classroom", Trial("b12", at + timedelta(hours=1)))
    if step >= 4:
        known = lifecycle.published(known, "classroom", 2, at + timedelta(hours=2))
    return known


def changed(catalogue: Catalogue, **changes: Any) -> Catalogue:
    """Return the catalogue with its last version changed."""
    return Catalogue((*catalogue.versions[:-1], replace(catalogue.versions[-1], **changes)))
