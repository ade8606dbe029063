# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a device reports is recorded once, and what is known is never lost by a report that knows less."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.device import parse_scan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import (
    Ledger,
    Transaction,
    UnknownDevice,
    open_ledger,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.engine import empty
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.tables import metadata
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    DeviceState,
    Observation,
    Outcome,
    Scan,
    ScanTrust,
    Severity,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_scenes import HOUR, MINUTE, NOW, PC, answer, instant, job, report, result, update


def state(tx: Transaction, name: str = PC) -> DeviceState:
    found = tx.device_state(name)
    assert found is not None
    return found


def missing(tx: Transaction) -> dict[str, datetime | None]:
    now = state(tx)
    return {one.id: now.updates[one.id].first_missing for one in now.missing}


def rows(tx: Transaction) -> dict[str, Any]:
    """Everything in the ledger."""
    return {table.name: tx._conn.execute(table.select()).all() for table in metadata.sorted_tables}


def test_a_device_just_enrolled_has_nothing_but_the_instant_since_which_it_is_known(tx: Transaction) -> None:
    assert state(tx) == DeviceState(known_since=NOW)


@pytest.mark.policy("enterprise 1a")
def test_enrolling_again_keeps_known_since_and_takes_new_facts(tx: Transaction) -> None:
    tx.enrol([Device(PC, device_class="laptop", ring="2"), Device("pc-018")], NOW + HOUR)
    assert state(tx).known_since == NOW
    assert state(tx, "pc-018").known_since == NOW + HOUR
    row = tx._conn.execute(metadata.tables["devices"].select().where(metadata.tables["devices"].c.name == PC)).one()
    assert (row.device_class, row.ring) == ("laptop", "2")


def test_a_report_of_a_device_that_was_never_enrolled_is_refused(tx: Transaction) -> None:
    with pytest.raises(UnknownDevice, match="pc-999"):
        tx.record_report("pc-999", report(), NOW)


def test_a_report_fills_the_state_that_the_planner_reads(tx: Transaction) -> None:
    said = answer(
        "s1",
        NOW - HOUR,
        trust="degraded",
        missing=[update("one", severity="Critical", kbs=["KB1"], downloaded=True, released=instant(NOW))],
        pending_restart={"required": True, "sources": {"wua": True, "cbs": False, "file_rename": True}},
        restart={"scheduled_at": instant(NOW + HOUR), "ours": True, "foreign": False},
    )
    said["scan"]["warnings"] = ["old"]
    said["device"] |= {"power": "battery", "free_bytes": 5, "users": [{"name": "ada", "idle_seconds": 0}]}
    tx.record_report(PC, parse_scan(said), NOW)
    found = state(tx)
    assert found.scan == Scan("s1", NOW - HOUR, ScanTrust.DEGRADED, ("old",))
    assert found.observation == replace(parse_scan(said).observation(NOW), pending_since=NOW)
    assert isinstance(found.observation, Observation)
    assert found.observation.pending_restart == ("wua",)
    assert found.observation.users[0].idle == timedelta(0)
    assert found.missing == parse_scan(said).missing
    assert found.missing[0].severity is Severity.CRITICAL


def test_what_vanishes_is_closed_and_what_stays_keeps_its_first_instant(tx: Transaction) -> None:
    tx.record_report(PC, report("s1", NOW, missing=["one", "two"]), NOW)
    later = NOW + HOUR
    tx.record_report(PC, report("s2", later, missing=["two", "three"]), later)
    assert missing(tx) == {"two": NOW, "three": later}


def test_what_comes_back_is_missing_since_it_came_back(tx: Transaction) -> None:
    for hours, found in enumerate((["one"], [], ["one"])):
        at = NOW + hours * HOUR
        tx.record_report(PC, report(f"s{hours}", at, missing=found), at)
    assert missing(tx) == {"one": NOW + 2 * HOUR}


def test_a_scan_of_unknown_trust_never_empties_the_list(tx: Transaction) -> None:
    tx.record_report(PC, report("s1", NOW, missing=["one"]), NOW)
    later = NOW + HOUR
    tx.record_report(PC, report("s2", later, trust="unknown", missing=[]), later)
    assert missing(tx) == {"one": NOW}
    assert state(tx).scan == Scan("s2", later, ScanTrust.UNKNOWN)


def test_a_scan_that_was_not_sent_again_changes_no_list(tx: Transaction) -> None:
    tx.record_report(PC, report("s1", NOW, missing=["one"], installed=["zero"]), NOW)
    tx.record_report(PC, report("s1", NOW, unchanged=True), NOW + HOUR)
    assert missing(tx) == {"one": NOW}


def test_an_older_scan_that_arrives_late_changes_no_list(tx: Transaction) -> None:
    tx.record_report(PC, report("s2", NOW, missing=["two"]), NOW)
    assert tx.record_report(PC, report("s1", NOW - HOUR, missing=["one"]), NOW).new_scan
    assert missing(tx) == {"two": NOW}
    assert state(tx).scan == Scan("s2", NOW)


def test_a_new_description_of_an_update_replaces_the_old_one_on_that_device_only(tx: Transaction) -> None:
    tx.enrol([Device("pc-018")], NOW)
    for name in (PC, "pc-018"):
        tx.record_report(name, report("s1", NOW, missing=["one"]), NOW)
    revised = [update("one", revision=2)]
    tx.record_report(PC, report("s2", NOW + HOUR, missing=revised), NOW + HOUR)
    assert [state(tx, name).missing[0].revision for name in (PC, "pc-018")] == [2, 1]
    assert missing(tx) == {"one": NOW}


def test_failed_and_doubtful_scans_are_counted_once_each_until_a_good_one(tx: Transaction) -> None:
    def failed(number: int) -> dict[str, Any]:
        return job(f"s{number}", "failed", "scan", finished_at=instant(NOW + number * MINUTE))

    tx.record_report(PC, report("s0", NOW, missing=[]), NOW)
    jobs = [failed(1), failed(2)]
    for _ in range(2):
        tx.record_report(PC, report("s0", NOW, unchanged=True, jobs=jobs), NOW + 2 * MINUTE)
    assert (state(tx).failed_scans, state(tx).failed_scan_at) == (2, NOW + 2 * MINUTE)
    doubtful = report("s3", NOW + 3 * MINUTE, trust="unknown", missing=[], jobs=[*jobs, failed(3)])
    tx.record_report(PC, doubtful, NOW + 3 * MINUTE)
    assert (state(tx).failed_scans, state(tx).failed_scan_at) == (3, NOW + 3 * MINUTE)
    tx.record_report(PC, report("s4", NOW + 4 * MINUTE, missing=[]), NOW + 4 * MINUTE)
    assert (state(tx).failed_scans, state(tx).failed_scan_at) == (0, None)


def test_a_search_that_was_cut_off_counts_and_keeps_no_other_waiting(tx: Transaction) -> None:
    """A laptop that was closed during the search may be met days later: only then is it known."""
    cut = job("s1", "interrupted", "scan", started_at=instant(NOW + MINUTE))
    tx.record_report(PC, report("s0", NOW, missing=[]), NOW)
    tx.record_report(PC, report("s0", NOW, unchanged=True, jobs=[cut]), NOW + 48 * HOUR)
    assert (state(tx).failed_scans, state(tx).failed_scan_at) == (1, None)


def test_results_become_attempts_oldest_first_without_those_that_never_started(tx: Transaction) -> None:
    results = [
        result("one", "failed", finished_at=instant(NOW + MINUTE), error_class="transient"),
        result("two", finished_at=instant(NOW)),
        result("three", "not_started"),
    ]
    recorded = tx.record_report(
        PC, report("s1", NOW, missing=["one", "two", "three"], jobs=[job("j1", results=results)]), NOW
    )
    assert recorded.acknowledge == ("j1",)
    assert {one.update_id for one in recorded.new_attempts} == {"one", "two", "three"}
    updates = state(tx).updates
    assert [one.outcome for one in updates["one"].attempts] == [Outcome.FAILED]
    assert updates["one"].attempts[0].hresult == 0x80240022
    assert updates["three"].attempts == ()
    assert [one.attempt.outcome for one in tx.history(PC).attempts][-1] is Outcome.FAILED


def test_a_download_or_removal_is_no_attempt_to_install(tx: Transaction) -> None:
    jobs = [job("j1", kind="download", results=[result("one", "failed")])]
    tx.record_report(PC, report("s1", NOW, missing=["one"], jobs=jobs), NOW)
    assert state(tx).updates["one"].attempts == ()


def test_what_was_installed_since_the_start_awaits_the_restart_even_when_a_scan_no_longer_lists_it(
    tx: Transaction,
) -> None:
    tx.record_report(PC, report("s1", NOW, missing=["one", "two"]), NOW)
    ended = {"finished_at": instant(NOW + MINUTE)}
    done = [job("j1", results=[result("one", restart_required=True, **ended), result("two", **ended)])]
    tx.record_report(PC, report("s2", NOW + HOUR, missing=[], jobs=done), NOW + HOUR)
    assert [one.id for one in state(tx).awaiting_restart] == ["one"], "the other one did not ask for a restart"
    started = answer("s2", NOW + HOUR, unchanged=True)
    started["device"]["boot_time"] = instant(NOW + 2 * HOUR)
    tx.record_report(PC, parse_scan(started), NOW + 3 * HOUR)
    assert state(tx).awaiting_restart == ()


def test_a_later_boot_time_is_recorded_as_the_restart_that_was_asked_for(tx: Transaction) -> None:
    tx.record_report(PC, report(), NOW)
    tx.mark_restart_asked(PC, NOW, NOW + 15 * MINUTE, "pending since Monday")
    rebooted = answer()
    rebooted["device"]["boot_time"] = instant(NOW + 16 * MINUTE)
    for minutes in (20, 25):
        tx.record_report(PC, parse_scan(rebooted), NOW + minutes * MINUTE)
    restarts = tx.history(PC).restarts
    assert [(one.asked_at, one.booted_at) for one in restarts] == [(NOW, NOW + 16 * MINUTE)]
    assert state(tx).last_restart_asked == NOW


def test_served_until_never_goes_back(tx: Transaction) -> None:
    tx.mark_served(PC, NOW)
    tx.mark_served(PC, NOW - HOUR)
    assert state(tx).served_until == NOW


def test_silence_and_answers_are_kept_as_spells(tx: Transaction) -> None:
    for minutes, answered in enumerate((True, False, False, False, True)):
        tx.record_contact(PC, NOW + minutes * MINUTE, answered, "" if answered else "no route")
    spells = tx.history(PC).contacts
    assert [(one.answered, one.tries) for one in spells] == [(True, 1), (False, 3), (True, 1)]
    presence = tx.presence([PC])[PC]
    assert (presence.last_seen, presence.offline_since) == (NOW + 4 * MINUTE, None)


def test_a_device_is_offline_since_the_first_silence(tx: Transaction) -> None:
    for minutes, answered in enumerate((True, False, False)):
        tx.record_contact(PC, NOW + minutes * MINUTE, answered)
    assert tx.presence([PC])[PC].offline_since == NOW + MINUTE


_IDS = st.lists(st.sampled_from(["one", "two", "three"]), unique=True)
_JOBS = st.lists(
    st.tuples(
        st.sampled_from(["j1", "j2", "s9"]),
        st.sampled_from(["install", "scan"]),
        st.sampled_from(["running", "finished", "failed", "interrupted"]),
        st.dictionaries(st.sampled_from(["one", "two"]), st.sampled_from([o.value for o in Outcome])),
    ),
    unique_by=lambda item: item[0],
    max_size=3,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scans=st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from(list(ScanTrust)), st.none() | _IDS, _JOBS), min_size=1, max_size=4
    )
)
def test_recording_any_report_a_second_time_changes_no_row(
    scans: list[tuple[int, ScanTrust, list[str] | None, list[Any]]],
) -> None:
    with empty().connect(writes=True) as conn:
        tx = Transaction(conn)
        tx.enrol([Device(PC)], NOW)
        for number, (scan, trust, found, jobs) in enumerate(scans):
            at = NOW + number * MINUTE
            reported = report(
                f"s{scan}",
                NOW + scan * MINUTE,
                trust=trust.value,
                missing=found,
                jobs=[job(a, c, b, results=[result(k, v) for k, v in d.items()]) for a, b, c, d in jobs],
            )
            tx.record_report(PC, reported, at)
            once = rows(tx)
            assert tx.record_report(PC, reported, at).nothing
            assert rows(tx) == once


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scans=st.lists(
        st.tuples(st.integers(1, 2), st.booleans(), st.none() | _IDS, _JOBS, st.integers(0, 1)), min_size=2, max_size=6
    )
)
def test_a_report_recorded_as_a_sign_of_life_leaves_what_a_full_recording_leaves(
    folder: Path, scans: list[tuple[int, bool, list[str] | None, list[Any], int]]
) -> None:
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.sqlite'}")
    full, brief = (f"{name}-{uuid.uuid4()}" for name in ("full", "brief"))
    with ledger.begin() as tx:
        tx.enrol([Device(full), Device(brief)], NOW)
        for number, (scan, again, found, jobs, boot) in enumerate(scan for scan in scans for _ in (1, 2)):
            at = NOW + number * MINUTE
            reported = report(
                f"s{scan}",
                NOW + scan * MINUTE,
                missing=None if again else found,
                jobs=[job(a, c, b, results=[result(k, v) for k, v in d.items()]) for a, b, c, d in jobs],
            )
            reported = replace(reported, facts=replace(reported.facts, boot_time=NOW - HOUR + boot * MINUTE))
            known = state(tx, brief)
            recorded = tx.record_report(brief, reported, at, tx.glance(brief))
            assert tx.record_report(full, reported, at).nothing or not recorded.as_known
            if recorded.as_known:
                assert state(tx, brief) == replace(known, observation=reported.observation(at))
            assert state(tx, brief) == state(tx, full)
            assert tx.presence([brief])[brief] == tx.presence([full])[full]


def test_a_report_that_tells_nothing_new_is_a_sign_of_life(tx: Transaction) -> None:
    working = job("j1", "running", "install")
    tx.record_report(PC, report("s1", NOW, missing=["one"], jobs=[working]), NOW)
    again = report("s1", NOW, jobs=[working])
    assert tx.record_report(PC, again, NOW + MINUTE, tx.glance(PC)).as_known
    ended = report("s1", NOW, jobs=[job("j1", "finished", "install")])
    assert not tx.record_report(PC, ended, NOW + 2 * MINUTE, tx.glance(PC)).as_known


def test_states_of_many_devices_are_what_each_would_be_alone(ledger: Ledger) -> None:
    names = [f"pc-{number:04}" for number in range(1200)]
    with ledger.begin() as tx:
        tx.enrol([Device(name) for name in names], NOW)
        for name in names[::300]:
            tx.record_report(name, report("s1", NOW, missing=["one", "two"]), NOW)
    with ledger.read() as reader:
        found = reader.device_states([*names, "pc-unknown"])
        assert found.keys() == set(names)
        assert all(found[name] == reader.device_state(name) for name in names[::150])
