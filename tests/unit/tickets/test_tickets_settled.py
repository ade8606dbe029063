# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When the trouble of a ticket is verified gone, and when it only seems so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.settling import settled
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    DeviceState,
    Scan,
    ScanTrust,
    Severity,
    Update,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import load_policy

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE = Update("one", title="One", severity=Severity.CRITICAL, released=NOW - timedelta(days=9))
POLICY = load_policy([]).policy
TICKETED = DeviceState(
    known_since=NOW - timedelta(days=30),
    scan=Scan("s2", NOW, ScanTrust.TRUSTED),
    updates={"one": UpdateState(ticket_open=True, ticketed_at=NOW - HOUR)},
)


def over(state: DeviceState) -> set[str | None]:
    return set(settled(state, plan(Device("pc"), POLICY, state, NOW + HOUR)))


def test_an_update_that_a_later_search_no_longer_finds_is_over() -> None:
    assert over(TICKETED) == {"one"}


def test_an_update_that_is_still_missing_is_not_over() -> None:
    assert over(replace(TICKETED, missing=(ONE,))) == set()


def test_a_search_from_before_the_ticket_proves_nothing() -> None:
    assert over(replace(TICKETED, scan=Scan("s1", NOW - 2 * HOUR, ScanTrust.TRUSTED))) == set()


def test_a_search_of_unknown_trust_proves_nothing() -> None:
    assert over(replace(TICKETED, scan=Scan("s2", NOW, ScanTrust.UNKNOWN))) == set()


def test_an_update_that_another_missing_one_contains_is_over() -> None:
    newer = replace(ONE, id="two", title="Two", supersedes=("one",))
    state = replace(TICKETED, missing=(ONE, newer))
    made = plan(Device("pc"), POLICY, state, NOW + HOUR)
    assert settled(state, made)["one"].startswith("superseded: ")


def test_searches_that_failed_are_over_when_one_succeeds() -> None:
    failing = replace(TICKETED, updates={}, scan_ticket_open=True, failed_scans=3)
    assert over(failing) == set()
    assert over(replace(failing, failed_scans=0)) == {None}


def test_a_ticket_that_a_person_closed_is_not_closed_again() -> None:
    closed = UpdateState(ticketed_at=NOW - HOUR, ticket_closed_at=NOW - HOUR / 2)
    assert over(replace(TICKETED, updates={"one": closed})) == set()
