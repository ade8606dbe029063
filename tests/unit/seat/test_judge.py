# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a seat is done, and what its verdict is when it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import Verdict
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.expected import (
    Check,
    Claim,
    Expected,
    Judgement,
    Other,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.facts import SeatFacts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.judge import judge, with_patches

from tests.unit.seat.seat_scenes import COURSES, EXPECTED, KERNEL, OTHERS, READ_AT, WANTED, answer, facts

MARKER = {"job": "reimage-b12-20261123T200000Z-1f2e3d", "room": "b12", "written": "2026-11-23T20:00:04Z"}


def of(claim: Claim = Claim.DONE, expected: Expected = EXPECTED, **changes: Any) -> Judgement:
    """Judge a good seat with these changes."""
    return judge(facts(**changes), expected, claim, OTHERS)


def test_a_seat_that_shows_everything_is_done() -> None:
    judged = of()
    assert judged.verdict is Verdict.DONE
    assert judged.why == ""


def test_a_seat_with_the_content_of_another_partition_is_failed_though_the_engine_says_complete() -> None:
    """FOG issue 1742: a PC that came late restores each partition from the wrong stream and reports success."""
    files = [{"path": KERNEL, "sha256": "11" * 32, "as_expected": True}, {"path": COURSES, "sha256": "11" * 32}]
    judged = of(Claim.DONE, files=files)
    assert judged.verdict is Verdict.FAILED
    assert [finding.check for finding in judged.wrong] == [Check.FILES]
    assert COURSES in judged.why


def test_a_seat_is_not_believed_when_it_calls_a_wrong_checksum_expected() -> None:
    files = [{"path": KERNEL, "sha256": "11" * 32}, {"path": COURSES, "sha256": "33" * 32, "as_expected": True}]
    assert of(files=files).verdict is Verdict.FAILED


def test_a_file_that_was_not_asked_for_is_unknown() -> None:
    judged = of(files=[{"path": KERNEL, "sha256": "11" * 32, "as_expected": True}])
    assert judged.verdict is Verdict.UNVERIFIED
    assert COURSES in judged.why


def test_an_image_of_which_no_file_is_known_proves_no_content() -> None:
    judged = of(expected=replace(EXPECTED, image=replace(WANTED, files=())))
    assert judged.verdict is Verdict.UNVERIFIED


WRONG: list[tuple[Check, dict[str, Any]]] = [
    (Check.BOOT, {"boot_time": "2026-11-23T19:59:00Z"}),
    (Check.DISK, {"run_marker": MARKER}),
    (Check.IMAGE, {"image": None}),
    (Check.IMAGE, {"image": answer()["seat"]["image"] | {"version": "2026.1"}}),
    (Check.IMAGE, {"image": answer()["seat"]["image"] | {"name": "lab"}}),
    (Check.IMAGE, {"image": answer()["seat"]["image"] | {"checksum": "cd" * 32}}),
    (Check.FILES, {"files": [{"path": KERNEL, "sha256": None}, {"path": COURSES, "sha256": "22" * 32}]}),
    (Check.WINDOWS, {"os": {"edition": "Education", "build": 26100, "ubr": 7019}}),
    (Check.WINDOWS, {"os": {"edition": "Education", "build": 22631, "ubr": 7171}}),
    (Check.NAME, {"computer_name": "MINWINPC"}),
    (Check.NAME, {"computer_name": "B12-PC02"}),
    (Check.SID, {"machine_sid": "S-1-5-21-2-2-2"}),
    (Check.UPDATE_CLIENT, {"wsus_client_id": "B2"}),
    (Check.DOMAIN, {"domain_trust": "broken"}),
    (Check.DOMAIN, {"domain_trust": "not_joined", "domain_joined": False, "domain": "WORKGROUP"}),
    (Check.DOMAIN, {"domain": "other.example"}),
    (Check.ACTIVATION, {"activation": {"status": "notification", "channel": "Retail", "grace_minutes": 0}}),
]


@pytest.mark.parametrize(("check", "changes"), WRONG)
def test_a_seat_with_one_thing_wrong_is_failed_for_that_reason(check: Check, changes: dict[str, Any]) -> None:
    judged = of(**changes)
    assert judged.verdict is Verdict.FAILED
    assert {finding.check for finding in judged.wrong} == {check}


UNKNOWN: list[tuple[Check, dict[str, Any]]] = [
    (Check.BOOT, {"boot_time": None}),
    (Check.DISK, {"unread": {"run_marker": "run.json is cut off"}}),
    (Check.IMAGE, {"image": None, "unread": {"image": "image.json is cut off"}}),
    (Check.FILES, {"unread": {f"files:{COURSES}": "Access is denied"}}),
    (Check.WINDOWS, {"os": None, "unread": {"os": "Access is denied"}}),
    (Check.NAME, {"computer_name": None}),
    (Check.SID, {"machine_sid": None}),
    (Check.UPDATE_CLIENT, {"wsus_client_id": None, "unread": {"wsus_client_id": "none yet"}}),
    (Check.DOMAIN, {"domain_trust": "unknown", "unread": {"domain_trust": "Windows error 1311"}}),
    (Check.DOMAIN, {"domain": None}),
    (Check.ACTIVATION, {"activation": None}),
    (Check.ACTIVATION, {"activation": {"status": "grace", "channel": "Volume:GVLK", "grace_minutes": 43200}}),
]


@pytest.mark.parametrize(("check", "changes"), UNKNOWN)
def test_a_seat_with_one_thing_unknown_is_unverified_for_that_reason(check: Check, changes: dict[str, Any]) -> None:
    judged = of(**changes)
    assert judged.verdict is Verdict.UNVERIFIED
    assert {finding.check for finding in judged.unknown} == {check}
    assert judged.wrong == ()
    for why in changes.get("unread", {}).values():
        assert why in judged.why


def test_the_clock_of_a_seat_may_be_wrong_by_hours() -> None:
    told = answer(boot_time="2026-11-23T11:41:00Z") | {"time": "2026-11-23T12:00:00Z"}
    assert judge(SeatFacts.read(told, READ_AT), EXPECTED, Claim.DONE, OTHERS).verdict is Verdict.DONE
    late = SeatFacts.read(told, READ_AT - timedelta(minutes=50))
    assert judge(late, EXPECTED, Claim.DONE, OTHERS).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (Claim.DONE, Verdict.UNVERIFIED),
        (Claim.UNKNOWN, Verdict.UNVERIFIED),
        (Claim.STARTED, Verdict.TIMEOUT),
        (Claim.TIMEOUT, Verdict.TIMEOUT),
        (Claim.FAILED, Verdict.FAILED),
        (Claim.INTERRUPTED, Verdict.INTERRUPTED),
        (Claim.ARMED, Verdict.ABSENT),
        (Claim.CANCELLED, Verdict.ABSENT),
        (Claim.NONE, Verdict.ABSENT),
    ],
)
def test_the_verdict_on_a_silent_seat_follows_the_claim_and_is_never_done(claim: Claim, verdict: Verdict) -> None:
    assert judge(None, EXPECTED, claim, OTHERS).verdict is verdict


@pytest.mark.parametrize("claim", [Claim.ARMED, Claim.CANCELLED, Claim.NONE])
def test_a_seat_that_still_has_its_old_disk_was_not_written(claim: Claim) -> None:
    assert of(claim, run_marker=MARKER, boot_time="2026-11-23T06:00:00Z", image=None).verdict is Verdict.ABSENT


@pytest.mark.parametrize("claim", [Claim.ARMED, Claim.CANCELLED, Claim.NONE])
def test_a_new_disk_that_no_job_wrote_is_unverified(claim: Claim) -> None:
    assert of(claim).verdict is Verdict.UNVERIFIED


def test_a_seat_that_claims_done_with_its_old_disk_is_failed() -> None:
    """FOG issue 1677: a task that is accepted and never made."""
    assert of(Claim.DONE, run_marker=MARKER, boot_time="2026-11-23T06:00:00Z").verdict is Verdict.FAILED


@pytest.mark.parametrize("claim", [Claim.STARTED, Claim.UNKNOWN, Claim.TIMEOUT])
def test_a_seat_that_shows_everything_is_done_though_the_engine_lost_sight_of_it(claim: Claim) -> None:
    """A failed or finished PC stays In-Progress for ever on many FOG servers (issues 820 and 1206)."""
    assert of(claim).verdict is Verdict.DONE


def test_a_disk_that_was_not_marked_must_show_by_itself_that_it_is_new() -> None:
    unmarked = replace(EXPECTED, marked=False)
    assert of(expected=unmarked).verdict is Verdict.UNVERIFIED
    same = replace(unmarked, before=facts())
    assert of(expected=same).verdict is Verdict.UNVERIFIED
    other_sid = replace(unmarked, before=facts(machine_sid="S-1-5-21-5-5-5"))
    assert of(expected=other_sid).verdict is Verdict.DONE
    other_image = replace(unmarked, before=facts(image=answer()["seat"]["image"] | {"version": "2026.1"}))
    assert of(expected=other_image).verdict is Verdict.DONE
    unread_image = replace(unmarked, before=facts(image=None, unread={"image": "cut off"}))
    assert of(expected=unread_image).verdict is Verdict.UNVERIFIED


def test_clones_that_were_not_generalised_accuse_each_other_by_name() -> None:
    twin = Other("b12-pc09", "B12-PC01", "S-1-5-21-1-1-1", "b1")
    judged = judge(facts(), EXPECTED, Claim.DONE, (*OTHERS, twin))
    assert {finding.check for finding in judged.wrong} == {Check.NAME, Check.SID, Check.UPDATE_CLIENT}
    assert "b12-pc09" in judged.why


def test_what_is_not_known_of_others_makes_no_twin() -> None:
    assert judge(facts(), EXPECTED, Claim.DONE, (Other("b12-pc03"),)).verdict is Verdict.DONE


def test_a_registered_name_is_compared_as_windows_cuts_it() -> None:
    expected = replace(EXPECTED, computer_name="b12-pc01-long-name.help.example")
    assert of(expected=expected, computer_name="B12-PC01-LONG-N").verdict is Verdict.DONE


@pytest.mark.parametrize(
    ("domain", "changes", "verdict"),
    [
        (None, {"domain_trust": "not_joined", "domain": "WORKGROUP"}, Verdict.DONE),
        ("", {"domain_trust": "not_joined", "domain": "WORKGROUP"}, Verdict.DONE),
        ("", {}, Verdict.FAILED),
        (None, {"domain": "other.example"}, Verdict.DONE),
        (None, {"domain_trust": "broken"}, Verdict.FAILED),
    ],
)
def test_the_policy_says_which_domain_a_seat_is_in(
    domain: str | None, changes: dict[str, Any], verdict: Verdict
) -> None:
    assert of(expected=replace(EXPECTED, domain=domain), **changes).verdict is verdict


def test_activation_counts_only_where_it_is_asked() -> None:
    expected = replace(EXPECTED, activated=False)
    assert of(expected=expected, activation=None).verdict is Verdict.DONE


def test_missing_patches_are_listed_and_unknown_ones_are_not_done() -> None:
    assert with_patches(of(), []).verdict is Verdict.DONE
    listed = with_patches(of(), ["KB5068861", "KB5007651"])
    assert (listed.verdict, listed.missing) == (Verdict.DONE, ("KB5007651", "KB5068861"))
    assert with_patches(of(), None).verdict is Verdict.UNVERIFIED
    assert with_patches(of(run_marker=MARKER), None).verdict is Verdict.FAILED
