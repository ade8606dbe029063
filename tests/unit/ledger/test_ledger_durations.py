# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the ledger's attempts teach: how long an update takes on a model, and since when the fleet lacks it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Transaction
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.durations import NEWEST
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.experience import Experience
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ledger_scenes import HOUR, MINUTE, NOW, PC, instant, job, report, result


def install(tx: Transaction, device: str, minutes: int, at: datetime = NOW, **changes: Any) -> None:
    """Record that ``device`` installed u1, and how long it took."""
    done = result("u1", **{"started_at": instant(at - minutes * MINUTE), "finished_at": instant(at), **changes})
    done_job = job(f"j-{device}-{at:%m%d%H%M}", updates=["u1"], results=[done], finished_at=instant(at))
    tx.record_report(device, report(jobs=[done_job]), at)


def fleet(tx: Transaction, model: str | None, count: int) -> list[str]:
    names = [f"{model or 'unknown'}-{number}" for number in range(count)]
    tx.enrol([Device(name, model=model) for name in names], NOW - 100 * HOUR)
    return names


def lacking(tx: Transaction, at: datetime = NOW - HOUR) -> None:
    tx.record_report(PC, report("s1", at, missing=["u1"]), at)


def test_the_expectation_of_a_model_comes_from_its_own_devices(tx: Transaction) -> None:
    lacking(tx)
    for number, name in enumerate(fleet(tx, "Latitude", 10)):
        install(tx, name, 10 + number)
    for name in fleet(tx, "NUC", 5):
        install(tx, name, 90)
    taught = tx.experience()
    assert taught.expected("u1", "Latitude") == timedelta(minutes=18)
    assert taught.expected("u1", "NUC") == timedelta(minutes=90)
    assert taught.expected("u1", "new") == timedelta(minutes=90)
    assert taught.expected("u2", "NUC") is None


def test_the_model_that_the_device_tells_counts_where_the_register_has_none(tx: Transaction) -> None:
    lacking(tx)
    for name in fleet(tx, None, 5):
        said = report()
        said.facts.facts["model"] = "Told"  # type: ignore[index]
        tx.record_report(name, said, NOW - HOUR)
        install(tx, name, 20)
        tx.record_report(name, said, NOW + MINUTE)
    assert tx.experience().by_model == {("u1", "Told"): timedelta(minutes=20)}


def test_failures_removals_and_results_without_times_teach_nothing(tx: Transaction) -> None:
    lacking(tx)
    for number, name in enumerate(fleet(tx, "NUC", 8)):
        if number < 4:
            install(tx, name, 10)
        else:
            install(tx, name, 60, **({"outcome": "failed"} if number % 2 else {"started_at": None}))
    assert tx.experience().by_model == {}


def test_only_the_newest_installations_count(tx: Transaction) -> None:
    lacking(tx)
    (name,) = fleet(tx, "NUC", 1)
    for number in range(NEWEST + 20):
        install(tx, name, 60 if number < 20 else 10, NOW + number * HOUR)
    assert tx.experience().expected("u1", "NUC") == timedelta(minutes=10)


def test_what_nobody_lacks_is_not_asked_about(tx: Transaction) -> None:
    for name in fleet(tx, "NUC", 5):
        install(tx, name, 10)
    assert tx.experience() == Experience()


def test_an_update_is_there_since_the_first_device_of_the_fleet_lacked_it(tx: Transaction) -> None:
    first, late = fleet(tx, "NUC", 2)
    tx.record_report(first, report("s1", NOW - 90 * HOUR, missing=["u1"]), NOW - 90 * HOUR)
    tx.record_report(first, report("s2", NOW - 50 * HOUR, missing=[]), NOW - 50 * HOUR)
    tx.record_report(late, report("s1", NOW, missing=["u1", "u2"]), NOW)
    assert tx.experience().first_seen == {"u1": NOW - 90 * HOUR, "u2": NOW}


def test_an_update_that_is_installed_and_waits_for_its_restart_is_still_dated(tx: Transaction) -> None:
    lacking(tx, NOW - 3 * HOUR)
    install(tx, PC, 10, NOW - 2 * HOUR)
    tx.record_report(PC, report("s2", NOW - HOUR, missing=[]), NOW - HOUR)
    assert tx.experience().first_seen == {"u1": NOW - 3 * HOUR}
