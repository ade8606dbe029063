# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decisions in the ledger: each in the audit trail once; emergencies; what a missing update replaces."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, Transaction
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import Ancestor, Emergency
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ledger_scenes import HOUR, MINUTE, NOW, PC, job, report, result, update

APPROVED = {"update": "KB5068861", "decision": "approve", "by": "ada", "on": "2026-11-20", "reason": "tested"}
HELD = {**APPROVED, "decision": "hold", "by": "bob", "reason": "printers fail"}
EXCEPTED = {"scope": ["patching"], "devices": [PC], "reason": "measuring", "authorised_by": "head"}
FILE = "campus/approvals.yml"
URGENT = Emergency(frozenset({"KB5068861"}), "exploited", "ciso", NOW, NOW + HOUR)


def trail(tx: Transaction) -> list[tuple[str, str]]:
    return [(line.actor, line.event) for line in tx.audit_trail()]


@pytest.mark.policy("enterprise 4b")
def test_enterprise_4_who_decided_what_when_and_why_is_kept_once(tx: Transaction) -> None:
    assert tx.decisions.note("approval", FILE, [APPROVED], NOW) == 1
    assert tx.decisions.note("approval", FILE, [APPROVED], NOW + HOUR) == 0
    (line,) = tx.audit_trail()
    assert (line.actor, line.event, line.at) == ("ada", "approved", NOW)
    assert line.detail == {**APPROVED, "source": FILE}


def test_an_entry_that_is_taken_out_of_the_file_is_told_too_and_so_is_its_return(tx: Transaction) -> None:
    for entries in ([APPROVED], [HELD], [HELD], [HELD, APPROVED]):
        tx.decisions.note("approval", FILE, entries, NOW)
    events = ["approved", "held", "decision_withdrawn", "approved"]
    assert [event for _actor, event in trail(tx)] == events


def test_files_of_two_inventories_do_not_take_each_others_entries_away(tx: Transaction) -> None:
    tx.decisions.note("approval", FILE, [APPROVED], NOW)
    tx.decisions.note("approval", "msp/approvals.yml", [HELD], NOW)
    tx.decisions.note("exception", FILE, [], NOW)
    assert trail(tx) == [("ada", "approved"), ("bob", "held")]


def test_an_exception_that_is_recorded_here_alone_stays_until_it_is_withdrawn(tx: Transaction) -> None:
    assert tx.decisions.record_exception(EXCEPTED, NOW)
    assert not tx.decisions.record_exception(EXCEPTED, NOW)
    tx.decisions.note("exception", "campus/exceptions.yml", [], NOW)
    assert list(tx.decisions.exceptions().values()) == [EXCEPTED]
    assert tx.decisions.withdraw_exception(EXCEPTED, NOW)
    assert not tx.decisions.withdraw_exception(EXCEPTED, NOW)
    assert tx.decisions.exceptions() == {}
    assert trail(tx) == [("head", "excepted"), ("head", "decision_withdrawn")]


def test_an_emergency_is_in_force_until_it_expires_and_saying_it_again_does_not_prolong_it(tx: Transaction) -> None:
    assert tx.decisions.declare("one", URGENT) == URGENT
    later = Emergency(URGENT.updates, URGENT.reason, URGENT.authorised_by, NOW + HOUR, NOW + 2 * HOUR)
    assert tx.decisions.declare("one", later) == URGENT
    assert tx.decisions.emergencies(NOW + 59 * MINUTE) == (URGENT,)
    assert tx.decisions.emergencies(NOW + HOUR) == ()
    assert trail(tx) == [("ciso", "emergency_declared")]


# What a missing update replaces

WINDOWS = ["Security Updates", "Windows 11"]


def monthly(identity: str, *supersedes: str, **changes: Any) -> dict[str, Any]:
    fields = {"kbs": [f"KB{identity}"], "supersedes": list(supersedes), "categories": WINDOWS, **changes}
    return update(identity, **fields)


def searched(ledger: Ledger, day: int, *missing: dict[str, Any], jobs: list[dict[str, Any]] | None = None) -> None:
    """Record a search, ``day`` days after NOW."""
    at = NOW + timedelta(days=day)
    with ledger.begin() as tx:
        tx.record_report(PC, report(f"scan-{day}", at, missing=missing, jobs=jobs or []), at)


def line_of(ledger: Ledger, identity: str, *named: str, owed: bool = False) -> dict[str, Ancestor]:
    """Return the ancestors of a missing update by their KB, those of a package by their id."""
    with ledger.read() as tx:
        state = tx.device_state(PC)
        assert state is not None
        found = tx.ancestors(PC, state.missing, named, owed)
    return {(max if ":" in min(one.names) else min)(one.names): one for one in found.get(identity, ())}


def test_a_lineage_goes_through_updates_that_no_device_lacks_any_more(ledger: Ledger) -> None:
    searched(ledger, 0, monthly("a"))
    searched(ledger, 30, monthly("b", "a"))
    searched(ledger, 60, monthly("c", "b"))
    (found,) = line_of(ledger, "c", "KBa").values()
    assert (found.names, found.same_product, found.same_kind) == ({"a", "KBa"}, True, True)


def test_a_lineage_that_leaves_the_product_says_so(ledger: Ledger) -> None:
    searched(
        ledger, 0, monthly("a", categories=["Security Updates", "Office 2016"]), monthly("p", categories=["Updates"])
    )
    searched(ledger, 30, monthly("c", "a", "p", "x"))
    found = line_of(ledger, "c", "a", "p", "x")
    assert {name: (one.same_product, one.same_kind) for name, one in found.items()} == {
        "KBa": (False, True),
        "KBp": (False, False),
        "x": (False, False),
    }


def test_of_a_long_lineage_only_what_is_named_comes_back(ledger: Ledger) -> None:
    searched(ledger, 0, monthly("c", *(f"old-{number}" for number in range(40))))
    assert list(line_of(ledger, "c", "old-7")) == ["old-7"]
    assert line_of(ledger, "c") == {}


def test_a_circle_of_updates_that_replace_each_other_ends(ledger: Ledger) -> None:
    searched(ledger, 0, monthly("a", "b"), monthly("b", "a"))
    assert list(line_of(ledger, "a", "KBb")) == ["KBb"]


def test_what_was_replaced_on_offer_before_the_device_got_it_is_still_owed(ledger: Ledger) -> None:
    searched(ledger, 0, monthly("a"))
    searched(ledger, 30, monthly("b", "a"))
    searched(ledger, 60, monthly("c", "b"))
    found = line_of(ledger, "c", owed=True)
    assert {name: one.owed_since for name, one in found.items()} == {"KBa": NOW, "KBb": NOW + timedelta(days=30)}


def test_what_the_device_installed_is_not_owed(ledger: Ledger) -> None:
    searched(ledger, 0, monthly("a"))
    done = [job("j1", updates=["a"], results=[result("a")])]
    searched(ledger, 30, monthly("b", "a"), jobs=done)
    assert line_of(ledger, "b", owed=True) == {}


def test_what_was_gone_before_the_successor_came_is_not_owed(ledger: Ledger) -> None:
    searched(ledger, 0, monthly("a"))
    searched(ledger, 10)
    searched(ledger, 30, monthly("b", "a"))
    assert line_of(ledger, "b", owed=True) == {}


def test_what_is_still_on_offer_is_owed_by_itself_and_takes_the_clock_of_what_it_replaced(ledger: Ledger) -> None:
    searched(ledger, 0, monthly("a"))
    searched(ledger, 30, monthly("b", "a"), monthly("c", "b"))
    assert line_of(ledger, "c", owed=True) == {}
    assert list(line_of(ledger, "b", owed=True)) == ["KBa"]


def test_another_device_owes_nothing_by_this_ones_record(ledger: Ledger) -> None:
    searched(ledger, 0, monthly("a"))
    with ledger.begin() as tx:
        tx.enrol([Device("pc-018")], NOW)
        tx.record_report("pc-018", report("s", NOW, missing=[monthly("b", "a")]), NOW)
        state = tx.device_state("pc-018")
        assert state is not None
        assert tx.ancestors("pc-018", state.missing, (), True) == {}


def firefox(version: str) -> dict[str, Any]:
    name = "winget:Mozilla.Firefox"
    return update(f"{name}@{version}", provider="winget", kbs=[name], vendor="Mozilla", product="Firefox")


def test_a_version_of_a_package_replaces_the_versions_that_it_took_the_place_of(ledger: Ledger) -> None:
    searched(ledger, 0, firefox("145.0"), update("winget:Mozilla_Firefox@1", provider="winget", kbs=["x"]))
    searched(ledger, 7, firefox("145.1"))
    searched(ledger, 14, firefox("146.0"))
    found = line_of(ledger, "winget:Mozilla.Firefox@146.0", owed=True)
    assert {name: (one.same_product, one.owed_since) for name, one in found.items()} == {
        "winget:Mozilla.Firefox@145.0": (True, NOW),
        "winget:Mozilla.Firefox@145.1": (True, NOW + timedelta(days=7)),
    }
