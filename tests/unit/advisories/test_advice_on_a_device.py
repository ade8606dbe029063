# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What reaches a device's plan: advice narrowed to its Windows, also for what only waits for a restart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from advisory_scenes import KEV, NOW, month
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.limits import Limits
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.read import read_document
from ansible_collections.nightshift.fleet.plugins.plugin_utils.device.report import (
    DeviceFacts,
    JobReport,
    PendingRestart,
    RestartStatus,
    Result,
    ScanReport,
    ScanStatus,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Standing, Transaction, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.advisory_imports import Origin
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.fleet_facts import Decided, fleet_facts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.vendor_advice import advice_on
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import Advice
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    Job,
    JobKind,
    JobState,
    Outcome,
    ScanTrust,
    Severity,
    SeveritySource,
    Update,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy

PC = "pc-017"
CUMULATIVE = Update("u1", title="2025-11 Cumulative Update", kbs=("KB5068861",))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Transaction]:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}").begin() as transaction:
        transaction.enrol([Device(PC)], NOW)
        yield transaction


def publish(tx: Transaction) -> None:
    tx.advisories.record(month(), Origin("test", "", 1), NOW)


def seen(tx: Transaction, edition: str, *missing: Update, at: datetime = NOW, jobs: tuple[JobReport, ...] = ()) -> None:
    facts = {"edition": edition, "version": "24H2", "build": 26100, "ubr": 6584}
    report = ScanReport(
        facts=DeviceFacts(PC, NOW - timedelta(days=1), False, None, (), facts),
        scan=ScanStatus(f"scan-{at.isoformat()}", at, ScanTrust.TRUSTED),
        pending_restart=PendingRestart(required=False),
        restart=RestartStatus(),
        missing=missing,
        installed=(),
        jobs=jobs,
    )
    tx.record_report(PC, report, at)


def advice(tx: Transaction) -> dict[str, Advice]:
    state = tx.device_state(PC)
    assert state is not None
    return dict(advice_on(tx, state, NOW))


@pytest.mark.parametrize(
    ("edition", "severity"), [("Professional", Severity.CRITICAL), ("ServerStandard", Severity.IMPORTANT)]
)
def test_a_device_gets_the_rating_of_its_own_windows(tx, edition, severity):
    publish(tx)
    seen(tx, edition, CUMULATIVE)
    assert advice(tx)["KB5068861"].severity is severity


def next_look(tx: Transaction) -> datetime | None:
    return tx.standings([PC])[PC].next_at


def test_a_device_that_lacks_what_is_judged_anew_is_asked_at_once_and_not_tomorrow(tx):
    tomorrow = Standing(NOW, NOW + timedelta(days=1), "policy", "settled", "nothing to do")
    seen(tx, "Professional", Update("u9", kbs=("KB9999999",), cves=("CVE-2020-0001",)))
    tx.record_standing(PC, tomorrow)
    publish(tx)
    assert next_look(tx) == tomorrow.next_at, "nothing that it lacks is in that month"
    seen(tx, "Professional", CUMULATIVE, at=NOW + MINUTE)
    tx.advisories.record(replace(month(), fixes=()), Origin("test", "", 1), NOW + MINUTE)
    assert next_look(tx) == NOW + MINUTE


def test_a_device_is_asked_at_once_when_only_the_catalogue_knows_the_vulnerability(tx):
    tomorrow = Standing(NOW, NOW + timedelta(days=1), "policy", "settled", "nothing to do")
    seen(tx, "Professional", Update("u9", kbs=("KB9999999",), cves=("CVE-2025-62215",)))
    tx.record_standing(PC, tomorrow)
    tx.advisories.record(read_document(KEV, Limits()), Origin("test", "", 1), NOW)
    assert next_look(tx) == NOW


def test_advice_stays_while_an_installed_update_waits_for_its_restart(tx):
    """Else an update would stop being critical just when a restart for it is decided."""
    publish(tx)
    seen(tx, "Professional", CUMULATIVE)
    done = JobReport(
        Job("job-1", JobKind.INSTALL, JobState.FINISHED, ("u1",), NOW),
        NOW + MINUTE,
        results=(Result("u1", Outcome.SUCCEEDED, restart_required=True),),
    )
    seen(tx, "Professional", at=NOW + 2 * MINUTE, jobs=(done,))
    state = tx.device_state(PC)
    assert state is not None
    assert (state.missing, [one.id for one in state.awaiting_restart]) == ((), ["u1"])
    assert advice(tx)["KB5068861"].severity is Severity.CRITICAL


def test_a_plan_rates_an_update_by_the_guide_though_windows_update_is_silent(tx):
    publish(tx)
    seen(tx, "Professional", CUMULATIVE)
    state = tx.device_state(PC)
    assert state is not None
    rules = load_policy([Layer("test", {"zone": "Europe/London"})]).policy
    facts = fleet_facts(tx, Decided(), Device(PC), rules, state, NOW)
    assert facts.advice["KB5068861"].exploited
    (verdict,) = plan(Device(PC), rules, replace(state, fleet=facts), NOW).verdicts
    assert (verdict.severity, verdict.severity_source) == (Severity.CRITICAL, SeveritySource.MSRC)


@pytest.mark.policy("enterprise 3b", "enterprise 3c")
def test_the_catalogue_alone_warns_of_an_update_whose_cves_windows_update_names(tx):
    catalogue = read_document(KEV, Limits())
    tx.advisories.record(catalogue, Origin("test", "", 1), NOW)
    seen(tx, "Professional", Update("u2", kbs=("KB5000001",), cves=("CVE-2025-1111", "CVE-2025-62215")))
    assert advice(tx) == {
        "KB5000001": Advice(
            "KB5000001",
            cves=("CVE-2025-1111", "CVE-2025-62215"),
            exploited=True,
            due=datetime(2025, 12, 3, 23, 59, 59, tzinfo=UTC),
            exploited_since=datetime(2025, 11, 12, tzinfo=UTC),
        )
    }


def test_nobody_asks_about_a_device_that_lacks_nothing(tx):
    publish(tx)
    seen(tx, "Professional")
    assert advice(tx) == {}
