# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Switches, restarts and power losses, and what they do to a job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lab.truth import What

from .benches import bench

OFF_AND_ON = [
    {"at": "2026-11-23 16:10", "powered": False},
    {"at": "2026-11-24 09:00", "powered": True},
]
USER = [{"name": "HELP\\anna", "idle_minutes": 2}]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_pc_that_is_switched_off_does_not_answer_until_it_has_started_again() -> None:
    lab = bench(switch=OFF_AND_ON)
    assert lab.pc.answering()
    lab.clock.advance_to(at("2026-11-23 16:10"))
    assert not lab.pc.answering()
    lab.clock.advance_to(at("2026-11-24 09:00:59"))
    assert not lab.pc.answering()
    lab.clock.advance_to(at("2026-11-24 09:01"))
    assert lab.pc.answering()
    assert lab.pc.computer.boot_time == at("2026-11-24 09:01")


def test_a_shutdown_in_the_middle_of_an_installation_interrupts_it() -> None:
    lab = bench(switch=OFF_AND_ON)
    found = lab.missing()
    lab.install(*found.values())
    lab.clock.advance_to(at("2026-11-24 10:00"))
    job = lab.jobs()["job-1"]
    assert (job["state"], job["finished_at"]) == ("interrupted", None)
    outcomes = [r["outcome"] for r in job["results"]]
    assert outcomes.count("interrupted") == 1
    assert outcomes[-1] == "not_started"
    (begun,) = (r for r in job["results"] if r["outcome"] == "interrupted")
    assert begun["id"] in lab.missing().values()


def test_an_interrupted_update_can_be_installed_later_and_is_installed_once() -> None:
    lab = bench(features=[], switch=OFF_AND_ON)
    update = lab.missing()["KB5077181"]
    lab.install(update)
    lab.clock.advance_to(at("2026-11-24 10:00"))
    lab.install(update, job="job-2")
    lab.clock.advance(3600)
    assert lab.jobs()["job-2"]["results"][0]["outcome"] == "succeeded"
    assert len(lab.happened(What.INSTALL_FINISHED)) == 1


def test_a_power_loss_on_demand_strikes_while_the_update_installs() -> None:
    fault = {"kind": "power_loss", "update": "KB5077181", "seconds": 300, "dark": 600, "count": 1}
    lab = bench(features=[], faults=[fault])
    lab.install(lab.missing()["KB5077181"])
    lab.clock.advance(86400)
    (lost,) = lab.happened(What.POWER_OFF)
    (begun,) = lab.happened(What.INSTALL_STARTED)
    assert lost - begun == timedelta(seconds=300)
    assert lab.happened(What.POWER_ON) == [lost + timedelta(seconds=600)]
    assert lab.jobs()["job-1"]["state"] == "interrupted"


def test_starting_completes_what_waited_and_users_log_on_a_little_later() -> None:
    lab = bench(features=[], users=USER, switch=[{**OFF_AND_ON[0], "at": "2026-11-23 18:00"}, OFF_AND_ON[1]])
    lab.install(lab.missing()["KB5077181"])
    lab.clock.advance_to(at("2026-11-24 09:04"))
    assert lab.happened(What.COMMITTED) == [at("2026-11-24 09:03")]
    assert lab.scan()["device"]["users"] == []
    lab.clock.advance_to(at("2026-11-24 09:15"))
    assert [u["name"] for u in lab.scan()["device"]["users"]] == ["HELP\\anna"]


def test_a_foreign_restart_happens_and_is_never_replaced_by_ours() -> None:
    lab = bench(foreign_restart="2026-11-23 17:00", pending_restart=["wua"])
    told = lab.call("nightshift.fleet.win_patch_restart", countdown=60)
    assert (told["changed"], told["restart"]) == (False, {"scheduled_at": None, "ours": False, "foreign": True})
    assert not lab.call("nightshift.fleet.win_patch_restart", state="cancelled")["changed"]
    lab.clock.advance(7200)
    assert lab.happened(What.RESTARTED) == [at("2026-11-23 17:00")]


def test_switching_off_forgets_a_restart_that_was_scheduled() -> None:
    lab = bench(pending_restart=["wua"], switch=OFF_AND_ON)
    lab.call("nightshift.fleet.win_patch_restart", countdown=3600)
    lab.clock.advance_to(at("2026-11-24 12:00"))
    assert not lab.happened(What.RESTARTED)
    assert lab.scan()["restart"]["scheduled_at"] is None


def test_a_pc_whose_clock_is_ahead_keeps_deadlines_by_its_own_clock() -> None:
    lab = bench(features=[], clock_ahead_seconds=3600)
    update = lab.missing()["KB5077181"]
    told = lab.install(update, deadline="2026-11-23T16:30:00Z")
    assert told["job"]["state"] == "finished"
    assert told["job"]["results"][0]["outcome"] == "not_started"
    assert lab.pc.at < at("2026-11-23 16:30")
