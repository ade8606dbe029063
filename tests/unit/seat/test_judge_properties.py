# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds of every verdict, whatever a seat says, an engine claims and other PCs are."""

from __future__ import annotations

from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import Verdict
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.expected import Claim, Other
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.judge import judge
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.seat.seat_scenes import COURSES, EXPECTED, KERNEL, OTHERS, answer, facts

GOOD: dict[str, Any] = answer()["seat"]
NEEDED = ("computer_name", "domain", "machine_sid", "wsus_client_id", "os", "boot_time", "activation", "image")
CLAIMS = st.sampled_from(Claim)
_file = st.fixed_dictionaries(
    {"path": st.sampled_from([KERNEL, COURSES]), "sha256": st.sampled_from([None, "11" * 32, "22" * 32])}
)
_image = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["classroom", "lab"]),
        "version": st.sampled_from(["2026.1", "2026.2"]),
        "checksum": st.sampled_from(["ab" * 32, "cd" * 32]),
        "date": st.just("2026-11-20T18:00:00Z"),
    }
)
_run = st.just({"job": "reimage-b12-20261123T200000Z-1f2e3d", "room": "b12", "written": "2026-11-23T20:00:04Z"})
_unread = st.dictionaries(
    st.sampled_from([*NEEDED, "run_marker", "domain_trust", f"files:{KERNEL}", f"files:{COURSES}"]),
    st.just("why"),
    max_size=2,
)
SEATS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "computer_name": st.sampled_from([None, "B12-PC01", "b12-pc01", "B12-PC02"]),
        "domain": st.sampled_from([None, "help.example", "other.example"]),
        "domain_trust": st.sampled_from(["ok", "broken", "unknown", "not_joined"]),
        "machine_sid": st.sampled_from([None, "S-1-5-21-1-1-1", "S-1-5-21-2-2-2"]),
        "wsus_client_id": st.sampled_from([None, "b1", "b2"]),
        "os": st.sampled_from([None, GOOD["os"], GOOD["os"] | {"ubr": 1}]),
        "boot_time": st.sampled_from([None, GOOD["boot_time"], "2026-11-23T19:00:00Z"]),
        "activation": st.sampled_from([None, GOOD["activation"], GOOD["activation"] | {"status": "grace"}]),
        "image": st.none() | _image,
        "run_marker": st.none() | _run,
        "files": st.lists(_file, max_size=3, unique_by=lambda one: one["path"]),
        "unread": _unread,
    },
)
PCS = st.lists(
    st.builds(
        Other,
        st.sampled_from(["b12-pc02", "b12-pc03", "office-7"]),
        st.sampled_from(["", "B12-PC01", "B12-PC02"]),
        st.sampled_from(["", "S-1-5-21-1-1-1", "S-1-5-21-2-2-2"]),
        st.sampled_from(["", "b1", "b2"]),
    ),
    max_size=4,
)


@given(SEATS, CLAIMS, PCS)
def test_a_seat_is_done_only_when_all_that_it_says_is_what_is_expected(
    changes: dict[str, Any], claim: Claim, others: list[Other]
) -> None:
    """The rule, written a second time and plainly: nothing else than this is done."""
    seat = GOOD | changes
    proved = (
        not set(seat["unread"]) & {*NEEDED, "run_marker", "domain_trust", f"files:{KERNEL}", f"files:{COURSES}"}
        and (seat["computer_name"] or "").upper() == "B12-PC01"
        and (seat["domain"], seat["domain_trust"]) == ("help.example", "ok")
        and (seat["os"], seat["boot_time"]) == (GOOD["os"], GOOD["boot_time"])
        and (seat["image"], seat["activation"]) == (GOOD["image"], GOOD["activation"])
        and seat["run_marker"] is None
        and {one["path"]: one["sha256"] for one in seat["files"]} == {KERNEL: "11" * 32, COURSES: "22" * 32}
        and None not in (seat["machine_sid"], seat["wsus_client_id"])
        and "B12-PC01" not in [one.computer_name for one in others]
        and seat["machine_sid"] not in [one.machine_sid for one in others]
        and seat["wsus_client_id"] not in [one.wsus_client_id for one in others]
        and claim in (Claim.DONE, Claim.STARTED, Claim.UNKNOWN, Claim.TIMEOUT)
    )
    contradictory = {fact for fact in seat["unread"] if seat.get(fact) is not None and fact != "domain_trust"}
    judged = judge(facts(**changes), EXPECTED, claim, others)
    if not contradictory:
        assert (judged.verdict is Verdict.DONE) == proved
    assert (judged.why == "") == (judged.verdict is Verdict.DONE)


@given(st.sets(st.sampled_from(NEEDED), min_size=1), CLAIMS)
def test_a_seat_of_which_something_is_unknown_is_never_done(hidden: set[str], claim: Claim) -> None:
    told = facts(**dict.fromkeys(hidden), unread=dict.fromkeys(hidden, "it cannot be read"))
    judged = judge(told, EXPECTED, claim, OTHERS)
    assert judged.verdict is not Verdict.DONE
    assert judged.unknown


@given(SEATS, PCS, st.randoms(use_true_random=False))
def test_the_order_of_the_other_pcs_does_not_matter(changes: dict[str, Any], others: list[Other], random: Any) -> None:
    shuffled = random.sample(others, len(others))
    told = facts(**changes)
    assert judge(told, EXPECTED, Claim.DONE, others) == judge(told, EXPECTED, Claim.DONE, shuffled)


@given(SEATS, st.sampled_from([Claim.FAILED, Claim.INTERRUPTED, Claim.ARMED, Claim.CANCELLED, Claim.NONE]), PCS)
def test_a_claim_that_the_seat_was_not_written_well_is_never_done(
    changes: dict[str, Any], claim: Claim, others: list[Other]
) -> None:
    assert judge(facts(**changes), EXPECTED, claim, others).verdict is not Verdict.DONE


@given(SEATS, CLAIMS, PCS, PCS)
def test_a_twin_that_becomes_known_never_makes_a_verdict_better(
    changes: dict[str, Any], claim: Claim, others: list[Other], more: list[Other]
) -> None:
    told = facts(**changes)
    few, many = judge(told, EXPECTED, claim, others), judge(told, EXPECTED, claim, [*others, *more])
    assert set(few.wrong) <= set(many.wrong)
    if few.verdict is not Verdict.DONE:
        assert many.verdict is not Verdict.DONE
