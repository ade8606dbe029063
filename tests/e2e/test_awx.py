# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fleet declared in an AWX that judges by AWX's own rules: once, twice, and after a change of the policy."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from lab.awx.launching import Launcher
from lab.awx.permissions import holds
from lab.awx.secrets import injected
from lab.awx.store import Refused
from tests.e2e.awx_site import PEOPLE, PLAYBOOKS, SECRETS, Site, changed, changed_items, site

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("ansible_collections.awx") is None,
        reason="this Ansible has no collection awx.awx (the package ansible has it up to version 13)",
    ),
]
EMERGENCY = {"updates": "KB9000001", "reason": "exploited", "authorised_by": "ciso", "expires": "1d"}


@pytest.mark.slow
def test_the_fleet_is_declared_with_secrets_rights_and_schedules_and_a_change_of_the_policy_changes_only_its_own(
    tmp_path: Path,
) -> None:
    with site(tmp_path) as here:  # one AWX for all of it: each run takes its time
        empty = here.play("awx", "--check")
        assert "AWX has no organization Nightshift: all of it would be declared" in empty.ok().out
        assert here.server.changes() == []
        first = here.play("awx", "-vvv")
        assert changed(first) > 20
        everything_is_there(here)
        secrets_reach_jobs_and_nobody_else(here, first.said)
        operators_ask_approvers_approve_readers_look(here)
        a_pc_that_wakes_has_its_own_job_and_a_wrong_key_none(here)
        a_changed_window_changes_exactly_its_schedule_and_twice_changes_nothing(here)


def everything_is_there(declared: Site) -> None:
    rows = declared.server.store.rows
    names = {kind: {row["name"] for row in rows[kind].values()} for kind in rows if kind not in ("users",)
             and kind != "workflow_job_template_nodes"}  # fmt: skip
    assert names["job_templates"] == {f"Nightshift {name}" for name in PLAYBOOKS} | {"Nightshift wakes (Fleet)"}
    assert names["workflow_job_templates"] == {"Nightshift daily (Fleet)", "Nightshift emergency (Fleet)"}
    assert {"Nightshift ledger", "Nightshift FOG", "Nightshift tickets"} <= names["credential_types"]
    assert names["credentials"] == {"Nightshift devices", "Nightshift ledger", "Nightshift FOG", "Nightshift tickets"}
    assert names["schedules"] == {
        f"Policy Fleet: {name}"
        for name in (
            "desktops: install 1", "desktops: regular restart 1", "desktops: remind 1", "laptops: install 1",
            "laptops: regular restart 1", "laptops: remind 1", "once a day", "round the clock",
        )
    }  # fmt: skip
    patrol = declared.named("job_templates", "Nightshift patrol")
    assert (patrol["job_slice_count"], patrol["allow_simultaneous"]) == (4, True)
    inventory = declared.named("inventories", "Fleet")
    north = declared.named("instance_groups", "north")["id"]
    assert declared.server.store.linked("inventories", inventory["id"], "instance_groups") == [north]


def secrets_reach_jobs_and_nobody_else(declared: Site, said: str) -> None:
    assert "hunter2" not in said, "also with -vvv"
    assert [secret for secret in SECRETS.values() if secret in said] == []
    store = declared.server.store
    ledger = declared.named("credentials", "Nightshift ledger")
    environment, variables, _files = injected(
        store.rows["credential_types"][ledger["credential_type"]], ledger["inputs"]
    )
    assert environment["PGPASSWORD"] == SECRETS["awx_ledger_password"]
    assert variables == {"nightshift_ledger": "postgresql+psycopg://nightshift@db.example.test/nightshift"}
    shown = declared.server.objects.shown("credentials", ledger)
    assert shown["inputs"]["password"] == "$encrypted$"


def operators_ask_approvers_approve_readers_look(declared: Site) -> None:
    store, ran = declared.server.store, list[str]()

    def run(job: object, template: dict[str, object]) -> bool:
        ran.append(str(template["name"]))
        return True

    launcher = Launcher(store, run)
    emergency = declared.named("workflow_job_templates", "Nightshift emergency (Fleet)")
    critical = declared.named("job_templates", "Nightshift critical")
    for user in ("rita", "anna"):
        with pytest.raises(Refused):
            launcher.launch(user, "workflow_job_templates", emergency, {"extra_vars": EMERGENCY})
    with pytest.raises(Refused):
        launcher.launch("olga", "job_templates", critical, {"extra_vars": EMERGENCY})
    with pytest.raises(Refused) as unanswered:
        launcher.launch("olga", "workflow_job_templates", emergency, {})
    assert "'reason' value missing" in unanswered.value.body["variables_needed_to_start"]

    job, _ignored = launcher.launch("olga", "workflow_job_templates", emergency, {"extra_vars": EMERGENCY})
    assert ran == ["Nightshift advisories"], "then it waits"
    (asking,) = job.asks.values()
    for user in ("olga", "rita"):
        with pytest.raises(Refused):
            launcher.answer(user, asking, approve=True)
    launcher.answer("anna", asking, approve=True)
    assert ran == [f"Nightshift {name}" for name in ("advisories", "critical", "tickets", "report")]
    assert job.status == "successful"
    done = next(one for one in store.jobs.values() if one.name == "Nightshift critical")
    assert {key: done.extra_vars[key] for key in EMERGENCY} == EMERGENCY

    ran.clear()
    denied, _ignored = launcher.launch("olga", "workflow_job_templates", emergency, {"extra_vars": EMERGENCY})
    launcher.answer("anna", next(iter(denied.asks.values())), approve=False)
    assert (ran, denied.status) == (["Nightshift advisories"], "failed")

    seen = {
        user: {row["name"] for row in store.rows["job_templates"].values()
               if holds(store, user, "read", "job_templates", row["id"])}
        for user in PEOPLE
    }  # fmt: skip
    assert len(seen["rita"]) == len(PLAYBOOKS) + 1
    assert seen["anna"] == {"Nightshift approve", "Nightshift stop"}
    assert "Nightshift critical" not in seen["olga"]


def a_changed_window_changes_exactly_its_schedule_and_twice_changes_nothing(declared: Site) -> None:
    before = declared.has()
    assert "\nlocalhost" in declared.play("awx_drift").ok().out
    file = declared.group_vars / "desktops.yml"
    text = file.read_text(encoding="utf-8")
    assert text.count('start: "16:00", end: "20:00"') == 1
    file.write_text(text.replace('start: "16:00", end: "20:00"', 'start: "17:00", end: "20:00"'), encoding="utf-8")

    drift = declared.play("awx_drift")
    assert drift.code != 0
    assert "Policy Fleet: desktops: install 1: AWX has rrule 'DTSTART;TZID=Europe/London:20260102T160000 " in drift.said

    looked = declared.play("awx", "--check")
    assert (changed(looked), changed_items(looked)) == (1, ["Policy Fleet: desktops: install 1"])
    assert declared.has() == before

    applied = declared.play("awx")
    assert (changed(applied), changed_items(applied)) == (1, ["Policy Fleet: desktops: install 1"])
    after = declared.has()
    ours = {
        number: row for number, row in after["rows"]["schedules"].items() if row != before["rows"]["schedules"][number]
    }
    assert [row["name"] for row in ours.values()] == ["Policy Fleet: desktops: install 1"]
    (row,) = ours.values()
    assert row["rrule"] == "DTSTART;TZID=Europe/London:20260102T170000 RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,WE,FR"
    before["rows"]["schedules"] |= ours
    assert after == before, "and nothing else"

    assert changed(declared.play("awx")) == 0
    assert declared.has() == after
    declared.play("awx_drift").ok()


def a_pc_that_wakes_has_its_own_job_and_a_wrong_key_none(declared: Site) -> None:
    store = declared.server.store
    wakes = declared.named("job_templates", "Nightshift wakes (Fleet)")
    inventory = declared.named("inventories", "Fleet")["id"]
    from lab.awx.facts import kinds

    for name, address in (("PC-017", "127.0.0.9"), ("PC-018", "127.0.0.10")):
        host = {"name": name, "inventory": inventory, "variables": f"ansible_host: {address}", "enabled": True}
        store.add(kinds()["hosts"], host)
    launcher = Launcher(store)
    job = launcher.call_back(wakes, SECRETS["awx_wake_key"], "127.0.0.9", None)
    assert (job.limit, job.launch_type, job.extra_vars["nightshift_stay"]) == ("PC-017", "callback", "2h")
    with pytest.raises(Refused):
        launcher.call_back(wakes, "guessed", "127.0.0.9", None)
    with pytest.raises(Refused, match="No matching host"):
        launcher.call_back(wakes, SECRETS["awx_wake_key"], "127.0.0.77", None)
    with pytest.raises(Refused):
        launcher.call_back(declared.named("job_templates", "Nightshift patrol"), "", "127.0.0.9", None)
