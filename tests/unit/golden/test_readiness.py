# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a reference PC from being generalised, and from being sealed at all."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.model import ImageError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.readiness import InDomain, Preparation, faults
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.sealing import changed_since
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.explanation import lacking
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.golden.golden_scenes import KERNEL, NOW, UNATTEND, said, sealed, seat, sysprep

FACTS = [
    "image_state",
    "rearm_left",
    "domain_joined",
    "pending_restart",
    "bitlocker",
    "appx",
    "unattend",
    "running_jobs",
]


def unattend(**changes: Any) -> dict[str, Any]:
    return {"path": UNATTEND, "present": True, "readable": True, "passwords": []} | changes


def test_a_pc_that_is_ready_has_no_fault() -> None:
    assert faults(sysprep(), Preparation()) == ()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"image_state": "IMAGE_STATE_UNDEPLOYABLE"}, "IMAGE_STATE_UNDEPLOYABLE"),
        ({"rearm_left": 0}, "cannot be rearmed"),
        ({"domain_joined": True}, "it is in a domain"),
        ({"pending_restart": {"required": True, "sources": {"cbs": True, "wua": False}}}, "restart is pending (cbs)"),
        ({"users": [{"name": "HELP\\anna"}]}, "HELP\\anna is logged on"),
        ({"running_jobs": ["j-1"]}, "job j-1 runs"),
        ({"bitlocker": [{"drive": "D:", "protected": True, "encrypted": False}]}, "BitLocker protects D:"),
        ({"bitlocker": [{"drive": "C:", "protected": False, "encrypted": True}]}, "BitLocker encrypts C:"),
        ({"bitlocker": [{"drive": "C:", "protected": None, "encrypted": False}]}, "whether BitLocker protects C:"),
        ({"appx": ["Contoso.Notes"]}, "package Contoso.Notes"),
        ({"unattend": unattend(present=False)}, "is missing"),
        ({"unattend": unattend(readable=False)}, "is no XML"),
        (
            {"unattend": unattend(passwords=[{"place": "AutoLogon/Password", "plain": True}])},
            "a plain password in AutoLogon",
        ),
        ({"unattend": unattend(passwords=[{"place": "A/Password", "plain": False}])}, "only written in base64"),
        ({"appx": None, "unread": {"appx": "the service is not there"}}, "appx cannot be read: the service"),
    ],
)
def test_each_thing_that_sysprep_or_a_clone_would_stumble_over_is_told(changes: dict[str, Any], word: str) -> None:
    (fault,) = faults(sysprep(**changes), Preparation())
    assert word in fault


def test_the_policy_may_allow_a_domain_and_obscured_passwords_and_never_plain_ones() -> None:
    wanted = Preparation(InDomain.ANY, obscured=True)
    passwords = [{"place": "A/Password", "plain": False}, {"place": "B/Password", "plain": True}]
    told = faults(sysprep(domain_joined=True, unattend=unattend(passwords=passwords)), wanted)
    assert len(told) == 1
    assert "B/Password" in told[0]


@given(st.sets(st.sampled_from(FACTS), min_size=1))
def test_a_pc_of_which_something_is_unknown_is_never_ready(hidden: set[str]) -> None:
    told = faults(sysprep(**dict.fromkeys(hidden), unread=dict.fromkeys(hidden, "why")), Preparation())
    assert len(told) >= len(hidden)


def update(label: str, verdict: str, reason: str = "", owed: bool = False) -> dict[str, Any]:
    return {"label": label, "verdict": verdict, "reason": reason, "owed": owed}


def test_lacking_is_what_is_approved_and_missing() -> None:
    updates = [
        update("KB1", "install", owed=True),
        update("KB2", "wait", "wait_for_window", owed=True),
        update("KB3", "wait", "not_approved"),
        update("KB4", "ignore", "below_threshold"),
        update("KB5", "parked", "parked"),
        update("KB6", "wait", "restart_to_finish"),
        update("KB7", "wait", "maturing"),
    ]
    assert lacking(updates) == ("KB1", "KB2", "KB5", "KB6")


def test_a_pc_that_lacks_an_approved_update_is_not_sealed_unless_that_is_accepted() -> None:
    answers = said([update("KB5", "parked")])
    with pytest.raises(ImageError, match="KB5 is approved and missing"):
        sealed(answers=answers)
    assert sealed(answers=answers, accepted=("KB5",)).lacks == ("KB5",)


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        (said(trust="degraded"), "cannot be relied on"),
        (said(facts=seat(files=[])), "no file is named"),
        (said(facts=seat(files=[{"path": KERNEL, "sha256": None}])), "ntoskrnl.exe is missing"),
        (said(facts=seat(os=None, unread={"os": "denied"})), "Windows build is not known"),
        (said(facts=seat(unread={f"files:{KERNEL}": "denied"})), "cannot be read: denied"),
    ],
)
def test_what_no_clone_could_prove_is_not_sealed(answers: Any, word: str) -> None:
    with pytest.raises(ImageError, match=word):
        sealed(answers=answers)


def test_everything_that_forbids_a_version_is_told_at_once() -> None:
    with pytest.raises(ImageError) as refused:
        sealed(answers=said([update("KB1", "install")], prepared=sysprep(appx=["A", "B"], rearm_left=0)))
    assert str(refused.value).count(";") >= 4


def test_a_reference_pc_that_was_used_after_it_was_sealed_is_noticed() -> None:
    version = sealed()
    marker = {"name": "classroom-1", "version": "1", "checksum": version.checksum, "date": "2026-11-23T18:00:00Z"}
    assert changed_since(version, seat(image=marker), NOW) == ()
    other = [{"path": KERNEL, "sha256": "22" * 32}]
    assert "no longer what was sealed" in changed_since(version, seat(image=marker, files=other), NOW)[0]
    patched = {"edition": "Education", "build": 26100, "ubr": 7200}
    assert changed_since(version, seat(image=marker, os=patched), NOW) == ("its Windows is no longer what was sealed",)
    assert changed_since(version, seat(), NOW) == ("it does not have the marker of classroom-1",)
